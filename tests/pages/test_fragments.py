"""Lists of comments by place and filter, and pages as fragments for the site's own scripts."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask.testing import FlaskClient

from annotator.services.annotations import listings
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded
from tests.conftest import Site
from tests.helpers import html
from tests.helpers.visitor import form_token, sign_up

LIST = "/d/garden/comments/2026-03-01"
FRAGMENT = {"X-Fragment": "yes"}


@pytest.fixture
def garden(small_site: Site) -> Loaded:
    """The small site's document."""
    with small_site.parts.db.reading() as session:
        return editions.newest(session, "garden")


def listed(client: FlaskClient, query: str = "") -> list[str]:
    """Return the bodies of a list, in their order."""
    answer = client.get(LIST + query, headers=FRAGMENT)
    assert answer.status_code == 200, answer.text
    return html.words(answer, ".comment > .body")


def test_comments_are_listed_by_place_thread_and_filter(
    client: FlaskClient, small_site: Site, garden: Loaded
) -> None:
    gates = small_site.post("three gates", body="Three.")
    small_site.post(body="Two.", in_reply_to=gates)
    small_site.post("never locked", body="Never.")
    start = garden.parsed.text.index("three gates")
    pid = garden.pids[garden.parsed.innermost(start, start + 5) or 0]
    assert listed(client, "?sort=place") == ["Three.", "Two.", "Never."]
    assert listed(client, f"?start={start}&end={start + 1}") == ["Three.", "Two."]
    assert listed(client, f"?provision={pid}") == ["Three.", "Two.", "Never."]
    assert listed(client, f"?thread={gates}") == ["Three.", "Two."]
    for place in (f"?provision={pid}", f"?start={start}&end={start + 1}"):
        shown = client.get(LIST + place, headers=FRAGMENT)
        assert html.attributes(shown, ".own-page > a", "href") == [
            "/d/garden@2026-03-01/paths-and-gates/1",
            "/d/garden@2026-03-01/paths-and-gates/1#_cite",
        ]
    assert listed(client, "?author=Ada&after=2001-01-01") == ["Three.", "Two.", "Never."]
    narrowed = client.get(f"{LIST}?provision={pid}&before=2001-01-01", headers=FRAGMENT).text
    assert "No comments here match the filter." in narrowed
    assert "3 comments hidden by the filter." in narrowed
    everything = re.search(r'data-all href="([^"]+)"', narrowed)
    assert everything
    assert "3 comments" in client.get(unescape(everything[1])).text


def test_a_list_is_paged_and_says_how_much_of_it_is_shown(
    client: FlaskClient, small_site: Site
) -> None:
    wanted = {f"Number {n}." for n in range(7)}
    for body in wanted:
        small_site.post("three gates", body=body)
    address: str | None = f"{LIST}?limit=3"
    counts, found = [], []
    while address:
        page = client.get(address, headers=FRAGMENT).text
        found += re.findall(r"<p>(Number \d\.)</p>", page)
        counts += re.findall(r'class="counted">([^<]+)<', page)
        more = re.search(r'class="more"><a [^>]*href="([^"]+)"', page)
        address = f"{unescape(more[1])}&limit=3" if more else None
    assert sorted(found) == sorted(wanted)
    assert counts == ["3 of 7 comments", "6 of 7 comments", "7 comments"]


@pytest.mark.parametrize(
    ("query", "status"),
    [("start=x&end=9", 400), ("start=-1&end=9", 400), ("start=٣&end=٩", 400), ("start=5", 422),
     ("start=9&end=5", 422), ("limit=9999999999", 400),
     ("provision=zzzzz", 404), ("author=Nobody", 404), ("sort=nonsense", 422),
     ("verdict=fine", 422), ("after=never", 400), ("cursor=x", 400), ("q=%28", 400)],
)  # fmt: skip
def test_what_makes_no_list_is_refused(client: FlaskClient, query: str, status: int) -> None:
    answer = client.get(f"{LIST}?{query}", headers=FRAGMENT)
    assert answer.status_code == status
    assert "data-code=" in answer.text


