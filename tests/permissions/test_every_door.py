"""Who may do what: every address and method of the app times everyone, as `table.txt` says."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

import pytest

from annotator import markup
from tests.permissions.scene import BY_TOKEN, COLUMNS, Scene

TABLE = Path(__file__).with_name("table.txt")
ROW = re.compile(r"(?P<method>[A-Z]+) +(?P<rule>/\S*)(?: (?P<variant>\([\w ]+\)))?  +(?P<cells>.+)")
HAVE_TOKENS = ("/api/", "/w3c/")  # elsewhere a token is not looked at


@dataclass(frozen=True)
class Row:
    """One line of the table: an address, and a cell for each column."""

    method: str
    rule: str
    variant: str
    cells: tuple[str, ...]

    @property
    def name(self) -> str:
        """What the line begins with."""
        return " ".join(filter(None, (self.method.ljust(6), self.rule, self.variant)))

    def __str__(self) -> str:
        return self.name.ljust(66) + "".join(cell.ljust(6) for cell in self.cells).rstrip()


def rows() -> list[Row]:
    """Read the table."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    found = [ROW.fullmatch(line) for line in lines if not line.startswith(("#", " ")) and line]
    assert all(found)
    return [
        Row(it["method"], it["rule"], it["variant"] or "", tuple(it["cells"].split()))
        for it in found
        if it
    ]


def test_every_address_and_method_stands_in_the_table(scene: Scene) -> None:
    doors = {
        (method, str(rule))
        for rule in scene.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    written = {(row.method, row.rule) for row in rows()}
    missing = "\n".join(f"{method.ljust(6)} {rule}  ?" for method, rule in sorted(doors - written))
    assert not missing, (
        f"add to {TABLE.name}, with ? for a cell, and look at what is found:\n{missing}"
    )
    assert written <= doors, "these addresses are no longer there"
    assert len({row.name for row in rows()}) == len(rows())


@pytest.mark.parametrize("column", ["nobody's", "member own", "moderator other's"])
def test_nothing_that_is_read_renders_markdown(
    scene: Scene, column: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every page, feed, export and answer has the HTML that was made when words were posted."""
    rendered: list[str] = []
    monkeypatch.setattr(markup, "render", rendered.append)
    render = import_module("annotator.markup.renderer")
    monkeypatch.setattr(render, "parse", rendered.append)
    monkeypatch.setattr(render, "sanitize", rendered.append)
    for row in rows():
        if row.method == "GET":
            scene.ask(column, row.method, row.rule, row.variant)
            assert not rendered, f"{row.name} renders {rendered[0][:60]!r}"
    scene.ask(column, "POST", "/api/preview", "")
    assert rendered == ["*Hm.*"]  # the probe notices what renders


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.name)
def test_everyone_is_answered_as_the_table_says_and_changes_only_what_they_may(
    scene: Scene, row: Row
) -> None:
    asked = [name for name in COLUMNS if row.rule.startswith(HAVE_TOKENS) or name not in BY_TOKEN]
    found = tuple(scene.ask(name, row.method, row.rule, row.variant) for name in asked)
    assert found == row.cells, f"\nfound: {replace(row, cells=found)}\ntable: {row}"
    if row.method == "GET":
        assert not [cell for cell in found if cell.endswith("+")], "reading changes nothing"
    if asked != list(COLUMNS):
        as_nobody = scene.ask("moderate other's", row.method, row.rule, row.variant)
        assert as_nobody == found[0], "a page takes who brings a token for nobody"
