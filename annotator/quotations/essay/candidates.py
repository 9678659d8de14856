"""Find what may be a quotation in an essay: block quotations, quoted spans, code, and paragraphs.

Nothing is compared with a document here. A candidate within another one counts only if the outer
one is not a quotation; `finder` decides that. Lines that only cite a place are not quotations.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Literal

from annotator.documents.folding import UNSPACED, spaced_words
from annotator.quotations.essay.essay_reader import Prose, ProseBlock
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
# The marks that these close after a word.
_CLOSED_BEHIND = {'"': '"“„', "'": "'‘", "’": "‘‚‛'’"}
_ENDS = frozenset("」』》〉｣﹂﹄〞")
_ANGLES = {"«": "»", "»": "«", "‹": "›", "›": "‹"}
# Substitutes for quotation marks: on keyboards without them, in TeX, in fullwidth forms.
_TYPED = {"＂": '"', "״": '"', "''": '"', "``": "“", ",,": "„", "<<": "«", ">>": "»", "〟": "〞"}
_DOUBLE, _SINGLE = frozenset('“”„‟«»"'), frozenset("‘‚‛‹›")
_BEFORE_SINGLE = frozenset(" \t\n\r\xa0\u2009\u202f([{—–-/>:“‘«„‚»\"'¿¡…（［【〔：，、。；！？*_|")
# How far ahead to look for a closing mark, to recognize the apostrophe of a plural.
_AHEAD = 600
_SINGLE_AHEAD = {"’": re.compile(r"‘|’(?!\w)"), "'": re.compile(r"(?<=\s)'(?=\w)|'(?!\w)")}
Span = tuple[int, int]
Form = Literal["block", "inline", "code", "paragraph", "speaking"]
# The maximum length of a quotation between marks, in code points.
MAX_INLINE = 20_000
_SOURCE = re.compile(r"\s*(?:[—–]|--|―|\((?=[^()]*\)\s*\Z)|source:)[^\n]{0,200}\Z", re.IGNORECASE)
_LAST_LINE = re.compile(r"\n|(?<=[.!?”\"’])\s+(?=[—–(]|--)")
_TICKS = re.compile(r"(?<![`\w])`([^`]+)`(?![`\w])")  # code in plain text
_ORDER: tuple[Form, ...] = ("block", "paragraph", "speaking", "inline", "code")
BESIDE = 40  # code points before or after a quotation within which a named place refers to it
MAX_CITATION = 200  # code points; longer text is not just a citation
_NUMBERS = r"(?:L\s?)?\d[\d.]*(?:\s?[-–—]\s?(?:L\s?)?\d[\d.]*)?"
_SIGN = (
    r"(?:§+|¶+|\b(?:lines?|ll?|pages?|pp?|sections?|secs?|chapters?|ch|articles?|art|par(?:a|agraph)?s?"
    r"|zeilen?|seiten?|abschnitte?|abs|kapitel|lignes?|articolo|líneas?|sección|rad|avsnitt)\b\.?"
    r"|\b(?:[A-Z]\s?:\s?)?L(?=\s?\d)|第|行)"
)
# A number behind a sign, also in brackets: § 3, line 59, （C:L45）.
_LOCATOR = re.compile(
    rf"[\[(（【]?\s*{_SIGN}[\s:]*{_NUMBERS}\s*[章節节条條行頁页]?\s*[\])）】]?", re.IGNORECASE
)
_LEAD = re.compile(
    r"\W{0,4}(?:§+|¶+|\b(?:section|abschnitt|kapitel|sección)\b)\W{0,4}", re.IGNORECASE
)
_SIGNED = re.compile(rf"{_LEAD.pattern}\Z", re.IGNORECASE)
_BEFORE = re.compile(rf"{_LOCATOR.pattern}\W{{0,6}}\Z", re.IGNORECASE)
_START = re.compile(rf"\A\W{{0,6}}?{_LOCATOR.pattern}", re.IGNORECASE)
_HINT = re.compile(r"[§¶\d]|\b(?:section|abschnitt|kapitel|sección)\b", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(slots=True)
class _Open:
    """An open mark, and the offset of the first character that it quotes.

    `again` is where a later paragraph reopened it, `last` where a mark within it last closed.
    """

    mark: str
    start: int
    again: int | None = None
    last: int = 0


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
        # Discard open marks, except those that the next paragraph continues.
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


@dataclass(frozen=True, slots=True)
class QuotationCandidate:
    """`text[start:end]` of the prose; `form` is why it looks like a quotation.

    It is a `block` quotation, is `inline` between quotation marks, or is set as `code`; or it is
    merely a `paragraph`, or one that contains quotations (`speaking`), and may be the document's
    own.
    """

    start: int
    end: int
    form: Form


def candidates(prose: Prose, budget: Budget | None = None) -> list[QuotationCandidate]:
    """Return all candidates in the order of the essay, the outer before the inner.

    Raises Unacceptable when the `budget` is used up.
    """
    closed, doubtful = spans(prose, budget or Budget())
    short = [span for span in closed if span[1] - span[0] <= MAX_INLINE]
    ticked = (match.span(1) for match in _TICKS.finditer(prose.text))
    code = ((start, min(end, start + MAX_INLINE)) for start, end in (*prose.code, *ticked))
    everything = [
        *_set_off(prose),
        *(QuotationCandidate(*span, "inline") for span in short),
        *(_candidate(prose, *span, "code") for span in code),
        *(QuotationCandidate(*span, "speaking") for span in doubtful),
        *_paragraphs(prose, [start for start, _ in short]),
    ]
    return sorted(everything, key=lambda each: (each.start, -each.end, _ORDER.index(each.form)))


def _set_off(prose: Prose) -> Iterator[QuotationCandidate]:
    """Yield each block quotation, and each of its paragraphs if it has several."""
    for number, run in groupby(prose.blocks, key=lambda block: block.quote):
        blocks = list(run)
        if not number:
            continue
        if len(blocks) > 1 and _SOURCE.match(prose.text, blocks[-1].start, blocks[-1].end):
            blocks.pop()
        if len(blocks) > 1 and is_locator(prose.text[blocks[0].start : blocks[0].end]):
            blocks.pop(0)
        yield _candidate(prose, blocks[0].start, blocks[-1].end, "block")
        if len(blocks) > 1:
            for block in blocks:
                yield _candidate(prose, block.start, block.end, "block")


def _candidate(prose: Prose, start: int, end: int, form: Form) -> QuotationCandidate:
    return QuotationCandidate(*strip(prose.text, start, end), form)


def _paragraphs(prose: Prose, marked: Sequence[int]) -> Iterator[QuotationCandidate]:
    """Yield each other paragraph; `marked` are the offsets of quotations, in order."""
    for block in prose.blocks:
        begins = prose.text[block.start]
        if not block.quote and block.kind != "heading" and begins not in OPENING:
            start, end = strip(prose.text, block.start, block.end)
            speaks = bisect_left(marked, start) < bisect_left(marked, end)
            yield QuotationCandidate(start, end, "speaking" if speaks else "paragraph")


def without_source(prose: Prose, candidate: QuotationCandidate) -> QuotationCandidate:
    """Return a block quotation without a first or last line that names its source."""
    text, start, end = prose.text, candidate.start, candidate.end
    first = text.find("\n", start, end)
    if first > start and is_locator(text[start:first]):
        start = first
    for cut in reversed(list(_LAST_LINE.finditer(text, start, end))[-3:]):
        if _SOURCE.match(text, cut.start(), end):
            end = cut.start()
            break
    if (start, end) == (candidate.start, candidate.end):
        return candidate
    return _candidate(prose, start, end, candidate.form)


def is_locator(line: str) -> bool:
    """Return whether a line only names a place, such as "Charter, line 59:"."""
    if len(line) > MAX_CITATION:
        return False
    rest, places = _without_locators(line)
    signed = line.lstrip("*_ ").startswith("§")
    return len(_WORD.findall(rest)) <= (12 if signed else 4 if places else -1)


def is_located(text: str, start: int, end: int) -> bool:
    """Return whether the number of a line, page or section is directly before or after a quotation.

    `text[start:end]` is what is between the quotation marks.
    """
    behind = text[end : end + BESIDE]
    before = text[max(start - BESIDE, 0) : start]
    return any(
        _DIGIT.search(around) and pattern.search(around)
        for pattern, around in ((_START, behind), (_BEFORE, before))
    )


def _without_locators(words: str) -> tuple[str, int]:
    """Return the words without the places that they name, and the number of those places."""
    return _LOCATOR.subn(" ", words) if _DIGIT.search(words) else (words, 0)


def has_sign(text: str, start: int, end: int) -> bool:
    """Return whether `text[start:end]` has a section sign before it, or names a place."""
    if _HINT.search(text, start, end) or _SIGNED.search(text, max(start - 20, 0), start):
        return end - start <= MAX_CITATION
    return False


def title_in(words: str) -> str:
    """Return the words of a citation, folded, without its signs and places."""
    bare, _ = _without_locators(words)
    sign = _LEAD.match(bare)
    return spaced_words(bare[sign.end() :] if sign else bare)
