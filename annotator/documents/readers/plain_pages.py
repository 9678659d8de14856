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
    """A line with its offset in the text."""

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
    """Return a text without page breaks and common indentation, and the lines left out.

    The third value holds the origins of the returned text in the given one.
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
    remaining: Lines = []
    left_out: Lines = []
    for page in pages:
        heads = {
            at
            for at in _edges(page)
            if _is_foot(page[at]) or edges[_masked(page[at])] >= FEWEST_PAGES
        }
        left_out += [page[at].strip() for at in sorted(heads)]
        inner = [line for at, line in enumerate(page) if at not in heads]
        _append(remaining, inner)
    return remaining, left_out


def _edges(page: Lines) -> list[int]:
    """Return the indexes of the first and the last line of a page with words."""
    filled = [at for at, line in enumerate(page) if line.strip()]
    return sorted({*filled[:1], *filled[-1:]})


def _masked(line: str) -> str:
    return _NUMBER.sub("0", " ".join(line.split()))


def _is_foot(line: str) -> bool:
    return len(line) <= LONGEST and bool(_FOOT.fullmatch(line))


def _append(lines: Lines, page: Lines) -> None:
    """Append a page, and join a paragraph that continues on it."""
    filled = [at for at, line in enumerate(page) if line.strip()]
    if not filled:
        return
    page = page[filled[0] : filled[-1] + 1]
    before = next((line.strip() for line in reversed(lines) if line.strip()), "")
    continues = before and before[-1] not in ".:;!?" and page[0].strip()[:1].islower()
    while lines and not lines[-1].strip():
        lines.pop()
    lines += ([] if continues else [""]) + page


def _without_contents(lines: Lines) -> tuple[Lines, Lines]:
    """Return the lines without the table of contents and its caption, and the lines left out.

    Its lines have dot leaders, or are repeated as headings below.
    """
    short = ((at, line) for at, line in enumerate(lines) if len(line) <= LONGEST)
    contents = {at for at, line in short if _LEADERS.fullmatch(line)}
    if len(contents) < FEWEST_LINES:
        contents = _listed_below_caption(lines)
    if len(contents) < FEWEST_LINES:
        return lines, []
    above = [at for at in range(min(contents)) if lines[at].strip()]
    if above and _CONTENTS.fullmatch(lines[above[-1]]):
        contents.add(above[-1])
    remaining = ["" if at in contents else line for at, line in enumerate(lines)]
    return remaining, [lines[at].strip() for at in sorted(contents)]


def _listed_below_caption(lines: Lines) -> set[int]:
    """Return the lines below the caption of a table of contents, up to the first not repeated.

    In the text, the number may be on a separate line, or have another form.
    """
    caption = next((at for at, line in enumerate(lines) if _CONTENTS.fullmatch(line)), len(lines))
    filled = [at for at in range(caption + 1, len(lines)) if lines[at].strip()]
    words = {at: " ".join(re.findall(r"\w+", lines[at].casefold())) for at in filled}
    latest: dict[str, int] = {}
    for at, after in zip_longest(filled, filled[1:]):
        both = f"{words[at]} {words[after]}" if after else ""
        latest |= dict.fromkeys((words[at], words[at].lstrip("0123456789 "), both), at)
    listed: set[int] = set()
    for at in filled:
        title = words[at].lstrip("0123456789 ")
        if max(latest[words[at]], latest.get(title, 0) if title else 0) <= at:
            break
        listed.add(at)
    return listed


def _joined(text: str) -> tuple[str, Origins]:
    """Join words that were divided at the end of a line; hyphenated words keep their hyphen."""
    edits = []
    vocabulary: set[str] = set()
    for match in _DIVIDED.finditer(text):
        start = at = match.start()
        while start and text[start - 1].isalpha():
            start -= 1
        if start == at:
            continue
        vocabulary = vocabulary or set(_WORD.findall(text.casefold()))
        first, second = text[start:at].casefold(), match["second"].casefold()
        is_compound = first + second not in vocabulary and (
            f"{first}-{second}" in vocabulary or {first, second} <= vocabulary
        )
        keeps_hyphen = is_compound or not match["second"][0].islower()
        edits.append((at + keeps_hyphen, match.start("second"), ""))
    return edited(text, edits)
