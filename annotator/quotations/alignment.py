"""Align a quotation with an edition where words were altered, dropped or added, or passages joined.

Runs that match word for word are chained in the essay's order, so that the chain keeps most words
and skips least; small gaps are then compared word by word. The named numbers below say how much of
a quotation must match.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from math import log, log2
from typing import NamedTuple

from rapidfuzz.distance import Indel

from annotator.quotations.editorial_marks import MarkedWords
from annotator.quotations.index import MAX_SEGMENTS, Alternatives, Index, MatchedPiece

# Shorter quotations must be verbatim.
MIN_WORDS = 5
# The share of the words, and of their weight by rarity, that must be in the document; higher for
# short quotations and those without quotation marks.
MIN_SHARE = 0.7
MIN_WEIGHT_SHARE = 0.62
MIN_SHARE_OF_FEW = 0.8
FEW = 6
MIN_SHARE_UNMARKED = 0.85
# Pairs of a long quotation to try before all of them.
TRIED = 12
# Before alignment: the share of the required weight that pairs of words in the edition must have.
IN_PAIRS = 0.7
# Consecutive words that at least one run must have.
MIN_LONGEST_RUN = 3
# A pair of words with more occurrences does not help to find the place.
MAX_PLACES = 60
MAX_RUNS = 40
# If more words are skipped without a mark, two passages were joined.
MAX_DROPPED = 5
# Words that each of two joined passages must have.
MIN_JOINED_WORDS = 4


class AlignedPieces(NamedTuple):
    """The pieces of an edition that match a quotation's fragments, and how well they do.

    `score` is 0 to 1; `matched` counts the words that match. `altered`: words differ without a
    mark; `joined`: words were skipped without one.
    """

    pieces: tuple[MatchedPiece, ...]
    score: float
    matched: int
    altered: bool
    joined: bool


def align(
    written: MarkedWords, index: Index, pair_starts: Sequence[int], least: float = MIN_SHARE
) -> AlignedPieces | None:
    """Return the passage with at least the share `least` of the words, or None.

    `pair_starts` is what `known_words` returns for the same edition.
    """
    if len(written.words) < FEW:
        least = max(least, MIN_SHARE_OF_FEW)
    if len(written.words) < MIN_WORDS or not pair_starts or len(written.gaps) > MAX_SEGMENTS:
        return None
    words, total = index.forms(written), len(index.stream.words)
    weights = [log(2 + total / (1 + index.count(word))) for word in words]
    # The pairs that occur anywhere must cover enough of the words.
    covered = {at + more for at in pair_starts for more in (0, 1)}
    if sum(weights[at] for at in covered) < IN_PAIRS * least * sum(weights):
        return None
    runs = _runs(written, words, pair_starts, index)
    if max((run.last - run.first for run in runs), default=0) < MIN_LONGEST_RUN:
        return None
    chain = _chain(written, runs, weights)
    aligned = _measured(written, words, weights, chain, index)
    return aligned if aligned is not None and aligned.score >= least else None


def known_words(written: MarkedWords, index: Index) -> list[int]:
    """Return the numbers of the words whose pair with the next word occurs in the edition.

    Of many words a few are tried first; where most of those pairs are unknown, the list is empty.
    """
    words = index.forms(written)
    step = len(words) // TRIED
    tried = range(0, len(words) - 1, step) if step > 1 else ()
    if sum(index.pair_count(words[at], words[at + 1]) > 0 for at in tried) < len(tried) // 3:
        return []
    return [
        at
        for first, last in written.segments()
        for at in range(first, last - 1)
        if index.pair_count(words[at], words[at + 1])
    ]


def _runs(
    written: MarkedWords, words: Sequence[Alternatives], pair_starts: Sequence[int], index: Index
) -> list[MatchedPiece]:
    """Return the longest runs of two words or more that the edition has, none across a gap."""
    bounds = {at: segment for segment in written.segments() for at in range(*segment)}
    runs: set[MatchedPiece] = set()
    ends: dict[int, int] = {}  # of the last run at each distance between essay and edition
    for at in pair_starts:
        places = index.places(words[at], words[at + 1])
        for place in places if len(places) <= MAX_PLACES else ():
            if at >= ends.get(place - at, 0):
                run = _grown(words, index, *bounds[at], at, place)
                ends[place - at] = run.last
                runs.add(run)
    longest = sorted(runs, key=lambda run: (run.first - run.last, run.start))[:MAX_RUNS]
    return sorted(longest, key=lambda run: (run.first, run.start))


def _grown(
    words: Sequence[Alternatives], index: Index, first: int, last: int, at: int, place: int
) -> MatchedPiece:
    edition_words = index.stream.words
    start, end = at, at + 2
    low, high = place, place + 2
    while start > first and low > 0 and edition_words[low - 1] in words[start - 1]:
        start, low = start - 1, low - 1
    while end < last and high < len(edition_words) and edition_words[high] in words[end]:
        end, high = end + 1, high + 1
    return MatchedPiece(start, end, low, high)


def _chain(
    written: MarkedWords, runs: Sequence[MatchedPiece], weights: Sequence[float]
) -> list[MatchedPiece]:
    sums = [0.0, *accumulate(weights)]
    best: list[tuple[float, int]] = []
    trimmed: list[MatchedPiece] = []
    for run in runs:
        top, before, cut = sums[run.last] - sums[run.first], -1, run
        for number, (total, _) in enumerate(best):
            # Most runs cannot score enough, and are skipped before other checks.
            bound = total + sums[run.last] - sums[run.first]
            if bound <= top or bound - _least_cost(written, trimmed[number], run) <= top:
                continue
            follow = _trimmed(trimmed[number], run)
            if follow is not None:
                value = total + sums[follow.last] - sums[follow.first]
                value -= _cost(written, trimmed[number], follow)
                if value > top:
                    top, before, cut = value, number, follow
        best.append((top, before))
        trimmed.append(cut)
    at = max(range(len(best)), key=lambda number: best[number][0])
    chain: list[MatchedPiece] = []
    while at >= 0:
        chain.append(trimmed[at])
        at = best[at][1]
    return chain[::-1]


def _trimmed(before: MatchedPiece, run: MatchedPiece) -> MatchedPiece | None:
    """Return the part of a run that follows another one in the essay.

    In the edition it follows too, or is an earlier passage that was joined to it.
    """
    over = max(before.last - run.first, 0)
    back = run.end <= before.start
    if not back:
        over = max(over, before.end - run.start)
    elif min(run.last - run.first - over, before.last - before.first) < MIN_JOINED_WORDS:
        return None
    if over >= run.last - run.first:
        return None
    return MatchedPiece(run.first + over, run.last, run.start + over, run.end)


def _cost(written: MarkedWords, before: MatchedPiece, after: MatchedPiece) -> float:
    """Return the penalty for going from one run to the next: words skipped on either side."""
    skipped, added = _skipped(before, after), after.first - before.last
    if any(before.last <= gap <= after.first for gap in written.gaps):
        return 2 + log2(1 + skipped) + added
    return 1.5 * added + (skipped if skipped <= MAX_DROPPED else 5 + 1.5 * log2(skipped))


def _least_cost(written: MarkedWords, before: MatchedPiece, run: MatchedPiece) -> float:
    """Return a lower bound of `_cost` for a part of a run; faster to compute."""
    skipped = run.start - before.end if run.start >= before.end else before.end - run.end
    if written.gaps or skipped <= MAX_DROPPED:
        return 0
    return 5 + 1.5 * (skipped.bit_length() - 1)


def _skipped(before: MatchedPiece, after: MatchedPiece) -> int:
    """Count the edition's words between two runs; if they go backwards, all that they span."""
    return after.start - before.end if after.start >= before.end else before.end - after.start


