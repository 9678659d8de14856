"""Passages that correspond in two editions, and the word diff of each.

The alignment or an editor supplies the pairs of old and new provisions, as ordinals (indexes in
`Parsed.provisions`). A passage is the text of one provision without its descendants, or of several
provisions connected by splits and merges. Offsets count code points.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from operator import itemgetter
from typing import NamedTuple

from annotator.documents.align.similarity import heaviest_increasing
from annotator.documents.parsed import Parsed
from annotator.relocation.diff import Kind, Run, Tokens, align_words, is_word, tokens

Pairs = Iterable[tuple[int, int]]
Range = tuple[int, int]

# Text up to a full stop; unlike in `documents.parsed`, code has sentences too.
_SENTENCE = re.compile(r"\S.*?(?:[.!?][”’\"')\]]*(?=\s|\Z)|\Z)", re.DOTALL)
# A run of this many words is not the same by chance.
MIN_LONG_RUN = 4
# If one side is this much longer, the alignment missed a split or a merge.
MIN_JOINED_RATIO = 1.3


class Succession:
    """The successors of each old provision, and whether it is still in place."""

    def __init__(self, old: Parsed, new: Parsed, pairs: Pairs) -> None:
        """Index the (old, new) pairs of ordinals; raise IndexError if one is not in its edition."""
        self._edition, self._old, self._new = old, old.provisions, new.provisions
        self._successors: dict[int, list[int]] = {}
        for before, after in sorted(set(pairs)):
            if not (0 <= before < len(self._old) and 0 <= after < len(self._new)):
                raise IndexError(f"there are no provisions ({before}, {after}) to pair")
            self._successors.setdefault(before, []).append(after)
        # The old provisions that are still in their section, in order with the others.
        self.in_place = self._find_in_place()

    def successors(self, ordinal: int | None) -> list[int]:
        """Return the new provisions that continue an old one, in the order of the text."""
        return self._successors.get(ordinal, []) if ordinal is not None else []

    def groups(self) -> list[tuple[list[int], list[int]]]:
        """Return the groups of provisions connected by splits and merges, each side in order."""
        owner: dict[int, int] = {}
        members: dict[int, tuple[list[int], list[int]]] = {}
        for before, afters in self._successors.items():
            group: tuple[list[int], list[int]] = ([before], [])
            for key in {owner[after] for after in afters if after in owner}:
                olds, news = members.pop(key)
                group[0].extend(olds)
                group[1].extend(news)
            group[1].extend(after for after in afters if after not in owner)
            members[before] = group
            owner.update(dict.fromkeys(group[1], before))
        return [(sorted(olds), sorted(news)) for olds, news in members.values()]

    def nearest_survivor(self, ordinal: int) -> int:
        """Return the new provision nearest to the position of a deleted old one."""
        for ancestor in self._edition.and_ancestors(ordinal):
            if successors := self.successors(ancestor):
                return successors[0]
        for neighbour in (*range(ordinal - 1, -1, -1), *range(ordinal + 1, len(self._old))):
            if successors := self.successors(neighbour):
                section = self._new[successors[0]].section
                return successors[0] if section is None else section
        return 0

    def is_between_neighbours(self, ordinal: int, other: int) -> bool:
        """Return whether a new provision is between the successors of an old one's neighbours."""
        low = next(filter(self.in_place.__contains__, range(ordinal - 1, -1, -1)), None)
        high = next(filter(self.in_place.__contains__, range(ordinal + 1, len(self._old))), None)
        return (low is None or self._successors[low][0] <= other) and (
            high is None or other <= self._successors[high][-1]
        )

    def _find_in_place(self) -> set[int]:
        siblings: dict[int | None, list[int]] = defaultdict(list)
        for before, afters in self._successors.items():
            section, after = self._old[before].section, self._new[afters[0]].section
            if (section is after is None) or after in self.successors(section):
                siblings[section].append(before)
        placed: set[int] = set()
        for ordinals in siblings.values():
            # Merged provisions share a successor; they are in order there if they were before.
            positions = [self._successors[at][0] * len(self._old) + at for at in ordinals]
            lengths = [max(1, self._old[at].end - self._old[at].start) for at in ordinals]
            placed.update(ordinals[index] for index in heaviest_increasing(positions, lengths))
        return placed


