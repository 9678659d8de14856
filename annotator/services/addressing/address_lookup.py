"""Lookup of addresses: editions, provisions and pages by their citation, and permalinks."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import unquote

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.documents.address import notation
from annotator.documents.address.cite import address_of
from annotator.documents.address.locate import Located, locate
from annotator.documents.address.notation import Address
from annotator.errors import NotFound, Unacceptable
from annotator.formats import citations
from annotator.formats.citations import CitedPassage
from annotator.models import WHOLE_DOCUMENT, Placement
from annotator.schemas.annotations import AnnotationValue
from annotator.schemas.documents import Citation
from annotator.services.annotations import listings
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions, provisions, sources
from annotator.services.editions.editions import Loaded

# Pages and texts of documents on a site like this one, with or without the site's own address.
SITE_PATH = re.compile(
    r"(?:https?://[^/?#]*)?"
    r"(?:/d/(?P<cited>[^#]+?)|/api/documents/(?P<slug>[^/]+)/editions/(?P<label>[^/]+)/text)"
    r'(?:\?[^#"”]*)?(?:#.*)?',  # a question mark within quoted words begins no query
    re.DOTALL,
)
CITED = re.compile(r"(?P<slug>[^/@~]+)(?:@(?P<label>[^/~]+))?(?P<place>[/~].*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SitePage:
    """The subject of a page of this site: a document, an edition, or a place in one.

    `cited` is the address without `/d/`, `place` its part after the edition, "" for the whole.
    `is_text` means the plain text of an edition, in code points.
    """

    cited: str
    slug: str
    label: str | None
    place: str = ""
    is_text: bool = False


def read_url(url: str) -> SitePage | None:
    """Parse the URL of a document page, ignoring its host; None for any other."""
    match = SITE_PATH.fullmatch(url.strip())
    if match is None:
        return None
    if match["cited"] is None:
        slug, label = unquote(match["slug"]), unquote(match["label"])
        return SitePage(f"{slug}@{label}", slug, label, is_text=True)
    cited = unquote(match["cited"]).rstrip("/")
    parts = CITED.fullmatch(cited)
    return parts and SitePage(cited, parts["slug"], parts["label"], parts["place"] or "")


def find_page(session: Session, page: SitePage) -> tuple[Loaded, int | None]:
    """Return the edition of a page, and the ordinal of its provision, if any.

    Raises Malformed and NotFound.
    """
    if not page.place:
        return editions.labelled(session, page.slug, page.label), None
    address = notation.read(page.cited)
    loaded = edition_of(session, address)
    return loaded, provision_at(session, loaded, address)


def edition_of(session: Session, address: Address) -> Loaded:
    """Return the edition that an address names, or the newest with its pid.

    Raises NotFound for an unknown document, edition or pid.
    """
    if address.edition is None and address.pid is not None:
        return editions.holding(session, address.document, address.pid)
    return editions.labelled(session, address.document, address.edition)


def provision_at(session: Session, loaded: Loaded, address: Address) -> int:
    """Return the ordinal of the innermost provision that an address names. Raises NotFound."""
    ordinal = None
    if address.pid is not None:
        ordinal = loaded.ordinals.get(address.pid)
        if ordinal is None:
            raise NotFound(f"{loaded.slug}@{loaded.label} has no provision {address.pid!r}.")
    location = located(session, loaded, address, ordinal)
    if location.status in {"not_found", "ambiguous"}:
        raise NotFound(
            f"{notation.write(address)} is not one provision of {loaded.slug}@{loaded.label}."
            f" {' '.join(location.missed)}".rstrip()
        )
    if location.provision is not None:
        return location.provision
    return loaded.parsed.provision_at(location.start, location.end)


def located(
    session: Session, loaded: Loaded, address: Address, provision: int | None = None
) -> Located:
    """Locate an address in an edition, by its convention; `provision` is the ordinal of its pid."""
    counts = sources.convention(session, loaded) if address.counted_by_convention else None
    return locate(loaded.parsed, address, provision=provision, convention=counts)


def provision_of(session: Session, text: str, narrow: Filter) -> Filter:
    """Narrow a filter to the provision at an address. Raises Malformed and NotFound."""
    address = notation.read(text)
    loaded = edition_of(session, address)
    pid = loaded.pids[provision_at(session, loaded, address)]
    return replace(narrow, document=loaded.slug, edition=loaded.label, provision=pid)


def citation(loaded: Loaded, start: int, end: int, site_address: str) -> Citation:
    """Return citations of a range (code points) in every style; `site_address` may be empty.

    Raises Unacceptable for a range outside the text.
    """
    if not 0 <= start < end <= len(loaded.parsed.text):
        raise Unacceptable("The range must end after its start, within the text.", field="start")
    cited = address_of(loaded.parsed, loaded.slug, loaded.label, start, end)
    ordinal = loaded.parsed.provision_at(start, end)
    shown = provisions.view(loaded, ordinal)
    passage = CitedPassage(
        title=loaded.title,
        publisher=loaded.publisher,
        captured=loaded.captured,
        label=loaded.label,
        section=shown.headings[-1] if shown.headings else "",
        number=shown.number,
        address=notation.write(cited),
        url=f"{site_address.rstrip('/')}{shown.path}",
        source_url=loaded.page,
        exact=loaded.parsed.text[start:end],
    )
    return citations.forms(passage)


@dataclass(frozen=True, slots=True)
class PermalinkPlace:
    """A place in an edition; a reply has that of its thread.

    `start` and `end` are None if the words are lost; `ordinal` is then the provision that had them.
    All are None for an annotation on the whole document, or on words that were never in it.
    """

    edition: str
    start: int | None
    end: int | None
    ordinal: int | None
    pid: str | None

    @property
    def lost(self) -> bool:
        """Return whether the words are lost."""
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
        """Return the place in the newest edition, or in its own if the words are lost there."""
        return self.own if self.newest.lost else self.newest


def find_permalink(session: Session, ident: str, loaded: Loaded | None = None) -> Permalink:
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
