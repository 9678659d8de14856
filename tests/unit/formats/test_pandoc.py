"""Our Markdown as pandoc reads it: every block outside the footnotes, whatever anybody wrote."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it.tree import SyntaxTreeNode

from annotator import documents, markup
from annotator.documents import Parsed
from annotator.formats import markdown
from annotator.markup import portable
from annotator.markup.renderer import parse
from tests import pandoc
from tests.conftest import ROOT
from tests.unit.formats import hostile
from tests.unit.formats.making import PARSED

CHARTER = ROOT / "corpus" / "charter" / "2026-11-01.md"
TEXTS = ("constitution/2026-01-20.md", "model-spec/2025-12-18.md")


def assert_read_back(parsed: Parsed, dialect: str, count: int, seed: int, **more: bool) -> None:
    """Write an edition with comments, and find every block and every footnote again."""
    chance = random.Random(seed)
    bodies = hostile.BODIES if seed == 0 else [hostile.body(chance) for _ in range(20)]
    annotations, envelope = hostile.commentary(parsed, count, chance, bodies, **more)
    read = pandoc.read("".join(markdown.write(annotations, envelope)), dialect)
    blocks = [pandoc.folded(parsed.text[it.start : it.end]) for it in parsed.blocks]
    place, lost = 0, []
    for words in blocks:
        try:
            place = read.blocks.index(words, place) + 1
        except ValueError:
            lost.append(words)
    assert lost == []
    assert len(read.notes) == count
    assert sum(map(pandoc.marks, read.blocks)) == sum(map(pandoc.marks, blocks))
    long = {words for words in blocks if len(words) > 60}
    assert not long & {line for note in read.notes for line in note.split("\n")}


@pytest.mark.parametrize("dialect", pandoc.DIALECTS)
@pytest.mark.parametrize("name", TEXTS)
def test_the_real_texts_with_200_comments_are_read_back(
    shared: Path, name: str, dialect: str
) -> None:
    path = shared / "corpus" / name
    assert_read_back(documents.parse(path.read_bytes(), name=path.name), dialect, 200, 0)


@pytest.mark.parametrize("dialect", pandoc.DIALECTS)
def test_the_charter_is_read_back(dialect: str) -> None:
    assert_read_back(documents.parse(CHARTER.read_bytes(), name="charter.md"), dialect, 100, 0)
    assert_read_back(PARSED, dialect, 30, 1)


@pytest.mark.parametrize("dialect", pandoc.DIALECTS)
@pytest.mark.parametrize("seed", range(1, 5))
def test_no_sign_of_any_dialect_changes_what_is_read(dialect: str, seed: int) -> None:
    """The same seeds each time; a thousand others were tried when this was written."""
    assert_read_back(hostile.document(random.Random(seed), 40), dialect, 30, seed)


@pytest.mark.parametrize("dialect", pandoc.DIALECTS)
def test_a_comment_reads_as_on_the_page(dialect: str) -> None:
    """Footnote marks, references and HTML in it are text, as they are here."""
    chance = random.Random(13)
    bodies = [*hostile.BODIES, *(hostile.body(chance) for _ in range(60))]
    written = [portable.rewritten(body, "https://notes.example/a/x") for body in bodies]
    read = pandoc.read("\n\n# NEXT\n\n".join(written), dialect)
    shown = _straight("".join(read.blocks)).split("NEXT")
    assert shown == [_straight(markup.plain(body)) for body in bodies]


@given(st.text(st.sampled_from("abW.,;-?( )'/1é_:!www\n>x"), max_size=30))
def test_what_is_not_read_at_all_would_be_written_as_it_is(body: str) -> None:
    """The short way for plain words gives what the long way gives."""
    if portable.only_words(body):
        long = portable.Rewriter("x").blocks(SyntaxTreeNode(parse(body)))
        assert long == body == portable.rewritten(body, "x")


def _straight(text: str) -> str:
    """Undo what a reader's typography makes of quotation marks, dashes and dots; drop spaces."""
    signs = {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "--", "—": "---", "…": "..."}
    told = "".join(signs.get(sign, sign) for sign in "".join(text.split()))
    return told.replace("<!---->", "").replace("\u2060", "")


@pytest.mark.parametrize("dialect", pandoc.DIALECTS)
def test_a_narrowed_file_begins_at_the_margin(dialect: str) -> None:
    """A comment on a nested item whose outer item is left out makes no block of code."""
    source = "# T\n\n- outer\n  - inner words\n\n    more of it\n\n> - deep\n>   - deeper\n"
    parsed = documents.parse(source.encode(), name="t.md")
    for words in ("inner words", "more of it", "deeper"):
        block = next(it for it in parsed.blocks if words in parsed.text[it.start : it.end])
        annotations, envelope = hostile.commentary(
            parsed, 1, random.Random(0), ["Yes."], narrowed=True
        )
        there = hostile.moved(annotations[:1], block, envelope)
        written = "".join(markdown.write(there, envelope))
        assert not [line for line in written.partition("[^1]: ")[0].split("\n") if line[:1] == " "]
        read = pandoc.read(written, dialect)
        assert words in read.blocks
        assert "CodeBlock" not in read.kinds


def test_a_list_in_a_quotation_and_a_table_are_what_they_were() -> None:
    source = (
        "# T\n\n> a\n>\n> - b\n>   - c\n>\n> d\n\n| h | i |\n|---|---|\n| | k |\n\n1. l\n\n   > m\n"
    )
    parsed = documents.parse(source.encode(), name="t.md")
    annotations, envelope = hostile.commentary(parsed, 0, random.Random(0), ["x"])
    assert annotations == []
    text = "".join(markdown.write(hostile.on_document(envelope), envelope))
    assert "> a\n>\n> -   b\n>\n>     -   c\n>\n> d\n" in text
    assert "\n| h | i |\n| --- | --- |\n|  | k |\n" in text
    assert "\n1.  l\n\n    > m\n" in text
