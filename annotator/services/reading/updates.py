"""What has been written since a moment: asked for often by pages that are open, so it is cheap."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from annotator.models import WHOLE_DOCUMENT, Account, Annotation, Coverage
from annotator.schemas.documents import State
from annotator.services.editions.editions import Loaded

MOST_COUNTED = 1000


def since(
    session: Session, loaded: Loaded, moment: datetime | None, without: str | None = None
) -> State:
    """Count the commentary made after `moment`, but not by the account named `without`.

    Counts to MOST_COUNTED at most. Replies count too. Nothing is new where no moment is given.
    """
    latest = session.scalar(_newest_first(loaded).limit(1))
    if moment is None or latest is None or latest <= moment:
        return _state(loaded, 0, latest)
    fresh = _newest_first(loaded).where(Coverage.created > moment)
    if without is not None:
        by = select(Annotation.author_id).where(Annotation.id == Coverage.annotation_id)
        one = select(Account.id).where(Account.name == without)
        fresh = fresh.where(by.scalar_subquery() != func.coalesce(one.scalar_subquery(), 0))
    counted = select(func.count()).select_from(fresh.limit(MOST_COUNTED).subquery())
    return _state(loaded, session.execute(counted).scalar_one(), latest)


def _state(loaded: Loaded, new: int, latest: datetime | None) -> State:
    return State(state=loaded.state, new=new, latest=latest, newest=loaded.labels[-1])


def _newest_first(loaded: Loaded) -> Select[datetime]:
    return (
        select(Coverage.created)
        .where(Coverage.edition_id == loaded.edition_id, Coverage.provision == WHOLE_DOCUMENT)
        .order_by(Coverage.created.desc())
    )
