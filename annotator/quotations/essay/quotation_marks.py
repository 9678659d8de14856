"""Find the spans between quotation marks: curly, straight, nested, and of other languages.

The characters around a mark decide how it is read. A straight one opens after white space and
closes after a word; an apostrophe has letters on both sides. A span that is not closed by the end
of its paragraph is no quotation, unless the next paragraph begins with the same opening mark.
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
# What these close where they are behind a word.
_CLOSED_BEHIND = {'"': '"“„', "'": "'‘", "’": "‘‚‛'’"}
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
    """An open mark, and the offset of the first character that it quotes.

    `again` is where a later paragraph opened it again, `last` where a mark within it closed last.
    """

    mark: str
    start: int
    again: int | None = None
    last: int = 0


Span = tuple[int, int]


def spans(prose: Prose, budget: Budget) -> tuple[list[Span], list[Span]]:
    """Return the spans of `prose.text` between marks, without the marks, outer ones first.

    The second list has doubtful spans: their mark is not closed, but one within them is, which may
    be meant to close both. Raises Unacceptable when the `budget` is used up.
    """
    reader = _MarkReader(prose.text, budget)
    marked = list(prose.marked)
    for block, after in pairwise([*prose.blocks, None]):
        budget.check()
        marked += reader.block(block, after) if block is not None else ()
    return sorted(set(marked), key=lambda span: (span[0], -span[1])), reader.doubtful


class _MarkReader:
    def __init__(self, text: str, budget: Budget) -> None:
        self._text, self._budget = text, budget
        self._open: list[_Open] = []
        self.doubtful: list[Span] = []

    def block(self, block: ProseBlock, after: ProseBlock | None) -> Iterator[Span]:
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
        goes_on = [
            opening for opening in self._open if opening.mark in '“„«"' and opening.mark == first
        ]
        dropped = [opening for opening in self._open if opening not in goes_on[-1:]]
        self.doubtful += [
            (opening.start, opening.last) for opening in dropped if opening.last > opening.start
        ]
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
            self._open = [opening for opening in self._open if opening.mark != mark or mark != "'"]
            self._open = [*self._open[-DEEPEST + 1 :], _Open(mark, match.end())]

    def _closed_by(self, mark: str, before: str, after: str, at: int, end: int) -> _Open | None:
        """Return the open mark that this one closes, if any."""
        behind = not before.isspace() and not _is_word(after)
        for opened in reversed(self._open):
            if _fits(opened.mark, mark, behind=behind, apart=before.isspace() and _is_word(after)):
                plural = mark in "’'" and before == "s" and after == " "
                return None if plural and self._is_apostrophe(mark, at, end) else opened
        kind = _DOUBLE if mark in _DOUBLE else _SINGLE if mark in _SINGLE else frozenset[str]()
        # Any mark behind a word may close one of its kind, as the same mark twice does.
        alike = (opening for opening in reversed(self._open) if behind and opening.mark in kind)
        return next(alike, None)

    def _is_apostrophe(self, mark: str, at: int, end: int) -> bool:
        """Return whether a mark is a plural's apostrophe, as in ‘the operators’ wishes’."""
        text = self._text
        later = _SINGLE_AHEAD[mark].search(text, at + 1, min(end, at + _AHEAD))
        if later is None or later.group() != mark:
            return False
        following = text[later.end() : later.end() + 1]
        return not (text[later.start() - 1].isspace() and following.isalnum())


def _fits(opened: str, mark: str, *, behind: bool, apart: bool) -> bool:
    """Return whether a mark closes an open one in some language.

    It is `behind` a word, or `apart` before one.
    """
    if opened in _ANGLES:
        return mark == _ANGLES[opened]
    if mark in _CLOSED_BEHIND:
        return opened in _CLOSED_BEHIND[mark] and behind
    if mark in "“‘":
        return opened == ("„" if mark == "“" else "‚") and not apart
    return opened in '“„‟”"' if mark == "”" else _CLOSES.get(opened) == mark


def _is_word(character: str) -> bool:
    """Return whether a character is a letter or digit of a script with spaces between words."""
    return character.isalnum() and not _UNSPACED.match(character)


def strip(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span without white space at its ends and without marks that enclose all of it."""
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
