"""Quotations with positions: checking that words stand where they are said to, and finding them.

After the W3C Web Annotation Data Model: TextPositionSelector (`start`, `end`) and TextQuoteSelector
(`exact`, `prefix`, `suffix`). Offsets are code points, end exclusive. Nothing is guessed: a quote
is compared after NFC and otherwise as it is; moving spans between editions is `relocate`'s work.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

CONTEXT = 32
MOST_CANDIDATES = 20


@dataclass(frozen=True, slots=True)
class Span:
    """A range of the canonical text."""

    start: int
    end: int


def stands(text: str, span: Span, exact: str) -> bool:
    """Tell whether `exact` is what stands at `span`."""
    return text[span.start : span.end] == unicodedata.normalize("NFC", exact)


def context(text: str, span: Span) -> tuple[str, str]:
    """Give the characters just before and after `span`, at most CONTEXT of each."""
    before = text[max(0, span.start - CONTEXT) : span.start]
    return before, text[span.end : span.end + CONTEXT]


def occurrences(
    text: str, exact: str, prefix: str = "", suffix: str = "", most: int = MOST_CANDIDATES
) -> list[Span]:
    """Find where `exact` stands, nearest fit of `prefix` and `suffix` only.

    Where some occurrences fit the whole of the given context, only those are returned; otherwise
    all are, up to `most`: the caller decides what to do about several.
    """
    exact, prefix, suffix = (unicodedata.normalize("NFC", part) for part in (exact, prefix, suffix))
    found: list[Span] = []
    fitting: list[Span] = []
    at = text.find(exact) if exact else -1
    while at >= 0 and len(fitting) < most:
        span = Span(at, at + len(exact))
        if text.endswith(prefix, 0, at) and text.startswith(suffix, span.end):
            fitting.append(span)
        elif len(found) < most:
            found.append(span)
        at = text.find(exact, at + 1)
    return fitting or found
