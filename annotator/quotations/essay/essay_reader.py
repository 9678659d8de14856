"""Read an essay's words: Markdown, HTML, or plain text in which `>` marks quoted lines."""

from __future__ import annotations

import re
from itertools import groupby

from annotator.quotations.essay import prose_html, prose_markdown
from annotator.quotations.essay.prose import Prose, ProseWriter, Unit
from annotator.quotations.quotation import Budget, Kind

# What a reader of lines takes 0.2 s for; a book of 90,000 words in lines of 70 has 8,000.
MOST_LINES = 20_000
# Wrapped lines are shorter than this; where one is longer, each line is a paragraph of its own.
LONGEST_WRAPPED = 140
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_QUOTED = re.compile(r"[ \t]*>[>\s]*")

Line = tuple[int, int, bool]


def read(essay: str, kind: Kind, budget: Budget | None = None) -> Prose:
    """Read an essay into prose with the source offset of each character.

    Raises Unacceptable when the `budget` is used up.
    """
    lines = essay.count("\n") + essay.count("\r") + 1
    if budget is not None and lines > MOST_LINES:
        budget.refuse(f"It has {lines:,} lines")
    if kind == "markdown":
        return prose_markdown.read(essay, budget or Budget())
    return prose_html.read(essay) if kind == "html" else _read_text(essay)


def _read_text(essay: str) -> Prose:
    writer = ProseWriter()
    lines = [_line(match) for match in _LINE.finditer(essay)]
    for quoted, run in groupby(lines, key=lambda line: line[2]):
        writer.set_off(int(quoted))
        block = list(run)
        if quoted:
            writer.units.append(Unit(essay.rfind("\n", 0, block[0][0]) + 1, block[-1][1]))
        _paragraphs(writer, essay, block)
    return writer.take()


def _line(match: re.Match[str]) -> Line:
    """Return start and end of a line's words, and whether it is quoted."""
    text = match.group()
    sign = _QUOTED.match(text)
    start = match.start() + (sign.end() if sign else 0)
    return min(start, match.start() + len(text.rstrip("\r\n"))), match.end(), sign is not None


def _paragraphs(writer: ProseWriter, essay: str, lines: list[Line]) -> None:
    for blank, run in groupby(lines, key=lambda line: not essay[line[0] : line[1]].strip()):
        some = [] if blank else list(run)
        apart = any(end - start > LONGEST_WRAPPED for start, end, _ in some)
        for paragraph in [[line] for line in some] if apart else [some]:
            if paragraph and not writer.quote:
                writer.units.append(Unit(paragraph[0][0], paragraph[-1][1]))
            for start, end, _ in paragraph:
                writer.same(essay[start:end], range(start, end))
            writer.close()
