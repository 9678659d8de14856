"""What is taken for a source, what is refused, and in what words."""

from __future__ import annotations

import contextlib
import time

import pytest

from annotator.documents import LARGEST_SOURCE, parse
from annotator.documents.folding import fold_words, folded
from annotator.documents.readers.source import is_page
from annotator.errors import SourceFault
from tests.unit.documents.conftest import below, blocks, read


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.md", b"# A\n\n<b>*b*</b>", "b"),
        ("A.MARKDOWN", b"# A\n\n*b*", "b"),
        ("a.html", b"<h1>A</h1>*b*", "*b*"),
        ("a.htm", b"<h1>A</h1>*b*", "*b*"),
        ("a.txt", b"# A\n\n*b*", "*b*"),
        ("a", b"<!doctype html><h1>A</h1>*b*", "*b*"),
        ("a.download", b"\n<!-- x -->\n<html><h1>A</h1>*b*", "*b*"),
        ("a.unknown", b"# A\n\n*b*", "b"),
        ("a", b"A\n===\n\n*b*", "*b*"),
    ],
)
def test_the_suffix_or_else_the_beginning_chooses_the_reader(
    name: str, data: bytes, kind: str
) -> None:
    assert blocks(parse(data, name=name)) == [("heading", "A"), ("paragraph", kind)]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b" \n\t\n", "is empty"),
        (b"\xef\xbb\xbf", "no heading"),
        (b"# A\n\0", "is binary"),
        (
            b"%PDF-1.7\n\xff\xfe\0\0",
            "It is PDF, which cannot be read. Run `pdftotext -layout essay.md",
        ),
        (b"\x7fELF\0", "is binary"),
        ("# A".encode("utf-16"), "is UTF-16"),
        (b"# A\n\ncaf\xe9", r"Line 3 is not UTF-8 text \(byte 8\)"),
        (b"# A\n\n\xed\xa0\x80", "Line 3 is not UTF-8"),
        (b"# A\n\nb\x07", r"Line 3 contains the character U\+0007"),
        (b"no heading here", "no heading"),
    ],
)
def test_what_cannot_be_an_edition_is_refused_with_place_and_trouble(
    data: bytes, message: str
) -> None:
    with pytest.raises(SourceFault, match=message) as fault:
        parse(data, name="essay.md")
    assert fault.value.message.startswith("essay.md: ")


def test_a_large_file_is_refused() -> None:
    data = b"# A\n\n" + b"a b\n\n" * 10_000_000
    with pytest.raises(SourceFault, match=f"more than {LARGEST_SOURCE:,}"):
        parse(data, name="a.md")


def test_a_byte_order_mark_and_any_line_ends_do_not_matter() -> None:
    text = "# A\n\nb\nc\n\n```\nd\ne\n```\n"
    for end in ("\n", "\r\n", "\r"):
        assert parse(b"\xef\xbb\xbf" + text.replace("\n", end).encode(), name="a.md") == read(text)


HOSTILE = {
    "quotes": ">" * 1_000_000,
    "items in items": "- " * 100_000 + "a",
    "deeper items": "".join(" " * (2 * i) + "- a\n" for i in range(1_000)),
    "brackets": "[" * 1_000_000,
    "pictures": "![" * 500_000,
    "footnotes": "[^" * 500_000,
    "stars": "*" * 1_000_000,
    "emphasis": "*a _b " * 10_000,
    "backticks": "".join("`" * i + "a" for i in range(1_400)),
    "comments": "a <!--" * 20_000,
    "angles": "<" * 100_000,
    "heading of spaces": "# a" + " " * 1_000_000 + "{#b",
    "spaces": "a" + " " * 1_000_000 + "b",
    "dots": "." * 1_000_000,
    "accents": "a" + "\u0316\u0301" * 400_000,
    "links at the head": "[a](#b)\n\n" * 5_000,
    "rows": "<table>" + "<tr><td>a" * 10_000,
    "empty items": "<li>" * 50_000,
}


