"""The zip file of a backup: members, digests, and rows as lines of JSON."""

from __future__ import annotations

import base64
import hashlib
import json
import lzma
import math
import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import JSON, Boolean, Date, DateTime, Float, Integer, LargeBinary, Table
from sqlalchemy.types import TypeDecorator, TypeEngine

from annotator.errors import BackupFault

FORMAT = 1
MANIFEST = "manifest.json"
# Columns left out of a backup: HTML of a file is not trusted, and the server renders it again.
DERIVED = frozenset({("annotations", "html"), ("annotations", "stamp"),
                     ("versions", "html"), ("versions", "stamp")})  # fmt: skip
LONGEST_ROW = 1 << 28  # bytes; ten times the row of an edition of the largest accepted text
LARGEST_TEXT = 1 << 26  # settings, catalogues, ledgers
MOST_PACKED = 200  # highest compression ratio of a member; rows of a few short values reach 30
KNOWN_MEMBER = re.compile(
    r"manifest\.json|config\.toml|tables/[a-z_]{1,63}\.jsonl|locale/[\w-]+\.po"
    r"|corpus/[\w.-]+/[0-9a-f]{64}\.pids"
)
# Tables left out of a backup, and why: they belong to one machine or moment, or are derived.
LEFT_OUT: Mapping[str, str] = {
    "sign_ins": "people sign in again",
    "one_time_keys": "links in emails lead to the old site, and expire within the hour",
    "outbox": "the index is rebuilt",
    "indexed_changes": "it numbers the records of an index, which is rebuilt",
    "withdrawn": "what was deleted is not kept in backups",
    "hosts": "another site runs elsewhere",
    "leases": "another site runs elsewhere",
    "secrets": "a backup signs nobody in",
    "rate_counts": "they end within a day",
    "emails": "the old site sends them",
    "postings": "they only record what was posted in the last minutes",
    "site_state": "it only says which cached pages are in force",
}
ELSE = "Nothing was changed. Use another copy."
# The exceptions that reading a file from elsewhere can raise.
UNREADABLE = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, struct.error,
    ArithmeticError, AttributeError, EOFError, LookupError, RuntimeError, TypeError, ValueError,
)  # fmt: skip


class Manifest(BaseModel):
    """The manifest of a backup: the program that wrote it, when, and what each member holds.

    `revision` is the revision of the tables, `tables` the columns and the number of rows of each,
    `members` the sha256 of every other member.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    format: int
    program: Literal["annotator"]
    version: str = Field(pattern=r"^[\w.+-]{1,40}$")
    revision: str = Field(pattern=r"^\w{1,40}$")
    created: str = Field(pattern=r"^[0-9T:Z+.-]{10,40}$")
    tables: dict[str, tuple[list[str], Annotated[int, Field(ge=0)]]]
    members: dict[str, Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]]

    @property
    def rows(self) -> int:
        """The number of rows in all tables."""
        return sum(number for _, number in self.tables.values())


class ArchiveWriter:
    """Writes the members one by one, and the manifest last."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self._digests: dict[str, str] = {}

    def add(self, name: str, pieces: Iterable[str]) -> None:
        """Write a member piece by piece."""
        digest = hashlib.sha256()
        with self._zip.open(name, "w", force_zip64=True) as member:
            for piece in pieces:
                data = piece.encode()
                digest.update(data)
                member.write(data)
        self._digests[name] = digest.hexdigest()

    def close(
        self, version: str, revision: str, tables: dict[str, tuple[list[str], int]]
    ) -> Manifest:
        """Write the manifest and close the file."""
        created = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        manifest = Manifest(format=FORMAT, program="annotator", version=version,
                            revision=revision, created=created, tables=tables,
                            members=self._digests)  # fmt: skip
        self._zip.writestr(MANIFEST, json.dumps(manifest.model_dump(), indent=1))
        self._zip.close()
        return manifest

    def abandon(self) -> None:
        """Close the file without a manifest; no effect after `close`."""
        self._zip.close()


class Reader:
    """A verified backup: the digest of every member matches the manifest."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self._zip = archive
        self.manifest = manifest

    def lines(self, name: str) -> Iterator[str]:
        """Yield the lines of a member. Raises BackupFault for a line longer than LONGEST_ROW."""
        with self._zip.open(name) as member:
            while line := member.readline(LONGEST_ROW):
                if len(line) == LONGEST_ROW:
                    raise BackupFault(f"A row in {name} is too long. {ELSE}")
                yield line.decode()

    def text(self, name: str) -> str:
        """Return the whole of a member."""
        return self._zip.read(name).decode()


@contextmanager
def opened(path: Path) -> Iterator[Reader]:
    """Open a backup after verifying every byte.

    Raises BackupFault for a file that is no backup, is truncated or damaged, or has a member that
    its manifest does not list.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = _manifest(archive, path)
            _check_members(archive, manifest)
            for name, digest in manifest.members.items():
                with archive.open(name) as member:
                    computed = hashlib.file_digest(member, "sha256").hexdigest()  # type: ignore[arg-type]
                if computed != digest:
                    raise BackupFault(
                        f"{path} is damaged: {name} has changed since it was written. {ELSE}"
                    )
            yield Reader(archive, manifest)
    except UNREADABLE as error:
        raise BackupFault(
            f"{path} is not a backup, is incomplete, or is damaged ({brief(error)}). {ELSE}"
        ) from error


