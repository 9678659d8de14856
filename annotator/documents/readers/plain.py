"""Read a plain text.

The rules, in the order in which they are tried on each block of lines between blank lines:

- A heading is a line underlined with `===` (level 1) or `---` (level 2); a line that begins with
  one to six `#` and a space; a numbered line (`2.1. Terms`, `Article 3`) if the numbers of such
  lines are consecutive and there is text between them; or a short line alone, in capitals (level
  1) or in title case (level 2), without a closing mark of punctuation. Before the first numbered
  line and after the last, the latter are of level 1. The title of a line that is a number alone
  may be in the next block. If the text has any heading of the first two kinds, only those count;
  headings of the other kinds are not indented.
- A list item begins with `-`, `*`, `•` or a number with `.` or `)`, and a space, or with
  `o` and two; the lines up to the next item belong to it, and an item indented deeper than the one
  before is nested in it.
- Every other block of lines is one paragraph.

There is no markup inside a line: asterisks, brackets and tags are text.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest

from annotator.documents.origins import Origins, Run, edited, joined
from annotator.documents.readers.outline import is_title, numbered_headings, title_after_number
from annotator.documents.words import BlockWords, Close, Leaf, LeafKind, Open, Source, Step

# Pages that must share a running head, and lines that make a table of contents.
MIN_PAGES, MIN_LINES = 2, 3

# Code points of a running head or foot, or of a line of a table of contents.
LONGEST = 200

_FOOT = re.compile(r".*\[Page +\w+\]\s*")
_LEADERS = re.compile(r".*?(?: ?\.){3,}\s*(?:\d+|[ivxlc]+)\s*")
_CONTENTS = re.compile(r"\s*(?:table of )?contents\s*:?\s*", re.IGNORECASE)
_NUMBER = re.compile(r"\d+|\b[ivxlc]+\b")
_DIVIDED = re.compile(r"-\n[ \t]*+(?P<second>[^\W\d_]++)")
_PAGE_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")

PageLines = list[str]
MAX_HEADING = 80
# A line in a script without capitals is a heading only if it is as short as this.
MAX_CASELESS = 30
# What ends a sentence or a part of one, in any script.
_CLOSING = frozenset(".,;:!?…\"'”’)]»。，、；：！？」』）】》؟،؛۔।॥։።᙮")
_UNDERLINE = re.compile(r"\s*(=|-)\1{2,}\s*\Z")
_NUMBER_SIGNS = re.compile(r"(#{1,6})[ \t]+(?=\S)")
_ITEM = re.compile(r"([ \t]*)([-*•]|o(?=[ \t]{2})|[0-9]{1,9}[.)])[ \t]+(?=\S)")
# An East Asian heading, `第1条（名称）`, and the level of its kind.
_EAST_ASIAN = re.compile(r"[第제]\s?[\d〇一二三四五六七八九十百千]+\s?([编編편章장节節절条條조])")
_EAST_ASIAN_LEVELS = dict.fromkeys("编編편章장", 1) | dict.fromkeys("节節절条條조", 2)
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
# Words that title case leaves small.
_SMALL = re.compile(
    "a|an|and|as|at|but|by|for|from|in|into|nor|of|on|or|over|per|so|the|to|up|via|vs|with|yet"
)


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


def without_pages(text: str) -> tuple[str, PageLines, Origins]:
    """Return a text without page breaks and common indentation, and the lines left out.

    The third value has the origins of the returned text in the given one.
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


def _without_running_heads(text: str) -> tuple[PageLines, PageLines]:
    pages: list[PageLines] = []
    at = 0
    for words in text.split("\f"):
        pages.append(list(lines_of(words, at)))
        at += len(words) + 1
    if len(pages) == 1:  # a page may end with only its number
        whole, pages = pages[0], [[]]
        for line in whole:
            pages[-1].append(line)
            if _is_foot(line):
                pages.append([])
    if len(pages) < MIN_PAGES:
        return [line for page in pages for line in page], []
    edges = Counter(_masked(page[at]) for page in pages for at in _edges(page))
    remaining: PageLines = []
    left_out: PageLines = []
    for page in pages:
        heads = {
            at for at in _edges(page) if _is_foot(page[at]) or edges[_masked(page[at])] >= MIN_PAGES
        }
        left_out += [page[at].strip() for at in sorted(heads)]
        inner = [line for at, line in enumerate(page) if at not in heads]
        _append(remaining, inner)
    return remaining, left_out


def _edges(page: PageLines) -> list[int]:
    """Return the indexes of the first and the last line of a page with words."""
    filled = [at for at, line in enumerate(page) if line.strip()]
    return sorted({*filled[:1], *filled[-1:]})


def _masked(line: str) -> str:
    return _NUMBER.sub("0", " ".join(line.split()))


def _is_foot(line: str) -> bool:
    return len(line) <= LONGEST and bool(_FOOT.fullmatch(line))


def _append(lines: PageLines, page: PageLines) -> None:
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


def _without_contents(lines: PageLines) -> tuple[PageLines, PageLines]:
    """Return the lines without the table of contents and its caption, and the lines left out.

    Its lines have dot leaders, or are repeated as headings below.
    """
    short = ((at, line) for at, line in enumerate(lines) if len(line) <= LONGEST)
    contents = {at for at, line in short if _LEADERS.fullmatch(line)}
    if len(contents) < MIN_LINES:
        contents = _listed_below_caption(lines)
    if len(contents) < MIN_LINES:
        return lines, []
    above = [at for at in range(min(contents)) if lines[at].strip()]
    if above and _CONTENTS.fullmatch(lines[above[-1]]):
        contents.add(above[-1])
    remaining = ["" if at in contents else line for at, line in enumerate(lines)]
    return remaining, [lines[at].strip() for at in sorted(contents)]


