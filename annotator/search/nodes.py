"""The syntax tree of a query, with analysed terms.

`annotator.search.query` builds it from the text of a query; every engine walks it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeAlias, get_args

from annotator.search.analysis import fold_field

TextField: TypeAlias = Literal["text", "quote"]
ValueField: TypeAlias = Literal[
    "author", "name", "tag", "section", "document", "placement", "kind", "is", "adoption",
    "agreements", "answer",
]  # fmt: skip

TEXT_FIELDS: tuple[TextField, ...] = get_args(TextField)
VALUE_FIELDS: tuple[ValueField, ...] = get_args(ValueField)  # `name` has each word of `author`
EXAMPLES = {  # of every field of the query language
    "text": "honest",
    "quote": '"honest about"',
    "author": '"Jane Roe"',
    "tag": "honesty",
    "section": "being-honest",
    "document": "constitution",
    "placement": "moved",
    "kind": "annotation",
    "is": "suggestion",
    "agreements": ">3",
    "adoption": "open",
    "answer": "declined",
    "before": "2027",
    "after": "2026-01-31",
}


@dataclass(frozen=True, slots=True)
class WordsNode:
    """One term, or several in a row; in either text field if `field` is None."""

    terms: tuple[str, ...]
    field: TextField | None = None


@dataclass(frozen=True, slots=True)
class Prefix:
    """Any word whose folded form, before stemming, begins with `start`."""

    start: str
    field: TextField | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """A whole folded value (`analysis.fold_value`, for sections `fold_slug`), or its beginning."""

    field: ValueField
    value: str
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class Created:
    """Created at or after `since` and before `until`, both with time zone; None means no limit."""

    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Everything:
    """Every record."""


@dataclass(frozen=True, slots=True)
class Not:
    """Every record that does not match `part`."""

    part: Node


@dataclass(frozen=True, slots=True)
class And:
    """The records that match all of two or more parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """The records that match any of the parts."""

    parts: tuple[Node, ...]


Node: TypeAlias = WordsNode | Prefix | Value | Created | Everything | Not | And | Or


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query; `text` is its source."""

    root: Node
    text: str = ""


EVERYTHING = Query(Everything())


def narrowed(
    query: Query, document: str | None, kinds: Collection[str] | None, also: Iterable[Node] = ()
) -> Query:
    """Return the query within one document and some kinds, if these are passed, and `also`."""
    parts: list[Node] = [query.root, *also]
    if document is not None:
        parts.append(Value("document", fold_field("document", document)))
    if kinds is not None:
        chosen = tuple(Value("kind", kind) for kind in sorted(set(kinds)))
        parts.append(Or(chosen) if len(chosen) != 1 else chosen[0])
    return replace(query, root=And(tuple(parts))) if len(parts) > 1 else query


def sought(node: Node) -> tuple[WordsNode | Prefix, ...]:
    """Return the words that score a hit and are highlighted in it: all except negated ones."""
    match node:
        case And(parts) | Or(parts):
            return tuple(dict.fromkeys(leaf for part in parts for leaf in sought(part)))
        case WordsNode() | Prefix():
            return (node,)
        case _:
            return ()


def leaves(node: Node) -> Iterator[Node]:
    """Yield every node of a query that has no parts."""
    match node:
        case And(parts) | Or(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case _:
            yield node


def authors(root: Node) -> set[str]:
    """Return the full author names in a query, folded."""
    values = (leaf for leaf in leaves(root) if isinstance(leaf, Value) and not leaf.is_prefix)
    return {value.value for value in values if value.field in ("author", "name")}


def also_named(node: Node, present: Mapping[str, str]) -> Node:
    """Return the query with current names added; `present` maps former names to them."""
    match node:
        case And(parts) | Or(parts):
            return type(node)(tuple(also_named(part, present) for part in parts))
        case Not(part):
            return Not(also_named(part, present))
        case Value(("author" | "name"), value, False) if value in present:
            return Or((node, Value("author", fold_field("author", present[value]))))
        case _:
            return node
