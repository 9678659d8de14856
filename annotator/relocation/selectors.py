"""Spans of a canonical text and their context, as in the W3C Web Annotation Data Model.

A span is a TextPositionSelector (`start`, `end`). With its context it is a TextQuoteSelector
(`exact`, `prefix`, `suffix`). Offsets are code points, end exclusive.
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
    """Return up to CONTEXT characters before `span`, and as many after it."""
    before = text[max(0, span.start - CONTEXT) : span.start]
    return before, text[span.end : span.end + CONTEXT]
