"""The commentary edition as one HTML file: every word, every comment, no script, no request."""

from __future__ import annotations

from dataclasses import replace

import lxml.html

from annotator.formats import html
from annotator.schemas.annotations import AnnotationValue
from tests.unit.formats.making import ENVELOPE, PARSED, annotation, reply

HOSTILE = "<script>run()</script> [x](javascript:run()) ![y](https://evil.example/y.png) \"'>"


def page(*annotations: AnnotationValue, narrowed: bool = False) -> lxml.html.HtmlElement:
    written = "".join(html.write(annotations, replace(ENVELOPE, narrowed=narrowed)))
    return lxml.html.document_fromstring(written)


def test_every_word_of_the_text_is_there_as_it_stands() -> None:
    shown = page(annotation()).text_content()
    for block in PARSED.blocks:
        assert PARSED.text[block.start : block.end] in shown


def test_a_thread_stands_below_the_words_that_it_is_about() -> None:
    note = page(reply("a0", "a1", "a1"), annotation()).xpath("//details")[0]
    assert "The north gate is locked" in note.getprevious().text_content()
    assert "Ada" in note.xpath("./summary")[0].text_content()
    assert note.xpath(".//em")[0].text == "gate"
    assert note.xpath("./div[@class='reply']//b")[0].text == "Ben"


def test_a_narrowed_page_has_only_the_passages_with_commentary() -> None:
    assert (
        len(page(annotation(), narrowed=True).xpath("//p"))
        < len(page(annotation()).xpath("//p")) / 2
    )


def test_nothing_in_it_runs_or_loads_whatever_was_written() -> None:
    shown = page(annotation(body=HOSTILE, author=HOSTILE, tags=(HOSTILE,)))
    policy = shown.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert shown.xpath("//script|//img|//link|//iframe|//@src|//@style") == []
    assert not [href for href in shown.xpath("//@href") if not href.startswith("https://")]
    assert [name for name in shown.xpath("//@*") if getattr(name, "attrname", "")[:2] == "on"] == []


def test_what_was_deleted_or_hidden_has_an_empty_place() -> None:
    gone = annotation(quote=None, body=None, tags=(), deleted=True)
    shown = page(gone, reply("a2", "a1", "a1")).text_content()
    assert "A deleted comment" in shown
    assert "Both." in shown


def test_the_links_of_a_comment_lead_to_the_site() -> None:
    body = "[a](/d/charter) [b](#x) [c](//o.example/p) [d](https://o.example) ![e](p.png)"
    links = page(annotation(body=body)).xpath("//details/div//a/@href")
    assert links == [
        "https://notes.example/d/charter", "https://notes.example/a/a1#x", "https://o.example/p",
        "https://o.example", "https://notes.example/a/p.png",
    ]  # fmt: skip
