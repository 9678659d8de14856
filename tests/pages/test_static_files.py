"""Style sheets and scripts, as they are sent."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re

import pytest
from flask.testing import FlaskClient

from annotator.services.reading import reading_page
from annotator.web.http.assets import (
    COMMENT,
    EARLIER,
    ENTRIES,
    EXPORT,
    IMPORT,
    SHEETS,
    STATIC,
    sheet,
    undocumented,
)
from tests.helpers import html


def test_static_files_can_be_kept_for_ever_under_their_present_name(client: FlaskClient) -> None:
    address = html.attribute(client.get("/"), "link[href$='/css/site.css']", "href")
    answer = client.get(address)
    assert "immutable" in answer.headers["Cache-Control"]
    packed = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == client.get(address).data
    old = client.get("/assets/old/css/base.css")
    assert old.status_code == 200
    assert "immutable" not in old.headers["Cache-Control"]


def test_scripts_are_sent_without_what_is_for_those_who_change_them(client: FlaskClient) -> None:
    for path in sorted((STATIC / "js").glob("*.js")):
        source = path.read_text()
        sent = client.get(f"/assets/now/js/{path.name}").text
        assert not re.search(r"^\s*/\*\*.*\*/\s*$", sent, re.MULTILINE), path.name
        assert path.name in ENTRIES or sent.count("\n") == source.count("\n")
        for found in COMMENT.finditer(source):
            before = COMMENT.sub("", source[: found.start()])
            assert before.count("`") % 2 == 0, f"{path.name}: a comment within a template"
    assert undocumented("/** @type {A} */ (a).b();\n/** C */\n") == (
        "/** @type {A} */ (a).b();\n\n"
    )
    assert undocumented('let a = "/** no */"; // one\n  /** Two\n * lines. */\nb();') == (
        'let a = "/** no */"; // one\n\n\nb();'
    )


def within(script: str) -> list[str]:
    """List the modules that are in a script."""
    return re.findall(r"^const \$(\w+) = \(\(\) => \{$", script, re.MULTILINE)


@pytest.mark.parametrize("entry", sorted(ENTRIES))
def test_a_page_gets_its_modules_in_one_script(client: FlaskClient, entry: str) -> None:
    sent = client.get(f"/assets/now/js/{entry}").text
    inside, lines = within(sent), re.findall(r"^(?:import|export) .*$", sent, re.MULTILINE)
    assert inside[-1] == entry.removesuffix(".js")
    taken: list[str] = []
    if earlier := EARLIER.get(entry):
        before = client.get(f"/assets/now/js/{earlier}").text
        assert before.endswith(
            f"export {{ {', '.join(f'${each}' for each in within(before))} }};\n"
        )
        [line] = lines
        assert line.endswith(f' from "./{earlier}";')
        taken = re.findall(r"\$(\w+)", line)
        assert set(taken) <= set(within(before)) - set(inside)
    else:
        assert len(lines) == (entry in EARLIER.values())
    for place, stem in enumerate(inside):
        source = (STATIC / "js" / f"{stem}.js").read_text()
        lines = re.findall(r"^(?:import|export) .*$", source, re.MULTILINE)
        assert len(lines) == len(IMPORT.findall(source)) + len(EXPORT.findall(source)), stem
        for _, needed in IMPORT.findall(source):  # what it needs has run before it
            assert needed in taken or needed in inside[:place], (stem, needed)


def test_a_style_sheet_may_be_several_files_and_has_no_comments(client: FlaskClient) -> None:
    for name, stems in SHEETS.items():
        sent = client.get(f"/assets/now/{name}").text
        assert sent == sheet(*stems) == "".join(sheet(stem) for stem in stems)
    for path in (STATIC / "css").glob("*.css"):
        source = re.sub(r"^@depths {(.*?)^}", _repeated, path.read_text(), flags=re.M | re.S)
        bare = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
        words = re.sub(r"\s*([{};])\s*", r" \1 ", bare).split()
        sent = client.get(f"/assets/now/css/{path.name}").text
        assert words == re.sub(r"([{};])", r" \1 ", sent).split(), path.name


def _repeated(match: re.Match[str]) -> str:
    """Return what a style sheet says of each depth of highlights, up to the deepest."""
    last = reading_page.DEEPEST - 1
    return "".join(
        match[1].replace("DEPTH", str(at + 1)).replace("SHARE", str(100 * at // last))
        for at in range(last + 1)
    )


def test_nothing_comes_before_the_reading_page_is_painted_and_the_policy_allows_that_alone(
    client: FlaskClient,
) -> None:
    answer = client.get("/d/garden")
    head = answer.text.partition("</head>")[0]
    assert "<style>" in head
    assert 'rel="stylesheet"' not in head
    assert all("async" in tag for tag in re.findall(r"<script [^>]*src=[^>]*>", head))
    policy = answer.headers["Content-Security-Policy"]
    for tag, rule in (("style", "style-src"), ("script", "script-src")):
        [inline] = re.findall(f"<{tag}>(.*?)</{tag}>", head, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert f"{rule} 'self' 'sha256-{digest}';" in policy
