"""Campaigns: comments of several people in nearly the same words, and each one's own words.

Comments are compared by runs of four words, and only with the longest of each group, so that no
chain of likenesses joins strangers. Words that are quoted from the document count for nothing. The
same comments give the same groups in any order.

The limits were tuned on the made letters of `benchmarks/campaigns.py`.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import LCSseq

from annotator.documents.folding import fold_words

RUN = 4  # words
MIN_RUNS = 12  # of one's own, not the document's; shorter comments are alike by chance
MIN_PEOPLE = 5
CONTAINED = 0.5  # of the shorter comment's runs are in the other: the same letter
LIKELY = 0.2  # the share above which the order of the words decides
IN_ORDER = 0.75  # of the shorter comment's words are in the other in the same order
ROUNDS = 2  # of computing common parts and members
SHARED = 0.2  # of a campaign's members must have a part of its letter
WORD = re.compile(r"\w+(?:['’]\w+)*")
Run = tuple[str, ...]


class Text(NamedTuple):
    """A comment for comparison; `author` identifies people."""

    id: str
    author: int
    body: str


class Member(NamedTuple):
    """A comment of a campaign; `own` are the spans of its body that the letter lacks."""

    id: str
    own: tuple[tuple[int, int], ...]
    own_words: int


@dataclass(frozen=True, slots=True)
class Campaign:
    """Comments of at least MIN_PEOPLE people; the leader has the fewest own words."""

    leader: str
    people: int
    members: tuple[Member, ...]


class _Comment(NamedTuple):
    id: str
    author: int
    spans: tuple[tuple[int, int], ...]
    runs: tuple[Run, ...]  # of every word on
    own: frozenset[Run]  # those that the document does not have
    words: tuple[str, ...]  # those that are not quoted


def runs_of(text: str) -> frozenset[Run]:
    """Return every run of words of a text, such as a document."""
    return frozenset(_runs(_words(text)[0]))


def _words(text: str) -> tuple[tuple[str, ...], tuple[tuple[int, int], ...]]:
    found = [(_folded(match[0]), match.span()) for match in WORD.finditer(text)]
    return tuple(word for word, _ in found), tuple(span for _, span in found)


@lru_cache(1 << 16)
def _folded(word: str) -> str:
    return fold_words(word).casefold()


def _runs(words: Sequence[str]) -> tuple[Run, ...]:
    return tuple(zip(*(words[at:] for at in range(RUN)), strict=False))


def find(texts: Iterable[Text], document: frozenset[Run] = frozenset()) -> list[Campaign]:
    """Return the campaigns among comments, the largest first; `document` has its runs."""
    comments = [_read(text, document) for text in texts]
    long = [comment for comment in comments if len(comment.own) >= MIN_RUNS]
    long.sort(key=_by_length)
    groups = _by_leaders(long)
    for _ in range(ROUNDS):
        groups = _by_letters(long, _letters(groups))
    found = [_campaign(group) for group in groups if _people(group) >= MIN_PEOPLE]
    return sorted(found, key=lambda campaign: (-campaign.people, campaign.leader))


def _by_leaders(comments: Sequence[_Comment]) -> list[list[_Comment]]:
    """Group comments with the longest that is the same letter; the largest group first."""
    groups: dict[str, list[_Comment]] = {}
    having: dict[Run, list[str]] = defaultdict(list)
    for comment in comments:
        shared = Counter(ident for run in comment.own for ident in having.get(run, ()))
        leaders = {ident: groups[ident][0] for ident in shared}
        best = _best(comment, shared, leaders)
        if best is None:
            groups[comment.id] = [comment]
            for run in comment.own:
                having[run].append(comment.id)
        else:
            groups[best].append(comment)
    return sorted(groups.values(), key=lambda group: (-_people(group), group[0].id))


def _by_letters(comments: Sequence[_Comment], letters: Sequence[set[Run]]) -> list[list[_Comment]]:
    """Group comments with the letter that has the most of their runs; the largest group first."""
    groups: dict[int, list[_Comment]] = defaultdict(list)
    having: dict[Run, list[int]] = defaultdict(list)
    for number, letter in enumerate(letters):
        for run in letter:
            having[run].append(number)
    for comment in comments:
        shared = Counter(number for run in comment.own for number in having.get(run, ()))
        if shared:
            number, many = min(shared.items(), key=lambda item: (-item[1], item[0]))
            if many >= CONTAINED * min(len(comment.own), len(letters[number])):
                groups[number].append(comment)
    return sorted(groups.values(), key=lambda group: (-_people(group), group[0].id))


def _letters(groups: Iterable[Sequence[_Comment]]) -> list[set[Run]]:
    """Return what each group of enough people has in common, without repetitions of larger ones.

    A leader may be a changed copy, and copies that were changed elsewhere have another leader; but
    the common part of a group is the letter itself.
    """
    letters: list[set[Run]] = []
    for group in groups:
        if _people(group) >= MIN_PEOPLE:
            letter = _letter(group)
            if not any(len(letter & other) >= CONTAINED * min(len(letter), len(other))
                       for other in letters):  # fmt: skip
                letters.append(letter)
    return letters


def _people(group: Sequence[_Comment]) -> int:
    return len({comment.author for comment in group})


def _letter(group: Sequence[_Comment]) -> set[Run]:
    """Return the runs that enough members of a group have."""
    having: dict[Run, set[int]] = defaultdict(set)
    for comment in group:
        for run in comment.runs:
            having[run].add(comment.author)
    least = max(2, SHARED * _people(group))
    return {run for run, authors in having.items() if len(authors) >= least}


def _read(text: Text, document: frozenset[Run]) -> _Comment:
    words, spans = _words(text.body)
    runs = _runs(words)
    quoted = {at + step for at, run in enumerate(runs) if run in document for step in range(RUN)}
    return _Comment(
        text.id, text.author, spans, runs, frozenset(runs) - document,
        tuple(word for at, word in enumerate(words) if at not in quoted),
    )  # fmt: skip


def _by_length(comment: _Comment) -> tuple[int, str, str]:
    """Sort the longest first, equals by their words, independently of the input order."""
    digest = hashlib.sha256(" ".join(comment.words).encode()).hexdigest()
    return -len(comment.own), digest, comment.id


def _best(
    comment: _Comment, shared: Mapping[str, int], leaders: Mapping[str, _Comment]
) -> str | None:
    """Return the leader with the most of a comment's runs, if it is the same letter."""
    for ident, many in sorted(shared.items(), key=lambda item: (-item[1], item[0])):
        leader = leaders[ident]
        part = many / min(len(comment.own), len(leader.own))
        if part < LIKELY:
            break
        shorter = min(len(comment.words), len(leader.words))
        if part >= CONTAINED or (
            LCSseq.similarity(comment.words, leader.words) >= IN_ORDER * shorter
        ):
            return ident
    return None


