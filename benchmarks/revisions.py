"""Generated revisions of a real text with known effects on each character.

An edition is taken apart into lines (its blocks). Revising moves, cuts, joins and rewrites lines;
each character of the new text remembers which character of the old it comes from, or -1. So where
the words of a span went is known without asking any matcher.
"""

from __future__ import annotations

import hashlib
import random
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from annotator.documents import Block, Parsed, ParsedProvision

Range = tuple[int, int]


@dataclass(frozen=True)
class Line:
    """One block: its words, the old offset of each character, a heading's level (else 0)."""

    text: str
    origin: tuple[int, ...]
    level: int = 0

    def part(self, start: int, end: int | None = None) -> Line:
        """Return a part of the line."""
        return replace(self, text=self.text[start:end], origin=self.origin[start:end])

    def and_then(self, other: Line) -> Line:
        """Return this line with another one appended."""
        return replace(self, text=self.text + other.text, origin=self.origin + other.origin)


@dataclass(frozen=True)
class Revision:
    """The new edition, the old offset of each of its characters, and the pairs of provisions."""

    new: Parsed
    origin: tuple[int, ...]
    pairs: list[tuple[int, int]]


Edit = Callable[[list[Line], random.Random], list[Line]]


def lines_of(parsed: Parsed) -> list[Line]:
    """Take an edition apart."""
    return [
        Line(
            parsed.text[block.start : block.end],
            tuple(range(block.start, block.end)),
            (parsed.provisions[block.provision].level or 0) if block.kind == "heading" else 0,
        )
        for block in parsed.blocks
    ]


def edition(lines: Sequence[Line]) -> Parsed:
    """Put lines together: each is a paragraph or, with a level, the heading of a section."""
    blocks: list[Block] = []
    drafts: list[list[int | None]] = []
    open_: list[int] = []
    at = 0
    for ordinal, line in enumerate(lines):
        while line.level and open_ and (lines[open_[-1]].level >= line.level):
            open_.pop()
        end = at + len(line.text)
        for section in open_:
            drafts[section][1] = end
        drafts.append([at, end, open_[-1] if open_ else None])
        blocks.append(Block("heading" if line.level else "paragraph", at, end, ordinal))
        if line.level:
            open_.append(ordinal)
        at = end + 1
    text = "\n".join(line.text for line in lines)
    return Parsed(None, {}, text, tuple(blocks), _provisions(lines, drafts, text))


def _provisions(
    lines: Sequence[Line], drafts: list[list[int | None]], text: str
) -> tuple[ParsedProvision, ...]:
    made: list[ParsedProvision] = []
    for ordinal, (line, (start, end, parent)) in enumerate(zip(lines, drafts, strict=True)):
        assert start is not None
        assert end is not None
        digest = hashlib.sha256(text[start:end].encode()).hexdigest()
        section = bool(line.level)
        made.append(ParsedProvision(
            "section" if section else "paragraph", start, end, parent, parent,
            None if section else ordinal, "" if section else str(ordinal),
            line.level if section else None, f"s{ordinal}" if section else None, digest,
        ))  # fmt: skip
    return tuple(made)


def revise(old: Parsed, lines: Sequence[Line], edit: Edit, seed: int) -> Revision:
    """Make a revision of an edition that `edition` put together and `lines_of` took apart."""
    revised = edit(list(lines), random.Random(seed))
    new = edition(revised)
    origin: list[int] = []
    for line in revised:
        origin += [*line.origin, -1]
    return Revision(new, tuple(origin[:-1]), _pairs(old, revised))


def _pairs(old: Parsed, lines: list[Line]) -> list[tuple[int, int]]:
    """Pair lines that share a third of either one's characters, as a good alignment would."""
    starts = [block.start for block in old.blocks]
    pairs: list[tuple[int, int]] = []
    for ordinal, line in enumerate(lines):
        for index, share in _shares(line, starts).items():
            whole = old.blocks[index].end - old.blocks[index].start
            if line.level or share * 3 >= min(whole, len(line.text)):
                pairs.append((old.blocks[index].provision, ordinal))
    return pairs


def _shares(line: Line, starts: list[int]) -> dict[int, int]:
    """Count the line's characters by the old block they come from."""
    known = sorted(at for at in line.origin if at >= 0)
    shares: dict[int, int] = {}
    while known:
        index = bisect_right(starts, known[-1]) - 1
        first = bisect_left(known, starts[index])
        shares[index] = len(known) - first
        del known[first:]
    return shares


