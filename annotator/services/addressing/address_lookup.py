"""Addresses, looked up: from what somebody cites to what stands there."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import unquote

from sqlalchemy.orm import Session

from annotator.documents.address import notation
from annotator.documents.address.cite import address_of
from annotator.documents.address.locate import Located, locate
from annotator.documents.address.notation import Address
from annotator.errors import NotFound, Unacceptable
from annotator.formats import citations
from annotator.formats.citations import CitedPassage
from annotator.schemas.documents import Citation
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions, provisions, sources
from annotator.services.editions.editions import Loaded
from annotator.services.placement import placer

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
    """What a page of this site is about: a document, or an edition, or a place in one.

    `cited` is the address without `/d/`; `place` is the part of it behind the edition, "" for the
    whole. `is_text` means the plain text of an edition, in which offsets count.
    """

    cited: str
    slug: str
    label: str | None
    place: str = ""
    is_text: bool = False


def read_url(url: str) -> SitePage | None:
    """Read the address of a page of a document, whatever the host is called; None for any other."""
    found = SITE_PATH.fullmatch(url.strip())
    if found is None:
        return None
    if found["cited"] is None:
        slug, label = unquote(found["slug"]), unquote(found["label"])
        return SitePage(f"{slug}@{label}", slug, label, is_text=True)
    cited = unquote(found["cited"]).rstrip("/")
    parts = CITED.fullmatch(cited)
    return parts and SitePage(cited, parts["slug"], parts["label"], parts["place"] or "")


def find_page(session: Session, page: SitePage) -> tuple[Loaded, int | None]:
    """Return the edition that a page shows, and the ordinal of its provision if it shows one.

    Raises Malformed and NotFound.
    """
    if not page.place:
        return editions.labelled(session, page.slug, page.label), None
    address = notation.read(page.cited)
    loaded = edition_of(session, address)
    return loaded, provision_at(session, loaded, address)


def edition_of(session: Session, address: Address) -> Loaded:
    """Return the edition that an address speaks of: the one it names, else the newest that fits.

    Raises NotFound for an unknown document, edition or pid.
    """
    if address.edition is None and address.pid is not None:
        return editions.holding(session, address.document, address.pid)
    return editions.labelled(session, address.document, address.edition)


def provision_at(session: Session, loaded: Loaded, address: Address) -> int:
    """Return the ordinal of the innermost provision that an address names. Raises NotFound."""
    named = None
    if address.pid is not None:
        named = loaded.ordinals.get(address.pid)
        if named is None:
            raise NotFound(f"{loaded.slug}@{loaded.label} has no provision {address.pid!r}.")
    found = located(session, loaded, address, named)
    if found.status in {"not_found", "ambiguous"}:
        raise NotFound(
            f"{notation.write(address)} names no single provision of {loaded.slug}@{loaded.label}."
            f" {' '.join(found.missed)}".rstrip()
        )
    if found.provision is not None:
        return found.provision
    return placer.innermost(loaded.parsed, found.start, found.end)


def located(
    session: Session, loaded: Loaded, address: Address, provision: int | None = None
) -> Located:
    """Find an address in an edition, counting as its form does; `provision` is its pid's there."""
    counts = sources.convention(session, loaded) if address.counted_by_convention else None
    return locate(loaded.parsed, address, provision=provision, convention=counts)


def provision_of(session: Session, text: str, narrow: Filter) -> Filter:
    """Narrow a list of commentary to the provision that the address `text` names.

    Raises Malformed for what is no address, NotFound for one that names nothing here.
    """
    address = notation.read(text)
    loaded = edition_of(session, address)
    pid = loaded.pids[provision_at(session, loaded, address)]
    return replace(narrow, document=loaded.slug, edition=loaded.label, provision=pid)


def citation(loaded: Loaded, start: int, end: int, site_address: str) -> Citation:
    """Cite a range of an edition in every form; `site_address` is this site's, or empty.

    Raises Unacceptable for a range outside the text.
    """
    if not 0 <= start < end <= len(loaded.parsed.text):
        raise Unacceptable("A range lies within the text and ends after its start.", field="start")
    cited = address_of(loaded.parsed, loaded.slug, loaded.label, start, end)
    ordinal = placer.innermost(loaded.parsed, start, end)
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
