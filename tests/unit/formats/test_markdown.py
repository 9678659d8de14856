"""The commentary edition in Markdown: the text as it reads, each comment a note in its place."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin

from annotator.formats import markdown
from annotator.markup import portable
from annotator.schemas.annotations import AnnotationValue
from tests.unit.formats.making import ENVELOPE, PARSED, annotation, reply


def text(*annotations: AnnotationValue, narrowed: bool = False) -> str:
    return "".join(markdown.write(annotations, replace(ENVELOPE, narrowed=narrowed)))


def rendered(source: str) -> str:
    html = MarkdownIt("commonmark").enable("table").use(footnote_plugin).render(source)
    return re.sub(r"<[^>]+>", "", html).replace("&quot;", '"').replace("&amp;", "&")


def test_a_note_stands_behind_the_words_that_it_is_about() -> None:
    written = text(annotation())
    place = written.index("[^1]")
    assert PARSED.text.index("The north gate") >= 0
    assert "The north gate" in written[:place].rsplit("\n\n", 1)[1]
    assert "**Ada**, 2026-03-02, tagged gates on “The north gate”" in written
    assert "Which *gate*?" in written


def test_every_word_of_the_text_is_there_unless_it_is_narrowed() -> None:
    everything = rendered(text(annotation()))
    for block in PARSED.blocks:
        words = PARSED.text[block.start : block.end]
        assert " ".join(words.split()) in " ".join(everything.split())
    assert len(text(annotation(), narrowed=True)) < len(text(annotation())) / 2


def test_replies_stand_in_the_note_of_their_thread() -> None:
    note = text(reply("a0", "a1", "a1"), annotation()).partition("[^1]: ")[2].partition("\n\n##")[0]
    assert note.index("Which *gate*?") < note.index("**Ben**")
    assert "> Both." in note


@pytest.mark.parametrize(
    "words", ["*a*", "_b_", "# c", "1. d", "- e", "<f>", "[g](h)", "`i`", "\\"]
)
def test_words_are_shown_as_they_are(words: str) -> None:
    assert rendered(portable.escaped(words)).strip() == words.replace("<", "&lt;").replace(
        ">", "&gt;"
    )


def test_a_annotation_on_the_document_stands_before_the_text() -> None:
    written = text(annotation(quote=None))
    assert written.index("On the document as a whole:[^1]") < written.index("## ")