class NewSpan(NamedTuple):
    """The range `[start, end)` of the new text that some words of a span correspond to.

    `kind` is the kind of their run: `same`, `altered` or `rewritten`. `weight` counts their old
    characters without white space. `is_partial`: the span has only some words of a rewritten run.
    `in_long_run`: the run is `same` with at least MIN_LONG_RUN words, in or around the span.
    `is_unique`: the passage was not split or merged, or has the words of the run once on each side.
    """

    start: int
    end: int
    weight: int
    kind: Kind
    is_partial: bool = False
    in_long_run: bool = False
    is_unique: bool = True


class Passage:
    """Ranges of the old text and the corresponding ranges of the new text.

    Sentences on both sides are paired even in another order; a word diff, computed on first use,
    aligns the other words.
    """

    def __init__(
        self,
        old: str,
        new: str,
        before: Sequence[Range],
        after: Sequence[Range],
        *,
        joined: bool = True,
        prose: bool = True,
        excerpt: bool = False,
    ) -> None:
        """Initialize a passage; `joined` if it has several provisions on one side.

        A missed split or merge is only detected in `prose`: code that grows was not joined. Of an
        `excerpt` the old side lacks text, as after a missed merge.
        """
        lengths = [sum(end - start for start, end in side) for side in (before, after)]
        self._old, self._new = old, new
        self._missed_join = excerpt or (
            prose and not joined and max(lengths) > MIN_JOINED_RATIO * min(lengths)
        )
        self._joined = joined or self._missed_join
        self._before, self._after = before, after

    @cached_property
    def shifts(self) -> dict[int, int] | None:
        """The offset change of each range, by its start; None if the texts differ."""
        if len(self._before) != len(self._after):
            return None
        both = list(zip(self._before, self._after, strict=True))
        if any(self._old[a:b] != self._new[c:d] for (a, b), (c, d) in both):
            return None
        return {a: c - a for (a, _), (c, _) in both}

    @cached_property
    def _tokens(self) -> tuple[Tokens, Tokens]:
        return tokens(self._old, self._before), tokens(self._new, self._after)

    def _is_unique(self, run: Run) -> bool:
        """Return whether the words of a `same` run, without punctuation around, occur once a side.

        After a missed split or merge, the old side lacks text, so they must occur once in the
        whole old edition.
        """
        if not self._joined or run.kind != "same":
            return not self._joined
        side = self._tokens[0]
        run_words = side.words[run.a0 : run.a1]
        places = [at for at, word in enumerate(run_words) if is_word(word)] or [0, len(run_words)]
        words = f" {' '.join(run_words[places[0] : places[-1] + 1])} "
        whole = self._old[side.starts[run.a0] : side.ends[run.a1 - 1]]
        texts = [(text, words) for text in self._joined_words]
        texts += [(self._old, whole)] * self._missed_join
        return all(text.find(part, text.find(part) + 1) < 0 for text, part in texts)

    @cached_property
    def _joined_words(self) -> list[str]:
        return [f" {' '.join(side.words)} " for side in self._tokens]

    @cached_property
    def _sentences(self) -> tuple[list[_TokenSentence], list[_TokenSentence]]:
        before, after = self._tokens
        return (
            _sentences(self._old, self._before, before),
            _sentences(self._new, self._after, after),
        )

    @cached_property
    def _runs(self) -> tuple[list[Run], list[Range]]:
        """The runs of the diff, and the old sentences with several candidates."""
        (before, after), (olds, news) = self._tokens, self._sentences
        pairs, ambiguous = _equal_sentences(olds, news)
        both = [Run("same", *olds[at].tokens, *news[other].tokens) for at, other in pairs]
        chain = {*heaviest_increasing([run.b0 for run in both], [run.a1 - run.a0 for run in both])}
        fixed = [both[at] for at in sorted(chain) if both[at].a1 - both[at].a0 >= MIN_LONG_RUN]
        moved = [run for at, run in enumerate(both) if at not in chain]
        if moved:
            # If sentences moved, their order does not distinguish sentences with the same words.
            moved += [Run("deleted", *olds[at].tokens, 0, 0) for at in ambiguous[0]]
            moved += [Run("inserted", 0, 0, *news[at].tokens) for at in ambiguous[1]]
        runs = align_words(before.words, after.words, fixed, moved)
        return runs, [olds[at].tokens for at in ambiguous[0]] if moved else []

    def foreign_length(self, span: Range, new_span: Range) -> int:
        """Count the code points of a new range whose words are the same as outside the old span."""
        before, after = self._tokens
        old, new = _token_range(before, span), _token_range(after, new_span)
        first = bisect_right(self._same_runs, new[0], key=lambda run: run.b1)
        last = bisect_left(self._same_runs, new[1], key=lambda run: run.b0)
        return sum(
            len(after.words[at])
            for run in self._same_runs[first:last]
            for at in range(max(run.b0, new[0]), min(run.b1, new[1]))
            if not old[0] <= at - run.b0 + run.a0 < old[1]
        )

    @cached_property
    def _same_runs(self) -> list[Run]:
        """The `same` runs, in the order of the new text."""
        return sorted((run for run in self._runs[0] if run.kind == "same"), key=itemgetter(3))

    def is_sentence(self, span: Range) -> bool:
        """Return whether an old span is a sentence."""
        token_range = _token_range(self._tokens[0], span)
        return any(sentence.tokens == token_range for sentence in self._sentences[0])

    def is_ambiguous(self, span: Range) -> bool:
        """Return whether a span is within a sentence with several candidates."""
        first, last = _token_range(self._tokens[0], span)
        return any(low <= first and last <= high for low, high in self._runs[1])

    def find_unique(self, words: str) -> Range | None:
        """Return the new range of words that occur once on each side, as in `_is_unique`.

        Words that have become part of another ("tend", "tends") are not there.
        """
        if self._missed_join and self._old.count(words) > 1:
            return None
        found: list[Range] = []
        for text, side in ((self._old, self._before), (self._new, self._after)):
            if sum(text.count(words, *span) for span in side) != 1:
                return None
            at = max(text.find(words, *span) for span in side)
            found.append((at, at + len(words)))
        old, new = found
        return new if splits_word(self._new, *new) <= splits_word(self._old, *old) else None

    @cached_property
    def mostly_deleted(self) -> bool:
        """Return whether less than half of the old words are the same; some may match by chance."""
        same = sum(run.a1 - run.a0 for run in self._runs[0] if run.kind == "same")
        return 2 * same < len(self._tokens[0].words)

    def new_spans(self, start: int, end: int) -> Iterator[NewSpan]:
        """Yield the new spans of the words that `[start, end)` touches, except deleted words.

        If it starts or ends inside a word that is the same, so does the new span.
        """
        (before, after), (runs, _) = self._tokens, self._runs
        first, last = _token_range(before, (start, end))
        lowest = bisect_right(runs, first, key=lambda run: run.a1)
        highest = bisect_left(runs, last, lowest, key=lambda run: run.a0)
        for run in runs[lowest:highest]:
            kind, a0, a1, b0, b1 = run
            low, high = max(first, a0), min(last, a1)
            weight = before.length(low, high)
            if kind == "rewritten":
                partial, unique = high - low < a1 - a0, not self._joined
                new_start, new_end = after.starts[b0], after.ends[b1 - 1]
                yield NewSpan(new_start, new_end, weight, kind, partial, is_unique=unique)
            elif kind in ("same", "altered"):
                new_start, new_end = after.starts[b0 + low - a0], after.ends[b0 + high - a0 - 1]
                if kind == "same":
                    new_start += max(0, start - before.starts[low])
                    new_end -= max(0, before.ends[high - 1] - end)
                long, unique = kind == "same" and a1 - a0 >= MIN_LONG_RUN, self._is_unique(run)
                yield NewSpan(new_start, new_end, weight, kind, False, long, unique)


