"""Draft, publish, replace and take back answers to comments.

An act on thousands of comments takes as many statements as one on a single comment. Everything that
one act published has the same time in `answered.published` (`published_at`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, exists, func, select, tuple_, update
from sqlalchemy.orm import Session

from annotator import cursors
from annotator.auth.permissions import Viewer, require
from annotator.config import Limits
from annotator.db import insert_rows, now, one_of
from annotator.documents.address import notation
from annotator.errors import Conflict, Malformed, NotFound, Unacceptable
from annotator.models import (
    Account,
    Annotation,
    Answered,
    Document,
    Edition,
    Happening,
    PublisherAnswer,
)
from annotator.schemas.answers import (
    ANSWER_STATES,
    OUTCOMES,
    REASONED,
    AnswerLine,
    AnswerLines,
    PublishedAnswers,
)
from annotator.search.engine import Engine
from annotator.services.addressing import address_lookup
from annotator.services.annotations import annotations as commentary
from annotator.services.annotations import drafts, store
from annotator.services.answers import desk
from annotator.services.answers.desk import DeskChoice
from annotator.services.editions import editions, provisions
from annotator.services.editions.editions import Loaded
from annotator.services.placement import placer

UNDO = timedelta(hours=1)
LIVING = Answered.state == "draft"


@dataclass(frozen=True, slots=True)
class AnswerDraft:
    """An answer as it is written; `edition` and `address` say where the text addresses it."""

    outcome: str
    body: str | None = None
    edition: str | None = None
    address: str | None = None


def write(
    session: Session, engine: Engine, viewer: Viewer, slug: str, chosen: DeskChoice,
    draft: AnswerDraft, limits: Limits,
) -> tuple[str, int]:  # fmt: skip
    """Save an answer to comments as a draft, in place of their earlier drafts.

    Returns its id, and the number of comments.

    Raises as `drafters.require` and `desk.chosen_rows`, Conflict for a comment that has an answer
    and is chosen without its state, and Unacceptable with the field.
    """
    document = desk.locked(session, viewer, slug)
    rows = desk.chosen_rows(session, engine, viewer, document, chosen)
    unread = {ident for ident, state in chosen.comments if state is None}
    for row in rows:
        if row.id in unread and (row.draft or row.published):
            raise Conflict(
                f"Comment {row.id} has an answer already. To replace it, send the comment's state.",
                annotation=row.id, answer=row.draft or row.published, state=desk.state_of(row),
            )  # fmt: skip
    if draft.outcome not in OUTCOMES:
        raise Unacceptable(f"Choose an outcome: {', '.join(OUTCOMES)}.", field="outcome")
    body = drafts.body(draft.body, "commenting", limits) if (draft.body or "").strip() else None
    if body is None and draft.outcome in REASONED:
        raise Unacceptable("This outcome needs an explanation. Write an answer.", field="body")
    loaded, provision = _addressed(session, document, draft, rows)
    answer = PublisherAnswer(
        id=store.new_id(), document_id=document.id, outcome=draft.outcome, body=body,
        edition_id=loaded and loaded.edition_id, provision=provision, created=now(),
        by_id=viewer.account,
    )  # fmt: skip
    store.fill_html(answer)
    ids = [row.id for row in rows]
    _forget(session, document.id, LIVING, one_of(Answered.annotation_id, ids))
    session.add(answer)
    session.flush()
    insert_rows(session.connection(), Answered.__table__, [
        {"annotation_id": ident, "answer_id": answer.id, "state": "draft"} for ident in ids
    ])  # fmt: skip
    return answer.id, len(ids)


def _forget(session: Session, document_id: int, *where: Any) -> None:
    """Delete rows of `answered`, and the answers that are left without any."""
    session.execute(delete(Answered).where(*where).execution_options(synchronize_session=False))
    alone = ~exists().where(Answered.answer_id == PublisherAnswer.id)
    session.execute(
        delete(PublisherAnswer)
        .where(PublisherAnswer.document_id == document_id, alone)
        .execution_options(synchronize_session=False)
    )


def _addressed(
    session: Session, document: Document, draft: AnswerDraft, rows: Sequence[Row[Any]]
) -> tuple[Loaded | None, int | None]:
    """Return the edition and the provision that an answer names. Raises Unacceptable."""
    if not draft.edition:
        if draft.address:
            raise Unacceptable(
                "Choose the edition that this address belongs to.", field="addressed_in.edition"
            )
        return None, None
    held = editions.rows_of(session, [document.id])[document.id]
    row = next((each for each in held if each.label == draft.edition), None)
    if row is None:
        raise Unacceptable(f"{document.slug} has no edition {draft.edition!r}.",
                           field="addressed_in.edition")  # fmt: skip
    sequences = {each.id: each.sequence for each in held}
    later = next((each for each in rows if sequences[each.edition_id] > row.sequence), None)
    if later is not None:
        raise Unacceptable(
            f"Edition {row.label} is older than comment {later.id}. Choose a later one.",
            field="addressed_in.edition",
        )
    loaded = editions.load(session, row)
    if not draft.address:
        return loaded, None
    try:
        page = address_lookup.read_url(draft.address)
        address = notation.read(page.cited if page else draft.address)
        if address.document != document.slug or address.edition not in (None, row.label):
            raise NotFound(f"{draft.address} is not in {document.slug}@{row.label}.")
        return loaded, address_lookup.provision_at(session, loaded, address)
    except (Malformed, NotFound) as error:
        raise Unacceptable(error.message, field="addressed_in.address") from error


def publish(
    session: Session, engine: Engine, viewer: Viewer, slug: str, chosen: DeskChoice | None = None,
    answers: Sequence[str] = (),
) -> PublishedAnswers:  # fmt: skip
    """Publish drafts: of chosen comments, of `answers`, or all on a document.

    Drafts whose comment was edited, hidden or deleted since are left, and counted. Raises as
    `write`.
    """
    document = desk.locked(session, viewer, slug, "answer.publish")
    drafted = select(Annotation.id).join(Answered, Answered.annotation_id == Annotation.id)
    drafted = drafted.join(PublisherAnswer, PublisherAnswer.id == Answered.answer_id)
    drafted = drafted.where(LIVING, PublisherAnswer.document_id == document.id)
    if chosen is not None:
        rows = desk.chosen_rows(session, engine, viewer, document, chosen)
        drafted = drafted.where(one_of(Annotation.id, [row.id for row in rows]))
    elif answers:
        drafted = drafted.where(Answered.answer_id.in_(answers))
    ready = drafted.where(Annotation.shown, Annotation.modified <= PublisherAnswer.created)
    ids = session.scalars(ready.order_by(Annotation.id)).all()
    left = (session.scalar(select(func.count()).select_from(drafted.subquery())) or 0) - len(ids)
    if not ids:
        raise Conflict("No draft can be published." if left else "There are no drafts to publish.")
    moment = now()
    here = one_of(Answered.annotation_id, ids)
    _set(session, here, Answered.state == "published", state="replaced")
    _set(session, here, LIVING, state="published", published=moment)
    _note(session, document.id, ids)
    _tell(session, ids)
    many = select(func.count(Answered.answer_id.distinct())).where(*published_at(moment), here)
    return PublishedAnswers(published=moment, comments=len(ids), left=left,
                     answers=session.scalar(many) or 0)  # fmt: skip


def published_at(moment: datetime) -> tuple[Any, ...]:
    """Return the conditions of the rows of `answered` that an act at a time has published."""
    return Answered.state == "published", Answered.published == moment


def _set(session: Session, *where: Any, **values: object) -> None:
    change = update(Answered).where(*where).values(values)
    session.execute(change.execution_options(synchronize_session=False))


def _note(session: Session, document_id: int, ids: Sequence[str]) -> None:
    """Record that comments have changed, as `placer.note_annotations` does."""
    placer.note_ids(session, ids)
    placer.next_state(session, document_id)


def _tell(session: Session, ids: Sequence[str]) -> None:
    """Let the teller tell each author of comments once that their answers have changed."""
    first = select(func.min(Annotation.id)).where(one_of(Annotation.id, ids))
    each = session.scalars(first.group_by(Annotation.author_id)).all()
    happened = [{"kind": "answered", "annotation_id": ident} for ident in each]
    insert_rows(session.connection(), Happening.__table__, happened)


def undo(session: Session, viewer: Viewer, answer_id: str) -> PublishedAnswers:
    """Make an answer a draft again that was published within the hour; what it replaced returns.

    Raises NotFound, NotSignedIn, NotAllowed, and Conflict when it is too late.
    """
    answer = session.get(PublisherAnswer, answer_id)
    if answer is None:
        raise NotFound(f"There is no answer {answer_id!r}.")
    desk.locked(session, viewer, editions.slug_of(session, answer.document_id), "answer.publish")
    moment = now()
    own = Answered.answer_id == answer_id, Answered.state == "published"
    ids = session.scalars(select(Answered.annotation_id).where(
        *own, Answered.published >= moment - UNDO
    )).all()  # fmt: skip
    if not ids:
        raise Conflict(
            "An answer can be unpublished only within an hour. Publish a new one to replace it."
        )
    here = one_of(Answered.annotation_id, ids)
    if session.scalar(select(Answered.annotation_id).where(here, LIVING).limit(1)):
        raise Conflict("There is a newer draft for some of these comments. Publish that instead.")
    _set(session, here, *own, state="draft", published=None, content=None, said=None)
    replaced = Answered.state == "replaced"
    last = select(Answered.annotation_id, func.max(Answered.published)).where(here, replaced)
    of_last = tuple_(Answered.annotation_id, Answered.published).in_(
        last.group_by(Answered.annotation_id)
    )
    _set(session, here, replaced, of_last, state="published")
    _note(session, answer.document_id, ids)
    _tell(session, ids)
    return PublishedAnswers(published=moment, answers=1, comments=len(ids))


def discard(session: Session, engine: Engine, viewer: Viewer, slug: str, chosen: DeskChoice) -> int:
    """Delete the drafts of comments; return for how many comments. Raises as `write`."""
    document = desk.locked(session, viewer, slug)
    rows = desk.chosen_rows(session, engine, viewer, document, chosen)
    drafted = [row.id for row in rows if row.draft]
    _forget(session, document.id, LIVING, one_of(Answered.annotation_id, drafted))
    return len(drafted)


def say(session: Session, viewer: Viewer, ident: str, content: str) -> None:
    """Store what the author of an answered comment says of the answer: `yes` or `no`.

    Raises NotFound, Gone, NotSignedIn, NotAllowed, Unacceptable, and Conflict without an answer.
    """
    if content not in ("yes", "no"):
        raise Unacceptable("Choose yes or no.", field="content")
    row = commentary.changeable(session, viewer, "answer.content", ident)
    require(viewer, "answer.content", row.author_id)
    own = Answered.annotation_id == ident, Answered.state == "published"
    if session.scalar(select(Answered.answer_id).where(*own)) is None:
        raise Conflict("This comment has no answer yet.")
    _set(session, *own, content=content, said=now())
    _note(session, row.document_id, [ident])


def page(
    session: Session, document: Document, state: str, cursor: str | None = None, limit: int = 50,
    *, ids: Sequence[str] = (),
) -> AnswerLines:  # fmt: skip
    """Return a document's answers in a state, or those with `ids`, the newest first.

    Raises Unacceptable for an unknown state, Malformed for a cursor of another list.
    """
    if state not in ANSWER_STATES:
        raise Unacceptable(f"Choose a state: {', '.join(ANSWER_STATES)}.", field="state")
    public = () if state == "draft" else (Annotation.shown,)
    of_state = (
        select(Answered.answer_id, func.max(Answered.published).label("published"))
        .join(Annotation, Annotation.id == Answered.annotation_id)
        .where(Answered.state == state, *public)
        .group_by(Answered.answer_id)
        .subquery()
    )
    when: Any = PublisherAnswer.created if state == "draft" else of_state.c.published
    query: Any = (
        select(PublisherAnswer, Account.name, Edition.label, of_state.c.published)
        .join(of_state, of_state.c.answer_id == PublisherAnswer.id)
        .join(Account, Account.id == PublisherAnswer.by_id)
        .outerjoin(Edition, Edition.id == PublisherAnswer.edition_id)
        .where(PublisherAnswer.document_id == document.id)
    )
    if ids:
        query = query.where(one_of(PublisherAnswer.id, ids))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    if cursor is not None:
        query = query.where(
            tuple_(when, PublisherAnswer.id) < tuple_(*cursors.read(cursor, state, (datetime, str)))
        )
    query = query.order_by(when.desc(), PublisherAnswer.id.desc())
    rows = session.execute(query.limit(limit + 1)).all()
    more = None
    if len(rows) > limit:
        rows = rows[:limit]
        last = rows[-1].PublisherAnswer
        more = cursors.write(state, [rows[-1].published or last.created, last.id])
    members = (
        select(Answered.answer_id, Answered.annotation_id)
        .join(Annotation, Annotation.id == Answered.annotation_id)
        .where(Answered.state == state, *public)
        .where(Answered.answer_id.in_([row.PublisherAnswer.id for row in rows]))
    )
    of: dict[str, list[str]] = {row.PublisherAnswer.id: [] for row in rows}
    for answer_id, ident in session.execute(members.order_by(Answered.annotation_id)):
        of[answer_id].append(ident)
    items = [_line(session, document, row, state, of[row.PublisherAnswer.id]) for row in rows]
    return AnswerLines(total=total, items=items, next=more)


def _line(
    session: Session, document: Document, row: Row[Any], state: str, ids: Sequence[str]
) -> AnswerLine:
    answer, address = row.PublisherAnswer, None
    if answer.provision is not None:
        loaded = editions.of_document(session, document.id, row.label)
        address = provisions.view(loaded, answer.provision).address
    return AnswerLine(
        id=answer.id, document=document.slug, outcome=answer.outcome, body=answer.body,
        html=store.current_html(answer.body, answer.html, answer.stamp), edition=row.label,
        address=address, state=state, created=answer.created, published=row.published,
        by=row.name, total=len(ids), annotations=tuple(ids),
    )  # fmt: skip
