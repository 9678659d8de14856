"""What the tests of documents share: ways to read a text, and what holds for every edition."""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest

from annotator.documents import Parsed, parse
from annotator.documents.canonical import fold
from annotator.documents.readers.markdown_dialect import parser
from annotator.documents.readers.source import decode

EDITIONS = (
    "constitution/2026-01-20.md",
    "constitution/2026-01-29.md",
    "model-spec/2025-02-12.md",
    "model-spec/2025-04-11.md",
    "model-spec/2025-09-12.md",
    "model-spec/2025-10-27.md",
    "model-spec/2025-12-18.md",
    "model-spec/2025-12-18-rev2.md",
)
NUMBER = re.compile(r"[1-9]\d*(\.[1-9]\d*)?(p[2-9]\d*|p1\d+)?")
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>A site</title>
<style>p { color: red }</style><script>document.write("<p>written</p>")</script></head>
<body><header><nav><a href="/">Home</a></nav><h1>The site</h1></header>
<main>%s</main>
<aside><h2>Also read</h2><p>An advertisement.</p></aside>
<footer><p>All rights reserved.</p></footer></body></html>"""


@pytest.fixture(params=EDITIONS)
def source(request: pytest.FixtureRequest, shared: Path) -> str:
    """The Markdown of each real edition in turn."""
    return (shared / "corpus" / request.param).read_text(encoding="utf-8")


def read(text: str, suffix: str = ".md") -> Parsed:
    """Read a text as the file `a` with this suffix."""
    return parse(text.encode(), name=f"a{suffix}")


def below(text: str, suffix: str = ".md") -> Parsed:
    """Read a text that stands below a heading, `T`, which is the one section."""
    heading = {".md": "# T\n\n", ".html": "<h1>T</h1>", ".txt": "T\n===\n\n"}[suffix]
    return read(heading + text, suffix)


def check_origins(data: bytes, suffix: str, parsed: Parsed) -> None:
    """Check that the source leads to the words of every block, run by run and in its order."""
    source = decode(data, f"a{suffix}")
    for block, runs in zip(parsed.blocks, parsed.origins, strict=True):
        at, before = block.start, 0
        for length, start, end in runs:
            words, there = parsed.text[at : at + length], source[start:end]
            assert before <= start <= end <= len(source), (words, there)
            assert _gives(there, words, suffix), (words, there)
            at, before = at + length, end
        assert at == block.end


def _gives(source: str, words: str, suffix: str) -> bool:
    """Return whether a stretch of a source gives these words, in whole or one by one."""
    if len(source) == len(words):
        pairs = zip(unicodedata.normalize("NFC", source) if len(source) == 1 else source, words,
                    strict=True)  # fmt: skip
        return all(a == b or (b in " \n" and fold(a) == "") for a, b in pairs)
    if not source or words == " ":  # what an element stands for, or a run of white space
        edges = html.unescape(source)
        return words.isspace() and (not source or not (edges[0] + edges[-1]).isalnum())
    if suffix != ".txt":
        source = html.unescape(source)
    if suffix == ".md":
        source = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", source)
    return fold(f" {source} ") == fold(words) or source == "?"


def blocks(parsed: Parsed) -> list[tuple[str, str]]:
    """Return kind and words of every block."""
    return [(block.kind, parsed.text[block.start : block.end]) for block in parsed.blocks]


def numbers(parsed: Parsed) -> list[tuple[str, str]]:
    """Return kind and address of every provision, a section's as its slug."""
    return [
        (found.kind, f"{parsed.slug(index)}/{found.number}".rstrip("/"))
        for index, found in enumerate(parsed.provisions)
    ]


def marks(parsed: Parsed) -> list[tuple[str, str, str]]:
    """Return kind, words and value of every mark."""
    found = [mark for block in parsed.blocks for mark in block.marks]
    return [(mark.kind, parsed.text[mark.start : mark.end], mark.value) for mark in found]


def rendered(markdown: str) -> str:
    """Render Markdown as a publisher would, heading anchors and their attributes included."""
    made = parser().enable(["text_join", "fragments_join"])
    tokens = made.parse(markdown)
    for token in tokens:
        if token.type == "heading_open":
            attributes = dict(token.meta)
            if anchor := attributes.pop("anchor", None):
                token.attrs["id"] = anchor
            token.attrs.update({f"data-{key}": value for key, value in attributes.items()})
    return str(made.renderer.render(tokens, made.options, {}))


def check(parsed: Parsed) -> None:
    """Assert what holds for every edition."""
    _check_blocks(parsed)
    for block in parsed.blocks:
        _check_marks(parsed, block.start, block.end, [(m.start, m.end) for m in block.marks])
    _check_provisions(parsed)
    _check_numbers(parsed)


def _check_blocks(parsed: Parsed) -> None:
    assert unicodedata.is_normalized("NFC", parsed.text)
    assert "\n".join(words for _, words in blocks(parsed)) == parsed.text
    for before, after in pairwise(parsed.blocks):
        assert after.start == before.end + 1
    for kind, words in blocks(parsed):
        assert words
        if kind != "code":
            assert fold(words) == words


def _check_marks(parsed: Parsed, start: int, end: int, spans: list[tuple[int, int]]) -> None:
    assert spans == sorted(spans, key=lambda span: (span[0], -span[1]))
    open_until = [end]
    for first, last in spans:
        assert start <= first < last <= end
        while first >= open_until[-1] and len(open_until) > 1:
            open_until.pop()
        assert last <= open_until[-1], "marks nest or are disjoint"
        open_until.append(last)


def _check_provisions(parsed: Parsed) -> None:
    for index, found in enumerate(parsed.provisions):
        words = parsed.text[found.start : found.end]
        assert words
        assert found.digest == hashlib.sha256(words.encode()).hexdigest()
        if found.parent is not None:
            parent = parsed.provisions[found.parent]
            assert found.parent < index
            assert parent.start <= found.start < found.end <= parent.end
        held = [b for b in parsed.blocks if found.start <= b.start and b.end <= found.end]
        assert (held[0].start, held[-1].end) == (found.start, found.end)
    for block in parsed.blocks:
        found = parsed.provisions[block.provision]
        assert found.start <= block.start < block.end <= found.end
        assert parsed.innermost(block.start, block.end) == block.provision


def _check_numbers(parsed: Parsed) -> None:
    units: dict[str, list[int]] = {}
    for index, found in enumerate(parsed.provisions):
        slug = parsed.slug(index)
        if found.kind == "section":
            assert found.level is not None
            assert (found.unit, found.number, found.slug) == (None, "", slug)
            units[slug] = []
            continue
        assert found.unit is not None
        assert NUMBER.fullmatch(found.number)
        assert int(re.split(r"[.p]", found.number)[0]) == found.unit
        if found.number.isdecimal():
            units[slug].append(found.unit)
    assert all(found == list(range(1, len(found) + 1)) for found in units.values())
    assert len(parsed.numbered) == len(parsed.provisions), "no two provisions share an address"
