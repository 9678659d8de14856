"""Load annotations with all their parts, in a fixed number of queries."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from annotator.auth.permissions import NOBODY, Viewer, may_read
from annotator.db import one_of, strings
from annotator.models import (
    WHOLE_DOCUMENT,
    Account,
    Act,
    Annotation,
    Answered,
    Coverage,
    Drafter,
    Edition,
    Essay,
    EssayAnnotation,
    ForeignAccount,
    Origin,
    Placement,
    Restatement,
    Tag,
    Target,
    Version,
)
from annotator.schemas.annotations import (
    AnnotationValue,
    DraftTarget,
    Earlier,
    EssayValue,
    ForeignAuthor,
    HidingValue,
    PlacementValue,
    Restated,
    TargetValue,
)
from annotator.services.annotations import answer_values, store, suggestions
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded

LONGEST_EXACT = 10_000


REPLY = aliased(Annotation)
REPLIES = select(func.count()).where(REPLY.in_reply_to == Annotation.id, REPLY.shown)
EDITS = select(func.count()).where(Version.annotation_id == Annotation.id)
ANSWERS = select(func.count()).where(
    Answered.annotation_id == Annotation.id, Answered.state != "draft"
)
FOR_PUBLISHER = exists().where(
    Annotation.in_reply_to.is_not(None),
    Drafter.account_id == Annotation.author_id,
    Drafter.document_id == Annotation.document_id,
    Drafter.granted <= Annotation.created,
    or_(Drafter.revoked.is_(None), Drafter.revoked > Annotation.created),
)
# Statements are built once: building them takes longer than running them.
ANNOTATIONS: Select[Any] = (
    select(
        *Annotation.__table__.columns,
        Act.id.label("act"),
        Act.created.label("since"),
        Act.rule,
        Act.cited,
        Account.name,
        ForeignAccount.authority,
        ForeignAccount.user,
        Origin.via,
        Origin.original,
        Essay.id.label("essay"),
        Essay.title,
        Essay.source_url,
        EssayAnnotation.ordinal.label("part"),
        Essay.created.label("essay_created"),
        Essay.modified.label("essay_modified"),
        REPLIES.correlate(Annotation).scalar_subquery().label("replies"),
        EDITS.correlate(Annotation).scalar_subquery().label("edits"),
        ANSWERS.correlate(Annotation).scalar_subquery().label("answers"),
        FOR_PUBLISHER.correlate(Annotation).label("for_publisher"),
    )
    .join(Account, Account.id == Annotation.author_id)
    .outerjoin(ForeignAccount, ForeignAccount.account_id == Annotation.author_id)
    .outerjoin(Act, Act.id == Annotation.hidden_by)
    .outerjoin(Origin, Origin.annotation_id == Annotation.id)
    .outerjoin(EssayAnnotation, EssayAnnotation.annotation_id == Annotation.id)
    .outerjoin(Essay, Essay.id == EssayAnnotation.essay_id)
    .where(one_of(Annotation.id, strings("ids")))
)
TAGS = (
    select(Tag.annotation_id, Tag.tag)
    .where(one_of(Tag.annotation_id, strings("ids")))
    .order_by(Tag.annotation_id, Tag.ordinal)
)
TARGETS: Select[Any] = (
    select(
        *Target.__table__.columns,
        Placement.edition_id,
        Placement.start.label("placed_start"),
        Placement.end.label("placed_end"),
        Placement.provision,
        Placement.verdict,
        Placement.score,
        Placement.basis,
    )
    .outerjoin(
        Placement,
        and_(
            Placement.annotation_id == Target.annotation_id,
            Placement.ordinal == Target.ordinal,
            Placement.edition_id.in_(bindparam("editions", expanding=True)),
        ),
    )
    .where(one_of(Target.annotation_id, strings("ids")))
    .order_by(Target.annotation_id, Target.ordinal)
)


def read(
    session: Session,
    ids: Sequence[str],
    placed_in: Loaded | None = None,
    *,
    edition: str | None = None,
    unveiled: Collection[str] = (),
    viewer: Viewer = NOBODY,
) -> list[AnnotationValue]:
    """Return the annotations with these ids, in this order, with placements in an edition.

    It is `placed_in`, or the one labelled `edition`, or the newest of each document. Hidden and
    held annotations have their content if their ids are in `unveiled` or the viewer may read them.
    Unknown ids are left out. Raises NotFound for an unknown label.
    """
    if not ids:
        return []
    session.flush()
    connection = session.connection()  # without the session's own work on each row: twice as fast
    rows = {row.id: row for row in connection.execute(ANNOTATIONS, {"ids": ids}).all()}
    shown = [row.id for row in rows.values()
             if row.deleted is None and (row.id in unveiled or may_read(viewer, row))]  # fmt: skip
    documents = {row.document_id for row in rows.values()}
    loaded = editions.some(session, documents, {row.edition_id for row in rows.values()})
    placed = {placed_in.document_id: placed_in} if placed_in else {}
    for ident in documents - placed.keys():
        placed[ident] = editions.of_document(session, ident, edition)
    here = {each.edition_id: each for each in placed.values()}
    loaded |= here
    tags: dict[str, list[str]] = defaultdict(list)
    for ident, tag in connection.execute(TAGS, {"ids": shown}).all():
        tags[ident].append(tag)
    targets: dict[str, list[TargetValue]] = defaultdict(list)
    placements: dict[str, list[PlacementValue]] = defaultdict(list)
    for target in connection.execute(TARGETS, {"ids": shown, "editions": [*here]}).all():
        made_in = loaded[rows[target.annotation_id].edition_id]
        targets[target.annotation_id].append(_target(target, made_in))
        if target.verdict is not None:
            placements[target.annotation_id].append(_placement(target, loaded[target.edition_id]))
    readable = set(shown)
    edits = {at: loaded[rows[at].edition_id] for at in shown if rows[at].motivation == "editing"}
    suggested = suggestions.values(session, edits, here, targets) if edits else {}
    homes = {at: loaded[rows[at].edition_id] for at in shown if rows[at].answers}
    answered = answer_values.values(session, homes) if homes else {}
    return [
        _annotation(
            row,
            placed[row.document_id],
            loaded[row.edition_id].label,
            tags=tags[ident],
            targets=targets[ident],
            placements=placements[ident],
            veiled=ident not in readable,
            more=suggested.get(ident, {}) | answered.get(ident, {}),
        )
        for ident in ids
        if (row := rows.get(ident))
    ]


def in_threads(
    session: Session, annotations: Sequence[AnnotationValue], placed_in: Loaded | None = None
) -> list[AnnotationValue]:
    """Return annotations with their `position`, and replies with the head of their thread."""
    by_id = {annotation.id: annotation for annotation in annotations}
    missing = {annotation.thread for annotation in annotations} - by_id.keys()
    by_id |= {head.id: head for head in read(session, sorted(missing), placed_in)}
    slugs = {annotation.document for annotation in annotations}
    loaded = [placed_in] if placed_in else [editions.newest(session, slug) for slug in slugs]
    rows = select(Coverage.annotation_id, Coverage.start).where(
        Coverage.edition_id.in_([each.edition_id for each in loaded]),
        Coverage.provision == WHOLE_DOCUMENT,
        Coverage.annotation_id.in_(list(by_id)),
    )
    positions = {row.annotation_id: row.start for row in session.connection().execute(rows)}
    return [
        annotation.but(
            head=by_id[annotation.thread] if annotation.in_reply_to else None,
            position=positions.get(annotation.id),
        )
        for annotation in annotations
    ]


def with_answered(
    session: Session, annotations: Sequence[AnnotationValue]
) -> list[AnnotationValue]:
    """Return annotations, and replies with what they answer and with the head of their thread."""
    by_id = {annotation.id: annotation for annotation in annotations}
    replies = [annotation for annotation in annotations if annotation.in_reply_to]
    needed = {ident for reply in replies for ident in (reply.in_reply_to, reply.thread) if ident}
    by_id |= {each.id: each for each in read(session, sorted(needed - by_id.keys()))}
    return [
        annotation.but(head=by_id[annotation.thread], answered=by_id[annotation.in_reply_to])
        if annotation.in_reply_to else annotation
        for annotation in annotations
    ]  # fmt: skip


def with_past(session: Session, annotations: Sequence[AnnotationValue]) -> list[AnnotationValue]:
    """Return annotations with earlier versions, restatements and agreements, except veiled ones."""
    shown = [annotation.id for annotation in annotations if not annotation.veiled]
    earlier: dict[str, list[Earlier]] = defaultdict(list)
    versions = select(Version.annotation_id, Version.body, Version.tags, Version.replaced)
    of_shown = versions.where(Version.annotation_id.in_(shown)).order_by(Version.number)
    for version in session.execute(of_shown):
        tags = tuple(json.loads(version.tags))
        earlier[version.annotation_id].append(Earlier(version.body, tags, version.replaced))
    restated: dict[str, list[Restated]] = defaultdict(list)
    query = (
        select(Restatement, Edition.label)
        .join(Edition, Edition.id == Restatement.edition_id)
        .where(Restatement.annotation_id.in_(shown))
        .order_by(Edition.sequence, Restatement.ordinal)
    )
    for row, label in session.execute(query):
        words = DraftTarget(row.start, row.end, row.exact, pid=row.pid)
        if row.whole:
            words = DraftTarget(pid=row.pid)
        restated[row.annotation_id].append(
            Restated(row.ordinal, label, row.confirmed, words, row.created)
        )
    suggested = [each.id for each in annotations if each.agreements]
    agreed = suggestions.agreeing(session, suggested)
    return [
        each.but(
            earlier=tuple(earlier[each.id]),
            restated=tuple(restated[each.id]),
            agreed_by=tuple(agreed.get(each.id, ())),
        )
        if each.id in earlier or each.id in restated or each.id in agreed
        else each
        for each in annotations
    ]


def _annotation(
    row: Row[Any],
    document: Loaded,
    edition: str,
    *,
    tags: Sequence[str],
    targets: Sequence[TargetValue],
    placements: Sequence[PlacementValue],
    veiled: bool,
    more: dict[str, Any],
) -> AnnotationValue:
    hidden = essay = elsewhere = None
    if row.visibility == "hidden" and row.deleted is None:
        hidden = HidingValue(since=row.since, rule=row.rule, cited=row.cited, act=row.act)
    if row.essay is not None and not veiled:
        essay = EssayValue(
            id=row.essay,
            title=row.title,
            source_url=row.source_url,
            ordinal=row.part,
            created=row.essay_created,
            modified=row.essay_modified,
        )
    if row.user is not None and row.deleted is None:
        elsewhere = ForeignAuthor(row.authority, row.user)
    return AnnotationValue(
        id=row.id,
        document=document.slug,
        title=document.title,
        edition=edition,
        author="" if row.deleted else row.name,
        motivation=row.motivation,
        body=None if veiled else row.body,
        html=None if veiled else store.current_html(row.body, row.html, row.stamp),
        tags=tuple(tags),
        targets=tuple(targets),
        placements=tuple(placements),
        in_reply_to=row.in_reply_to,
        thread=row.thread_id,
        replies=row.replies,
        edits=0 if veiled else row.edits,
        created=row.created,
        modified=row.modified,
        deleted=row.deleted is not None,
        hidden=hidden,
        essay=essay,
        veiled=veiled,
        held=row.visibility == "held" and row.deleted is None,
        via=row.via,
        original=row.original,
        elsewhere=elsewhere,
        licence=row.licence,
        for_publisher=bool(row.for_publisher) and not veiled,
        **more,
    )


def _target(row: Row[Any], made_in: Loaded) -> TargetValue:
    exact, at = row.exact, made_in.ordinals.get(row.pid)
    if row.whole and row.end - row.start <= LONGEST_EXACT:
        exact = made_in.parsed.text[row.start : row.end]
    return TargetValue(
        pid=row.pid,
        whole=row.whole,
        start=row.start,
        end=row.end,
        exact=exact,
        prefix=row.prefix,
        suffix=row.suffix,
        address=row.address,
        place=made_in.parsed.place(at) if row.verdict is None and at is not None else "",
    )


def _placement(row: Row[Any], loaded: Loaded) -> PlacementValue:
    exact, start, end = None, row.placed_start, row.placed_end
    if start is not None and end - start <= LONGEST_EXACT:
        exact = loaded.parsed.text[start:end]
    pid, place = None, ""
    if row.provision != WHOLE_DOCUMENT:
        pid, place = loaded.pids[row.provision], loaded.parsed.place(row.provision)
    return PlacementValue(
        edition=loaded.label,
        start=start,
        end=end,
        exact=exact,
        verdict=row.verdict,
        score=round(row.score, 4),
        pid=pid,
        basis=row.basis,
        place=place,
    )
