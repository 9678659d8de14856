"""Choose the piece of a text that shows why it was found, and mark the words sought in it.

A snippet is plain text in fragments; whoever shows it escapes it. Its cost grows with the length of
the text alone: each word is looked at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from annotator.search.analysis import tokens
from annotator.search.engine import SnippetFragment
from annotator.search.nodes import Prefix, WordsNode, sought

if TYPE_CHECKING:
    from annotator.search.analysis import AnalysedTerm
    from annotator.search.nodes import Node, TextField

LENGTH = 240  # code points: two or three lines of a page
_LEAD = 60  # shown before the first hit, so that it does not stand without its sentence
_ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class _Sought:
    """What to mark in one text: single terms, phrases by their first term, beginnings of words."""

    terms: frozenset[str]
    phrases: dict[str, list[tuple[str, ...]]]
    prefixes: tuple[str, ...]


class Highlighter:
    """Makes the snippets of one query."""

    def __init__(self, root: Node) -> None:
        leaves = sought(root)
        self._text = _in_field(leaves, "text")
        self._quote = _in_field(leaves, "quote")

    def snippet(self, body: str, quote: str) -> tuple[SnippetFragment, ...]:
        """Return the best piece of `body`, or of `quote` if the words stand only there."""
        spans = _spans(body, self._text)
        if not spans and (in_quote := _spans(quote, self._quote)):
            return _fragments(quote, in_quote)
        return _fragments(body, spans) if body.strip() else _fragments(quote, [])


def _in_field(leaves: tuple[WordsNode | Prefix, ...], field: TextField) -> _Sought:
    here = [leaf for leaf in leaves if leaf.field in (None, field)]
    words = [leaf.terms for leaf in here if isinstance(leaf, WordsNode)]
    phrases: dict[str, list[tuple[str, ...]]] = {}
    for terms in words:
        if len(terms) > 1:
            phrases.setdefault(terms[0], []).append(terms)
    return _Sought(
        frozenset(terms[0] for terms in words if len(terms) == 1),
        phrases,
        tuple(leaf.start for leaf in here if isinstance(leaf, Prefix)),
    )


def _spans(text: str, wanted: _Sought) -> list[tuple[int, int]]:
    """Return where sought words stand in `text`: offsets in order, none overlapping."""
    if not (wanted.terms or wanted.phrases or wanted.prefixes):
        return []
    found = tokens(text)
    spans: list[tuple[int, int]] = []
    for index, token in enumerate(found):
        if token.term in wanted.terms or token.form.startswith(wanted.prefixes):
            _add(spans, token.start, token.end)
        for phrase in wanted.phrases.get(token.term, ()):
            if _stands_at(found, index, phrase):
                _add(spans, token.start, found[index + len(phrase) - 1].end)
    return spans


def _stands_at(found: list[AnalysedTerm], index: int, phrase: tuple[str, ...]) -> bool:
    window = found[index : index + len(phrase)]
    return tuple(token.term for token in window) == phrase


def _add(spans: list[tuple[int, int]], start: int, end: int) -> None:
    """Add a span that starts no earlier than the last one, joined with it where they overlap."""
    if spans and start < spans[-1][1]:
        spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
    else:
        spans.append((start, end))


def _fragments(text: str, spans: list[tuple[int, int]]) -> tuple[SnippetFragment, ...]:
    start, end = _window(text, spans)
    parts = [SnippetFragment(_ELLIPSIS)] if start else []
    at = start
    for span_start, span_end in spans:
        if span_start < start or span_start >= end:
            continue
        if span_start > at:
            parts.append(SnippetFragment(text[at:span_start]))
        at = min(span_end, end)
        parts.append(SnippetFragment(text[span_start:at], is_hit=True))
    if at < end:
        parts.append(SnippetFragment(text[at:end]))
    return (*parts, SnippetFragment(_ELLIPSIS)) if end < len(text) else tuple(parts)


def _window(text: str, spans: list[tuple[int, int]]) -> tuple[int, int]:
    """Return the piece to show: at most LENGTH long, with the most hits, cut between words."""
    if len(text) <= LENGTH:
        return 0, len(text)
    start = max(0, _densest(spans) - _LEAD)
    start = min(start, len(text) - LENGTH)
    end = start + LENGTH
    if start:
        start = _after_gap(text, start, end)
    if end < len(text):
        end = _before_gap(text, start, end)
    return start, end


def _densest(spans: list[tuple[int, int]]) -> int:
    """Return where to begin so that the most hits follow within the window; the first of equals."""
    best, best_count, last = 0, 0, 0
    for first, (start, _) in enumerate(spans):
        while last < len(spans) and spans[last][1] <= start + LENGTH - _LEAD:
            last += 1
        if last - first > best_count:
            best, best_count = start, last - first
    return best


def _after_gap(text: str, start: int, end: int) -> int:
    """Return the start of the first whole word, unless that lies far off."""
    for at in range(start, min(start + _LEAD // 2, end)):
        if text[at - 1].isspace():
            return at
    return start


def _before_gap(text: str, start: int, end: int) -> int:
    """Return the end of the last whole word, unless that lies far off."""
    for at in range(end, max(end - _LEAD // 2, start), -1):
        if text[at].isspace():
            return at
    return end
