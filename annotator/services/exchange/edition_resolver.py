"""Finding the edition that an imported annotation belongs to."""

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
    """Finds the editions of a batch, each once.

    `document` is the slug for annotations whose page is not of this site.
    """

    def __init__(self, session: Session, document: str | None = None) -> None:
        self._session = session
        self._document = document
        self._named = cache(partial(_named, session))
        self._at = cache(partial(_at, session))
        self.numbered = cache(
            lambda number: editions.load(session, session.get_one(Edition, number))
        )
        self._all: list[Loaded] = []

    def of(self, item: Incoming) -> Loaded:
        """Return the edition that an annotation belongs to.

        That is the one it names, else the one of its page, else the newest of the document that the
        import names, else of the only document with its words, else of the first document. Raises
        NotFound.
        """
        draft = item.draft
        if draft.document:
            return self.named(draft.document, draft.edition)
        loaded = self._at(item.source)
        if loaded is None and self._document is not None:
            loaded = self.named(self._document, None)
        return loaded or self._fitting(draft.targets)

    def named(self, slug: str, label: str | None) -> Loaded:
        """Return an edition, or the newest if none has the label. Raises NotFound."""
        return self._named(slug, label) or editions.newest(self._session, slug)

    def _fitting(self, targets: tuple[DraftTarget, ...]) -> Loaded:
        if not self._all:
            slugs = self._session.scalars(select(Document.slug).order_by(Document.id))
            self._all = [editions.newest(self._session, slug) for slug in slugs]
        if not self._all:
            raise NotFound("There are no documents yet; add one first.")
        quotations = [drafts.quotation(target) for target in targets if target.exact]
        fitting = [
            each for each in self._all
            if any(foreign_quotation.find_one(each.parsed.text, words) for words in quotations)
        ]  # fmt: skip
        return fitting[0] if len(fitting) == 1 else self._all[0]


def _at(session: Session, source: str) -> Loaded | None:
    page = address_lookup.read_url(source)
    if page is not None:
        return _named(session, page.slug, page.label)
    return by_source(session, source) if source else None


def by_source(session: Session, source: str) -> Loaded | None:
    """Return the edition, or the newest of the document, that came from an address."""
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
