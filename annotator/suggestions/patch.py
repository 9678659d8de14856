"""Put suggestions into the publisher's file: edits of the source, verified by reading it again.

Only the changed words are replaced, so the markup around them is kept. A patch counts only if the
changed file reads as the old canonical text with the results in place. Offsets in a file count the
code points of its decoded text.
"""

from __future__ import annotations

import difflib
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, pairwise

from annotator import documents
from annotator.documents.origins import Origins, Run
from annotator.documents.parsed import Block, Parsed
from annotator.errors import SourceFault
from annotator.markup import portable
from annotator.relocation.diff import word_diff
from annotator.suggestions.changes import ProposedChange, apply, blocks_of, replaced

Edit = tuple[int, int, str]  # source[start:end] becomes these words
Edits = tuple[Edit, ...]

PATCHABLE = ("text/markdown", "text/plain")
# Words without Markdown syntax.
_PLAIN = re.compile(r"[^\\`*_{}\[\]<>#~|$^@&!+:=\n]*")
_OPENING = re.compile(r"(?:[*_~`]+|\[)\Z")
MAX_OPENING = 20
_CLOSING = re.compile(r"[*_~`]+|\]\([^()\s]*(?: +\"[^\"\n]*\")?\)|\]\[[^\[\]\n]*\]")
# Prefixes of a line: indents, quotation and list markers.
_LEAD = re.compile(r"(?:[ \t]*(?:>|(?P<marker>[-*+]|[0-9]{1,9}[.)])(?=[ \t])))*[ \t]*")
_MARKER = re.compile(r"[-*+](?=[ \t])|[0-9]{1,9}[.)]")
_UNDERLINE = re.compile(r"[ \t>]*(?:=+|-+)[ \t]*\r?\Z")
_FENCE = re.compile(r"[ \t>]*(?:`{3,}|~{3,})")


MAX_PARSED = 10_000_000  # code points of sources, for one export: some four seconds
PARSED_FOR_ONE = 2_000_000
WHY_NOT = "Written into the file, it would change more than its words."


CRITIC = re.compile(r"\{(?:\+\+|--|~~|==|>>)|(?:\+\+|--|~~|==|<<)\}|~>")


class NotPatchable(Exception):
    """A change that cannot be written into the publisher's file, with the reason."""


@dataclass
class Effort:
    """How many code points may still be parsed, since every patch is verified by parsing."""

    left: int

    def parse(self, text: str, name: str) -> Parsed:
        """Parse a changed source. Raises SourceFault, NotPatchable if it is too much."""
        self.left -= len(text)
        if self.left < 0:
            raise NotPatchable("Verifying it takes too long.")
        return documents.parse(text.encode(), name=name)


@dataclass(frozen=True)
class SourceText:
    """The publisher's file of an edition, with the runs of the file that each block comes from."""

    name: str
    media_type: str
    data: bytes
    origins: Sequence[Sequence[Run]]
    parsed: Parsed

    @cached_property
    def text(self) -> str:
        """The decoded file."""
        return documents.decode(self.data, self.name)

    @cached_property
    def mark(self) -> str:
        """The byte order mark of the file, if it has one."""
        return "\ufeff" if self.data.startswith(BOM_UTF8) else ""

    def window(self, blocks: range, effort: Effort) -> Window:
        """Return the lines of the section that some blocks are in, as a separate file."""
        kinds = [block.kind == "heading" for block in self.parsed.blocks]
        first = next((at for at in range(blocks[0], 0, -1) if kinds[at]), 0)
        last = next((at for at in range(blocks[-1] + 1, len(kinds)) if kinds[at]), len(kinds))
        if (first, last) not in self._windows:
            self._windows[first, last] = self._cut(first, last, effort)
        return self._windows[first, last]

    @cached_property
    def _windows(self) -> dict[tuple[int, int], Window]:
        return {}

    def _cut(self, first: int, last: int, effort: Effort) -> Window:
        """Cut out the lines of blocks, or return the whole file if they parse differently alone."""
        begins = [next(iter(self.origins[at : at + 1]), ())[:1] for at in (first, last)]
        start, end = (
            _line(self.text, runs[0][1])[0] if runs else whole
            for runs, whole in zip(begins, (0, len(self.text)), strict=True)
        )
        blocks = self.parsed.blocks[first:last]
        text = self.text[start:end]
        try:
            parsed = effort.parse(text, self.name)
        except SourceFault:
            return Window(self, 0, 0)
        alone = [(block.kind, parsed.text[block.start : block.end]) for block in parsed.blocks]
        here = [(block.kind, self.parsed.text[block.start : block.end]) for block in blocks]
        if alone != here:
            return Window(self, 0, 0)
        cut = SourceText(self.name, self.media_type, text.encode(), (), parsed)
        return Window(cut, start, blocks[0].start)


