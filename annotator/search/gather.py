"""Make search records from the database.

Every record is made from the rows; nothing is reused from the index. Annotations are described by
their placement in the newest edition of their document.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from operator import attrgetter
from typing import Any

from sqlalchemy import Row, Select, SQLColumnExpression, bindparam, func, select
from sqlalchemy.orm import Session, undefer

from annotator import markup
from annotator.db import one_of, strings
from annotator.documents.parsed import own_words
from annotator.models import (
    WHOLE_DOCUMENT,
    Account,
    Adoption,
    Agreement,
    Annotation,
    Answered,
    Document,
    Edition,
    Pid,
    Placement,
    Provision,
    PublisherAnswer,
    Suggestion,
    Tag,
    Target,
)
from annotator.search import outbox
from annotator.search.record import Deletion, Record, annotation_key, provision_key

BATCH = 500
MAX_QUOTE = 2_000
MARKED = attrgetter(*(name for name in Record.__slots__ if name != "version"))
SHOWN: Select[Any] = (
    select(Annotation.id, Annotation.document_id, Annotation.thread_id)
    .add_columns(Annotation.body, Annotation.created, Annotation.motivation, Account.name)
    .add_columns(PublisherAnswer.outcome)
    .join(Account, Account.id == Annotation.author_id)
    .outerjoin(
        Answered, (Answered.annotation_id == Annotation.id) & (Answered.state == "published")
    )
    .outerjoin(PublisherAnswer, PublisherAnswer.id == Answered.answer_id)
    .where(one_of(Annotation.id, strings("ids")), Annotation.shown)
)
TAGS = (
    select(Tag.annotation_id, Tag.tag)
    .where(one_of(Tag.annotation_id, strings("ids")))
    .order_by(Tag.annotation_id, Tag.ordinal)
)
TARGETS = (
    select(Target.annotation_id, Target.exact, Target.pid)
    .where(one_of(Target.annotation_id, strings("ids")))
    .order_by(Target.annotation_id, Target.ordinal)
)
PLACES = (
    select(Placement.annotation_id, Placement.start, Placement.provision, Placement.verdict)
    .where(one_of(Placement.annotation_id, strings("ids")))
    .where(Placement.edition_id.in_(bindparam("editions", expanding=True)))
    .order_by(Placement.annotation_id, Placement.ordinal)
)


AGREEING = select(func.count()).where(Agreement.annotation_id == Suggestion.annotation_id)
SUGGESTIONS: Select[Any] = (
    select(Suggestion.annotation_id, Suggestion.wording)
    .add_columns(func.coalesce(Adoption.verdict, "open").label("adoption"))
    .add_columns(AGREEING.correlate(Suggestion).scalar_subquery().label("agreements"))
    .outerjoin(
        Adoption,
        (Adoption.annotation_id == Suggestion.annotation_id)
        & Adoption.edition_id.in_(bindparam("editions", expanding=True)),
    )
    .where(one_of(Suggestion.annotation_id, strings("ids")))
)


class _Newest:
    """The newest edition of a document, with the data of its provisions for records."""

    def __init__(self, edition: Edition, provisions: Sequence[Provision]) -> None:
        self.edition, self.provisions = edition, provisions
        self.slug = edition.document.slug
        self.words = {item.pid: edition.text[item.start : item.end][:MAX_QUOTE]
                      for item in provisions}  # fmt: skip
        # The slugs of the sections that contain each provision, outermost first.
        self.sections: dict[int, tuple[str, ...]] = {WHOLE_DOCUMENT: ()}
        for item in provisions:
            above = () if item.parent is None else self.sections[item.parent]
            self.sections[item.ordinal] = above if item.slug is None else (*above, item.slug)

    def start_of(self, place: Row[Any]) -> int:
        """Return the start of a placement; 0 for the whole document."""
        if place.start is not None:
            return int(place.start)
        return 0 if place.provision == WHOLE_DOCUMENT else self.provisions[place.provision].start

    def quote(self, target: Row[Any]) -> str:
        """Return the words of a target; those of a whole provision in the newest edition."""
        if target.exact is not None:
            return str(target.exact[:MAX_QUOTE])
        return self.words.get(target.pid, "")


class Gatherer:
    """Makes records in one database session; keeps the newest editions that it has read.

    All have the version of the session's view of the database.

    Without `plain`, bodies keep their Markdown: enough to compare revisions, which are made of it.
    """

    def __init__(self, session: Session, *, plain: bool = True) -> None:
        self._session = session
        self._plain = plain
        self._newest: dict[int, _Newest] = {}
        self.version = outbox.version(session)

    def annotations(self, ids: Sequence[str]) -> list[Record | Deletion]:
        """Return a record for each annotation that is shown, a deletion for any other."""
        rows = {row.id: row for row in self._rows(SHOWN, ids=ids)}
        heads = [*{row.thread_id for row in rows.values()}]
        editions = [*{self.newest(row.document_id).edition.id for row in rows.values()}]
        tags = self._grouped(TAGS, ids=[*rows])
        targets = self._grouped(TARGETS, ids=heads)
        places = self._grouped(PLACES, ids=heads, editions=editions)
        editing = [row.id for row in rows.values() if row.motivation == "editing"]
        suggested = {row.annotation_id: row for row in self._rows(
            SUGGESTIONS, ids=editing, editions=editions)} if editing else {}  # fmt: skip
        changes: list[Record | Deletion] = []
        for ident in ids:
            row = rows.get(ident)
            if row is None:
                changes.append(Deletion(annotation_key(ident), self.version))
                continue
            newest, where = self.newest(row.document_id), places[row.thread_id]
            sections = (slug for place in where for slug in newest.sections[place.provision])
            record = Record(
                key=annotation_key(ident),
                kind="annotation",
                document=newest.slug,
                body=row.body or "",
                created=row.created,
                quote="\n".join(map(newest.quote, targets[ident])),
                author=row.name,
                tags=tuple(dict.fromkeys(tag.tag for tag in tags[ident])),
                sections=tuple(dict.fromkeys(sections)),
                start=newest.start_of(where[0]) if where else 0,
                placement=where[0].verdict if where and targets[ident] else "",
                form=_form(row),
            )
            wording = ""
            if ident in suggested:
                record.form, wording = "suggestion", suggested[ident].wording
                record.adoption = suggested[ident].adoption
                record.agreements = suggested[ident].agreements
                record.body = _joined(record.body, wording)
            if record.form in ("comment", "suggestion"):
                record.answer = row.outcome or "none"
            self._mark(record)
            if self._plain:
                record.body = _joined(markup.plain(row.body or ""), wording)
            changes.append(record)
        return changes

    def provisions(self, document_id: int) -> list[Record | Deletion]:
        """Return the provisions of the newest edition, and deletions for retired ones."""
        newest = self.newest(document_id)
        edition, provisions, slug = newest.edition, newest.provisions, newest.slug
        living = {provision.pid for provision in provisions}
        every = self._session.scalars(select(Pid.pid).where(Pid.document_id == document_id))
        gone = [
            Deletion(provision_key(slug, pid), self.version) for pid in every if pid not in living
        ]
        records = [
            Record(
                key=provision_key(slug, provision.pid),
                kind="provision",
                document=slug,
                body=own_words(edition.text, provisions, provision.ordinal),
                created=edition.added,
                sections=newest.sections[provision.ordinal],
                start=provision.start,
            )
            for provision in provisions
        ]
        for record in records:
            self._mark(record)
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
            self._newest[document_id] = _Newest(edition, provisions)
        return self._newest[document_id]

    def _mark(self, record: Record) -> None:
        """Set the version of a record, and a digest of its other fields as its revision."""
        digest = blake2b(repr([*MARKED(record)]).encode(), digest_size=8)
        record.revision, record.version = digest.hexdigest(), self.version

    def _rows(self, query: Any, **values: Any) -> Sequence[Row[Any]]:
        """Read rows without the session's own work on each, which takes twice as long."""
        return self._session.connection().execute(query, values).all()

    def _grouped(self, query: Any, **values: list[Any]) -> dict[str, list[Row[Any]]]:
        grouped: dict[str, list[Row[Any]]] = defaultdict(list)
        for row in self._rows(query, **values):
            grouped[row.annotation_id].append(row)
        return grouped


