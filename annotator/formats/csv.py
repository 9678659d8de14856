"""Commentary as a table, for spreadsheets: RFC 4180, UTF-8 with a mark, one annotation a row.

A cell that a spreadsheet would take for a formula is preceded by an apostrophe, as OWASP advises.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from annotator.formats.envelope import Envelope
from annotator.formats.remark import Remark, stamp

COLUMNS = (
    *("id", "document", "edition", "edition_sha256", "address", "pid", "author", "created"),
    *("modified", "motivation", "in_reply_to", "thread", "deleted", "tags", "quote", "body"),
    *("placed_in", "verdict", "start", "end", "link", "licence"),
    *("essay", "essay_source"),
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")
MARK = "\ufeff"  # by which spreadsheets know UTF-8


class _Line:
    """Takes what the csv module writes, a row at a time."""

    text = ""

    def write(self, text: str) -> None:
        self.text = text


def write(remarks: Iterable[Remark], envelope: Envelope) -> Iterator[str]:
    """Write the table piece by piece."""
    line = _Line()
    rows = csv.writer(line)
    rows.writerow(COLUMNS)
    yield MARK + line.text
    for remark in remarks:
        rows.writerow([_safe(cell) for cell in _cells(remark, envelope)])
        yield line.text


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _cells(remark: Remark, envelope: Envelope) -> Iterator[str]:
    first = remark.targets[0] if remark.targets else None
    at = remark.placements[0] if remark.placements else None
    yield from (remark.id, remark.document, remark.edition, envelope.edition_of(remark).sha256)
    yield from (first.address, first.pid or "") if first else ("", "")
    yield from (remark.author, stamp(remark.created), stamp(remark.modified), remark.motivation)
    yield from (
        remark.in_reply_to or "",
        remark.thread,
        "yes" if remark.deleted else "" if remark.shown else "hidden",
    )
    yield ", ".join(remark.tags)
    yield "\n".join(target.exact or "" for target in remark.targets)
    yield remark.body or ""
    yield from (at.edition, at.verdict, _number(at.start), _number(at.end)) if at else ("",) * 4
    yield f"{envelope.address}/a/{remark.id}"
    yield envelope.licence
    yield from (remark.essay.title, remark.essay.source_url) if remark.essay else ("", "")


def _number(offset: int | None) -> str:
    return "" if offset is None else str(offset)