@dataclass(frozen=True)
class Window:
    """A part of a file, with its offset in the file and that of its words in the edition."""

    source: SourceText
    in_source: int
    in_text: int

    def reads_as(self, change: ProposedChange, edits: Edits, effort: Effort) -> bool:
        """Return whether edits result in exactly one change of the whole edition."""
        shifted = replace(change, start=change.start - self.in_text, end=change.end - self.in_text)
        return _reads_as(
            self.source, [shifted],
            [tuple((a - self.in_source, b - self.in_source, words) for a, b, words in edits)],
            effort,
        )  # fmt: skip


@dataclass(frozen=True)
class Patch:
    """The edits of each change that can be written, and why the others cannot, by their indexes."""

    edits: dict[int, Edits]
    left_out: dict[int, str]


def why_not(source: SourceText, change: ProposedChange) -> str | None:
    """Return why a change cannot be made in the file, or None."""
    try:
        _edits_of(source, change, Effort(PARSED_FOR_ONE))
    except NotPatchable as reason:
        return str(reason)
    return None


def _edits_of(source: SourceText, change: ProposedChange, effort: Effort) -> Edits:
    """Return the most natural edits that make a change, verified in its section."""
    if source.media_type not in PATCHABLE:
        raise NotPatchable(
            "The publisher's file is a page. Only Markdown and plain text can be patched."
        )
    window = source.window(blocks_of(source.parsed, change), effort)
    for way in dict.fromkeys(_ways(source, change)):
        if window.reads_as(change, way, effort):
            return way
    raise NotPatchable(WHY_NOT)


def patch(source: SourceText, changes: Sequence[ProposedChange]) -> Patch:
    """Find the edits of the file for changes that are compatible in pairs.

    What takes too long to verify is left out, too.
    """
    effort = Effort(MAX_PARSED)
    edits: dict[int, Edits] = {}
    left_out: dict[int, str] = {}
    for index, change in enumerate(changes):
        try:
            edits[index] = _edits_of(source, change, effort)
        except NotPatchable as reason:
            left_out[index] = str(reason)
    taken: dict[int, Edits] = {}
    pending = [list(edits)] if edits else []
    effort.left = max(effort.left, len(source.text) * 2)  # for a few at least
    while pending:
        indexes = pending.pop()
        together = taken | {index: edits[index] for index in indexes}
        try:
            reads = _reads_as(
                source, [changes[index] for index in together], together.values(), effort
            )
        except NotPatchable as reason:
            left_out |= dict.fromkeys(indexes, str(reason))
            continue
        if reads:
            taken = together
        elif len(indexes) > 1:
            half = len(indexes) // 2
            pending += indexes[half:], indexes[:half]
        else:
            left_out[indexes[0]] = WHY_NOT
    return Patch(taken, left_out)


def written(source: SourceText, edits: Iterable[Edits]) -> str:
    """Return the file with edits at disjoint places. Raises ValueError if they overlap."""
    pieces: list[str] = []
    at = 0
    for start, end, words in sorted(chain.from_iterable(edits)):
        if start < at:
            raise ValueError("two edits overlap")
        pieces += source.text[at:start], words
        at = end
    return "".join((*pieces, source.text[at:]))


def unified_diff(source: SourceText, text: str) -> str:
    """Return the difference from the publisher's file to a changed one, as `git apply` reads it."""
    old, new = (re.findall(r"[^\n]*\n|[^\n]+", source.mark + each) for each in (source.text, text))
    lines = difflib.unified_diff(old, new, f"a/{source.name}", f"b/{source.name}")
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def critic(source: SourceText, edits: Mapping[str, Edits], notes: Mapping[str, str]) -> str:
    """Return the file with CriticMarkup; the last mark of each change is followed by its note.

    Raises NotPatchable if the file or a wording has such marks itself.
    """
    words_of_edits = (words for each in edits.values() for *_, words in each)
    if any(CRITIC.search(text) for text in (source.text, *words_of_edits)):
        raise NotPatchable("The text itself contains CriticMarkup marks.")
    pieces: list[str] = []
    at = 0
    marks = sorted((edit, index) for index, each in edits.items() for edit in each)
    last = {index: number for number, (_, index) in enumerate(marks)}
    for number, ((start, end, words), index) in enumerate(marks):
        old = source.text[start:end]
        if old and words:
            mark = f"{{~~{old}~>{words}~~}}"
        else:
            mark = f"{{--{old}--}}" if old else f"{{++{words}++}}"
        note = f"{{>>{notes[index]}<<}}" if number == last[index] and notes.get(index) else ""
        pieces += source.text[at:start], mark, note
        at = end
    return "".join((*pieces, source.text[at:]))


