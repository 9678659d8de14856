"""Count blocks and sentences by the convention in circulation: along the lines of Markdown.

`constitution > Being honest > ¶18 s1-4`. A section's blocks are those between its heading and the
next. A blank line, a list item at the beginning of a line and a fence begin a block; an indented
line belongs to the block it follows without a blank line. A fence belongs to an `**Example**` above
it. Sentences are those of the block's words without links, footnote marks and the mark of the list
item, but with all other markup. So its numbers differ from ours, which count the document's
provisions.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from urllib.parse import unquote

from annotator.documents.folding import FoldedText, fold_words, folded
from annotator.documents.origins import Run, edited
from annotator.documents.parsed import Parsed, Span

_HEADING = re.compile(
    r"(?P<signs>#{1,6})\s+(?P<title>.*?)\s*"
    r"(?:\{#(?P<anchor>[A-Za-z0-9_-]+)(?:\s+authority=\S+)?\})?\s*"
)
_FENCE = re.compile(r"```|~~~")
_INNER_FENCE = re.compile(r"(?:\A|[\r\n])(?:```|~~~)")
_ITEM = re.compile(r"(?:[-*+]|\d+[.)])\s+")
_EXAMPLE = "**Example**"
# Markup to remove from a block's words, in this order; `kept` groups remain.
_MARKUP = tuple(
    re.compile(pattern)
    for pattern in (
        r"\[\^[^\]]+\]",
        r"\[\?\]\((?P<kept>#[A-Za-z0-9_-]+)\)",
        r"\[(?P<kept>[^\]]+)\]\([^)]+\)",
        rf"\A{_ITEM.pattern}",
    )
)
_STOP = re.compile("[.!?][\"'\u2019\u201d)\\]]*(?= (?P<next>.))")
_BEGINNING = frozenset("\"'\u2018\u201c([*#")
_WORD_END = re.compile(r"[\s(]")
_MAX_BEFORE = 40  # characters that are looked at for an abbreviation
_ABBREVIATIONS = frozenset(
    {"e.g", "i.e", "etc", "vs", "cf", "al", "approx", "no", "vol", "dr", "mr", "mrs", "ms", "st"}
    | {"jr", "sr", "u.s", "u.k"}
)
_CHAR = re.compile(r"char=(\d{0,9})(?:(,)(\d{0,9}))?(?:;length=(\d{1,9})(?:,[\w.:-]+)?)?\Z", re.A)
MAX_DIRECTIVES = 8
_DELIMITER = ":~:"
_DIRECTIVE = "text="


@dataclass(frozen=True, slots=True)
class ConventionSection:
    """A section of a source: its headings, outermost first, and offsets in the decoded file."""

    path: tuple[str, ...]
    anchor: str
    heading: int
    start: int
    end: int


class Convention:
    """The sections of an edition's Markdown, and the mapping of its lines to the canonical text."""

    def __init__(self, source: str, origins: Sequence[Sequence[Run]], parsed: Parsed) -> None:
        self._source = source
        self._sections = tuple(_sections(source))
        # Runs in the order of the source: start, end, offset in the text, length there.
        self._runs: list[tuple[int, int, int, int]] = []
        for block, runs in zip(parsed.blocks, origins, strict=True):
            at = block.start
            for length, start, end in runs:
                if start < end:
                    self._runs.append((start, end, at, length))
                at += length
        self._runs.sort()
        self._starts = [run[0] for run in self._runs]

    def named(self, path: Sequence[str]) -> list[ConventionSection]:
        """Return the sections with this anchor, or those whose heading path ends with `path`."""
        anchored = [
            section
            for section in self._sections
            if section.anchor and [section.anchor] == list(path)
        ]
        names = [" ".join(name.lower().split()) for name in path]
        return anchored or [
            section
            for section in self._sections
            if [t.lower() for t in section.path[-len(names) :]] == names
        ]

    def around(self, parsed: Parsed, section: int) -> list[ConventionSection]:
        """Return the section that a provision's heading begins."""
        start = parsed.provisions[section].start
        for first, last, at, length in self._runs:
            if at <= start < at + length:
                return [
                    each for each in self._sections if each.heading <= first and last <= each.start
                ]
        return []

    def blocks(self, section: ConventionSection) -> list[Span]:
        """Return the spans of the section's blocks in the source."""
        return list(_blocks(self._source, section.start, section.end))

    def sentences(self, block: Span) -> list[Span]:
        """Return the spans of a block's sentences in the source; code has none."""
        words = self._source[slice(*block)]
        return [] if _INNER_FENCE.search(words) else _sentences(words, block[0])

    def words(self, span: Span) -> Span | None:
        """Convert a span of the source to the text; None if none of its words is in the text."""
        spans: list[Span] = []
        index = max(bisect_right(self._starts, span[0]) - 1, 0)
        while index < len(self._runs) and self._starts[index] < span[1]:
            start, end, at, length = self._runs[index]
            index += 1
            first, last = max(start, span[0]), min(end, span[1])
            if first < last and not self._source[first:last].isspace():
                whole = length != end - start
                spans.append(
                    (at, at + length) if whole else (at + first - start, at + last - start)
                )
        return (min(spans)[0], max(last for _, last in spans)) if spans else None


