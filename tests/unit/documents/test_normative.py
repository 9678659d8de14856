"""Only what says so itself is no part of the document proper."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotator import documents
from annotator.documents.parsed import informative


def titles(markdown: str) -> list[str]:
    """Name the sections that are no part of the document proper."""
    parsed = documents.parse(markdown.encode(), name="x.md")
    return [parsed.provisions[at].attributes["title"] for at in sorted(informative(parsed))
            if parsed.provisions[at].kind == "section"]  # fmt: skip


@pytest.mark.parametrize("heading", ["Preface", "ACKNOWLEDGEMENTS", "Acknowledgments", "Foreword"])
def test_a_heading_that_names_such_a_part_makes_all_of_it_informative(heading: str) -> None:
    assert titles(f"# {heading}\n\nThanks.\n\n## To whom\n\nAll.\n\n# Rules\n\nSit.") == [
        heading, "To whom"]  # fmt: skip


def test_words_that_say_so_do_and_words_about_something_else_do_not() -> None:
    said = "# A word before\n\nThis page is not part of the charter.\n\n# Rules\n\nSit."
    assert titles(said) == ["A word before"]
    other = "# Rules\n\nThe gate is not part of the garden.\n\n# The preface to a walk\n\nGo."
    assert titles(other) == []


def test_the_constitution_is_normative_throughout(shared: Path) -> None:
    path = shared / "corpus" / "constitution" / "2026-01-20.md"
    parsed = documents.parse(path.read_bytes(), name=path.name)
    assert informative(parsed) == frozenset()
