"""A commentary edition: the text block by block, each with the threads that begin in it. Pure.

Both readable dialects, Markdown and HTML, are written from this walk. Comments are in the order of
the text, the replies of a thread after its head, as `sort=place` lists them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count, groupby, pairwise

from annotator.documents.parsed import Block
from annotator.formats.files.envelope import EditionHeader, Envelope
from annotator.schemas.annotations import AnnotationValue


@dataclass(frozen=True, slots=True)
class Thread:
    """An annotation and its replies; `number` counts through the file, from 1."""

    number: int
    head: AnnotationValue
    replies: tuple[AnnotationValue, ...]


@dataclass(frozen=True, slots=True)
class ThreadedBlock:
    """A block with the threads whose words begin in it.

    `block` is None for annotations on the whole document, which precede the text.
    """

    block: Block | None
    threads: tuple[Thread, ...]


def by_edition(
    annotations: Iterable[AnnotationValue], envelope: Envelope
) -> Iterator[tuple[EditionHeader, Iterator[ThreadedBlock]]]:
    """Yield each document in the edition that is shown, with its blocks and their threads.

    A narrowed file has only the blocks with threads, and all headings. Holds one block's commentary
    at a time.
    """
    numbers = count(1)
    for slug, group in groupby(annotations, key=lambda each: each.document):
        edition = envelope.editions[slug, envelope.shown[slug]]
        yield edition, _walk(edition, group, numbers, gaps=not envelope.narrowed)


def _walk(
    edition: EditionHeader,
    annotations: Iterable[AnnotationValue],
    numbers: Iterator[int],
    *,
    gaps: bool,
) -> Iterator[ThreadedBlock]:
    threads = _threads(annotations, numbers)
    thread = next(threads, None)
    blocks: list[Block | None] = [None, *edition.parsed.blocks]
    ends = [after.start for _, after in pairwise(edition.parsed.blocks)]
    for block, end in zip(blocks, [0, *ends, len(edition.parsed.text) + 1], strict=True):
        block_threads: list[Thread] = []
        while thread is not None and _place(edition, thread.head) < end:
            block_threads.append(thread)
            thread = next(threads, None)
        if block_threads or (block is not None and (gaps or block.kind == "heading")):
            yield ThreadedBlock(block, tuple(block_threads))


def _threads(annotations: Iterable[AnnotationValue], numbers: Iterator[int]) -> Iterator[Thread]:
    for _, group in groupby(annotations, key=lambda each: each.thread):
        head, *replies = sorted(group, key=lambda it: (it.in_reply_to is not None, it.created))
        yield Thread(next(numbers), head, tuple(replies))


def _place(edition: EditionHeader, annotation: AnnotationValue) -> int:
    """Return the start of an annotation in code points; -1 for one on the whole document."""
    starts = []
    for at in annotation.placements:
        if at.edition == edition.label and at.start is not None:
            starts.append(at.start)
        elif at.edition == edition.label and at.pid is not None:
            starts.append(edition.parsed.provisions[edition.ordinals[at.pid]].start)
    return min(starts, default=-1)


def unnamed(annotation: AnnotationValue) -> str:
    """Return what replaces the author of an annotation that is not shown; "" for others."""
    if annotation.shown:
        return ""
    return "A deleted comment" if annotation.deleted else "A hidden comment"


def verdict(annotation: AnnotationValue) -> str:
    """Return the verdicts on an annotation in the edition of the file, if its words changed."""
    verdicts = {at.verdict for at in annotation.placements} - {"exact"}
    return f"; in this edition: {', '.join(sorted(verdicts))}" if verdicts else ""
