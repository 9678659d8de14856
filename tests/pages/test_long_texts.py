"""A very long text is served in parts that make up the whole, and whole without scripts."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from itertools import pairwise

import pytest
from flask.testing import FlaskClient

from annotator.documents import parse
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded
from annotator.web.pages.text import manuscript, rendered
from tests.conftest import SAMPLES, Site
from tests.helpers import html

LINK = re.compile(
    r'<a class="part drawn" href="([^"]+)" data-start="(\d+)" data-pid="(\w+)"[^>]*></a>'
)
MIXED = b"""Words before the first heading.

# One

> Said once.
>
> > And again.

1. first
   - of it

     more of it
2. second

| a | b |
| - | - |
| c | d |

## Below

```
code
```

### Deeper

Words.

# Two

Last words.
"""


@pytest.fixture
def long(small_site: Site, monkeypatch: pytest.MonkeyPatch) -> Loaded:
    """The small site's document, as if it were a very long one."""
    monkeypatch.setattr(rendered, "LONG", 100)
    monkeypatch.setattr(manuscript, "PART", 200)
    with small_site.parts.db.reading() as session:
        return editions.newest(session, "garden")


@pytest.mark.parametrize("size", [1, 50, 200, 1_000, 100_000])
@pytest.mark.parametrize("name", ["mixed.md", "garden-1.md", "scripts.md"])
def test_the_parts_in_place_of_their_links_are_the_whole(
    name: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manuscript, "PART", size)
    path = SAMPLES / name
    parsed = parse(path.read_bytes() if path.exists() else MIXED, name=name)
    pids = tuple(f"p{number:04}" for number in range(len(parsed.provisions)))
    source = manuscript.Manuscript(parsed, pids, {}, "/d/x@1")
    divided = manuscript.parts(source)
    assert all(before[1] < after[0] for before, after in pairwise(divided))
    shown = manuscript.render(replace(source, left_out=divided))
    assert [int(start) for _, start, _ in LINK.findall(shown)] == [start for start, _ in divided]
    pieces = {start: manuscript.render_part(source, start, end) for start, end in divided}
    joined = LINK.sub(lambda link: pieces[int(link[2])], shown)
    assert joined == manuscript.render(source)
    assert unescape(re.sub("<[^>]*>", "", joined)) == parsed.text


def test_without_scripts_the_page_leads_to_the_whole(client: FlaskClient, long: Loaded) -> None:
    page = client.get("/d/garden").text
    assert len(LINK.findall(page)) > 3
    refresh = re.search(r'<noscript><meta http-equiv="refresh" content="0; url=([^"]+)">', page)
    assert refresh
    whole = client.get(unescape(refresh[1]))
    assert html.tree(whole).cssselect("article")[0].text_content() == long.parsed.text
    assert "<noscript>" not in whole.text
    for address, _, pid in LINK.findall(page):
        assert unescape(address) == f"/d/garden@{long.label}?whole=yes#{pid}"


def test_an_address_of_a_place_brings_its_part_along(
    client: FlaskClient, small_site: Site, long: Loaded
) -> None:
    start = long.parsed.text.rindex("\n") + 1
    pid = long.pids[long.parsed.innermost(start, start + 1) or 0]
    assert f'id="{pid}"' not in client.get("/d/garden").text
    page = client.get(f"/d/garden?at={pid}").text
    assert f'id="{pid}"' in page
    assert f"?whole=yes#{pid}" in page
    remark = small_site.post(long.parsed.text[start:], body="Last.")
    assert f'id="{pid}"' in client.get(f"/d/garden?remark={remark}").text


def test_a_part_is_given_by_pid_and_by_section(client: FlaskClient, long: Loaded) -> None:
    fragment = {"X-Fragment": "yes"}
    for ordinal, it in enumerate(long.parsed.provisions):
        names = [long.pids[ordinal], *([it.slug] if it.kind == "section" and it.slug else [])]
        for name in names:
            part = client.get(f"/d/garden?at={name}", headers=fragment)
            assert part.status_code == 200
            assert "X-Fragment" in part.headers["Vary"]
            assert "<html" not in part.text
    assert client.get("/d/garden?at=nowhere", headers=fragment).status_code == 404
    assert client.get("/d/garden?at=nowhere").status_code == 200


def test_a_text_that_is_not_very_long_is_whole(client: FlaskClient, small_site: Site) -> None:
    page = client.get("/d/garden").text
    assert not LINK.search(page)
    assert "http-equiv" not in page
    pid = re.search(r'<p id="(\w{5})"', page)
    assert pid
    assert 'class="part' not in client.get(f"/d/garden?at={pid[1]}").text