@pytest.mark.parametrize("suffix", [".md", ".html", ".txt"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_refused_or_read(name: str, suffix: str) -> None:
    """How long that takes is measured by benchmarks/sources; quadratic steps would take hours."""
    with contextlib.suppress(SourceFault):
        below(HOSTILE[name], suffix)


def test_comments_before_a_page_are_gone_through_once() -> None:
    """Tried in every way in which they can be divided, thirty comments would take minutes."""
    assert not is_page("<!-- a -->" * 20_000 + "x")
    assert is_page("<!-- a --> " * 20_000 + "<html>")
    assert not is_page(" " * 200_000 + "<!-- a -- <html>")


def test_a_long_run_of_spaces_is_folded_in_one_go() -> None:
    assert fold_words(f"a{' ' * 200_000}b - – c") == "a b--c"
    assert folded(f"a{' ' * 200_000}-b").text == "a-b"


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.docx", b"PK\3\4", r"a Word document.*`pandoc a.docx -f docx -t gfm -o a.md`"),
        ("a", b"PK\3\4\0\0word/document.xml", "It is a Word document"),
        ("a.md", b"PK\3\4mimetypeapplication/epub+zip", "It is an EPUB"),
        ("a b.odt", b"PK\3\4", "`pandoc 'a b.odt' -f odt"),
        ("a.rtf", b"{\\rtf1 x}", "RTF"),
        ("a.md", b"{\\rtf1 x}", "RTF"),
        ("a.rst", b"A\n=\n\nb", "reStructuredText.*-f rst -t gfm"),
        ("a.txt", b"A\n=\n\n.. code-block:: py\n", "reStructuredText"),
        ("a.adoc", b"= A\n\nb", "AsciiDoc"),
        ("a", b"// c\n:toc:\n= A\n", "AsciiDoc"),
        ("a.tex", b"# a comment\nwords", "LaTeX"),
        ("a.txt", b"% c\n# d\n\\documentclass{x}\n", "LaTeX"),
        ("a.bs", b"# A", "Bikeshed.*bikeshed spec a.bs a.html"),
        ("a.xml", b"<?xml version='1.0'?><law/>", "XML"),
        ("a", b"<rfc ipr='x'>", "an RFC's XML"),
        ("a.org", b"* A", "Org"),
        ("a.txt", b"#+TITLE: A\n* B", "Org"),
        ("a.wiki", b"x", "MediaWiki"),
        ("a.ipynb", b"{}", "a notebook"),
        ("a", b'{"a": 1}', "JSON"),
        ("a.txt", b"[\n [1, 2]]", "JSON"),
        ("a.txt", b"A\n=\n\n.. _b:\n\nC\n-\n", "reStructuredText"),
        ("a.txt", b"[[a]]\n[abstract]\n== A\n\nb", "AsciiDoc"),
        ("a.txt", b"* A\n:PROPERTIES:\n:ID: 1\n:END:\n", "Org"),
        ("a.txt", b"<book xmlns='http://docbook.org/ns/docbook'>", "DocBook"),
        ("a", b"<akomaNtoso xmlns='http://x'><h># T</h>", "XML.*xmllint"),
        ("a.mht", b"x", "a saved email or web archive"),
        ("a.txt", b"From: a\nSubject: b\n c\nMIME-Version: 1.0\n\n# A", "a saved email"),
        ("a.csv", b"# A,b", "a table"),
        ("a.yml", b"# A\nb: c", "YAML"),
        ("a", b"\\input texinfo\n@chapter A", "Texinfo"),
    ],
)
def test_a_format_that_is_not_read_is_named_with_the_way_forward(
    name: str, data: bytes, message: str
) -> None:
    with pytest.raises(SourceFault, match=message) as fault:
        parse(data, name=name)
    assert fault.value.message.startswith(f"{name}: It is ")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.md", b"# A\n\n\\section{x} and .. note:: this"),
        ("a.xhtml", b"<?xml version='1.0'?><html><body><h1>A</h1></body></html>"),
        ("a.txt", b"A\n===\n\nPK and % and {x}"),
        ("a", b"# A\n\n{ b }"),
        ("a.txt", b"A\n===\n\n[[b]] and {{c}}"),
        ("a.txt", b"<!doctype html><html><body><h1>A</h1><p>b</p></body></html>"),
        ("a.txt", b"<h1 class=x>A</h1>\n<p>b &amp; c</p>"),
        ("a", b"<h2>A</h2><p>b</p>"),
    ],
)
def test_what_is_read_is_not_taken_for_another_format(name: str, data: bytes) -> None:
    assert blocks(parse(data, name=name))[0] == ("heading", "A")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "A\n===\n\n" + "." * 100_000),
        ("a.txt", "A\n===\n\n" + "a" * 100_000),
        ("a.txt", "A\n===\n\n" + "a-\n" * 30_000),
        ("a.txt", "A\n===\n\n" + "\f\nx\n" * 20_000),
        ("a.md", "# A\n\n{: x} " + "`" * 100_000),
        ("a.md", "---\na: b\n---\n# A\n\n" + "{{" * 50_000),
        ("a.md", "---\n" * 20_000 + "\n# A\n"),
        ("a.md", "# A\n\n" + "<del>a</del> " * 5_000),
        ("a.md", "# A\n\n" + "::: note\nb\n:::\n" * 5_000),
        ("a.md", "# A\n\n::: " + "a [" * 30_000),
        ("a.md", "# A\n\n|a|\n|-|\n" + "|b|c\n" * 5_000),
        ("a.txt", "a: b\n " * 20_000 + "\nA\n===\n"),
        ("a.html", "<style>" + ".a{" * 30_000 + "</style><h1>A</h1><p><span class=a>b</span>"),
        ("a.html", "<h1>A</h1>" + "<div><p><a id=ftnt1 href=#x>a</a></div>" * 5_000),
        ("a.html", "<h1>A</h1>" + "<p style='mso-list:l0 level1'>x</p>" * 5_000),
        ("a.html", "<h1>A</h1>" + "<div><p><a id=cmnt1 href=#x>a</a></div>" * 5_000),
    ],
)
def test_a_source_made_to_be_slow_is_read_in_time(name: str, text: str) -> None:
    began = time.process_time()
    parse(text.encode(), name=name)
    assert time.process_time() - began < 5
