"""The file itself: its members, their digests, and what one line of a table is."""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Date, DateTime, LargeBinary, Table
from sqlalchemy.types import TypeDecorator, TypeEngine

from annotator.errors import BackupFault

FORMAT = 1
MANIFEST = "manifest.json"
CHUNK = 1 << 20
# Columns that are empty in a backup: nobody's HTML is trusted, and a running server makes it anew.
DERIVED = frozenset({("annotations", "html"), ("annotations", "stamp"),
                     ("versions", "html"), ("versions", "stamp")})  # fmt: skip
# What does not travel: it belongs to one machine or one moment, or is made anew.
LEFT_OUT: Mapping[str, str] = {
    "sign_ins": "people sign in again",
    "one_time_keys": "links in letters lead to the old site, and are over within the hour",
    "outbox": "the index is built anew",
    "withdrawn": "what was deleted is not kept in backups",
    "postings": "they say only what has been posted within minutes",
}


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself: which program made it, when, and what each member holds.

    `revision` is that of its tables, `tables` gives the columns and the number of rows of each, and
    `members` the sha256 of every other member.
    """

    version: str
    revision: str
    created: str
    tables: Mapping[str, tuple[Sequence[str], int]]
    members: Mapping[str, str]

    @property
    def rows(self) -> int:
        """How many rows there are in all."""
        return sum(number for _, number in self.tables.values())


class Writer:
    """Writes members one after the other, and at the end the manifest."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self._digests: dict[str, str] = {}

    def add(self, name: str, pieces: Iterable[str]) -> None:
        """Write a member, as its pieces come."""
        digest = hashlib.sha256()
        with self._zip.open(name, "w", force_zip64=True) as member:
            for piece in pieces:
                data = piece.encode()
                digest.update(data)
                member.write(data)
        self._digests[name] = digest.hexdigest()

    def close(
        self, version: str, revision: str, tables: Mapping[str, tuple[Sequence[str], int]]
    ) -> Manifest:
        """Write the manifest, without which the file is none of ours."""
        created = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        manifest = Manifest(version, revision, created, tables, self._digests)
        written = {"format": FORMAT, "program": "annotator", **vars(manifest)}
        self._zip.writestr(MANIFEST, json.dumps(written, indent=1))
        self._zip.close()
        return manifest

    def abandon(self) -> None:
        """Let go of the file; what is in it is of no use."""
        self._zip.close()


class Reader:
    """A backup whose every member has been found to be as it was written."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self._zip = archive
        self.manifest = manifest

    def lines(self, name: str) -> Iterator[str]:
        """Yield the lines of a member."""
        with self._zip.open(name) as member:
            for line in member:
                yield line.decode()

    def text(self, name: str) -> str:
        """Give the whole of a member."""
        return self._zip.read(name).decode()


@contextmanager
def opened(path: Path) -> Iterator[Reader]:
    """Open a backup, and first of all look at every byte of it.

    Raises BackupFault for a file that is none, is cut short, or is not as it was written.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = _manifest(archive, path)
            for name, digest in manifest.members.items():
                if _digest(archive, name) != digest:
                    raise BackupFault(f"{path} is damaged: {name} is not as it was written. {ELSE}")
            yield Reader(archive, manifest)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError) as error:
        raise BackupFault(
            f"{path} is no backup, is cut short, or is damaged ({error}). {ELSE}"
        ) from error


ELSE = "Nothing was changed; take another copy."


def _manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    try:
        found = json.loads(archive.read(MANIFEST))
        if found["format"] != FORMAT:
            raise BackupFault(
                f"{path} was written in form {found['format']!r} by annotator {found['version']}; "
                f"this program reads form {FORMAT}. Install that version or a later one."
            )
        tables = {name: (columns, number) for name, (columns, number) in found["tables"].items()}
        return Manifest(
            found["version"], found["revision"], found["created"], tables, found["members"]
        )
    except (ValueError, TypeError, AttributeError) as error:
        raise BackupFault(f"{path} is damaged: its manifest cannot be read. {ELSE}") from error


def _digest(archive: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    with archive.open(name) as member:
        while piece := member.read(CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def member_of(table: str) -> str:
    """Name the member that holds a table's rows."""
    return f"tables/{table}.jsonl"


def write_row(values: Iterable[Any]) -> str:
    """Write a row as a line: a JSON array, moments in UTC."""
    return json.dumps([_plain(value) for value in values], ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


def read_row(line: str, columns: Sequence[str], table: Table) -> dict[str, Any]:
    """Read what `write_row` wrote as the values that `table` takes."""
    values = json.loads(line)
    return {
        name: _value(value, table.columns[name].type)
        for name, value in zip(columns, values, strict=True)
    }


def _value(value: Any, kind: TypeEngine[Any]) -> Any:
    if value is None:
        return None
    plain = kind.impl if isinstance(kind, TypeDecorator) else kind
    if isinstance(plain, DateTime):
        return datetime.fromisoformat(value)
    if isinstance(plain, Date):
        return date.fromisoformat(value)
    if isinstance(plain, LargeBinary):
        return base64.b64decode(value)
    return value
