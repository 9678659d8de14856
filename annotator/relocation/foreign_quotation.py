"""Find a quotation from another program, another page or a person in a text. Pure.

As in the Web Annotation Data Model, a quotation has `exact` words and may have a context and a
position. Other programs write the same words differently: straight quotation marks for curly ones,
white space collapsed or missing between blocks, invisible characters. So words are compared in the
"copied" mode of `folding`, then in its "loose" mode. Context and position distinguish several
occurrences; if they cannot, all candidates are returned. Offsets count code points, end exclusive.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile

from annotator.documents.folding import COMPATIBLE, FoldedText, Mode, fold_words, folded
from annotator.documents.parsed import Stretch

CONTEXT = 32  # characters compared on each side
MIN_ONE_SIDED = 4  # characters a quotation needs to be found by one side of its context
MAX_OCCURRENCES = 2_000  # occurrences examined
MAX_SEARCHED = 5_000_000  # characters compared to find them; only a contrived text needs more
MAX_COMPARED = 100_000  # characters, of all candidates together
MAX_CANDIDATES = 20
CONTEXT_SLACK = 10  # characters of a context read for each one compared

_folded = lru_cache(maxsize=16)(folded)  # several editions, each in two modes
_MODES: tuple[Mode, ...] = ("copied", "loose")


@dataclass(frozen=True, slots=True)
class Span:
    """A range of the canonical text."""

    start: int
    end: int


def context(text: str, span: Stretch) -> tuple[str, str]:
    """Return up to CONTEXT characters before `span`, and as many after it."""
    before = text[max(0, span.start - CONTEXT) : span.start]
    return before, text[span.end : span.end + CONTEXT]


@dataclass(frozen=True, slots=True)
class ForeignQuotation:
    """Words with their context and their position, in code points or UTF-16 units."""

    exact: str
    prefix: str = ""
    suffix: str = ""
    start: int | None = None
    end: int | None = None


def find(text: str, quotation: ForeignQuotation, within: Stretch | None = None) -> list[Span]:
    """Return the candidates for a quotation in a canonical text, or in a part of it.

    A single span is a certain match. Several are equally likely, at most MAX_CANDIDATES of them.
    """
    for mode in _MODES:
        if spans := _Search(text, _folded(text, mode), quotation, within).run(mode):
            return spans[:MAX_CANDIDATES]
    return []


def find_one(text: str, quotation: ForeignQuotation, within: Stretch | None = None) -> Span | None:
    """Return the only candidate for a quotation; None if there are none or several."""
    spans = find(text, quotation, within)
    return spans[0] if len(spans) == 1 else None


def same_words(text: str, quoted: str) -> bool:
    """Return whether two texts differ only in typography, white space and invisible characters."""
    return text == quoted or fold_words(text, "copied") == fold_words(quoted, "copied")


@dataclass(frozen=True, slots=True)
class _Search:
    """A search for one quotation in a text folded in one mode."""

    text: str
    form: FoldedText
    quotation: ForeignQuotation
    within: Stretch | None

    def run(self, mode: Mode) -> list[Span]:
        """Return all candidates, in order."""
        words = fold_words(self.quotation.exact, mode)
        if not words:
            return []
        before = fold_words(self.quotation.prefix[-CONTEXT * CONTEXT_SLACK :], mode)[-CONTEXT:]
        after = fold_words(self.quotation.suffix[: CONTEXT * CONTEXT_SLACK], mode)[:CONTEXT]
        in_context = self._in_context(before, words, after)
        starts = in_context or self._occurrences("", words, "")
        if len(starts) > 1:
            positions = self._at_position(words)
            if len(positions) == 1 and (positions <= set(starts) or not in_context):
                starts = list(positions)
        if len(starts) > 1 and len(starts) * len(words) <= MAX_COMPARED:
            characters = list(_characters(self.quotation.exact))
            starts = [at for at in starts if self._could_be_copied(at, characters)] or starts
        return [self._span(at, len(words)) for at in starts]

    def _in_context(self, before: str, words: str, after: str) -> list[int]:
        """Return the occurrences within the context, or next to one side of it.

        Another page may have its own words on the other side. One side is enough if the words
        occur next to it once, and never next to the other.
        """
        matches = self._occurrences(before, words, after) if before or after else []
        if matches or not before or not after or len(words) < MIN_ONE_SIDED:
            return matches
        one_sided = self._occurrences(before, words, "") + self._occurrences("", words, after)
        return one_sided if len(one_sided) == 1 else []

    def _occurrences(self, before: str, words: str, after: str) -> list[int]:
        """Return where the words occur between `before` and `after`.

        If the search stops early, a single occurrence is not returned: it may not be the only one.
        """
        form, pattern = self.form, before + words + after
        low, high = 0, len(form.text)
        if self.within is not None:
            low = bisect_left(form.starts, self.within.start)
            high = bisect_left(form.starts, self.within.end)
        starts: list[int] = []
        at = max(0, low - len(before)) - 1
        for _ in range(min(MAX_OCCURRENCES, MAX_SEARCHED // len(pattern) + 2)):
            at = form.text.find(pattern, at + 1, high + len(after))
            if at < 0:
                return starts
            if form.is_whole(at + len(before), len(words)):
                starts.append(at + len(before))
        return starts if len(starts) > 1 else []

    def _at_position(self, words: str) -> set[int]:
        """Return the span of the words at the quotation's position, in either unit."""
        form, start, end = self.form, self.quotation.start, self.quotation.end
        if start is None or end is None or not 0 <= start < end:
            return set()
        matches = set()
        from_utf16 = tuple(_code_points(self.text, unit) for unit in (start, end))
        for first, last in ((start, end), from_utf16):
            if first is None or last is None or last > len(self.text):
                continue
            at = bisect_left(form.starts, first)
            inside = self.within is None or self.within.start <= first <= last <= self.within.end
            if inside and form.text[at : bisect_left(form.starts, last)] == words:
                matches.add(at)
        return matches

    def _span(self, at: int, length: int) -> Span:
        """Return an occurrence as a span of the text, with the white space that was quoted too."""
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

    def _could_be_copied(self, at: int, quoted: Sequence[tuple[str, str, str]]) -> bool:
        """Return whether a program could have copied the quotation from an occurrence.

        Programs simplify typography and drop line feeds; they add no spaces or curly quotes.
        """
        form = self.form
        last = min(at + len(quoted), len(form.text)) - 1
        occurrence = self.text[form.starts[at] : form.starts[last] + 1]
        for number, ((gap, char, _), (quoted_gap, quoted_char, plain)) in enumerate(
            zip(_characters(occurrence), quoted, strict=False)
        ):
            if quoted_char not in (char, plain):
                return False
            if number and bool(gap) != bool(quoted_gap) and "\n" not in gap:
                return False
        return True


def _code_points(text: str, unit: int) -> int | None:
    """Convert a UTF-16 offset to code points; return None within a character or past the end."""
    units = text.encode("utf-16-le", "surrogatepass")
    try:
        return len(units[: 2 * unit].decode("utf-16-le")) if 2 * unit <= len(units) else None
    except UnicodeDecodeError:
        return None


def _is_ignored(char: str) -> bool:
    return not char.translate(COMPATIBLE).strip()


def _characters(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield (white space before it, original character, folded character) for each character."""
    gap = ""
    for char in unicodedata.normalize("NFC", text):
        folded_char = "".join(char.translate(COMPATIBLE).split())
        if not folded_char and char.isspace():
            gap += char
        for compared_char in folded_char:
            yield gap, char, compared_char
            gap = ""
