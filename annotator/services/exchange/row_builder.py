"""Build the rows of an imported annotation, in the edition that it belongs to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache, partial
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.config import Limits
from annotator.db import now
from annotator.documents.address import notation
from annotator.errors import (
    AnnotatorError,
    Conflict,
    Malformed,
    NotFound,
    QuoteAmbiguous,
    QuoteMismatch,
    Unacceptable,
)
from annotator.formats import readership
from annotator.models import (
    Agreement,
    Annotation,
    Answered,
    Document,
    Edition,
    Essay,
    EssayAnnotation,
    Origin,
    PublisherAnswer,
    Restatement,
    Target,
    Version,
)
from annotator.relocation import foreign_quotation
from annotator.relocation.foreign_quotation import CONTEXT
from annotator.schemas.annotations import Draft, DraftTarget, Incoming, Unreadable
from annotator.schemas.answers import OUTCOMES
from annotator.services.accounts import accounts
from annotator.services.addressing import address_lookup
from annotator.services.annotations import drafts, store, suggestions
from annotator.services.annotations.store import Belonging, new_id, tag_rows
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded
from annotator.services.essays import essays
from annotator.services.exchange.foreign_authors import Authors

IDENT = re.compile(r"[0-9A-Za-z_-]{1,32}\Z")
AHEAD = timedelta(days=1)  # tolerance for wrong clocks and time zones
MAX_LICENCE = 200
MAX_PARTS = 1_000_000
SHOWN_OF_LOST = 80


class EditionResolver:
    """Finds the editions of a batch, each once.

    `document` is the slug for annotations whose page is not of this site.
    """

    def __init__(self, session: Session, document: str | None = None) -> None:
        self._session = session
        self._document = document
        self._named = cache(partial(_named, session))
        self._at = cache(partial(_at, session))
        self.numbered = cache(
            lambda number: editions.load(session, session.get_one(Edition, number))
        )
        self._all: list[Loaded] = []

    def of(self, item: Incoming) -> Loaded:
        """Return the edition that an annotation belongs to.

        That is the one it names, else the one of its page, else the newest of the document that the
        import names, else of the only document with its words, else of the first document. Raises
        NotFound.
        """
        draft = item.draft
        if draft.document:
            return self.named(draft.document, draft.edition)
        loaded = self._at(item.source)
        if loaded is None and self._document is not None:
            loaded = self.named(self._document, None)
        return loaded or self._fitting(draft.targets)

    def named(self, slug: str, label: str | None) -> Loaded:
        """Return an edition, or the newest if none has the label. Raises NotFound."""
        return self._named(slug, label) or editions.newest(self._session, slug)

    def _fitting(self, targets: tuple[DraftTarget, ...]) -> Loaded:
        if not self._all:
            slugs = self._session.scalars(select(Document.slug).order_by(Document.id))
            self._all = [editions.newest(self._session, slug) for slug in slugs]
        if not self._all:
            raise NotFound("There are no documents yet; add one first.")
        quotations = [drafts.quotation(target) for target in targets if target.exact]
        fitting = [
            each for each in self._all
            if any(foreign_quotation.find_one(each.parsed.text, words) for words in quotations)
        ]  # fmt: skip
        return fitting[0] if len(fitting) == 1 else self._all[0]


def _at(session: Session, source: str) -> Loaded | None:
    page = address_lookup.read_url(source)
    if page is not None:
        return _named(session, page.slug, page.label)
    return by_source(session, source) if source else None


def by_source(session: Session, source: str) -> Loaded | None:
    """Return the edition, or the newest of the document, that came from an address."""
    plain = source.partition("#")[0]
    row = session.scalar(select(Edition).where(Edition.source_url == plain).limit(1))
    if row is not None:
        return editions.load(session, row)
    slug = session.scalar(select(Document.slug).where(Document.source_url == plain).limit(1))
    return editions.newest(session, slug) if slug else None


def _named(session: Session, slug: str, label: str | None) -> Loaded | None:
    try:
        return editions.labelled(session, slug, label)
    except NotFound as error:
        return editions.newest(session, slug) if error.field == "edition" else None


def ident(item: Incoming) -> str:
    """Return the id of an annotation here: its own if valid, else one derived from its name.

    An annotation without a name gets a new id each time.
    """
    if item.id is not None and IDENT.match(item.id):
        return item.id
    return new_id(item.via or item.id)


def _as_comment(draft: Draft) -> Draft:
    """Return a suggestion as a comment with its words, or a highlight if it has none."""
    words = "\n\n".join(filter(None, (draft.suggestion and draft.suggestion[1], draft.body)))
    return replace(draft, body=words or None, suggestion=None, motivation=None)


class ExistingRow(NamedTuple):
    """The columns of a stored annotation that an import needs."""

    id: str
    thread_id: str
    edition_id: int
    author_id: int
    created: datetime
    visibility: str


class ExistingRows:
    """The stored annotations of a batch and their parents, and the authors of the batch."""

    def __init__(
        self, session: Session, batch: Sequence[Incoming | Unreadable], *, trust: bool
    ) -> None:
        items = [item for item in batch if isinstance(item, Incoming)]
        called = {name for item in items for name in (item.via, item.answers) if name}
        origins = select(Origin.via, Origin.annotation_id).where(Origin.via.in_(called))
        self._by_name: dict[str, str] = dict(session.execute(origins).all())
        ids = {item.draft.in_reply_to for item in items} | {ident(item) for item in items}
        ids_to_read = (ids | set(self._by_name.values())) - {None}
        query = select(*(getattr(Annotation, name) for name in ExistingRow._fields))
        rows = session.execute(query.where(Annotation.id.in_(ids_to_read)))
        self._rows = {row.id: ExistingRow(*row) for row in rows}
        self.authors = Authors(session, items, trust=trust)
        self.trusts = trust
        self.answers: set[str] = set()  # stored, or about to be

    def add(self, row: Annotation, via: str | None) -> None:
        """Add a new annotation."""
        self._rows[row.id] = ExistingRow(row.id, row.thread_id, row.edition_id, row.author_id,
                                         row.created, row.visibility)  # fmt: skip
        if via:
            self._by_name[via] = row.id

    def holds(self, item: Incoming) -> bool:
        """Return whether an annotation is stored already. Raises Conflict if another has its id."""
        if item.via and item.via in self._by_name:
            return True
        row = self._rows.get(ident(item))
        if row is None:
            return False
        another = item.created is not None and row.created != item.created
        if another or (item.author and row.author_id not in self.authors.may_be(item)):
            raise Conflict(f"The id {row.id} belongs to another annotation.", field="id")
        return True

    def parent(self, item: Incoming) -> ExistingRow | None:
        """Return the stored parent of an annotation, or None."""
        name = item.draft.in_reply_to or self._by_name.get(item.answers or "")
        return self._rows.get(name) if name else None


@dataclass(slots=True)
class RowBuilder:
    """Builds the rows of a batch; `licence` is the site's."""

    session: Session
    existing: ExistingRows
    resolver: EditionResolver
    limits: Limits
    licence: str
    rows: list[Annotation] = field(default_factory=list)
    belongings: list[Belonging] = field(default_factory=list)

    def add(self, item: Incoming, visibility: str) -> tuple[str, str]:
        """Build the rows of an annotation whose parent, if any, is stored.

        Returns its id, and why a quotation is lost, or "". Raises an AnnotatorError for what cannot
        be stored.
        """
        draft, created = item.draft, item.created or now()
        modified = item.modified or created
        if max(created, modified) > now() + AHEAD:
            raise Unacceptable("Its date is in the future.", field="created")
        if modified < created or any(each.replaced < created for each in item.earlier):
            raise Unacceptable("It was changed before it was created.", field="modified")
        parent = self.existing.parent(item)
        made_in = self.resolver.numbered(parent.edition_id) if parent else self.resolver.of(item)
        drafted = () if parent or item.deleted else draft.targets
        targets, lost = self._targets(made_in, drafted, trusted=not item.foreign)
        if draft.suggestion and (lost or not targets):  # its target does not exist here
            draft = _as_comment(draft)
        motivation = drafts.motivation(draft)
        body = None if item.deleted else drafts.words_of(draft, motivation, self.limits)
        name = ident(item)
        row = Annotation(
            id=name, thread_id=parent.thread_id if parent else name,
            in_reply_to=parent.id if parent else None,
            document_id=made_in.document_id, edition_id=made_in.edition_id,
            author_id=self.existing.authors.of(item), motivation=motivation, body=body,
            created=created, modified=modified, deleted=modified if item.deleted else None,
            visibility=visibility, licence=self._own_licence(item),
        )  # fmt: skip
        store.fill_html(row)
        for ordinal, target in enumerate(targets):
            target.annotation_id, target.ordinal = name, ordinal
        belongings: list[Belonging] = [*targets]
        if not item.deleted:
            belongings += tag_rows(name, drafts.tags(draft.tags, self.limits))
            belongings += self._versions(name, item)
            belongings += self._restated(name, item, len(targets))
            belongings += self._answer(row, item)
            if draft.suggestion is not None:
                suggested = suggestions.row(self.session, made_in, targets, draft)
                suggested.annotation_id = name
                belongings.append(suggested)
                belongings += self._agreements(row, item)
        if item.via:
            belongings.append(Origin(annotation_id=name, via=item.via, original=item.original))
        belongings += self._part(row, item, targets)
        self.rows.append(row)
        self.belongings += belongings
        self.existing.add(row, item.via)
        return name, lost or item.unread

    def _targets(
        self, loaded: Loaded, drafted: Sequence[DraftTarget], *, trusted: bool
    ) -> tuple[list[Target], str]:
        """Place each target, or keep its words as lost; return why the first is lost.

        `trusted` offsets count code points, so words at them need not be searched for. Raises
        Unacceptable for too many targets, Malformed for an empty one.
        """
        if len(drafted) > self.limits.targets:
            raise Unacceptable(
                f"An annotation can have at most {self.limits.targets} targets.", field="targets"
            )
        placed: list[Target] = []
        lost = ""
        for each in drafted:
            target = each
            if trusted and _is_at_offsets(loaded.parsed.text, each):
                target = DraftTarget(each.start, each.end)
            elif each.exact and each.pid not in loaded.ordinals:
                # Without one clear place only the words remain, and are refused.
                span = foreign_quotation.find_one(loaded.parsed.text, drafts.quotation(each))
                target = (
                    DraftTarget(span.start, span.end) if span
                    else replace(each, start=None, end=None, pid=None)
                )  # fmt: skip
            try:
                placed.append(drafts.target(loaded, target, self.limits, "target"))
            except AnnotatorError as error:
                if not each.exact and each.pid is None:
                    raise Malformed(
                        "A target must quote words or name a provision.", field="target.exact"
                    ) from error
                words = each.exact or f"¶ {each.pid}"
                placed.append(Target(
                    whole=False, pid=None, start=None, end=None, exact=words[: self.limits.span],
                    prefix=each.prefix[-CONTEXT:], suffix=each.suffix[:CONTEXT],
                    address=f"{loaded.slug}@{loaded.label}",
                ))  # fmt: skip
                reason = error.message
                if isinstance(error, QuoteAmbiguous):
                    reason = "they appear in several places"
                elif isinstance(error, QuoteMismatch):
                    reason = "they are not in the text"
                lost = lost or f"no position was found for {words[:SHOWN_OF_LOST]!r}: {reason}"
        return placed, lost

    def _own_licence(self, item: Incoming) -> str | None:
        """Return the licence of an annotation if it is not the site's."""
        licence = item.licence
        if not licence or not self.licence or readership.is_same(licence, self.licence):
            return None
        if len(licence) > MAX_LICENCE:
            raise Unacceptable("Its licence is too long.", field="licence")
        return licence

    def _versions(self, name: str, item: Incoming) -> Iterator[Version]:
        for number, earlier in enumerate(item.earlier):
            body = earlier.body
            if body is not None:
                body = drafts.body(body, "commenting", self.limits)
            tags = json.dumps(drafts.tags(earlier.tags, self.limits), ensure_ascii=False)
            version = Version(annotation_id=name, number=number, body=body, tags=tags,
                              replaced=earlier.replaced, removed_by=None)  # fmt: skip
            store.fill_html(version)
            yield version

    def _answer(self, row: Annotation, item: Incoming) -> Iterator[PublisherAnswer | Answered]:
        """Yield the publisher's answer of a trusted file, if its drafter and edition are here."""
        value = item.answer
        if value is None or not self.existing.trusts or row.in_reply_to is not None:
            return
        by, at = accounts.find(self.session, value.by), value.addressed_in
        if by is None or not IDENT.match(value.id) or value.outcome not in OUTCOMES:
            return
        into, provision = None, None
        if at is not None:
            home = self.resolver.numbered(row.edition_id)
            try:
                into = editions.labelled(self.session, home.slug, at.edition)
                if at.address:
                    address = notation.read(at.address)
                    provision = address_lookup.provision_at(self.session, into, address)
            except AnnotatorError:
                return
        if value.id not in self.existing.answers and not self.session.get(
            PublisherAnswer, value.id
        ):
            answer = PublisherAnswer(
                id=value.id, document_id=row.document_id, outcome=value.outcome,
                body=value.body and drafts.body(value.body, "commenting", self.limits),
                edition_id=into and into.edition_id, provision=provision,
                created=value.published, by_id=by.id,
            )  # fmt: skip
            store.fill_html(answer)
            yield answer
        self.existing.answers.add(value.id)
        yield Answered(annotation_id=row.id, answer_id=value.id, state="published",
                       published=value.published, content=value.content)  # fmt: skip

    def _agreements(self, row: Annotation, item: Incoming) -> Iterator[Agreement]:
        """Yield an agreement for each account but the author's."""
        agreeing = {self.existing.authors.of(each): each.created for each in item.agreed_by}
        agreeing.pop(row.author_id, None)
        for account_id, created in agreeing.items():
            moment = min(created or row.created, now())
            yield Agreement(annotation_id=row.id, account_id=account_id, created=moment)

    def _restated(self, name: str, item: Incoming, many: int) -> Iterator[Restatement]:
        """Yield the author's later positions of its targets whose words are there."""
        for restated in item.restated:
            later = self.resolver.named(self.resolver.of(item).slug, restated.edition)
            if restated.target >= many or later.label != restated.edition:
                continue
            try:
                place = drafts.target(later, restated.words, self.limits, "restated")
            except AnnotatorError:
                continue
            yield Restatement(
                annotation_id=name, ordinal=restated.target, edition_id=later.edition_id,
                confirmed=restated.confirmed, whole=place.whole, pid=place.pid, start=place.start,
                end=place.end, exact=place.exact, created=restated.created,
            )  # fmt: skip

    def _part(
        self, row: Annotation, item: Incoming, targets: Sequence[Target]
    ) -> Iterator[EssayAnnotation]:
        """Yield the row of an annotation's part in an essay; store the essay if it is new.

        Raises Unacceptable, and Conflict if that essay is another's, on another document, or
        removed.
        """
        imported = item.essay
        if imported is None or item.deleted:
            return
        if not (IDENT.match(imported.id) and 0 <= imported.ordinal < MAX_PARTS):
            raise Unacceptable(f"{imported.id!r} is not an essay's id, or its part has no number.",
                               field="essay")  # fmt: skip
        essay = self.session.get(Essay, imported.id)
        if essay is None:
            essay = essays.restored(imported, row.document_id, row.author_id)
            self.session.add(essay)
            self.session.flush()
        owner = (row.document_id, row.author_id)
        if essay.removed or (essay.document_id, essay.author_id) != owner:
            raise Conflict(f"The essay {imported.id!r} belongs to someone else, or was removed.",
                           field="essay")  # fmt: skip
        passages = essays.passages(target.exact or "" for target in targets)
        yield EssayAnnotation(annotation_id=row.id, essay_id=imported.id, ordinal=imported.ordinal,
                              passages=passages)  # fmt: skip


def _is_at_offsets(text: str, target: DraftTarget) -> bool:
    """Return whether the words of a target are at its offsets, with what was around them."""
    start, end, exact = target.start, target.end, target.exact
    if not exact or start is None or end is None or start < 0 or target.pid is not None:
        return False
    return (text[start:end] == exact and text.endswith(target.prefix, 0, start)
            and text.startswith(target.suffix, end))  # fmt: skip
