"""What stands between quotation marks: curly, straight, nested, and those of other languages.

A mark is read by what stands beside it. A straight one opens behind white space and closes behind a
word; an apostrophe has letters on both sides. What is not closed by the end of its paragraph is no
quotation, unless the next paragraph begins with the same opening mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from annotator.documents.folding import UNSPACED
from annotator.quotations.essay.prose import Prose, ProseBlock
from annotator.quotations.quotation import Budget

_UNSPACED = re.compile(f"[{UNSPACED}]")
# Deeper nesting is a row of marks, not prose; the outermost are forgotten.
DEEPEST = 8
OPENING = frozenset("“„‟«»‹‘‚‛\"'「『《〈｢﹁〝")
_MARK = re.compile(r"``|''|,,|<<|>>|[“”„‟«»‹›‘’‚‛\"＂'「」『』《》〈〉｢｣﹁﹂﹃﹄〝〞〟״]")
_CLOSES = {
    "“": "”", "„": "”", "‟": "”", "‘": "’", "‚": "’", "‛": "’", "「": "」", "『": "』", "《": "》",
    "〈": "〉", "｢": "｣", "﹁": "﹂", "﹃": "﹄", "〝": "〞",
}  # fmt: skip
_ENDS = frozenset("」』》〉｣﹂﹄〞")
_ANGLES = {"«": "»", "»": "«", "‹": "›", "›": "‹"}
# What is typed for a mark: by keyboards that lack it, in TeX, in wide letters.
_TYPED = {"＂": '"', "״": '"', "''": '"', "``": "“", ",,": "„", "<<": "«", ">>": "»", "〟": "〞"}
_DOUBLE, _SINGLE = frozenset('“”„‟«»"'), frozenset("‘‚‛‹›")
_BEFORE_SINGLE = frozenset(" \t\n\r\xa0\u2009\u202f([{—–-/>:“‘«„‚»\"'¿¡…（［【〔：，、。；！？*_|")
# How far a plural's apostrophe is told from a closing mark by looking for one that comes later.
_AHEAD = 600
_SINGLE_AHEAD = {"’": re.compile(r"‘|’(?!\w)"), "'": re.compile(r"(?<=\s)'(?=\w)|'(?!\w)")}


@dataclass(slots=True)
class _Open:
    """A mark that is open, and behind it the first character that it quotes.

    `again` is where a later paragraph opened it again, `last` where a mark within it closed last.
    """

    mark: str
    start: int
    again: int | None = None
    last: int = 0


Span = tuple[int, int]


def spans(prose: Prose, budget: Budget) -> tuple[list[Span], list[Span]]:
    """Return the spans of `prose.text` between marks, without the marks, outer ones first.

    The second list is of doubtful ones: their mark is not closed, but one within them is, which may
    be meant to close both. Raises Unacceptable where the `budget` is used up.
    """
    reader = _MarkReader(prose.text, budget)
    found = list(prose.marked)
    for block, after in pairwise([*prose.blocks, None]):
        budget.check()
        found += reader.block(block, after) if block is not None else ()
    return sorted(set(found), key=lambda span: (span[0], -span[1])), reader.doubtful


class _MarkReader:
    def __init__(self, text: str, budget: Budget) -> None:
        self._text, self._budget = text, budget
        self._open: list[_Open] = []
        self.doubtful: list[Span] = []

    def block(self, block: ProseBlock, after: ProseBlock | None) -> Iterator[Span]:
        """Return the spans that are closed in one block."""
        if block.kind == "code":
            self._open.clear()
            return
        start = block.start
        if self._open and self._text.startswith(self._open[-1].mark, start):
            start += 1
            self._open[-1].again = start
        for match in _MARK.finditer(self._text, start, block.end):
            self._budget.check()
            yield from self._take(match, block)
        # Forget what is open, but for what the next paragraph goes on with.
        first = self._text[after.start] if after is not None else ""
        goes_on = [it for it in self._open if it.mark in '“„«"' and it.mark == first]
        dropped = [it for it in self._open if it not in goes_on[-1:]]
        self.doubtful += [(it.start, it.last) for it in dropped if it.last > it.start]
        self._open = goes_on[-1:]

    def _take(self, match: re.Match[str], block: ProseBlock) -> Iterator[Span]:
        at, mark = match.start(), _TYPED.get(match.group(), match.group())
        before = self._text[at - 1] if at > block.start else " "
        after = self._text[match.end()] if match.end() < block.end else " "
        opened = self._closed_by(mark, before, after, at, block.end)
        if opened is not None:
            del self._open[self._open.index(opened) :]
            if opened.again is not None and opened.again < at:
                yield opened.again, at
            if opened.start < at:
                yield opened.start, at
            for outer in self._open:
                outer.last = at
            return
        opens = mark in _CLOSES or mark in "«‹"
        if not opens and not after.isspace() and mark not in _ENDS:
            opens = before in _BEFORE_SINGLE or (mark == '"' and not _is_word(before))
        if opens:
            self._open = [it for it in self._open if it.mark != mark or mark != "'"]
            self._open = [*self._open[-DEEPEST + 1 :], _Open(mark, match.end())]

    def _closed_by(self, mark: str, before: str, after: str, at: int, end: int) -> _Open | None:
        """Return the open mark that this one closes, if it closes one."""
        behind = not before.isspace() and not _is_word(after)
        for opened in reversed(self._open):
            if _fits(opened.mark, mark, behind=behind, apart=before.isspace() and _is_word(after)):
                if mark in "’'" and self._is_apostrophe(mark, before, after, at, end):
                    return None
                return opened
        kind = _DOUBLE if mark in _DOUBLE else _SINGLE if mark in _SINGLE else frozenset[str]()
        # Any mark behind a word may close one of its kind, as the same mark twice does.
        alike = (it for it in reversed(self._open) if behind and it.mark in kind)
        return next(alike, None)

    def _is_apostrophe(self, mark: str, before: str, after: str, at: int, end: int) -> bool:
        """Return whether a mark is a plural's apostrophe, as in ‘the operators’ wishes’."""
        if before != "s" or after != " ":
            return False
        text = self._text
        later = _SINGLE_AHEAD[mark].search(text, at + 1, min(end, at + _AHEAD))
        if later is None or later.group() != mark:
            return False
        opens = text[later.start() - 1].isspace() and text[later.end() : later.end() + 1].isalnum()
        return not opens


def _fits(opened: str, mark: str, *, behind: bool, apart: bool) -> bool:
    """Return whether a mark closes another one, as languages have it.

    It stands `behind` a word, or `apart` before one.
    """
    if opened in _ANGLES:
        return mark == _ANGLES[opened]
    if mark == '"':
        return opened in '"“„' and behind
    if mark == "'":
        return opened in "'‘" and behind
    if mark == "“":
        return opened == "„" and not apart
    if mark == "‘":
        return opened == "‚" and not apart
    if mark == "’":
        return opened in "‘‚‛'’" and behind
    if mark == "”":
        return opened in '“„‟”"'
    return _CLOSES.get(opened) == mark


def _is_word(character: str) -> bool:
    """Return whether it is a letter or digit of a script with spaces between words."""
    return character.isalnum() and not _UNSPACED.match(character)


def strip(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span without marks that enclose all of it, and without white space at its ends."""
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    pairs: Sequence[str] = ("“”", '""', "„“", "«»", "‘’")
    for pair in pairs:
        enclosed = text[start] == pair[0] and text[end - 1] == pair[1] if start < end - 1 else False
        if enclosed and not any(mark in text[start + 1 : end - 1] for mark in pair):
            return start + 1, end - 1
    return start, end
