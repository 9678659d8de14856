"""Placing a quotation that was made on another page, or with other offsets, in a text. Pure.

After the Web Annotation Data Model: a TextPositionSelector counts code points, but the browsers'
tools count UTF-16 units; which of them is told by the words that stand there. Where no offsets
fit, the words themselves are sought, whatever their white space, quotation marks and dashes, and
told apart by what stood before and after them. Nothing is guessed: without one clear place the
answer is None.
"""

from __future__ import annotations

import unicodedata
from itertools import takewhile

from annotator.anchoring.selectors import Span, stands
from annotator.documents.folding import Folded, fold_words, folded

CONTEXT = 40  # folded characters that are compared on either side
TELLING = 3  # characters of context by which one place must fit better than every other


class Quoted:
    """A text in which quotations are sought; folded once, when it is first needed."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._folded: Folded | None = None
        self._units: list[int] | None = None

    def place(
        self,
        exact: str,
        prefix: str = "",
        suffix: str = "",
        start: int | None = None,
        end: int | None = None,
    ) -> Span | None:
        """Give where the quotation stands, in code points; None where that is not sure."""
        if start is not None and end is not None and 0 <= start < end:
            for span in (Span(start, end), self._from_units(start, end)):
                if span is not None and exact.strip() and stands(self._text, span, exact):
                    return span
        return self._sought(exact, prefix, suffix)

    def _from_units(self, start: int, end: int) -> Span | None:
        """Read offsets as UTF-16 units; None where one falls into a character, or outside."""
        if self._text.isascii():
            return None
        if self._units is None:
            self._units = [at for at, char in enumerate(self._text) if ord(char) > 0xFFFF]
        first, last = self._point(start), self._point(end)
        return None if first is None or last is None else Span(first, last)

    def _point(self, unit: int) -> int | None:
        """Turn a UTF-16 offset into code points: each astral character before it counted twice."""
        before = 0
        for at in self._units or ():
            if at + before >= unit:
                break
            if at + before + 1 == unit:
                return None
            before += 1
        return unit - before

    def _sought(self, exact: str, prefix: str, suffix: str) -> Span | None:
        if self._folded is None:
            self._folded = folded(self._text)
        words = fold_words(exact)
        if not words:
            return None
        places, at = [], self._folded.text.find(words)
        while at >= 0:
            places.append(at)
            at = self._folded.text.find(words, at + 1)
        chosen = places[0] if len(places) == 1 else self._told_apart(places, words, prefix, suffix)
        if chosen is None:
            return None
        return Span(self._folded.starts[chosen], self._folded.ends[chosen + len(words) - 1])

    def _told_apart(self, places: list[int], words: str, prefix: str, suffix: str) -> int | None:
        """Choose the place whose surroundings fit best, where it fits clearly better."""
        if not places or self._folded is None:
            return None
        text = self._folded.text
        before, after = _side(prefix, last=True), _side(suffix, last=False)
        scored = sorted(
            (
                _common(before[::-1], text[max(0, at - CONTEXT) : at].rstrip()[::-1])
                + _common(after, text[at + len(words) : at + len(words) + CONTEXT].lstrip()),
                at,
            )
            for at in places
        )
        best, second = scored[-1], scored[-2]
        return best[1] if best[0] >= second[0] + TELLING else None


def _side(context: str, *, last: bool) -> str:
    words = fold_words(unicodedata.normalize("NFC", context))
    return words[-CONTEXT:] if last else words[:CONTEXT]


def _common(one: str, other: str) -> int:
    """Count the characters with which both begin."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
