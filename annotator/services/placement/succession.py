"""What became of a provision from one edition to another, by the recorded alignments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from rapidfuzz.distance import Levenshtein
from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.models import Alignment
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded

Verdict = Literal["same", "edited", "moved", "split", "merged", "retired"]


@dataclass(frozen=True, slots=True)
class Fate:
    """What a provision is in another edition.

    `ordinals` are what it lives on in there, the one with its pid first; none where it is retired.
    """

    verdict: Verdict
    score: float
    ordinals: tuple[int, ...]


def fate(session: Session, old: Loaded, ordinal: int, new: Loaded) -> Fate:
    """Follow a provision from `old` into `new`, step by step, in either direction of time."""
    held = {ordinal}
    seen: set[str] = set()
    for before, after in _steps(session, old, new):
        rows = _relations(session, before, after)
        related = [row for row in rows if row[0] in held]
        held = {found for _, found, _ in related if found is not None}
        seen |= {verdict for _, found, verdict in related if found is not None}
        if not held:
            return Fate("retired", 0.0, ())
    own = new.ordinals.get(old.pids[ordinal])
    ordinals = tuple(sorted(held, key=lambda at: (at != own, at)))
    was, words = _words(old, ordinal), " ".join(_words(new, at) for at in ordinals)
    verdict: Verdict = "same" if was == words else "edited"
    if seen & {"split", "merged"} and verdict == "edited":
        verdict = "split" if "split" in seen else "merged"
    elif "moved" in seen and verdict == "same":
        verdict = "moved"
    score = 1.0 if was == words else Levenshtein.normalized_similarity(was, words)
    return Fate(verdict, score, ordinals)


def _words(loaded: Loaded, ordinal: int) -> str:
    provision = loaded.parsed.provisions[ordinal]
    return loaded.parsed.text[provision.start : provision.end]


def _steps(session: Session, old: Loaded, new: Loaded) -> list[tuple[Loaded, Loaded]]:
    """Pair the editions on the way, each with the next, in the direction of travel."""
    low, high = sorted((old.sequence, new.sequence))
    every = editions.every(session, old.document_id)
    way = [loaded for loaded in every if low <= loaded.sequence <= high]
    if old.sequence > new.sequence:
        way.reverse()
    return list(pairwise(way))


def _relations(
    session: Session, before: Loaded, after: Loaded
) -> Sequence[tuple[int | None, int | None, str]]:
    """Read how two neighbouring editions relate, as (from, to, verdict).

    Where no alignment of the two is recorded, since one was put between others later, what has the
    same pid corresponds.
    """
    earlier, later = sorted((before, after), key=lambda loaded: loaded.sequence)
    rows = session.execute(
        select(Alignment.old, Alignment.new, Alignment.verdict).where(
            Alignment.edition_id == later.edition_id,
            Alignment.old_edition_id == earlier.edition_id,
        )
    ).all()
    if not rows:
        return [(one, other, "same") for one, other in _by_pid(before, after)]
    if earlier is before:
        return [(old, new, verdict) for old, new, verdict in rows]
    return [(new, old, verdict) for old, new, verdict in rows]


def _by_pid(old: Loaded, new: Loaded) -> set[tuple[int, int]]:
    return {
        (ordinal, new.ordinals[pid]) for ordinal, pid in enumerate(old.pids) if pid in new.ordinals
    }


def corresponding(session: Session, old: Loaded, new: Loaded) -> set[tuple[int, int]]:
    """Pair the ordinals of provisions that correspond in two editions, in either direction.

    The same pid, and what splits and merges have made of one, step by step between them.
    """
    pairs = {(ordinal, ordinal) for ordinal in range(len(old.pids))}
    for before, after in _steps(session, old, new):
        onwards: dict[int, set[int]] = {}
        for one, other, _ in _relations(session, before, after):
            if one is not None and other is not None:
                onwards.setdefault(one, set()).add(other)
        pairs = {(first, then) for first, at in pairs for then in onwards.get(at, ())}
    return pairs | _by_pid(old, new)


def heirs(session: Session, loaded: Loaded, ordinal: int) -> list[tuple[Loaded, int]]:
    """Name what took a provision up in the edition after `loaded`, its last."""
    way = editions.every(session, loaded.document_id)
    after = next((item for item in way if item.sequence == loaded.sequence + 1), None)
    if after is None:
        return []
    rows = _relations(session, loaded, after)
    return [(after, new) for old, new, _ in rows if old == ordinal and new is not None]
