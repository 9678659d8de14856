"""Read the part of a link behind `#` that points at characters or words; pure.

Understood are RFC 5147 (`char=120,180`: positions between the characters of a text) and text
fragments (`:~:text=…`, as browsers make them). Offsets count code points, end exclusive.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import unquote

from annotator.documents.folding import FoldedText, fold_words, folded

_CHAR = re.compile(r"char=(\d{0,9})(?:(,)(\d{0,9}))?(?:;length=(\d{1,9})(?:,[\w.:-]+)?)?\Z", re.A)
MOST_DIRECTIVES = 8
_DELIMITER = ":~:"
_DIRECTIVE = "text="


@dataclass(frozen=True, slots=True)
class Directive:
    """Words to be found, folded: all from `start` to `end`, or `start` alone where that is empty.

    `prefix` and `suffix` are what stands right before and after.
    """

    start: str
    end: str = ""
    prefix: str = ""
    suffix: str = ""


def anchor(fragment: str) -> str:
    """Return the name that a fragment has before any text directive."""
    return unquote(fragment.partition(_DELIMITER)[0])


def characters(fragment: str, length: int) -> tuple[int, int] | None:
    """Read `char=120,180` for a text of `length` code points; None for what is no range of it."""
    found = _CHAR.match(unquote(fragment))
    if found is None or not (found[1] or found[3]):
        return None
    if found[4] and int(found[4]) != length:
        return None  # it was made for another text
    start = int(found[1] or 0)
    end = int(found[3]) if found[3] else length if found[2] else start + 1
    return (start, min(end, length)) if start < min(end, length) else None


def words(fragment: str, text: str) -> tuple[int, int] | None:
    """Find the words of the first text directive that fits; None where there is none."""
    directives = list(islice(_directives(fragment.partition(_DELIMITER)[2]), MOST_DIRECTIVES))
    if not directives:
        return None
    within = folded(text)
    return next((span for it in directives if (span := _find(within, it))), None)


def _directives(written: str) -> Iterator[Directive]:
    for part in written.split("&"):
        terms = part.removeprefix(_DIRECTIVE).split(",") if part.startswith(_DIRECTIVE) else []
        prefix = terms.pop(0)[:-1] if terms and terms[0].endswith("-") else ""
        suffix = terms.pop()[1:] if terms and terms[-1].startswith("-") else ""
        if 1 <= len(terms) <= 2 and terms[0]:
            start, end, *_ = *terms, ""
            yield Directive(*(fold_words(unquote(it)) for it in (start, end, prefix, suffix)))


def _find(within: FoldedText, wanted: Directive) -> tuple[int, int] | None:
    text, last = within.text, wanted.end or wanted.start
    longest = len(wanted.suffix) + 1
    ends = [at + len(last) for at in _places(text, last)]
    ends = [end for end in ends if text[end : end + longest].lstrip().startswith(wanted.suffix)]
    for at in _places(text, wanted.start):
        before = text[max(0, at - len(wanted.prefix) - 1) : at].rstrip()
        if not before.endswith(wanted.prefix):
            continue
        earliest = at + len(wanted.start) + len(wanted.end)
        fitting = bisect_left(ends, earliest)
        if fitting < len(ends) and (wanted.end or ends[fitting] == earliest):
            return within.starts[at], within.ends[ends[fitting] - 1]
    return None


def _places(text: str, words: str) -> Iterator[int]:
    """Yield where whole words stand."""
    at = text.find(words) if words else -1
    while at >= 0:
        end = at + len(words)
        inside = text[at - 1 : at + 1].isalnum() if at else False
        if not inside and not (end < len(text) and text[end - 1 : end + 1].isalnum()):
            yield at
        at = text.find(words, at + 1)
