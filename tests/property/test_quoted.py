"""A quotation that other tools made comes back to its range or is refused, never to another one."""

from __future__ import annotations

import random
import time
import unicodedata
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from annotator.documents import parse
from annotator.relocation import foreign_quotation
from annotator.relocation.foreign_quotation import ForeignQuotation, Span
from tests.conftest import SAMPLES

STRAIGHT = str.maketrans("‘’“”–—", "''\"\"--")
EVERY = 7  # how often a program puts an invisible character
Mangle = Callable[[str], str]
MANGLED: dict[str, Mangle] = {
    "as it is": lambda words: words,
    "textContent without separators": lambda words: words.replace("\n", ""),
    "innerText": lambda words: words.replace("\n", "\n\n"),
    "indented source": lambda words: words.replace("\n", "\n        "),
    "collapsed": lambda words: " ".join(words.split()),
    "straight marks": lambda words: words.translate(STRAIGHT),
    "no-break spaces": lambda words: words.replace(" ", "\u00a0"),
    "zero-width spaces": lambda words: _sprinkled(words, "\u200b"),
    "soft hyphens": lambda words: _sprinkled(words, "\u00ad"),
    "word joiners and a byte order mark": lambda words: "\ufeff" + _sprinkled(words, "\u2060"),
    "decomposed": lambda words: unicodedata.normalize("NFD", words),
    "all at once": lambda words: _sprinkled(
        words.replace("\n", "").translate(STRAIGHT).replace(" ", "\u00a0"), "\u200b"
    ),
}


def _sprinkled(words: str, sign: str) -> str:
    return sign.join(words[at : at + EVERY] for at in range(0, len(words), EVERY))


def _stripped(text: str, span: Span) -> tuple[int, int]:
    words = text[span.start : span.end]
    lead = len(words) - len(words.lstrip())
    return span.start + lead, span.start + len(words.rstrip())


def _ranges(text: str, many: int, seed: int) -> list[Span]:
    chance = random.Random(seed)
    found: list[Span] = []
    while len(found) < many:
        start = chance.randrange(len(text))
        length = chance.choice((1, 2, 3, 5, 8, 13, 21, 40, 80, 200, 1000))
        span = Span(start, min(len(text), start + length))
        if text[span.start : span.end].strip():
            found.append(span)
    return found


def tried(text: str, many: int, seed: int, *, with_context: bool) -> dict[str, Counter[str]]:
    """Count what became of quotations of a text, by how they were mangled."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in MANGLED}
    for span in _ranges(text, many, seed):
        sides = (text[max(0, span.start - 32) : span.start], text[span.end : span.end + 32])
        for name, mangle in MANGLED.items():
            around = map(mangle, sides) if with_context else ("", "")
            spans = foreign_quotation.find(
                text, ForeignQuotation(mangle(text[span.start : span.end]), *around)
            )
            placed = [_stripped(text, each) for each in spans]
            outcome = "ambiguous" if len(spans) > 1 else "none" if not spans else "wrong"
            if placed == [_stripped(text, span)]:
                outcome = "found"
            counts[name][outcome] += 1
    return counts


def _check(text: str, many: int, *, with_context: bool, least: float) -> None:
    counts = tried(text, many, 12, with_context=with_context)
    for name, found in counts.items():
        assert not found["wrong"], (name, found)
        assert not found["none"], (name, found)
        assert found["found"] >= least * many, (name, found)


@pytest.mark.parametrize("name", ["garden-1.md", "scripts.md"])
@pytest.mark.parametrize(("with_context", "least"), [(True, 0.9), (False, 0.5)])
def test_ranges_of_the_samples(name: str, with_context: bool, least: float) -> None:
    text = parse((SAMPLES / name).read_bytes(), name=name).text
    _check(text, 80, with_context=with_context, least=least)


@pytest.mark.shared
@pytest.mark.parametrize("path", ["constitution/2026-01-20.md", "model-spec/2025-12-18.md"])
@pytest.mark.parametrize(("with_context", "least"), [(True, 0.95), (False, 0.5)])
def test_ranges_of_the_real_texts(
    shared: Path, path: str, with_context: bool, least: float
) -> None:
    source = shared / "corpus" / path
    text = parse(source.read_bytes(), name=source.name).text
    _check(text, 80, with_context=with_context, least=least)


HOSTILE = {
    "one letter": ("a" * 200_000, "a" * 5_000),
    "one letter and another": ("a" * 200_000, "a" * 5_000 + "b"),
    "ellipses": ("…" * 100_000, "." * 5_000),
    "two letters": ("ab" * 100_000, "ba" * 5_000),
    "nothing but spaces": ("a b" * 60_000, " " * 100_000),
    "invisible": ("a b" * 60_000, "a" + "\u200b" * 100_000 + "b"),
    "a long quotation": ("word " * 40_000, "word " * 39_000),
    "accents": ("e\u0301" * 100_000, "e\u0301" * 9_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_quotation_takes_long(name: str) -> None:
    text, exact = HOSTILE[name]
    text = unicodedata.normalize("NFC", text)
    foreign_quotation.find(text, ForeignQuotation("once, so that the text is folded"))
    began = time.process_time()
    foreign_quotation.find(text, ForeignQuotation(exact, exact, exact, 3, 3 + len(exact)))
    assert time.process_time() - began < 1
