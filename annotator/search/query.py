"""The query language: what a reader types becomes a tree that every engine understands.

    honest candid            both words, in any order; AND may stand between them
    "calibrated uncertainty" these words after each other, in any kind of quotation marks
    honest OR candid         either; binds less than AND: a b OR c is (a b) OR c
    -harm   NOT harm         without it; a query of nothing else finds all the rest
    (a OR b) c               parentheses
    decept*                  words that begin so; two letters or more
    text:w  quote:"w w"      in the comment's (or provision's) own words; in the words it is about
    author:"Jane Roe"        the whole name; tag: section: document: kind: placement: are whole too
    tag:hon*                 the beginning of one
    author:roe  author:ro*   without quotation marks, any word of the name
    after:2026-01            made at or after the first moment of that year, month or day (UTC)
    before:2027              made before the first moment of it

A section holds its subsections. Words are compared by their stems; see `annotator.search.analysis`.
What cannot be understood raises Malformed, whose message says what is wrong, where, and what to
write instead; no other exception leaves `parse`, whatever the text. Its details are `position`
(code points from the start) and `fault`, a word for programs.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn, cast

from annotator.search.analysis import (
    QUOTES,
    fold,
    fold_field,
    forms,
    is_whole,
    pairs,
    terms,
)
from annotator.search.lexer import Lexeme, fault, is_blank, lexemes
from annotator.search.nodes import (
    EVERYTHING,
    VALUE_FIELDS,
    And,
    Created,
    Everything,
    Node,
    Not,
    Or,
    Prefix,
    Query,
    Value,
    WordsNode,
)
from annotator.search.record import KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annotator.search.nodes import TextField, ValueField

__all__ = ["EVERYTHING", "Query", "condition", "parse"]

MAX_LENGTH = 1000  # code points
MAX_TERMS = 64  # each costs the engine a look-up; the longest sentence has fewer words
MAX_DEPTH = 20  # parentheses within parentheses
MIN_PREFIX = 2  # letters; one letter begins too many words to be of use

PLACEMENTS = ("exact", "moved", "edited", "lost")

_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?")
_PREFIX = re.compile(r"([^*]+)\*")


def parse(text: str) -> Query:
    """Return the query that `text` asks for; nothing but white space asks for everything."""
    if len(text) > MAX_LENGTH:
        fault(
            "too_long",
            MAX_LENGTH,
            f"The query is {len(text)} characters long, and at most {MAX_LENGTH} are read: "
            "keep its most telling words.",
        )
    if is_blank(text):
        return Query(Everything(), text)
    root = _Parser(lexemes(text)).parse()
    _check_terms(root)
    return Query(root, text)


def condition(field: str, value: str) -> str:
    """Return the query that finds all records with this value of a facet, to add to another."""
    mark = "'" if any(quote in value for quote in QUOTES) else '"'
    return f"{field}:{mark}{value}{mark}"


def _check_terms(root: Node) -> None:
    count = _count_terms(root)
    if count > MAX_TERMS:
        fault(
            "too_many_terms",
            0,
            f"The query has {count} words, and at most {MAX_TERMS} are looked for: "
            "keep the most telling ones.",
        )


def _count_terms(node: Node) -> int:
    match node:
        case And(parts) | Or(parts):
            return sum(map(_count_terms, parts))
        case Not(part):
            return _count_terms(part)
        case WordsNode(terms):
            return len(terms)
        case _:
            return 1


class _Parser:
    """Reads lexemes from left to right; a part without any word in it, such as &, is left out."""

    def __init__(self, found: list[Lexeme]) -> None:
        self._found = found
        self._index = 0
        self._depth = 0

    def parse(self) -> Node:
        """Return the tree of the whole query."""
        node = self._either(None) if self._found else None
        lexeme = self._peek()
        if lexeme:  # only a parenthesis that nothing opened stops the reading
            _stray(lexeme)
        if node is None:
            fault("no_words", 0, "There is no word to look for: write one, such as honest.")
        return node

    def _peek(self) -> Lexeme | None:
        return self._found[self._index] if self._index < len(self._found) else None

    def _either(self, after: Lexeme | None) -> Node | None:
        """Return parts joined by OR; `after` is what calls for a part, in this and the next two."""
        parts = [self._all(after)]
        while (lexeme := self._peek()) and lexeme.sign == "OR":
            self._index += 1
            parts.append(self._all(lexeme))
        return _join(Or, parts)

    def _all(self, after: Lexeme | None) -> Node | None:
        parts = [self._part(after)]
        while (lexeme := self._peek()) and lexeme.sign not in (")", "OR"):
            if lexeme.sign == "AND":
                self._index += 1
            parts.append(self._part(lexeme))
        return _join(And, parts)

    def _part(self, after: Lexeme | None) -> Node | None:
        lexeme = self._peek()
        if lexeme is None or lexeme.sign in (")", "OR", "AND"):
            _missing(after, lexeme)
        self._index += 1
        if lexeme.sign == "NOT":
            part = self._part(lexeme)
            return part.part if isinstance(part, Not) else part and Not(part)
        return self._group(lexeme) if lexeme.sign == "(" else _atom(lexeme)

    def _group(self, opening: Lexeme) -> Node | None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            fault(
                "too_deep",
                opening.position,
                f"Parentheses stand within each other more than {MAX_DEPTH} deep: take some away.",
            )
        node = self._either(opening)
        if self._peek() is None:
            _never_closed(opening)
        self._index += 1
        self._depth -= 1
        return node


def _missing(after: Lexeme | None, found: Lexeme | None) -> NoReturn:
    """Explain that nothing to look for stands after `after`, where `found` does."""
    blame = found if after is None or (found and found.sign in ("AND", "OR")) else after
    if blame is None or blame.sign == ")":
        _stray(blame)
    if blame.sign != "(":
        example = "-candid" if blame.sign == "NOT" else f"honest {blame.sign} candid"
        fault(
            "lone_operator",
            blame.position,
            f"{blame.text} at character {blame.position + 1} has nothing to work on: write it as "
            f"in {example}, or put it between quotation marks to look for the word.",
        )
    if found is None:
        _never_closed(blame)
    fault(
        "empty_group",
        blame.position,
        f"There is nothing between the parentheses at character {blame.position + 1}: "
        "write words between them, or take them away.",
    )


def _stray(lexeme: Lexeme | None) -> NoReturn:
    position = lexeme.position if lexeme else 0
    fault(
        "unbalanced",
        position,
        f"The parenthesis at character {position + 1} closes nothing: take it away, or open one "
        "before it.",
    )


def _never_closed(opening: Lexeme) -> NoReturn:
    fault(
        "unbalanced",
        opening.position,
        f"The parenthesis at character {opening.position + 1} is never closed: close it, or take "
        "it away.",
    )


def _join(kind: type[And | Or], parts: list[Node | None]) -> Node | None:
    """Return the parts joined, without those that had no word."""
    kept = tuple(part for part in parts if part is not None)
    return kind(kept) if len(kept) > 1 else kept[0] if kept else None


def _atom(lexeme: Lexeme) -> Node | None:
    """Return what a word, a phrase or a field asks for; None where it holds no word."""
    if lexeme.field in VALUE_FIELDS:
        return _value(lexeme, lexeme.field)
    if lexeme.field in ("before", "after"):
        return _created(lexeme)
    field = cast("TextField | None", lexeme.field)
    prefix = _PREFIX.fullmatch(lexeme.text) if lexeme.sign == "word" else None
    if prefix:
        return _prefix(lexeme, prefix[1], field)
    found = terms(lexeme.text)
    if not found and field:
        _no_words(lexeme)
    return WordsNode(tuple(found), field) if found else None


def _prefix(lexeme: Lexeme, text: str, field: TextField | None) -> Node | None:
    """Return what `text*` asks for: of several words, as in long-ter*, the last is begun."""
    found = pairs(text)
    if not found:
        return None
    start = found[-1][1]
    if is_whole(start):  # a character is a word, so nothing longer begins with it
        return WordsNode(tuple(term for term, _ in found), field)
    _check_prefix(lexeme, start)
    whole = tuple(term for term, _ in found[:-1])
    begun = Prefix(start, field)
    return And((WordsNode(whole, field), begun)) if whole else begun


def _check_prefix(lexeme: Lexeme, start: str) -> None:
    if len(start) < MIN_PREFIX:
        fault(
            "short_prefix",
            lexeme.position,
            f"{lexeme.text} at character {lexeme.position + 1} begins too many words: write at "
            f"least {MIN_PREFIX} letters before the *.",
        )


def _value(lexeme: Lexeme, field: ValueField) -> Node:
    is_word = lexeme.sign == "word"
    prefix = _PREFIX.fullmatch(lexeme.text) if is_word else None
    folded = fold_field(field, prefix[1] if prefix else lexeme.text)
    if field == "author" and is_word and forms(folded) == [folded]:
        field = "name"
    if not folded:
        _no_words(lexeme)
    if prefix:
        _check_prefix(lexeme, folded)
    allowed = {"kind": KINDS, "placement": PLACEMENTS}.get(field)
    if allowed and not prefix and folded not in allowed:
        fault(
            "unknown_value",
            lexeme.position,
            f"{field}: at character {lexeme.position + 1} takes {_listed(allowed)}, "
            f"not {lexeme.text}.",
        )
    return Value(field, folded, prefix is not None)


def _no_words(lexeme: Lexeme) -> NoReturn:
    fault(
        "no_words",
        lexeme.position,
        f"{lexeme.field}: at character {lexeme.position + 1} has no word in its value: "
        "write one after the colon.",
    )


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _created(lexeme: Lexeme) -> Node:
    moment = _first_moment(fold(lexeme.text).strip())
    if moment is None:
        fault(
            "bad_date",
            lexeme.position,
            f"{lexeme.field}: at character {lexeme.position + 1} takes a day, month or year, as in "
            f"{lexeme.field}:2026-01-31, {lexeme.field}:2026-01 or {lexeme.field}:2026, "
            f"not {lexeme.text}.",
        )
    return Created(since=moment) if lexeme.field == "after" else Created(until=moment)


def _first_moment(text: str) -> datetime | None:
    match = _DATE.fullmatch(text)
    if not match:
        return None
    try:
        return datetime(int(match[1]), int(match[2] or 1), int(match[3] or 1), tzinfo=UTC)
    except ValueError:
        return None
