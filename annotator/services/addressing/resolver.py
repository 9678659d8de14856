"""Resolution of addresses: their words, and their position in another edition.

A pinned address always resolves to the same text. An address that is not found exactly resolves to
a containing provision, an ambiguous one to its candidates, a retired provision to its last text and
its successors.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from annotator.documents.address import notation
from annotator.documents.address.cite import address_of
from annotator.documents.address.locate import Located, find_sections, find_words, locate
from annotator.documents.address.notation import Address, AddressWords, Place
from annotator.documents.folding import fold_words, folded
from annotator.errors import NotFound
from annotator.relocation.diff import word_diff
from annotator.schemas.documents import Candidate, Cited, Heir, Resolution, Status
from annotator.services.addressing.address_lookup import edition_of, located, read_url
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded
from annotator.services.placement import placer, succession

LONGEST_SHOWN = 300


@dataclass(frozen=True)
class _Cited:
    loaded: Loaded
    start: int
    end: int
    ordinal: int | None
    whole: bool


def resolve(
    session: Session, cite: str, *, quote: str | None = None, edition: str | None = None
) -> Resolution:
    """Resolve an address, and its position in `edition` (None: the cited one).

    `quote` narrows to some words. Raises Malformed for an invalid address and NotFound for an
    unknown document or edition; any other result has a status.
    """
    page = read_url(cite)
    address = notation.read(page.cited if page else cite)
    loaded, notes = edition_of(session, address), list[str]()
    if address.edition is None and address.pid is None and address.start.number:
        notes.append(f"The address names no edition. ¶ numbers are those of {loaded.label}, the "
                     "newest, and may differ in others.")  # fmt: skip
    ordinal = loaded.ordinals.get(address.pid) if address.pid else None
    if address.pid and ordinal is None:
        home = editions.holding(session, address.document, address.pid)
        location = locate(home.parsed, address, provision=home.ordinals[address.pid])
        notes.append(f"{loaded.label} does not contain {address.pid}; this is its successor there.")
        return _answered(session, _cited(home, location), edition or loaded.label, notes)
    location = located(session, loaded, address, ordinal)
    location, notes = _renamed(session, address, loaded, location, notes)
    notes = [*notes, *location.missed]
    if location.status in {"ambiguous", "not_found"}:
        return _unresolved(loaded, location, notes)
    cited = _cited(loaded, location)
    if quote:
        spans = find_words(loaded.parsed.text[cited.start : cited.end], AddressWords(quote))
        if len(spans) == 1:
            start, end = (cited.start + each for each in spans[0])
            cited = replace(cited, start=start, end=end, whole=False)
        else:
            times = f"occur {len(spans)} times there" if spans else "do not occur there"
            notes.append(f"The quoted words {times}.")
    pid_only = bool(address.pid and not address.edition)
    answer = _answered(session, cited, edition, notes, pid_only=pid_only)
    if location.status == "walked_up":
        status = "walked_up" if answer.status == "same" else answer.status
        return answer.model_copy(update={"status": status, "walked_up": True})
    return answer


def _renamed(
    session: Session, address: Address, loaded: Loaded, location: Located, notes: list[str]
) -> tuple[Located, list[str]]:
    """Locate a section by a slug that it has in another edition."""
    path = address.start.path
    if location.status != "not_found" or not path or find_sections(loaded.parsed, path):
        return location, notes
    place = Place(path=path)
    for other in reversed(editions.every(session, loaded.document_id)):
        section = locate(other.parsed, Address(address.document, other.label, start=place))
        if section.status != "found" or section.provision is None:
            continue
        ordinal = loaded.ordinals.get(other.pids[section.provision])
        slug = loaded.parsed.provisions[ordinal].slug if ordinal is not None else None
        if slug:
            renamed = replace(address, start=replace(address.start, path=(slug,)))
            note = f"{path[-1]} is named {slug} in {loaded.label}."
            return located(session, loaded, renamed), [*notes, note]
    return location, notes


def _cited(loaded: Loaded, location: Located) -> _Cited:
    whole = False
    if location.provision is not None:
        provision = loaded.parsed.provisions[location.provision]
        whole = (provision.start, provision.end) == (location.start, location.end)
    return _Cited(loaded, location.start, location.end, location.provision, whole)


def _answered(
    session: Session,
    cited: _Cited,
    edition: str | None,
    notes: list[str],
    *,
    pid_only: bool = False,
) -> Resolution:
    """Resolve into the requested edition; `pid_only` into the newest, if the pid is not in it."""
    into = (
        cited.loaded if edition is None else editions.labelled(session, cited.loaded.slug, edition)
    )
    if edition is None and pid_only and not cited.loaded.newest:
        return _retired(session, cited, notes)
    if into.edition_id == cited.loaded.edition_id:
        return _placed(cited, into, cited.start, cited.end, "same", 1.0, notes)
    if cited.whole and cited.ordinal is not None:
        fate = succession.fate(session, cited.loaded, cited.ordinal, into)
        if fate.verdict == "retired":
            return _retired(session, cited, notes, into)
        first = into.parsed.provisions[fate.ordinals[0]]
        answer = _placed(cited, into, first.start, first.end, fate.verdict, fate.score, notes)
        heirs = [_named(into, at) for at in fate.ordinals] if len(fate.ordinals) > 1 else []
        return answer.model_copy(update={"heirs": heirs})
    moved = placer.relocator(session, cited.loaded, into).span(cited.start, cited.end)
    if moved.verdict == "lost" or moved.start is None or moved.end is None:
        return _retired(session, cited, notes, into)
    status: Status = "same" if moved.verdict == "exact" else moved.verdict
    return _placed(cited, into, moved.start, moved.end, status, moved.score, notes)


def _placed(
    cited: _Cited,
    into: Loaded,
    start: int,
    end: int,
    status: Status,
    score: float,
    notes: list[str],
) -> Resolution:
    text = into.parsed.text[start:end]
    before = cited.loaded.parsed.text[cited.start : cited.end]
    candidate = _candidate(into, start, end)
    return Resolution(
        document=into.slug,
        edition=into.label,
        sha256=into.sha256,
        status=status,
        address=candidate.address,
        living=f"{into.slug}/p/{candidate.pid}",
        pid=candidate.pid,
        start=start,
        end=end,
        text=text,
        score=round(score, 4),
        cited=Cited(edition=cited.loaded.label, start=cited.start, end=cited.end, text=before),
        diff=word_diff(before, text) if text != before else None,
        notes=notes,
    )


def _retired(
    session: Session, cited: _Cited, notes: list[str], into: Loaded | None = None
) -> Resolution:
    requested = into or cited.loaded
    loaded, ordinal = cited.loaded, cited.ordinal
    at = loaded.parsed.provision_at(cited.start, cited.end) if ordinal is None else ordinal
    last = editions.holding(session, loaded.slug, loaded.pids[at])
    successors = succession.heirs(session, last, last.ordinals[loaded.pids[at]])
    note = f"The last edition that contains it is {last.label}, captured {last.captured}."
    answer = _placed(cited, loaded, cited.start, cited.end, "retired", 0.0, [*notes, note])
    heirs = [_named(edition, at) for edition, at in successors]
    return answer.model_copy(update={
        "edition": requested.label, "sha256": requested.sha256, "heirs": heirs, "diff": None,
    })  # fmt: skip


def _unresolved(loaded: Loaded, location: Located, notes: list[str]) -> Resolution:
    candidates = [_candidate(loaded, *span) for span in location.candidates]
    ambiguous = location.status == "ambiguous" or (candidates and location.nearest is None)
    if location.nearest is not None:
        nearest = notation.write(Address(loaded.slug, loaded.label, start=location.nearest))
        notes = [*notes, f"The nearest match is {nearest}"]
        provision = locate(
            loaded.parsed, Address(loaded.slug, loaded.label, start=location.nearest)
        )
        candidates = candidates or [_candidate(loaded, provision.start, provision.end)]
    return Resolution(
        document=loaded.slug,
        edition=loaded.label,
        sha256=loaded.sha256,
        status="ambiguous" if ambiguous else "not_found",
        candidates=candidates,
        notes=notes,
    )


def _candidate(loaded: Loaded, start: int, end: int) -> Candidate:
    address = notation.write(address_of(loaded.parsed, loaded.slug, loaded.label, start, end))
    pid = loaded.pids[loaded.parsed.provision_at(start, end)]
    text = loaded.parsed.text[start:end][:LONGEST_SHOWN]
    return Candidate(address=address, pid=pid, start=start, end=end, text=text)


def _named(loaded: Loaded, ordinal: int) -> Heir:
    provision = loaded.parsed.provisions[ordinal]
    candidate = _candidate(loaded, provision.start, provision.end)
    return Heir(edition=loaded.label, **dict(candidate))


def find(session: Session, slug: str, words: str, edition: str | None = None) -> list[Candidate]:
    """Return the places of words in an edition (None: the newest); quotes, dashes, case folded.

    Raises NotFound if there are none.
    """
    loaded = editions.labelled(session, slug, edition)
    spans = list(folded(loaded.parsed.text).spans(fold_words(words)))
    if not spans:
        raise NotFound(f"{slug}@{loaded.label} does not contain these words: {words[:200]!r}.")
    return [_candidate(loaded, start, end) for start, end in spans]