def brief(error: object) -> str:
    """Return an error's message as one printable line of at most 120 code points."""
    line = " ".join(str(error).split())[:120] or type(error).__name__
    return "".join(c if c.isprintable() else "?" for c in line)


def _manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    if archive.getinfo(MANIFEST).file_size > LARGEST_TEXT:
        raise BackupFault(f"{path} is not a backup: its manifest is too large. {ELSE}")
    try:
        manifest = json.loads(archive.read(MANIFEST))
        if isinstance(manifest, dict) and manifest.get("format", FORMAT) != FORMAT:
            raise BackupFault(
                f"{path} was written in format {brief(manifest['format'])} by annotator "
                f"{brief(manifest.get('version'))}; this program reads format {FORMAT}. Install "
                f"that "
                "version or a later one."
            )
        return Manifest.model_validate_json(json.dumps(manifest))
    except (ValueError, RecursionError) as error:
        raise BackupFault(f"{path} is damaged: its manifest cannot be read. {ELSE}") from error


def _check_members(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Raise BackupFault unless the members are those of the manifest, once each.

    A member with an implausible compression ratio is refused too.
    """
    names = Counter(archive.namelist())
    expected = {MANIFEST, *manifest.members}
    needed = {"config.toml", *map(member_of, manifest.tables)}
    odd = [name for name in expected if not KNOWN_MEMBER.fullmatch(name)]
    odd += [name for name, times in names.items() if times > 1 or name not in expected]
    odd += [name for name in {*expected, *needed} if name not in names]
    odd += [name for name in needed if name not in manifest.members]
    if odd:
        raise BackupFault(f"The backup is damaged: {brief(odd[0])} is missing, has no digest in "
                          f"the manifest, or appears twice. {ELSE}")  # fmt: skip
    for info in archive.infolist():
        most = MOST_PACKED * info.compress_size if info.filename.endswith(".jsonl") else 0
        if info.file_size > max(LARGEST_TEXT, most):
            raise BackupFault(
                f"The backup cannot be read: {info.filename} unpacks to {info.file_size:,} bytes, "
                f"which is too large. {ELSE}"
            )


def member_of(table: str) -> str:
    """Return the name of the member with a table's rows."""
    return f"tables/{table}.jsonl"


def write_row(values: Iterable[Any]) -> str:
    """Return a row as a line: a JSON array, times in UTC."""
    return _ENCODER.encode(list(values)) + "\n"


def _plain(value: datetime | date | bytes) -> str:
    if isinstance(value, datetime):
        value = value.astimezone(UTC)
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value.isoformat()


_ENCODER = json.JSONEncoder(ensure_ascii=False, default=_plain)  # making one takes as long as a row


def read_row(line: str, columns: Sequence[str], table: Table) -> dict[str, Any]:
    """Parse a line of `write_row` into a row's values, without derived ones. Raises ValueError."""
    values = json.loads(line, parse_constant=_refuse_constant)
    if not isinstance(values, list):
        raise ValueError("a row is not a list")
    return {
        name: _value(value, table.columns[name].type)
        for name, value in zip(columns, values, strict=True)
        if (table.name, name) not in DERIVED
    }


def _refuse_constant(constant: str) -> Any:
    raise ValueError(f"{constant} is not a number")


def _value(value: Any, kind: TypeEngine[Any]) -> Any:
    if value is None:
        return None
    plain = kind.impl if isinstance(kind, TypeDecorator) else kind
    match plain, value:
        case JSON(), _:
            return value
        case DateTime(), str():
            return datetime.fromisoformat(value)
        case Date(), str():
            return date.fromisoformat(value)
        case LargeBinary(), str():
            return base64.b64decode(value, validate=True)
        case Boolean(), _:
            fits = isinstance(value, bool) or value in (0, 1)
        case Integer(), _:
            fits = isinstance(value, int) and abs(value) < 2**63
        case Float(), _:
            fits = isinstance(value, int | float) and math.isfinite(value)
        case _:
            fits = isinstance(value, str)
    if not fits:
        raise ValueError(f"{str(value)[:40]!r} is not {type(plain).__name__}")
    return value