def test_a_fragment_is_the_page_without_its_frame_and_is_kept_apart(client: FlaskClient) -> None:
    page, part = client.get(LIST), client.get(LIST, headers=FRAGMENT)
    assert "<html" in page.text
    assert "<html" not in part.text
    assert part.text.count('class="listing"') == page.text.count('class="listing"') == 1
    for answer in (page, part):
        assert "X-Fragment" in answer.vary
        tag = {"If-None-Match": answer.headers["ETag"]}
        assert (
            client.get(LIST, headers=tag if answer is page else tag | FRAGMENT).status_code == 304
        )
    assert page.headers["ETag"] != part.headers["ETag"]
    assert "ETag" not in client.get(f"{LIST}?q=gate").headers  # a search hears of changes later


def test_a_comment_on_words_is_posted_changed_answered_deleted_and_restored_by_fragments(
    client: FlaskClient, small_site: Site, garden: Loaded
) -> None:
    sign_up(client)
    text = garden.parsed.text
    start = text.index("The garden is kept")
    end = text.index("We say") + 6
    exact = text[start:end]
    assert "\n" in exact
    path = f"/d/garden/p/{garden.pids[1]}"
    token = form_token(client, "/d/garden/purpose/1")
    form = {"csrf_token": token, "edition": garden.label, "start": start, "end": end,
            "exact": exact.replace("\n", "\r\n"), "body": "Across."}  # fmt: skip

    wrong = client.post(path, data={**form, "start": start + 1, "end": end + 1}, headers=FRAGMENT)
    assert wrong.status_code == 409
    assert 'role="alert"' in wrong.text
    assert 'class="choosing"' in wrong.text
    assert "<h1" not in wrong.text
    assert "Across." in wrong.text

    posted = client.post(f"{path}?edition={garden.label}", data=form, headers=FRAGMENT)
    assert posted.status_code == 303
    assert posted.location.endswith(f"?edition={garden.label}")
    with small_site.parts.db.reading() as session:
        [found] = listings.page(session, Filter(author="Bea")).items
    assert (found.targets[0].start, found.targets[0].end) == (start, end)
    shown = client.get(posted.location, headers=FRAGMENT).text
    assert f'data-start="{start}" data-end="{end}"' in shown

    for act, more in (("reply", {"body": "Indeed."}), ("edit", {"body": "Other words."})):
        address = f"/a/{found.id}/{act}"
        assert f'action="{address}' in client.get(address, headers=FRAGMENT).text
        answer = client.post(address, data={"csrf_token": token, **more}, headers=FRAGMENT)
        assert more["body"] in client.get(answer.location, headers=FRAGMENT).text
    gone = client.post(f"/a/{found.id}/delete", data={"csrf_token": token}, headers=FRAGMENT)
    assert gone.location == f"/a/{found.id}"
    answer = client.get(gone.location, headers=FRAGMENT)
    assert answer.status_code == 410
    assert f'action="/a/{found.id}/restore"' in answer.text
    client.post(f"/a/{found.id}/restore", data={"csrf_token": token}, headers=FRAGMENT)
    assert client.get(f"/a/{found.id}", headers=FRAGMENT).status_code == 200


def test_the_counts_of_the_map_lead_to_what_they_count(
    client: FlaskClient, small_site: Site
) -> None:
    small_site.post("three gates", body="Three.")
    small_site.post("never locked", body="Never.")
    page = client.get("/d/garden/map/2026-03-01?author=Ada&before=2001-01-01").text
    assert "/d/garden/comments/" not in page
    page = client.get("/d/garden/map/2026-03-01?author=Ada&q=").text
    link, many = re.findall(r'<a href="([^"]*/comments/[^"]+)">(\d+)</a>', page)[0]
    assert "author=Ada" in link
    assert f"{many} comments" in client.get(unescape(link)).text
