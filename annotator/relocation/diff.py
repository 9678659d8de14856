"""Lining up the words of two texts: which stayed, which were altered, rewritten, gone or new.

A token is a word (with the apostrophes inside it), one ideograph or kana, a row of dashes, or one
other visible character; white space is never part of one. Case counts: `The` and `the` are two
tokens. Typography does not: curly quotes, soft hyphens and kinds of dashes make no difference.

Tokens that stand once on either side are anchors, and grow into runs; between anchors the few that
are left are paired so that the likest meet. That keeps runs whole where a shortest edit script
would scatter them.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from operator import eq, itemgetter
from typing import Literal, NamedTuple

from rapidfuzz.distance import Indel

from annotator.documents.align.similarity import heaviest_rising
from annotator.documents.folding import DASHES, IGNORABLE, UNSPACED, fold_words

Kind = Literal["same", "altered", "rewritten", "gone", "new"]
Words = Sequence[str]
Pair = tuple[int, int]
Box = tuple[int, int, int, int]

# Lengths of the sequences of words that serve as anchors, the surest first.
ANCHORS = (6, 3, 2, 1, 1)
# A rest between anchors is paired word by word only up to this many comparisons.
MOST_COMPARED = 2500
# From this similarity on, two words are taken for forms of one ("tend", "tends").
WORD_ALIKE = 0.6
_LETTER = rf"[^\W{UNSPACED}]"
_TOKEN = re.compile(
    rf"[{UNSPACED}]|{_LETTER}+(?:(?:['’ʼ]|[{IGNORABLE}]+){_LETTER}+)*|[{DASHES}]+|\.{{3}}"
    rf"|[^\w\s{IGNORABLE}]"
)
_WORDING = re.compile(rf"\n|{_TOKEN.pattern}")


class Tokens(NamedTuple):
    """The tokens of a few stretches of a text, in order; offsets count code points of the text.

    `words` have plain typography; they may be shorter than what stands in the text.
    """

    words: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def length(self, first: int, last: int) -> int:
        """Count the code points of the tokens `[first, last)`."""
        return sum(map(len, self.words[first:last]))


class Run(NamedTuple):
    """Old words `[a0, a1)` against new words `[b0, b1)`.

    In `same` and `altered` they correspond one for one, equal or not; in `rewritten` as a whole,
    neither side being empty; in `gone` the new side is empty, in `new` the old side.
    """

    kind: Kind
    a0: int
    a1: int
    b0: int
    b1: int


def tokens(text: str, stretches: Iterable[tuple[int, int]]) -> Tokens:
    """Cut the given `(start, end)` stretches of `text` into tokens."""
    found = [match for start, end in stretches for match in _TOKEN.finditer(text, start, end)]
    words = tuple(_plain(match.group()) for match in found)
    return Tokens(words, tuple(it.start() for it in found), tuple(it.end() for it in found))


@lru_cache(16)  # the same two are compared several times while one span is moved
def same_wording(text: str, other: str) -> bool:
    """Return whether two texts differ in nothing but typography, blocks being cut alike."""
    return text == other or all(map(eq, _wording(text), _wording(other)))


def _wording(text: str) -> Iterator[str | None]:
    """Yield the tokens of a text and where its lines end, then None."""
    for match in _WORDING.finditer(text.strip()):
        yield _plain(match.group())
    yield None


def _plain(word: str) -> str:
    plain = word.isascii() and "`" not in word and "--" not in word
    return word if plain else fold_words(word, "plain")


def line_up(
    old: Words, new: Words, fixed: Sequence[Run] = (), apart: Sequence[Run] = ()
) -> list[Run]:
    """Return runs that cover both lists in the order of the old, without gaps.

    Runs that are known are given: those that are `fixed`, in rising order, and those `apart` from
    the others, in any order. What else corresponds has the order of the fixed in both lists.
    """
    gone = (
        sorted((run.a0, run.a1) for run in apart if run.kind != "new"),
        sorted((run.b0, run.b1) for run in apart if run.kind != "gone"),
    )
    olds, news = _outside(len(old), gone[0]), _outside(len(new), gone[1])
    before, after = [old[at] for at in olds], [new[at] for at in news]
    pairs: list[Pair] = []
    a, b = 0, 0
    for run in [*fixed, Run("same", len(old), 0, len(new), 0)]:
        i, j = bisect_left(olds, run.a0), bisect_left(news, run.b0)
        pairs += _paired(before, after, (a, i, b, j), 0)
        a, b = i + run.a1 - run.a0, j + run.b1 - run.b0
        pairs += zip(range(i, a), range(j, b), strict=False)
    runs: list[Run] = []
    a, b = 0, 0
    for i, j in ((olds[at], news[other]) for at, other in pairs):
        _between(runs, old, new, (*_longest(a, i, gone[0]), *_longest(b, j, gone[1])))
        a, b = i + 1, j + 1
        kind: Kind = "same" if old[i] == new[j] else "altered"
        last = runs[-1] if runs else None
        if last and last.kind == kind and (last.a1, last.b1) == (i, j):
            runs[-1] = Run(kind, last.a0, a, last.b0, b)
        else:
            runs.append(Run(kind, i, a, j, b))
    _between(runs, old, new, (*_longest(a, len(old), gone[0]), *_longest(b, len(new), gone[1])))
    return sorted([*runs, *apart], key=itemgetter(1, 2)) if apart else runs


def _outside(number: int, gone: list[Pair]) -> Sequence[int]:
    """Return the numbers below `number` that are in none of the ranges."""
    within = {at for start, end in gone for at in range(start, end)}
    return [at for at in range(number) if at not in within] if within else range(number)


def _longest(start: int, end: int, gone: list[Pair]) -> Pair:
    """Return the longest part of a range outside of others, which are inside it or apart."""
    ends = [start, *(at for pair in gone if start <= pair[0] < end for at in pair), end]
    return max(zip(ends[::2], ends[1::2], strict=True), key=lambda part: part[1] - part[0])


def _paired(old: Words, new: Words, box: Box, depth: int) -> list[Pair]:
    """Return the pairs of words inside a box of both lists, in order."""
    a0, a1, b0, b1 = box
    head = tail = 0
    most = min(a1 - a0, b1 - b0)
    while head < most and old[a0 + head] == new[b0 + head]:
        head += 1
    while tail < most - head and old[a1 - tail - 1] == new[b1 - tail - 1]:
        tail += 1
    pairs = [(a0 + at, b0 + at) for at in range(head)]
    ends = [(a1 - at, b1 - at) for at in range(tail, 0, -1)]
    a0, a1, b0, b1 = box = a0 + head, a1 - tail, b0 + head, b1 - tail
    if a0 < a1 and b0 < b1 and depth == len(ANCHORS):
        pairs += _likest(old, new, box)
    elif a0 < a1 and b0 < b1:
        for i, j in [*_anchors(old, new, box, ANCHORS[depth]), (a1, b1)]:
            pairs += _paired(old, new, (a0, i, b0, j), depth + 1)
            if i < a1:
                pairs.append((i, j))
            a0, b0 = i + 1, j + 1
    return pairs + ends


def _anchors(old: Words, new: Words, box: Box, size: int) -> list[Pair]:
    """Return the first words of the sequences that stand once on either side, in rising order."""
    a0, a1, b0, b1 = box
    before, after = _once(old, a0, a1, size), _once(new, b0, b1, size)
    common = sorted((i, after[key]) for key, i in before.items() if key in after)
    chain = heaviest_rising([j for _, j in common], [1] * len(common))
    return [common[index] for index in chain]


def _once(words: Words, start: int, end: int, size: int) -> dict[tuple[str, ...], int]:
    places: dict[tuple[str, ...], int] = {}
    for at in range(start, end - size + 1):
        key = tuple(words[at : at + size])
        places[key] = -1 if key in places else at
    return {key: at for key, at in places.items() if at >= 0}


def _likest(old: Words, new: Words, box: Box) -> list[Pair]:
    """Pair the words of a small rest so that the sum of their likeness is greatest."""
    a0, a1, b0, b1 = box
    if (a1 - a0) * (b1 - b0) > MOST_COMPARED:
        return []
    best = [[0.0] * (b1 - b0 + 1) for _ in range(a1 - a0 + 1)]
    like = [[likeness(word, other) for other in new[b0:b1]] for word in old[a0:a1]]
    for i in range(a1 - a0 - 1, -1, -1):
        for j in range(b1 - b0 - 1, -1, -1):
            pair = best[i + 1][j + 1] + like[i][j] if like[i][j] else 0.0
            best[i][j] = max(pair, best[i + 1][j], best[i][j + 1])
    pairs: list[Pair] = []
    i = j = 0
    while i < a1 - a0 and j < b1 - b0:
        if like[i][j] and best[i][j] == best[i + 1][j + 1] + like[i][j]:
            pairs.append((a0 + i, b0 + j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def likeness(word: str, other: str) -> float:
    """Tell how sure it is that one word became the other: 1.0 equal, 0.0 not at all."""
    if word == other:
        return 1.0
    if is_word(word) != is_word(other):
        return 0.0
    if not is_word(word):
        return 0.3
    ratio = Indel.normalized_similarity(word.casefold(), other.casefold())
    return 0.9 * ratio if ratio >= WORD_ALIKE else 0.0


def is_word(word: str) -> bool:
    """Tell a word from a mark of punctuation."""
    return word[0].isalnum()


def _between(runs: list[Run], old: Words, new: Words, box: Box) -> None:
    """Add what stands between two pairs; marks around a rewritten word are new, no part of it."""
    a0, a1, b0, b1 = box
    if a0 == a1 or b0 == b1:
        if a0 < a1 or b0 < b1:
            runs.append(Run("gone" if a0 < a1 else "new", a0, a1, b0, b1))
        return
    first, last = b0, b1
    if any(is_word(word) for word in new[b0:b1]):
        while is_word(old[a0]) and not is_word(new[first]):
            first += 1
        while is_word(old[a1 - 1]) and not is_word(new[last - 1]):
            last -= 1
    if b0 < first:
        runs.append(Run("new", a0, a0, b0, first))
    kind: Kind = "altered" if a1 - a0 == last - first else "rewritten"
    runs.append(Run(kind, a0, a1, first, last))
    if last < b1:
        runs.append(Run("new", a1, a1, last, b1))
