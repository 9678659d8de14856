"""Adding an edition: parse, align with the edition before, assign pids, store, place annotations.

All of it happens in the caller's transaction. Older editions are not rewritten.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Literal

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from annotator import documents
from annotator.db import now
from annotator.documents import LARGEST_SOURCE, Parsed
from annotator.errors import Conflict, Unacceptable, Unavailable
from annotator.models import Alignment, Document, Edition, Happening, Pid, Provision
from annotator.outside import Client
from annotator.services.editions import editions, sources
from annotator.services.editions.editions import Loaded
from annotator.services.placement import adoptions, placer
from annotator.services.revisions import revision_report

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
LONGEST_TAG = 35
SAMPLE = 2_000  # code points from which the script of a text is taken
LAST_LATIN = "\u024f"
LEAST_IN_COMMON = 0.3
# No redirects: if a known address has moved, a person should check it.
CLIENT = Client(most=LARGEST_SOURCE, redirects=0, schemes=frozenset({"https"}))


@dataclass(frozen=True, slots=True)
class About:
    """The description of a document; empty values do not change it."""

    title: str = ""
    description: str = ""
    publisher: str = ""
    licence: str = ""
    language: str = ""
    source_url: str = ""


@dataclass(frozen=True)
class Added:
    """The result of adding an edition.

    `known_as` is the label under which the same text is already stored. `alignment` counts the
    verdicts on provisions, `comments` those on the comments made before; `left_out` are words of
    the source that are not part of the text, `suggestions` counts what it has of those made before.
    """

    status: Literal["added", "unchanged", "recognised"]
    slug: str
    label: str
    known_as: str
    sha256: str
    provisions: int
    characters: int
    before: str | None = None
    alignment: Mapping[str, int] = field(default_factory=dict)
    comments: Mapping[str, int] = field(default_factory=dict)
    left_out: Sequence[str] = ()
    suggestions: Mapping[str, int] = field(default_factory=dict)


def add(
    session: Session,
    *,
    slug: str,
    label: str,
    data: bytes,
    name: str,
    about: About | None = None,
    source_url: str = "",
    captured: str | None = None,
    after: str | None = None,
    force: bool = False,
    ledger: str | None = None,
    parsed: Parsed | None = None,
) -> Added:
    """Add the source file `data` as an edition; `name` is its file name, `parsed` what it says.

    Raises SourceFault for a file that cannot be read, Unacceptable for an invalid slug, label or
    date, for an edition older than the newest without `after`, and for the text of another document
    without `force`, and Conflict for a label that has another text.
    """
    _check_names(slug, label, captured)
    parsed = parsed or documents.parse(data, name=name)
    document = _document(session, slug, about or About(), parsed)
    held = editions.every(session, document.id)
    if existing := _existing(held, label, parsed):
        return existing
    day = captured or editions.label_date(label) or now().date().isoformat()
    before = _predecessor(held, label, day, after)
    relation = _relation(before, parsed, force)
    loaded = _store(session, document, parsed, label, day, source_url, before, relation, ledger)
    sources.store(session, loaded.edition_id, parsed, data, name)
    placer.place(session, document.id, placer.placeables(session, document.id), loaded)
    adopted = adoptions.rebuild(session, document.id, loaded)
    placer.note_all_of(session, document_id=document.id)
    if held and before is held[-1]:  # an edition inserted before newer ones is not news
        session.add(Happening(kind="edition", edition_id=loaded.edition_id))
    carried = revision_report.report(session, slug, before.label, label).counts if before else {}
    return Added("added", slug, label, label, parsed.sha256, len(parsed.provisions),
                 len(parsed.text), before.label if before else None,
                 Counter(pair.verdict for pair in relation), carried, parsed.left_out,
                 adopted)  # fmt: skip


def _check_names(slug: str, label: str, captured: str | None) -> None:
    if not SLUG.fullmatch(slug):
        raise Unacceptable(
            f"{slug!r} cannot be a document's slug: use lower-case letters, digits and hyphens.",
            field="slug",
        )
    if not LABEL.fullmatch(label) or ".." in label:
        raise Unacceptable(
            f"{label!r} cannot be an edition's label: use letters, digits, dots and hyphens, "
            "such as 2026-01-20.",
            field="edition",
        )
    if captured is not None and not DATE.fullmatch(captured):
        raise Unacceptable(f"{captured!r} is not a date. Write it as 2026-01-20.", field="captured")


def _document(session: Session, slug: str, about: About, parsed: Parsed) -> Document:
    row = session.scalar(select(Document).where(Document.slug == slug))
    if row is None:
        row = Document(
            slug=slug, title=about.title or parsed.title or slug, created=now(), state=0,
            description="", publisher="", licence="", language=_language(parsed), source_url="",
        )  # fmt: skip
        session.add(row)
    for key, value in asdict(about).items():
        if value:
            setattr(row, key, value)
    session.flush()
    return row


def _language(parsed: Parsed) -> str:
    """Return the source's language tag, "en" for Latin letters, or "und" (BCP 47)."""
    tag = parsed.metadata.get("language", "")
    if len(tag) <= LONGEST_TAG and TAG.fullmatch(tag):
        return tag
    letters = [letter for letter in parsed.text[:SAMPLE] if letter.isalpha()]
    latin = sum(letter <= LAST_LATIN for letter in letters)
    return "en" if 2 * latin >= len(letters) else "und"


