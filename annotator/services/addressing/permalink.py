"""Where a linked comment stands: in the edition that is read, in the newest, where it was made."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.models import WHOLE_DOCUMENT, Placement
from annotator.schemas.annotations import AnnotationValue
from annotator.services.annotations import listings
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded


@dataclass(frozen=True, slots=True)
class PermalinkPlace:
    """A place in one edition; a reply has that of its thread.

    `ordinal` is the provision: where the words stand or, where `start` and `end` are None, where
    they stood. All are None for an annotation on the document as a whole, and for one whose words
    were quoted elsewhere and never stood here.
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
    """An annotation with its places: in the edition asked for, the newest, and its own."""

    annotation: AnnotationValue
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
    annotation = listings.one(session, ident)
    newest = editions.labelled(session, annotation.document, None)
    here = newest if loaded is None or loaded.slug != annotation.document else loaded
    made = editions.labelled(session, annotation.document, annotation.edition)
    places = (_place(session, annotation, loaded) for loaded in (here, newest, made))
    return Whereabouts(annotation, *places)


def _place(session: Session, annotation: AnnotationValue, loaded: Loaded) -> PermalinkPlace:
    """Return the first place of its thread whose words are there, else the first."""
    query = select(Placement.start, Placement.end, Placement.provision).where(
        Placement.annotation_id == annotation.thread, Placement.edition_id == loaded.edition_id
    )
    rows = session.execute(query.order_by(Placement.start.is_(None), Placement.ordinal)).all()
    if not rows or rows[0].provision == WHOLE_DOCUMENT:
        return PermalinkPlace(loaded.label, None, None, None, None)
    start, end, ordinal = rows[0]
    return PermalinkPlace(loaded.label, start, end, ordinal, loaded.pids[ordinal])
