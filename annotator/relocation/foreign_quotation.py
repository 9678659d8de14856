"""Find a quotation that another program, another page or a person made in a text. Pure.

After the Web Annotation Data Model: a quotation has `exact` words, and may have what stood before
and after them and a position. Other programs write the same words differently: straight quotation
marks for curly ones, white space collapsed or missing between blocks, invisible characters. So
words are compared as `folding` has them "copied", and as "loose" if nothing is found otherwise.
What stands in several places is told apart by its surroundings and its position. Nothing is
guessed: an answer of several spans means that they cannot be told apart. Offsets count code points,
end exclusive.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile

from annotator.documents.folding import COMPATIBLE, FoldedText, Mode, fold_words, folded
from annotator.relocation.selectors import Span

CONTEXT = 32  # characters that are compared on either side
TELLING = 4  # characters that words must have for one side to tell their place
MOST_PLACES = 2_000  # that are looked at one by one
MOST_WORK = 5_000_000  # characters that are compared for that; more only in a text made for it
MOST_COMPARED = 100_000  # characters, of all places together
MOST_CANDIDATES = 20
SLACK = 10  # how much of a context is read for each character that is compared

_folded = lru_cache(maxsize=16)(folded)  # editions, each in two modes
_MODES: tuple[Mode, ...] = ("copied", "loose")


@dataclass(frozen=True, slots=True)
class ForeignQuotation:
    """Words, what stood around them, and where they stood, in code points or UTF-16 units."""

    exact: str
    prefix: str = ""
    suffix: str = ""
    start: int | None = None
    end: int | None = None


def find(text: str, quotation: ForeignQuotation, within: Span | None = None) -> list[Span]:
    """Return where a quotation stands in a canonical text, or in a part of it.

    One span: it stands there. None: its words stand nowhere. Several, the first MOST_CANDIDATES:
    any of them may be meant.
    """
    for mode in _MODES:
        if spans := _Search(text, _folded(text, mode), quotation, within).run(mode):
            return spans[:MOST_CANDIDATES]
    return []


def find_one(text: str, quotation: ForeignQuotation, within: Span | None = None) -> Span | None:
    """Return the one place where a quotation stands; None where there is none, or several."""
    spans = find(text, quotation, within)
    return spans[0] if len(spans) == 1 else None


def same_words(text: str, quoted: str) -> bool:
    """Return whether two texts differ in nothing but typography, white space and invisibles."""
    return text == quoted or fold_words(text, "copied") == fold_words(quoted, "copied")


@dataclass(frozen=True, slots=True)
class _Search:
    """One quotation that is sought in a text, which is folded in a mode."""

    text: str
    form: FoldedText
    quotation: ForeignQuotation
    within: Span | None

    def run(self, mode: Mode) -> list[Span]:
        """Return the places that may be meant."""
        words = fold_words(self.quotation.exact, mode)
        if not words:
            return []
        before = fold_words(self.quotation.prefix[-CONTEXT * SLACK :], mode)[-CONTEXT:]
        after = fold_words(self.quotation.suffix[: CONTEXT * SLACK], mode)[:CONTEXT]
        surrounded = self._surrounded(before, words, after)
        places = surrounded or self._places("", words, "")
        if len(places) > 1:
            positions = self._positions(words)
            if len(positions) == 1 and (positions <= set(places) or not surrounded):
                places = list(positions)
        if len(places) > 1 and len(places) * len(words) <= MOST_COMPARED:
            characters = list(_characters(self.quotation.exact))
            places = [at for at in places if self._could_become(at, characters)] or places
        return [self._span(at, len(words)) for at in places]

    def _surrounded(self, before: str, words: str, after: str) -> list[int]:
        """List where the words stand between what they stood between, or beside one side of it.

        One side alone tells where another page put words of its own on the other: where both are
        long, and the words stand beside it once, and beside the other nowhere.
        """
        found = self._places(before, words, after) if before or after else []
        if found or not before or not after or len(words) < TELLING:
            return found
        beside = self._places(before, words, ""), self._places("", words, after)
        sides = [found for found in beside if found]
        return sides[0] if len(sides) == 1 and len(sides[0]) == 1 else []

    def _places(self, before: str, words: str, after: str) -> list[int]:
        """List where the words stand between `before` and `after`.

        Where there are too many to look at all of them, one alone is not listed.
        """
        form, sought = self.form, before + words + after
        low, high = 0, len(form.text)
        if self.within is not None:
            low = bisect_left(form.starts, self.within.start)
            high = bisect_left(form.starts, self.within.end)
        found: list[int] = []
        at = max(0, low - len(before)) - 1
        for _ in range(min(MOST_PLACES, MOST_WORK // len(sought) + 2)):
            at = form.text.find(sought, at + 1, high + len(after))
            if at < 0:
                return found
            if form.is_whole(at + len(before), len(words)):
                found.append(at + len(before))
        return found if len(found) > 1 else []

    def _positions(self, words: str) -> set[int]:
        """Return where the words stand at the position that they came with, however it counts."""
        form, start, end = self.form, self.quotation.start, self.quotation.end
        if start is None or end is None or not 0 <= start < end:
            return set()
        found = set()
        counted = tuple(_from_units(self.text, unit) for unit in (start, end))
        for first, last in ((start, end), counted):
            if first is None or last is None or last > len(self.text):
                continue
            at = bisect_left(form.starts, first)
            inside = self.within is None or self.within.start <= first <= last <= self.within.end
            if inside and form.text[at : bisect_left(form.starts, last)] == words:
                found.add(at)
        return found

    def _span(self, at: int, length: int) -> Span:
        """Return a stretch as a span of the text, with the white space that was quoted with it."""
        text, exact = self.text, self.quotation.exact
        start, end = self.form.starts[at], self.form.ends[at + length - 1]
        for _ in takewhile(_is_ignored, exact):
            if start == 0 or not _is_ignored(text[start - 1]):
                break
            start -= 1
        for _ in takewhile(_is_ignored, reversed(exact)):
            if end == len(text) or not _is_ignored(text[end]):
                break
            end += 1
        return Span(start, end)

    def _could_become(self, at: int, quoted: Sequence[tuple[str, str, str]]) -> bool:
        """Return whether a program that simplifies what it copies could have made the quotation.

        It makes typography plainer and drops line feeds; it adds no space and no curly mark.
        """
        form = self.form
        last = min(at + len(quoted), len(form.text)) - 1
        stretch = self.text[form.starts[at] : form.starts[last] + 1]
        for number, ((gap, char, _), (quoted_gap, said, plain)) in enumerate(
            zip(_characters(stretch), quoted, strict=False)
        ):
            if said not in (char, plain):
                return False
            if number and bool(gap) != bool(quoted_gap) and "\n" not in gap:
                return False
        return True


def _from_units(text: str, unit: int) -> int | None:
    """Return a UTF-16 offset in code points; None inside a character, or behind the text."""
    units = text.encode("utf-16-le", "surrogatepass")
    try:
        return len(units[: 2 * unit].decode("utf-16-le")) if 2 * unit <= len(units) else None
    except UnicodeDecodeError:
        return None


def _is_ignored(char: str) -> bool:
    return not char.translate(COMPATIBLE).strip()


def _characters(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield what is compared: the white space before it, the character itself, and it folded."""
    gap = ""
    for char in unicodedata.normalize("NFC", text):
        folded_char = "".join(char.translate(COMPATIBLE).split())
        if not folded_char and char.isspace():
            gap += char
        for each in folded_char:
            yield gap, char, each
            gap = ""
