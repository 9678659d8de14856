"""Changes that suggestions propose: their results, and the relation of two of them.

Offsets are code points of an edition's canonical text, end exclusive.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Literal

from annotator.documents.folding import fold_words
from annotator.documents.parsed import Block, BlockKind, Parsed
from annotator.relocation.diff import same_wording

Act = Literal["replace", "insert", "strike"]
Relation = Literal["same", "conflict", "compatible"]


@dataclass(frozen=True, slots=True)
class ProposedChange:
    """A proposed change of `text[start:end]`.

    `replace` puts `wording` in its place and `strike` removes it; `insert` adds paragraphs, one a
    line, after the provision that the range is.
    """

    act: Act
    start: int
    end: int
    wording: str = ""

    @property
    def paragraphs(self) -> list[str]:
        """The paragraphs that an `insert` adds."""
        return [words for line in self.wording.split("\n") if (words := collapse(line))]


def collapse(words: str) -> str:
    """Return words as a block of canonical text has them: NFC, white space as single spaces."""
    return " ".join(unicodedata.normalize("NFC", words).split())


def narrowest(
    start: int, old: str, new: str, fold: Callable[[str], str] = str.strip
) -> ProposedChange:
    """Return the smallest change of whole words from `old`, at offset `start`, to `new`.

    Words that are only added come with one before or after them, so that the range is not empty
    unless nothing changes. Words that `fold` makes equal are the same.
    """
    before, after = re.findall(r"\S+\s*", old), re.findall(r"\S+\s*", new)
    pairs = [list(map(fold, words)) for words in (before, after)]
    shortest = min(len(before), len(after))
    head = next((at for at in range(shortest) if pairs[0][at] != pairs[1][at]), shortest)
    tail = 0
    while tail < shortest - head and pairs[0][-1 - tail] == pairs[1][-1 - tail]:
        tail += 1
    if len(before) == len(after) == head:
        return ProposedChange("replace", start, start)
    if head + tail == len(before):  # only added
        head, tail = (head - 1, tail) if head else (head, tail - 1)
    first = sum(map(len, before[:head]))
    last = first + len("".join(before[head : len(before) - tail]).rstrip())
    wording = "".join(after[head : len(after) - tail]).strip()
    return ProposedChange("replace" if wording else "strike", start + first, start + last, wording)


def narrowed(parsed: Parsed, change: ProposedChange) -> ProposedChange:
    """Return the words that a change touches, without those that it names and leaves.

    The wording is without typography, unless the change is one of typography.
    """
    if change.act == "insert":
        wording = "\n".join(map(_fold, change.paragraphs))
        return ProposedChange("insert", change.end, change.end, wording)
    old, new = parsed.text[change.start : change.end], collapse(change.wording)
    if same_wording(old, new):
        return narrowest(change.start, old, new)
    found = narrowest(change.start, old, new, _fold)
    return replace(found, wording=_fold(found.wording))


def _fold(words: str) -> str:
    return fold_words(words, "plain").strip()


def blocks_of(parsed: Parsed, change: ProposedChange) -> range:
    """Return the indexes of the blocks that a change's range touches, at least one."""
    return parsed.block_range(change.start, change.end)


def replaced(parsed: Parsed, block: Block, changes: Iterable[ProposedChange]) -> str:
    """Return a block's words after changes within it at disjoint places; "" if none are left."""
    pieces: list[str] = []
    at = block.start
    for change in sorted(changes, key=attrgetter("start", "end")):
        pieces.append(parsed.text[at : max(change.start, at)])
        pieces += [change.wording] * (change.start >= block.start)  # in the first of several blocks
        at = min(change.end, block.end)
    words = "".join((*pieces, parsed.text[at : block.end]))
    return words if block.kind == "code" and words.strip() else collapse(words)


def apply(parsed: Parsed, changes: Sequence[ProposedChange]) -> list[tuple[BlockKind | None, str]]:
    """Return the kind and the words of each block after changes that are compatible in pairs.

    The kind of an inserted block is None.
    """
    inserted: dict[int, list[str]] = defaultdict(list)
    within: dict[int, list[ProposedChange]] = defaultdict(list)
    for change in changes:
        blocks = blocks_of(parsed, change)
        if change.act == "insert":
            inserted[blocks[-1]] += change.paragraphs
        else:
            for index in blocks:
                within[index].append(change)
    result: list[tuple[BlockKind | None, str]] = []
    for index, block in enumerate(parsed.blocks):
        words = parsed.text[block.start : block.end]
        if index in within:
            words = replaced(parsed, block, within[index])
        result += [(block.kind, words)] if words else []
        result += ((None, words) for words in inserted.get(index, ()))
    return result


def relation(one: ProposedChange, other: ProposedChange) -> Relation:
    """Return how two `narrowed` changes of an edition relate.

    They are the `same` if they are equal, a `conflict` if they touch the same words or add at the
    same place, else `compatible`.
    """
    if one.wording == other.wording and one == other:
        return "same"
    if one.act == other.act == "insert":
        return "conflict" if one.end == other.end else "compatible"
    apart = one.end <= other.start or other.end <= one.start
    return "compatible" if apart else "conflict"


def conflicts(changes: Sequence[ProposedChange]) -> list[set[int]]:
    """Return, for each of `narrowed` changes, the indexes of those that conflict with it."""
    against: list[set[int]] = [set() for _ in changes]
    order = sorted(range(len(changes)), key=lambda index: changes[index].start)
    for position, one in enumerate(order, 1):
        for other in order[position:]:
            if changes[other].start > changes[one].end:
                break
            if relation(changes[one], changes[other]) == "conflict":
                against[one].add(other)
                against[other].add(one)
    return against
