"""Two editions compared by provision, and finding provisions in both."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator import documents
from annotator.documents.address import notation
from annotator.documents.address.locate import locate
from annotator.documents.parsed import own_words
from annotator.errors import NotFound, Unacceptable
from annotator.models import Alignment, Edition, Pid
from annotator.relocation.diff import DiffPiece, word_diff
from annotator.services.editions import editions, provisions
from annotator.services.editions.editions import Loaded
from annotator.services.editions.provisions import ProvisionView

WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class ProvisionChange:
    """One provision before and after; `old` or `new` is None if it is new or retired.

    `words` are its own words: without those of the provisions inside it.
    """

    verdict: str
    score: float
    old: ProvisionView | None
    new: ProvisionView | None
    words: tuple[str, str]

    @cached_property
    def pieces(self) -> list[DiffPiece]:
        """Its own words compared."""
        return word_diff(*self.words)

    @property
    def anchor(self) -> str:
        """The id of this change on the page of changes, by its provisions."""
        return "-".join({view.pid: None for view in (self.old, self.new) if view})

    @cached_property
    def weight(self) -> int:
        """The number of words that were removed or added; punctuation and capitals do not count."""
        struck, added = (
            Counter(word.casefold() for piece in self.pieces if piece.change == change
                    for word in WORD.findall(piece.text))
            for change in ("struck", "added")
        )  # fmt: skip
        return (struck - added).total() + (added - struck).total()

    @property
    def is_small(self) -> bool:
        """Whether only punctuation, capitals or white space differ, at the same place."""
        return self.verdict == "edited" and self.weight == 0


@dataclass(frozen=True)
class EditionDiff:
    """Two editions and the relations of their provisions, in the order of the newer text."""

    old: Loaded
    new: Loaded
    relation: tuple[documents.Aligned, ...]

    @cached_property
    def counts(self) -> Counter[str]:
        """The number of provisions with each verdict."""
        return Counter(row.verdict for row in self.relation)

    @cached_property
    def rows(self) -> tuple[ProvisionChange, ...]:
        """The provisions that changed."""
        return tuple(self.line(row) for row in self.relation if row.verdict != "same")

    def pairs(self) -> set[tuple[int, int]]:
        """Return the ordinals, old and new, that correspond."""
        rows = ((row.old, row.new) for row in self.relation)
        return {(old, new) for old, new in rows if old is not None and new is not None}

    def line(self, row: documents.Aligned) -> ProvisionChange:
        """Return a relation with views of its provisions, and their words."""
        sides = ((self.old, row.old), (self.new, row.new))
        old, new = (None if at is None else provisions.view(side, at) for side, at in sides)
        before, after = (
            "" if at is None else own_words(side.parsed.text, side.parsed.provisions, at)
            for side, at in sides
        )
        return ProvisionChange(row.verdict, row.score, old, new, (before, after))


def between(session: Session, slug: str, old: str, new: str) -> EditionDiff:
    """Compare two editions, by the stored alignment of neighbours.

    Raises NotFound for an unknown edition and Unacceptable where both are one.
    """
    before, after = (editions.labelled(session, slug, label) for label in (old, new))
    if before.edition_id == after.edition_id:
        raise Unacceptable(f"{old} and {new} are the same edition. Choose two.", field="edition")
    relation = _stored(session, before, after)
    relation = relation or tuple(documents.align_editions(before.parsed, after.parsed))
    return EditionDiff(before, after, relation)


def revisions(session: Session, slug: str) -> tuple[EditionDiff, ...]:
    """Compare each edition of a document with the one before it, newest first.

    Cached until an edition is added or corrected. Raises NotFound.
    """
    labels = editions.newest(session, slug).labels
    every = [editions.labelled(session, slug, label) for label in labels]
    state = [(loaded.edition_id, loaded.revision) for loaded in every]
    cache = session.info["cache"]
    cached_state, diffs = cache.get(("revisions", slug), (None, ()))
    if cached_state != state:
        pairs = pairwise(labels[::-1])
        diffs = tuple(between(session, slug, old, new) for new, old in pairs)
        cache["revisions", slug] = (state, diffs)
    return diffs  # type: ignore[no-any-return]  # the cache is untyped


def pair(session: Session, slug: str, label: str | None = None) -> EditionDiff:
    """Return an edition (None: the newest) with the one it was aligned with.

    Raises NotFound for an unknown document or edition, Unacceptable for a first edition.
    """
    after = editions.labelled(session, slug, label)
    query = select(Alignment.old_edition_id).where(Alignment.edition_id == after.edition_id)
    before_id = session.scalar(query.limit(1))
    if before_id is None:
        raise Unacceptable(
            f"{slug}@{after.label} is the first edition; there is none before it to align it with.",
            field="edition",
        )
    before = editions.load(session, session.get_one(Edition, before_id))
    return EditionDiff(before, after, _stored(session, before, after))


def _stored(session: Session, before: Loaded, after: Loaded) -> tuple[documents.Aligned, ...]:
    query = select(Alignment).where(
        Alignment.edition_id == after.edition_id, Alignment.old_edition_id == before.edition_id
    )
    return tuple(
        documents.Aligned(row.old, row.new, row.verdict, row.score)  # type: ignore[arg-type]  # written by align
        for row in session.scalars(query.order_by(Alignment.id))
    )


def old_ordinal(session: Session, both: EditionDiff, pid: str) -> int:
    """Find a provision of the older edition by its pid. Raises NotFound and Unacceptable."""
    before = both.old
    if pid in before.ordinals:
        return before.ordinals[pid]
    row, name = session.get(Pid, pid), f"{before.slug}@{before.label}"
    if row is None:
        raise NotFound(f"There is no provision {pid!r} in any document.", field="pid")
    if row.document_id != before.document_id:
        raise Unacceptable(
            f"{pid} names a provision of {editions.slug_of(session, row.document_id)}, not of "
            f"{before.slug}.",
            field="pid",
        )
    raise NotFound(f"{pid} is not in {name}, the edition before {both.new.label}.", field="pid")


def new_ordinal(both: EditionDiff, new: int | str) -> int:
    """Find a provision of the newer edition by ordinal, pid or exact address.

    Raises Malformed, NotFound and Unacceptable.
    """
    after = both.new
    name = f"{after.slug}@{after.label}"
    if isinstance(new, int):
        if 0 <= new < len(after.pids):
            return new
        raise NotFound(f"{name} has no provision with the ordinal {new}.", field="address")
    if new in after.ordinals:
        return after.ordinals[new]
    whole = new if new.startswith((f"{after.slug}@", f"{after.slug}/p/")) else f"{name}/{new}"
    address = notation.read(whole)
    named = after.ordinals.get(address.pid) if address.pid else None
    if address.edition not in (None, after.label):
        raise Unacceptable(
            f"{new} is not an address in {name}, the newer edition.", field="address"
        )
    place = locate(after.parsed, address, provision=named)
    if place.status != "found" or place.provision is None:
        reason = " ".join([f"{new} does not name one provision of {name}.", *place.missed])
        raise NotFound(reason, field="address")
    return place.provision
