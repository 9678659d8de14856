"""What has been written since a moment: asked for often by pages that are open, so it is cheap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from annotator.models import WHOLE_DOCUMENT, Account, Annotation, Coverage
from annotator.services.editions.editions import Loaded

MOST_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class News:
    """The state of a document's commentary, the number of new annotations, the time of the last.

    `new` is at most MOST_COUNTED.
    """

    state: int
    new: int
    latest: datetime | None


def since(
    session: Session, loaded: Loaded, moment: datetime | None, without: str | None = None
) -> News:
    """Count the commentary made after `moment`, but not by the account named `without`.

    Replies count too. Nothing is new where no moment is given.
    """
    latest = session.scalar(_newest_first(loaded).limit(1))
    if moment is None or latest is None or latest <= moment:
        return News(loaded.state, 0, latest)
    fresh = _newest_first(loaded).where(Coverage.created > moment)
    if without is not None:
        by = select(Annotation.author_id).where(Annotation.id == Coverage.annotation_id)
        one = select(Account.id).where(Account.name == without)
        fresh = fresh.where(by.scalar_subquery() != func.coalesce(one.scalar_subquery(), 0))
    counted = select(func.count()).select_from(fresh.limit(MOST_COUNTED).subquery())
    return News(loaded.state, session.execute(counted).scalar_one(), latest)


def _newest_first(loaded: Loaded) -> Select[datetime]:
    return (
        select(Coverage.created)
        .where(Coverage.edition_id == loaded.edition_id, Coverage.provision == WHOLE_DOCUMENT)
        .order_by(Coverage.created.desc())
    )