def _campaign(group: Sequence[_Comment]) -> Campaign:
    letter = _letter(group)
    members = [_member(comment, letter) for comment in group]
    members.sort(key=lambda member: (member.own_words, member.id))
    return Campaign(members[0].id, _people(group), tuple(members))


def _member(comment: _Comment, letter: set[Run]) -> Member:
    common = {at + step for at, run in enumerate(comment.runs) if run in letter
              for step in range(RUN)}  # fmt: skip
    own = {at for at in range(len(comment.spans)) if at not in common}
    own |= {at for span in _joined(own) for at in _repeated(comment, letter, *span)}
    spans = [(comment.spans[first][0], comment.spans[last][1]) for first, last in _joined(own)]
    return Member(comment.id, tuple(spans), len(own))


def _joined(places: Iterable[int]) -> list[tuple[int, int]]:
    """Return the first and the last of each row of adjacent words."""
    joined: list[tuple[int, int]] = []
    for at in sorted(places):
        before = joined and joined[-1][1] == at - 1
        joined.append((joined.pop()[0] if before else at, at))
    return joined


def _repeated(comment: _Comment, letter: set[Run], first: int, last: int) -> range:
    """Return the words after own words that the letter has once and the comment twice.

    They are before the own words too, and without the repetition the letter continues there. So a
    sentence that ends as the one before it is one's own to its end.
    """
    if not comment.runs:
        return range(0)
    words = [*(run[0] for run in comment.runs), *comment.runs[-1][1:]]
    before, after = words[max(first - RUN + 1, 0) : first], words[last + 1 :]
    for many in range(len(before), 0, -1):
        around = _runs((*before, *after[many : many + RUN - 1]))
        if before[-many:] == after[:many] and around and letter.issuperset(around):
            return range(last + 1, last + 1 + many)
    return range(0)
