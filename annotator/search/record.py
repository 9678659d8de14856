"""The records of an engine, one for each comment and each provision, and their keys.

A record is plain data that the indexer makes from the database; an engine reads nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias, get_args

from annotator.search.analysis import fold_field, forms

Kind: TypeAlias = Literal["annotation", "provision"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(slots=True)
class Record:
    """One comment or provision that can be found.

    key: unique in the index; see `annotation_key` and `provision_key`.
    kind: whether it is commentary or the document's own words.
    document: the slug of its document.
    body: an annotation's words without markup, or a provision's words.
    created: when it was created; must have a time zone.
    revision: changes whenever anything in the record changes, to detect stale records.
    quote: the words that an annotation is on; empty for provisions.
    author: the name as shown; empty for provisions.
    tags: as shown, each at most once.
    sections: slugs of the sections that contain it, the outermost first.
    start: offset in the newest edition, in code points; orders records within a document.
    placement: the verdict on an annotation's placement, or empty.
    form: `comment`, `highlight`, `reply` or `suggestion`; empty for provisions.
    adoption: whether the newest edition adopted a suggestion; empty for others.
    agreements: how many agree with a suggestion; None for others.
    answer: `none`, or the outcome of the publisher's answer; empty if it cannot be answered.
    version: the number of changes that the database had seen when this was read (`outbox.version`):
        of two records with one key, that with the higher version is the newer.
    """

    key: str
    kind: Kind
    document: str
    body: str
    created: datetime
    revision: str = ""
    quote: str = ""
    author: str = ""
    tags: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    start: int = 0
    placement: str = ""
    form: str = ""
    adoption: str = ""
    agreements: int | None = None
    answer: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Deletion:
    """The record with this key is to be deleted; `version` as in a record."""

    key: str
    version: int = 0


Change: TypeAlias = Record | Deletion


class Named(NamedTuple):
    """The content of a key; `document` is empty for annotations, whose ids are unique."""

    kind: Kind
    document: str
    id: str


def field_values(record: Record) -> dict[str, tuple[str, ...]]:
    """Return the values by which a query's value fields find `record`, each only once.

    Of values that compare equal, such as a tag in two cases, only the first is returned.
    """
    values = {
        "kind": (record.kind,),
        "document": (record.document,),
        "section": record.sections,
        "author": (record.author,),
        "name": _forms(record.author),
        "tag": record.tags,
        "placement": (record.placement,),
        "is": (record.form,),
        "adoption": (record.adoption,),
        "answer": (record.answer, *(["answered"] if record.answer not in ("", "none") else [])),
        "agreements": () if record.agreements is None else (counted(record.agreements),),
    }
    return {field: _distinct(field, spellings) for field, spellings in values.items()}


@lru_cache(maxsize=65_536)
def _forms(name: str) -> tuple[str, ...]:
    return tuple(forms(name))


@lru_cache(maxsize=65_536)
def _distinct(field: str, spellings: tuple[str, ...]) -> tuple[str, ...]:
    folded: dict[str, str] = {}
    for value in spellings:
        folded.setdefault(fold_field(field, value), value)
    folded.pop("", None)
    return tuple(folded.values())


def counted(number: int) -> str:
    """Format a number so that values sort by size: the count of its digits, then the digits."""
    return f"{len(str(number))}{number}"


def annotation_key(annotation_id: str) -> str:
    """Return the key of an annotation."""
    return f"a:{annotation_id}"


def provision_key(document: str, pid: str) -> str:
    """Return the key of a provision: a pid is unique only within its document."""
    return f"p:{document}:{pid}"


def read_key(key: str) -> Named:
    """Return the content of `key`. Raises ValueError if neither function above made it."""
    kind, _, rest = key.partition(":")
    if kind == "a" and rest:
        return Named("annotation", "", rest)
    document, _, pid = rest.rpartition(":")
    if kind == "p" and document and pid:
        return Named("provision", document, pid)
    raise ValueError(f"not a record's key: {key!r}")
