"""Split a query into lexemes: parentheses, operators, words, phrases and fields.

It follows how people type: any dash may negate, any quotation marks delimit, and an address or a
verse with a colon is just words. `query` interprets the lexemes together.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Literal, NoReturn, TypeAlias

from annotator.errors import Malformed
from annotator.search.analysis import APOSTROPHES, DASHES, QUOTES
from annotator.search.nodes import EXAMPLES

Sign: TypeAlias = Literal["(", ")", "AND", "OR", "NOT", "word", "phrase"]

_SPACE = r"\s\u200b\x00-\x1f\x7f-\x9f"
GAP = re.compile(f"[{_SPACE}]*")
_FIELD = re.compile("([A-Za-z]+)[:：]")
_DASHES = re.compile(f"[{DASHES}]+")
_PHRASE = re.compile(f"[{QUOTES}]([^{QUOTES}]*)[{QUOTES}]")
# A single quotation mark opens only if another closes it before a space: 'tis the season is words.
_SINGLE = re.compile(
    f"[{APOSTROPHES}](.*?[^{_SPACE}])[{APOSTROPHES}](?=[{_SPACE})）]|$)", re.DOTALL
)
_WORD_END = re.compile(f"[{_SPACE}{QUOTES}()（）]")
_OPERATORS: dict[str, Sign] = {"AND": "AND", "OR": "OR", "NOT": "NOT"}

FAULTS = {  # the problem, its place (`at` counts from 1), and what to write instead
    "bad_date": "{field}: at character {at} needs a day, month or year, such as "
    "{field}:2026-01-31, {field}:2026-01 or {field}:2026, not {text}.",
    "bad_number": "{field}: at character {at} needs a number up to 9999, such as {field}:3 or "
    "{field}:>3, not {text}.",
    "closes_nothing": "The parenthesis at character {at} has no opening one: remove it, or add "
    "one before it.",
    "empty_field": "{field}: at character {at} has no value: write it directly after the colon, "
    "such as {field}:{example}.",
    "empty_group": "There is nothing between the parentheses at character {at}: write words "
    "between them, or remove them.",
    "empty_phrase": "There is nothing between the quotation marks at character {at}: write words "
    'between them, as in "calibrated uncertainty".',
    "field_group": "{field}: takes one value, not parentheses (character {at}): write {field}:one "
    "OR {field}:two.",
    "lone_operator": "{text} at character {at} has no words to work on: write {example}, or put "
    "it in quotation marks to search for the word.",
    "never_closed": "The parenthesis at character {at} is not closed: close it, or remove it.",
    "no_value": "{field}: at character {at} has no word in its value: write one after the colon.",
    "no_words": "There is nothing to search for: enter a word, such as honest.",
    "open_quote": "The quotation mark at character {at} is not closed: write a second one at the "
    "end of the phrase, or remove this one.",
    "short_prefix": "{text} at character {at} matches too many words: write at least {least} "
    "letters before the *.",
    "too_deep": "Parentheses are nested more than {most} deep: remove some.",
    "too_long": "The query has {length} characters; the limit is {most}. Keep the most important "
    "words.",
    "too_many_terms": "The query has {count} words; the limit is {most}. Keep the most important "
    "ones.",
    "unknown_field": "There is no field {text}: (character {at}). {hint}The fields are {known}. "
    "To search for these words, put them in quotation marks.",
    "unknown_value": "{field}: at character {at} takes {known}, not {text}.",
}
_CODES = {"closes_nothing": "unbalanced", "never_closed": "unbalanced", "no_value": "no_words"}


@dataclass(frozen=True, slots=True)
class Lexeme:
    """One piece of a query. `position` counts code points; `text` is without marks and field."""

    sign: Sign
    text: str
    position: int
    field: str | None = None

    def refuse(self, fault: str, **details: object) -> NoReturn:
        """Raise Malformed for this piece; see `refuse`."""
        refuse(fault, self.position, **{"field": self.field, "text": self.text, **details})


def refuse(fault: str, position: int, **details: object) -> NoReturn:
    """Raise Malformed with the message FAULTS[fault] for the place `position`."""
    message = FAULTS[fault].format(at=position + 1, **details)
    raise Malformed(message, field="q", fault=_CODES.get(fault, fault), position=position)


def lexemes(text: str) -> list[Lexeme]:
    """Return the pieces of `text`. Raises Malformed for open quotes and unusable fields."""
    pieces: list[Lexeme] = []
    position = 0
    while (position := _gap_end(text, position)) < len(text):
        lexeme, position = _next(text, position)
        if lexeme:
            pieces.append(lexeme)
    return pieces


def _gap_end(text: str, position: int) -> int:
    gap = GAP.match(text, position)
    return gap.end() if gap else position


def _next(text: str, position: int) -> tuple[Lexeme | None, int]:
    """Return the lexeme at `position`, which is not white space, and its end."""
    char = text[position]
    if char in "(（)）":
        return Lexeme("(" if char in "(（" else ")", char, position), position + 1
    if dashes := _DASHES.match(text, position):
        negates = len(dashes[0]) == 1 and _gap_end(text, position + 1) == position + 1 < len(text)
        return (Lexeme("NOT", char, position) if negates else None), dashes.end()
    if quoted := _quoted(text, position):
        return Lexeme("phrase", quoted[0], position), quoted[1]
    field = _FIELD.match(text, position)
    if field and _is_field(text, field):
        return _field(text, field)
    end = _word_end(text, position)
    word = text[position:end]
    return Lexeme(_OPERATORS.get(word, "word"), word, position), end


def _quoted(text: str, position: int) -> tuple[str, int] | None:
    """Return the quoted text at `position` and its end, or None if nothing is quoted there."""
    if match := _PHRASE.match(text, position) or _SINGLE.match(text, position):
        if not match[1].strip():
            refuse("empty_phrase", position)
        return match[1], match.end()
    if text.startswith(tuple(QUOTES), position):
        refuse("open_quote", position)
    return None


def _word_end(text: str, position: int) -> int:
    """Return the end of a word, including balanced parentheses within it, as in f(x)."""
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
    """Return whether this is a field rather than words with a colon, as in an address."""
    name, end = match[1].lower(), match.end()
    if name in EXAMPLES:
        return True
    if end == len(text) or text.startswith("//", end) or _gap_end(text, end) > end:
        return False
    close = difflib.get_close_matches(name, EXAMPLES, n=1)
    hint = f"Did you mean {close[0]}:? " if close else ""
    fields = ", ".join(f"{field}:" for field in EXAMPLES)
    refuse("unknown_field", match.start(), text=match[1], hint=hint, known=fields)


def _field(text: str, match: re.Match[str]) -> tuple[Lexeme, int]:
    name, start, position = match[1].lower(), match.start(), match.end()
    if text.startswith(("(", "（"), position):
        refuse("field_group", position, field=name)
    if quoted := _quoted(text, position):
        return Lexeme("phrase", quoted[0], start, name), quoted[1]
    end = _word_end(text, position)
    if end == position:
        refuse("empty_field", start, field=name, example=EXAMPLES[name])
    return Lexeme("word", text[position:end], start, name), end