def splits_word(text: str, start: int, end: int) -> bool:
    """Return whether a range starts or ends inside a word."""
    edges = text[max(0, start - 1) : start + 1], text[end - 1 : end + 1]
    return any(len(edge) == 2 and edge.isalnum() for edge in edges)


def _token_range(side: Tokens, span: Range) -> Range:
    """Return the tokens `[first, last)` that a range touches."""
    return bisect_right(side.ends, span[0]), bisect_left(side.starts, span[1])


class _TokenSentence(NamedTuple):
    """The words of a sentence, and their tokens `[first, last)` on its side."""

    words: tuple[str, ...]
    tokens: Range


def _sentences(text: str, ranges: Sequence[Range], side: Tokens) -> list[_TokenSentence]:
    """Return the sentences of one side, in order."""
    spans = [
        (bisect_left(side.starts, match.start()), bisect_left(side.starts, match.end()))
        for start, end in ranges
        for match in _SENTENCE.finditer(text, start, end)
    ]
    return [_TokenSentence(side.words[first:last], (first, last)) for first, last in spans]


def _equal_sentences(
    olds: Sequence[_TokenSentence], news: Sequence[_TokenSentence]
) -> tuple[list[tuple[int, int]], tuple[list[int], list[int]]]:
    """Return the pairs of equal sentences, by index, and the ambiguous sentences of each side.

    Sentences that occur once on each side are paired. Repeated sentences are paired if both the
    sentences before them and the sentences after them are.
    """
    counts = Counter(old.words for old in olds), Counter(new.words for new in news)
    new_indexes = {new.words: at for at, new in enumerate(news)}
    pairs = {
        at: new_indexes[old.words]
        for at, old in enumerate(olds)
        if counts[0][old.words] == counts[1][old.words] == 1
    }
    neighbours: list[set[tuple[int, int]]] = [set(), set()]
    for step, following in zip((1, -1), neighbours, strict=True):
        for at, other in pairs.items():
            at, other = at + step, other + step
            while (
                0 <= at < len(olds) and 0 <= other < len(news) and at not in pairs
                and olds[at].words == news[other].words
            ):  # fmt: skip
                following.add((at, other))
                at, other = at + step, other + step
    pairs |= dict(neighbours[0] & neighbours[1])
    common, paired = counts[0].keys() & counts[1].keys(), set(pairs.values())
    return sorted(pairs.items()), (
        [at for at, old in enumerate(olds) if old.words in common and at not in pairs],
        [at for at, new in enumerate(news) if new.words in common and at not in paired],
    )


def build_passages(old: Parsed, new: Parsed, succession: Succession) -> dict[int, Passage]:
    """Return the passage of each old provision with a successor, by its ordinal."""
    by_provision: dict[int, Passage] = {}
    for olds, news in succession.groups():
        passage = Passage(
            old.text, new.text,
            own_ranges(old, olds),
            own_ranges(new, news),
            joined=len(olds) + len(news) > 2,
            prose=all(old.provisions[ordinal].kind != "code" for ordinal in olds),
        )  # fmt: skip
        by_provision.update(dict.fromkeys(olds, passage))
    return by_provision


def own_ranges(parsed: Parsed, provisions: Iterable[int]) -> list[Range]:
    """Return the ranges of provisions without their descendants."""
    return [(block.start, block.end) for at in provisions for block in parsed.own_blocks[at]]
