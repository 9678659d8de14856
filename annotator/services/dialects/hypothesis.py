"""What scripts and clients made for Hypothesis ask for, looked up among the commentary here.

After the search of the Hypothesis API, version 1. Only what anyone may read is found.
"""

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
MOST_OFFSET = 9800
MOST_PATTERN = 1000  # characters of a pattern for addresses; those of pages here are shorter
BETWEEN_PARTS = re.compile(r"[#+/:=?.-]")


@dataclass(frozen=True, slots=True)
class QueryPlace:
    """Where commentary is asked for: an edition, and the ordinal of a provision, or -1 for all."""

    loaded: Loaded
    ordinal: int = WHOLE_DOCUMENT


@dataclass(frozen=True, slots=True)
class HypothesisQuery:
    """What is asked for; None does not narrow, and an empty list finds nothing.

    `among` are the ids that a full-text query found. `after` is the value of the sort's field after
    which to begin. `heads_only` leaves replies out.
    """

    places: Sequence[QueryPlace] | None = None
    authors: Sequence[str] | None = None
    tags: Sequence[str] = ()
    among: frozenset[str] | None = None
    references: Sequence[str] | None = None
    sort: str = "updated"
    descending: bool = True
    after: datetime | str | None = None
    offset: int = 0
    limit: int = 20
    heads_only: bool = False


@dataclass(frozen=True, slots=True)
class HypothesisPage:
    """A page: `total` counts all that is asked for, wherever the page begins.

    `references` names, for each reply, what it answers, the head of the thread first.
    """

    total: int
    items: list[AnnotationValue]
    references: dict[str, list[str]]


def search(session: Session, asked: HypothesisQuery) -> HypothesisPage:
    """Return a page of annotations, placed in the edition asked for where that is one."""
    where = list(_where(session, asked))
    count = select(func.count()).select_from(Annotation).where(*where)
    key = SORTS[asked.sort]
    query = select(Annotation.id).where(*where)
    if asked.sort == "user":
        query = query.join(Account, Account.id == Annotation.author_id)
    if asked.after is not None:
        query = query.where(key < asked.after if asked.descending else key > asked.after)
    order = [key.desc(), Annotation.id.desc()] if asked.descending else [key, Annotation.id]
    ids = session.scalars(query.order_by(*order).offset(asked.offset).limit(asked.limit)).all()
    items = annotation_loader.read(session, ids, _edition(asked.places))
    return HypothesisPage(session.scalar(count) or 0, items, references(session, items))


def replies(
    session: Session, heads: Sequence[AnnotationValue], places: Sequence[QueryPlace] | None
) -> HypothesisPage:
    """Return all replies in the threads of some annotations, as they were written."""
    among = [head.thread for head in heads]
    where = (one_of(session, Annotation.thread_id, among), Annotation.in_reply_to.is_not(None))
    query = select(Annotation.id).where(*where, Annotation.shown)
    ids = session.scalars(query.order_by(Annotation.created, Annotation.id)).all()
    items = annotation_loader.read(session, ids, _edition(places))
    return HypothesisPage(len(items), items, references(session, items))


def references(session: Session, items: Sequence[AnnotationValue]) -> dict[str, list[str]]:
    """Name what each reply answers, and what that answers, up to the head of its thread."""
    threads = {item.thread for item in items if item.in_reply_to}
    query = select(Annotation.id, Annotation.in_reply_to).where(
        one_of(session, Annotation.thread_id, threads)
    )
    parents = dict(session.execute(query).all())
    return {item.id: _up(item.in_reply_to, parents) for item in items if item.in_reply_to}


def _up(ident: str | None, parents: dict[str, str | None]) -> list[str]:
    line: list[str] = []
    while ident is not None:
        line.insert(0, ident)
        ident = parents.get(ident)
    return line


def _edition(places: Sequence[QueryPlace] | None) -> Loaded | None:
    named = {place.loaded.edition_id: place.loaded for place in places or ()}
    return next(iter(named.values())) if len(named) == 1 else None


