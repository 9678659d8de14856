"""Find what may be a quotation in an essay: block quotations, quoted spans, code, and paragraphs.

Nothing is compared with a document here. A candidate within another one counts only if the outer
one is no quotation; `finder` decides that. Lines that cite a place of a document quote nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from annotator.documents.folding import spaced_words
from annotator.quotations.essay import quotation_marks
from annotator.quotations.essay.prose import Prose
from annotator.quotations.quotation import Budget

Form = Literal["block", "inline", "code", "paragraph", "speaking"]

# The longest that stands between marks and is taken for one quotation, in code points.
LONGEST_INLINE = 20_000
_SOURCE = re.compile(r"\s*(?:[—–]|--|―|\((?=[^()]*\)\s*\Z)|source:)[^\n]{0,200}\Z", re.IGNORECASE)
_LAST_LINE = re.compile(r"\n|(?<=[.!?”\"’])\s+(?=[—–(]|--)")
_TICKS = re.compile(r"(?<![`\w])`([^`]+)`(?![`\w])")  # code in plain text
_ORDER: tuple[Form, ...] = ("block", "paragraph", "speaking", "inline", "code")
BESIDE = 40  # code points before or behind a quotation, in which a place is named for it
LONGEST_CITATION = 200  # code points; what is longer cites no place alone

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


@dataclass(frozen=True, slots=True)
class QuotationCandidate:
    """`text[start:end]` of the prose; `form` says why it looks like a quotation.

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
    closed, doubtful = quotation_marks.spans(prose, budget or Budget())
    short = [span for span in closed if span[1] - span[0] <= LONGEST_INLINE]
    ticked = (match.span(1) for match in _TICKS.finditer(prose.text))
    code = ((start, min(end, start + LONGEST_INLINE)) for start, end in (*prose.code, *ticked))
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
    return QuotationCandidate(*quotation_marks.strip(prose.text, start, end), form)


def _paragraphs(prose: Prose, marked: Sequence[int]) -> Iterator[QuotationCandidate]:
    """Yield each other paragraph; `marked` are the offsets of quotations, in order."""
    for block in prose.blocks:
        begins = prose.text[block.start]
        if not block.quote and block.kind != "heading" and begins not in quotation_marks.OPENING:
            start, end = quotation_marks.strip(prose.text, block.start, block.end)
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
    if len(line) > LONGEST_CITATION:
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
        return end - start <= LONGEST_CITATION
    return False


def title_in(words: str) -> str:
    """Return the words of a citation, folded, without its signs and places."""
    bare, _ = _without_locators(words)
    sign = _LEAD.match(bare)
    return spaced_words(bare[sign.end() :] if sign else bare)
