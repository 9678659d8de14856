"""To which edition an annotation belongs that was made elsewhere."""

from __future__ import annotations

from functools import cache, partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.errors import NotFound
from annotator.models import Document, Edition
from annotator.relocation import foreign_quotation
from annotator.schemas.annotations import DraftTarget, Incoming
from annotator.services.addressing import address_lookup
from annotator.services.annotations import drafts
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded


class EditionResolver:
    """Finds editions for one batch, each but once.

    `document` names where an annotation goes whose page is none of this site's.
    """

    def __init__(self, session: Session, document: str | None = None) -> None:
        self._session = session
        self._document = document
        self._named = cache(partial(_named, session))
        self._at = cache(partial(_at, session))
        self.numbered = cache(partial(_numbered, session))
        self._all: list[Loaded] = []

    def of(self, item: Incoming) -> Loaded:
        """Return the edition that an annotation goes to.

        That is the one it names; else the one whose page it was made on; else the document that the
        import names; else the one document in which its words stand; else the first there is.
        Raises NotFound.
        """
        draft = item.draft
        if draft.document:
            return self.named(draft.document, draft.edition)
        found = self._at(item.source)
        if found is None and self._document is not None:
            found = self.named(self._document, None)
        return found or self._fitting(draft.targets)

    def named(self, slug: str, label: str | None) -> Loaded:
        """Return an edition, the newest where there is none with this label. Raises NotFound."""
        return self._named(slug, label) or editions.newest(self._session, slug)

    def _fitting(self, targets: tuple[DraftTarget, ...]) -> Loaded:
        """Return the one document in which words stand, else the first there is."""
        if not self._all:
            slugs = self._session.scalars(select(Document.slug).order_by(Document.id))
            self._all = [editions.newest(self._session, slug) for slug in slugs]
        if not self._all:
            raise NotFound("There are no documents yet; add one first.")
        wanted = [drafts.quotation(it) for it in targets if it.exact]
        fitting = [
            each for each in self._all
            if any(foreign_quotation.find_one(each.parsed.text, it) for it in wanted)
        ]  # fmt: skip
        return fitting[0] if len(fitting) == 1 else self._all[0]


def _at(session: Session, source: str) -> Loaded | None:
    """Find the edition or document whose text or page lies at an address."""
    page = address_lookup.read_url(source)
    if page is not None:
        return _named(session, page.slug, page.label)
    return by_source(session, source) if source else None


def by_source(session: Session, source: str) -> Loaded | None:
    """Find the edition that came from an address, or the newest of the document that did."""
    plain = source.partition("#")[0]
    row = session.scalar(select(Edition).where(Edition.source_url == plain).limit(1))
    if row is not None:
        return editions.load(session, row)
    slug = session.scalar(select(Document.slug).where(Document.source_url == plain).limit(1))
    return editions.newest(session, slug) if slug else None


def _named(session: Session, slug: str, label: str | None) -> Loaded | None:
    try:
        return editions.labelled(session, slug, label)
    except NotFound as error:
        return editions.newest(session, slug) if error.field == "edition" else None


def _numbered(session: Session, edition_id: int) -> Loaded:
    return editions.load(session, session.get_one(Edition, edition_id))
