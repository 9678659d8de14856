"""The single definition of the canonical text: white space, NFC, and the mapping of offsets.

Readers collect a block's inline pieces in `words.BlockWords` and never fold or normalise anything
themselves. Offsets count Unicode code points, end exclusive. Blocks and provisions are defined
elsewhere.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from annotator.documents.origins import Origins, Run, joined

BLOCK_SEPARATOR = "\n"

# Unicode's White_Space property. Python's `\s` would also take U+001C to U+001F.
_SPACE = "\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_RUN = re.compile(f"[{_SPACE}]+")
_OTHER_SPACE = re.compile(f"[{_SPACE.replace(' ', '')}]")
_UNFOLDED = re.compile(r" {2,}|\A | \Z")
# A line that is broken between two of these was broken for its length: they need no space.
_WIDE = (
    "\u2e80-\u2fff\u3001-\u3029\u3030-\u3098\u309b-\u312f\u3190-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\ufe30-\ufe4f\uff01-\uff60"
)
_JOINED = re.compile(f"(?<=[{_WIDE}])\n[{_SPACE}]*(?=[{_WIDE}])")
_LEADING = re.compile(f"[{_SPACE}]*")
_SPACES = "".join(chr(code) for code in range(0x3001) if _RUN.match(chr(code)))
_CODE_LINES = re.compile("\r\n?|[^\r]+")
_WORD = re.compile(r"[^ \n]+")

# The start and end of a piece of the raw text, and its form in the canonical text.
Piece = tuple[int, int, str]


def fold(text: str) -> str:
    """Return the canonical form of one block's `text`: NFC, white space folded, trimmed."""
    return _nfc(_RUN.sub(" ", _JOINED.sub("", text))).strip(" ")


class CanonicalForm:
    """The canonical form of a raw text, with a mapping of its offsets.

    The raw text is cut into pieces that are either unchanged, one offset for one, or changed as a
    whole (a run of white space, letters that compose). An offset inside a changed piece maps to the
    piece's end; so order is kept, and marks that nest or are disjoint stay so.

    Of a code block only the ends are trimmed; its first line with words keeps its indentation.
    """

    def __init__(self, raw: str, *, code: bool = False) -> None:
        self._raw = raw if code else _OTHER_SPACE.sub(" ", raw)
        self._pieces = list(_code_pieces(raw) if code else _pieces(raw, self._raw))
        self._raw_starts = [start for start, _, _ in self._pieces]
        self._out_starts = [0, *accumulate(len(text) for _, _, text in self._pieces)]
        self.text = "".join(text for _, _, text in self._pieces)

    def origins(self, runs: Sequence[Run]) -> tuple[Run, ...]:
        """Return the origins of the canonical form, given the `runs` of the raw text."""
        if self.text == self._raw:
            return tuple(joined(runs))
        raw, text_runs = Origins(runs), list[Run]()
        for start, end, text in self._pieces:
            if text == self._raw[start:end]:
                text_runs += raw.within(start, end)
            else:
                text_runs.append((len(text), *raw.source(start, end)))
        return tuple(joined(text_runs))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the canonical span of a raw one without white space at its ends; may be empty."""
        first, last = self._offset(start), self._offset(end)
        while first < last and self.text[first] == " ":
            first += 1
        while first < last and self.text[last - 1] == " ":
            last -= 1
        return first, last

    def space(self, raw_offset: int) -> tuple[int, int]:
        """Return the span of the space for the run of white space around the offset, if any."""
        index = bisect_right(self._raw_starts, raw_offset) - 1
        if self._is_same(index):
            return self._offset(raw_offset), self._offset(raw_offset + 1)
        return self._out_starts[index], self._out_starts[index + 1]

    def _is_same(self, index: int) -> bool:
        start, end, text = self._pieces[index]
        return text == self._raw[start:end]

    def _offset(self, raw_offset: int) -> int:
        index = bisect_right(self._raw_starts, raw_offset) - 1
        if index < 0:
            return 0
        beyond, out_end = raw_offset - self._raw_starts[index], self._out_starts[index + 1]
        if beyond == 0:
            return self._out_starts[index]
        return min(self._out_starts[index] + beyond, out_end) if self._is_same(index) else out_end


def _pieces(raw: str, spaced: str) -> Iterator[Piece]:
    """Yield the pieces in order, without gaps; `spaced` has spaces for white space."""
    changed = {run.span(): " " for run in _UNFOLDED.finditer(spaced)}
    if not raw.isascii():
        changed |= {run.span(): "" for run in _JOINED.finditer(raw)}
    at = 0
    for (start, end), text in sorted(changed.items()) if changed else ():
        yield from _composed(spaced, at, start)
        yield start, end, "" if start == 0 or end == len(raw) else text
        at = end
    yield from _composed(spaced, at, len(raw))


def _code_pieces(raw: str) -> Iterator[Piece]:
    """Yield the pieces of a code block without its blank edges."""
    end = len(raw.rstrip(_SPACES))
    leading = _LEADING.match(raw, 0, end)
    blank = leading.end() if leading else 0
    start = max(raw.rfind("\n", 0, blank), raw.rfind("\r", 0, blank)) + 1
    for lines in _CODE_LINES.finditer(raw, start, end):
        if lines[0][0] == "\r":
            yield *lines.span(), "\n"
        else:
            yield from _composed(raw, *lines.span())


def _composed(raw: str, start: int, end: int) -> Iterator[Piece]:
    """Yield `raw[start:end]` in pieces that normalize independently: letters with accents."""
    words = raw[start:end]
    if words.isascii() or unicodedata.is_normalized("NFC", words):
        if words:
            yield start, end, words
        return
    same = start
    for word in _WORD.finditer(raw, start, end):
        if unicodedata.is_normalized("NFC", word[0]):
            continue
        first = word.start()
        yield same, first, raw[same:first]
        for place in range(first + 1, word.end()):
            if unicodedata.combining(raw[place]):
                continue
            before, after = raw[first:place], raw[place]
            if _nfc(before + after) == _nfc(before) + _nfc(after):
                yield first, place, _nfc(before)
                first = place
        yield first, word.end(), _nfc(raw[first : word.end()])
        same = word.end()
    if same < end:
        yield same, end, raw[same:end]


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
