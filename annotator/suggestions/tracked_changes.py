"""An edition with suggestions as tracked changes, for word processors. Pandoc writes the file."""

from __future__ import annotations

import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape
from itertools import count
from typing import NamedTuple

from annotator.documents.parsed import Block, Parsed
from annotator.errors import Unavailable
from annotator.relocation.diff import word_diff
from annotator.suggestions.changes import ProposedChange, blocks_of

LONGEST_SECONDS = 120
CLASSES = {"struck": "deletion", "added": "insertion"}  # as pandoc's reader of DOCX has them


class Tracked(NamedTuple):
    """A change, its author and time, and the comment on it."""

    change: ProposedChange
    author: str
    created: datetime
    comment: str


def docx(parsed: Parsed, changes: Sequence[Tracked]) -> bytes:
    """Return an edition as DOCX with each change as an insertion, a deletion, or both.

    The changes are compatible in pairs. Emphasis and links of the edition are left out. Raises
    Unavailable without pandoc.
    """
    program = shutil.which("pandoc")
    if program is None:
        raise Unavailable("DOCX needs pandoc (Debian's package pandoc). Install it, or choose "
                          "another format.")  # fmt: skip
    html = "".join(_html(parsed, changes)).encode()
    done = subprocess.run(  # noqa: S603  no words of anybody are among its arguments
        [program, "-f", "html", "-t", "docx", "-o", "-"],
        input=html, capture_output=True, timeout=LONGEST_SECONDS, check=False,
    )  # fmt: skip
    if done.returncode:
        raise Unavailable(f"Pandoc failed: {done.stderr.decode(errors='replace').strip()[:500]}")
    return done.stdout


def _html(parsed: Parsed, changes: Sequence[Tracked]) -> Iterator[str]:
    numbers = count()
    by_block: dict[int, list[Tracked]] = defaultdict(list)
    for each in sorted(changes, key=lambda tracked: tracked.change.start):
        blocks = blocks_of(parsed, each.change)
        for index in blocks[-1:] if each.change.act == "insert" else blocks:
            by_block[index].append(each)
    for index, block in enumerate(parsed.blocks):
        words, after, at = "", "", block.start
        for each in by_block[index]:
            change = each.change
            comment = ""
            if change.end <= block.end:
                number = next(numbers)
                comment = _span("comment-start", each, _escaped(each.comment), number)
                comment += f'<span class="comment-end" id="{number}"></span>'
            if change.act == "insert":
                added = [_span("insertion", each, _escaped(it)) for it in change.paragraphs]
                after += f"<p>{'</p><p>'.join(added)}{comment}</p>\n"
                continue
            start, end = max(change.start, block.start), min(change.end, block.end)
            words += _escaped(parsed.text[at:start]) + _changed(parsed.text[start:end], each)
            words, at = words + comment, end
        begin, finish = _tags(parsed, block)
        yield f"{begin}{words}{_escaped(parsed.text[at : block.end])}{finish}\n{after}"


def _tags(parsed: Parsed, block: Block) -> tuple[str, str]:
    if block.kind == "heading":
        level = parsed.provisions[block.provision].level
        return f"<h{level}>", f"</h{level}>"
    return ("<ul><li><p>", "</p></li></ul>") if block.kind == "item" else ("<p>", "</p>")


def _changed(old: str, tracked: Tracked) -> str:
    new = tracked.change.wording if tracked.change.act == "replace" else ""
    return "".join(
        _span(CLASSES[piece.change], tracked, _escaped(piece.text))
        if piece.change in CLASSES else _escaped(piece.text)
        for piece in word_diff(old, new)
    )  # fmt: skip


def _span(name: str, tracked: Tracked, inside: str, number: int | str = "") -> str:
    return (f'<span class="{name}" id="{number}" data-author="{escape(tracked.author)}" '
            f'data-date="{tracked.created:%Y-%m-%dT%H:%M:%SZ}">{inside}</span>')  # fmt: skip


def _escaped(words: str) -> str:
    return escape(words).replace("\n", "<br>")
