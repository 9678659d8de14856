"""Check an essay's quotations of a document; nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from sqlalchemy.orm import Session

from annotator.documents.address import notation
from annotator.documents.address.cite import address_of
from annotator.documents.readers.source import decode, is_page, refuse_binary
from annotator.errors import TooLarge, Unacceptable
from annotator.quotations import (
    Budget,
    Index,
    Kind,
    Match,
    Quotation,
    editorial_marks,
    find,
    index_of,
)
from annotator.schemas.documents import Quotations, QuotationValue, QuotedWords
from annotator.services.addressing import address_lookup
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded

# In code points; a book of 80,000 words has about as many.
LONGEST_ESSAY = 500_000
MOST_QUOTATIONS = 1_000
MOST_SECONDS = 0.6  # of processor time; an essay of 10,000 words takes 0.2 s
SUFFIXES: dict[str, Kind] = {
    ".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html", ".xhtml": "html",
    ".txt": "text", ".text": "text",
}  # fmt: skip


@dataclass(frozen=True)
class QuotedPlace:
    """A match in an edition: its address, and the name of the place as people cite it, or ""."""

    match: Match
    address: str
    place: str


@dataclass(frozen=True)
class Reported:
    """A quotation with the places of its fragments, or its candidates."""

    quotation: Quotation
    places: tuple[QuotedPlace, ...]
    candidates: tuple[QuotedPlace, ...]


@dataclass(frozen=True)
class QuotationReport:
    """The quotations of an essay, checked against the editions of a document.

    `loaded` is the requested edition, `editions` has all editions by label.
    """

    loaded: Loaded
    editions: Mapping[str, Loaded]
    quotations: tuple[Reported, ...]


def read_essay(data: bytes, name: str) -> tuple[str, Kind]:
    """Decode the file of an essay; return its text and its kind, by suffix or content.

    Raises SourceFault for a binary file, TooLarge for more than `LONGEST_ESSAY` code points.
    """
    if len(data) > 4 * LONGEST_ESSAY:
        refuse_binary(data)
        raise _too_large()
    suffix = PurePosixPath(name).suffix.lower()
    text = decode(data, name)
    return text, SUFFIXES.get(suffix) or ("html" if is_page(text) else "markdown")


def report(
    session: Session,
    slug: str,
    essay: str,
    kind: Kind,
    edition: str | None = None,
    budget: Budget | None = None,
) -> QuotationReport:
    """Find the quotations of the document `slug` in an essay, first in `edition`, else the newest.

    Raises NotFound for an unknown document or edition, TooLarge and Unacceptable for an essay that
    is too long, has no words, or takes longer than the `budget`, which is `MOST_SECONDS` for None.
    """
    if len(essay) > LONGEST_ESSAY:
        raise _too_large()
    if not essay.strip():
        raise Unacceptable("The essay is empty. Paste its text or choose a file.",
                           field="essay")  # fmt: skip
    loaded = editions.labelled(session, slug, edition)
    every = editions.every(session, loaded.document_id)
    tried = [loaded, *(other for other in reversed(every) if other.label != loaded.label)]
    indexes = [_index(session, each) for each in tried]  # cached, so not part of the budget
    quotations = find(essay, kind, indexes, budget or Budget(MOST_SECONDS))
    if len(quotations) > MOST_QUOTATIONS:
        raise TooLarge(
            f"The essay has more than {MOST_QUOTATIONS:,} quotations, which is the limit. Split "
            "it and check the parts.",
            field="essay",
        )
    labelled = {each.label: each for each in tried}
    reported = (
        Reported(item, _places(labelled, item.matches), _places(labelled, item.candidates))
        for item in quotations
    )
    return QuotationReport(loaded, labelled, tuple(reported))


def corrected(checked: QuotationReport, item: Reported) -> str:
    """Return the corrected quotation with its citation; "" if it has no match."""
    words = editorial_marks.corrected(item.quotation)
    if not words:
        return ""
    matches = item.quotation.matches
    loaded = checked.editions[matches[0].edition]
    start, end = min(match.start for match in matches), max(match.end for match in matches)
    cited = address_lookup.citation(loaded, start, end, "")
    return f"{words} {cited.sentence}, {cited.address}"


def answer(checked: QuotationReport) -> Quotations:
    """Return a report in the shape of the API."""
    items = [
        QuotationValue.from_attributes(
            item.quotation,
            matches=_listed(item.places),
            candidates=_listed(item.candidates),
            corrected=corrected(checked, item),
        )
        for item in checked.quotations
    ]
    return Quotations(document=checked.loaded.slug, edition=checked.loaded.label, quotations=items)


def _listed(places: tuple[QuotedPlace, ...]) -> list[QuotedWords]:
    return [QuotedWords.from_attributes(place.match, address=place.address) for place in places]


def _too_large() -> TooLarge:
    return TooLarge(
        f"The essay has more than {LONGEST_ESSAY:,} characters, which is the limit. Split it and "
        "check the parts.",
        field="essay",
    )


def _index(session: Session, loaded: Loaded) -> Index:
    """Return the cached index of an edition."""
    cache = editions.memory(session, loaded.edition_id)
    key = ("quotations", loaded.sha256, loaded.label, loaded.revision)
    if key not in cache:
        cache[key] = index_of(loaded.label, loaded.parsed, loaded.pids)
    index: Index = cache[key]
    return index


def _named(loaded: Loaded, start: int) -> str:
    provision = loaded.parsed.innermost(start, start + 1)
    return "" if provision is None else loaded.parsed.place(provision)


def _places(labelled: dict[str, Loaded], matches: tuple[Match, ...]) -> tuple[QuotedPlace, ...]:
    return tuple(
        QuotedPlace(match, notation.write(
            address_of(loaded.parsed, loaded.slug, loaded.label, match.start, match.end)
        ), _named(loaded, match.start))
        for match in matches for loaded in [labelled[match.edition]]
    )  # fmt: skip
