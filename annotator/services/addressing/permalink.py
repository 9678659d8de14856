"""The places of a linked annotation: in the edition that is read, the newest, and its own."""

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
    """A place in an edition; a reply has that of its thread.

    `start` and `end` are None if the words are lost; `ordinal` is then the provision that had them.
    All are None for an annotation on the whole document, or on words that never were in it.
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
class Permalink:
    """An annotation with its places in the requested edition, the newest, and its own."""

    annotation: AnnotationValue
    requested: PermalinkPlace
    newest: PermalinkPlace
    own: PermalinkPlace

    @property
    def best(self) -> PermalinkPlace:
        """Return the place in the newest edition unless its words are lost there, else its own."""
        return self.own if self.newest.lost else self.newest


def find(session: Session, ident: str, loaded: Loaded | None = None) -> Permalink:
    """Return an annotation, also a reply or a deleted one, with its places.

    The requested edition is the newest if None or of another document. Raises NotFound.
    """
    annotation = listings.get(session, ident)
    newest = editions.labelled(session, annotation.document, None)
    requested = newest if loaded is None or loaded.slug != annotation.document else loaded
    own = editions.labelled(session, annotation.document, annotation.edition)
    places = (_place(session, annotation, loaded) for loaded in (requested, newest, own))
    return Permalink(annotation, *places)


def _place(session: Session, annotation: AnnotationValue, loaded: Loaded) -> PermalinkPlace:
    query = select(Placement.start, Placement.end, Placement.provision).where(
        Placement.annotation_id == annotation.thread, Placement.edition_id == loaded.edition_id
    )
    rows = session.execute(query.order_by(Placement.start.is_(None), Placement.ordinal)).all()
    if not rows or rows[0].provision == WHOLE_DOCUMENT:
        return PermalinkPlace(loaded.label, None, None, None, None)
    start, end, ordinal = rows[0]
    return PermalinkPlace(loaded.label, start, end, ordinal, loaded.pids[ordinal])
