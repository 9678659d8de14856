"""Are an essay's quotations of a document right? A report; nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from sqlalchemy.orm import Session

from annotator.documents.address import notation
from annotator.documents.address.cite import address_of
from annotator.documents.readers.source import decode, is_page, refuse_binary
from annotator.errors import TooLarge, Unacceptable
from annotator.quotations import Budget, Index, Kind, Match, Quotation, corrections, find, index_of
from annotator.schemas.documents import Quotations, QuotationValue, QuotedWords
from annotator.services.addressing import address_lookup
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded

# The longest essay that is read, in code points; a book of 80,000 words has about as many.
LONGEST_ESSAY = 500_000
MOST_QUOTATIONS = 1_000
MOST_SECONDS = 0.6  # of processor time; an essay of 10,000 words takes 0.2 s
SUFFIXES: dict[str, Kind] = {
    ".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html", ".xhtml": "html",
    ".txt": "text", ".text": "text",
}  # fmt: skip


@dataclass(frozen=True)
class QuotedPlace:
    """Where some words of the document stand: the match, and how it is cited."""

    match: Match
    address: str


@dataclass(frozen=True)
class Reported:
    """A quotation, with the places of its fragments or its candidates."""

    quotation: Quotation
    places: tuple[QuotedPlace, ...]
    candidates: tuple[QuotedPlace, ...]


@dataclass(frozen=True)
class QuotationReport:
    """What the quotations of an essay are, against the editions of a document.

    `loaded` is the edition that was asked about, `editions` has it and all others by their labels.
    """

    loaded: Loaded
    editions: Mapping[str, Loaded]
    quotations: tuple[Reported, ...]


def read_essay(data: bytes, name: str) -> tuple[str, Kind]:
    """Decode an essay in a file called `name`, and tell what it is written in.

    Raises SourceFault for what is no text, TooLarge for more than `LONGEST_ESSAY` code points.
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
    others = [it for it in editions.every(session, loaded.document_id) if it.label != loaded.label]
    tried = [loaded, *reversed(others)]
    indexes = [_index(session, it) for it in tried]  # made once in a process, on no essay's account
    found = find(essay, kind, indexes, budget or Budget(MOST_SECONDS))
    if len(found) > MOST_QUOTATIONS:
        raise TooLarge(
            f"The essay has more than {MOST_QUOTATIONS:,} quotations, the most that are reported "
            "at once. Divide it, and check the parts.",
            field="essay",
        )
    labelled = {it.label: it for it in tried}
    return QuotationReport(
        loaded, labelled, tuple(_reported(labelled, quotation) for quotation in found)
    )


def corrected(found: QuotationReport, item: Reported) -> str:
    """Return a quotation as it should read, with its citation; "" where it has no place."""
    words = corrections.corrected(item.quotation)
    if not words:
        return ""
    matches = item.quotation.matches
    loaded = found.editions[matches[0].edition]
    start, end = min(it.start for it in matches), max(it.end for it in matches)
    cited = address_lookup.citation(loaded, start, end, "")
    return f"{words} {cited.sentence}, {cited.address}"


def answer(found: QuotationReport) -> Quotations:
    """Return a report as the API and the command answer with it."""
    items = [
        QuotationValue(
            as_written=it.quotation.as_written,
            start=it.quotation.start,
            end=it.quotation.end,
            verdict=it.quotation.verdict,
            score=it.quotation.score,
            matches=_listed(it.places),
            candidates=_listed(it.candidates),
            corrected=corrected(found, it),
        )
        for it in found.quotations
    ]
    return Quotations(document=found.loaded.slug, edition=found.loaded.label, quotations=items)


def _listed(places: tuple[QuotedPlace, ...]) -> list[QuotedWords]:
    return [
        QuotedWords(edition=match.edition, start=match.start, end=match.end, exact=match.exact,
                    address=place.address)
        for place in places for match in [place.match]
    ]  # fmt: skip


def _too_large() -> TooLarge:
    return TooLarge(
        f"The essay has more than {LONGEST_ESSAY:,} characters, the most that are read at once. "
        "Divide it, and check the parts.",
        field="essay",
    )


def _index(session: Session, loaded: Loaded) -> Index:
    """Return the index of an edition, made at most once in a process."""
    cache = editions.memory(session, loaded.edition_id)
    key = ("quotations", loaded.sha256, loaded.label, loaded.revision)
    if key not in cache:
        cache[key] = index_of(loaded.label, loaded.parsed, loaded.pids)
    index: Index = cache[key]
    return index


def _reported(labelled: dict[str, Loaded], quotation: Quotation) -> Reported:
    places = (_places(labelled, matches) for matches in (quotation.matches, quotation.candidates))
    return Reported(quotation, *places)


def _places(labelled: dict[str, Loaded], matches: tuple[Match, ...]) -> tuple[QuotedPlace, ...]:
    return tuple(QuotedPlace(match, _address(labelled[match.edition], match)) for match in matches)


def _address(loaded: Loaded, match: Match) -> str:
    cited = address_of(loaded.parsed, loaded.slug, loaded.label, match.start, match.end)
    return notation.write(cited)
