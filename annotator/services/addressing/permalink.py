"""Where a linked remark stands: in the edition that is read, in the newest, where it was made."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.formats.annotation import AnnotationValue
from annotator.models import WHOLE_DOCUMENT, Placement
from annotator.services.annotations import listings
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded


@dataclass(frozen=True, slots=True)
class PermalinkPlace:
    """A place in one edition; a reply has that of its thread.

    `ordinal` is the provision: where the words stand or, where `start` and `end` are None, where
    they stood. All are None for a remark on the document as a whole, and for one whose words were
    quoted elsewhere and never stood here.
    """

    edition: str
    start: int | None
    end: int | None
    ordinal: int | None
    pid: str | None

    @property
    def lost(self) -> bool:
        """Return whether the words are gone."""
        return self.ordinal is not None and self.start is None


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """A remark, with its place in the edition asked about, in the newest, and where it was made."""

    remark: AnnotationValue
    here: PermalinkPlace
    newest: PermalinkPlace
    made: PermalinkPlace

    @property
    def best(self) -> PermalinkPlace:
        """Return the place that shows it best: in the newest edition, unless its words are lost."""
        return self.made if self.newest.lost else self.newest


def find(session: Session, ident: str, loaded: Loaded | None = None) -> Whereabouts:
    """Find an annotation, also a reply or a deleted one, in an edition (None: the newest).

    One of another document is placed in the newest edition of its own. Raises NotFound.
    """
    remark = listings.one(session, ident)
    newest = editions.labelled(session, remark.document, None)
    here = newest if loaded is None or loaded.slug != remark.document else loaded
    made = editions.labelled(session, remark.document, remark.edition)
    places = (_place(session, remark, loaded) for loaded in (here, newest, made))
    return Whereabouts(remark, *places)


def _place(session: Session, remark: AnnotationValue, loaded: Loaded) -> PermalinkPlace:
    """Return the first place of its thread whose words are there, else the first."""
    query = select(Placement.start, Placement.end, Placement.provision).where(
        Placement.annotation_id == remark.thread, Placement.edition_id == loaded.edition_id
    )
    rows = session.execute(query.order_by(Placement.start.is_(None), Placement.ordinal)).all()
    if not rows or rows[0].provision == WHOLE_DOCUMENT:
        return PermalinkPlace(loaded.label, None, None, None, None)
    start, end, ordinal = rows[0]
    return PermalinkPlace(loaded.label, start, end, ordinal, loaded.pids[ordinal])
