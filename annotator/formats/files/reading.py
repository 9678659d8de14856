"""Read a file of annotations, each in its own dialect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from annotator import markup
from annotator.errors import Malformed, Unacceptable
from annotator.formats import hypothesis, native, readership, w3c
from annotator.formats.files.pieces import FilePiece, frame, pieces
from annotator.formats.readership import Readership
from annotator.schemas.annotations import Incoming, Unreadable
from annotator.schemas.base import SHOWN, UNWRITABLE, require_number, require_text

DIALECTS = {"native": native.read, "w3c": w3c.read, "hypothesis": hypothesis.read}
SAME = {"jsonl": "native"}
MAX_NAME = 2_000


def read(file: BinaryIO, name: str | None = None) -> Iterator[Incoming | Unreadable]:
    """Yield every annotation of a file, and a fault for each one that cannot be read.

    Without a dialect `name`, it is detected for each annotation. Raises Malformed if the file is no
    JSON.
    """
    items = pieces(file)
    around = readership.read_frame(frame(file))
    for piece in items:
        yield Unreadable(piece.place, piece.fault) if piece.fault else _read(piece, name, around)


def restricted(
    file: BinaryIO, name: str | None = None, licence: str = ""
) -> Iterator[Incoming | Unreadable | None]:
    """Yield what `read` does, but None for annotations that are public and have an open licence.

    The site's own `licence` is one too.
    """
    items = pieces(file)
    around = readership.read_frame(frame(file))
    for piece in items:
        if piece.fault:
            yield Unreadable(piece.place, piece.fault)
        else:
            restrictive = _restricts(around, licence) or _is_restricted(piece, licence)
            yield _read(piece, name, around) if restrictive else None


def _restricts(readers: Readership, licence: str) -> bool:
    return bool(readers.why or readership.closed(readers.rights, licence))


def _is_restricted(piece: FilePiece, licence: str) -> bool:
    try:
        return _restricts(readership.read(piece.value), licence)
    except (TypeError, ValueError, AttributeError, LookupError):
        return True


def _read(piece: FilePiece, name: str | None, around: Readership) -> Incoming | Unreadable:
    try:
        dialect = SAME.get(name or "", name) or (
            "w3c" if w3c.is_one(piece.value)
            else "hypothesis" if hypothesis.is_one(piece.value) else "native"
        )  # fmt: skip
        item = _sound(DIALECTS[dialect](piece.place, piece.value))
        tombstone = dialect == "native" and item.deleted
        readers = readership.read(piece.value, tombstone=tombstone)
        item.private = readers.why or (not tombstone and around.why) or ""
        item.rights = (*readers.rights, *around.rights)
        item.licence = readers.licence or around.licence
        return item
    except KeyError as error:
        return Unreadable(piece.place, f"it is not an annotation: {error} is missing")
    except (Malformed, Unacceptable) as error:
        return Unreadable(piece.place, error.message)
    except (TypeError, ValueError, AttributeError, LookupError, ArithmeticError) as error:
        return Unreadable(piece.place, f"it is not an annotation ({error})")


def _sound(item: Incoming) -> Incoming:
    """Check the type of every field of an annotation. Raises TypeError and ValueError."""
    draft = item.draft
    words = (*draft.targets, *(each.words for each in item.restated))
    quoted = (text for each in words for text in (each.exact, each.prefix, each.suffix, each.pid))
    if not isinstance(item.author, str):
        raise TypeError(f"{_shown(item.author)} is not a string, as an author's name must be")
    texts = [item.id, item.via, item.answers, item.source, draft.document,
             draft.edition, draft.motivation, draft.in_reply_to, *quoted,
             *(each.edition for each in item.restated)]  # fmt: skip
    spoken = [draft.body, *draft.tags, *(each.body for each in item.earlier),
              *(tag for each in item.earlier for tag in each.tags)]  # fmt: skip
    numbers = [number for target in words for number in (target.start, target.end)]
    if item.essay:
        texts += [item.essay.id, item.essay.title, item.essay.source_url]
    for text in (*texts, *spoken):
        if text is not None:
            require_text(text)
    for number in (*numbers, *(each.target for each in item.restated)):
        if number is not None:
            require_number(number)
    for text in texts:
        if text is not None and UNWRITABLE.search(text):
            raise ValueError(f"{_shown(text)} contains characters that are not text")
    for address in (item.via, item.answers):
        if address and markup.runs(address):
            raise ValueError(f"{_shown(address)} is not the address of an annotation")
    if max(map(len, (item.via or "", item.answers or "", item.id or ""))) > MAX_NAME:
        raise ValueError(f"its name is longer than {MAX_NAME:,} characters")
    return item


def _shown(value: object) -> str:
    return ascii(value)[:SHOWN]