def _existing(held: Sequence[Loaded], label: str, parsed: Parsed) -> Added | None:
    for loaded in held:
        if loaded.label == label and loaded.sha256 != parsed.sha256:
            raise Conflict(
                f"{loaded.slug}@{label} already exists with another text (sha256 "
                f"{loaded.sha256[:12]}…, "
                f"this one {parsed.sha256[:12]}…). An edition never changes; choose another label.",
                field="edition",
            )
    same = [loaded for loaded in held if loaded.sha256 == parsed.sha256]
    if not same:
        return None
    first = min(same, key=lambda loaded: loaded.label != label)
    return Added("unchanged" if first.label == label else "recognised", first.slug, label,
                 first.label, parsed.sha256, len(parsed.provisions),
                 len(parsed.text))  # fmt: skip


def _predecessor(held: Sequence[Loaded], label: str, day: str, after: str | None) -> Loaded | None:
    if not held:
        return None
    if after is not None:
        if after in (labels := held[-1].labels):
            return held[labels.index(after)]
        raise Unacceptable(
            f"There is no edition {after!r}; there are: {', '.join(labels)}.", field="after"
        )
    newest = held[-1]
    dated = editions.label_date(label), editions.label_date(newest.label)
    if day < newest.captured or (dated[0] and dated[1] and dated[0] < dated[1]):
        raise Unacceptable(
            f"{label} is older than {newest.label}, the newest edition here. "
            "Name its place with --after LABEL.",
            field="after",
        )
    return newest


def _relation(before: Loaded | None, parsed: Parsed, force: bool) -> list[documents.Aligned]:
    if before is None:
        return []
    relation = documents.align_editions(before.parsed, parsed)
    common = documents.text_in_common(before.parsed, parsed)
    if common < LEAST_IN_COMMON and not force:
        raise Unacceptable(
            f"Only {common:.0%} of this text is in {before.slug}@{before.label}: it looks like "
            "another document. Use another slug, or --force if it is this one.",
            field="slug",
        )
    return relation


def _store(
    session: Session,
    document: Document,
    parsed: Parsed,
    label: str,
    day: str,
    source_url: str,
    before: Loaded | None,
    relation: Sequence[documents.Aligned],
    ledger: str | None,
) -> Loaded:
    sequence = 0 if before is None else before.sequence + 1
    later = select(Edition).where(Edition.document_id == document.id, Edition.sequence >= sequence)
    for row in session.scalars(later.order_by(Edition.sequence.desc())):
        row.sequence += 1
        session.flush()
    row = Edition(
        document_id=document.id, label=label, sequence=sequence, sha256=parsed.sha256,
        title=parsed.title or document.title, captured=day, source_url=source_url, added=now(),
        text=parsed.text, layout=editions.pack(parsed.blocks),
    )  # fmt: skip
    session.add(row)
    session.flush()
    editions.mark_changed(session, row.id)
    pids = _pids(session, document.id, parsed, before, relation, ledger)
    provisions = [
        {each.name: getattr(item, each.name) for each in fields(item)}
        | {"edition_id": row.id, "ordinal": ordinal, "pid": pid,
           "attributes": dict(item.attributes)}
        for ordinal, (pid, item) in enumerate(zip(pids, parsed.provisions, strict=True))
    ]  # fmt: skip
    session.execute(insert(Provision), provisions)
    if before is not None and relation:
        store_alignment(session, row.id, before.edition_id, relation)
    return editions.load(session, row)


def store_alignment(
    session: Session, edition_id: int, old_edition_id: int, relation: Sequence[documents.Aligned]
) -> None:
    """Store the alignment of an edition; rows of an earlier alignment must be deleted first."""
    ids = {"edition_id": edition_id, "old_edition_id": old_edition_id}
    rows = [ids | {each.name: getattr(pair, each.name) for each in fields(pair)}
            for pair in relation]  # fmt: skip
    session.execute(insert(Alignment), rows)


def _pids(
    session: Session,
    document_id: int,
    parsed: Parsed,
    before: Loaded | None,
    relation: Sequence[documents.Aligned],
    ledger: str | None,
) -> list[str]:
    """Return the pid of each provision: from a ledger, from the edition before, or minted."""
    inherited = documents.inheritance(relation, len(parsed.provisions))
    recorded = documents.read_ledger(ledger, parsed) if ledger else [None] * len(inherited)
    older = set(before.pids) if before else set()
    used = set(session.scalars(select(Pid.pid)))
    own = set(session.scalars(select(Pid.pid).where(Pid.document_id == document_id)))
    named: list[str | None] = []
    for pid, old in zip(recorded, inherited, strict=True):
        from_before = before.pids[old] if before is not None and old is not None else None
        usable = pid is not None and (pid in older or (from_before is None and pid not in used))
        choice = pid if usable else from_before
        named.append(None if choice in named else choice)
    fresh = iter(
        documents.mint(random.SystemRandom(), used | set(filter(None, named)), named.count(None))
    )
    pids = [pid or next(fresh) for pid in named]
    minted = [pid for pid in pids if pid not in own]
    if minted:
        session.execute(insert(Pid), [{"pid": pid, "document_id": document_id} for pid in minted])
    return pids


def fetch(url: str) -> bytes:
    """Fetch `url`. Raises Unavailable with the reason."""
    try:
        return CLIENT.get(url).data
    except Unacceptable as error:
        raise Unavailable(error.message) from error
