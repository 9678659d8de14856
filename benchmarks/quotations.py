"""How well quotations are found, against a reader's labels: `python -m benchmarks.quotations`.

The labelled essays are in tests/cases/quotations, which says how they were made; the texts are read
from ../shared/corpus. Each essay is asked about each document that it speaks of, the newest edition
first; what it quotes of the other document counts as quoting neither.

- A label is *found* by a quotation that has matches, covers more than half of the label's words in
  the essay, and has a match that overlaps a passage of the label. An ambiguous quotation has its
  candidates in place of matches.
- The *range* is right where both ends stand within 2 characters of the label's; for an interrupted
  quotation, of the part's or of the whole's. *Range* and *verdict* are shares of what was found.
- *Precision* is the share of the quotations with matches that find a label, or stand inside one,
  by the words in the essay. `not_found` and `ambiguous` claim no passage; ambiguous ones that find
  no label are counted beside it. Where a reader was in doubt, neither counts.
- The baseline looks up each string in quotation marks as it stands (`str.find`), in the same run.

`--misses` lists what was missed, misjudged or taken for a quotation; `--held-out` also scores the
essays that nobody is to tune against.
"""

from __future__ import annotations

import argparse
import gc
import re
import statistics
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from annotator.quotations import Index, Match, Quotation, find, index_of
from benchmarks.essays import CORPUS, Essay, Passage, Quoted, editions, essays, parsed

NEAR = 2
WORDS = 4000
CLASSES = ("5 words and more", "3-4 words", "1-2 words")
_MARKED = re.compile(r"“([^“”]+)”|\"([^\"]+)\"|„([^„“”]+)[“”]|«\s?([^«»]+?)\s?»|‘([^‘’]+)’")

Finder = Callable[[Essay, str], list[Quotation]]


@dataclass(frozen=True)
class Judged:
    """A label, with the quotation that found it, if any."""

    essay: Essay
    label: Quoted
    found: Quotation | None

    @property
    def range_right(self) -> bool:
        """Return whether the quotation that was found has the label's ends."""
        ranges = [(self.label.start, self.label.end), self.label.whole]
        return self.found is not None and any(
            abs(self.found.start - start) <= NEAR and abs(self.found.end - end) <= NEAR
            for start, end in ranges
        )

    @property
    def verdict_right(self) -> bool:
        """Return whether the quotation that was found has the label's verdict."""
        return self.found is not None and self.found.verdict == self.label.verdict


@dataclass(frozen=True)
class Claim:
    """A quotation that was reported, and whether it finds a label."""

    essay: Essay
    found: Quotation
    right: bool


@cache
def indexes(document: str) -> list[Index]:
    """Return the indexes of a document's editions, the newest first."""
    labels = [one.label for one in editions().values() if one.document == document]
    return [index_of(label, parsed(CORPUS, document, label)) for label in reversed(labels)]


def by_finder(essay: Essay, document: str) -> list[Quotation]:
    """Find quotations as the product does."""
    return find(essay.text, essay.format, indexes(document))  # type: ignore[arg-type]


def by_lookup(essay: Essay, document: str) -> list[Quotation]:
    """Find quotations by looking up the strings in quotation marks."""
    newest = indexes(document)[0]
    return list(_looked_up(essay.text, newest.label, newest.text))


def _looked_up(essay: str, edition: str, text: str) -> Iterator[Quotation]:
    for marked in _MARKED.finditer(essay):
        words, start = marked[marked.lastindex or 0], marked.start(marked.lastindex or 0)
        at = text.find(words)
        if at >= 0:
            match = Match(edition, at, at + len(words), words)
            yield Quotation(words, start, start + len(words), words, "verbatim", 1.0, (match,))


def _overlap(start: int, end: int, first: int, last: int) -> int:
    return min(end, last) - max(start, first)


def finds(found: Quotation, label: Quoted, document: str) -> bool:
    """Return whether a quotation finds a label."""
    half = (label.end - label.start) / 2
    return _overlap(found.start, found.end, label.start, label.end) > half and _agree(
        found, label, document
    )


def _within(found: Quotation, label: Quoted, document: str) -> bool:
    """Return whether a quotation is one inside a label's, such as marks within a block."""
    inside = label.start - NEAR <= found.start and found.end <= label.end + NEAR
    return inside and _agree(found, label, document)


def _right(found: Quotation, label: Quoted, document: str) -> bool:
    return finds(found, label, document) or _within(found, label, document)


def _agree(found: Quotation, label: Quoted, document: str) -> bool:
    return any(
        _stands(match, passage, document)
        for match in found.matches or found.candidates
        for passage in label.passages
    )


def _stands(match: Match, passage: Passage, document: str) -> bool:
    named = (passage.document, passage.edition) == (document, match.edition)
    return named and _overlap(match.start, match.end, passage.start, passage.end) > 0


def _doubtful(found: Quotation, essay: Essay) -> bool:
    return any(
        other.kind == "doubtful" and _overlap(found.start, found.end, other.start, other.end) > 0
        for other in essay.unquoted
    )