def _where(session: Session, asked: HypothesisQuery) -> Iterator[SQLColumnExpression[bool]]:
    yield Annotation.listed  # it has an index, and all that is shown is listed
    yield Annotation.shown
    if asked.places is not None:
        yield or_(false(), *map(_within, asked.places))
    if asked.authors is not None:
        found = (accounts.find(session, name) for name in asked.authors)
        yield Annotation.author_id.in_([it.id for it in found if it and not it.left])
    for tag in asked.tags:
        yield Annotation.id.in_(select(Tag.annotation_id).where(Tag.tag == tag))
    if asked.among is not None:
        yield one_of(session, Annotation.id, asked.among)
    if asked.references is not None:
        yield one_of(session, Annotation.id, _answering(session, asked.references))
    if asked.heads_only:
        yield Annotation.in_reply_to.is_(None)


def _within(place: QueryPlace) -> SQLColumnExpression[bool]:
    if place.ordinal == WHOLE_DOCUMENT:
        return Annotation.document_id == place.loaded.document_id
    covered = select(Coverage.annotation_id).where(
        Coverage.edition_id == place.loaded.edition_id, Coverage.provision == place.ordinal
    )
    return and_(Annotation.document_id == place.loaded.document_id, Annotation.id.in_(covered))


def _answering(session: Session, ids: Sequence[str]) -> list[str]:
    """Name all that answers one of `ids`, or answers an answer to it."""
    threads = select(Annotation.thread_id).where(one_of(session, Annotation.id, ids))
    query = select(Annotation.id, Annotation.in_reply_to).where(Annotation.thread_id.in_(threads))
    parents = dict(session.execute(query).all())
    return [it for it, parent in parents.items() if not set(ids).isdisjoint(_up(parent, parents))]


def places(
    session: Session,
    address: str,
    *,
    uris: Sequence[str] = (),
    patterns: Sequence[str] = (),
    parts: Sequence[str] = (),
) -> list[QueryPlace]:
    """Return what addresses name: pages of this site, or the pages that editions came from.

    `uris` are whole addresses, `patterns` are those of `compile_pattern`, and `parts` are words of
    an address. An address of nothing here finds nothing and is no error. Raises Malformed.
    """
    fitting = [compile_pattern(pattern) for pattern in patterns]
    known = list(_known(session, address))
    found: list[QueryPlace] = []
    for uri in uris:
        here = [place for name, place in known if name == plain(uri)]
        found += here[-1:] or _page(session, uri, address)
    pages: dict[int, QueryPlace] = {}
    for name, place in known:
        if any(each.fullmatch(name) for each in fitting) or not set(parts).isdisjoint(
            BETWEEN_PARTS.split(name)
        ):
            pages[place.loaded.document_id] = place
    once = {(place.loaded.edition_id, place.ordinal): place for place in [*found, *pages.values()]}
    return list(once.values())


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Return the expression for an address in which `*` is any text and `_` any character.

    What stands between two `*` is looked for once, from the left, and never again (an atomic
    group): the time is the product of both lengths at most. Raises Malformed.
    """
    if len(pattern) > MOST_PATTERN:
        message = f"wildcard_uri is {len(pattern)} characters long; the most is {MOST_PATTERN}."
        raise Malformed(message, field="wildcard_uri")
    first, *others = [re.escape(each).replace("_", ".") for each in plain(pattern).split("*")]
    if not others:
        return re.compile(first, re.DOTALL)
    *middle, last = others
    groups = "".join(f"(?>.*?{each})" for each in middle if each)
    return re.compile(f"{first}{groups}.*{last}", re.DOTALL)


def plain(uri: str) -> str:
    """Write an address without what makes no difference: scheme, fragment, a slash at the end."""
    return uri.partition("#")[0].partition("://")[2].rstrip("/") or uri


def _known(session: Session, address: str) -> Iterator[tuple[str, QueryPlace]]:
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
    """Find the provision whose page an address is."""
    base = plain(address)
    page = address_lookup.read_url(plain(uri).removeprefix(base))
    if page is None or page.is_text or not plain(uri).startswith(f"{base}/"):
        return []
    try:
        loaded, ordinal = address_lookup.find_page(session, page)
    except AnnotatorError:
        return []
    return [QueryPlace(loaded, WHOLE_DOCUMENT if ordinal is None else ordinal)]
