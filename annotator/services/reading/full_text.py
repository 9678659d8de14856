"""Full-text search over commentary and provisions, with the data of the hits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from annotator.db import one_of, strings
from annotator.errors import Unacceptable, Unavailable
from annotator.models import Annotation, Document, Edition, Provision, Tag
from annotator.schemas.annotations import Annotations, AnnotationValue
from annotator.schemas.queries import (
    FacetOption,
    Facets,
    FoundAnnotation,
    FoundProvision,
    Fragment,
    Results,
)
from annotator.search import nodes, outbox
from annotator.search import query as language
from annotator.search.analysis import fold_field
from annotator.search.engine import MAX_LIMIT, SORTS, Engine, FacetCount, Hit, Sort
from annotator.search.nodes import Created, Node, Query, Value
from annotator.search.record import KINDS, Named, annotation_key, read_key
from annotator.services.accounts import accounts
from annotator.services.annotations import annotation_loader, listings
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions, provisions
from annotator.services.editions.provisions import ProvisionView

BUILDING = "The search index is being built. Try again in a minute; everything else works."
BUILDING_SECONDS = 30
APPROXIMATE = "The counts of the filters are approximate."
TITLES = select(Document.slug, Document.title)
# Sections are labelled with their headings in the latest edition that has them.
HEADINGS = (
    select(Document.slug, Provision.slug, Provision.attributes)
    .join(Edition, Edition.id == Provision.edition_id)
    .join(Document, Document.id == Edition.document_id)
    .where(one_of(Provision.slug, strings("slugs")))
    .order_by(Edition.sequence)
)
BY_TIME: dict[str, Sort] = {"newest": "newest", "oldest": "oldest"}
IN_USE = exists().where(Tag.annotation_id == Annotation.id, Annotation.shown)


def search(
    session: Session,
    engine: Engine,
    text: str,
    *,
    document: str | None = None,
    kinds: Collection[str] | None = None,
    sort: str = "relevance",
    cursor: str | None = None,
    limit: int = 20,
) -> Results:
    """Search with the query `text` (see `search.query`), optionally in one document.

    Raises Malformed for a broken query, NotFound for an unknown document, Unavailable for a search
    that takes too long.
    """
    if document is not None:
        editions.document(session, document)
    require_index(session, engine)
    if kinds is not None and set(kinds) - set(KINDS):
        raise Unacceptable(f"kind must be one of {', '.join(KINDS)}.", field="kind")
    if sort not in SORTS:
        raise Unacceptable(f"sort must be one of {', '.join(SORTS)}, not {sort!r}.", field="sort")
    query = nodes.narrowed(_query(session, text), document, kinds)
    page = engine.search(query, sort=sort, after=cursor, limit=limit)
    named = [(read_key(hit.key), hit) for hit in page.hits]
    shown = _shown(session, [name for name, _ in named])
    items = [_item(hit, shown[name]) for name, hit in named if name in shown]
    return Results(
        total=page.total - (len(named) - len(items)),
        items=items,
        next=page.next,
        facets=_labelled(session, document, page.facets),
        notes=() if page.facets_exact else (APPROXIMATE,),
    )


def _item(hit: Hit, shown: AnnotationValue | ProvisionView) -> FoundAnnotation | FoundProvision:
    words: dict[str, Any] = {
        "score": round(hit.score, 4),
        "snippet": "".join(piece.text for piece in hit.snippet),
        "fragments": tuple(Fragment(text=piece.text, hit=piece.is_hit) for piece in hit.snippet),
    }
    if isinstance(shown, AnnotationValue):
        return FoundAnnotation(**dict(shown), **words)
    return FoundProvision.from_attributes(shown, kind="provision", **words)


def among(
    session: Session,
    engine: Engine,
    text: str,
    document: str | None = None,
    also: Sequence[Node] = (),
) -> tuple[str, ...]:
    """Return the ids of all annotations that a query and `also` find, ascending.

    Raises Malformed.
    """
    require_index(session, engine)
    query = nodes.narrowed(_query(session, text), document, KINDS[:1], also)
    begin = len(annotation_key(""))
    return tuple(key[begin:] for key in engine.keys(query))


def suggestions(
    session: Session, engine: Engine, text: str, document: str, ids: Collection[str] | None
) -> list[str]:
    """Return the suggestions on a document that match a query, if not None only those of `ids`."""
    found = {*among(session, engine, text, document)}
    every = among(session, engine, "is:suggestion", document)
    return [ident for ident in every if ident in found and (ids is None or ident in ids)]


def page(
    session: Session,
    engine: Engine,
    narrow: Filter,
    sort: str = "oldest",
    cursor: str | None = None,
    limit: int = 50,
) -> Annotations:
    """Return a page of `listings.page`; hits of a query are sorted by time in the engine.

    It counts its records, so that nothing grows with the number of hits. Other sorts and filters
    need rows of the database for each of them.
    """
    dated = Filter(narrow.document, q=narrow.q, after=narrow.after, before=narrow.before)
    if not narrow.q or narrow != dated or sort not in BY_TIME:
        found = with_hits(session, engine, narrow)
        return listings.page(session, found, sort, cursor, limit)
    if narrow.document is not None:
        editions.document(session, narrow.document)
    require_index(session, engine)
    query = _query(session, narrow.q)
    query = nodes.narrowed(query, narrow.document, KINDS[:1], _created(narrow))
    hits = engine.search(
        query, sort=BY_TIME[sort], after=cursor, limit=min(limit, MAX_LIMIT), facets=False,
        snippets=False,
    )  # fmt: skip
    names = [read_key(hit.key) for hit in hits.hits]
    shown = _shown(session, names)
    items = [item for name in names if isinstance(item := shown.get(name), AnnotationValue)]
    gone = len(names) - len(items)
    return Annotations(total=hits.total - gone, items=[*items], next=hits.next)


def with_hits(session: Session, engine: Engine, narrow: Filter) -> Filter:
    """Return a filter with the hits of its query. Raises Malformed, Unavailable.

    The engine leaves out those of other authors, tags and times, so that they are not gathered.
    """
    if not narrow.q:
        return narrow
    also: list[Node] = _created(narrow)
    account = None if narrow.author is None else accounts.find(session, narrow.author)
    if account is not None:
        also.append(Value("author", fold_field("author", account.name)))
    if narrow.tag and "," not in narrow.tag:  # otherwise it may be several
        also.append(Value("tag", fold_field("tag", narrow.tag.strip())))
    return replace(narrow, among=among(session, engine, narrow.q, narrow.document, also))


def _created(narrow: Filter) -> list[Node]:
    return [Created(narrow.after, narrow.before)] if narrow.after or narrow.before else []


def require_index(session: Session, engine: Engine) -> None:
    """Raise Unavailable while the index of this database is being built."""
    if not index_ready(session, engine):
        raise Unavailable(BUILDING, retry_after=BUILDING_SECONDS)


def index_ready(session: Session, engine: Engine) -> bool:
    """Return whether the engine has an index of this database. Raises Unavailable."""
    return engine.ready() and not outbox.needs_rebuild(session, engine.index)


def index_problem(session: Session, engine: Engine) -> str:
    """Return why nothing can be searched; empty if it can."""
    try:
        require_index(session, engine)
    except Unavailable as error:
        return error.message
    return ""


def _query(session: Session, text: str) -> Query:
    """Parse a query; a former name of an author matches all names of the author."""
    query = language.parse(text)
    authors = nodes.authors(query.root)
    names = accounts.present_names(session, authors) if authors else {}
    return replace(query, root=nodes.also_named(query.root, names)) if names else query


def _shown(
    session: Session, names: Sequence[Named]
) -> dict[Named, AnnotationValue | ProvisionView]:
    """Return the hits, except those deleted or hidden since they were indexed."""
    shown: dict[Named, AnnotationValue | ProvisionView] = {}
    annotations = {name.id: name for name in names if name.kind == "annotation"}
    for annotation in annotation_loader.read(session, list(annotations)):
        if annotation.shown:
            shown[annotations[annotation.id]] = annotation
    cited = [name for name in names if name.kind == "provision"]
    newest = {slug: editions.newest(session, slug) for slug in {name.document for name in cited}}
    for name in cited:
        loaded = newest[name.document]
        if name.id in loaded.ordinals:
            shown[name] = provisions.view(loaded, loaded.ordinals[name.id])
    return shown


def _labelled(
    session: Session, document: str | None, facets: Mapping[str, tuple[FacetCount, ...]]
) -> Facets:
    connection = session.connection()
    values = {name: [facet.value for facet in found] for name, found in facets.items()}
    headings = connection.execute(HEADINGS, {"slugs": values.get("section", ())})
    labels: dict[str, dict[Any, str]] = {
        "document": {row.slug: row.title for row in connection.execute(TITLES)},
        "section": {slug: attributes.get("title") or slug or ""
                    for of, slug, attributes in headings if document in (None, of)},
    }  # fmt: skip
    tags = values.get("tag", [])
    if tags and outbox.waiting(session):  # the index may have tags of comments hidden since
        used = connection.execute(select(*(IN_USE.where(Tag.tag == tag) for tag in tags))).one()
        tags = [tag for tag, is_used in zip(tags, used, strict=True) if is_used]
    shown = {
        name: [
            FacetOption(
                value=facet.value,
                label=labels.get(name, {}).get(facet.value, facet.value),
                count=facet.count,
            )
            for facet in facets.get(name, ())
            if name != "tag" or facet.value in tags
        ]
        for name in Facets.model_fields
    }
    return Facets(**shown)
