"""Tracked changes as pandoc, another program, reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipFile

import pytest
from lxml import etree

from annotator import documents
from annotator.errors import Unavailable
from annotator.suggestions import tracked_changes
from annotator.suggestions.changes import ProposedChange, apply
from annotator.suggestions.tracked_changes import Tracked
from tests.pandoc import pandoc

TEXT = """# Garden

## Gates <& "walls">

The north gate is *locked* at dusk. Nobody may climb it.

A second paragraph with a gate.

- Bring three keys.
- Bring a lamp.
"""
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_accepting_all_gives_the_results_and_rejecting_all_the_edition(tmp_path: Path) -> None:
    parsed = documents.parse(TEXT.encode(), name="plot.md")

    def change(act: str, words: str, wording: str = "") -> ProposedChange:
        start = parsed.text.index(words)
        return ProposedChange(act, start, start + len(words), wording)  # type: ignore[arg-type]

    changes = [
        change("replace", "locked at dusk", "shut <at> nightfall & later"),
        change("replace", "north", "south"),
        change("strike", "A second paragraph with a gate."),
        change("insert", "Bring three keys.", "One <b>more</b>.\nAnd another."),
        change("replace", "a lamp", "two lamps"),
    ]
    tracked = [Tracked(each, f"Ada <{at}>", AT, f"why {at}") for at, each in enumerate(changes)]
    path = tmp_path / "plot.docx"
    path.write_bytes(tracked_changes.docx(parsed, tracked))

    def read(mode: str) -> list[str]:
        text, _ = pandoc(f"--track-changes={mode}", "--wrap=none", "-t", "plain", str(path))
        return [line.lstrip("- ") for line in text.splitlines() if line.strip("- ")]

    assert read("reject") == parsed.text.split("\n")
    assert read("accept") == [words for _, words in apply(parsed, changes) if words]
    with ZipFile(path) as packed:
        body = etree.fromstring(packed.read("word/document.xml"))
        notes = etree.fromstring(packed.read("word/comments.xml"))
    made = [*body.iter(f"{W}ins", f"{W}del")]
    assert {each.get(f"{W}author") for each in made} == {f"Ada <{at}>" for at in range(5)}
    assert {each.get(f"{W}date") for each in made} == {"2026-03-01T12:00:00Z"}
    assert sorted("".join(each.itertext()) for each in notes) == [f"why {at}" for at in range(5)]


def test_without_pandoc_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracked_changes.shutil, "which", lambda _: None)
    with pytest.raises(Unavailable, match="needs pandoc"):
        tracked_changes.docx(documents.parse(TEXT.encode(), name="plot.md"), [])