def _reads_as(
    source: SourceText,
    changes: Sequence[ProposedChange],
    edits: Iterable[Edits],
    effort: Effort,
) -> bool:
    try:
        after = effort.parse(written(source, edits), source.name)
    except (SourceFault, ValueError):
        return False
    expected = apply(source.parsed, changes)
    return len(expected) == len(after.blocks) and all(
        words == after.text[block.start : block.end] and kind in (None, block.kind)
        for (kind, words), block in zip(expected, after.blocks, strict=True)
    )


def _ways(source: SourceText, change: ProposedChange) -> Iterator[Edits]:
    """Yield the ways to write a change, the most natural first."""
    blocks = blocks_of(source.parsed, change)
    if any(not source.origins[index] for index in blocks):
        raise NotPatchable("The words are not in the publisher's file.")
    if change.act == "insert":
        yield (_insertion(source, change, blocks),)
        return
    words = [replaced(source.parsed, source.parsed.blocks[index], [change]) for index in blocks]
    if len(blocks) > 1 and any(words):
        raise NotPatchable("The range crosses paragraphs.")
    if not any(words):
        yield (_deletion(source, blocks),)
        return
    block = source.parsed.blocks[blocks[0]]
    origins = Origins(source.origins[blocks[0]])
    steps = list(_steps(source.parsed, block, change, words[0]))
    choices = [list(_places(source, block, origins, *step)) for step in steps]
    for number in range(max(map(len, choices), default=0)):
        yield tuple(edit for each in choices for edit in each[min(number, len(each) - 1)])


def _steps(
    parsed: Parsed, block: Block, change: ProposedChange, new: str
) -> Iterator[tuple[int, int, str]]:
    """Yield what changes word by word: `text[start:end]` and the words in its place."""
    old = parsed.text[block.start : block.end]
    head = min(change.start - block.start, len(new))
    while old[:head] != new[:head]:
        head -= 1
    tail = min(block.end - change.end, len(new) - head)
    while old[len(old) - tail :] != new[len(new) - tail :]:
        tail -= 1
    start = at = block.start + head
    added = ""
    for piece in (*word_diff(old[head : len(old) - tail], new[head : len(new) - tail]), None):
        if piece is None or piece.change == "same":
            if start < at or added:
                yield start, at, added
            start = at = at + len(piece.text if piece else "")
            added = ""
        elif piece.change == "struck":
            at += len(piece.text)
        else:
            added += piece.text


def _places(source: SourceText, block: Block, origins: Origins, start: int, end: int,
            words: str) -> Iterator[Edits]:  # fmt: skip
    """Yield the ways to put words in the place of `text[start:end]` of a block."""
    runs = origins.within(start - block.start, end - block.start)
    for form in _forms(source, block, start, words):
        if not runs:
            for place in _gaps(source, block, origins, start):
                yield ((place, place, form),)
            continue
        first, last = runs[0][1], runs[-1][2]
        within = [mark for mark in block.marks if start <= mark.start and mark.end <= end]
        opening = closing = None
        if any(mark.start == start for mark in within):
            opening = _OPENING.search(source.text, max(first - MAX_OPENING, 0), first)
        if any(mark.end == end for mark in within):
            closing = _CLOSING.match(source.text, last)
        outer = opening.start() if opening else first, closing.end() if closing else last
        crossed = any(mark.start < end and start < mark.end for mark in block.marks)
        inner: Edits = ((first, last, form),)
        if len(within) < crossed or any(one[2] != other[1] for one, other in pairwise(runs)):
            filled = max(range(len(runs)), key=lambda index: runs[index][2] - runs[index][1])
            inner = tuple(
                (run[1], run[2], form if index == filled else "") for index, run in enumerate(runs)
            )
        # Words that replace all of the emphasised text are emphasised too.
        emphasised = words and any((mark.start, mark.end) == (start, end) for mark in within)
        yield from (inner, ((*outer, form),)) if emphasised else (((*outer, form),), inner)


