"""Editions: their words, their layout, their provisions, pids and alignments."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from itertools import pairwise
from typing import get_args

from sqlalchemy import select

from annotator.documents.parsed import BlockKind, MarkKind, Parsed, ProvisionKind
from annotator.models import Alignment, Edition, Pid
from annotator.services.editions import editions, sources
from annotator.services.editions.editions import Loaded
from annotator.services.operations.checks import Look


def readable(look: Look) -> Iterator[str]:
    """Every edition can be read; those that can be are looked at by the other checks."""
    query = select(Edition).order_by(Edition.document_id, Edition.sequence)
    for edition in look.session.scalars(query).all():
        look.count("editions")
        try:
            look.editions[edition.id] = editions.load(look.session, edition)
        except (ValueError, TypeError, KeyError, IndexError) as error:
            yield f"{edition.document.slug}@{edition.label}: its layout cannot be read ({error})"


def texts(look: Look) -> Iterator[str]:
    """The text of an edition is the one that its digest was taken of."""
    for item in look.editions.values():
        if item.parsed.sha256 != item.sha256:
            yield f"{_name(item)}: the text is not the one its sha256 was taken of"


def kept_sources(look: Look) -> Iterator[str]:
    """The publisher's file of an edition is whole, and leads to every word of its text."""
    for item in look.editions.values():
        found = sources.find(look.session, item)
        if found is None:
            continue
        look.count("sources")
        try:
            digest, origins = hashlib.sha256(found.data).hexdigest(), found.origins
        except (ValueError, zlib.error) as error:
            yield f"{_name(item)}: its source cannot be read ({error})"
            continue
        if digest != found.sha256:
            yield f"{_name(item)}: its source is not the file its sha256 was taken of"
        lengths = [sum(length for length, _, _ in runs) for runs in origins]
        if lengths != [block.end - block.start for block in item.parsed.blocks]:
            yield f"{_name(item)}: its source does not lead to every word of its text"


def layouts(look: Look) -> Iterator[str]:
    """Blocks follow one another, a line feed between them, and marks stand within their block."""
    for item in look.editions.values():
        blocks, text = item.parsed.blocks, item.parsed.text
        look.count("blocks", len(blocks))
        for number, block in enumerate(blocks):
            where = f"{_name(item)}, block {number}"
            if block.kind not in get_args(BlockKind):
                yield f"{where}: {block.kind!r} is no kind of block"
            if not 0 <= block.start < block.end <= len(text):
                yield f"{where}: it stands outside the text"
            if not 0 <= block.provision < len(item.parsed.provisions):
                yield f"{where}: it belongs to no provision"
            for mark in block.marks:
                if mark.kind not in get_args(MarkKind):
                    yield f"{where}: {mark.kind!r} is no kind of mark"
                if not block.start <= mark.start < mark.end <= block.end:
                    yield f"{where}: a mark stands outside it"
        yield from _joints(item)


def _joints(item: Loaded) -> Iterator[str]:
    blocks, text = item.parsed.blocks, item.parsed.text
    if blocks and (blocks[0].start, blocks[-1].end) != (0, len(text)):
        yield f"{_name(item)}: its blocks do not span the text"
    for number, (one, other) in enumerate(pairwise(blocks), 1):
        if text[one.end : other.start] != "\n":
            yield f"{_name(item)}, block {number}: it does not follow the one before"


def provisions(look: Look) -> Iterator[str]:
    """A provision stands in the text, within what holds it, and has the digest of its words."""
    for item in look.editions.values():
        look.count("provisions", len(item.parsed.provisions))
        for ordinal in range(len(item.parsed.provisions)):
            trouble = _provision(item.parsed, ordinal)
            if trouble:
                yield f"{_name(item)}, provision {item.pids[ordinal]}: {trouble}"


def _provision(parsed: Parsed, ordinal: int) -> str:
    found = parsed.provisions[ordinal]
    if found.kind not in get_args(ProvisionKind):
        return f"{found.kind!r} is no kind of provision"
    if not 0 <= found.start < found.end <= len(parsed.text):
        return "it stands outside the text"
    words = parsed.text[found.start : found.end]
    if hashlib.sha256(words.encode()).hexdigest() != found.digest:
        return "its words are not those its digest was taken of"
    for name, above in (("parent", found.parent), ("section", found.section)):
        if above is not None and not 0 <= above < ordinal:
            return f"its {name} does not come before it"
    holds = None if found.parent is None else parsed.provisions[found.parent]
    if holds is not None and not holds.start <= found.start < found.end <= holds.end:
        return "it stands outside its parent"
    return ""


def pids(look: Look) -> Iterator[str]:
    """A pid names one provision of an edition, and belongs to its document."""
    owners = dict(look.session.execute(select(Pid.pid, Pid.document_id)).all())
    look.count("pids", len(owners))
    for item in look.editions.values():
        if len(set(item.pids)) != len(item.pids):
            yield f"{_name(item)}: a pid names two provisions"
        for pid in item.pids:
            if owners.get(pid) != item.document_id:
                yield f"{_name(item)}: the pid {pid} belongs to another document"


def replaced_pids(look: Look) -> Iterator[str]:
    """A pid that a correction replaced stands in no edition, and leads to one that does."""
    living: dict[int, set[str]] = {}
    for item in look.editions.values():
        living.setdefault(item.document_id, set()).update(item.pids)
    for document_id, known in living.items():
        for pid, now in editions.former(look.session, document_id).items():
            if pid in known:
                yield f"the pid {pid} is still in force, and was replaced by {now}"
            if now not in known:
                yield f"the pid {pid} leads to {now}, which is in no edition"


def alignments(look: Look) -> Iterator[str]:
    """Each provision of both editions stands in the alignment, retired or new if nothing else."""
    query = select(Alignment.edition_id, Alignment.old_edition_id, Alignment.old, Alignment.new)
    held: dict[tuple[int, int], tuple[set[int], set[int]]] = {}
    for edition_id, before_id, old, new in look.session.execute(query):
        olds, news = held.setdefault((edition_id, before_id), (set(), set()))
        olds.update([] if old is None else [old])
        news.update([] if new is None else [new])
        look.count("relations")
    for ids, sides in held.items():
        for edition_id, ordinals in zip(reversed(ids), sides, strict=True):
            item = look.editions.get(edition_id)
            if item is not None and ordinals != set(range(len(item.pids))):
                line = f"not every provision stands in the alignment {ids[1]}-{ids[0]}"
                yield f"{_name(item)}: {line}"
    related = {edition_id for edition_id, _ in held}
    for item in look.editions.values():
        if item.sequence and item.edition_id not in related:
            yield f"{_name(item)}: not lined up with the edition before"


def _name(item: Loaded) -> str:
    return f"{item.slug}@{item.label}"
