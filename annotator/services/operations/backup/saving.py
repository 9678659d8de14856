"""Write a backup: a snapshot, taken while the site runs."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import tomli_w
from sqlalchemy import Column, Table, select
from sqlalchemy.orm import Session

from annotator import __version__, documents
from annotator.config import SECTIONS, Config
from annotator.connections import revision_of
from annotator.db import Base, stream
from annotator.errors import Conflict
from annotator.models import Document
from annotator.services.editions import editions
from annotator.services.operations.backup.archive import (
    DERIVED,
    LEFT_OUT,
    ArchiveWriter,
    Manifest,
    member_of,
    write_row,
)
from annotator.services.operations.checks import Progress, silent

ABANDONED = re.compile(r"\..+\.[0-9a-f]{8}\.part")
LEFT_OUT_SETTINGS = {
    "store": {"database", "replica"},
    "mail": {"secret_file"},
    "openid": {"secret_file"},
}


def save(
    session: Session,
    config: Config,
    path: Path,
    *,
    force: bool = False,
    progress: Progress = silent,
) -> Manifest:
    """Write the whole site, as the session sees it, to a file with mode 0600.

    The file gets its name when it is complete. Raises Conflict if it exists, unless `force`.
    """
    if path.exists() and not force:
        raise Conflict(f"{path} exists. Name another file, or add --force to replace it.")
    with _draft(path) as draft:
        writer = ArchiveWriter(draft)
        try:
            tables = {
                table.name: (
                    [column.name for column in _columns(table)],
                    _table(session, writer, table, progress),
                )
                for table in Base.metadata.sorted_tables
                if table.name not in LEFT_OUT
            }
            writer.add("config.toml", [settings(config)])
            for path in sorted(config.data.glob("locale/*.po")):
                writer.add(f"locale/{path.name}", [path.read_text(encoding="utf-8")])
            for name, ledger in ledgers(session):
                writer.add(name, [ledger])
            manifest = writer.close(__version__, revision_of(session.connection()) or "", tables)
        finally:
            writer.abandon()
    return manifest


@contextmanager
def _draft(path: Path) -> Iterator[Path]:
    """Yield a temporary file beside `path`; sync it and rename it to `path` at the end."""
    _remove_abandoned(path.parent)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    lock = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield draft
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
        os.close(lock)


def _remove_abandoned(folder: Path) -> None:
    """Remove the temporary files of killed backups; a backup in progress holds a lock."""
    for path in folder.glob(".*.part"):
        if ABANDONED.fullmatch(path.name):
            with suppress(OSError), path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()


def _columns(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if (table.name, column.name) not in DERIVED]


def _table(session: Session, writer: ArchiveWriter, table: Table, progress: Progress) -> int:
    number = 0

    def lines() -> Iterator[str]:
        nonlocal number
        for row in stream(
            session, select(*_columns(table)).order_by(*table.primary_key.columns), 500
        ):
            number += 1
            progress(f"rows of {table.name}", number)
            yield write_row(row)

    writer.add(member_of(table.name), lines())
    return number


def settings(config: Config) -> str:
    """Return the settings as TOML, without secrets and what belongs to one machine."""
    sections: dict[str, dict[str, Any]] = {}
    for name in SECTIONS:
        sections[name] = {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(getattr(config, name)).items()
            if key not in LEFT_OUT_SETTINGS.get(name, ())
        }
    return tomli_w.dumps(sections)


def ledgers(session: Session) -> Iterator[tuple[str, str]]:
    """Yield the member name and the pid ledger of every edition, reading each edition."""
    for ident in session.scalars(select(Document.id).order_by(Document.id)).all():
        for loaded in editions.every(session, ident):
            name = f"corpus/{loaded.slug}/{loaded.sha256}.pids"
            yield name, documents.write_ledger(loaded.parsed, loaded.pids)