def _measured(
    written: MarkedWords,
    words: Sequence[Alternatives],
    weights: Sequence[float],
    chain: Sequence[MatchedPiece],
    index: Index,
) -> AlignedPieces | None:
    """Fill the gaps of a chain, divide it into fragments and score it; None for a poor match."""
    edition_words = index.stream.words
    matched = set(range(chain[0].first, chain[0].last))
    pieces, joined = [_extended(words, chain[0], index, matched, back=True)], False
    altered = chain[0].start - pieces[0].start not in (0, chain[0].first)
    for before, run in pairwise(chain):
        marked = [gap for gap in written.gaps if before.last <= gap <= run.first]
        skipped, back = _skipped(before, run), run.start < before.start
        matched.update(range(run.first, run.last))
        whole = pieces[-1]._replace(last=run.last, end=run.end)
        if not (marked or back) and skipped <= MAX_DROPPED + run.first - before.last:
            altered = altered or skipped > 0 or run.first > before.last
            between = _common(words[before.last : run.first], edition_words[before.end : run.start])
            matched.update(before.last + at for at, _ in between)
            pieces[-1] = whole
        elif any(written.gaps[gap] == "inserted" for gap in marked) and not back and skipped <= 15:
            pieces[-1] = whole
        else:
            joined = joined or back or not marked
            pieces.append(run)
    last = pieces[-1]
    pieces[-1] = _extended(words, last, index, matched, back=False)
    altered = altered or pieces[-1].end - last.end not in (0, len(words) - last.last)
    if joined and min(piece.last - piece.first for piece in pieces) < MIN_JOINED_WORDS:
        return None
    there = sum(piece.end - piece.start for piece in pieces)
    score = 2 * len(matched) / (len(words) + max(there, len(matched)))
    heavy = sum(weights[at] for at in matched) / sum(weights)
    if min(score, len(matched) / len(words)) < MIN_SHARE or heavy < MIN_WEIGHT_SHARE:
        return None
    altered = altered or len(matched) < len(words)
    return AlignedPieces(tuple(pieces), score, len(matched), altered, joined)


