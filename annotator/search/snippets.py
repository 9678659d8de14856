"""Choose the best piece of a text for a snippet, and highlight the hits.

A snippet is plain text in fragments, which a page must escape. It takes time linear in the length
of the text.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from annotator.search.analysis import tokens
from annotator.search.engine import SnippetFragment
from annotator.search.nodes import Node, Prefix, TextField, WordsNode, sought

LENGTH = 240  # code points: two or three lines of a page
_LEAD = 60  # code points before the first hit, for its sentence
_ELLIPSIS = "…"


class _Targets(NamedTuple):
    """The words to highlight in one text, by their first term, and the prefixes."""

    words: dict[str, set[tuple[str, ...]]]
    prefixes: tuple[str, ...]


class Highlighter:
    """Make the snippets of one query."""

    def __init__(self, root: Node) -> None:
        leaves = sought(root)
        self._text = _in_field(leaves, "text")
        self._quote = _in_field(leaves, "quote")

    def snippet(self, body: str, quote: str) -> tuple[SnippetFragment, ...]:
        """Return the best piece of `body`, or of `quote` if only that has the words."""
        spans = _spans(body, self._text)
        if not spans and (in_quote := _spans(quote, self._quote)):
            return _fragments(quote, in_quote)
        return _fragments(body, spans) if body.strip() else _fragments(quote, [])


def _in_field(leaves: tuple[WordsNode | Prefix, ...], field: TextField) -> _Targets:
    words, prefixes = defaultdict(set), []
    for leaf in leaves:
        if leaf.field in (None, field):
            if isinstance(leaf, Prefix):
                prefixes.append(leaf.start)
            else:
                words[leaf.terms[0]].add(leaf.terms)
    return _Targets(words, tuple(prefixes))


def _spans(text: str, targets: _Targets) -> list[tuple[int, int]]:
    """Return the spans of the query's words in `text`, in order, without overlaps."""
    analysed = tokens(text) if targets.words or targets.prefixes else []
    spans: list[tuple[int, int]] = []
    for index, token in enumerate(analysed):
        words, begun = targets.words.get(token.term), token.form.startswith(targets.prefixes)
        if not (words or begun):
            continue
        sizes = [1] if begun else []
        for terms in words or ():
            if terms == tuple(other.term for other in analysed[index : index + len(terms)]):
                sizes.append(len(terms))  # noqa: PERF401
        if sizes:
            start, end = token.start, analysed[index + max(sizes) - 1].end
            if spans and start < spans[-1][1]:
                start, end = spans[-1][0], max(end, spans.pop()[1])
            spans.append((start, end))
    return spans


def _fragments(text: str, spans: list[tuple[int, int]]) -> tuple[SnippetFragment, ...]:
    start, end = _window(text, spans)
    parts = [SnippetFragment(_ELLIPSIS)] if start else []
    at = start
    for span_start, span_end in spans:
        if start <= span_start < end:
            if span_start > at:
                parts.append(SnippetFragment(text[at:span_start]))
            at = min(span_end, end)
            parts.append(SnippetFragment(text[span_start:at], is_hit=True))
    if at < end:
        parts.append(SnippetFragment(text[at:end]))
    return (*parts, SnippetFragment(_ELLIPSIS)) if end < len(text) else tuple(parts)


def _window(text: str, spans: list[tuple[int, int]]) -> tuple[int, int]:
    """Return the piece to show: at most LENGTH long, with the most hits, cut between words.

    It is cut within a word if the next space is far away.
    """
    if len(text) <= LENGTH:
        return 0, len(text)
    best, best_count, last = 0, 0, 0  # the start with the most hits after it; the first of equals
    for first, (start, _) in enumerate(spans):
        while last < len(spans) and spans[last][1] <= start + LENGTH - _LEAD:
            last += 1
        if last - first > best_count:
            best, best_count = start, last - first
    start = min(max(0, best - _LEAD), len(text) - LENGTH)
    end = start + LENGTH
    if start:
        gaps = (at for at in range(start, start + _LEAD // 2) if text[at - 1].isspace())
        start = next(gaps, start)
    if end < len(text):
        gaps = (at for at in range(end, end - _LEAD // 2, -1) if text[at].isspace())
        end = next(gaps, end)
    return start, end
