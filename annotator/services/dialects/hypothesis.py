"""The search of the Hypothesis API, version 1, over the public annotations of this site."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import SQLColumnExpression, and_, false, func, literal, or_, select
from sqlalchemy.orm import Session

from annotator.db import one_of
from annotator.errors import AnnotatorError, Malformed
from annotator.formats.hypothesis import GROUP
from annotator.models import WHOLE_DOCUMENT, Account, Annotation, Coverage, Tag
from annotator.schemas.annotations import AnnotationValue
from annotator.services.accounts import accounts
from annotator.services.addressing import address_lookup
from annotator.services.annotations import annotation_loader
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded

SORTS = {"created": Annotation.created, "updated": Annotation.modified, "id": Annotation.id,
         "user": Account.name, "group": literal(GROUP)}  # fmt: skip
MAX_OFFSET = 9800
MAX_PATTERN = 1000  # characters of an address pattern; addresses here are shorter
BETWEEN_PARTS = re.compile(r"[#+/:=?.-]")


@dataclass(frozen=True, slots=True)
class QueryPlace:
    """An edition with the ordinal of a provision, or WHOLE_DOCUMENT."""

    loaded: Loaded
    ordinal: int = WHOLE_DOCUMENT


@dataclass(frozen=True, slots=True)
class HypothesisQuery:
    """A search; None does not narrow, and an empty list finds nothing.

    `among` are the ids that a full-text query found. `after` is the value of the sort field after
    which the page begins. `heads_only` leaves out replies.
    """

    places: Sequence[QueryPlace] | None = None
    authors: Sequence[str] | None = None
    tags: Sequence[str] = ()
    among: tuple[str, ...] | None = None
    references: Sequence[str] | None = None
    sort: str = "updated"
    descending: bool = True
    after: datetime | str | None = None
    offset: int = 0
    limit: int = 20
    heads_only: bool = False


@dataclass(frozen=True, slots=True)
class HypothesisPage:
    """A page of hits; `total` counts all hits of the query.

    `references` has the ancestors of each reply, the head of the thread first.
    """

    total: int
    items: list[AnnotationValue]
    references: dict[str, list[str]]


def search(session: Session, search_query: HypothesisQuery) -> HypothesisPage:
    """Return a page of annotations, placed in the edition that the query names, if it is one."""
    where = list(_where(session, search_query))
    count = select(func.count()).select_from(Annotation).where(*where)
    key = SORTS[search_query.sort]
    query = select(Annotation.id).where(*where)
    if search_query.sort == "user":
        query = query.join(Account, Account.id == Annotation.author_id)
    if search_query.after is not None:
        query = query.where(
            key < search_query.after if search_query.descending else key > search_query.after
        )
    order = [key.desc(), Annotation.id.desc()] if search_query.descending else [key, Annotation.id]
    ids = session.scalars(
        query.order_by(*order).offset(search_query.offset).limit(search_query.limit)
    ).all()
    items = annotation_loader.read(session, ids, _edition(search_query.places))
    return HypothesisPage(session.scalar(count) or 0, items, references(session, items))


def replies(
    session: Session, heads: Sequence[AnnotationValue], places: Sequence[QueryPlace] | None
) -> HypothesisPage:
    """Return all replies in the threads of some annotations, oldest first."""
    among = [head.thread for head in heads]
    where = (one_of(Annotation.thread_id, among), Annotation.in_reply_to.is_not(None))
    query = select(Annotation.id).where(*where, Annotation.shown)
    ids = session.scalars(query.order_by(Annotation.created, Annotation.id)).all()
    items = annotation_loader.read(session, ids, _edition(places))
    return HypothesisPage(len(items), items, references(session, items))


def references(session: Session, items: Sequence[AnnotationValue]) -> dict[str, list[str]]:
    """Return the ids of the ancestors of each reply, the head of its thread first."""
    threads = {item.thread for item in items if item.in_reply_to}
    query = select(Annotation.id, Annotation.in_reply_to).where(
        one_of(Annotation.thread_id, threads)
    )
    parents = dict(session.execute(query).all())
    return {item.id: _ancestors(item.in_reply_to, parents) for item in items if item.in_reply_to}


def _ancestors(ident: str | None, parents: dict[str, str | None]) -> list[str]:
    line: list[str] = []
    while ident is not None:
        line.insert(0, ident)
        ident = parents.get(ident)
    return line


def _edition(places: Sequence[QueryPlace] | None) -> Loaded | None:
    named = {place.loaded.edition_id: place.loaded for place in places or ()}
    return next(iter(named.values())) if len(named) == 1 else None


def _where(session: Session, search_query: HypothesisQuery) -> Iterator[SQLColumnExpression[bool]]:
    yield Annotation.listed  # has an index; all that is shown is listed
    yield Annotation.shown
    if search_query.places is not None:
        yield or_(false(), *map(_within, search_query.places))
    if search_query.authors is not None:
        authors = (accounts.find(session, name) for name in search_query.authors)
        yield Annotation.author_id.in_([row.id for row in authors if row and not row.left])
    for tag in search_query.tags:
        yield Annotation.id.in_(select(Tag.annotation_id).where(Tag.tag == tag))
    if search_query.among is not None:
        yield one_of(Annotation.id, search_query.among)
    if search_query.references is not None:
        yield one_of(Annotation.id, _descendants(session, search_query.references))
    if search_query.heads_only:
        yield Annotation.in_reply_to.is_(None)


def _within(place: QueryPlace) -> SQLColumnExpression[bool]:
    if place.ordinal == WHOLE_DOCUMENT:
        return Annotation.document_id == place.loaded.document_id
    covered = select(Coverage.annotation_id).where(
        Coverage.edition_id == place.loaded.edition_id, Coverage.provision == place.ordinal
    )
    return and_(Annotation.document_id == place.loaded.document_id, Annotation.id.in_(covered))


def _descendants(session: Session, ids: Sequence[str]) -> list[str]:
    threads = select(Annotation.thread_id).where(one_of(Annotation.id, ids))
    query = select(Annotation.id, Annotation.in_reply_to).where(Annotation.thread_id.in_(threads))
    parents = dict(session.execute(query).all())
    return [ident for ident, parent in parents.items()
            if not set(ids).isdisjoint(_ancestors(parent, parents))]  # fmt: skip


def places(
    session: Session,
    address: str,
    *,
    uris: Sequence[str] = (),
    patterns: Sequence[str] = (),
    parts: Sequence[str] = (),
) -> list[QueryPlace]:
    """Return the places that addresses name: pages of this site, or sources of editions.

    `uris` are whole addresses, `patterns` those of `compile_pattern`, `parts` words of an address.
    Other addresses are skipped. Raises Malformed.
    """
    expressions = [compile_pattern(pattern) for pattern in patterns]
    addresses = list(_addresses(session, address))
    named: list[QueryPlace] = []
    for uri in uris:
        same = [place for name, place in addresses if name == plain(uri)]
        named += same[-1:] or _page(session, uri, address)
    pages: dict[int, QueryPlace] = {}
    for name, place in addresses:
        if any(each.fullmatch(name) for each in expressions) or not set(parts).isdisjoint(
            BETWEEN_PARTS.split(name)
        ):
            pages[place.loaded.document_id] = place
    distinct = {(place.loaded.edition_id, place.ordinal): place
                for place in [*named, *pages.values()]}  # fmt: skip
    return list(distinct.values())


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile an address pattern in which `*` is any text and `_` any character.

    Text between two `*` is matched once, from the left (an atomic group): the time is at most the
    product of both lengths. Raises Malformed.
    """
    if len(pattern) > MAX_PATTERN:
        message = f"wildcard_uri is {len(pattern)} characters long; the limit is {MAX_PATTERN}."
        raise Malformed(message, field="wildcard_uri")
    first, *rest = [re.escape(each).replace("_", ".") for each in plain(pattern).split("*")]
    if not rest:
        return re.compile(first, re.DOTALL)
    *middle, last = rest
    groups = "".join(f"(?>.*?{each})" for each in middle if each)
    return re.compile(f"{first}{groups}.*{last}", re.DOTALL)


def plain(uri: str) -> str:
    """Return an address without scheme, fragment and trailing slash."""
    return uri.partition("#")[0].partition("://")[2].rstrip("/") or uri


def _addresses(session: Session, address: str) -> Iterator[tuple[str, QueryPlace]]:
    base = plain(address)
    for item in editions.summaries(session):
        for label in item.editions:
            loaded = editions.labelled(session, item.slug, label)
            yield f"{base}/d/{item.slug}@{label}", QueryPlace(loaded)
            for source in {loaded.source_url, loaded.page} - {""}:
                yield plain(source), QueryPlace(loaded)
        newest = editions.newest(session, item.slug)
        yield f"{base}/d/{item.slug}", QueryPlace(newest)


def _page(session: Session, uri: str, address: str) -> list[QueryPlace]:
    base = plain(address)
    page = address_lookup.read_url(plain(uri).removeprefix(base))
    if page is None or page.is_text or not plain(uri).startswith(f"{base}/"):
        return []
    try:
        loaded, ordinal = address_lookup.find_page(session, page)
    except AnnotatorError:
        return []
    return [QueryPlace(loaded, WHOLE_DOCUMENT if ordinal is None else ordinal)]
