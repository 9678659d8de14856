"""How well spans are moved from one edition into another: `python -m benchmarks.relocation`.

Made-up revisions of a real text, whose effect is known character by character; deleted passages,
which are gone with what stood around them, so that any place is a wrong one; and real revisions,
judged by the text around each span. Beside them, as a baseline, a plain search for the words, and a
fuzzy search that takes the best place there is. The real texts are read from ../shared/corpus; with
`-v` every case that is not fine is printed. Counts are spans, times milliseconds of processor time.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from rapidfuzz.fuzz import partial_ratio_alignment

from annotator.documents import Parsed, parse
from annotator.documents.align.alignment import align_editions
from annotator.relocation.relocate import Relocated, Relocator
from benchmarks import revisions
from benchmarks.judging import Judge, fenced, known
from benchmarks.revisions import Range

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
CONSTITUTION = tuple(f"constitution/{label}.md" for label in ("2026-01-20", "2026-01-29"))
MODEL_SPEC = tuple(
    f"model-spec/{label}.md"
    for label in ("2025-02-12", "2025-04-11", "2025-09-12", "2025-10-27", "2025-12-18",
                  "2025-12-18-rev2")
)  # fmt: skip
EDITS: dict[str, revisions.Edit] = {
    "the same edition": lambda lines, rng: lines,
    "sections shuffled": revisions.shuffle_sections,
    "paragraphs duplicated": revisions.duplicate_paragraphs,
    "headings renamed": revisions.rename_headings,
    "every paragraph split in two": revisions.split_paragraphs,
    "paragraphs joined two by two": revisions.merge_paragraphs,
    "3 % of the words edited": revisions.edit_words(0.03),
    "20 % of the words edited": revisions.edit_words(0.2),
}
# Characters on each side that are deleted with a passage.
AROUND = 250
COLUMNS = ("spans", "exact", "moved", "edited", "lost", "judged", "wrong", "missed", "loose",
           "short", "ms")  # fmt: skip


class Mover(Protocol):
    """What moves spans: the relocator, or a baseline."""

    def span(self, start: int, end: int) -> Relocated:
        """Move a range of the old text."""


class PlainSearch:
    """The baseline: the same words if they are unique in the new text, or lost."""

    def __init__(self, old: str, new: str) -> None:
        self._old, self._new = old, new

    def span(self, start: int, end: int) -> Relocated:
        """Move a range of the old text."""
        at = self._new.find(self._old[start:end])
        if at < 0 or self._new.find(self._old[start:end], at + 1) >= 0:
            return Relocated(None, None, "lost", 0.0, 0)
        return Relocated(at, at + end - start, "exact", 1.0, 0)


class BestFuzzy:
    """The other baseline: the likest place in the new text, always."""

    def __init__(self, old: str, new: str) -> None:
        self._old, self._new = old, new

    def span(self, start: int, end: int) -> Relocated:
        """Move a range of the old text."""
        best = partial_ratio_alignment(self._old[start:end], self._new)
        assert best is not None
        return Relocated(best.dest_start, best.dest_end, "edited", best.score / 100, 0)


def load(name: str) -> Parsed:
    """Read one edition of the corpus."""
    return parse((CORPUS / name).read_bytes(), name=name)


def paired(old: Parsed, new: Parsed) -> list[tuple[int, int]]:
    """Pair provisions as the alignment has them."""
    rows = align_editions(old, new)
    return [(row.old, row.new) for row in rows if row.old is not None and row.new is not None]


def spans_of(text: str, seed: int = 1) -> Iterator[Range]:
    """Return every sentence, and as many random runs of 3, 8 and 25 words each."""
    sentence = re.compile(r"\S(?:[^\n]*?[.!?][”’\")]*(?=\s)|[^\n]*\S)")
    sentences = [match.span() for match in sentence.finditer(text)]
    yield from sentences
    words = [match.span() for match in re.finditer(r"\S+", text)]
    rng = random.Random(seed)
    for size in (3, 8, 25):
        for _ in sentences:
            at = rng.randrange(len(words) - size)
            yield words[at][0], words[at + size - 1][1]


class Table:
    """Prints a line for each case, and collects faults."""

    def __init__(self) -> None:
        self.odd: list[str] = []
        print(f"{'':<46}" + "".join(f"{column:>8}" for column in COLUMNS))

    def row(
        self, name: str, mover: Mover, spans: Iterable[Range], judge: Judge, old: str, new: str
    ) -> None:
        """Move the spans, judge each placement and print the counts."""
        spans = list(spans)
        began = time.process_time()
        results = [mover.span(*span) for span in spans]
        taken = time.process_time() - began
        counts = Counter[str](dict.fromkeys(COLUMNS, 0))
        counts.update(result.verdict for result in results)
        for span, result in zip(spans, results, strict=True):
            judged = judge(span, result)
            counts[judged] += 1
            if judged not in ("fine", "unjudged") and isinstance(mover, Relocator):
                now = new[result.start : result.end] if result.start is not None else None
                self.odd.append(f"{name}: {judged}: {result.verdict} {result.score:.2f}\n"
                                f"    {old[slice(*span)]!r}\n    {now!r}")  # fmt: skip
        counts["spans"], counts["ms"] = len(spans), round(1000 * taken)
        counts["judged"] = len(spans) - counts["unjudged"]
        self.line(name, counts)

    def line(self, name: str, counts: Counter[str]) -> None:
        """Print counts under their columns."""
        shown = (f"{counts.get(column, '.'):>8}" for column in COLUMNS)
        print(f"{name:<46}" + "".join(shown), flush=True)


def made_up(table: Table, old: Parsed) -> None:
    """Relocate into revisions with known effects."""
    lines = revisions.lines_of(old)
    for name, edit in EDITS.items():
        revision = revisions.revise(old, lines, edit, seed=7)
        mover = Relocator(old, revision.new, revision.pairs)
        judge = known(old, revision)
        table.row(name, mover, spans_of(old.text), judge, old.text, revision.new.text)


def deleted(table: Table, old: Parsed, how: str, size: int, cases: int) -> None:
    """Delete passages with the text around them; every second one leaves a paragraph."""
    rng, lines = random.Random(size), revisions.lines_of(old)
    counts: Counter[str] = Counter(spans=cases, judged=cases, wrong=0)
    for case in range(cases):
        start = rng.randrange(AROUND, len(old.text) - size - AROUND)
        cut = revisions.delete((start - AROUND, start + size + AROUND), join=case % 2 == 0)
        revision = revisions.revise(old, lines, cut, seed=case)
        found = _mover(how, old, revision).span(start, start + size)
        counts[found.verdict] += 1
        if found.start is not None:
            counts["wrong"] += 1
            words = old.text[start : start + size], revision.new.text[found.start : found.end]
            table.odd.append(f"deleted: {found.verdict} {found.score:.2f}\n    {words}")
    table.line(f"deleted, {size} characters{how and ', ' + how}", counts)


def _mover(how: str, old: Parsed, revision: revisions.Revision) -> Mover:
    if how == "best fuzzy place":
        return BestFuzzy(old.text, revision.new.text)
    pairs = paired(old, revision.new) if how == "as aligned" else revision.pairs
    return Relocator(old, revision.new, pairs)


def real(table: Table, names: tuple[str, ...]) -> None:
    """Relocate between the editions of a real document, in both directions."""
    editions = {name: load(name) for name in names}
    for step in pairwise(names):
        for one, other in (step, step[::-1]):
            old, new = editions[one], editions[other]
            name = f"{one.removesuffix('.md')} > {Path(other).stem}"
            judge, spans = fenced(old, new), list(spans_of(old.text))
            table.row(name, Relocator(old, new, paired(old, new)), spans, judge, old.text, new.text)
            if names is CONSTITUTION:
                search = PlainSearch(old.text, new.text)
                table.row("  by plain search", search, spans, judge, old.text, new.text)


def speed(old: Parsed, new: Parsed, number: int = 10_000) -> None:
    """Time a relocator and its first spans, compared with a plain search."""
    pairs, rng = paired(old, new), random.Random(3)
    spans = rng.choices(list(spans_of(old.text)), k=number)
    build, move, plain = list[float](), list[float](), list[float]()
    for _ in range(3):
        began = time.process_time()
        mover = Relocator(old, new, pairs)
        build.append(time.process_time() - began)
        for into, timed in ((mover, move), (PlainSearch(old.text, new.text), plain)):
            began = time.process_time()
            for span in spans:
                into.span(*span)
            timed.append(time.process_time() - began)
    print(
        f"\nA relocator was made in {1000 * min(build):.1f} ms (goal 50); it moved {number} spans "
        f"in {1000 * min(move):.0f} ms (goal 1000), a plain search in {1000 * min(plain):.0f} ms."
    )


def main() -> int:
    """Print the table."""
    if not CORPUS.is_dir():
        print(f"There are no texts at {CORPUS}; nothing was measured.")
        return 1
    table = Table()
    old = revisions.edition(revisions.lines_of(load(CONSTITUTION[0])))
    made_up(table, old)
    for size in (12, 25, 50, 100):
        deleted(table, old, "", size, cases=500)
    for size in (12, 25):
        deleted(table, old, "as aligned", size, cases=100)
        deleted(table, old, "best fuzzy place", size, cases=100)
    real(table, CONSTITUTION)
    real(table, MODEL_SPEC)
    speed(load(CONSTITUTION[0]), load(CONSTITUTION[1]))
    if "-v" in sys.argv:
        print("\n".join(table.odd))
    return 0


if __name__ == "__main__":
    sys.exit(main())
