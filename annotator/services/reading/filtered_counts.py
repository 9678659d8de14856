"""Where the argument is: what somebody's filter leaves of the commentary on an edition."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from annotator.search.engine import Engine
from annotator.services.annotations.listings import Filter
from annotator.services.editions.editions import Loaded
from annotator.services.reading import full_text, reading_page
from annotator.services.reading.reading_page import EditionCommentary


@dataclass(frozen=True, slots=True)
class CommentaryFilter:
    """A filter as people give it; what is empty does not narrow.

    `section` is the pid of a provision or the name of a section, `q` a full-text query. The others
    are as in `listing.Filter`.
    """

    author: str | None = None
    tag: str | None = None
    after: datetime | None = None
    before: datetime | None = None
    section: str | None = None
    verdict: str | None = None
    q: str | None = None

    @property
    def narrows(self) -> bool:
        """Return whether anything is asked for."""
        return self != CommentaryFilter()


def found(
    session: Session, engine: Engine, loaded: Loaded, asked: CommentaryFilter
) -> EditionCommentary:
    """Return what is left of the commentary. Raises NotFound, Malformed and Unacceptable.

    What was found once is kept in memory while nothing is asked for.
    """
    if not asked.narrows:
        return reading_page.commentary(session, loaded)
    among = full_text.among(session, engine, asked.q, loaded.slug) if asked.q else None
    narrow = Filter(
        document=loaded.slug,
        edition=loaded.label,
        author=asked.author,
        tag=asked.tag,
        after=asked.after,
        before=asked.before,
        section=asked.section,
        verdict=asked.verdict,
        among=among,
    )
    return reading_page.narrowed(session, loaded, narrow)
