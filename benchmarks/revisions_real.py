"""Edit scripts on the real texts, with an oracle: `python -m benchmarks.revisions_real [-v]`.

A real text is taken apart into blocks of words, and every word gets a number. A script edits blocks
and words; a word that stays keeps its number, however it is written then. So the oracle knows where
each word of a span went without comparing any words. The product reads both editions as Markdown,
aligns them and moves spans; what it says is compared with the numbers.

Columns: spans moved; `wrong`: placed on none of their words; `strange`: placed with three or more
old words that are not theirs, and more of those than of their own; `lost`: words that stand
unchanged and once in both editions, not placed where they stand; `falsely`: called exact or moved
while words changed; `ids`: provisions with a successor that is another block; `dropped`: unchanged
blocks that stand once in both editions and have no successor; processor milliseconds of aligning
and of moving; and the spans that a plain search for the words loses or misplaces, as a baseline.
The texts are read beside the repository. `--only WORDS` runs the scripts whose name has them,
`--text WORDS` runs on the texts whose name has them, in any case; `--seed WORD` makes the scripts
choose other blocks and words.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from annotator.documents import Parsed, parse
from annotator.documents.align.alignment import align_editions
from annotator.relocation.relocate import Relocated, Relocator
from benchmarks.edit_scripts import SCRIPTS, Blocks, Word, dated, markdown, taken_apart

ROOT = Path(__file__).parents[1]
TEXTS = {
    "charter": sorted((ROOT / "corpus" / "charter").glob("*.md"))[-1:],
    "constitution": [ROOT.parent / "shared" / "corpus" / "constitution" / "2026-01-29.md"],
    "Model Spec": [ROOT.parent / "shared" / "corpus" / "model-spec" / "2025-12-18.md"],
}
COLUMNS = ("spans", "wrong", "strange", "lost", "falsely", "ids", "dropped", "align", "move",
           "search")  # fmt: skip
FAULTS = ("wrong", "strange", "lost", "falsely", "ids", "dropped")
INVISIBLE = "\u00ad\u2060\u200b"
TYPEWRITER = str.maketrans("“”‘’‐‑–—", "\"\"''----", INVISIBLE)


@dataclass(frozen=True)
class Edition:
    """An edition of a script: its text, and the position of each word."""

    blocks: Blocks
    text: str
    places: dict[int, tuple[int, int, int]]

    @classmethod
    def of(cls, blocks: Blocks) -> Edition:
        """Lay blocks out as the canonical text does: words parted by spaces, blocks by lines."""
        places: dict[int, tuple[int, int, int]] = {}
        at = 0
        for index, block in enumerate(blocks):
            for word in block.words:
                places[word.number] = (index, at, at + len(word.text))
                at += len(word.text) + 1
        return cls(blocks, "\n".join(block.text for block in blocks), places)

    def read(self) -> Parsed:
        """Parse it as Markdown. Raises RuntimeError if the words differ."""
        parsed = parse(markdown(self.blocks), name="edition.md")
        if parsed.text != self.text:
            pairs = zip(parsed.text.split("\n"), self.text.split("\n"), strict=False)
            odd = next(((one, two) for one, two in pairs if one != two), ("", ""))
            raise RuntimeError(f"the edition is read otherwise than it was written: {odd}")
        return parsed


def spans_of(blocks: Blocks, rng: random.Random) -> Iterator[tuple[Word, ...]]:
    """Yield sentences, runs of 1, 3, 8 and 25 words, and whole blocks."""
    for block in blocks:
        yield block.words
        yield from block.sentences()
        for size in (1, 3, 8, 25):
            if len(block.words) > size:
                at = rng.randrange(len(block.words) - size)
                yield block.words[at : at + size]


def plain(text: str) -> str:
    """Return a text as a typewriter writes it, without invisible characters."""
    return text.translate(TYPEWRITER)


class Oracle:
    """Judges placements by the numbers of words."""

    def __init__(self, old: Edition, new: Edition) -> None:
        self.old, self.new = old, new
        self._plain = plain(old.text), plain(new.text)
        self._at = {start: number for number, (_, start, _) in new.places.items()}
        self._starts = sorted(self._at)

    def once(self, text: str) -> bool:
        """Return whether words are unique in both editions."""
        return all(edition.count(plain(text)) == 1 for edition in self._plain)

    def expected(self, words: Sequence[Word]) -> tuple[int, int] | None:
        """Return the span of the words if they are consecutive and unchanged in one block."""
        places = [self.new.places.get(word.number) for word in words]
        if None in places:
            return None
        known = [place for place in places if place]
        start, end = known[0][1], known[-1][2]
        in_row = all(one[2] + 1 == two[1] for one, two in pairwise(known))
        same = plain(self.new.text[start:end]) == plain(" ".join(word.text for word in words))
        return (start, end) if in_row and known[0][0] == known[-1][0] and same else None

    def fault(self, words: Sequence[Word], got: Relocated) -> str:
        """Return the column of the fault, or ""."""
        expected = self.expected(words)
        text = " ".join(word.text for word in words)
        if expected:
            if (got.start, got.end) == expected:
                return ""
            unique = len(text) >= 3 and self.once(text)
            if got.start is None:
                return "lost" if unique else ""
        if got.start is None or got.end is None:
            return ""
        own = {word.number for word in words}
        inside = [self._at[at] for at in self._starts if got.start <= at < got.end]
        mine = sum(number in own for number in inside)
        others = sum(number not in own and number in self.old.places for number in inside)
        placed = plain(self.new.text[got.start : got.end])
        if not mine:
            return "wrong" if placed != plain(text) or expected else ""
        if expected:
            return "lost"
        if got.verdict in ("exact", "moved") and placed != plain(text):
            return "falsely"
        return "strange" if others >= 3 and others > mine else ""

    def identities(self, pairs: Sequence[tuple[int, int]]) -> Iterator[tuple[str, int, int]]:
        """Yield a column, the old block and the new one (or -1) of each wrong pair."""
        heirs = defaultdict[int, list[int]](list)
        for one, other in pairs:
            heirs[one].append(other)
        living = {number: place[0] for number, place in self.new.places.items()}
        for at, block in enumerate(self.old.blocks):
            right = {living[word.number] for word in block.words if word.number in living}
            right |= {i for i, b in enumerate(self.new.blocks) if b.origins & block.origins}
            for heir in heirs[at]:
                alike = plain(self.new.blocks[heir].text) == plain(block.text)
                if heir not in right and (right or not alike):
                    yield "ids", at, heir
            if not heirs[at] and self.expected(block.words) and self.once(block.text):
                yield "dropped", at, -1


def run(name: str, text: str, old_blocks: Blocks, seed: str = "", *, verbose: bool) -> Counter[str]:
    """Run a script on a text and print its line. Returns the counts."""
    rng = random.Random(f"{name} {text}{seed}")
    if name == "date line":
        old_blocks = dated(old_blocks)
    new_blocks = [b for b in SCRIPTS[name](old_blocks, rng) if b.words]
    old, new = Edition.of(old_blocks), Edition.of(new_blocks)
    parsed = old.read(), new.read()
    began = time.process_time()
    rows = align_editions(*parsed)
    pairs = [(row.old, row.new) for row in rows if row.old is not None and row.new is not None]
    counts = Counter[str](align=round(1000 * (time.process_time() - began)))
    mover = Relocator(*parsed, pairs)
    oracle, odd = Oracle(old, new), list[str]()
    for words in spans_of(old_blocks, rng):
        start, end = old.places[words[0].number][1], old.places[words[-1].number][2]
        began = time.process_time()
        got = mover.span(start, end)
        counts["us"] += round(1e6 * (time.process_time() - began))
        fault = oracle.fault(words, got)
        counts.update(["spans", *[fault][: bool(fault)]])
        found = new.text.find(old.text[start:end])
        counts["search"] += bool((expected := oracle.expected(words)) and expected[0] != found)
        if fault:
            now = None if got.start is None else new.text[got.start : got.end]
            where = expected and new.text[slice(*expected)]
            odd.append(f"  {fault} {got.verdict} {got.score:.2f}: {old.text[start:end]!r}\n"
                       f"    placed {now!r}\n    right  {where!r}")  # fmt: skip
    for fault, at, heir in oracle.identities([(_block(parsed[0], one), _block(parsed[1], other))
                                              for one, other in pairs]):  # fmt: skip
        counts[fault] += 1
        became = new.blocks[heir].text if heir >= 0 else None
        odd.append(f"  {fault}: {old.blocks[at].text!r}\n    became {became!r}")
    counts["move"] = counts["us"] // 1000
    print(
        f"{text:<13}{name:<27}" + "".join(f"{counts[column]:>8}" for column in COLUMNS), flush=True
    )
    if verbose and odd:
        print("\n".join(odd))
    return counts


def _block(parsed: Parsed, provision: int) -> int:
    """Return the block with a provision's own words."""
    start = parsed.provisions[provision].start
    return next(at for at, block in enumerate(parsed.blocks) if block.start >= start)


