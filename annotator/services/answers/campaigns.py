"""The campaigns of a document: found as comments come, corrected by drafters for good."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, case, delete, func, insert, select, update
from sqlalchemy.orm import Session

from annotator import campaigns
from annotator.auth.permissions import Viewer
from annotator.campaigns import Campaign, Text
from annotator.db import Database, now, one_of
from annotator.errors import NotFound
from annotator.models import (
    Annotation,
    Answered,
    CampaignMember,
    Document,
    Drafter,
    StoredCampaign,
)
from annotator.search.engine import Engine
from annotator.services.annotations import store
from annotator.services.annotations.filters import ANSWERABLE
from annotator.services.answers import desk
from annotator.services.answers.desk import DeskChoice
from annotator.services.editions import editions

WITH_OWN = 8  # own words from which a member has something of its own
MOST_UNASKED = 10_000  # comments grouped without being asked, in six seconds of the processor
MEMBER = CampaignMember.basis != "out"


def refresh(db: Database, seen: dict[int, Any]) -> None:
    """Find the campaigns on documents with drafters whose comments have changed.

    `seen` has the number and the last change of each document's comments, when they were found.
    """
    desks = select(Drafter.document_id).where(Drafter.revoked.is_(None))
    query = select(Annotation.document_id, func.count(), func.max(Annotation.modified)).where(
        Annotation.document_id.in_(desks), Annotation.shown, ANSWERABLE
    )
    with db.reading() as session:
        rows = session.execute(query.group_by(Annotation.document_id)).all()
    for row in rows:
        if seen.get(row.document_id) != row and row[1] <= MOST_UNASKED:
            find(db, row.document_id)
        seen[row.document_id] = row


def find(db: Database, document_id: int) -> int:
    """Find the campaigns among the comments on a document anew; return how many.

    That takes some seconds for ten thousand, in which nothing is locked.
    """
    query = select(Annotation.id, Annotation.author_id, Annotation.body).where(
        Annotation.document_id == document_id, Annotation.shown, ANSWERABLE
    )
    with db.reading() as session:
        texts = [Text(ident, author, body or "") for ident, author, body in session.execute(query)]
        runs = [campaigns.runs_of(it.parsed.text) for it in editions.every(session, document_id)]
    found = campaigns.find(texts, frozenset().union(*runs))
    with db.transaction(shown=False) as session:
        _store(session, document_id, found)
    return len(found)


def _store(session: Session, document_id: int, found: Sequence[Campaign]) -> None:
    """Store campaigns in place of those found before, which keep their ids.

    What drafters put in or took out stays.
    """
    session.execute(select(Document.id).where(Document.id == document_id).with_for_update())
    own = select(StoredCampaign.id).where(StoredCampaign.document_id == document_id)
    rows = session.execute(
        select(CampaignMember.annotation_id, CampaignMember.campaign_id, CampaignMember.basis)
        .where(CampaignMember.campaign_id.in_(own))
    ).all()  # fmt: skip
    before = {row.annotation_id: row.campaign_id for row in rows if row.basis != "out"}
    decided = {row.annotation_id for row in rows if row.basis != "computed"}
    stored, used, moment = set(session.scalars(own)), set[str](), now()
    session.execute(
        delete(CampaignMember)
        .where(CampaignMember.campaign_id.in_(own), CampaignMember.basis == "computed")
        .execution_options(synchronize_session=False)
    )
    members: list[dict[str, Any]] = []
    for each in found:
        former = Counter(before[it.id] for it in each.members if it.id in before)
        free = [name for name, _ in former.most_common() if name not in used]
        ident = free[0] if free else store.new_id()
        used.add(ident)
        if ident not in stored:
            session.add(StoredCampaign(id=ident, document_id=document_id, found=moment))
        members += [
            {"annotation_id": it.id, "campaign_id": ident, "own": [list(span) for span in it.own],
             "own_words": it.own_words, "basis": "computed"}
            for it in each.members if it.id not in decided
        ]  # fmt: skip
    session.flush()
    session.execute(update(StoredCampaign).where(StoredCampaign.id.in_(used)).values(found=moment))
    if members:  # no COPY: it knows no JSON
        session.execute(insert(CampaignMember), members)


def of_document(session: Session, document_id: int) -> list[Row[Any]]:
    """Return the campaigns of a document, of most people first, with the beginning of the letter.

    Each row has `id`, `comments`, `people`, `first`, `last`, `unanswered`, `with_own` (how many
    members have something of their own) and `body`, the words of the member that has the fewest of
    its own and can still be read.
    """
    order = CampaignMember.own_words, CampaignMember.annotation_id
    members = (
        select(
            CampaignMember.campaign_id, CampaignMember.own_words, Annotation.author_id,
            Annotation.created, Annotation.body, Answered.answer_id,
            func.row_number().over(partition_by=CampaignMember.campaign_id,
                                   order_by=order).label("at"),
        )
        .join(Annotation, Annotation.id == CampaignMember.annotation_id)
        .join(StoredCampaign, StoredCampaign.id == CampaignMember.campaign_id)
        .outerjoin(Answered, (Answered.annotation_id == Annotation.id)
                   & (Answered.state == "published"))
        .where(StoredCampaign.document_id == document_id, MEMBER, Annotation.shown)
        .subquery()
    )  # fmt: skip
    at = members.c
    people = func.count(at.author_id.distinct())
    query: Any = (
        select(
            at.campaign_id.label("id"), func.count().label("comments"), people.label("people"),
            func.min(at.created).label("first"), func.max(at.created).label("last"),
            func.sum(case((at.answer_id.is_(None), 1), else_=0)).label("unanswered"),
            func.sum(case((at.own_words >= WITH_OWN, 1), else_=0)).label("with_own"),
            func.max(case((at.at == 1, at.body))).label("body"),
        )
        .group_by(at.campaign_id)
        .order_by(people.desc(), at.campaign_id)
    )  # fmt: skip
    return list(session.execute(query))


def move(
    session: Session, engine: Engine, viewer: Viewer, slug: str, chosen: DeskChoice, ident: str
) -> int:
    """Put comments into a campaign, or take them out of theirs (`ident` ""); return how many.

    Raises as `desk.mark`, and NotFound for an unknown campaign.
    """
    document = desk.locked(session, viewer, slug)
    campaign = session.get(StoredCampaign, ident) if ident else None
    if ident and (campaign is None or campaign.document_id != document.id):
        raise NotFound(
            "There is no such campaign. Campaigns may have been found again; reload the page.",
            field="campaign",
        )
    rows = desk.chosen_rows(session, engine, viewer, document, chosen)
    here = one_of(CampaignMember.annotation_id, [row.id for row in rows])
    present = dict(session.execute(
        select(CampaignMember.annotation_id, CampaignMember.campaign_id).where(here)
    ).all())  # fmt: skip
    session.execute(delete(CampaignMember).where(here))
    moved = [row.id for row in rows if ident or row.id in present]
    if moved:
        session.execute(insert(CampaignMember), [
            {"annotation_id": each, "campaign_id": ident or present[each], "own": [],
             "own_words": 0, "basis": "put" if ident else "out"}
            for each in moved
        ])  # fmt: skip
    return len(moved)


def own_words(session: Session, ids: Sequence[str]) -> dict[str, list[str]]:
    """Return each member's own words, in runs, by its id; not of one that was edited since."""
    query = (
        select(CampaignMember.annotation_id, CampaignMember.own, Annotation.body)
        .join(Annotation, Annotation.id == CampaignMember.annotation_id)
        .join(StoredCampaign, StoredCampaign.id == CampaignMember.campaign_id)
        .where(Annotation.modified <= StoredCampaign.found)
    )
    return {
        ident: [(body or "")[start:end] for start, end in own]
        for ident, own, body in session.execute(
            query.where(one_of(CampaignMember.annotation_id, ids), MEMBER)
        )
    }
