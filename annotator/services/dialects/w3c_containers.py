"""Containers of the W3C Web Annotation Protocol: the site, a document or a provision, in pages.

A page has PAGE places. On the pages of the site and of a document, places are ids: a deleted
annotation leaves its place empty, so that no page shifts. Reading a page walks an index from its
first key. The first keys, and how many annotations are shown before them, are cached and counted
again after each change; earlier first keys are kept unless an older id came in.

Whoever writes to one is the author, whatever creator the annotation names. Unlike in an import,
quoted words must be at their offsets.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import Select, SQLColumnExpression, and_, case, func, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from annotator.auth.permissions import Viewer, require
from annotator.config import Limits
from annotator.db import one_of
from annotator.errors import AnnotatorError, Conflict, Malformed, NotFound, Unacceptable
from annotator.formats import readership
from annotator.formats.w3c import NAME, SITE_PAGE, ResourceTarget, Sent
from annotator.models import WHOLE_DOCUMENT, Annotation, Coverage, Document, Edition, Origin, Target
from annotator.relocation import foreign_quotation
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.addressing import address_lookup
from annotator.services.annotations import drafts
from annotator.services.annotations.annotations import post as post_annotation
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded
from annotator.services.exchange import row_builder

PAGE = 100
_Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Container:
    """The commentary of the site, of the document of `loaded`, or on its provision `ordinal`."""

    loaded: Loaded | None = None
    ordinal: int = WHOLE_DOCUMENT

    @property
    def name(self) -> tuple[int, int, int]:
        """The cache key; a correction of pids changes it."""
        if self.loaded is None:
            return (0, 0, 0)
        if self.ordinal == WHOLE_DOCUMENT:
            return (self.loaded.document_id, 0, WHOLE_DOCUMENT)
        return (self.loaded.edition_id, self.loaded.revision, self.ordinal)


@dataclass(frozen=True, slots=True)
class ContainerCount:
    """The counts at a `state`; `modified` is when an annotation last changed.

    `starts` has the key of each page's first place, `before` the number of annotations shown on the
    pages before it, and `total` last.
    """

    state: int
    modified: datetime | None
    starts: tuple[_Key, ...]
    before: tuple[int, ...]

    @property
    def total(self) -> int:
        """The number of annotations shown."""
        return self.before[-1]

    @property
    def pages(self) -> list[int]:
        """The numbers of the pages that show something."""
        return [at for at, (count, after) in enumerate(pairwise(self.before)) if count < after]


def of_provision(session: Session, slug: str, pid: str) -> Container:
    """Return the container of a provision in the newest edition that has it. Raises NotFound."""
    loaded = editions.holding(session, slug, pid)
    return Container(loaded, loaded.ordinals[pid])


def survey(session: Session, container: Container) -> ContainerCount:
    """Return the counts of a container, cached until something changes."""
    states = select(func.coalesce(func.sum(Document.state), 0))
    if container.loaded is not None:
        states = states.where(Document.id == container.loaded.document_id)
    state = session.scalars(states).one()
    cache, key = session.info["cache"], ("container", container.name)
    cached: ContainerCount | None = cache.get(key)
    if cached is None or cached.state < state:
        cache[key] = cached = _counted(session, container, state, cached)
    return cached


def page(surveyed: ContainerCount, number: int) -> tuple[int, tuple[int | None, int | None]]:
    """Return the index of a page's first annotation, and the previous and next non-empty page.

    Raises NotFound past the last page.
    """
    if number >= max(1, len(surveyed.starts)):
        raise NotFound(f"There is no page {number}; start with the first.", field="page")
    shown = surveyed.pages
    before = max((at for at in shown if at < number), default=None)
    after = min((at for at in shown if at > number), default=None)
    return surveyed.before[number], (before, after)


def ids(session: Session, container: Container, surveyed: ContainerCount, number: int) -> list[str]:
    """Return the ids of the annotations of a page."""
    if number >= len(surveyed.starts):
        return []
    keys, rows = _walk(container)
    key, starts = tuple_(*keys), surveyed.starts[number : number + 2]
    query = rows.where(key >= tuple_(*starts[0]), Annotation.shown)
    if len(starts) > 1:
        query = query.where(key < tuple_(*starts[1]))
    return list(session.scalars(query.order_by(*keys)))


def _walk(container: Container) -> tuple[list[InstrumentedAttribute[Any]], Select[Any]]:
    """Return the sort keys of a container, and a query of its ids."""
    loaded = container.loaded
    if loaded is not None and container.ordinal != WHOLE_DOCUMENT:
        rows = select(Coverage.annotation_id).join(
            Annotation, Annotation.id == Coverage.annotation_id
        )
        rows = rows.where(
            Coverage.edition_id == loaded.edition_id, Coverage.provision == container.ordinal
        )
        return [Coverage.created, Coverage.annotation_id], rows
    rows = select(Annotation.id)
    if loaded is not None:
        rows = rows.where(Annotation.document_id == loaded.document_id)
    return [Annotation.id], rows


def _counted(
    session: Session, container: Container, state: int, earlier: ContainerCount | None
) -> ContainerCount:
    if container.ordinal == WHOLE_DOCUMENT:
        return _counted_by_ids(session, container, state, earlier)
    keys, rows = _walk(container)
    shown: SQLColumnExpression[int] = case((Annotation.shown, 1), else_=0)
    count, modified = session.execute(
        rows.with_only_columns(func.coalesce(func.sum(shown), 0), func.max(Annotation.modified))
    ).one()
    place = func.row_number().over(order_by=keys)
    shown_before = func.sum(shown).over(order_by=keys, rows=(None, -1))
    every = rows.with_only_columns(
        *keys, func.coalesce(shown_before, 0).label("before"), place.label("place")
    ).subquery()
    *columns, number = every.c
    query = select(*columns).where(number % PAGE == 1).order_by(number)
    starts = session.execute(query).all()
    before = (*(int(row[-1]) for row in starts), int(count))
    return ContainerCount(state, modified, tuple(tuple(row[:-1]) for row in starts), before)


def _counted_by_ids(
    session: Session, container: Container, state: int, earlier: ContainerCount | None
) -> ContainerCount:
    """Count where places are ids; every query reads an index."""
    _, rows = _walk(container)
    places = session.scalar(rows.with_only_columns(func.count(Annotation.id))) or 0
    starts = _continued(session, rows, earlier, places)
    if starts is None:
        number = func.row_number().over(order_by=Annotation.id).label("place")
        every = rows.with_only_columns(Annotation.id, number).subquery()
        query = select(every.c.id).where(every.c.place % PAGE == 1).order_by(every.c.id)
        starts = list(session.scalars(query))
    begins = one_of(Annotation.id, starts)
    query = rows.where(or_(~Annotation.shown, begins)).add_columns(begins, Annotation.shown)
    before: list[int] = []
    missing = 0
    for _, is_start, is_shown in session.execute(query.order_by(Annotation.id)):
        if is_start:
            before.append(len(before) * PAGE - missing)
        missing += not is_shown
    keys = tuple((ident,) for ident in starts)
    return ContainerCount(state, _modified(session, container), keys, (*before, places - missing))


def _continued(
    session: Session, rows: Select[Any], earlier: ContainerCount | None, places: int
) -> list[str] | None:
    """Return where pages begin if all newer ids follow those of `earlier`, else None."""
    if earlier is None or not earlier.starts:
        return None
    *full, last = (key[0] for key in earlier.starts)
    newer = places - len(full) * PAGE
    query = rows.where(Annotation.id >= last).order_by(Annotation.id).limit(newer + 1)
    behind = list(session.scalars(query))
    return [*full, *behind[::PAGE]] if len(behind) == newer else None


def _modified(session: Session, container: Container) -> datetime | None:
    """Return when an annotation last changed, from the index of each document."""
    latest = select(func.max(Annotation.modified)).where(Annotation.document_id == Document.id)
    moments = select(latest.correlate(Document).scalar_subquery().label("moment"))
    if container.loaded is not None:
        moments = moments.where(Document.id == container.loaded.document_id)
    else:
        moments = moments.select_from(Document)
    return max(filter(None, session.scalars(moments)), default=None)


def post(
    session: Session, viewer: Viewer, container: Container, sent: Sent, address: str,
    limits: Limits, key: str | None,
) -> tuple[str, bool]:  # fmt: skip
    """Store an annotation unless its author has sent it before; return its id, and if it is new.

    `address` is the site's, without a trailing slash. Raises what `annotations.post` does, Conflict
    if another account has sent it, and Unacceptable for a target outside the container.
    """
    require(viewer, "annotation.create")
    draft = _draft(session, container, sent, address)
    existing = _existing(session, viewer, sent)
    if existing is not None:
        return existing, False
    ident, new = post_annotation(session, viewer, draft, limits, key)
    if new:
        _check_container(session, container, ident)
        if sent.name:
            origin = {"via": sent.via} | ({"canonical": sent.canonical} if sent.canonical else {})
            original = json.dumps(origin, ensure_ascii=False)
            session.add(Origin(annotation_id=ident, via=sent.name, original=original))
    return ident, new


def require_public(sent: Sent, licence: str) -> None:
    """Raise Unacceptable for an annotation that is not public or not openly licensed."""
    readers = sent.readers
    if readers.why:
        raise Unacceptable(
            f"This annotation is not public: {readers.why}. Annotations here are public; send it "
            "without that if everyone may read it.", field=readers.field,
        )  # fmt: skip
    closed = readership.closed(readers.rights, licence)
    if closed:
        raise Unacceptable(
            f"{closed[:80]!a} is not a licence that this site recognises as open. Annotations "
            "here are "
            f"published under {licence}; leave out the rights to use it.", field="rights",
        )  # fmt: skip


def check_same(present: Sent, sent: Sent) -> None:
    """Raise Conflict if an update would change more than the body and the tags.

    An omitted name or motivation stays as it is.
    """
    differing = {
        "id": sent.id not in ("", present.id),
        "target": len(sent.aims) != len(present.aims)
        or not all(map(_same_aim, sent.aims, present.aims)),
        "motivation": sent.draft.motivation not in (None, present.draft.motivation),
        "canonical": sent.canonical not in ("", present.canonical),
        "via": not set(sent.via) <= {*present.via},
    }
    field = next((name for name, differs in differing.items() if differs), None)
    if field is not None:
        raise Conflict(
            f"The {field} of an annotation cannot change, only its words and tags. Fetch it "
            "again, and change only those.", field=field,
        )  # fmt: skip


def _same_aim(sent: ResourceTarget, present: ResourceTarget) -> bool:
    """Return whether a target is the present one; it may have fewer selectors."""
    if sent.quoted is None or present.quoted is None:
        return sent == present
    selectors = {name: value for name, value in asdict(sent.quoted).items()
                 if value not in (None, "")}  # fmt: skip
    return sent.source == present.source and selectors.items() <= asdict(present.quoted).items()


def _existing(session: Session, viewer: Viewer, sent: Sent) -> str | None:
    """Return the id of what the viewer has sent under the same name and not deleted."""
    origin = session.scalar(select(Origin).where(Origin.via == sent.name)) if sent.name else None
    if origin is None:
        return None
    row = session.get_one(Annotation, origin.annotation_id)
    if row.author_id != viewer.account:
        raise Conflict(
            f"{sent.name} already exists, by someone else.", field="id", annotation=row.id
        )
    if not row.deleted:
        return row.id
    session.delete(origin)
    session.flush()
    return None


def _draft(session: Session, container: Container, sent: Sent, address: str) -> Draft:
    aims = sent.aims
    in_text = container.loaded is not None  # words may be sent without a source
    named = [("target", aim.source) for aim in aims if aim.source or not (in_text and aim.quoted)]
    for field, name in named + [("id", name) for name in sent.names]:
        if not NAME.fullmatch(name):
            raise Unacceptable(f"{name[:80]!a} is not an address that can be stored.", field=field)
    if not aims or any(aim.unknown for aim in aims):
        raise Unacceptable(
            "A target is an address on this site, or selects words there with a "
            "TextQuoteSelector, a "
            "TextPositionSelector, or a provision's pid with a FragmentSelector.", field="target",
        )  # fmt: skip
    parent = _parent(session, aims[0], address)
    if parent is not None and len(aims) == 1:
        return replace(sent.draft, targets=(), in_reply_to=parent)
    if sent.answering:
        raise Unacceptable(f"It replies to {aims[0].source}, which does not exist.", field="target")
    one_text = len({aim.source for aim in aims}) == 1 and all(aim.quoted for aim in aims)
    if len(aims) > 1 and not one_text:
        raise Unacceptable(
            "All targets of an annotation must select words of one text and name it as their "
            "source.", field="target",
        )  # fmt: skip
    loaded, ordinal, counted = _place(session, container, aims[0].source, address)
    targets = tuple(_target(loaded, ordinal, aim, counted=counted) for aim in aims if aim.quoted)
    if not targets and ordinal is not None:
        targets = (DraftTarget(pid=loaded.pids[ordinal]),)
    return replace(sent.draft, document=loaded.slug, edition=loaded.label, targets=targets,
                   in_reply_to=None)  # fmt: skip


def _parent(session: Session, aim: ResourceTarget, address: str) -> str | None:
    if aim.quoted is not None:
        return None
    page = SITE_PAGE.search(aim.source) if aim.source.startswith(f"{address}/w3c/") else None
    if page:
        return page["id"] if session.get(Annotation, page["id"]) else None
    return session.scalar(select(Origin.annotation_id).where(Origin.via == aim.source))


def _place(
    session: Session, container: Container, source: str, address: str
) -> tuple[Loaded, int | None, bool]:
    """Return the edition of an address, the provision, and whether offsets count in its text.

    Without a source it is the text of the container. Raises Unacceptable.
    """
    if not source and container.loaded is not None:
        whole = container.ordinal == WHOLE_DOCUMENT
        return container.loaded, None if whole else container.ordinal, False
    try:
        page, loaded, ordinal = None, None, None
        if source.startswith(f"{address}/"):
            page = address_lookup.read_url(source.removeprefix(address))
            if page is not None:
                loaded, ordinal = address_lookup.find_page(session, page)
        elif source:
            loaded = row_builder.by_source(session, source)
    except AnnotatorError as error:
        raise Unacceptable(str(error), field="target") from error
    if loaded is None:
        raise Unacceptable(
            f"No text of this site is at {source!r}. A source is the plain text of an edition "
            "(/api/documents/SLUG/editions/LABEL/text) or a page (/d/SLUG@LABEL, /d/SLUG/p/PID).",
            field="target",
        )
    if ordinal is None:
        ordinal = loaded.ordinals.get(source.partition("#")[2])
    return loaded, ordinal, page is not None and page.is_text


def _target(
    loaded: Loaded, ordinal: int | None, aim: ResourceTarget, *, counted: bool
) -> DraftTarget:
    """Return the target of a draft; offsets in a page are a hint, those in the text must fit."""
    quoted = aim.quoted
    assert quoted is not None  # noqa: S101  the caller checks it
    numbers = [each for each in (quoted.start, quoted.end) if each is not None]
    if not (all(type(each) is int for each in numbers)
            and isinstance(quoted.exact, str | None)):  # fmt: skip
        raise Malformed("Offsets must be whole numbers, and quoted words a string.", field="target")
    if counted or quoted.pid is not None:
        return quoted
    if not quoted.exact:
        raise Unacceptable(
            "Offsets count in the plain text of an edition; name that as the source, or quote the "
            "words.", field="target",
        )  # fmt: skip
    within = None if ordinal is None else loaded.parsed.provisions[ordinal]
    span = foreign_quotation.find_one(loaded.parsed.text, drafts.quotation(quoted), within)
    if span is not None:
        return DraftTarget(span.start, span.end)
    return replace(quoted, start=None, end=None)


def _check_container(session: Session, container: Container, ident: str) -> None:
    """Raise Unacceptable unless an annotation belongs in a container."""
    loaded, row = container.loaded, session.get_one(Annotation, ident)
    if loaded is None:
        return
    fits = row.document_id == loaded.document_id
    if fits and container.ordinal != WHOLE_DOCUMENT:
        fits = _concerns(session, container.ordinal, loaded, row)
    if not fits:
        raise Unacceptable(
            "The target does not belong to this container. Send it to /w3c/, or to the container "
            "of its target.", field="target",
        )  # fmt: skip


def _concerns(session: Session, ordinal: int, loaded: Loaded, row: Annotation) -> bool:
    """Return whether an annotation or its thread is on or in a provision."""
    if row.in_reply_to is not None:
        key = (loaded.edition_id, ordinal, row.thread_id)
        columns = tuple_(Coverage.edition_id, Coverage.provision, Coverage.annotation_id)
        return session.scalar(select(Coverage.annotation_id).where(columns == key)) is not None
    made_on = editions.load(session, session.get_one(Edition, row.edition_id))
    made_at = made_on.ordinals.get(loaded.pids[ordinal])
    if made_at is None:
        return False
    provision = made_on.parsed.provisions[made_at]
    within = and_(Target.start >= provision.start, Target.end <= provision.end)
    spans = session.scalars(select(within).where(Target.annotation_id == row.id)).all()
    return bool(spans) and all(spans)