def main() -> int:
    """Print the table. Return 1 if anything is misplaced, or nothing was measured."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("-v", "--verbose", action="store_true", help="print every fault")
    options.add_argument("--only", default="", help="run the scripts whose name has these words")
    options.add_argument("--seed", default="", help="let the scripts choose other words")
    options.add_argument("--text", default="", help="run on the texts whose name has these words")
    asked = options.parse_args()
    texts = [name for name in TEXTS if asked.text.casefold() in name.casefold()]
    scripts = [name for name in SCRIPTS if asked.only.casefold() in name.casefold()]
    if not texts:
        options.error(f"no text is called {asked.text!r}; there are {', '.join(TEXTS)}")
    if not scripts:
        options.error(f"no script is called {asked.only!r}; there are: {', '.join(SCRIPTS)}")
    print(f"{'':<40}" + "".join(f"{column:>8}" for column in COLUMNS))
    total = Counter[str]()
    for text in texts:
        if not (paths := [path for path in TEXTS[text] if path.is_file()]):
            print(f"{text}: there is no such text beside the repository; nothing was measured.")
            continue
        blocks = taken_apart(parse(paths[0].read_bytes(), name=paths[0].name))
        for name in scripts:
            total += run(name, text, blocks, asked.seed, verbose=asked.verbose)
    print(f"{'all':<40}" + "".join(f"{total[column]:>8}" for column in COLUMNS))
    return 1 if not total["spans"] or any(total[column] for column in FAULTS) else 0


if __name__ == "__main__":
    sys.exit(main())
