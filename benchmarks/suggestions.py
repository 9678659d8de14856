"""Suggestions made from the real revisions: `python -m benchmarks.suggestions`.

Each stretch of words that a revision changed becomes a suggestion on the edition before, forward
and backward in time; stretches with at most one word between them are one. The texts are read
beside the repository. Columns: suggestions; `patched`: those that the publisher's file takes, all
at once, verified by parsing; `same`: those that the next edition is found to have; then decoys in
the same places (other words of that edition, other suggestions' words, the words and one more),
and how many of them are found to be the same; processor milliseconds for each patch and verdict.
"""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from annotator.documents import Parsed, align_editions, parse
from annotator.documents.parsed import Block
from annotator.relocation.diff import word_diff
from annotator.suggestions.adoption import AdoptionJudge
from annotator.suggestions.changes import ProposedChange
from annotator.suggestions.patch import SourceText, patch
from benchmarks.essays import CORPUS

EDITIONS = {
    "constitution": ("2026-01-20", "2026-01-29"),
    "model-spec": ("2025-02-12", "2025-04-11", "2025-09-12", "2025-10-27", "2025-12-18",
                   "2025-12-18-rev2"),
}  # fmt: skip
WIDTHS = (6, 9, 6, 8, 7)  # of the columns with counts


def real_changes(old: Parsed, new: Parsed, pairs: list[tuple[int, int]]) -> list[ProposedChange]:
    """Return what changed within the blocks of provisions that correspond one to one."""
    olds, news = Counter(pair[0] for pair in pairs), Counter(pair[1] for pair in pairs)
    blocks = [_by_provision(parsed) for parsed in (old, new)]
    changes: list[ProposedChange] = []
    for before, after in pairs:
        sides = blocks[0][before], blocks[1][after]
        if olds[before] == news[after] == 1 and len(sides[0]) == len(sides[1]):
            for one, other in zip(*sides, strict=True):
                changes += _changes(old.text[one.start : one.end], one.start,
                                    new.text[other.start : other.end])  # fmt: skip
    return changes


def _by_provision(parsed: Parsed) -> dict[int, list[Block]]:
    blocks: dict[int, list[Block]] = defaultdict(list)
    for block in parsed.blocks:
        blocks[block.provision].append(block)
    return blocks


def _changes(old: str, at: int, new: str) -> Iterator[ProposedChange]:
    pieces = word_diff(old, new)
    start, added = at, ""
    for number, piece in enumerate(pieces):
        inner = 0 < number < len(pieces) - 1 and len(piece.text.split()) <= 1
        if piece.change == "same" and not inner:
            if start < at or added:
                yield ProposedChange("replace" if added.strip() else "strike", start, at, added)
            at += len(piece.text)
            start, added = at, ""
            continue
        at += len(piece.text) if piece.change != "added" else 0
        added += piece.text if piece.change != "struck" else ""
    if start < at or added:
        yield ProposedChange("replace" if added.strip() else "strike", start, at, added)


def decoys(
    changes: list[ProposedChange], new: Parsed, rng: random.Random
) -> Iterator[ProposedChange]:
    """Yield other wordings for the places of changes."""
    words = new.text.split()
    said = [each.wording for each in changes if each.wording.strip()] or words
    for change in changes:
        for other in (rng.choice(words), rng.choice(said), " ".join(rng.choices(words, k=2)),
                      f"{change.wording.strip()} {rng.choice(words)}"):  # fmt: skip
            if other.split() != change.wording.split():
                yield ProposedChange("replace", change.start, change.end, other)


def measure(before: Path, after: Path, rng: random.Random) -> list[float]:
    """Return the columns of one revision."""
    data = before.read_bytes()
    old, new = (parse(path.read_bytes(), name=path.name) for path in (before, after))
    pairs = [(row.old, row.new) for row in align_editions(old, new)
             if row.old is not None and row.new is not None]  # fmt: skip
    changes = real_changes(old, new, pairs)
    began = time.process_time()
    patched = patch(SourceText(before.name, old.media_type, data, old.origins, old), changes)
    between = time.process_time()
    judge = AdoptionJudge(old, new, pairs)
    same = sum(judge.judge(change).verdict == "same" for change in changes)
    ended = time.process_time()
    others = list(decoys(changes, new, rng))
    false = sum(judge.judge(change).verdict == "same" for change in others)
    times = [
        1000 * seconds / max(len(changes), 1) for seconds in (between - began, ended - between)
    ]
    return [len(changes), len(patched.edits), same, len(others), false, *times]


def main() -> None:
    """Print the table."""
    rng = random.Random(1)
    print(
        f"{'':<36}{'made':>6}{'patched':>9}{'same':>6}{'decoys':>8}{'false':>7}{'patch':>8}{'judge':>8}"
    )
    rows = []
    for document, labels in EDITIONS.items():
        for pair in pairwise(CORPUS / document / f"{label}.md" for label in labels):
            for before, after in (pair, pair[::-1]):
                row = measure(before, after, rng)
                rows.append(row)
                _print(f"{document} {before.stem} {after.stem}", row)
    totals = [sum(column) for column in zip(*rows, strict=True)]
    _print("all", [*totals[:5], *(total / len(rows) for total in totals[5:])])


def _print(name: str, row: list[float]) -> None:
    counts = "".join(f"{value:>{width}.0f}" for value, width in zip(row, WIDTHS, strict=False))
    print(f"{name:<36}{counts}{row[5]:>8.1f}{row[6]:>8.1f}")


if __name__ == "__main__":
    main()
