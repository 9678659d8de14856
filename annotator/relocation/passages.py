"""Which provisions continue which, and where each of their words went.

The pairs of old and new provisions are given, by the alignment or by an editor; here it is worked
out what follows from them. Provisions are named by their ordinals, their indexes in
`Parsed.provisions`. A passage is the own words of one provision, or of those that a split or a
merge ties together. Offsets are code points of either text.
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
from annotator.relocation.diff import Kind, Run, Tokens, align_words, tokens

Pairs = Iterable[tuple[int, int]]
Stretch = tuple[int, int]

# Whatever follows a stop; what is code for the convention has sentences here too.
_SENTENCE = re.compile(r"\S.*?(?:[.!?][”’\"')\]]*(?=\s|\Z)|\Z)", re.DOTALL)
# So many words in a row do not stay by chance.
FIRM = 4
# Where one side is so much longer, it was joined with text, or divided, unnoticed by the alignment.
JOINED = 1.3


class Succession:
    """The heirs of each old provision, and whether it kept its place among its neighbours."""

    def __init__(self, old: Parsed, new: Parsed, pairs: Pairs) -> None:
        """Take two editions and the (old, new) ordinals that correspond. Raises IndexError."""
        self._old, self._new = old.provisions, new.provisions
        self._heirs: dict[int, list[int]] = {}
        for before, after in sorted(set(pairs)):
            if not (0 <= before < len(self._old) and 0 <= after < len(self._new)):
                raise IndexError(f"there are no provisions ({before}, {after}) to pair")
            self._heirs.setdefault(before, []).append(after)
        self._placed = self._in_place()

    def heirs(self, ordinal: int | None) -> list[int]:
        """Return the new provisions that continue an old one, in the order of the text."""
        return self._heirs.get(ordinal, []) if ordinal is not None else []

    def in_place(self, ordinal: int) -> bool:
        """Return whether an old provision still stands in its section, in order with the others."""
        return ordinal in self._placed

    def groups(self) -> list[tuple[list[int], list[int]]]:
        """Return the provisions that splits and merges tie together, each side in order."""
        owner: dict[int, int] = {}
        members: dict[int, tuple[list[int], list[int]]] = {}
        for before, afters in self._heirs.items():
            group: tuple[list[int], list[int]] = ([before], [])
            for key in {owner[after] for after in afters if after in owner}:
                olds, news = members.pop(key)
                group[0].extend(olds)
                group[1].extend(news)
            group[1].extend(after for after in afters if after not in owner)
            members[before] = group
            owner.update(dict.fromkeys(group[1], before))
        return [(sorted(olds), sorted(news)) for olds, news in members.values()]

    def remains(self, ordinal: int) -> int:
        """Return the new provision that stands nearest to where an old one, now gone, stood."""
        up: int | None = ordinal
        while up is not None:
            if heirs := self.heirs(up):
                return heirs[0]
            up = self._old[up].parent
        for neighbour in (*range(ordinal - 1, -1, -1), *range(ordinal + 1, len(self._old))):
            if heirs := self.heirs(neighbour):
                section = self._new[heirs[0]].section
                return heirs[0] if section is None else section
        return 0

    def beside(self, ordinal: int, other: int) -> bool:
        """Return whether a new provision stands where an old one and its neighbours stood."""
        before = (at for at in range(ordinal - 1, -1, -1) if at in self._placed)
        after = (at for at in range(ordinal + 1, len(self._old)) if at in self._placed)
        low, high = next(before, None), next(after, None)
        return (low is None or self._heirs[low][0] <= other) and (
            high is None or other <= self._heirs[high][-1]
        )

    def _in_place(self) -> set[int]:
        siblings: dict[int | None, list[int]] = defaultdict(list)
        for before, afters in self._heirs.items():
            section, after = self._old[before].section, self._new[afters[0]].section
            if (section is after is None) or after in self.heirs(section):
                siblings[section].append(before)
        placed: set[int] = set()
        for ordinals in siblings.values():
            # What was merged has one heir; it is in order there if it was in order before.
            places = [self._heirs[at][0] * len(self._old) + at for at in ordinals]
            lengths = [max(1, self._old[at].end - self._old[at].start) for at in ordinals]
            placed.update(ordinals[index] for index in heaviest_increasing(places, lengths))
        return placed


class NewSpan(NamedTuple):
    """Where some words of a span went: `[start, end)` of the new text.

    `kind` is that of the run they are in: `same`, `altered` or `rewritten`. Where a part is `cut`,
    the span holds but some of the words of a rewritten run, which correspond as a whole only.
    `weight` counts the characters of the old words, white space left out; `firm` says that they
    stayed in a run of at least FIRM words, in the span or around it, `sure` that a passage which
    was joined or divided has the words of that run once on either side.
    """

    start: int
    end: int
    weight: int
    kind: Kind
    cut: bool = False
    firm: bool = False
    sure: bool = True


class Passage:
    """Stretches of the old text and the stretches of the new text that correspond to them.

    A sentence that stands on both sides as often, in another order, is followed to where it stands;
    the other words through a token diff, which is made at the first question and kept.
    """

    def __init__(
        self,
        old: str,
        new: str,
        before: Sequence[Stretch],
        after: Sequence[Stretch],
        *,
        joined: bool = True,
        prose: bool = True,
    ) -> None:
        """Take two texts and their stretches; `joined` where these are of several provisions.

        Code that grows is no text that was joined; it is not `prose`.
        """
        lengths = [sum(end - start for start, end in side) for side in (before, after)]
        self._old, self._new = old, new
        self._unnoticed = prose and not joined and max(lengths) > JOINED * min(lengths)
        self._joined = joined or self._unnoticed
        self._before, self._after = before, after

    @cached_property
    def shifts(self) -> dict[int, int] | None:
        """How far each stretch went, by its start, where every word is the same; else None."""
        if len(self._before) != len(self._after):
            return None
        both = list(zip(self._before, self._after, strict=True))
        if any(self._old[a:b] != self._new[c:d] for (a, b), (c, d) in both):
            return None
        return {a: c - a for (a, _), (c, _) in both}

    @cached_property
    def _sides(self) -> tuple[Tokens, Tokens]:
        return tokens(self._old, self._before), tokens(self._new, self._after)

    def _is_sure(self, run: Run) -> bool:
        """Return whether the words of a run that stayed stand once on either side.

        Where text was joined unnoticed, it is not on the old side, so there they must stand once in
        the old edition.
        """
        if not self._joined or run.kind != "same":
            return not self._joined
        side = self._sides[0]
        words = f" {' '.join(side.words[run.a0 : run.a1])} "
        whole = self._old[side.starts[run.a0] : side.ends[run.a1 - 1]]
        texts = [(text, words) for text in self._joined_words]
        texts += [(self._old, whole)] * self._unnoticed
        return all(text.find(part, text.find(part) + 1) < 0 for text, part in texts)

    @cached_property
    def _joined_words(self) -> list[str]:
        return [f" {' '.join(side.words)} " for side in self._sides]

    @cached_property
    def _sentences(self) -> tuple[list[_TokenSentence], list[_TokenSentence]]:
        before, after = self._sides
        return (
            _sentences(self._old, self._before, before),
            _sentences(self._new, self._after, after),
        )

    @cached_property
    def _runs(self) -> tuple[list[Run], list[Stretch]]:
        """The runs of the diff, and the old sentences that may have become any of several."""
        (before, after), (olds, news) = self._sides, self._sentences
        pairs, unsure = _same_sentences(olds, news)
        both = [Run("same", *olds[at].tokens, *news[other].tokens) for at, other in pairs]
        chain = {*heaviest_increasing([run.b0 for run in both], [run.a1 - run.a0 for run in both])}
        fixed = [both[at] for at in sorted(chain) if both[at].a1 - both[at].a0 >= FIRM]
        apart = [run for at, run in enumerate(both) if at not in chain]
        if apart:
            # Where sentences moved, their order does not tell those of the same words apart.
            apart += [Run("deleted", *olds[at].tokens, 0, 0) for at in unsure[0]]
            apart += [Run("inserted", 0, 0, *news[at].tokens) for at in unsure[1]]
        runs = align_words(before.words, after.words, fixed, apart)
        return runs, [olds[at].tokens for at in unsure[0]] if apart else []

    def foreign(self, span: Stretch, found: Stretch) -> int:
        """Count the code points at `found` in words that stayed and are no part of the span."""
        before, after = self._sides
        old, new = _touched(before, span), _touched(after, found)
        first = bisect_right(self._stayed, new[0], key=lambda run: run.b1)
        last = bisect_left(self._stayed, new[1], key=lambda run: run.b0)
        return sum(
            len(after.words[at])
            for run in self._stayed[first:last]
            for at in range(max(run.b0, new[0]), min(run.b1, new[1]))
            if not old[0] <= at - run.b0 + run.a0 < old[1]
        )

    @cached_property
    def _stayed(self) -> list[Run]:
        """The runs that are the same, in the order of the new text."""
        return sorted((run for run in self._runs[0] if run.kind == "same"), key=itemgetter(3))

    def is_sentence(self, span: Stretch) -> bool:
        """Return whether an old span is a sentence."""
        touched = _touched(self._sides[0], span)
        return any(sentence.tokens == touched for sentence in self._sentences[0])

    def unsure(self, span: Stretch) -> bool:
        """Return whether a span lies in a sentence that may have become any of several."""
        first, last = _touched(self._sides[0], span)
        return any(low <= first and last <= high for low, high in self._runs[1])

    def only(self, words: str) -> Stretch | None:
        """Return where words stand that both sides have once; `_is_sure` says when that tells."""
        if self._unnoticed and self._old.count(words) > 1:
            return None
        for text, side in ((self._old, self._before), (self._new, self._after)):
            if sum(text.count(words, *stretch) for stretch in side) != 1:
                return None
        at = max(self._new.find(words, *stretch) for stretch in self._after)
        return at, at + len(words)

    @cached_property
    def sparse(self) -> bool:
        """Return whether less than half of the old words stayed, so that few may meet by chance."""
        stayed = sum(run.a1 - run.a0 for run in self._runs[0] if run.kind == "same")
        return 2 * stayed < len(self._sides[0].words)

    def land(self, start: int, end: int) -> Iterator[NewSpan]:
        """Follow the words that `[start, end)` touches; those that are gone have no part.

        Where it begins or ends inside a word that stayed, so does the part.
        """
        (before, after), (runs, _) = self._sides, self._runs
        first, last = _touched(before, (start, end))
        lowest = bisect_right(runs, first, key=lambda run: run.a1)
        highest = bisect_left(runs, last, lowest, key=lambda run: run.a0)
        for run in runs[lowest:highest]:
            kind, a0, a1, b0, b1 = run
            low, high = max(first, a0), min(last, a1)
            weight = before.length(low, high)
            if kind == "rewritten":
                cut = high - low < a1 - a0
                yield NewSpan(
                    after.starts[b0], after.ends[b1 - 1], weight, kind, cut, sure=not self._joined
                )
            elif kind in ("same", "altered"):
                new_start, new_end = after.starts[b0 + low - a0], after.ends[b0 + high - a0 - 1]
                if kind == "same":
                    new_start += max(0, start - before.starts[low])
                    new_end -= max(0, before.ends[high - 1] - end)
                firm = kind == "same" and a1 - a0 >= FIRM
                yield NewSpan(new_start, new_end, weight, kind, False, firm, self._is_sure(run))


def _touched(side: Tokens, stretch: Stretch) -> Stretch:
    """Return the tokens `[first, last)` that a stretch touches."""
    return bisect_right(side.ends, stretch[0]), bisect_left(side.starts, stretch[1])


class _TokenSentence(NamedTuple):
    """The words of a sentence, and which tokens `[first, last)` of its side they are."""

    words: tuple[str, ...]
    tokens: Stretch


def _sentences(text: str, stretches: Sequence[Stretch], side: Tokens) -> list[_TokenSentence]:
    """Return the sentences of one side, in order."""
    spans = [
        (bisect_left(side.starts, match.start()), bisect_left(side.starts, match.end()))
        for start, end in stretches
        for match in _SENTENCE.finditer(text, start, end)
    ]
    return [_TokenSentence(side.words[first:last], (first, last)) for first, last in spans]


def _same_sentences(
    olds: Sequence[_TokenSentence], news: Sequence[_TokenSentence]
) -> tuple[list[tuple[int, int]], tuple[list[int], list[int]]]:
    """Return which sentences are the same, by index, and those of either side that may be several.

    A sentence is known by its words where it stands once on each side. One that stands more often
    is known by the sentences before and after it, if both are the same.
    """
    times = Counter(one.words for one in olds), Counter(one.words for one in news)
    places = {one.words: at for at, one in enumerate(news)}
    known = {
        at: places[one.words]
        for at, one in enumerate(olds)
        if times[0][one.words] == times[1][one.words] == 1
    }
    beside: list[set[tuple[int, int]]] = [set(), set()]
    for step, found in zip((1, -1), beside, strict=True):
        for at, other in known.items():
            at, other = at + step, other + step
            while (
                0 <= at < len(olds) and 0 <= other < len(news) and at not in known
                and olds[at].words == news[other].words
            ):  # fmt: skip
                found.add((at, other))
                at, other = at + step, other + step
    known |= dict(beside[0] & beside[1])
    both, taken = times[0].keys() & times[1].keys(), set(known.values())
    return sorted(known.items()), (
        [at for at, one in enumerate(olds) if one.words in both and at not in known],
        [at for at, one in enumerate(news) if one.words in both and at not in taken],
    )


def passages(old: Parsed, new: Parsed, succession: Succession) -> dict[int, Passage]:
    """Return the passage that each old provision with an heir belongs to, by its ordinal."""
    before, after = _own_words(old), _own_words(new)
    found: dict[int, Passage] = {}
    for olds, news in succession.groups():
        passage = Passage(
            old.text, new.text,
            [stretch for ordinal in olds for stretch in before[ordinal]],
            [stretch for ordinal in news for stretch in after[ordinal]],
            joined=len(olds) + len(news) > 2,
            prose=all(old.provisions[ordinal].kind != "code" for ordinal in olds),
        )  # fmt: skip
        found.update(dict.fromkeys(olds, passage))
    return found


def _own_words(parsed: Parsed) -> dict[int, list[Stretch]]:
    """Return the blocks of each provision, its descendants' left out."""
    own: dict[int, list[Stretch]] = defaultdict(list)
    for block in parsed.blocks:
        own[block.provision].append((block.start, block.end))
    return own
