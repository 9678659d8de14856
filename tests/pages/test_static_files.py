"""Style sheets and scripts, as they are sent."""

from __future__ import annotations

import gzip
import re

import pytest
from flask.testing import FlaskClient

from annotator.web.pages.blueprint import (
    APART,
    COMMENT,
    ENTRIES,
    EXPORT,
    IMPORT,
    SHEETS,
    STATIC,
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


@pytest.mark.parametrize("entry", sorted(ENTRIES))
def test_a_page_gets_its_modules_in_one_script(client: FlaskClient, entry: str) -> None:
    sent = client.get(f"/assets/now/js/{entry}").text
    stems = [path.stem for path in (STATIC / "js").glob("*.js")]
    inside = [stem for stem in stems if f"const ${stem} = (() => {{" in sent]
    imported = re.findall(r'^import \* as \$(\w+) from "\./\1\.js";$', sent, re.MULTILINE)
    assert entry.removesuffix(".js") in inside
    assert {f"{stem}.js" for stem in imported} <= APART
    assert len(re.findall(r"^(?:import|export) ", sent, re.MULTILINE)) == len(set(imported))
    for stem in inside:
        source, begun = (STATIC / "js" / f"{stem}.js").read_text(), sent.index(f"const ${stem} =")
        lines = re.findall(r"^(?:import|export) .*$", source, re.MULTILINE)
        assert len(lines) == len(IMPORT.findall(source)) + len(EXPORT.findall(source)), stem
        for _, needed in IMPORT.findall(source):  # what it needs has run before it
            assert needed in imported or sent.index(f"const ${needed} =") < begun, (stem, needed)


def test_a_style_sheet_may_be_several_files(client: FlaskClient) -> None:
    for name, stems in SHEETS.items():
        files = [(STATIC / "css" / f"{stem}.css").read_text() for stem in stems]
        assert client.get(f"/assets/now/{name}").text == "".join(files)