def _lines(source: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    for line in source[start:end].splitlines(keepends=True):
        yield start, line
        start += len(line)


def _sections(source: str) -> Iterator[ConventionSection]:
    """Yield the sections of a source; fences contain no headings."""
    path: list[tuple[int, str]] = []
    open_section: tuple[str, int, int] | None = None
    fence = ""
    for at, line in _lines(source, 0, len(source)):
        if opened := _FENCE.match(line):
            fence = "" if fence and line.startswith(fence) else fence or opened[0]
            continue
        heading = None if fence else _HEADING.fullmatch(line)
        if heading is None:
            continue
        if open_section:
            yield ConventionSection(tuple(title for _, title in path), *open_section, at)
        level = len(heading["signs"])
        path = [outer for outer in path if outer[0] < level]
        path.append((level, " ".join(heading["title"].split())))
        open_section = heading["anchor"] or "", at, at + len(line)
    if open_section:
        yield ConventionSection(tuple(title for _, title in path), *open_section, len(source))


def _blocks(source: str, start: int, end: int) -> Iterator[Span]:
    """Yield the blocks between two offsets, without blank lines."""
    blocks: list[Span] = []
    begun: int | None = None
    fence = ""
    latest_end = start
    for at, line in _lines(source, start, end):
        opens = None if fence else _FENCE.match(line)
        if begun is not None and not fence and (opens or not line.strip() or _ITEM.match(line)):
            blocks.append((begun, latest_end))
            begun = None
        if opens:
            fence = opens[0]
            if blocks and source.startswith(_EXAMPLE, blocks[-1][0]):
                begun, _ = blocks.pop()
            else:
                begun = at
        elif fence and line.startswith(fence):
            fence = ""
            blocks.append((begun if begun is not None else at, at + len(line)))
            begun = None
        elif begun is None and line.strip():
            begun = at
        latest_end = at + len(line)
    yield from blocks
    if begun is not None:
        yield begun, latest_end


def _sentences(block: str, offset: int) -> list[Span]:
    """Return the sentences of a block; `offset` is its place in the source."""
    words, origins = edited(block, ())
    for pattern in _MARKUP:
        edits: list[tuple[int, int, str]] = []
        for match in pattern.finditer(words):
            inner = match.span("kept") if "kept" in pattern.groupindex else (match.end(),) * 2
            edits += (match.start(), inner[0], ""), (inner[1], match.end(), "")
        words, step = edited(words, edits)
        origins = origins.of(step)
    words, step = edited(words, [(*run.span(), " ") for run in re.finditer(r"\s+", words)])
    origins = origins.of(step)
    spans: list[Span] = []
    start = len(words) - len(words.lstrip(" "))
    words = words.rstrip(" ")
    for stop in _STOP.finditer(words):
        before = words[max(start, stop.start() - _MAX_BEFORE) : stop.start()].rstrip(".!?")
        word = _WORD_END.split(before)[-1].lower()
        abbreviated = stop[0][0] == "." and word in _ABBREVIATIONS
        following = stop["next"]
        begins = following.isupper() or following.isdigit() or following in _BEGINNING
        if begins and not abbreviated:
            spans.append((start, stop.end()))
            start = stop.end() + 1
    spans.append((start, len(words)))
    placed = (origins.source(*span) for span in spans if span[0] < span[1])
    return [(offset + first, offset + last) for first, last in placed]


@dataclass(frozen=True, slots=True)
class Directive:
    """Words to find, folded: from `start` to `end`, or only `start` if that is empty.

    `prefix` and `suffix` are the words directly before and after.
    """

    start: str
    end: str = ""
    prefix: str = ""
    suffix: str = ""


def anchor(fragment: str) -> str:
    """Return the anchor of a fragment, before any text directive."""
    return unquote(fragment.partition(_DELIMITER)[0])


def characters(fragment: str, length: int) -> tuple[int, int] | None:
    """Read `char=120,180` for a text of `length` code points; None if it is not a range of it."""
    match = _CHAR.match(unquote(fragment))
    if match is None or not (match[1] or match[3]):
        return None
    if match[4] and int(match[4]) != length:
        return None  # it was made for another text
    start = int(match[1] or 0)
    end = int(match[3]) if match[3] else length if match[2] else start + 1
    return (start, min(end, length)) if start < min(end, length) else None


def words(fragment: str, text: str) -> tuple[int, int] | None:
    """Return the span of the first text directive that matches; None if none does."""
    directives = list(islice(_directives(fragment.partition(_DELIMITER)[2]), MAX_DIRECTIVES))
    if not directives:
        return None
    within = folded(text)
    return next((span for directive in directives if (span := _find(within, directive))), None)


def _directives(written: str) -> Iterator[Directive]:
    for part in written.split("&"):
        terms = part.removeprefix(_DIRECTIVE).split(",") if part.startswith(_DIRECTIVE) else []
        prefix = terms.pop(0)[:-1] if terms and terms[0].endswith("-") else ""
        suffix = terms.pop()[1:] if terms and terms[-1].startswith("-") else ""
        if 1 <= len(terms) <= 2 and terms[0]:
            start, end, *_ = *terms, ""
            yield Directive(*(fold_words(unquote(term)) for term in (start, end, prefix, suffix)))


def _find(within: FoldedText, directive: Directive) -> tuple[int, int] | None:
    text, last = within.text, directive.end or directive.start
    longest = len(directive.suffix) + 1
    ends = [at + len(last) for at in _places(text, last)]
    ends = [end for end in ends if text[end : end + longest].lstrip().startswith(directive.suffix)]
    for at in _places(text, directive.start):
        before = text[max(0, at - len(directive.prefix) - 1) : at].rstrip()
        if not before.endswith(directive.prefix):
            continue
        earliest = at + len(directive.start) + len(directive.end)
        fitting = bisect_left(ends, earliest)
        if fitting < len(ends) and (directive.end or ends[fitting] == earliest):
            return within.starts[at], within.ends[ends[fitting] - 1]
    return None


def _places(text: str, words: str) -> Iterator[int]:
    """Yield the offsets of whole words."""
    at = text.find(words) if words else -1
    while at >= 0:
        end = at + len(words)
        inside = text[at - 1 : at + 1].isalnum() if at else False
        if not inside and not (end < len(text) and text[end - 1 : end + 1].isalnum()):
            yield at
        at = text.find(words, at + 1)
