"""The publisher's file that an edition was read from, and where in it each run of the text is.

The map from text to file is stored, because a later version of a reader may read the file in
another way.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy.orm import Session

from annotator import documents
from annotator.documents import Parsed
from annotator.documents.address.convention import Convention
from annotator.documents.origins import Run
from annotator.errors import Conflict, NotFound, Unacceptable
from annotator.formats import readership
from annotator.models import EditionSource
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded

BlockOrigins = tuple[tuple[Run, ...], ...]


@dataclass(frozen=True)
class SourceFile:
    """A publisher's file. Its properties raise ValueError or zlib.error if it is damaged."""

    name: str
    media_type: str
    sha256: str
    content: bytes
    packed: bytes

    @cached_property
    def data(self) -> bytes:
        """The bytes of the file."""
        return zlib.decompress(self.content)

    @cached_property
    def origins(self) -> BlockOrigins:
        """The runs of each block of the edition."""
        return _unpack(self.packed)

    @cached_property
    def text(self) -> str:
        """The decoded file; `origins` are offsets in it, in code points."""
        return documents.decode(self.data, self.name)


def store(session: Session, edition_id: int, parsed: Parsed, data: bytes, name: str) -> None:
    """Store the file that an edition was read from."""
    digest = hashlib.sha256(data).hexdigest()
    session.add(
        EditionSource(edition_id=edition_id, name=name, media_type=parsed.media_type, sha256=digest,
               content=zlib.compress(data), origins=_pack(parsed.origins))
    )  # fmt: skip


def add(session: Session, slug: str, label: str | None, data: bytes, name: str) -> bool:
    """Store the file of an edition that has none; return False if it is stored already.

    Raises Conflict for another file, Unacceptable for a file that reads as another text.
    """
    loaded = editions.labelled(session, slug, label)
    parsed = documents.parse(data, name=name)
    stored = session.get(EditionSource, loaded.edition_id)
    if stored is not None and stored.sha256 == hashlib.sha256(data).hexdigest():
        return False
    if stored is not None:
        raise Conflict(
            f"The file of {slug}@{loaded.label} has already been stored: {stored.name}, sha256 "
            f"{stored.sha256[:12]}…. It is not replaced.", field="source",
        )  # fmt: skip
    if (parsed.sha256, _spans(parsed)) != (loaded.sha256, _spans(loaded.parsed)):
        raise Unacceptable(
            f"{name} does not read as {slug}@{loaded.label}: the sha256 of its text is "
            f"{parsed.sha256[:12]}…, that of the edition {loaded.sha256[:12]}…. "
            "Choose the file that the edition was made from.", field="source",
        )  # fmt: skip
    store(session, loaded.edition_id, parsed, data, name)
    return True


def find(session: Session, loaded: Loaded) -> SourceFile | None:
    """Return the file of an edition, or None."""
    row = session.get(EditionSource, loaded.edition_id)
    if row is None:
        return None
    return SourceFile(row.name, row.media_type, row.sha256, row.content, row.origins)


def get(session: Session, loaded: Loaded) -> SourceFile:
    """Return the file of an edition. Raises NotFound with how to add it."""
    file = find(session, loaded)
    if file is None:
        name = f"{loaded.slug}@{loaded.label}"
        raise NotFound(
            f"The publisher's file of {name} is not kept here. "
            f"Add it with `annotator document source add {name} FILE`.", field="source",
        )  # fmt: skip
    return file


def shared(session: Session, loaded: Loaded) -> SourceFile:
    """Return the file if the licence allows sharing it. Raises NotFound otherwise."""
    if not is_shared(loaded):
        named = loaded.licence and f"{loaded.licence} is not an open licence"
        licence = named or "it has no licence"
        raise NotFound(
            f"The publisher's file of {loaded.slug} cannot be shared, since {licence}. "
            f"The text is at /api/documents/{loaded.slug}/editions/{loaded.label}/text.",
            field="source",
        )
    return get(session, loaded)


def is_shared(loaded: Loaded) -> bool:
    """Return whether the document's licence allows sharing the publisher's file."""
    return readership.is_open(loaded.licence)


def convention(session: Session, loaded: Loaded) -> Convention | None:
    """Return the external locators of an edition, or None without its Markdown source."""
    cache, key = editions.memory(session, loaded.edition_id), ("convention", loaded.edition_id)
    if key not in cache:
        file = find(session, loaded)
        if file is None or file.media_type != "text/markdown":
            return None
        cache[key] = Convention(file.text, file.origins, loaded.parsed)
    value: Convention = cache[key]
    return value


def _spans(parsed: Parsed) -> list[tuple[int, int]]:
    return [(block.start, block.end) for block in parsed.blocks]


def _pack(origins: BlockOrigins) -> bytes:
    """Encode each run as length, distance in the source from the run before, length there."""
    at = 0
    blocks: list[list[int]] = []
    for runs in origins:
        numbers: list[int] = []
        for length, start, end in runs:
            numbers += length, start - at, end - start
            at = end
        blocks.append(numbers)
    return zlib.compress(json.dumps(blocks, separators=(",", ":")).encode())


def _unpack(packed: bytes) -> BlockOrigins:
    at = 0
    blocks: list[tuple[Run, ...]] = []
    for numbers in json.loads(zlib.decompress(packed)):
        runs: list[Run] = []
        triples = zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True)
        for length, distance, in_source in triples:
            runs.append((length, at + distance, at + distance + in_source))
            at += distance + in_source
        blocks.append(tuple(runs))
    return tuple(blocks)
