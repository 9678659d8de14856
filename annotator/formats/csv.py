"""Commentary as a table for spreadsheets: RFC 4180, UTF-8 with a byte order mark, one row each.

A reply has the position, the quotation and the verdict of its thread, so that rows can be grouped.
A cell that a spreadsheet would read as a formula is preceded by an apostrophe, as OWASP advises.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from annotator.formats.files.envelope import Envelope
from annotator.schemas.annotations import AnnotationValue, stamp

COLUMNS = (
    *("id", "document", "edition", "edition_sha256", "address", "pid", "author", "created"),
    *("modified", "motivation", "in_reply_to", "thread", "deleted", "tags", "quote", "body"),
    *("placed_in", "verdict", "start", "end", "link", "licence"),
    *("essay", "essay_source"),
    *("document_title", "section_title", "paragraph", "position", "replies"),
    "proposed_change",
)
# Also behind white space, invisible signs and quotation marks, which spreadsheets pass over, and in
# full width, which some fold. What begins with an apostrophe before such a sign gets another one,
# so that taking one away gives back every cell.
FORMULA = re.compile("'*[\t\r\n]|[\\s\x00-\x1f\u200b-\u200f\u2060\ufeff'\"‘’“”]*[=+\\-@＝＋－＠]")
MARK = "\ufeff"  # by which spreadsheets recognize UTF-8


class _Line:
    text = ""

    def write(self, text: str) -> None:
        self.text = text


def write(annotations: Iterable[AnnotationValue], envelope: Envelope) -> Iterator[str]:
    """Yield the table piece by piece."""
    return _lines(COLUMNS, (_cells(annotation, envelope) for annotation in annotations))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a whole table."""
    return "".join(_lines(columns, rows))


def _lines(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    line = _Line()
    writer = csv.writer(line)
    yield MARK
    for row in chain([columns], rows):
        writer.writerow([guarded("" if cell is None else str(cell)) for cell in row])
        yield line.text


def guarded(cell: str) -> str:
    """Escape a cell that spreadsheets would read as a formula."""
    if cell[:1].isalnum():  # most cells
        return cell
    return f"'{cell}" if FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """Return a cell as it was before `guarded`."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell[1:]) else cell


def _cells(annotation: AnnotationValue, envelope: Envelope) -> Iterator[str | int | None]:
    head, essay = annotation.head or annotation, annotation.essay
    edition = envelope.edition_of(annotation)
    first = head.targets[0] if head.targets else None
    at = head.placements[0] if head.placements else None
    address, pid, section_title, paragraph = _place(annotation, envelope)
    yield from (annotation.id, annotation.document, annotation.edition, edition.sha256)
    yield from (first.address, first.pid or "") if first else (address, pid)
    yield from (annotation.author, stamp(annotation.created), stamp(annotation.modified))
    yield from (annotation.motivation, annotation.in_reply_to or "", annotation.thread)
    yield "yes" if annotation.deleted else "" if annotation.shown else "hidden"
    yield ", ".join(annotation.tags)
    yield "\n".join(target.exact or "" for target in head.targets)
    yield annotation.body or ""
    yield from (at.edition, at.verdict, at.start, at.end) if at else ("",) * 4
    yield from (f"{envelope.address}/a/{annotation.id}", envelope.licence)
    yield from (essay.title, essay.source_url) if essay else ("", "")
    yield from (edition.title, section_title, paragraph)
    yield from (annotation.position, annotation.replies)
    yield annotation.suggestion.critic if annotation.suggestion else ""


def _place(annotation: AnnotationValue, envelope: Envelope) -> tuple[str, str, str, str]:
    """Return the address, pid, section and ¶ of a thread in the edition that the file shows.

    A thread whose head is deleted or hidden has only a position; "" means none.
    """
    head = annotation.head or annotation
    at = head.placements[0] if head.placements else None
    label = at.edition if at else envelope.shown.get(annotation.document, annotation.edition)
    edition = envelope.editions[annotation.document, label]
    parsed = edition.parsed
    ordinal = None
    if at is not None and at.pid is not None:
        ordinal = edition.ordinals[at.pid]
    elif head.veiled and annotation.position:
        ordinal = parsed.innermost(annotation.position, annotation.position)
    if ordinal is None:
        return "", "", "", ""
    number = parsed.provisions[ordinal].number
    address = f"{edition.document}@{label}/{parsed.slug(ordinal)}"
    return (f"{address}/{number}" if number else address, edition.pids[ordinal],
            parsed.section_title(ordinal), number)  # fmt: skip
