"""How well spans are moved from one edition into another: `python -m benchmarks.relocation`.

Three kinds of cases. In *made-up revisions* of a real text the fate of every character is known. In
*deleted passages* the passage is gone with what stood around it, so that any place is a wrong one.
In *real revisions* an oracle that shares no code with the relocator speaks: the 60 characters before
and after a span, where they stand once in either edition, fence in the place of its words; spans
without such a fence are not judged. The real texts are read from ../shared/corpus.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from annotator.anchoring.relocate import Relocated, Relocator
from annotator.documents import Parsed, parse
from annotator.documents.align import align
from benchmarks import revisions
from benchmarks.revisions import Range, Revision

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
CONSTITUTION = ("constitution/2026-01-20.md", "constitution/2026-01-29.md")
MODEL_SPEC = tuple(
    f"model-spec/{label}.md"
    for label in ("2025-02-12", "2025-04-11", "2025-09-12", "2025-10-27", "2025-12-18",
                  "2025-12-18-rev2")
)  # fmt: skip
FENCE = 60
AROUND = 250
COLUMNS = ("spans", "exact", "moved", "edited", "lost", "judged", "wrong", "missed", "loose",
           "short", "ms")  # fmt: skip

Judge = Callable[[Range, Relocated], str]


def load(name: str) -> Parsed:
    """Read one edition of the corpus."""
    return parse((CORPUS / name).read_bytes(), name=name)


def spans_of(text: str, seed: int = 1) -> Iterator[Range]:
    """Give every sentence, and as many random runs of 3, 8 and 25 words each."""
    sentences = [match.span() for match in re.finditer(r"[^\s](?:[^\n]*?[.!?][”’\")]*(?=\s)|[^\n]*[^\s])", text)]
    yield from sentences
    words = [match.span() for match in re.finditer(r"\S+", text)]
    rng = random.Random(seed)
    for size in (3, 8, 25):
        for _ in sentences:
            at = rng.randrange(len(words) - size)
            yield words[at][0], words[at + size - 1][1]


def known(old: Parsed, revision: Revision) -> Judge:
    """Judge by the origin of each character of a made-up revision."""
    places: dict[int, list[int]] = {}
    for place, origin in enumerate(revision.origin):
        places.setdefault(origin, []).append(place)

    def judge(span: Range, got: Relocated) -> str:
        at = [at for at in range(*span) if not old.text[at].isspace()]
        left = [place for offset in at for place in places.get(offset, ())]
        if not left:
            return "fine" if got.start is None else "wrong"
        low, high = min(left), max(left) + 1
        if revision.new.text[low:high] == old.text[slice(*span)]:
            return _unchanged((low, high), got)
        if got.start is None or got.end is None:
            return "fine"
        # Beside a word that was dropped, one that was added may be taken for what became of it.
        stray = [place for place in range(got.start, got.end)
                 if revision.origin[place] not in range(-1, 0) and not span[0] <= revision.origin[place] < span[1]]
        inside = [place for place in left if got.start <= place < got.end]
        if not inside or (stray and high - low < 2 * (span[1] - span[0]) + FENCE):
            return "wrong" if not inside else "loose"
        torn = high - low > 2 * (span[1] - span[0]) + FENCE
        if at[0] in places and got.start < low or at[-1] in places and got.end > high:
            return "loose"
        return "fine" if torn or len(inside) == len(left) else "short"

    return judge


def fenced(old: Parsed, new: Parsed) -> Judge:
    """Judge by the unique text around a span, which fences in what became of it."""
    once_old, once_new = _windows(old.text), _windows(new.text)

    def judge(span: Range, got: Relocated) -> str:
        before = old.text[max(0, span[0] - FENCE) : span[0]]
        after = old.text[span[1] : span[1] + FENCE]
        sides = [once.get(side, -1) for side in (before, after) for once in (once_old, once_new)]
        if min(sides) < 0:
            return "unjudged"
        low, high = sides[1] + FENCE, sides[3]
        if not low <= high <= low + 3 * (span[1] - span[0]) + FENCE:
            return "unjudged"
        words, fence = old.text[slice(*span)], new.text[low:high]
        if fence.count(words) == 1:
            start = low + fence.index(words)
            return _unchanged((start, start + len(words)), got)
        return _edited(_common(words, new.text, low, high), (low, high), got)

    return judge


def _windows(text: str) -> dict[str, int]:
    """Give where each stretch of FENCE characters stands, -1 for one that stands twice."""
    places: dict[str, int] = {}
    for at in range(len(text) - FENCE + 1):
        window = text[at : at + FENCE]
        places[window] = -1 if window in places else at
    return places


def _common(words: str, text: str, low: int, high: int) -> Range:
    """Narrow a fenced range to the first and the last word that also stood in the old words."""
    had = set(re.findall(r"\w+", words))
    kept = [match for match in re.finditer(r"\w+", text[low:high]) if match.group() in had]
    return (low + kept[0].start(), low + kept[-1].end()) if kept else (high, low)


def _unchanged(truth: Range, got: Relocated) -> str:
    if (got.start, got.end) == truth:
        return "fine" if got.verdict in ("exact", "moved") else "missed"
    if got.start is None or (got.start < truth[1] and truth[0] < (got.end or 0)):
        return "missed"
    return "wrong"


def _edited(inner: Range, outer: Range, got: Relocated) -> str:
    if got.start is None or got.end is None:
        return "fine"
    if got.end <= outer[0] or outer[1] <= got.start or got.verdict == "exact":
        return "wrong"
    if got.start < outer[0] or outer[1] < got.end:
        return "loose"
    return "short" if inner[0] < got.start or got.end < inner[1] else "fine"


def row(name: str, relocator: Relocator, spans: Iterable[Range], judge: Judge, odd: list[str],
        old: Parsed, new: Parsed) -> None:  # fmt: skip
    """Relocate the spans, judge each result and print a line of the table."""
    spans = list(spans)
    began = time.perf_counter()
    results = [relocator.span(*span) for span in spans]
    taken = time.perf_counter() - began
    counts: Counter[str] = Counter(result.verdict for result in results)
    for span, result in zip(spans, results, strict=True):
        verdict = judge(span, result)
        counts[verdict] += 1
        if verdict not in ("fine", "unjudged"):
            now = None if result.start is None else new.text[result.start : result.end]
            odd.append(f"{name}: {verdict}: {result.verdict} {result.score:.2f}\n"
                       f"    {old.text[slice(*span)]!r}\n    {now!r}")  # fmt: skip
    counts["spans"], counts["ms"] = len(spans), round(1000 * taken)
    counts["judged"] = len(spans) - counts["unjudged"]
    print(f"{name:<44}" + "".join(f"{counts[column]:>8}" for column in COLUMNS))


def made_up(old: Parsed, odd: list[str]) -> None:
    """Relocate into revisions whose effect is known."""
    edits: dict[str, revisions.Edit] = {
        "the same edition": lambda lines, rng: lines,
        "sections shuffled": revisions.shuffle_sections,
        "paragraphs duplicated": revisions.duplicate_paragraphs,
        "headings renamed": revisions.rename_headings,
        "every paragraph split in two": revisions.split_paragraphs,
        "paragraphs joined two by two": revisions.merge_paragraphs,
        "3 % of the words edited": revisions.edit_words(0.03),
        "20 % of the words edited": revisions.edit_words(0.2),
    }
    for name, edit in edits.items():
        revision = revisions.revise(old, edit, seed=7)
        for back in (False, True):
            if back:
                continue
            relocator = Relocator(old, revision.new, revision.pairs)
            row(name, relocator, spans_of(old.text), known(old, revision), odd, old, revision.new)


def deleted(old: Parsed, odd: list[str], cases: int = 500) -> None:
    """Delete passages with what stands around them; no place is a right one."""
    for size in (12, 25, 50, 100):
        for join in (True, False):
            wrong, rng = 0, random.Random(size)
            for seed in range(cases):
                start = rng.randrange(AROUND, len(old.text) - size - AROUND)
                gone = (start - AROUND, start + size + AROUND)
                revision = revisions.revise(old, revisions.delete(gone, join=join), seed)
                got = Relocator(old, revision.new, revision.pairs).span(start, start + size)
                if got.start is not None:
                    wrong += 1
                    odd.append(f"deleted {size}: {got.verdict} {got.score:.2f}\n"
                               f"    {old.text[start:start + size]!r}\n"
                               f"    {revision.new.text[got.start:got.end]!r}")  # fmt: skip
            how = "joined" if join else "apart"
            print(f"{f'deleted, {size} characters, rest {how}':<44}{cases:>8}{'':>40}{wrong:>8}")


def real(names: tuple[str, ...], odd: list[str]) -> None:
    """Relocate between the editions of a real document, forth and back."""
    editions = {name: load(name) for name in names}
    for before, after in zip(names, names[1:], strict=False):
        for one, other in ((before, after), (after, before)):
            old, new = editions[one], editions[other]
            relocator = Relocator(old, new, paired(old, new))
            name = f"{one.removesuffix('.md')} > {Path(other).stem}"
            row(name, relocator, spans_of(old.text), fenced(old, new), odd, old, new)


def paired(old: Parsed, new: Parsed) -> list[tuple[int, int]]:
    """Pair provisions as the alignment has them."""
    return [(row.old, row.new) for row in align(old, new)
            if row.old is not None and row.new is not None]  # fmt: skip


def main() -> int:
    """Print the table, then with `-v` every case that is not fine."""
    if not CORPUS.is_dir():
        print(f"There are no texts at {CORPUS}; nothing was measured.")
        return 1
    odd: list[str] = []
    print(f"{'':<44}" + "".join(f"{column:>8}" for column in COLUMNS))
    old = revisions.edition(revisions.lines_of(load(CONSTITUTION[0])))
    made_up(old, odd)
    deleted(old, odd)
    real(CONSTITUTION, odd)
    real(MODEL_SPEC, odd)
    if "-v" in sys.argv:
        print("\n".join(odd))
    return 0


if __name__ == "__main__":
    sys.exit(main())
