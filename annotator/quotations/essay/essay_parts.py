"""What an essay says of each passage that it quotes: its paragraphs, shared among its quotations.

An essayist quotes, then argues. So a part begins with what is quoted (a paragraph that quotes, or a
quotation that is set off, with the paragraph that leads up to it) and goes on to the next
quotation, or to the next heading. What stands before the first quotation of a section belongs to
none. An editor can move the beginnings of parts, join them, and leave parts out; nothing is stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from annotator.quotations.budget import Budget
from annotator.quotations.essay.essay_reader import read
from annotator.quotations.essay.prose import Prose, ProseBlock
from annotator.quotations.quotation import Kind, Quotation

LONGEST_HEADING = 70  # code points, of a heading in plain text


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph: `text`, without markup, and `[start, end)` of the source, whole lines of it.

    `quoted` are the ordinals of the quotations in it; of one that is `set_off` and all the
    document's, nothing needs to be said again beside the document.
    """

    text: str
    start: int
    end: int
    heading: bool
    set_off: bool
    quoted: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EssayPart:
    """The paragraphs `[first, after)` of an essay, which argue about what they quote."""

    first: int
    after: int

    def quoted(self, paragraphs: Sequence[Paragraph]) -> tuple[int, ...]:
        """Return the ordinals of the part's quotations, in the essay's order."""
        found = (at for it in paragraphs[self.first : self.after] for at in it.quoted)
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Divided:
    """An essay's paragraphs and the parts they make; its `title` is its first heading, or empty."""

    title: str
    paragraphs: tuple[Paragraph, ...]
    parts: tuple[EssayPart, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """What an editor wants of a part: leave it out, join it to the one before, shift its beginning.

    `shift` counts paragraphs: 1 begins one later, -1 one earlier.
    """

    leave_out: bool = False
    join: bool = False
    shift: int = 0


def divide(
    essay: str, kind: Kind, quotations: Sequence[Quotation], budget: Budget | None = None
) -> Divided:
    """Share out an essay's paragraphs among its quotations of the document.

    Only those count that have a match, or candidates for one. Raises Unacceptable where the
    `budget` is used up.
    """
    budget = budget or Budget()
    prose = read(essay, kind, budget)
    paragraphs = tuple(_paragraphs(essay, kind, prose, quotations, budget))
    title = next((it.text for it in paragraphs if it.heading), "")
    return Divided(title, paragraphs, tuple(_parts(paragraphs)))


def _paragraphs(
    essay: str, kind: Kind, prose: Prose, quotations: Sequence[Quotation], budget: Budget
) -> Iterator[Paragraph]:
    counted = [(at, it) for at, it in enumerate(quotations) if it.matches or it.candidates]
    behind = 0
    for block in prose.blocks:
        budget.check()
        start, end = prose.source(block.start, block.end)
        quoted = tuple(at for at, it in counted if it.start < end and start < it.end)
        if kind != "html":
            start, end = _lines(essay, start, end)
        if start < behind:  # a cell of a row that is here already
            continue
        behind = end
        yield Paragraph(
            " ".join(prose.text[block.start : block.end].split()), start, end,
            block.kind == "heading" or (kind == "text" and _is_title(prose, block, quoted)),
            _is_set_off(prose, block, counted, quoted), quoted,
        )  # fmt: skip


def _is_set_off(
    prose: Prose,
    block: ProseBlock,
    counted: Sequence[tuple[int, Quotation]],
    quoted: tuple[int, ...],
) -> bool:
    """Return whether nothing but the document's words stands in a block."""
    start, end = prose.source(block.start, block.end)
    length = sum(
        min(it.end, end) - max(it.start, start) for at, it in counted if at in quoted and it.matches
    )
    return bool(quoted) and length >= 0.8 * (end - start)


def _is_title(prose: Prose, block: ProseBlock, quoted: tuple[int, ...]) -> bool:
    """Tell a heading of plain text: a short line that ends no sentence and quotes nothing."""
    words = prose.text[block.start : block.end].strip()
    return not quoted and len(words) <= LONGEST_HEADING and words[-1:].isalnum()


def _lines(essay: str, start: int, end: int) -> tuple[int, int]:
    """Widen a range to whole lines, so that marks at their beginnings and ends are in it."""
    after = essay.find("\n", end - 1)
    return essay.rfind("\n", 0, start) + 1, len(essay) if after < 0 else after


def _parts(paragraphs: Sequence[Paragraph]) -> Iterator[EssayPart]:
    first: int | None = None
    argued = False
    for at, it in enumerate(paragraphs):
        begins = bool(it.quoted) and (first is None or argued)
        if first is not None and (it.heading or begins):
            after = at - 1 if begins and _leads_up(paragraphs, at, first) else at
            yield EssayPart(first, after)
            first = None
        if it.heading:
            argued = False
            continue
        if it.quoted and first is None:
            first = at - 1 if _leads_up(paragraphs, at, -1) else at
        argued = first is not None and not it.set_off
    if first is not None:
        yield EssayPart(first, len(paragraphs))


def _leads_up(paragraphs: Sequence[Paragraph], at: int, first: int) -> bool:
    """Return whether a quotation that is set off has a paragraph before it that announces it."""
    if not paragraphs[at].set_off or at - 1 <= first:
        return False
    before = paragraphs[at - 1]
    return before.text.endswith((":", "：")) and not before.heading and not before.quoted


def arrange(divided: Divided, choices: Mapping[int, Choice]) -> list[EssayPart]:
    """Return the parts as an editor wants them; those that are left out are not among them.

    A shift that would take a part beyond its neighbours, or leave it nothing, goes as far as it
    can.
    """
    parts = list(divided.parts)
    for at, choice in sorted(choices.items()):
        if choice.shift and 0 <= at < len(parts):
            _shift(parts, at, choice.shift)
    return list(_joined(parts, choices))


def _shift(parts: list[EssayPart], at: int, shift: int) -> None:
    part = parts[at]
    least = parts[at - 1].first + 1 if at else 0
    first = min(max(part.first + shift, least), part.after - 1)
    if at and (parts[at - 1].after > first or parts[at - 1].after == part.first):
        parts[at - 1] = replace(parts[at - 1], after=first)
    parts[at] = replace(part, first=first)


def _joined(parts: Sequence[EssayPart], choices: Mapping[int, Choice]) -> Iterator[EssayPart]:
    last: EssayPart | None = None
    for at, part in enumerate(parts):
        choice = choices.get(at, Choice())
        if choice.leave_out:
            continue
        if choice.join and last is not None:
            last = EssayPart(last.first, part.after)
            continue
        if last is not None:
            yield last
        last = part
    if last is not None:
        yield last
