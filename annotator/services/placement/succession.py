"""The successors of a provision in other editions, by the stored alignments."""

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
    """A provision in another edition: `ordinals` are its successors, the one with its pid first."""

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
        held = {heir for _, heir, _ in related if heir is not None}
        seen |= {verdict for _, heir, verdict in related if heir is not None}
        if not held:
            return Fate("retired", 0.0, ())
    own = new.ordinals.get(old.pids[ordinal])
    ordinals = tuple(sorted(held, key=lambda at: (at != own, at)))
    old_words, new_words = _words(old, ordinal), " ".join(_words(new, at) for at in ordinals)
    verdict: Verdict = "same" if old_words == new_words else "edited"
    if seen & {"split", "merged"} and verdict == "edited":
        verdict = "split" if "split" in seen else "merged"
    elif "moved" in seen and verdict == "same":
        verdict = "moved"
    score = (
        1.0 if old_words == new_words else Levenshtein.normalized_similarity(old_words, new_words)
    )
    return Fate(verdict, score, ordinals)


def _words(loaded: Loaded, ordinal: int) -> str:
    provision = loaded.parsed.provisions[ordinal]
    return loaded.parsed.text[provision.start : provision.end]


def _steps(session: Session, old: Loaded, new: Loaded) -> list[tuple[Loaded, Loaded]]:
    low, high = sorted((old.sequence, new.sequence))
    every = editions.every(session, old.document_id)
    way = [loaded for loaded in every if low <= loaded.sequence <= high]
    if old.sequence > new.sequence:
        way.reverse()
    return list(pairwise(way))


def _relations(
    session: Session, before: Loaded, after: Loaded
) -> Sequence[tuple[int | None, int | None, str]]:
    """Return the alignment of two adjacent editions as (from, to, verdict), or pairs by pid.

    None is stored for neighbours of an edition that was inserted between others.
    """
    earlier, later = sorted((before, after), key=lambda loaded: loaded.sequence)
    rows = session.execute(
        select(Alignment.old, Alignment.new, Alignment.verdict).where(
            Alignment.edition_id == later.edition_id,
            Alignment.old_edition_id == earlier.edition_id,
        )
    ).all()
    if not rows:
        return [(*pair, "same") for pair in _by_pid(before, after)]
    if earlier is before:
        return [(old, new, verdict) for old, new, verdict in rows]
    return [(new, old, verdict) for old, new, verdict in rows]


def _by_pid(old: Loaded, new: Loaded) -> set[tuple[int, int]]:
    return {
        (ordinal, new.ordinals[pid]) for ordinal, pid in enumerate(old.pids) if pid in new.ordinals
    }


def corresponding(session: Session, old: Loaded, new: Loaded) -> set[tuple[int, int]]:
    """Pair the ordinals of corresponding provisions: same pid, or related by splits and merges."""
    pairs = {(ordinal, ordinal) for ordinal in range(len(old.pids))}
    for before, after in _steps(session, old, new):
        successors: dict[int, set[int]] = {}
        for old_ordinal, new_ordinal, _ in _relations(session, before, after):
            if old_ordinal is not None and new_ordinal is not None:
                successors.setdefault(old_ordinal, set()).add(new_ordinal)
        pairs = {(first, last) for first, at in pairs for last in successors.get(at, ())}
    return pairs | _by_pid(old, new)


def heirs(session: Session, loaded: Loaded, ordinal: int) -> list[tuple[Loaded, int]]:
    """Return the successors of a provision in the edition after `loaded`, its last."""
    way = editions.every(session, loaded.document_id)
    after = next((item for item in way if item.sequence == loaded.sequence + 1), None)
    if after is None:
        return []
    rows = _relations(session, loaded, after)
    return [(after, new) for old, new, _ in rows if old == ordinal and new is not None]
