"""Lines of an essay that cite a place of a document and quote nothing of it."""

from __future__ import annotations

import re

from annotator.documents.folding import spaced_words

BESIDE = 40  # code points before or behind a quotation, in which a place is named for it
LONGEST = 200  # code points; what is longer cites no place alone

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


def is_locator(line: str) -> bool:
    """Return whether a line names a place, such as "Charter, line 59:", and says nothing else."""
    if len(line) > LONGEST:
        return False
    rest, places = _without_locators(line)
    signed = line.lstrip("*_ ").startswith("§")
    return len(_WORD.findall(rest)) <= (12 if signed else 4 if places else -1)


def is_located(text: str, start: int, end: int) -> bool:
    """Return whether a number of a line, a page, a section stands at once before or behind words.

    `text[start:end]` is what stands between the marks.
    """
    behind = text[end : end + BESIDE]
    before = text[max(start - BESIDE, 0) : start]
    return any(
        _DIGIT.search(around) and pattern.search(around)
        for pattern, around in ((_START, behind), (_BEFORE, before))
    )


def _without_locators(words: str) -> tuple[str, int]:
    """Return words without the places that they name, and how many those were."""
    return _LOCATOR.subn(" ", words) if _DIGIT.search(words) else (words, 0)


def has_sign(text: str, start: int, end: int) -> bool:
    """Return whether a sign of a section stands before `text[start:end]`, or a place in it."""
    if _HINT.search(text, start, end) or _SIGNED.search(text, max(start - 20, 0), start):
        return end - start <= LONGEST
    return False


def title_in(words: str) -> str:
    """Return the words of a citation, folded, without its signs and places."""
    bare, _ = _without_locators(words)
    sign = _LEAD.match(bare)
    return spaced_words(bare[sign.end() :] if sign else bare)
