"""The tree that a query becomes: what to look for, in terms already analysed, for any engine.

`annotator.search.query` makes it from what a reader typed; every engine walks it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from annotator.search.analysis import fold_field

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

TextField: TypeAlias = Literal["text", "quote"]
ValueField: TypeAlias = Literal["author", "name", "tag", "section", "document", "placement", "kind"]

TEXT_FIELDS: tuple[TextField, ...] = ("text", "quote")
VALUE_FIELDS: tuple[ValueField, ...] = (  # `name` holds each word of `author`
    "author",
    "name",
    "tag",
    "section",
    "document",
    "placement",
    "kind",
)


@dataclass(frozen=True, slots=True)
class WordsNode:
    """One term, or several that follow each other; in either text field if `field` is None."""

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
    """Made at or after `since` and before `until`, both with time zone; None leaves it open."""

    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Everything:
    """Every record."""


@dataclass(frozen=True, slots=True)
class Not:
    """Every record that `part` does not find."""

    part: Node


@dataclass(frozen=True, slots=True)
class And:
    """What all parts find; there are two or more."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """What any of the parts finds; of no parts, nothing."""

    parts: tuple[Node, ...]


Node: TypeAlias = WordsNode | Prefix | Value | Created | Everything | Not | And | Or


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for; `text` is what the reader typed."""

    root: Node
    text: str = ""


EVERYTHING = Query(Everything())


def narrowed(root: Node, document: str | None, kinds: Collection[str] | None) -> Node:
    """Return what finds the same as `root` within one document and some kinds, if given."""
    parts: list[Node] = [root]
    if document is not None:
        parts.append(Value("document", fold_field("document", document)))
    if kinds is not None:
        chosen = tuple(Value("kind", kind) for kind in sorted(set(kinds)))
        parts.append(Or(chosen) if len(chosen) != 1 else chosen[0])
    return And(tuple(parts)) if len(parts) > 1 else root


def sought(node: Node) -> tuple[WordsNode | Prefix, ...]:
    """Return the words that a hit is ranked by and shows: all but those that it must not have."""
    match node:
        case And(parts) | Or(parts):
            return tuple(dict.fromkeys(leaf for part in parts for leaf in sought(part)))
        case WordsNode() | Prefix():
            return (node,)
        case _:
            return ()


def authors(node: Node) -> tuple[str, ...]:
    """Return the whole names, folded, that a query asks for."""
    match node:
        case And(parts) | Or(parts):
            return tuple(name for part in parts for name in authors(part))
        case Not(part):
            return authors(part)
        case Value(("author" | "name"), value, False):
            return (value,)
        case _:
            return ()


def also_named(node: Node, present: Mapping[str, str]) -> Node:
    """Return what also finds those who had a name once: `present` maps it to the one they have."""
    match node:
        case And(parts):
            return And(tuple(also_named(part, present) for part in parts))
        case Or(parts):
            return Or(tuple(also_named(part, present) for part in parts))
        case Not(part):
            return Not(also_named(part, present))
        case Value(("author" | "name"), value, False) if value in present:
            return Or((node, Value("author", fold_field("author", present[value]))))
        case _:
            return node