def _common(
    words: Sequence[Alternatives], edition_words: Sequence[str]
) -> Iterator[tuple[int, int]]:
    """Yield the number of each word that the edition has in the same order, and its place there."""
    written = [next((form for form in forms if form in edition_words), forms[0]) for forms in words]
    for step in Indel.opcodes(written, edition_words):
        if step.tag == "equal":
            numbers = range(step.src_start, step.src_end)
            yield from zip(numbers, range(step.dest_start, step.dest_end), strict=True)


def _extended(
    words: Sequence[Alternatives], run: MatchedPiece, index: Index, matched: set[int], *, back: bool
) -> MatchedPiece:
    """Extend the first run by the words before it, or the last by the words behind it.

    It gets as many words of the edition as of the essay. If the outermost word is a little
    farther away, the run reaches there. All are in the same block.
    """
    rest, stream = run.first if back else len(words) - run.last, index.stream
    if not rest:
        return run
    if back:
        outside = words[rest - 1 :: -1]
        there = stream.words[max(run.start - rest - MAX_DROPPED, 0) : run.start][::-1]
    else:
        outside = words[run.last :]
        there = stream.words[run.end : run.end + rest + MAX_DROPPED]
    same = dict(_common(outside, there))  # both are counted from the run
    matched.update(rest - 1 - at if back else run.last + at for at in same)
    if rest - 1 in same:
        length = same[rest - 1] + 1
    elif same or rest <= 2:
        most = run.start if back else len(stream.words) - run.end
        length = max([min(rest, most), *(place + 1 for place in same.values())])
        while length and "\n" in (
            index.text[stream.starts[run.start - length] : stream.starts[run.start]]
            if back
            else index.text[stream.ends[run.end - 1] : stream.ends[run.end + length - 1]]
        ):
            length -= 1
    else:
        return run
    if back:
        return run._replace(first=0, start=run.start - length)
    return run._replace(last=len(words), end=run.end + length)
