"""The query language: parse a query into a tree that every engine can run.

    honest candid            both words, in any order; AND between them is allowed
    "calibrated uncertainty" these words after each other, in any kind of quotation marks
    honest OR candid         either; binds less than AND: a b OR c is (a b) OR c
    -harm   NOT harm         without it; a query of nothing else finds all the rest
    (a OR b) c               parentheses
    decept*                  words that begin so; two letters or more
    text:w  quote:"w w"      in the comment's (or provision's) own words; in the words it is about
    author:"Jane Roe"        the whole name; tag: section: document: kind: placement: are whole too
    tag:hon*                 the beginning of one
    author:roe  author:ro*   without quotation marks, any word of the name
    is:suggestion            suggestions; is:comment, is:highlight, is:reply
    agreements:>3            suggestions with which more than three agree; also >=3, <3, <=3, 3
    answer:declined          comments by the publisher's answer; answer:none, answer:answered
    adoption:open            suggestions of which the newest edition has so much
    after:2026-01            made at or after the first moment of that year, month or day (UTC)
    before:2027              made before the first moment of it

A section holds its subsections. Words are compared by their stems; see `annotator.search.analysis`.
`parse` raises only Malformed, whose message explains the problem, its place, and what to write
instead. Its details are `position` (code points from the start) and `fault`, a code for programs.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NoReturn, cast

from annotator.search import nodes
from annotator.search.analysis import QUOTES, fold, fold_field, forms, is_whole, pairs
from annotator.search.lexer import GAP, Lexeme, lexemes, refuse
from annotator.search.nodes import EVERYTHING, Node, Query, TextField, ValueField
from annotator.search.record import KINDS, counted

__all__ = ["EVERYTHING", "Query", "condition", "parse"]

MAX_LENGTH = 1000  # code points
MAX_TERMS = 64  # each is a look-up in the index; the longest sentence has fewer words
MAX_DEPTH = 20  # parentheses within parentheses
MIN_PREFIX = 2  # letters; a prefix of one letter matches too many words

_ALLOWED = {
    "kind": KINDS,
    "placement": ("exact", "moved", "edited", "lost"),
    "is": ("comment", "highlight", "reply", "suggestion"),
    "adoption": ("same", "part", "other", "open", "gone", "already"),
    "answer": ("none", "answered", "adopted", "adopted_in_part", "declined", "clarified", "noted",
               "out_of_scope"),
}  # fmt: skip
_NUMBER = re.compile(r"([<>]?=?)([0-9]{1,4})")
MAX_NUMBER = 7  # digits of a number of agreements
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?")


def parse(text: str) -> Query:
    """Parse `text`; an empty query finds everything."""
    if len(text) > MAX_LENGTH:
        refuse("too_long", MAX_LENGTH, length=len(text), most=MAX_LENGTH)
    if GAP.fullmatch(text):
        return Query(nodes.Everything(), text)
    root = _Parser(lexemes(text)).parse()
    count = sum(
        len(leaf.terms) if isinstance(leaf, nodes.WordsNode) else 1 for leaf in nodes.leaves(root)
    )
    if count > MAX_TERMS:
        refuse("too_many_terms", 0, count=count, most=MAX_TERMS)
    return Query(root, text)


def condition(field: str, value: str) -> str:
    """Return the query for all records with this value of a facet, to append to another query."""
    mark = "'" if any(quote in value for quote in QUOTES) else '"'
    return f"{field}:{mark}{value}{mark}"


class _Parser:
    """Parse lexemes from left to right; a part without words, such as &, is skipped."""

    def __init__(self, pieces: list[Lexeme]) -> None:
        self._lexemes = pieces
        self._index = 0
        self._depth = 0

    def parse(self) -> Node:
        node = self._either(None) if self._lexemes else None
        if lexeme := self._peek():  # only an unmatched closing parenthesis is left
            lexeme.refuse("closes_nothing")
        if node is None:
            refuse("no_words", 0)
        return node

    def _peek(self) -> Lexeme | None:
        return self._lexemes[self._index] if self._index < len(self._lexemes) else None

    def _either(self, after: Lexeme | None) -> Node | None:
        """Parse parts joined by OR; `after` is the lexeme before them, which requires a part."""
        parts = [self._all(after)]
        while (lexeme := self._peek()) and lexeme.sign == "OR":
            self._index += 1
            parts.append(self._all(lexeme))
        return _join(nodes.Or, parts)

    def _all(self, after: Lexeme | None) -> Node | None:
        parts = [self._part(after)]
        while (lexeme := self._peek()) and lexeme.sign not in (")", "OR"):
            if lexeme.sign == "AND":
                self._index += 1
            parts.append(self._part(lexeme))
        return _join(nodes.And, parts)

    def _part(self, after: Lexeme | None) -> Node | None:
        lexeme = self._peek()
        if lexeme is None or lexeme.sign in (")", "OR", "AND"):
            _missing(after, lexeme)
        self._index += 1
        if lexeme.sign == "NOT":
            part = self._part(lexeme)
            return part.part if isinstance(part, nodes.Not) else part and nodes.Not(part)
        if lexeme.sign != "(":
            return _atom(lexeme)
        self._depth += 1
        if self._depth > MAX_DEPTH:
            lexeme.refuse("too_deep", most=MAX_DEPTH)
        node = self._either(lexeme)
        if self._peek() is None:
            lexeme.refuse("never_closed")
        self._index += 1
        self._depth -= 1
        return node


def _missing(after: Lexeme | None, lexeme: Lexeme | None) -> NoReturn:
    """Raise Malformed: no part follows `after`, where `lexeme` is."""
    blame = lexeme if after is None or (lexeme and lexeme.sign in ("AND", "OR")) else after
    if blame is None or blame.sign == ")":
        refuse("closes_nothing", blame.position if blame else 0)
    if blame.sign != "(":
        example = "-candid" if blame.sign == "NOT" else f"honest {blame.sign} candid"
        blame.refuse("lone_operator", example=example)
    blame.refuse("empty_group" if lexeme else "never_closed")


def _join(kind: type[nodes.And | nodes.Or], parts: list[Node | None]) -> Node | None:
    worded = tuple(part for part in parts if part is not None)
    return kind(worded) if len(worded) > 1 else worded[0] if worded else None


def _atom(lexeme: Lexeme) -> Node | None:
    """Parse a word, a phrase or a field; return None if it has no word."""
    begun = lexeme.sign == "word" and lexeme.text.find("*") == len(lexeme.text) - 1 > 0
    text = lexeme.text[:-1] if begun else lexeme.text
    if lexeme.field == "agreements":
        return _agreements(lexeme)
    if lexeme.field in nodes.VALUE_FIELDS:
        return _value(lexeme, lexeme.field, text, begun)
    if lexeme.field in ("before", "after"):
        return _created(lexeme)
    field = cast("TextField | None", lexeme.field)
    words = pairs(text)
    if not words:
        if field and not begun:
            lexeme.refuse("no_value")
        return None
    # In several words, as in long-ter*, only the last is a prefix; a character is a whole word.
    start = words.pop()[1] if begun and not is_whole(words[-1][1]) else ""
    whole = tuple(term for term, _ in words)
    if not start:
        return nodes.WordsNode(whole, field)
    _check_prefix(lexeme, start)
    prefix = nodes.Prefix(start, field)
    return nodes.And((nodes.WordsNode(whole, field), prefix)) if whole else prefix


def _check_prefix(lexeme: Lexeme, start: str) -> None:
    if len(start) < MIN_PREFIX:
        lexeme.refuse("short_prefix", least=MIN_PREFIX)


def _value(lexeme: Lexeme, field: ValueField, text: str, begun: bool) -> Node:
    folded = fold_field(field, text)
    if field == "author" and lexeme.sign == "word" and forms(folded) == [folded]:
        field = "name"
    if not folded:
        lexeme.refuse("no_value")
    if begun:
        _check_prefix(lexeme, folded)
    elif (allowed := _ALLOWED.get(field)) and folded not in allowed:
        values = f"{', '.join(allowed[:-1])} or {allowed[-1]}"
        lexeme.refuse("unknown_value", known=values)
    return nodes.Value(field, folded, begun)


def _agreements(lexeme: Lexeme) -> Node:
    match = _NUMBER.fullmatch(lexeme.text)
    if match is None:
        lexeme.refuse("bad_number")
    sign, number = match[1], int(match[2])
    if sign in ("", "="):
        return nodes.Value("agreements", counted(number))
    least = _at_least(number + (sign in (">", "<=")))
    if sign.startswith(">"):
        return least
    return nodes.And((nodes.Value("is", "suggestion"), nodes.Not(least)))


def _at_least(number: int) -> Node:
    """Return a node for `number` agreements or more, as prefixes of such numbers."""
    digits = str(number)
    larger = [
        f"{len(digits)}{digits[:at]}{figure}"
        for at, digit in enumerate(digits)
        for figure in range(int(digit) + 1, 10)
    ]
    larger += map(str, range(len(digits) + 1, MAX_NUMBER + 1))  # of more digits
    beginnings = (nodes.Value("agreements", start, is_prefix=True) for start in larger)
    return nodes.Or((nodes.Value("agreements", counted(number)), *beginnings))


def _created(lexeme: Lexeme) -> Node:
    try:
        match = _DATE.fullmatch(fold(lexeme.text).strip())
        year, month, day = (int(part or 1) for part in match.groups()) if match else (0, 0, 0)
        moment = datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        lexeme.refuse("bad_date")
    return nodes.Created(since=moment) if lexeme.field == "after" else nodes.Created(until=moment)
