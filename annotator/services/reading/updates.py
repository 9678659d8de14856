"""Counting new commentary; open pages poll it, so it is cheap."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from annotator.models import WHOLE_DOCUMENT, Account, Annotation, Coverage
from annotator.schemas.documents import State
from annotator.services.editions.editions import Loaded

MOST_COUNTED = 1000


def since(
    session: Session, loaded: Loaded, moment: datetime | None, without: str | None = None
) -> State:
    """Count commentary and replies made after `moment`, without those of the account `without`.

    Counts to MOST_COUNTED at most, and 0 without a moment.
    """
    newest_first = (
        select(Coverage.created)
        .where(Coverage.edition_id == loaded.edition_id, Coverage.provision == WHOLE_DOCUMENT)
        .order_by(Coverage.created.desc())
    )
    latest, new = session.scalar(newest_first.limit(1)), 0
    if moment is not None and latest is not None and latest > moment:
        fresh = newest_first.where(Coverage.created > moment)
        if without is not None:
            by = select(Annotation.author_id).where(Annotation.id == Coverage.annotation_id)
            account = select(Account.id).where(Account.name == without)
            fresh = fresh.where(by.scalar_subquery() != func.coalesce(account.scalar_subquery(), 0))
        counted = select(func.count()).select_from(fresh.limit(MOST_COUNTED).subquery())
        new = session.execute(counted).scalar_one()
    return State(state=loaded.state, new=new, latest=latest, newest=loaded.labels[-1])