def _listed_below_caption(lines: PageLines) -> set[int]:
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
        vocabulary = vocabulary or set(_PAGE_WORD.findall(text.casefold()))
        first, second = text[start:at].casefold(), match["second"].casefold()
        is_compound = first + second not in vocabulary and (
            f"{first}-{second}" in vocabulary or {first, second} <= vocabulary
        )
        keeps_hyphen = is_compound or not match["second"][0].islower()
        edits.append((at + keeps_hyphen, match.start("second"), ""))
    return edited(text, edits)


Lines = list[Line]


def read(text: str) -> Source:
    """Read plain `text` into a stream."""
    source = text
    text, left_out, origins = without_pages(source)
    blocks = list(_blocks(lines_of(text)))
    is_marked = any(_marked_heading(block) for block in blocks)
    steps = tuple(_steps(blocks, None if is_marked else numbered_headings(blocks)))
    return Source({}, steps, None, tuple(left_out), () if text == source else (origins,))


def _blocks(lines: Iterable[Line]) -> Iterator[Lines]:
    """Return the runs of lines between blank lines."""
    block: Lines = []
    for line in lines:
        if line.strip():
            block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block


def _steps(blocks: Sequence[Lines], numbered: Mapping[int, int] | None) -> Iterator[Step]:
    """Yield the steps of blocks; `numbered` has levels by block, None if headings are marked."""
    # Unnumbered headings before or after all numbered ones are on level 1.
    first, last = (min(numbered), max(numbered)) if numbered else (0, len(blocks))
    title_at = -1
    for at, block in enumerate(blocks):
        if at == title_at:
            continue
        heading = _marked_heading(block)
        if heading is None and numbered is not None:
            heading = _numbered_heading(block, numbered.get(at)) or _bare_heading(block)
            if at in numbered and _is_title_apart(
                block, blocks[at + 1 : at + 3], at + 1 in numbered
            ):
                title_at = at + 1
                heading = numbered[at], [*block, *blocks[title_at]], 1
            elif heading and at not in numbered and not first <= at <= last:
                heading = 1, *heading[1:]
        if heading:
            level, words, rest = heading
            yield _leaf("heading", words, level)
            block = block[rest:]
        if block and _ITEM.match(block[0]):
            yield from _items(block)
        elif block:
            yield _leaf("paragraph", block)


def _marked_heading(block: Lines) -> tuple[int, Lines, int] | None:
    """Return the level, words and number of lines of a heading at the start of a block."""
    if signs := _NUMBER_SIGNS.match(block[0]):
        return len(signs[1]), [block[0].part(signs.end(), len(block[0].rstrip(" \t#")))], 1
    if len(block) > 1 and len(block[0].strip()) <= MAX_HEADING:
        underline = _UNDERLINE.match(block[1])
        if underline and not _ITEM.match(block[0]):
            return (1 if underline[1] == "=" else 2), block[:1], 2
    return None


def _numbered_heading(block: Lines, level: int | None) -> tuple[int, Lines, int] | None:
    """Return a heading of this level; its title may be on the line after the number."""
    if level is None:
        return None
    if len(block) == 2 and is_title(block[1]) and not title_after_number(block[0]):
        return level, block, 2
    return level, block[:1], 1


def _is_title_apart(block: Lines, following: Sequence[Lines], numbered: bool) -> bool:
    """Return whether the title of a heading follows its number after a blank line."""
    if len(block) > 1 or len(following) < 2 or numbered or title_after_number(block[0]):
        return False
    title = following[0]
    is_short = len(title) == 1 and is_title(title[0]) and not _ITEM.match(title[0])
    return is_short and title[0].strip()[0].isupper() and title[0] == title[0].lstrip()


def _bare_heading(block: Lines) -> tuple[int, Lines, int] | None:
    line = block[0].strip()
    if block[0][0].isspace() or "   " in line:
        return None
    if len(block) > 1 or len(line) > MAX_HEADING:
        return None
    article = _EAST_ASIAN.match(line) if len(line) <= MAX_CASELESS else None
    if article and line[-1] not in "。：；":
        return _EAST_ASIAN_LEVELS[article[1]], block, 1
    if line[-1] in _CLOSING:
        return None
    words = _WORD.findall(line)
    if not words or _ITEM.match(line):
        return None
    if line.upper() == line and any(len(word) > 1 for word in words):
        has_capitals = line.lower() != line
        return (1, block, 1) if has_capitals or len(line) <= MAX_CASELESS else None
    titled = all(word[0].isupper() or _SMALL.fullmatch(word) for word in words)
    return (2, block, 1) if titled and words[0][0].isupper() else None


def _items(block: Lines) -> Iterator[Step]:
    """Return the items of a block of lines, nested by their indentation."""
    indents: list[int] = []
    words: Lines = []
    for line in [*block, None]:
        item = _ITEM.match(line) if line is not None else None
        if line is not None and item is None:
            words.append(line)
            continue
        if words:
            yield _leaf("paragraph", words)
        indent = len(item[1].expandtabs(4)) if item else -1
        while indents and indents[-1] >= indent:
            indents.pop()
            yield Close()
        if line is not None and item is not None:
            indents.append(indent)
            marker = f"{item[2][:-1]}." if item[2][0].isdigit() else "-"
            yield Open("item", {"marker": marker})
            words = [line.part(item.end())]


def _leaf(kind: LeafKind, lines: Lines, level: int = 0) -> Leaf:
    """Return a block of lines."""
    words, runs, at = BlockWords(), list[Run](), lines[0].at
    for line in lines:
        runs += [(1, at, line.at), (len(line), line.at, line.at + len(line))]
        at = line.at + len(line)
    words.add("\n".join(lines), runs[1:])
    return Leaf(kind, words.take(), level)
