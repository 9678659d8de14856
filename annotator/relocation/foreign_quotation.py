"""Find a quotation that another program, another page or a person made in a text. Pure.

After the Web Annotation Data Model: a quotation has `exact` words, and may have what stood before
and after them and a position. Other programs write the same words differently: straight quotation
marks for curly ones, white space collapsed or missing between blocks, invisible characters. So
words are compared by their characters alone: NFC, typography folded, white space and invisible
characters left out; case counts unless nothing is found otherwise. What stands in several places
is told apart by its surroundings and its position. Nothing is guessed: an answer of several spans
means that they cannot be told apart. Offsets count code points, end exclusive.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile

from annotator.relocation.selectors import Span

CONTEXT = 32  # characters that are compared on either side
TELLING = 4  # characters that words must have for one side to tell their place
MOST_PLACES = 2_000  # that are looked at one by one
MOST_WORK = 5_000_000  # characters that are compared for that; more only in a text made for it
MOST_COMPARED = 100_000  # characters, of all places together
MOST_CANDIDATES = 20
SLACK = 10  # how much of a context is read for each character that is compared

_PLAIN = re.compile("[!-_a-~]+|.", re.DOTALL)  # ASCII that is compared as it is; it has no `
_DASHES = re.compile("-+")
_UNITS = re.compile("(?P<dashes>-+)|.", re.DOTALL)
_ALIKE = (
    dict.fromkeys("‘’‚‛′`´ʼʹ‹›", "'")
    | dict.fromkeys("“”„‟″«»", '"')
    | dict.fromkeys("‐‑‒–—―−", "-")
)


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
    form = _form(text)
    spans = _Search(form, quotation, within, _bare).run()
    if not spans:
        spans = _Search(form.loose(), quotation, within, _loose).run()
    return spans[:MOST_CANDIDATES]


def find_one(text: str, quotation: ForeignQuotation, within: Span | None = None) -> Span | None:
    """Return the one place where a quotation stands; None where there is none, or several."""
    spans = find(text, quotation, within)
    return spans[0] if len(spans) == 1 else None


def same_words(text: str, quoted: str) -> bool:
    """Return whether two texts differ in nothing but typography, white space and invisibles."""
    return text == quoted or _bare(text) == _bare(quoted)


class _Form:
    """A text as it is compared, and the offset in the text of each of its characters."""

    def __init__(
        self, text: str, form: str, origin: array[int], ends: array[int] | None = None
    ) -> None:
        self.text, self.form, self.origin, self._ends = text, form, origin, ends
        self._loose: _Form | None = None
        self._astral: list[int] | None = None

    def loose(self) -> _Form:
        """Return the form in which neither case nor the length of a dash counts."""
        if self._loose is None:
            parts: list[str] = []
            origin, ends = array("I"), array("I")
            for found in _UNITS.finditer(self.form):
                folded = "-" if found["dashes"] else found[0].casefold()
                parts.append(folded)
                origin.extend([self.origin[found.start()]] * len(folded))
                ends.extend([self.origin[found.end() - 1] + 1] * len(folded))
            self._loose = _Form(self.text, "".join(parts), origin, ends)
        return self._loose

    def is_whole(self, at: int, length: int) -> bool:
        """Return whether a stretch begins and ends between characters of the text.

        "…" is compared as three characters, and one of them is not a place.
        """
        first, end = self.origin[at], at + length
        cut_before = at > 0 and self.origin[at - 1] == first
        return not (
            cut_before or (end < len(self.form) and self.origin[end - 1] == self.origin[end])
        )

    def span(self, at: int, length: int, exact: str) -> Span:
        """Return a stretch as a span of the text, with the white space that was quoted with it."""
        text = self.text
        start, end = self.origin[at], self._end(at + length - 1)
        for _ in takewhile(_is_ignored, exact):
            if start == 0 or not _is_ignored(text[start - 1]):
                break
            start -= 1
        for _ in takewhile(_is_ignored, reversed(exact)):
            if end == len(text) or not _is_ignored(text[end]):
                break
            end += 1
        return Span(start, end)

    def _end(self, at: int) -> int:
        return self.origin[at] + 1 if self._ends is None else self._ends[at]

    def from_units(self, unit: int) -> int | None:
        """Return a UTF-16 offset in code points; None for one inside a character."""
        if self._astral is None:
            self._astral = [at for at, char in enumerate(self.text) if ord(char) > 0xFFFF]
        before = 0
        for at in self._astral:
            if at + before >= unit:
                break
            if at + before + 1 == unit:
                return None
            before += 1
        return unit - before


@lru_cache(maxsize=8)
def _form(text: str) -> _Form:
    parts: list[str] = []
    origin = array("I")
    for found in _PLAIN.finditer(text):
        start, end = found.span()
        if end - start > 1 or "!" <= text[start] <= "~":
            parts.append(found[0].replace("`", "'"))
            origin.extend(range(start, end))
        else:
            folded = _folded(text[start])
            parts.append(folded)
            origin.extend([start] * len(folded))
    return _Form(text, "".join(parts), origin)


@dataclass(frozen=True, slots=True)
class _Search:
    """One quotation that is sought in one form of a text, `fold`ed as that form is."""

    form: _Form
    quotation: ForeignQuotation
    within: Span | None
    fold: Callable[[str], str]

    def run(self) -> list[Span]:
        """Return the places that may be meant."""
        words = self.fold(self.quotation.exact)
        if not words:
            return []
        before = self.fold(self.quotation.prefix[-CONTEXT * SLACK :])[-CONTEXT:]
        after = self.fold(self.quotation.suffix[: CONTEXT * SLACK])[:CONTEXT]
        surrounded = self._surrounded(before, words, after)
        places = surrounded or self._places("", words, "")
        if len(places) > 1:
            positions = self._positions(words)
            if len(positions) == 1 and (positions <= set(places) or not surrounded):
                places = list(positions)
        if len(places) > 1 and len(places) * len(words) <= MOST_COMPARED:
            characters = list(_characters(self.quotation.exact))
            places = [at for at in places if self._could_become(at, characters)] or places
        return [self.form.span(at, len(words), self.quotation.exact) for at in places]

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
        low, high = 0, len(form.form)
        if self.within is not None:
            low = bisect_left(form.origin, self.within.start)
            high = bisect_left(form.origin, self.within.end)
        found: list[int] = []
        at = max(0, low - len(before)) - 1
        for _ in range(min(MOST_PLACES, MOST_WORK // len(sought) + 2)):
            at = form.form.find(sought, at + 1, high + len(after))
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
        for first, last in ((start, end), (form.from_units(start), form.from_units(end))):
            if first is None or last is None or last > len(form.text):
                continue
            at = bisect_left(form.origin, first)
            inside = self.within is None or self.within.start <= first <= last <= self.within.end
            if inside and form.form[at : bisect_left(form.origin, last)] == words:
                found.add(at)
        return found

    def _could_become(self, at: int, quoted: Sequence[tuple[str, str, str]]) -> bool:
        """Return whether a program that simplifies what it copies could have made the quotation.

        It makes typography plainer and drops line feeds; it adds no space and no curly mark.
        """
        form = self.form
        last = min(at + len(quoted), len(form.form)) - 1
        stretch = form.text[form.origin[at] : form.origin[last] + 1]
        for number, ((gap, char, _), (quoted_gap, said, plain)) in enumerate(
            zip(_characters(stretch), quoted, strict=False)
        ):
            if said not in (char, plain):
                return False
            if number and bool(gap) != bool(quoted_gap) and "\n" not in gap:
                return False
        return True


def _bare(text: str) -> str:
    """Return the characters of a text as they are compared."""
    return "".join(map(_folded, unicodedata.normalize("NFC", text)))


def _loose(text: str) -> str:
    return _DASHES.sub("-", _bare(text)).casefold()


@lru_cache(maxsize=4096)
def _folded(char: str) -> str:
    """Return what one character is compared as: nothing for white space and invisibles."""
    if _is_ignored(char):
        return ""
    plain = _ALIKE.get(char) or unicodedata.normalize("NFKC", char)
    return "".join(_ALIKE.get(each, each) for each in plain if not _is_ignored(each))


def _is_ignored(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) == "Cf"


def _characters(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield what is compared: the white space before it, the character itself, and it folded."""
    gap = ""
    for char in unicodedata.normalize("NFC", text):
        folded = _folded(char)
        if not folded and char.isspace():
            gap += char
        for each in folded:
            yield gap, char, each
            gap = ""
