"""Cut a query into lexemes: parentheses, operators, words, phrases and fields, with their places.

It knows how people type: any dash may negate, any quotation marks delimit, an address or a verse
that happens to hold a colon is just words. What the lexemes mean together, `query` decides.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Literal, NoReturn, TypeAlias

from annotator.errors import Malformed
from annotator.search.analysis import APOSTROPHES, DASHES, QUOTES
from annotator.search.nodes import TEXT_FIELDS, VALUE_FIELDS

_VALUES = tuple(field for field in VALUE_FIELDS if field != "name")
FIELDS = (*TEXT_FIELDS, *_VALUES, "before", "after")
_EXAMPLE = {
    "text": "honest",
    "quote": '"honest about"',
    "author": '"Jane Roe"',
    "tag": "honesty",
    "section": "being-honest",
    "document": "constitution",
    "placement": "moved",
    "kind": "annotation",
    "before": "2027",
    "after": "2026-01-31",
}

Sign: TypeAlias = Literal["(", ")", "AND", "OR", "NOT", "word", "phrase"]

_SPACE = r"\s\u200b\x00-\x1f\x7f-\x9f"
_GAP = re.compile(f"[{_SPACE}]*")
_FIELD = re.compile("([A-Za-z]+)[:：]")
_DASHES = re.compile(f"[{DASHES}]+")
_PHRASE = re.compile(f"[{QUOTES}]([^{QUOTES}]*)[{QUOTES}]")
# A single quotation mark opens only where one closes before a gap: 'tis the season stays words.
_SINGLE = re.compile(
    f"[{APOSTROPHES}](.*?[^{_SPACE}])[{APOSTROPHES}](?=[{_SPACE})）]|$)", re.DOTALL
)
_WORD_END = re.compile(f"[{_SPACE}{QUOTES}()（）]")
_OPERATORS: tuple[Sign, ...] = ("AND", "OR", "NOT")


@dataclass(frozen=True, slots=True)
class Lexeme:
    """One piece of a query. `position` counts code points; `text` is without marks and field."""

    sign: Sign
    text: str
    position: int
    field: str | None = None


def fault(kind: str, position: int, message: str) -> NoReturn:
    """Raise Malformed for the query; the message names the place to a reader, who counts from 1."""
    raise Malformed(message, field="q", fault=kind, position=position)


def is_blank(text: str) -> bool:
    """Return whether there is nothing to read in `text`."""
    return _GAP.fullmatch(text) is not None


def lexemes(text: str) -> list[Lexeme]:
    """Return the pieces of `text` in order; Malformed for open quotes and unusable fields."""
    found: list[Lexeme] = []
    position = _end_of(_GAP, text, 0)
    while position < len(text):
        lexeme, position = _next(text, position)
        if lexeme:
            found.append(lexeme)
        position = _end_of(_GAP, text, position)
    return found


def _end_of(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


def _next(text: str, position: int) -> tuple[Lexeme | None, int]:
    """Return the lexeme at `position`, which is no gap, and where it ends."""
    char = text[position]
    if char in "(（":
        return Lexeme("(", char, position), position + 1
    if char in ")）":
        return Lexeme(")", char, position), position + 1
    dashes = _DASHES.match(text, position)
    if dashes:
        negates = len(dashes[0]) == 1 and not _GAP.fullmatch(text[position + 1 : position + 2])
        return (Lexeme("NOT", char, position) if negates else None), dashes.end()
    quoted = _quoted(text, position)
    if quoted:
        return Lexeme("phrase", quoted[0], position), quoted[1]
    field = _FIELD.match(text, position)
    if field and _is_field(text, field):
        return _field(text, field)
    end = _word_end(text, position)
    word = text[position:end]
    for operator in _OPERATORS:
        if word == operator:
            return Lexeme(operator, word, position), end
    return Lexeme("word", word, position), end


def _quoted(text: str, position: int) -> tuple[str, int] | None:
    """Return what the quotation marks at `position` hold, and where they end; None for no marks."""
    match = _PHRASE.match(text, position) or _SINGLE.match(text, position)
    if match:
        if not match[1].strip():
            fault(
                "empty_phrase",
                position,
                f"There is nothing between the quotation marks at character {position + 1}: "
                'write words between them, as in "calibrated uncertainty".',
            )
        return match[1], match.end()
    if text[position] in QUOTES:
        fault(
            "open_quote",
            position,
            f"The quotation mark at character {position + 1} is never closed: write a second "
            "one where the phrase ends, or take this one away.",
        )
    return None


def _word_end(text: str, position: int) -> int:
    """Return where the word ends; parentheses opened within it, as in f(x), belong to it."""
    depth = 0
    end = position
    while match := _WORD_END.search(text, end):
        char = match[0]
        if char in "(（" and match.start() > position:
            depth += 1
        elif char in ")）" and depth:
            depth -= 1
        else:
            return match.start()
        end = match.end()
    return len(text)


def _is_field(text: str, match: re.Match[str]) -> bool:
    """Tell a field from words with a colon, as in an address; Malformed for what is neither."""
    name, rest = match[1].lower(), text[match.end() : match.end() + 2]
    if name in FIELDS:
        return True
    if rest == "//" or not rest or _GAP.fullmatch(rest[0]):
        return False
    close = difflib.get_close_matches(name, FIELDS, n=1)
    hint = f"Did you mean {close[0]}:? " if close else ""
    known = ", ".join(f"{field}:" for field in FIELDS)
    fault(
        "unknown_field",
        match.start(),
        f"There is no field {match[1]}: (character {match.start() + 1}). {hint}The fields are "
        f"{known}. To look for these words themselves, put them between quotation marks.",
    )


def _field(text: str, match: re.Match[str]) -> tuple[Lexeme, int]:
    """Return the lexeme of a field with its value."""
    name, start, position = match[1].lower(), match.start(), match.end()
    if position < len(text) and text[position] in "(（":
        fault(
            "field_group",
            position,
            f"{name}: takes one value, not parentheses (character {position + 1}): "
            f"write {name}:one OR {name}:two.",
        )
    quoted = _quoted(text, position) if position < len(text) else None
    if quoted:
        return Lexeme("phrase", quoted[0], start, name), quoted[1]
    end = _word_end(text, position)
    if end == position:
        fault(
            "empty_field",
            start,
            f"{name}: at character {start + 1} has no value: write it right after the colon, "
            f"as in {name}:{_EXAMPLE[name]}.",
        )
    return Lexeme("word", text[position:end], start, name), end
