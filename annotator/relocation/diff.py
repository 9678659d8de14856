"""Word diff of two texts: the words that are the same, altered, rewritten, deleted or inserted.

A token is a word (with its inner apostrophes), an ideograph or kana, a sequence of dashes, or any
other single visible character; it never contains white space. Tokens are compared with case but
without typography: curly quotes, soft hyphens and kinds of dashes make no difference.

Sequences that occur once in each text are anchors. The words between anchors are paired by
similarity. This keeps runs together that a shortest edit script would scatter.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import eq, itemgetter
from typing import Literal, NamedTuple

from rapidfuzz.distance import Indel

from annotator.documents.align.similarity import heaviest_increasing
from annotator.documents.folding import DASHES, IGNORABLE, UNSPACED, fold_words

Kind = Literal["same", "altered", "rewritten", "deleted", "inserted"]
Words = Sequence[str]
Pair = tuple[int, int]
Box = tuple[int, int, int, int]

# The number of words in an anchor, from the most reliable to the least.
ANCHOR_LENGTHS = (6, 3, 2, 1, 1)
# Words between anchors are paired only up to this many comparisons.
MAX_COMPARISONS = 2500
# At this similarity, two words count as forms of one word ("tend", "tends").
MIN_WORD_SIMILARITY = 0.6
_LETTER = rf"[^\W{UNSPACED}]"
_TOKEN = re.compile(
    rf"[{UNSPACED}]|{_LETTER}+(?:(?:['’ʼ]|[{IGNORABLE}]+){_LETTER}+)*|[{DASHES}]+|\.{{3}}"
    rf"|[^\w\s{IGNORABLE}]"
)
_TOKEN_OR_LINE_END = re.compile(rf"\n|{_TOKEN.pattern}")
Change = Literal["same", "struck", "added"]
PIECE = re.compile(r"\w+(?:[’'\-]\w+)*|\s+|[^\w\s]")


class Tokens(NamedTuple):
    """The tokens of some ranges of a text, in order, with their offsets in code points.

    `words` have plain typography, so a word may be shorter than its range.
    """

    words: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def length(self, first: int, last: int) -> int:
        """Count the code points of the tokens `[first, last)`."""
        return sum(map(len, self.words[first:last]))


class Run(NamedTuple):
    """Old words `[a0, a1)` against new words `[b0, b1)`.

    In `same` and `altered` runs, the words correspond one to one. In a `rewritten` run, only the
    whole sides correspond. A `deleted` run has no new words, an `inserted` run no old words.
    """

    kind: Kind
    a0: int
    a1: int
    b0: int
    b1: int


def tokens(text: str, ranges: Iterable[tuple[int, int]]) -> Tokens:
    """Split the `(start, end)` ranges of a text into tokens."""
    matches = [match for start, end in ranges for match in _TOKEN.finditer(text, start, end)]
    return Tokens(
        tuple(_fold_typography(match.group()) for match in matches),
        tuple(match.start() for match in matches),
        tuple(match.end() for match in matches),
    )


@lru_cache(16)  # relocating one span compares the same two texts several times
def same_wording(text: str, other: str) -> bool:
    """Return whether two texts have the same words and line breaks, ignoring typography."""
    return text == other or all(map(eq, _tokens_and_lines(text), _tokens_and_lines(other)))


def _tokens_and_lines(text: str) -> Iterator[str | None]:
    """Yield the tokens and the line feeds of a text, then None."""
    for match in _TOKEN_OR_LINE_END.finditer(text.strip()):
        yield _fold_typography(match.group())
    yield None


def _fold_typography(word: str) -> str:
    plain = word.isascii() and "`" not in word and "--" not in word
    return word if plain else fold_words(word, "plain")


def align_words(
    old: Words, new: Words, fixed: Sequence[Run] = (), moved: Sequence[Run] = ()
) -> list[Run]:
    """Return runs that cover both lists of words without gaps, in the order of the old list.

    `fixed` are given runs in ascending order on both sides; `moved` are given runs in any order.
    All other words are aligned in the order of the fixed runs.
    """
    old_moved = sorted((run.a0, run.a1) for run in moved if run.kind != "inserted")
    new_moved = sorted((run.b0, run.b1) for run in moved if run.kind != "deleted")
    old_indexes = _indexes_outside(len(old), old_moved)
    new_indexes = _indexes_outside(len(new), new_moved)
    before, after = [old[at] for at in old_indexes], [new[at] for at in new_indexes]
    pairs: list[Pair] = []
    a, b = 0, 0
    for run in [*fixed, Run("same", len(old), 0, len(new), 0)]:
        i, j = bisect_left(old_indexes, run.a0), bisect_left(new_indexes, run.b0)
        pairs += _match_words(before, after, (a, i, b, j), 0)
        a, b = i + run.a1 - run.a0, j + run.b1 - run.b0
        pairs += zip(range(i, a), range(j, b), strict=False)
    runs: list[Run] = []
    a, b = 0, 0
    for i, j in ((old_indexes[at], new_indexes[other]) for at, other in pairs):
        box = *_longest_outside(a, i, old_moved), *_longest_outside(b, j, new_moved)
        _add_unmatched(runs, old, new, box)
        a, b = i + 1, j + 1
        kind: Kind = "same" if old[i] == new[j] else "altered"
        last = runs[-1] if runs else None
        if last and last.kind == kind and (last.a1, last.b1) == (i, j):
            runs[-1] = Run(kind, last.a0, a, last.b0, b)
        else:
            runs.append(Run(kind, i, a, j, b))
    box = *_longest_outside(a, len(old), old_moved), *_longest_outside(b, len(new), new_moved)
    _add_unmatched(runs, old, new, box)
    return sorted([*runs, *moved], key=itemgetter(1, 2)) if moved else runs


def _indexes_outside(number: int, excluded: list[Pair]) -> Sequence[int]:
    """Return the indexes below `number` that are in none of the ranges."""
    inside = {at for start, end in excluded for at in range(start, end)}
    return [at for at in range(number) if at not in inside] if inside else range(number)


def _longest_outside(start: int, end: int, excluded: list[Pair]) -> Pair:
    """Return the longest part of a range outside the others, which never cross its ends."""
    ends = [start, *(at for pair in excluded if start <= pair[0] < end for at in pair), end]
    return max(zip(ends[::2], ends[1::2], strict=True), key=lambda part: part[1] - part[0])


def _match_words(old: Words, new: Words, box: Box, depth: int) -> list[Pair]:
    """Return the pairs of words within a box of both lists, in order."""
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
    if a0 < a1 and b0 < b1 and depth == len(ANCHOR_LENGTHS):
        pairs += _most_similar_pairs(old, new, box)
    elif a0 < a1 and b0 < b1:
        for i, j in [*_find_anchors(old, new, box, ANCHOR_LENGTHS[depth]), (a1, b1)]:
            pairs += _match_words(old, new, (a0, i, b0, j), depth + 1)
            if i < a1:
                pairs.append((i, j))
            a0, b0 = i + 1, j + 1
    return pairs + ends


def _find_anchors(old: Words, new: Words, box: Box, size: int) -> list[Pair]:
    """Return where the sequences that occur once on each side start, in ascending order."""
    a0, a1, b0, b1 = box
    before, after = _unique_sequences(old, a0, a1, size), _unique_sequences(new, b0, b1, size)
    common = sorted((i, after[key]) for key, i in before.items() if key in after)
    chain = heaviest_increasing([j for _, j in common], [1] * len(common))
    return [common[index] for index in chain]


def _unique_sequences(words: Words, start: int, end: int, size: int) -> dict[tuple[str, ...], int]:
    starts: dict[tuple[str, ...], int] = {}
    for at in range(start, end - size + 1):
        key = tuple(words[at : at + size])
        starts[key] = -1 if key in starts else at
    return {key: at for key, at in starts.items() if at >= 0}


def _most_similar_pairs(old: Words, new: Words, box: Box) -> list[Pair]:
    """Return the pairs with the greatest total similarity; none if the box is too big."""
    a0, a1, b0, b1 = box
    if (a1 - a0) * (b1 - b0) > MAX_COMPARISONS:
        return []
    totals = [[0.0] * (b1 - b0 + 1) for _ in range(a1 - a0 + 1)]
    similarities = [[token_similarity(word, other) for other in new[b0:b1]] for word in old[a0:a1]]
    for i in range(a1 - a0 - 1, -1, -1):
        for j in range(b1 - b0 - 1, -1, -1):
            pair = totals[i + 1][j + 1] + similarities[i][j] if similarities[i][j] else 0.0
            totals[i][j] = max(pair, totals[i + 1][j], totals[i][j + 1])
    pairs: list[Pair] = []
    i = j = 0
    while i < a1 - a0 and j < b1 - b0:
        if similarities[i][j] and totals[i][j] == totals[i + 1][j + 1] + similarities[i][j]:
            pairs.append((a0 + i, b0 + j))
            i, j = i + 1, j + 1
        elif totals[i][j] == totals[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def token_similarity(word: str, other: str) -> float:
    """Return the similarity of two words: 1.0 equal, 0.0 unrelated."""
    if word == other:
        return 1.0
    if is_word(word) != is_word(other):
        return 0.0
    if not is_word(word):
        return 0.3
    ratio = Indel.normalized_similarity(word.casefold(), other.casefold())
    return 0.9 * ratio if ratio >= MIN_WORD_SIMILARITY else 0.0


def is_word(word: str) -> bool:
    """Return whether a token is a word, not punctuation."""
    return word[0].isalnum()


def _add_unmatched(runs: list[Run], old: Words, new: Words, box: Box) -> None:
    """Add the runs between two pairs; punctuation new around a rewritten word is inserted."""
    a0, a1, b0, b1 = box
    if a0 == a1 or b0 == b1:
        if a0 < a1 or b0 < b1:
            runs.append(Run("deleted" if a0 < a1 else "inserted", a0, a1, b0, b1))
        return
    first, last = b0, b1
    if any(is_word(word) for word in new[b0:b1]):
        while is_word(old[a0]) and not is_word(new[first]):
            first += 1
        while is_word(old[a1 - 1]) and not is_word(new[last - 1]):
            last -= 1
    if b0 < first:
        runs.append(Run("inserted", a0, a0, b0, first))
    kind: Kind = "altered" if a1 - a0 == last - first else "rewritten"
    runs.append(Run(kind, a0, a1, first, last))
    if last < b1:
        runs.append(Run("inserted", a1, a1, last, b1))


@dataclass(frozen=True, slots=True)
class DiffPiece:
    """Some words of both versions (`same`), the old one (`struck`) or the new one (`added`)."""

    change: Change
    text: str


def word_diff(old: str, new: str) -> list[DiffPiece]:
    """Compare two versions word by word; joined pieces reproduce each version exactly."""
    before, after = PIECE.findall(old), PIECE.findall(new)
    pieces: list[DiffPiece] = []
    for run in align_words(before, after):
        pieces += _pieces(before[run.a0 : run.a1], after[run.b0 : run.b1])
    pieces = list(_change_lone_spaces(pieces))
    return [
        DiffPiece(change, "".join(piece.text for piece in group))
        for change, group in groupby(_struck_first(pieces), key=lambda piece: piece.change)
    ]


def _pieces(before: list[str], after: list[str]) -> Iterator[DiffPiece]:
    if len(before) == len(after):
        for old, new in zip(before, after, strict=True):
            if old == new:
                yield DiffPiece("same", old)
            else:
                yield DiffPiece("struck", old)
                yield DiffPiece("added", new)
        return
    yield from (DiffPiece("struck", word) for word in before)
    yield from (DiffPiece("added", word) for word in after)


def _change_lone_spaces(pieces: list[DiffPiece]) -> Iterator[DiffPiece]:
    """Mark a space between two changes as changed, so that a phrase is struck in one piece."""
    for number, piece in enumerate(pieces):
        neighbours = pieces[max(number - 1, 0) : number + 2 : 2]
        inner_space = piece.change == "same" and piece.text.isspace() and len(neighbours) == 2
        if inner_space and all(neighbour.change != "same" for neighbour in neighbours):
            yield DiffPiece("struck", piece.text)
            yield DiffPiece("added", piece.text)
        else:
            yield piece


def _struck_first(pieces: list[DiffPiece]) -> Iterator[DiffPiece]:
    """Yield the struck words before the added ones in each sequence of changes."""
    for _, group in groupby(pieces, key=lambda piece: piece.change == "same"):
        yield from sorted(group, key=lambda piece: piece.change == "added")
