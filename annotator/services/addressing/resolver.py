"""What an address points to: its words, and what became of them in another edition.

A pinned address answers the same for ever. What cannot be found exactly walks up and says so; among
equals nothing is guessed, the candidates are offered; a retired provision answers with its last
text and its heirs.
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
from annotator.relocation.word_diff import word_diff
from annotator.schemas.documents import Candidate, Cited, Difference, Heir, Resolution, Status
from annotator.services.addressing.address_lookup import edition_of, located, read_url
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded
from annotator.services.placement import placer, succession

LONGEST_SHOWN = 300


@dataclass(frozen=True)
class _Cited:
    """The words an address names, in the edition it speaks of."""

    loaded: Loaded
    start: int
    end: int
    ordinal: int | None
    whole: bool


def resolve(
    session: Session, cite: str, *, quote: str | None = None, edition: str | None = None
) -> Resolution:
    """Find what `cite` names, and in `edition` (None: the cited one) what became of it.

    `quote` narrows to some words of it. Raises Malformed for what is no address and NotFound for an
    unknown document or edition; everything else is an answer with a status.
    """
    page = read_url(cite)
    address = notation.read(page.cited if page else cite)
    loaded, notes = edition_of(session, address), list[str]()
    if address.edition is None and address.pid is None and address.start.number:
        notes.append(f"No edition is named: ¶ numbers are those of {loaded.label}, the newest, and "
                     "may differ in the one that was read.")  # fmt: skip
    named = loaded.ordinals.get(address.pid) if address.pid else None
    if address.pid and named is None:
        home = editions.holding(session, address.document, address.pid)
        found = locate(home.parsed, address, provision=home.ordinals[address.pid])
        notes.append(f"{address.pid} does not live in {loaded.label}; this is what became of it "
                     "there.")  # fmt: skip
        return _answered(session, _cited(home, found), edition or loaded.label, notes)
    found = located(session, loaded, address, named)
    found, notes = _renamed(session, address, loaded, found, notes)
    notes = [*notes, *found.missed]
    if found.status in {"ambiguous", "not_found"}:
        return _unresolved(loaded, found, notes)
    cited = _cited(loaded, found)
    if quote:
        spans = find_words(loaded.parsed.text[cited.start : cited.end], AddressWords(quote))
        if len(spans) == 1:
            start, end = (cited.start + each for each in spans[0])
            cited = replace(cited, start=start, end=end, whole=False)
        else:
            times = f"stand there {len(spans)} times" if spans else "do not stand there"
            notes.append(f"The quoted words {times}.")
    pid_only = bool(address.pid and not address.edition)
    answer = _answered(session, cited, edition, notes, pid_only=pid_only)
    if found.status == "walked_up":
        status = "walked_up" if answer.status == "same" else answer.status
        return answer.model_copy(update={"status": status, "walked_up": True})
    return answer


def _renamed(
    session: Session, address: Address, loaded: Loaded, found: Located, notes: list[str]
) -> tuple[Located, list[str]]:
    """Find a section under a slug that it had in another edition."""
    path = address.start.path
    if found.status != "not_found" or not path or find_sections(loaded.parsed, path):
        return found, notes
    bare = Place(path=path)
    for other in reversed(editions.every(session, loaded.document_id)):
        there = locate(other.parsed, Address(address.document, other.label, start=bare))
        if there.status != "found" or there.provision is None:
            continue
        ordinal = loaded.ordinals.get(other.pids[there.provision])
        slug = loaded.parsed.provisions[ordinal].slug if ordinal is not None else None
        if slug:
            again = replace(address, start=replace(address.start, path=(slug,)))
            note = f"{slug} is what {path[-1]} is called in {loaded.label}."
            return located(session, loaded, again), [*notes, note]
    return found, notes


def _cited(loaded: Loaded, found: Located) -> _Cited:
    whole = False
    if found.provision is not None:
        provision = loaded.parsed.provisions[found.provision]
        whole = (provision.start, provision.end) == (found.start, found.end)
    return _Cited(loaded, found.start, found.end, found.provision, whole)


def _answered(
    session: Session,
    cited: _Cited,
    edition: str | None,
    notes: list[str],
    *,
    pid_only: bool = False,
) -> Resolution:
    """Answer for the edition asked for; `pid_only` asks for the newest where the pid has gone."""
    into = (
        cited.loaded if edition is None else editions.labelled(session, cited.loaded.slug, edition)
    )
    if edition is None and pid_only and not cited.loaded.newest:
        return _retired(session, cited, notes)
    if into.edition_id == cited.loaded.edition_id:
        return _placed(cited, into, cited.start, cited.end, "same", 1.0, notes)
    if cited.whole and cited.ordinal is not None:
        became = succession.fate(session, cited.loaded, cited.ordinal, into)
        if became.verdict == "retired":
            return _retired(session, cited, notes, into)
        first = into.parsed.provisions[became.ordinals[0]]
        answer = _placed(cited, into, first.start, first.end, became.verdict, became.score, notes)
        heirs = [_named(into, at) for at in became.ordinals] if len(became.ordinals) > 1 else []
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
    diff = None
    if text != before:
        diff = [Difference(change=it.change, text=it.text) for it in word_diff(before, text)]
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
        diff=diff,
        notes=notes,
    )


def _retired(
    session: Session, cited: _Cited, notes: list[str], into: Loaded | None = None
) -> Resolution:
    """Answer with the last text, the day it was captured, and what took it up; asked for `into`."""
    asked = into or cited.loaded
    loaded, ordinal = cited.loaded, cited.ordinal
    at = placer.innermost(loaded.parsed, cited.start, cited.end) if ordinal is None else ordinal
    last = editions.holding(session, loaded.slug, loaded.pids[at])
    took = succession.heirs(session, last, last.ordinals[loaded.pids[at]])
    note = f"It stands last in {last.label}, captured {last.captured}."
    answer = _placed(cited, loaded, cited.start, cited.end, "retired", 0.0, [*notes, note])
    heirs = [_named(edition, at) for edition, at in took]
    return answer.model_copy(update={
        "edition": asked.label, "sha256": asked.sha256, "heirs": heirs, "diff": None,
    })  # fmt: skip


def _unresolved(loaded: Loaded, found: Located, notes: list[str]) -> Resolution:
    candidates = [_candidate(loaded, *span) for span in found.candidates]
    ambiguous = found.status == "ambiguous" or (candidates and found.nearest is None)
    if found.nearest is not None:
        nearest = notation.write(Address(loaded.slug, loaded.label, start=found.nearest))
        notes = [*notes, f"The nearest that there is: {nearest}"]
        spot = locate(loaded.parsed, Address(loaded.slug, loaded.label, start=found.nearest))
        candidates = candidates or [_candidate(loaded, spot.start, spot.end)]
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
    pid = loaded.pids[placer.innermost(loaded.parsed, start, end)]
    text = loaded.parsed.text[start:end][:LONGEST_SHOWN]
    return Candidate(address=address, pid=pid, start=start, end=end, text=text)


def _named(loaded: Loaded, ordinal: int) -> Heir:
    provision = loaded.parsed.provisions[ordinal]
    candidate = _candidate(loaded, provision.start, provision.end)
    return Heir(edition=loaded.label, **dict(candidate))


def find(session: Session, slug: str, words: str, edition: str | None = None) -> list[Candidate]:
    """Return the places where remembered words stand, quotes, dashes and case folded.

    Raises NotFound where they stand nowhere in the edition (None: the newest).
    """
    loaded = editions.labelled(session, slug, edition)
    spans = list(folded(loaded.parsed.text).spans(fold_words(words)))
    if not spans:
        raise NotFound(f"These words stand nowhere in {slug}@{loaded.label}: {words[:200]!r}.")
    return [_candidate(loaded, start, end) for start, end in spans]
