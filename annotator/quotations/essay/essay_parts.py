"""Divide an essay into parts: each quotation of the document with the paragraphs about it.

An essayist quotes, then argues. So a part begins with a quotation (a paragraph that quotes, or a
block quotation with the paragraph before it) and ends before the next quotation or heading. The
text before the first quotation of a section is in no part. A layout has a letter for each
paragraph, and the author can change it; nothing is stored.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from annotator.quotations.essay.essay_reader import Prose, ProseBlock, Unit, read
from annotator.quotations.quotation import Budget, Kind, Quotation

MAX_HEADING = 70  # code points, of a heading in plain text
BEGINS, GOES_ON, LEFT_OUT = "b", "g", "-"
NOTE_MARK = re.compile(r"\[\^([^\s\[\]]{1,200})\]")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, list item or table: its words, and `[start, end)` of the source.

    `quoted` are the ordinals of the quotations in it and in the footnotes that it cites. A
    `set_off` paragraph contains only the document's words.
    """

    text: str
    start: int
    end: int
    heading: bool
    set_off: bool
    quoted: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EssayPart:
    """Paragraphs of an essay, by number, that discuss what they quote."""

    paragraphs: tuple[int, ...]

    def quoted(self, paragraphs: Sequence[Paragraph]) -> tuple[int, ...]:
        """Return the ordinals of the part's quotations, in the essay's order."""
        ordinals = (at for number in self.paragraphs for at in paragraphs[number].quoted)
        return tuple(dict.fromkeys(ordinals))


@dataclass(frozen=True, slots=True)
class Divided:
    """An essay's paragraphs, and the layout of the parts suggested for them.

    `title` is the essay's first heading, or its own title, or empty. `links` and `notes` have the
    Markdown that defines the labels of its links and footnotes.
    """

    title: str
    paragraphs: tuple[Paragraph, ...]
    layout: str
    links: Mapping[str, str]
    notes: Mapping[str, str]

    def parts(self, layout: str | None = None) -> list[EssayPart]:
        """Return the parts of a layout, or of the essay's own layout if it does not fit."""
        if layout is None or not is_layout(layout, len(self.paragraphs)):
            layout = self.layout
        parts: list[list[int]] = []
        for number, letter in enumerate(layout):
            if letter == BEGINS or (letter == GOES_ON and not parts):
                parts.append([number])
            elif letter == GOES_ON:
                parts[-1].append(number)
        return [EssayPart(tuple(part)) for part in parts]


def is_layout(layout: str, paragraphs: int) -> bool:
    """Return whether a string is a layout for this number of paragraphs."""
    return len(layout) == paragraphs and {*layout} <= {BEGINS, GOES_ON, LEFT_OUT}


def divide(
    essay: str, kind: Kind, quotations: Sequence[Quotation], budget: Budget | None = None
) -> Divided:
    """Assign an essay's paragraphs to its quotations of the document.

    Only quotations with a match or with candidates count. Raises Unacceptable when the `budget` is
    used up.
    """
    budget = budget or Budget()
    prose = read(essay, kind, budget)
    counted = [(at, each) for at, each in enumerate(quotations) if each.matches or each.candidates]
    units: list[tuple[Unit, Paragraph]] = []
    for number, run in groupby(prose.blocks, key=lambda block: block.unit):
        budget.check()
        unit = prose.units[number]
        units.append((unit, _paragraph(kind, prose, unit, list(run), counted)))
    cited = {unit.defines: paragraph.quoted for unit, paragraph in units if unit.defines}
    paragraphs = tuple(_with_notes(essay, each, cited) for unit, each in units if not unit.defines)
    title = next((paragraph.text for paragraph in paragraphs if paragraph.heading), prose.title)
    notes = {unit.defines: essay[unit.start : unit.end] for unit, _ in units if unit.defines}
    layout = [LEFT_OUT] * len(paragraphs)
    for first, after in _parts(paragraphs):
        layout[first:after] = [BEGINS, *GOES_ON * (after - first - 1)]
    return Divided(title, paragraphs, "".join(layout), prose.links, notes)


def _paragraph(
    kind: Kind,
    prose: Prose,
    unit: Unit,
    blocks: Sequence[ProseBlock],
    counted: Sequence[tuple[int, Quotation]],
) -> Paragraph:
    low = bisect_left(counted, unit.start, key=lambda pair: pair[1].end)
    quoted = []
    for at, quotation in counted[low:]:
        if quotation.start >= unit.end:
            break
        quoted.append((at, quotation))
    ordinals = tuple(at for at, _ in quoted)
    heading = len(blocks) == 1 and (
        blocks[0].kind == "heading" or (kind == "text" and _is_title(prose, blocks[0], ordinals))
    )
    words = " ".join(" ".join(prose.text[block.start : block.end].split()) for block in blocks)
    return Paragraph(
        words, unit.start, unit.end, heading, _is_set_off(prose, blocks, quoted), ordinals
    )


