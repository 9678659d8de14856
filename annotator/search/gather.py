"""The database's present state as records for the search index.

Every record is made anew from the rows; nothing is carried over from the index. Annotations are
described by their place in the newest edition of their document.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from hashlib import blake2b
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session, undefer

from annotator import markup
from annotator.documents.parsed import own_words
from annotator.models import (
    WHOLE_DOCUMENT,
    Account,
    Annotation,
    Document,
    Edition,
    Pid,
    Placement,
    Provision,
    Tag,
    Target,
)
from annotator.search.record import Deletion, Record, annotation_key, provision_key

BATCH = 500
LONGEST_QUOTE = 2_000


@dataclass(frozen=True)
class _Newest:
    """The newest edition of a document: its text, and its provisions in order."""

    slug: str
    edition_id: int
    text: str
    provisions: Sequence[Provision]

    def sections(self, ordinal: int) -> tuple[str, ...]:
        """Name the sections that a provision stands in by their slugs, outermost first."""
        slugs: list[str] = []
        at = None if ordinal == WHOLE_DOCUMENT else ordinal
        while at is not None:
            provision = self.provisions[at]
            if provision.slug is not None:
                slugs.insert(0, provision.slug)
            at = provision.parent
        return tuple(slugs)

    def start_of(self, place: Row[Any] | None) -> int:
        """Return where a placement begins; 0 for what stands nowhere in particular."""
        if place is None or place.start is not None:
            return 0 if place is None else int(place.start)
        return 0 if place.provision == WHOLE_DOCUMENT else self.provisions[place.provision].start


class Gatherer:
    """Makes records in one database session; keeps the newest editions it has read."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._newest: dict[int, _Newest] = {}

    def annotations(self, ids: Sequence[str]) -> list[Record | Deletion]:
        """Return what the index should hold of these annotations: a record, or that it is gone."""
        rows = {row.id: row for row in self._session.execute(_living(ids))}
        tags = _grouped(
            self._session.execute(
                select(Tag.annotation_id, Tag.tag)
                .where(Tag.annotation_id.in_(rows))
                .order_by(Tag.annotation_id, Tag.ordinal)
            )
        )
        heads = {row.thread_id for row in rows.values()}
        targets = _grouped(
            self._session.execute(
                select(Target.annotation_id, Target.exact, Target.start, Target.end, Target.pid)
                .where(Target.annotation_id.in_(heads))
                .order_by(Target.annotation_id, Target.ordinal)
            )
        )
        places = self._places(heads, {row.document_id for row in rows.values()})
        return [
            self._annotation(rows[ident], tags[ident], targets, places)
            if ident in rows
            else Deletion(annotation_key(ident))
            for ident in ids
        ]

    def _places(self, heads: set[str], documents: set[int]) -> dict[str, list[Row[Any]]]:
        editions = [self.newest(document).edition_id for document in documents]
        query = select(
            Placement.annotation_id, Placement.start, Placement.provision, Placement.verdict
        )
        return _grouped(
            self._session.execute(
                query.where(
                    Placement.annotation_id.in_(heads), Placement.edition_id.in_(editions)
                ).order_by(Placement.annotation_id, Placement.ordinal)
            )
        )

    def _annotation(
        self,
        row: Row[Any],
        tags: list[Row[Any]],
        targets: dict[str, list[Row[Any]]],
        places: dict[str, list[Row[Any]]],
    ) -> Record:
        newest = self.newest(row.document_id)
        place = next(iter(places[row.thread_id]), None)
        own = targets[row.id]
        sections = dict.fromkeys(
            slug for where in places[row.thread_id] for slug in newest.sections(where.provision)
        )
        return _marked(
            Record(
                key=annotation_key(row.id),
                kind="annotation",
                document=newest.slug,
                body=markup.plain(row.body or ""),
                created=row.created,
                revision="",
                quote="\n".join(_quote(target, newest) for target in own),
                author=row.name,
                tags=tuple(dict.fromkeys(tag.tag for tag in tags)),
                sections=tuple(sections),
                start=newest.start_of(place),
                placement=place.verdict if place is not None and own else "",
            )
        )

    def provisions(self, document_id: int) -> list[Record | Deletion]:
        """Return the provisions of the newest edition, and that those retired are gone."""
        newest = self.newest(document_id)
        added = self._session.get_one(Edition, newest.edition_id).added
        living = {provision.pid for provision in newest.provisions}
        every = self._session.scalars(select(Pid.pid).where(Pid.document_id == document_id))
        gone = [Deletion(provision_key(newest.slug, pid)) for pid in every if pid not in living]
        records = [
            _marked(
                Record(
                    key=provision_key(newest.slug, provision.pid),
                    kind="provision",
                    document=newest.slug,
                    body=own_words(newest.text, newest.provisions, provision.ordinal),
                    created=added,
                    revision="",
                    sections=newest.sections(provision.ordinal),
                    start=provision.start,
                )
            )
            for provision in newest.provisions
        ]
        return [*gone, *records]

    def newest(self, document_id: int) -> _Newest:
        """Read the newest edition of a document, once."""
        if document_id not in self._newest:
            edition = self._session.scalars(
                select(Edition)
                .where(Edition.document_id == document_id)
                .order_by(Edition.sequence.desc())
                .options(undefer(Edition.text))
                .limit(1)
            ).one()
            provisions = self._session.scalars(
                select(Provision)
                .where(Provision.edition_id == edition.id)
                .order_by(Provision.ordinal)
            ).all()
            slug = edition.document.slug
            self._newest[document_id] = _Newest(slug, edition.id, edition.text, provisions)
        return self._newest[document_id]


def everything(session: Session) -> Iterator[Record]:
    """Yield the whole of what the index should hold."""
    gatherer = Gatherer(session)
    held = select(Document.id).where(Document.id.in_(select(Edition.document_id)))
    for document_id in session.scalars(held.order_by(Document.id)).all():
        yield from _records(gatherer.provisions(document_id))
    last = ""
    while True:
        ids = session.scalars(
            select(Annotation.id)
            .where(Annotation.shown, Annotation.id > last)
            .order_by(Annotation.id)
            .limit(BATCH)
        ).all()
        if not ids:
            return
        yield from _records(gatherer.annotations(ids))
        last = ids[-1]


def _records(changes: Iterable[Record | Deletion]) -> Iterator[Record]:
    return (change for change in changes if isinstance(change, Record))


def _living(ids: Sequence[str]) -> Any:
    return (
        select(
            Annotation.id,
            Annotation.document_id,
            Annotation.thread_id,
            Annotation.body,
            Annotation.created,
            Account.name,
        )
        .join(Account, Account.id == Annotation.author_id)
        .where(Annotation.id.in_(ids), Annotation.shown)
    )


def _grouped(rows: Any) -> dict[str, list[Row[Any]]]:
    grouped: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        grouped[row.annotation_id].append(row)
    return grouped


def _quote(target: Row[Any], newest: _Newest) -> str:
    """The words an annotation was made on; those of a whole provision, as they stand now."""
    if target.exact is not None:
        return str(target.exact[:LONGEST_QUOTE])
    now = next((item for item in newest.provisions if item.pid == target.pid), None)
    return newest.text[now.start : now.end][:LONGEST_QUOTE] if now else ""


def _marked(record: Record) -> Record:
    """Return the record the digest of all it says as its revision."""
    words = repr(astuple(record)).encode()
    return replace(record, revision=blake2b(words, digest_size=8).hexdigest())