def judge(cases: Sequence[Essay], finder: Finder) -> tuple[list[Judged], list[Claim]]:
    """Compare a finder's results for each essay with its labels."""
    judged: list[Judged] = []
    claims: list[Claim] = []
    for essay in cases:
        for document in essay.documents:
            said = [one for one in finder(essay, document) if one.matches or one.candidates]
            labels = [one for one in essay.quoted if one.passages[0].document == document]
            for label in labels:
                hits = [one for one in said if finds(one, label, document)]
                best = min(hits, key=lambda one: one.end - one.start, default=None)
                judged.append(Judged(essay, label, best))
            claims += [
                Claim(essay, one, any(_right(one, label, document) for label in labels))
                for one in said
                if not _doubtful(one, essay)
            ]
    return judged, claims


def size(words: int) -> str:
    """Return the size class of a quotation."""
    return CLASSES[0 if words >= 5 else 1 if words >= 3 else 2]


def count_words(text: str) -> int:
    """Count the words of a quotation as the labels count them."""
    return len(re.findall(r"\w[\w’'-]*", text))


def _share(part: int, whole: int) -> str:
    return f"{part / whole:>9.3f}" if whole else f"{'-':>9}"


def _row(name: str, judged: Sequence[Judged], claims: Sequence[Claim] | None) -> str:
    found = [one for one in judged if one.found]
    row = f"{name:<20}{len(judged):>6}" + _share(len(found), len(judged))
    row += _share(sum(one.range_right for one in found), len(found))
    row += _share(sum(one.verdict_right for one in found), len(found))
    if claims is None:
        return row
    sure = [claim for claim in claims if claim.found.matches]
    unsure = sum(not claim.right for claim in claims if not claim.found.matches)
    return row + _share(sum(claim.right for claim in sure), len(sure)) + f"{unsure:>11}"


def report(title: str, judged: Sequence[Judged], claims: Sequence[Claim], *, kinds: bool) -> None:
    """Print a finder's shares by the number of words and, on request, by kind."""
    head = "".join(f"{name:>9}" for name in ("recall", "range", "verdict", "precision"))
    print(f"\n{title:<20}{'of':>6}{head}{'ambiguous':>11}")
    for name in CLASSES:
        of = [one for one in judged if size(one.label.words) == name]
        said = [one for one in claims if size(count_words(one.found.words)) == name]
        print(_row(name, of, said))
    print(_row("all", judged, claims))
    if kinds:
        by_kind: defaultdict[str, list[Judged]] = defaultdict(list)
        for one in judged:
            by_kind[one.label.kind].append(one)
        for kind in sorted(by_kind):
            print(_row(f"  {kind}", by_kind[kind], None))


def misses(judged: Sequence[Judged], claims: Sequence[Claim]) -> None:
    """List missed, misjudged and false quotations."""
    print()
    for one in judged:
        words = one.essay.text[one.label.start : one.label.end]
        place = f"{one.essay.name}:{one.label.start} {one.label.kind}"
        if one.found is None:
            print(f"missed   {place}: {words[:100]!r}")
        elif not one.verdict_right:
            print(f"verdict  {place}: {one.found.verdict}, not {one.label.verdict}: {words[:90]!r}")
        elif not one.range_right:
            print(f"range    {place}: {one.found.as_written[:60]!r}, not {words[:60]!r}")
    for claim in claims:
        if not claim.right:
            place = f"{claim.essay.name}:{claim.found.start} {claim.found.verdict}"
            print(f"none     {place}: {claim.found.as_written[:100]!r}")


def cost(cases: Sequence[Essay]) -> None:
    """Print how long an essay of 4,000 words takes against every edition, and the indexes' size."""
    prose = " ".join(case.text for case in cases if case.format == "markdown")
    essay = "".join(re.findall(r"\S+\s*", prose)[:WORDS])
    documents = ["constitution", "model-spec"]
    for one in editions().values():
        parsed(CORPUS, one.document, one.label)  # so that the texts themselves do not count
    tracemalloc.start()
    for document in documents:
        find(essay, "markdown", indexes(document))  # to include one-time work
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    ticks = []
    for _ in range(5):
        began = time.perf_counter()
        for document in documents:
            find(essay, "markdown", indexes(document))
        ticks.append(time.perf_counter() - began)
    marked = len(_MARKED.findall(essay))
    print(f"\n{WORDS} words with {marked} strings in marks, against every edition of "
          f"{' and '.join(documents)}: {statistics.median(ticks) * 1000:.0f} ms; "
          f"indexes {held / 2**20:.0f} MiB")  # fmt: skip


def main() -> int:
    """Print the tables."""
    options = argparse.ArgumentParser(description="Score the quotation finder.")
    options.add_argument("--misses", action="store_true", help="list every miss")
    options.add_argument("--held-out", action="store_true", help="score the held-out essays, too")
    chosen = options.parse_args()
    if not Path(CORPUS).is_dir():
        print(f"There are no texts at {CORPUS}; nothing was counted.")
        return 1
    cases = essays(CORPUS)
    cost(cases)
    sets = {"labelled set": [one for one in cases if not one.held_out]}
    if chosen.held_out:
        sets["held-out set"] = [one for one in cases if one.held_out]
    for title, chosen_cases in sets.items():
        report(f"{title}: baseline", *judge(chosen_cases, by_lookup), kinds=False)
        judged, claims = judge(chosen_cases, by_finder)
        report(title, judged, claims, kinds=True)
        if chosen.misses:
            misses(judged, claims)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
