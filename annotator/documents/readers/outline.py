"""Recognise the numbered headings of a plain text: `2.1. Terms`, `Article 3`, `§ 12`.

A single numbered line may be a list item. Numbered lines are headings if their numbers are
consecutive, as in an outline, and there is text between them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence

MAX_TITLE = 100
MIN_ITEMS = 2

_DECIMAL = re.compile(r"(?P<number>\d{1,3}(?:\.\d{1,3})*)(?P<stop>\.?)[ \t]+(?P<title>\S.*)")
_NAMED = re.compile(
    r"(?P<name>§+|[^\W\d_]{2,15}\.?)[ \t]*"
    r"(?P<number>\d{1,4}|[IVXLC]{1,7}|premier|unique)(?P<letter>(?:er|re|[a-z])?)"
    r"(?:[.:)]|(?=\s)|\Z)[ \t]*(?P<title>.*)"
)
# Parts appended to a law or a standard are on the level of its top sections.
_APPENDED = frozenset({"annex", "annexe", "anexo", "anhang", "anlage", "appendix", "schedule"})
_APPENDIX = re.compile(
    r"(?:Appendix[ \t]+)?(?P<number>[A-Z](?:\.\d{1,3})*)\.?[ \t]+(?P<title>\S.*)"
)
_LETTERED = 1000
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}

Number = tuple[int, ...]


def numbered_headings(blocks: Sequence[Sequence[str]]) -> dict[int, int]:
    """Return the level, from 1, of each block that begins with a numbered heading."""
    decimal = _decimal_headings(blocks)
    named = _named_headings(blocks)
    names = list(dict.fromkeys(name for name, _ in named.values() if name not in _APPENDED))
    return {at: len(number) + len(names) for at, number in decimal.items()} | {
        at: 1 if name in _APPENDED else names.index(name) + 1 for at, (name, _) in named.items()
    }


def title_after_number(line: str) -> str:
    """Return the title after the number of a heading, on the same line."""
    heading = _NAMED.fullmatch(line.strip()) or _DECIMAL.fullmatch(line.strip())
    return heading["title"] if heading else ""


def is_title(line: str) -> bool:
    """Return whether a line may be a title: short, and not a sentence."""
    line = line.strip()
    return bool(line) and len(line) <= MAX_TITLE and line[-1] not in ".,;:!?。；：！？"


def _decimal_headings(blocks: Sequence[Sequence[str]]) -> dict[int, Number]:
    """Return consecutive decimal numbers, by block."""
    headings: dict[int, Number] = {}
    latest: Number = ()
    for at, block in enumerate(blocks):
        line = block[0].rstrip()
        match = _DECIMAL.fullmatch(line) or (_APPENDIX.fullmatch(line) if headings else None)
        if match is None or len(block) > 1 or match["title"][0].islower():
            continue
        if not is_title(match["title"]):
            continue
        first, *rest = match["number"].split(".")
        lettered = first.isalpha()
        if lettered and not rest and not line.startswith("Appendix"):
            continue
        start = _LETTERED + ord(first) if lettered else int(first)
        number = (start, *map(int, rest))
        if _follows(latest, number) or (lettered and not rest and latest[0] < start):
            headings[at] = latest = number
    return headings if _have_text_between(headings) else {}


def _follows(latest: Number, number: Number) -> bool:
    """Return whether a number is the first below the latest, or the next on its level or above."""
    if not latest:
        return number in ((1,), (0,))
    successors = {(*latest[:depth], latest[depth] + 1) for depth in range(len(latest))}
    return number == (*latest, 1) or number in successors


def _named_headings(blocks: Sequence[Sequence[str]]) -> dict[int, tuple[str, int]]:
    """Return the names and numbers of headings such as `Article 3`, in ascending order."""
    headings: dict[int, tuple[str, int]] = {}
    latest: dict[str, int] = {}
    for at, block in enumerate(blocks):
        line = _NAMED.fullmatch(block[0].rstrip())
        titled = line and (is_title(line["title"]) or not line["title"]) and len(block) <= 2
        if line is None or not titled or (len(block) == 2 and not is_title(block[1])):
            continue
        name, number = line["name"].casefold(), _number_value(line["number"])
        if number - latest.get(name, number - 1) in (0, 1) or number == 1:
            headings[at] = name, number
            latest[name] = number
    counts = Counter(name for name, _ in headings.values())
    frequent = {at: heading for at, heading in headings.items() if counts[heading[0]] >= MIN_ITEMS}
    return frequent if _have_text_between(frequent) else {}


def _number_value(number: str) -> int:
    if number.isdecimal():
        return int(number)
    if number.islower():  # French laws begin with an "Article premier"
        return 1
    values = [_ROMAN[letter] for letter in number]
    return sum(-value if value < max(values[at:]) else value for at, value in enumerate(values))


def _have_text_between(headings: Collection[int]) -> bool:
    """Return whether most headings but the last are followed by text, as list items are not."""
    *all_but_last, _ = sorted(headings) or [0]
    above_text = sum(at + 1 not in headings for at in all_but_last)
    return len(headings) >= MIN_ITEMS and 2 * above_text >= len(all_but_last)