def delete(passage: Range, *, join: bool) -> Edit:
    """Delete a range of the text; the rests of its first and last line are joined or not."""

    def edit(lines: list[Line], rng: random.Random) -> list[Line]:
        start, end = passage
        kept: list[Line] = []
        for line in lines:
            first, last = line.origin[0], line.origin[-1] + 1
            if last <= start or first >= end:
                kept.append(line)
                continue
            left = line.part(0, max(0, start - first))
            right = line.part(min(len(line.text), end - first))
            if first < start and last > end:
                kept.append(left.and_then(right))
            elif first < start:
                kept.append(left)
            elif right.text and join and kept and kept[-1].origin[0] < start:
                kept[-1] = kept[-1].and_then(right)
            elif right.text:
                kept.append(right)
        return [line for line in kept if line.text]

    return edit


def shuffle_sections(lines: list[Line], rng: random.Random) -> list[Line]:
    """Put the parts that a heading begins into another order, levels as they are."""
    parts: list[list[Line]] = [[]]
    for line in lines:
        if line.level and parts[-1]:
            parts.append([])
        parts[-1].append(line)
    rng.shuffle(parts)
    return [line for part in parts for line in part]


def duplicate_paragraphs(lines: list[Line], rng: random.Random) -> list[Line]:
    """Repeat every tenth paragraph somewhere else; the copy has no origin."""
    copies = [
        replace(line, origin=(-1,) * len(line.text))
        for line in lines if not line.level and rng.random() < 0.1
    ]  # fmt: skip
    made = list(lines)
    for copy in copies:
        made.insert(rng.randint(1, len(made)), copy)
    return made


def rename_headings(lines: list[Line], rng: random.Random) -> list[Line]:
    """Replace the words of every heading; only their first character has an origin."""
    made: list[Line] = []
    for line in lines:
        title = f"Zxqv {rng.randrange(10**6)}"
        origin = (line.origin[0],) + (-1,) * (len(title) - 1)
        made.append(replace(line, text=title, origin=origin) if line.level else line)
    return made


def split_paragraphs(lines: list[Line], rng: random.Random) -> list[Line]:
    """Split every paragraph at the space nearest to its middle."""
    made: list[Line] = []
    for line in lines:
        spaces = [at for at, character in enumerate(line.text) if character == " "]
        if line.level or len(spaces) < 6:
            made.append(line)
            continue
        cut = min(spaces, key=lambda at: abs(at - len(line.text) // 2))
        made += [line.part(0, cut), line.part(cut + 1)]
    return made


def merge_paragraphs(lines: list[Line], rng: random.Random) -> list[Line]:
    """Join paragraphs that follow each other two by two."""
    made: list[Line] = []
    for heading, group in groupby(lines, key=lambda line: bool(line.level)):
        rest = list(group)
        while rest:
            line = rest.pop(0)
            if not heading and rest:
                line = line.and_then(Line(" ", (-1,))).and_then(rest.pop(0))
            made.append(line)
    return made


def edit_words(share: float) -> Edit:
    """Replace, drop and add words at random, each with a third of the given share."""

    def edit(lines: list[Line], rng: random.Random) -> list[Line]:
        return [line if line.level else _edited(line, rng, share) for line in lines]

    return edit


def _edited(line: Line, rng: random.Random, share: float) -> Line:
    made = Line("", ())
    for match in re.finditer(r"\s*\S+", line.text):
        word, chance = line.part(*match.span()), rng.random() / share
        if chance < 1 / 3:
            lead = len(match.group()) - len(match.group().lstrip())
            fresh = _word(rng)
            body = word.origin[lead:]
            origin = tuple(body[min(at, len(body) - 1)] for at in range(len(fresh)))
            word = word.part(0, lead).and_then(Line(fresh, origin))
        elif chance < 2 / 3:
            continue
        elif chance < 1:
            fresh = " " + _word(rng)
            word = word.and_then(Line(fresh, (-1,) * len(fresh)))
        made = made.and_then(word)
    made = replace(made, level=line.level)
    if made.text.startswith(" "):
        made = made.part(1)
    return made if made.text else line


def _word(rng: random.Random) -> str:
    return "".join(rng.choice("bcdfghjklmnpqrstvwz") for _ in range(rng.randrange(2, 9)))
