"""Suggestions made from the real revisions: `python -m benchmarks.suggestions`.

Each stretch of words that a revision changed becomes a suggestion on the edition before, forward
and backward in time; stretches with at most one word between them are one. The texts are read
beside the repository. Columns: suggestions; `patched`: those that the publisher's file takes, all
at once, verified by parsing; `same`: those that the next edition is found to have; then decoys in
the same places (other words of that edition, other suggestions' words, the words and one more),
and how many of them are found to be the same; processor milliseconds for each patch and verdict.

Then 10,000 random suggestions over all editions, in patches of 100. Columns: `patched`: those that
a patch has; of these, those whose patch `git apply` takes, and gives a file that reads as the old
text with the results in place; and the provisions that nobody touched, and that keep their pids.
"""

from __future__ import annotations

import random
import re
import subprocess
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from annotator.documents import Parsed, align_editions, parse
from annotator.documents.parsed import Block
from annotator.relocation.diff import word_diff
from annotator.suggestions.adoption import AdoptionJudge
from annotator.suggestions.changes import ProposedChange, apply, blocks_of, conflicts
from annotator.suggestions.patch import SourceText, patch, unified_diff, written
from benchmarks.essays import CORPUS

EDITIONS = {
    "constitution": ("2026-01-20", "2026-01-29"),
    "model-spec": ("2025-02-12", "2025-04-11", "2025-09-12", "2025-10-27", "2025-12-18",
                   "2025-12-18-rev2"),
}  # fmt: skip
MANY, AT_ONCE = 10_000, 100  # random suggestions, and those of one patch
RANDOM = ("made", "patched", "applied", "exact", "alone", "kept")
WORD = re.compile(r"\S+")
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


def random_changes(parsed: Parsed, many: int, rng: random.Random) -> list[ProposedChange]:
    """Return changes of distinct blocks: words replaced or struck, blocks struck, paragraphs."""
    changes: list[ProposedChange] = []
    words = parsed.text.split()
    for block in rng.sample(parsed.blocks, many):
        kind, said = rng.random(), " ".join(rng.choices(words, k=rng.randint(1, 4)))
        provision = parsed.provisions[block.provision]
        if kind < 0.05:
            changes.append(ProposedChange("insert", provision.start, provision.end, said))
        elif kind < 0.1:
            changes.append(ProposedChange("strike", block.start, block.end))
        else:
            places = [match.span() for match in WORD.finditer(parsed.text, block.start, block.end)]
            first = rng.randrange(len(places))
            last = min(first + rng.choice((0, 0, 1, 3)), len(places) - 1)
            start, end = places[first][0], places[last][1]
            strikes = kind < 0.3
            changes.append(ProposedChange("strike" if strikes else "replace", start, end,
                                          "" if strikes else said))  # fmt: skip
    return changes


def exactness(path: Path, many: int, rng: random.Random) -> list[int]:
    """Return the columns of one edition."""
    data = path.read_bytes()
    old = parse(data, name=path.name)
    source = SourceText(path.name, old.media_type, data, old.origins, old)
    columns = [0] * 6
    for begin in range(0, many, AT_ONCE):
        changes = random_changes(old, min(AT_ONCE, many - begin), rng)
        patched = patch(source, changes)
        taken = [changes[index] for index in patched.edits]
        diff = unified_diff(source, written(source, patched.edits.values()))
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / path.name).write_bytes(data)
            (Path(folder) / "patch").write_text(diff, "utf-8", newline="")
            git = ["git", "apply", "--whitespace=nowarn"]
            applies = not subprocess.run([*git, "--check", "patch"], cwd=folder).returncode
            subprocess.run([*git, "patch"], cwd=folder)
            after = parse((Path(folder) / path.name).read_bytes(), name=path.name)
        exact = after.text == "\n".join(words for _, words in apply(old, taken))
        touched = {old.blocks[index].provision for change in taken
                   for index in blocks_of(old, change)}  # fmt: skip
        new = {row.old: row.new for row in align_editions(old, after) if row.old is not None}
        starts = [old.provisions[at].start for at in touched]
        alone = [at for at, one in enumerate(old.provisions)
                 if not any(one.start <= start < one.end for start in starts)]  # fmt: skip
        kept = [at for at in alone if (number := new.get(at)) is not None
                and _words(old, at) == _words(after, number)]  # fmt: skip
        found = (len(changes), len(taken), len(taken) * applies, len(taken) * exact, len(alone),
                 len(kept))  # fmt: skip
        columns = [sum(pair) for pair in zip(columns, found, strict=True)]
    return columns


def _words(parsed: Parsed, at: int) -> str:
    return parsed.text[parsed.provisions[at].start : parsed.provisions[at].end]


def print_exactness(rng: random.Random) -> None:
    """Print the second table."""
    editions = [CORPUS / document / f"{label}.md" for document, labels in EDITIONS.items()
                for label in labels]  # fmt: skip
    print(f"\n{'':<36}" + "".join(f"{name:>9}" for name in RANDOM))
    rows = []
    for path in editions:
        rows.append(exactness(path, MANY // len(editions), rng))
        print(f"{path.parent.name} {path.stem}".ljust(36), *(f"{each:>8}" for each in rows[-1]))
    totals = [sum(column) for column in zip(*rows, strict=True)]
    print("all".ljust(36), *(f"{each:>8}" for each in totals))
    made, taken, *exact, alone, kept = totals
    print(f"patched {taken / made:.1%}; of these applied and exact {min(exact) / taken:.2%}; "
          f"untouched provisions with their pids {kept / alone:.2%}")  # fmt: skip


def print_conflicts(rng: random.Random) -> None:
    """Print how long the conflicts of 500 suggestions in one section take."""
    for name, width in (("of the same words", 1), ("in one section", 5000)):
        starts = enumerate(rng.choices(range(width), k=500))
        changes = [ProposedChange("replace", at, at + 20, f"word {each}") for each, at in starts]
        began = time.process_time()
        pairs = sum(map(len, conflicts(changes))) // 2
        took = 1000 * (time.process_time() - began)
        print(f"500 suggestions {name}: {pairs:,} conflicts in {took:.0f} ms")


def main() -> None:
    """Print the tables."""
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
    print_exactness(rng)
    print_conflicts(rng)


def _print(name: str, row: list[float]) -> None:
    counts = "".join(f"{value:>{width}.0f}" for value, width in zip(row, WIDTHS, strict=False))
    print(f"{name:<36}{counts}{row[5]:>8.1f}{row[6]:>8.1f}")


if __name__ == "__main__":
    main()
