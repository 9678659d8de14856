"""SQL for the tree of a query: what finds a record, and what it scores.

As much as possible becomes one `tsquery`, which the index answers alone; only phrases and dates
look at rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from annotator.search.engines.postgresql.rows import (
    BETWEEN,
    EVERY,
    LETTERS,
    LONGEST_VALUE,
    escape,
    pair_hash,
    value_lexeme,
)
from annotator.search.nodes import And, Created, Everything, Node, Not, Or, Prefix, Value, WordsNode
from annotator.search.paging import microseconds

RECORDS = "search_records"
IN_TEXT, TWICE = "1 / (1 + norm)", "2 / (2 + norm)"  # of a word that is in the text once, or twice


class Sql(NamedTuple):
    """A piece of SQL with its parameters."""

    text: str
    parameters: tuple[object, ...] = ()


def condition(root: Node) -> Sql:
    """Return the condition of the records that a query finds; deleted ones are never among them."""
    found = _condition(root)
    if _requires_lexeme(root) or _tsquery(root) is not None:
        return found
    return _joined("AND", [_matching(EVERY), found])


def scores(root: Node, weights: Mapping[WordsNode | Prefix, float]) -> tuple[Sql, list[Sql]]:
    """Return the SQL of a score that every hit has, and queries of (at, points) to add to it.

    `at` is the place of a row, `ctid`.
    """
    on_all = implied(root)
    lexical = _tsquery(root)
    base, further = 0.0, []
    for leaf, weight in weights.items():
        if leaf in on_all:
            base += weight
        else:
            further.append(_points(condition(leaf), weight, IN_TEXT))
        if isinstance(leaf, WordsNode) and len(leaf.terms) == 1 and leaf.field != "quote":
            kinds = {"u": f"{TWICE} - {IN_TEXT}"}
            if leaf.field is None:
                kinds["x"] = f"quoted - {IN_TEXT}"
            for kind, points in kinds.items():
                query = escape(kind + leaf.terms[0])
                if lexical is not None:
                    query = f"({lexical}) & {query}"
                further.append(_points(_matching(query), weight, points))
    return Sql(f"%s::float8 * {IN_TEXT}", (base,)), further


def by_score(root: Node, weights: Mapping[WordsNode | Prefix, float]) -> list[tuple[Sql, str]]:
    """Return the conditions of hits that score the same function of their row, and the functions.

    Only for a query with one ranking word, that every hit has; for others the list is empty.
    """
    lexical, words = _tsquery(root), [*weights]
    match words:
        case [WordsNode((term,), None | "text")] if lexical is not None and words[0] in implied(
            root
        ):
            twice, quoted = escape("u" + term), escape("x" + term)
            return [
                (_matching(f"({lexical}) & {twice}"), TWICE),
                (_matching(f"({lexical}) & !{twice} & !{quoted}"), IN_TEXT),
                (_matching(f"({lexical}) & {quoted}"), "quoted"),
            ]
    return []


def _points(where: Sql, weight: float, points: str) -> Sql:
    text = f"SELECT ctid AS at, %s::float8 * ({points}) AS points FROM {RECORDS} WHERE {where.text}"
    return Sql(text, (weight, *where.parameters))


def implied(node: Node) -> set[Node]:
    """Return the leaves that every hit has."""
    if isinstance(node, And):
        return set().union(*map(implied, node.parts))
    return {node}


def _requires_lexeme(node: Node) -> bool:
    """Return whether a record needs some lexeme to be found."""
    match node:
        case And(parts):
            return any(map(_requires_lexeme, parts))
        case Or(parts):
            return all(map(_requires_lexeme, parts))
        case Not() | Created() | Everything():
            return False
        case _:
            return True


def _condition(node: Node) -> Sql:
    if (lexical := _tsquery(node)) is not None:
        return _matching(lexical if _requires_lexeme(node) else f"{EVERY} & {lexical}")
    match node:
        case And(parts) | Or(parts):
            lexical_parts = tuple(part for part in parts if _tsquery(part) is not None)
            each = [_condition(part) for part in parts if part not in lexical_parts]
            if lexical_parts:
                each.insert(0, _condition(type(node)(lexical_parts)))
            return _joined("AND" if isinstance(node, And) else "OR", each)
        case Not(part):
            found = condition(part)  # the index answers it; reading every row would not be fast
            text = f"{RECORDS}.ctid NOT IN (SELECT ctid FROM {RECORDS} WHERE {found.text})"
            return Sql(text, found.parameters)
        case Created(since, until):
            limits = [(">=", since), ("<", until)]
            bounds = [(sign, microseconds(at)) for sign, at in limits if at is not None]
            text = " AND ".join(f"created {sign} %s" for sign, _ in bounds) or "true"
            return Sql(text, tuple(at for _, at in bounds))
        case WordsNode(terms, field):
            return _phrase(terms, field)
        case _:
            return Sql("true")


def _phrase(terms: Sequence[str], field: str | None) -> Sql:
    """Return the condition that the terms follow each other in a field."""
    kind = "q" if field == "quote" else "w"
    having = _matching(" & ".join(escape(kind + term) for term in dict.fromkeys(terms)))
    words = "words"
    if field is not None:
        words = f"split_part(words, '{BETWEEN}', {1 if field == 'text' else 2})"
    hashes = [pair_hash(*pair) for pair in pairwise(terms)]
    pairs = " AND ".join(["get_bit(pairs, %s & (8 * length(pairs) - 1)) = 1"] * len(hashes))
    # A CASE, or PostgreSQL would read the words first.
    found = f"CASE WHEN {pairs} THEN strpos({words}, %s) > 0 ELSE false END"
    return _joined("AND", [having, Sql(found, (*hashes, f" {' '.join(terms)} "))])


def _tsquery(node: Node) -> str | None:
    """Return the query that finds exactly what the node does, or None if there is none."""
    match node:
        case WordsNode((term,), field):
            if field == "text":
                return f"({escape('w' + term)} & !{escape('x' + term)})"
            return escape(("q" if field == "quote" else "w") + term)
        case Prefix(start, field):
            kinds = {"text": "h", "quote": "g"}.get(field or "", "hg")
            return f"({' | '.join(f'{escape(kind + start)}:*' for kind in kinds)})"
        case Value(field, value, True):
            return f"{escape(LETTERS[field] + value[:LONGEST_VALUE])}:*"
        case Value(field, value):
            return escape(value_lexeme(field, value))
        case Everything():
            return EVERY
        case Not(part):
            inner = _tsquery(part)
            return None if inner is None else f"!{inner}"
        case And(parts) | Or(parts) if parts:
            each = [_tsquery(part) for part in parts]
            sign = " & " if isinstance(node, And) else " | "
            return None if None in each else f"({sign.join(map(str, each))})"
        case _:
            return None


def _matching(tsquery: str) -> Sql:
    return Sql("vector @@ %s::tsquery", (tsquery,))


def _joined(sign: str, parts: Sequence[Sql]) -> Sql:
    if not parts:  # only of an Or
        return Sql("false")
    text = f" {sign} ".join(f"({part.text})" for part in parts)
    return Sql(text, tuple(value for part in parts for value in part.parameters))
