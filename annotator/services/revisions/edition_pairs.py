"""An edition with the one it was aligned with, and finding provisions in both."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.documents import Aligned
from annotator.documents.address import notation
from annotator.documents.address.locate import locate
from annotator.errors import NotFound, Unacceptable
from annotator.models import Alignment, Edition, Pid
from annotator.services.editions import editions, provisions
from annotator.services.editions.editions import Loaded
from annotator.services.editions.provisions import ProvisionView


@dataclass(frozen=True, slots=True)
class PairedProvision:
    """One relation; `old` or `new` is None if the provision is new or retired."""

    verdict: str
    score: float
    old: ProvisionView | None
    new: ProvisionView | None


@dataclass(frozen=True)
class Pair:
    """An edition, the one it was aligned with, and their relations."""

    before: Loaded
    after: Loaded
    relation: tuple[Aligned, ...]

    def lines(self, *, changed: bool = False) -> list[PairedProvision]:
        """Return each relation in the order of the newer text; with `changed`, those not `same`."""
        return [self.line(row) for row in self.relation if not changed or row.verdict != "same"]

    def pairs(self) -> set[tuple[int, int]]:
        """Return the ordinals, old and new, that correspond."""
        rows = ((row.old, row.new) for row in self.relation)
        return {(old, new) for old, new in rows if old is not None and new is not None}

    def line(self, row: Aligned) -> PairedProvision:
        """Return a relation with views of its provisions."""
        old = None if row.old is None else provisions.view(self.before, row.old)
        new = None if row.new is None else provisions.view(self.after, row.new)
        return PairedProvision(row.verdict, row.score, old, new)


def pair(session: Session, slug: str, label: str | None = None) -> Pair:
    """Return an edition (None: the newest) with the one it was aligned with.

    Raises NotFound for an unknown document or edition, Unacceptable for a first edition.
    """
    after = editions.labelled(session, slug, label)
    query = select(Alignment).where(Alignment.edition_id == after.edition_id)
    rows = session.scalars(query.order_by(Alignment.id)).all()
    if not rows:
        raise Unacceptable(
            f"{slug}@{after.label} is the first edition; there is none before it to align it with.",
            field="edition",
        )
    before = editions.load(session, session.get_one(Edition, rows[0].old_edition_id))
    relation = [Aligned(row.old, row.new, row.verdict, row.score) for row in rows]  # type: ignore[arg-type]  # written by align
    return Pair(before, after, tuple(relation))


def old_ordinal(session: Session, both: Pair, pid: str) -> int:
    """Find a provision of the older edition by its pid. Raises NotFound and Unacceptable."""
    before = both.before
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
    raise NotFound(f"{pid} is not in {name}, the edition before {both.after.label}.", field="pid")


def new_ordinal(both: Pair, new: int | str) -> int:
    """Find a provision of the newer edition by ordinal, pid or exact address.

    Raises Malformed, NotFound and Unacceptable.
    """
    after = both.after
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
