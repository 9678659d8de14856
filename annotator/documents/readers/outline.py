"""Headings of a plain text that are known by their numbers: `2.1. Terms`, `Article 3`, `§ 12`.

A numbered line alone may be an item of a list. Lines are headings where their numbers follow each
other as those of an outline do, and text stands between them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence

LONGEST_TITLE = 100
FEWEST = 2

_DECIMAL = re.compile(r"(?P<number>\d{1,3}(?:\.\d{1,3})*)(?P<stop>\.?)[ \t]+(?P<title>\S.*)")
_NAMED = re.compile(
    r"(?P<name>§+|[^\W\d_]{2,15}\.?)[ \t]*(?P<number>\d{1,4}|[IVXLC]{1,7})(?P<letter>[a-z]?)"
    r"(?:[.:)]|(?=\s)|\Z)[ \t]*(?P<title>.*)"
)
# What follows the text of a law or a standard stands beside its highest sections.
_BEHIND = frozenset({"annex", "annexe", "anexo", "anhang", "anlage", "appendix", "schedule"})
_APPENDIX = re.compile(
    r"(?:Appendix[ \t]+)?(?P<number>[A-Z](?:\.\d{1,3})*)\.?[ \t]+(?P<title>\S.*)"
)
_LETTERED = 1000
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}

Number = tuple[int, ...]


def numbered_headings(blocks: Sequence[Sequence[str]]) -> dict[int, int]:
    """Return the level, from 1, of each block that begins with a numbered heading."""
    decimal = _outline(blocks)
    named = _named(blocks)
    names = list(dict.fromkeys(name for name, _ in named.values() if name not in _BEHIND))
    found = {at: 1 if name in _BEHIND else names.index(name) + 1 for at, (name, _) in named.items()}
    return found | {
        at: len(number) + len(names) for at, number in decimal.items() if at not in found
    }


def words_behind_number(line: str) -> str:
    """Return the words that stand behind the number of a heading, on its own line."""
    found = _NAMED.fullmatch(line.strip()) or _DECIMAL.fullmatch(line.strip())
    return found["title"] if found else ""


def is_title(line: str) -> bool:
    """Return whether a line may be a title: short, and no sentence."""
    line = line.strip()
    return bool(line) and len(line) <= LONGEST_TITLE and line[-1] not in ".,;:!?"


def _outline(blocks: Sequence[Sequence[str]]) -> dict[int, Number]:
    """Return decimal numbers that follow each other, by block."""
    chain: dict[int, Number] = {}
    latest: Number = ()
    for at, block in enumerate(blocks):
        line = block[0].rstrip()
        found = _DECIMAL.fullmatch(line) or (_APPENDIX.fullmatch(line) if chain else None)
        if found is None or len(block) > 1 or found["title"][0].islower():
            continue
        if not is_title(found["title"]):
            continue
        first, *rest = found["number"].split(".")
        lettered = first.isalpha()
        if lettered and not rest and not line.startswith("Appendix"):
            continue
        start = _LETTERED + ord(first) if lettered else int(first)
        number = (start, *map(int, rest))
        if _follows(latest, number) or (lettered and not rest and latest[0] < start):
            chain[at] = latest = number
    return chain if _have_text_between(chain) else {}


def _follows(latest: Number, number: Number) -> bool:
    """Return whether a number is the next one, the first below it, or the next of one above."""
    if not latest:
        return number in ((1,), (0,))
    nexts = {(*latest, 1)} | {(*latest[:depth], latest[depth] + 1) for depth in range(len(latest))}
    return number in nexts


def _named(blocks: Sequence[Sequence[str]]) -> dict[int, tuple[str, int]]:
    """Return the names and numbers of headings such as `Article 3`, whose numbers rise."""
    found: dict[int, tuple[str, int]] = {}
    latest: dict[str, int] = {}
    for at, block in enumerate(blocks):
        line = _NAMED.fullmatch(block[0].rstrip())
        titled = line and (is_title(line["title"]) or not line["title"]) and len(block) <= 2
        if line is None or not titled or (len(block) == 2 and not is_title(block[1])):
            continue
        name, number = line["name"].casefold(), _value(line["number"])
        if number - latest.get(name, number - 1) in (0, 1) or number == 1:
            found[at] = name, number
            latest[name] = number
    times = Counter(name for name, _ in found.values())
    kept = {at: one for at, one in found.items() if times[one[0]] >= FEWEST}
    return kept if _have_text_between(kept) else {}


def _value(number: str) -> int:
    if number.isdecimal():
        return int(number)
    values = [_ROMAN[letter] for letter in number]
    return sum(-one if one < max(values[at:]) else one for at, one in enumerate(values))


def _have_text_between(found: Collection[int]) -> bool:
    """Return whether most of what was found stands above text: items of a list do not.

    What stands below the last may be anything.
    """
    *others, _ = sorted(found) or [0]
    above_text = sum(at + 1 not in found for at in others)
    return len(found) >= FEWEST and 2 * above_text >= len(others)
