"""Counting new commentary; open pages poll it, so it is cheap."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from annotator.models import WHOLE_DOCUMENT, Account, Coverage
from annotator.schemas.documents import State
from annotator.services.editions.editions import Loaded


def since(
    session: Session, loaded: Loaded, moment: datetime | None, without: str | None = None
) -> State:
    """Count commentary and replies made after `moment`, without those of the account `without`.

    The count is 0 without a moment.
    """
    everything = (Coverage.edition_id == loaded.edition_id, Coverage.provision == WHOLE_DOCUMENT)
    newest_first = select(Coverage.created).where(*everything).order_by(Coverage.created.desc())
    latest, new = session.scalar(newest_first.limit(1)), 0
    if moment is not None and latest is not None and latest > moment:
        count = select(func.count()).where(*everything, Coverage.created > moment)
        if without is not None:
            account = select(Account.id).where(Account.name == without).scalar_subquery()
            count = count.where(Coverage.author_id != func.coalesce(account, 0))
        new = session.execute(count).scalar_one()
    return State(state=loaded.state, new=new, latest=latest, newest=loaded.labels[-1])
