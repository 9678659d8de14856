"""Read the part of a link after `#` that points at characters or words; pure.

It supports RFC 5147 (`char=120,180`: positions between the characters of a text) and text fragments
(`:~:text=…`, as browsers make them). Offsets count code points, end exclusive.
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
    """Words to find, folded: all from `start` to `end`, or `start` alone if that is empty.

    `prefix` and `suffix` are the words directly before and after.
    """

    start: str
    end: str = ""
    prefix: str = ""
    suffix: str = ""


def anchor(fragment: str) -> str:
    """Return the anchor of a fragment, before any text directive."""
    return unquote(fragment.partition(_DELIMITER)[0])


def characters(fragment: str, length: int) -> tuple[int, int] | None:
    """Read `char=120,180` for a text of `length` code points; None if it is no range of it."""
    match = _CHAR.match(unquote(fragment))
    if match is None or not (match[1] or match[3]):
        return None
    if match[4] and int(match[4]) != length:
        return None  # it was made for another text
    start = int(match[1] or 0)
    end = int(match[3]) if match[3] else length if match[2] else start + 1
    return (start, min(end, length)) if start < min(end, length) else None


def words(fragment: str, text: str) -> tuple[int, int] | None:
    """Return the span of the first text directive that matches; None if none does."""
    directives = list(islice(_directives(fragment.partition(_DELIMITER)[2]), MOST_DIRECTIVES))
    if not directives:
        return None
    within = folded(text)
    return next((span for directive in directives if (span := _find(within, directive))), None)


def _directives(written: str) -> Iterator[Directive]:
    for part in written.split("&"):
        terms = part.removeprefix(_DIRECTIVE).split(",") if part.startswith(_DIRECTIVE) else []
        prefix = terms.pop(0)[:-1] if terms and terms[0].endswith("-") else ""
        suffix = terms.pop()[1:] if terms and terms[-1].startswith("-") else ""
        if 1 <= len(terms) <= 2 and terms[0]:
            start, end, *_ = *terms, ""
            yield Directive(*(fold_words(unquote(term)) for term in (start, end, prefix, suffix)))


def _find(within: FoldedText, directive: Directive) -> tuple[int, int] | None:
    text, last = within.text, directive.end or directive.start
    longest = len(directive.suffix) + 1
    ends = [at + len(last) for at in _places(text, last)]
    ends = [end for end in ends if text[end : end + longest].lstrip().startswith(directive.suffix)]
    for at in _places(text, directive.start):
        before = text[max(0, at - len(directive.prefix) - 1) : at].rstrip()
        if not before.endswith(directive.prefix):
            continue
        earliest = at + len(directive.start) + len(directive.end)
        fitting = bisect_left(ends, earliest)
        if fitting < len(ends) and (directive.end or ends[fitting] == earliest):
            return within.starts[at], within.ends[ends[fitting] - 1]
    return None


def _places(text: str, words: str) -> Iterator[int]:
    """Yield the offsets of whole words."""
    at = text.find(words) if words else -1
    while at >= 0:
        end = at + len(words)
        inside = text[at - 1 : at + 1].isalnum() if at else False
        if not inside and not (end < len(text) and text[end - 1 : end + 1].isalnum()):
            yield at
        at = text.find(words, at + 1)
