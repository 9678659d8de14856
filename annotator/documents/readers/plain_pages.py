"""Undo what printing did to a plain text: running heads, page numbers, contents, divided words."""

from __future__ import annotations

import re
from collections import Counter

# A line at the edge of so many pages is a running head; so many lines are a table of contents.
FEWEST_PAGES, FEWEST_LINES = 2, 3

# Heads, feet and lines of a table of contents are no longer than a line of print.
LONGEST = 200

_FOOT = re.compile(r".*\[Page +\w+\]\s*")
_LEADERS = re.compile(r".*?(?: ?\.){3,}\s*(?:\d+|[ivxlc]+)\s*")
_CONTENTS = re.compile(r"\s*(?:table of )?contents\s*:?\s*", re.IGNORECASE)
_NUMBER = re.compile(r"\d+|\b[ivxlc]+\b")
_DIVIDED = re.compile(r"(?<![^\W\d_])(?P<first>[^\W\d_]++)-\n[ \t]*+(?P<second>[^\W\d_]++)")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")

Lines = list[str]


def without_pages(text: str) -> tuple[str, Lines]:
    """Return a text as it was before it was cut into pages, and the lines that are left out."""
    lines, left_out = _without_running_heads(text)
    lines, contents = _without_contents(lines)
    return _joined("\n".join(lines)), left_out + contents


def _without_running_heads(text: str) -> tuple[Lines, Lines]:
    pages = [page.split("\n") for page in re.split(r"\f", text)]
    if len(pages) == 1:  # a page may end with its number alone
        pages = _cut_behind_feet(pages[0])
    if len(pages) < FEWEST_PAGES:
        return [line for page in pages for line in page], []
    edges = Counter(_masked(page[at]) for page in pages for at in _edges(page))
    kept: Lines = []
    left_out: Lines = []
    for page in pages:
        heads = {at for at in _edges(page) if _is_head(page[at], edges)}
        left_out += [page[at].strip() for at in sorted(heads)]
        inner = [line for at, line in enumerate(page) if at not in heads]
        _append(kept, inner)
    return kept, left_out


def _cut_behind_feet(lines: Lines) -> list[Lines]:
    pages: list[Lines] = [[]]
    for line in lines:
        pages[-1].append(line)
        if _is_foot(line):
            pages.append([])
    return pages


def _edges(page: Lines) -> list[int]:
    """Return the places of the first and the last line of a page that has words."""
    filled = [at for at, line in enumerate(page) if line.strip()]
    return sorted({*filled[:1], *filled[-1:]})


def _masked(line: str) -> str:
    return _NUMBER.sub("0", " ".join(line.split()))


def _is_head(line: str, edges: Counter[str]) -> bool:
    return _is_foot(line) or edges[_masked(line)] >= FEWEST_PAGES


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
    """Leave out lines that lead to pages by dots, with the caption above them."""
    short = ((at, line) for at, line in enumerate(lines) if len(line) <= LONGEST)
    gone = {at for at, line in short if _LEADERS.fullmatch(line)}
    if len(gone) < FEWEST_LINES:
        return lines, []
    above = [at for at in range(min(gone)) if lines[at].strip()]
    if above and _CONTENTS.fullmatch(lines[above[-1]]):
        gone.add(above[-1])
    kept = ["" if at in gone else line for at, line in enumerate(lines)]
    return kept, [lines[at].strip() for at in sorted(gone)]


def _joined(text: str) -> str:
    """Join words that were divided at the end of a line; what is written with a hyphen keeps it."""
    if not _DIVIDED.search(text):
        return text
    known = set(_WORD.findall(text.casefold()))

    def join(found: re.Match[str]) -> str:
        first, second = found["first"], found["second"]
        if not second[0].islower():
            return f"{first}-{second}"
        whole = f"{first}{second}".casefold()
        hyphen = f"{first}-{second}".casefold() in known and whole not in known
        parts = whole not in known and second.casefold() in known and first.casefold() in known
        return f"{first}-{second}" if hyphen or parts else f"{first}{second}"

    return _DIVIDED.sub(join, text)
