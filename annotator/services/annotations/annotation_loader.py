"""Loading of annotations with all their parts, in a fixed number of queries."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Row, SQLColumnExpression, func, select
from sqlalchemy.orm import Session, aliased

from annotator.models import (
    WHOLE_DOCUMENT,
    Account,
    Act,
    Annotation,
    Coverage,
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
from annotator.services.annotations import comment_html
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded

LONGEST_EXACT = 10_000


def read(
    session: Session,
    ids: Sequence[str],
    placed_in: Loaded | None = None,
    *,
    unveiled: Collection[str] = (),
) -> list[AnnotationValue]:
    """Return the annotations with these ids, in this order, with placements in an edition.

    Without `placed_in`, in the newest edition of each document. Ids in `unveiled` are returned with
    their content even if hidden or held.
    """
    if not ids:
        return []
    session.flush()
    connection = session.connection()  # without the session's own work on each row: twice as fast
    rows = {row.id: row for row in connection.execute(query(ids))}
    placed = {placed_in.document_id: placed_in} if placed_in else {}
    editions_of = {placed_in.edition_id: placed_in} if placed_in else {}
    shown = set()
    for row in rows.values():
        if row.document_id not in placed:
            newest = editions.of_document(session, row.document_id)
            placed[row.document_id] = editions_of[newest.edition_id] = newest
        if row.edition_id not in editions_of:
            edition = session.get_one(Edition, row.edition_id)
            editions_of[row.edition_id] = editions.load(session, edition)
        if row.deleted is None and (row.visibility == "visible" or row.id in unveiled):
            shown.add(row.id)
    placed_here = Placement.edition_id.in_([loaded.edition_id for loaded in placed.values()])
    tags, targets = _parts(connection, Tag, shown), _parts(connection, Target, shown)
    places = _parts(connection, Placement, shown, placed_here)
    return [
        _annotation(
            rows[ident],
            placed[rows[ident].document_id],
            editions_of[rows[ident].edition_id],
            tags[ident],
            targets[ident],
            places[ident],
            veiled=ident not in shown,
        )
        for ident in ids
    ]


def _parts(
    connection: Connection,
    table: type[Tag | Target | Placement],
    ids: Collection[str],
    *where: SQLColumnExpression[bool],
) -> dict[str, list[Row[Any]]]:
    query = select(*table.__table__.columns).where(table.annotation_id.in_(ids), *where)
    by_annotation: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(query.order_by(table.annotation_id, table.ordinal)):
        by_annotation[row.annotation_id].append(row)
    return by_annotation


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


def with_past(session: Session, annotations: Sequence[AnnotationValue]) -> list[AnnotationValue]:
    """Return annotations with their earlier versions and restatements, except veiled ones."""
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
    return [
        each.but(earlier=tuple(earlier[each.id]), restated=tuple(restated[each.id]))
        if each.id in earlier or each.id in restated
        else each
        for each in annotations
    ]


def query(ids: Sequence[str]) -> Any:
    """Select the annotations with these ids, with their counts of replies and edits."""
    reply = aliased(Annotation)
    replies = select(func.count()).where(reply.in_reply_to == Annotation.id, reply.shown)
    edits = select(func.count()).where(Version.annotation_id == Annotation.id)
    return (
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
            replies.correlate(Annotation).scalar_subquery().label("replies"),
            edits.correlate(Annotation).scalar_subquery().label("edits"),
        )
        .join(Account, Account.id == Annotation.author_id)
        .outerjoin(ForeignAccount, ForeignAccount.account_id == Annotation.author_id)
        .outerjoin(Act, Act.id == Annotation.hidden_by)
        .outerjoin(Origin, Origin.annotation_id == Annotation.id)
        .outerjoin(EssayAnnotation, EssayAnnotation.annotation_id == Annotation.id)
        .outerjoin(Essay, Essay.id == EssayAnnotation.essay_id)
        .where(Annotation.id.in_(ids))
    )


def _annotation(
    row: Row[Any],
    loaded: Loaded,
    made_in: Loaded,
    tags: list[Row[Any]],
    targets: list[Row[Any]],
    places: list[Row[Any]],
    *,
    veiled: bool,
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
        document=loaded.slug,
        edition=made_in.label,
        author="" if row.deleted else row.name,
        motivation=row.motivation,
        body=None if veiled else row.body,
        html=None if veiled else comment_html.current(row.body, row.html, row.stamp),
        tags=tuple(tag.tag for tag in tags),
        targets=tuple(_target(target, made_in) for target in targets),
        placements=tuple(_placement(place, loaded) for place in places),
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
    )


def _target(row: Row[Any], made_in: Loaded) -> TargetValue:
    exact = row.exact
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
    )


def _placement(row: Row[Any], loaded: Loaded) -> PlacementValue:
    exact = None
    if row.start is not None and row.end - row.start <= LONGEST_EXACT:
        exact = loaded.parsed.text[row.start : row.end]
    pid = None if row.provision == WHOLE_DOCUMENT else loaded.pids[row.provision]
    return PlacementValue(
        edition=loaded.label,
        start=row.start,
        end=row.end,
        exact=exact,
        verdict=row.verdict,
        score=row.score,
        pid=pid,
        basis=row.basis,
    )