def _with_notes(
    essay: str, paragraph: Paragraph, cited: Mapping[str, tuple[int, ...]]
) -> Paragraph:
    """Return the paragraph with the quotations of the footnotes that it cites."""
    if not cited:
        return paragraph
    labels = [
        label
        for label in NOTE_MARK.findall(essay, paragraph.start, paragraph.end)
        if f"[^{label}]" not in paragraph.text
    ]  # in code it is not a mark
    more = (at for label in labels for at in cited.get(label.casefold(), cited.get(label, ())))
    return replace(paragraph, quoted=tuple(dict.fromkeys((*paragraph.quoted, *more))))


def _is_set_off(
    prose: Prose, blocks: Sequence[ProseBlock], quoted: Sequence[tuple[int, Quotation]]
) -> bool:
    """Return whether the blocks contain only the document's words, and no word of the author's."""
    place = blocks[0].start
    for _, quotation in quoted:
        low, high = (bisect_left(prose.starts, at) for at in (quotation.start, quotation.end))
        interrupted = _letters(prose.text[low:high]) > _letters(quotation.words)
        if not quotation.matches or interrupted or _letters(prose.text[place:low]):
            return False
        place = high
    return bool(quoted) and not _letters(prose.text[place : blocks[-1].end])


def _letters(text: str) -> int:
    return sum(map(str.isalnum, text))


def _is_title(prose: Prose, block: ProseBlock, quoted: tuple[int, ...]) -> bool:
    """Return whether a line of plain text is a heading: short, no sentence, and quoting nothing.

    The first line of an essay may ask or exclaim.
    """
    words = prose.text[block.start : block.end].strip()
    if "\n" in words or not (words[:1].isupper() or words[:1].isdigit()):
        return False
    ends = words[-1:].isalnum() or (block is prose.blocks[0] and words[-1:] in "?!)”")
    return not quoted and len(words) <= MAX_HEADING and ends


def _parts(paragraphs: Sequence[Paragraph]) -> Iterator[tuple[int, int]]:
    first: int | None = None
    argued = False
    for at, paragraph in enumerate(paragraphs):
        begins = bool(paragraph.quoted) and (first is None or argued)
        if first is not None and (paragraph.heading or begins):
            after = at - 1 if begins and _leads_up(paragraphs, at, first) else at
            yield first, after
            first = None
        if paragraph.heading:
            argued = False
            continue
        if paragraph.quoted and first is None:
            first = at - 1 if _leads_up(paragraphs, at, -1) else at
        argued = first is not None and not paragraph.set_off
    if first is not None:
        yield first, len(paragraphs)


def _leads_up(paragraphs: Sequence[Paragraph], at: int, first: int) -> bool:
    """Return whether the paragraph before a block quotation announces it."""
    if not paragraphs[at].set_off or at - 1 <= first:
        return False
    before = paragraphs[at - 1]
    return before.text.endswith((":", "：")) and not before.heading and not before.quoted


def dropped(layout: str, at: int) -> str:
    """Return a layout without the part that begins with the paragraph `at`."""
    return _with(layout, dict.fromkeys(range(at, _part_end(layout, at)), LEFT_OUT))


def joined(layout: str, at: int) -> str:
    """Return a layout in which the paragraph `at` is merged with the part before, if any."""
    return _with(layout, {at: GOES_ON if BEGINS in layout[:at] else BEGINS})


def split(layout: str, at: int) -> str:
    """Return a layout in which a part begins with the paragraph `at`."""
    return _with(layout, {at: BEGINS})


def skipped(layout: str, at: int) -> str:
    """Return a layout without the paragraph `at`; its part begins with the next one."""
    after = {at + 1: BEGINS} if layout[at : at + 2] == BEGINS + GOES_ON else {}
    return _with(layout, {at: LEFT_OUT, **after})


def shifted(layout: str, at: int, shift: int) -> str:
    """Return a layout in which the part that begins at `at` begins `shift` paragraphs later.

    A negative `shift` moves it earlier. Both this part and the one before keep a paragraph.
    Paragraphs that the part leaves go to the part before, if there is one.
    """
    least = layout.rfind(BEGINS, 0, at) + 1
    first = min(max(at + shift, least), _part_end(layout, at) - 1)
    before = GOES_ON if BEGINS in layout[:at] else LEFT_OUT
    moved = dict.fromkeys(range(at, first), before)
    moved.update(dict.fromkeys(range(first + 1, at + 1), GOES_ON))
    return _with(layout, moved | {first: BEGINS})


def _part_end(layout: str, at: int) -> int:
    return next((i for i in range(at + 1, len(layout)) if layout[i] != GOES_ON), len(layout))


def _with(layout: str, letters: Mapping[int, str]) -> str:
    return "".join(letters.get(at, letter) for at, letter in enumerate(layout))
