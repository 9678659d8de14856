"""How alignment and relocation agree with a reader's judgement: `python -m benchmarks.labels`.

The labels and judgements are in tests/cases, which says how they were made; the texts they speak of
are read from ../shared/corpus. The sample leans heavily to what changed, so the shares printed here
are far lower than those of a whole edition. A label is `kept` where the pid goes to (one of) the
provisions that the reader named, `wrong` where it goes anywhere else. Placements are counted by the
reader's judgement; those `otherwise` are placed differently today.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from annotator.documents import Aligned, Parsed, align_editions, inheritance, parse
from annotator.relocation.relocate import Relocated, Relocator

CASES = Path(__file__).parents[1] / "tests" / "cases"
CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
DOCUMENT = "model-spec"
COLUMNS = ("labelled", "surviving", "kept", "wrong", "absorbed", "doubtful")
JUDGEMENTS = ("right", "wrong", "doubtful", "missed")


@dataclass(frozen=True)
class Label:
    """A reader's label of a provision's successor; `new` is empty without one."""

    step: str
    old: str
    new: tuple[str, ...]
    flag: str

    @property
    def survives(self) -> bool:
        """Return whether the provision certainly survives."""
        return bool(self.new) and not self.flag


@dataclass(frozen=True)
class Placement:
    """Where a span was placed when a reader judged it; offsets are code points."""

    step: str
    old: str
    at: tuple[int, int]
    verdict: str
    new: tuple[int, int] | None
    judgement: str


@dataclass(frozen=True)
class Step:
    """Two editions, one after the other, as the code lines them up."""

    old: Parsed
    new: Parsed

    @cached_property
    def _relation(self) -> list[Aligned]:
        return align_editions(self.old, self.new)

    @cached_property
    def _heirs(self) -> dict[int, int]:
        heirs = inheritance(self._relation, len(self.new.provisions))
        return {old: new for new, old in enumerate(heirs) if old is not None}

    @cached_property
    def _relocator(self) -> Relocator:
        rows = [(row.old, row.new) for row in self._relation]
        pairs = [(old, new) for old, new in rows if old is not None and new is not None]
        return Relocator(self.old, self.new, pairs)

    def heir(self, old: str) -> str | None:
        """Return the address, section/number, that inherits the pid of one; None for no heir."""
        section, _, number = old.rpartition("/")
        heir = self._heirs.get(self.old.numbered[section, number])
        if heir is None:
            return None
        return f"{self.new.slug(heir)}/{self.new.provisions[heir].number}"

    def place(self, at: tuple[int, int]) -> Relocated:
        """Move a span of the old text."""
        return self._relocator.span(*at)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def labels() -> list[Label]:
    """Read the labels of provisions."""
    return [
        Label(row["step"], row["old"], _several(row["new"]), row["flag"])
        for row in _rows(CASES / "alignment" / f"{DOCUMENT}.tsv")
    ]


def placements() -> list[Placement]:
    """Read the labels of placements."""
    return [
        Placement(row["step"], row["old"], _span(row["at"]), row["verdict"],
                  None if row["new"] == "-" else _span(row["new"]), row["judgement"])
        for row in _rows(CASES / "placements" / f"{DOCUMENT}.tsv")
    ]  # fmt: skip


def digests() -> dict[str, str]:
    """Give, by edition, the digest of the canonical text that the offsets were taken from."""
    return {row["edition"]: row["sha256"] for row in _rows(CASES / "placements" / "editions.tsv")}


def steps(corpus: Path, names: Iterable[str]) -> dict[str, Step]:
    """Read the editions of the steps named `old..new`, each once."""
    read: dict[str, Parsed] = {}
    found: dict[str, Step] = {}
    for name in dict.fromkeys(names):
        for label in name.split(".."):
            path = corpus / DOCUMENT / f"{label}.md"
            if label not in read:
                read[label] = parse(path.read_bytes(), name=path.name)
        old, new = name.split("..")
        found[name] = Step(read[old], read[new])
    return found


def _several(written: str) -> tuple[str, ...]:
    return () if written == "-" else tuple(written.split())


def _span(written: str) -> tuple[int, int]:
    start, end = written.split("-")
    return int(start), int(end)


def count(step: Step, label: Label) -> Iterator[str]:
    """Return the columns that a label counts in."""
    heir = step.heir(label.old)
    yield "labelled"
    if label.flag:
        yield label.flag
    if label.survives:
        yield "surviving"
    if label.survives and heir in label.new:
        yield "kept"
    if label.flag != "doubtful" and heir is not None and heir not in label.new:
        yield "wrong"


def still(step: Step, one: Placement) -> bool:
    """Return whether a span is placed today where it was when it was judged."""
    found = step.place(one.at)
    return (None if found.start is None else (found.start, found.end)) == one.new


def _print(counts: Mapping[str, Counter[str]]) -> None:
    """Print the counts of provisions and, behind them, those of placements."""
    columns = (*COLUMNS, *(f"placed {name}" for name in (*JUDGEMENTS, "otherwise")))
    print(f"{'':<28}{'provisions':>10}{'placements':>{10 * len(COLUMNS)}}")
    print(f"{'':<28}" + "".join(f"{column.removeprefix('placed '):>10}" for column in columns))
    for name, found in counts.items():
        print(f"{name:<28}" + "".join(f"{found[column]:>10}" for column in columns))


def main() -> int:
    """Print the table; with `-v` also each surviving provision that loses its pid."""
    if not CORPUS.is_dir():
        print(f"There are no texts at {CORPUS}; nothing was counted.")
        return 1
    read, judged = labels(), placements()
    known = steps(CORPUS, [one.step for one in read])
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for label in read:
        counts[label.step].update(count(known[label.step], label))
    for one in judged:
        counts[one.step][f"placed {one.judgement}"] += 1
        counts[one.step]["placed otherwise"] += not still(known[one.step], one)
    counts["all steps"] = sum(list(counts.values()), Counter())
    _print(counts)
    if "-v" in sys.argv:
        for label in read:
            heir = known[label.step].heir(label.old)
            if label.survives and heir not in label.new:
                print(f"{label.step} {label.old}: {' '.join(label.new)} expected, got {heir}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
