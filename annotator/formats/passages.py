"""A commentary edition: the text block by block, each with the threads made there. Pure.

Both dialects that are meant to be read, Markdown and HTML, are written from this walk. Comments
come in the order of the text, the replies of a thread behind its head, as `sort=place` lists them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise

from annotator.documents.parsed import Block
from annotator.formats.files.envelope import EditionHeader
from annotator.schemas.annotations import AnnotationValue


@dataclass(frozen=True, slots=True)
class Thread:
    """An annotation and what was answered to it; `number` counts through the file, from 1."""

    number: int
    head: AnnotationValue
    replies: tuple[AnnotationValue, ...]


@dataclass(frozen=True, slots=True)
class ThreadedBlock:
    """A block with the threads whose words begin in it; `block` is None before the whole text.

    There stand the annotations on the document as a whole.
    """

    block: Block | None
    threads: tuple[Thread, ...]


def walk(
    edition: EditionHeader,
    annotations: Iterable[AnnotationValue],
    first: int = 1,
    *,
    gaps: bool = True,
) -> Iterator[ThreadedBlock]:
    """Yield each block of an edition with its threads; without `gaps` only those that have some.

    Headings are always kept. `first` is the number of the first thread. Holds one block's
    commentary at a time.
    """
    threads = _threads(annotations, first)
    thread = next(threads, None)
    blocks: list[Block | None] = [None, *edition.parsed.blocks]
    ends = [after.start for _, after in pairwise(edition.parsed.blocks)]
    for block, end in zip(blocks, [0, *ends, len(edition.parsed.text) + 1], strict=True):
        here: list[Thread] = []
        while thread is not None and _place(edition, thread.head) < end:
            here.append(thread)
            thread = next(threads, None)
        if here or (block is not None and (gaps or block.kind == "heading")):
            yield ThreadedBlock(block, tuple(here))


def _threads(annotations: Iterable[AnnotationValue], first: int) -> Iterator[Thread]:
    for number, (_, group) in enumerate(groupby(annotations, key=lambda each: each.thread), first):
        head, *replies = sorted(
            group, key=lambda each: (each.in_reply_to is not None, each.created)
        )
        yield Thread(number, head, tuple(replies))


def _place(edition: EditionHeader, annotation: AnnotationValue) -> int:
    """Return the start of an annotation in code points; -1 for one on the whole document."""
    places = [at for at in annotation.placements if at.edition == edition.label]
    starts = [_start(edition, at.start, at.pid) for at in places]
    return min(starts, default=-1)


def _start(edition: EditionHeader, start: int | None, pid: str | None) -> int:
    if start is not None:
        return start
    if pid is None:
        return -1
    return edition.parsed.provisions[edition.pids.index(pid)].start
