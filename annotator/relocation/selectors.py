"""Ranges of a canonical text, and what stands around them.

After the W3C Web Annotation Data Model: TextPositionSelector (`start`, `end`) and TextQuoteSelector
(`exact`, `prefix`, `suffix`). Offsets are code points, end exclusive. `quoted` finds a quotation;
moving spans between editions is `relocate`'s work.
"""

from __future__ import annotations

from dataclasses import dataclass

CONTEXT = 32


@dataclass(frozen=True, slots=True)
class Span:
    """A range of the canonical text."""

    start: int
    end: int


def context(text: str, span: Span) -> tuple[str, str]:
    """Return the characters just before and after `span`, at most CONTEXT of each."""
    before = text[max(0, span.start - CONTEXT) : span.start]
    return before, text[span.end : span.end + CONTEXT]
