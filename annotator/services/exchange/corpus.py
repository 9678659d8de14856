"""The documents that this project ships, or can fetch: `corpus/<slug>/document.toml`.

Fetched files are compared with the sha256 of the canonical text. The caller passes the function
that fetches, so that tests need no network.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from annotator import documents, shipped
from annotator.config import Limits
from annotator.db import now
from annotator.errors import NotFound
from annotator.formats.files import reading
from annotator.services.editions import editions
from annotator.services.exchange.imports import Intake
from annotator.services.revisions import add_edition
from annotator.services.revisions.add_edition import About, Added

FOLDER = shipped("corpus")
SHOWN_LINES = 60
Fetch = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class KnownEdition:
    """An edition in `document.toml`: a `file` in the same folder, or a `source_url`."""

    label: str
    captured: str
    file: str
    source_url: str
    sha256: str


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """A document in `document.toml`, with its editions, oldest first."""

    slug: str
    folder: Path
    about: About
    entries: tuple[KnownEdition, ...]


def known_documents(folder: Path = FOLDER) -> list[KnownDocument]:
    """List the documents described in `folder`."""
    return [_read(path) for path in sorted(folder.glob("*/document.toml"))]


def named(slug: str, folder: Path = FOLDER) -> KnownDocument:
    """Return the description of a document. Raises NotFound."""
    documents = {item.slug: item for item in known_documents(folder)}
    if slug not in documents:
        raise NotFound(
            f"No address is known for {slug!r}; known are {', '.join(documents)}. Add it from a "
            f"file with: annotator document add FILE"
        )
    return documents[slug]


def _read(path: Path) -> KnownDocument:
    table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    names = [field.name for field in fields(KnownEdition)]
    entries = tuple(
        KnownEdition(**{name: str(entry.get(name, "")) for name in names})
        for entry in table.get("editions", [])
    )
    keys = ("title", "description", "publisher", "licence", "language", "source_url")
    about = About(**{key: str(table.get(key, "")) for key in keys})
    return KnownDocument(table["slug"], path.parent, about, entries)


def ship(session: Session, item: KnownDocument, limits: Limits) -> tuple[list[Added], int]:
    """Add the shipped editions of a document, and their commentary; return its number."""
    added = [
        _add(session, item, entry, (item.folder / entry.file).read_bytes(), entry.file)
        for entry in item.entries
        if entry.file
    ]
    annotations = item.folder / "commentary.jsonl"
    if not (added and annotations.exists()):
        return added, 0
    intake = Intake(limits)
    with annotations.open("rb") as file:
        outcomes = intake.take(session, list(reading.read(file, "jsonl")))
    outcomes += intake.finish(session)
    return added, sum(each.what == "added" for each in outcomes)


def _add(
    session: Session, item: KnownDocument, entry: KnownEdition, data: bytes, name: str
) -> Added:
    parsed = documents.parse(data, name=name)
    return add_edition.add(
        session,
        slug=item.slug,
        label=entry.label,
        data=data,
        name=name,
        about=item.about,
        source_url=entry.source_url,
        captured=entry.captured or None,
        ledger=ledger(item.slug, parsed.sha256, item.folder.parent),
        parsed=parsed,
    )


def ledger(slug: str, sha256: str, folder: Path = FOLDER) -> str | None:
    """Return the pid ledger that this project has published for an edition, or None."""
    if not (
        folder.is_dir() and slug in os.listdir(folder)
    ):  # a slug from outside is not used as a path
        return None
    path = folder / slug / f"{sha256}.pids"
    return path.read_text(encoding="utf-8") if path.exists() else None


@dataclass(frozen=True, slots=True)
class FetchedEdition:
    """The result of fetching an edition; `diff` has the lines that differ from the known text."""

    label: str
    status: str
    added: Added | None = None
    diff: tuple[str, ...] = ()


def fetch(
    session: Session, item: KnownDocument, get: Fetch, *, accept: bool = False, again: bool = True
) -> Iterator[FetchedEdition]:
    """Fetch and add the editions with an address; compare those already added.

    A text that differs from the known one is added only with `accept`, labelled with today's date.
    `again=False` skips editions already added. Raises Unavailable for an unreachable address.
    """
    for entry in item.entries:
        try:
            held = editions.labelled(session, item.slug, entry.label)
        except NotFound:
            held = None
        if entry.source_url and not entry.file and (again or held is None):
            yield _fetched(session, item, entry, get(entry.source_url), held, accept)


def _fetched(
    session: Session,
    item: KnownDocument,
    entry: KnownEdition,
    data: bytes,
    held: editions.Loaded | None,
    accept: bool,
) -> FetchedEdition:
    name = entry.source_url.rpartition("/")[2]
    parsed = documents.parse(data, name=name)
    expected = held.sha256 if held is not None else entry.sha256
    if parsed.sha256 == expected or not expected:
        return FetchedEdition(entry.label, "added", _add(session, item, entry, data, name))
    if accept:
        day = now().date().isoformat()
        today = KnownEdition(day, day, "", entry.source_url, parsed.sha256)
        return FetchedEdition(day, "added", _add(session, item, today, data, name))
    lines: Iterable[str] = ()
    if held is not None:
        lines = difflib.unified_diff(held.parsed.text.split("\n"), parsed.text.split("\n"),
                                     held.label, "fetched", n=0, lineterm="")  # fmt: skip
    diff = tuple(line[:400] for line in islice(lines, SHOWN_LINES))
    return FetchedEdition(entry.label, "differs", None, diff)
