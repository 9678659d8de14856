"""Undo what printing did to a plain text: running heads, page numbers, contents, divided words."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest

from annotator.documents.origins import Origins, Run, edited, joined

# A line at the edge of so many pages is a running head; so many lines are a table of contents.
FEWEST_PAGES, FEWEST_LINES = 2, 3

# Heads, feet and lines of a table of contents are no longer than a line of print.
LONGEST = 200

_FOOT = re.compile(r".*\[Page +\w+\]\s*")
_LEADERS = re.compile(r".*?(?: ?\.){3,}\s*(?:\d+|[ivxlc]+)\s*")
_CONTENTS = re.compile(r"\s*(?:table of )?contents\s*:?\s*", re.IGNORECASE)
_NUMBER = re.compile(r"\d+|\b[ivxlc]+\b")
_DIVIDED = re.compile(r"-\n[ \t]*+(?P<second>[^\W\d_]++)")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")

Lines = list[str]


class Line(str):
    """A line that knows its offset in the text that it was cut from."""

    at = 0

    def part(self, start: int, end: int | None = None) -> Line:
        """Return `line[start:end]`."""
        line = Line(self[start:end])
        line.at = self.at + start
        return line


def lines_of(text: str, at: int = 0) -> Iterator[Line]:
    """Yield the lines of a text that begins at an offset."""
    for line in map(Line, text.split("\n")):
        line.at = at
        yield line
        at += len(line) + 1


def without_pages(text: str) -> tuple[str, Lines, Origins]:
    """Return a text as it was before it was cut into pages, and the lines that are left out.

    The text has no indentation that all lines have. Its origins lead to the given text.
    """
    lines, left_out = _without_running_heads(text)
    lines, contents = _without_contents(lines)
    runs: list[Run] = []
    for line in lines:
        at = line.at if isinstance(line, Line) else runs[-1][2] if runs else 0
        end = at + len(line)
        runs += (len(line), at, end), (1, end, end + isinstance(line, Line))
    whole = "\n".join(lines)
    short = textwrap.dedent(whole)
    pairs = zip(lines_of(whole), short.split("\n"), strict=True) if short != whole else ()
    edits = [(line.at, line.at + len(line) - len(words), "") for line, words in pairs]
    plain, margin = edited(whole, edits)
    joined_text, breaks = _joined(plain)
    return joined_text, left_out + contents, Origins(joined(runs)).of(margin).of(breaks)


def _without_running_heads(text: str) -> tuple[Lines, Lines]:
    pages: list[Lines] = []
    at = 0
    for words in text.split("\f"):
        pages.append(list(lines_of(words, at)))
        at += len(words) + 1
    if len(pages) == 1:  # a page may end with its number alone
        whole, pages = pages[0], [[]]
        for line in whole:
            pages[-1].append(line)
            if _is_foot(line):
                pages.append([])
    if len(pages) < FEWEST_PAGES:
        return [line for page in pages for line in page], []
    edges = Counter(_masked(page[at]) for page in pages for at in _edges(page))
    kept: Lines = []
    left_out: Lines = []
    for page in pages:
        heads = {
            at
            for at in _edges(page)
            if _is_foot(page[at]) or edges[_masked(page[at])] >= FEWEST_PAGES
        }
        left_out += [page[at].strip() for at in sorted(heads)]
        inner = [line for at, line in enumerate(page) if at not in heads]
        _append(kept, inner)
    return kept, left_out


def _edges(page: Lines) -> list[int]:
    """Return the places of the first and the last line of a page that has words."""
    filled = [at for at, line in enumerate(page) if line.strip()]
    return sorted({*filled[:1], *filled[-1:]})


def _masked(line: str) -> str:
    return _NUMBER.sub("0", " ".join(line.split()))


def _is_foot(line: str) -> bool:
    return len(line) <= LONGEST and bool(_FOOT.fullmatch(line))


def _append(kept: Lines, page: Lines) -> None:
    """Add a page; a paragraph that goes on there goes on."""
    filled = [at for at, line in enumerate(page) if line.strip()]
    if not filled:
        return
    page = page[filled[0] : filled[-1] + 1]
    before = next((line.strip() for line in reversed(kept) if line.strip()), "")
    goes_on = before and before[-1] not in ".:;!?" and page[0].strip()[:1].islower()
    while kept and not kept[-1].strip():
        kept.pop()
    kept += ([] if goes_on else [""]) + page


def _without_contents(lines: Lines) -> tuple[Lines, Lines]:
    """Leave out lines that lead to pages by dots, or to headings below, with their caption."""
    short = ((at, line) for at, line in enumerate(lines) if len(line) <= LONGEST)
    gone = {at for at, line in short if _LEADERS.fullmatch(line)}
    if len(gone) < FEWEST_LINES:
        gone = _listed_below_caption(lines)
    if len(gone) < FEWEST_LINES:
        return lines, []
    above = [at for at in range(min(gone)) if lines[at].strip()]
    if above and _CONTENTS.fullmatch(lines[above[-1]]):
        gone.add(above[-1])
    kept = ["" if at in gone else line for at, line in enumerate(lines)]
    return kept, [lines[at].strip() for at in sorted(gone)]


def _listed_below_caption(lines: Lines) -> set[int]:
    """Return the lines below the caption of a table of contents, as long as each comes again.

    In the text, a number may stand on a line of its own, or have another form.
    """
    caption = next((at for at, line in enumerate(lines) if _CONTENTS.fullmatch(line)), len(lines))
    filled = [at for at in range(caption + 1, len(lines)) if lines[at].strip()]
    words = {at: " ".join(re.findall(r"\w+", lines[at].casefold())) for at in filled}
    again: dict[str, int] = {}
    for at, after in zip_longest(filled, filled[1:]):
        both = f"{words[at]} {words[after]}" if after else ""
        again |= dict.fromkeys((words[at], words[at].lstrip("0123456789 "), both), at)
    found: set[int] = set()
    for at in filled:
        title = words[at].lstrip("0123456789 ")
        if max(again[words[at]], again.get(title, 0) if title else 0) <= at:
            break
        found.add(at)
    return found


def _joined(text: str) -> tuple[str, Origins]:
    """Join words that were divided at the end of a line; what is written with a hyphen keeps it."""
    edits = []
    known: set[str] = set()
    for found in _DIVIDED.finditer(text):
        start = at = found.start()
        while start and text[start - 1].isalpha():
            start -= 1
        if start == at:
            continue
        known = known or set(_WORD.findall(text.casefold()))
        first, second = text[start:at].casefold(), found["second"].casefold()
        whole = first + second
        hyphen = f"{first}-{second}" in known and whole not in known
        parts = whole not in known and second in known and first in known
        keeps = hyphen or parts or not found["second"][0].islower()
        edits.append((at + keeps, found.start("second"), ""))
    return edited(text, edits)