def _joined(body: str, wording: str) -> str:
    return f"{body}\n{wording}" if body and wording else body or wording


def _form(row: Row[Any]) -> str:
    if row.id != row.thread_id:
        return "reply"
    return "highlight" if row.body is None else "comment"


def everything(session: Session, *, plain: bool = True) -> Iterator[Record]:
    """Yield every record that the index should have, in ascending order of the keys.

    For `plain` see `Gatherer`.
    """
    gatherer = Gatherer(session, plain=plain)
    ident: SQLColumnExpression[str] = Annotation.id
    if session.get_bind().dialect.name == "postgresql":
        ident = ident.collate("C")  # the order of code points, as in every engine
    shown = select(Annotation.id).where(Annotation.shown).order_by(ident)
    streamed = session.scalars(shown.execution_options(yield_per=BATCH))
    for ids in streamed.partitions():
        yield from _records(gatherer.annotations(ids))
    held = select(Document.id, Document.slug).where(Document.id.in_(select(Edition.document_id)))
    documents = {provision_key(slug, ""): number for number, slug in session.execute(held)}
    for _, document_id in sorted(documents.items()):
        yield from _records(gatherer.provisions(document_id))


def _records(changes: Iterable[Record | Deletion]) -> list[Record]:
    records = [change for change in changes if isinstance(change, Record)]
    return sorted(records, key=lambda record: record.key)