def _forms(source: SourceText, block: Block, start: int, words: str) -> Iterator[str]:
    """Yield the ways to write words in the source's language."""
    code = block.kind == "code" or any(
        mark.kind == "code" and mark.start <= start < mark.end for mark in block.marks
    )
    if source.media_type == "text/plain" or code:
        yield words
        return
    begins = start == block.start
    if _PLAIN.fullmatch(words) and not begins:
        yield words
    yield portable.escaped(words) if begins else portable.inline(words)
    yield words


def _gaps(source: SourceText, block: Block, origins: Origins, at: int) -> Iterator[int]:
    """Yield the places in the source between two characters of a block, outside markup first."""
    before = origins.source(at - 1 - block.start, at - block.start)[1] if at > block.start else None
    after = origins.source(at - block.start, at + 1 - block.start)[0] if at < block.end else None
    ends_mark = any(mark.end == at for mark in block.marks)
    if before is not None and ends_mark and (closing := _CLOSING.match(source.text, before)):
        yield closing.end()
    places = (after, before) if ends_mark else (before, after)
    yield from (place for place in places if place is not None)


def _line(text: str, place: int) -> tuple[int, int]:
    """Return the ends of the line that a place is in, without its line feed."""
    end = text.find("\n", place)
    return text.rfind("\n", 0, place) + 1, len(text) if end < 0 else end


def _lines(source: SourceText, blocks: range) -> tuple[int, int]:
    """Return the ends of the lines of blocks, with fences and underlines."""
    text = source.text
    start = _line(text, source.origins[blocks[0]][0][1])[0]
    end = _line(text, max(run[2] for run in source.origins[blocks[-1]]))[1]
    following = text[end + 1 : _line(text, end + 1)[1]] if end < len(text) else ""
    kind = source.parsed.blocks[blocks[-1]].kind
    if (kind == "heading" and _UNDERLINE.match(following)) or (
        kind == "code" and _FENCE.match(following)
    ):
        end = _line(text, end + 1)[1]
    if source.parsed.blocks[blocks[0]].kind == "code" and start:
        before = _line(text, start - 1)
        start = before[0] if _FENCE.match(text[slice(*before)]) else start
    return start, end


def _deletion(source: SourceText, blocks: range) -> Edit:
    """Return the edit that removes the lines of blocks, with the empty ones that follow."""
    start, end = _lines(source, blocks)
    if any(source.parsed.blocks[index].kind == "cell" for index in blocks):
        return start, min(end + 1, len(source.text)), ""
    blank = re.compile(r"(?:[ \t>]*\r?\n)*").match(source.text, end + 1)
    return start, blank.end() if blank else len(source.text), ""


def _insertion(source: SourceText, change: ProposedChange, blocks: range) -> Edit:
    """Return the edit that adds paragraphs, or items of a list, after a provision."""
    first = source.parsed.blocks[blocks[0]]
    if first.kind == "cell":
        raise NotPatchable("Paragraphs cannot be added to a table.")
    text = source.text
    feed = "\r\n" if "\r\n" in text else "\n"
    lead = _LEAD.match(text, _line(text, source.origins[blocks[0]][0][1])[0])
    before, marker = (lead[0], lead["marker"]) if lead else ("", None)
    is_section = first.kind == "heading" and len(blocks) > 1
    if is_section:
        before, marker = "", None
    end = _lines(source, blocks)[1]
    end -= text[end - 1 : end] == "\r"
    added = ""
    for words in change.paragraphs:
        form = words if source.media_type == "text/plain" else portable.escaped(words)
        if marker and first.kind == "item":
            number = re.match("[0-9]+", marker)
            if number:
                marker = f"{int(number[0]) + 1}{marker[-1]}"
            before = _MARKER.sub(marker, before)
            added += f"{feed}{before}{form}"
        else:
            before = _MARKER.sub(lambda found: " " * len(found[0]), before)
            added += f"{feed}{before.rstrip()}{feed}{before}{form}"
    following = text[end:].split("\n", 2)
    if len(following) > 1 and following[1].strip() and not (marker and first.kind == "item"):
        added += f"{feed}{before.rstrip()}"
    return end, end, added
