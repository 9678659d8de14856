"""Where commentary stands: conditions on rows of `coverage`, by provision, section and range."""

from __future__ import annotations

from sqlalchemy import SQLColumnExpression, select

from annotator.errors import NotFound, Unacceptable
from annotator.models import WHOLE_DOCUMENT, Coverage, Placement
from annotator.services.editions.editions import Loaded

_Where = SQLColumnExpression[bool]


def there(loaded: Loaded, pid: str | None, section: str | None) -> list[_Where]:
    """Choose rows of `coverage`: one for each annotation on a provision that is on a section, too.

    None stands for the whole document. Raises NotFound.
    """
    at, section_at = _ordinal_of(loaded, pid), section_of(loaded, section)
    if _lies_in(loaded, at, section_at):
        return [Coverage.provision == at]
    if _lies_in(loaded, section_at, at):
        return [Coverage.provision == section_at]
    return [Coverage.provision == at, inside(loaded, section_at)]


def _lies_in(loaded: Loaded, inner: int, outer: int) -> bool:
    if WHOLE_DOCUMENT in (inner, outer):
        return outer == WHOLE_DOCUMENT
    within, around = loaded.parsed.provisions[inner], loaded.parsed.provisions[outer]
    return around.start <= within.start and within.end <= around.end


def inside(loaded: Loaded, ordinal: int) -> _Where:
    """Ask for commentary on a provision, in rows of `coverage` that may be of any other."""
    on_it = Coverage.edition_id == loaded.edition_id, Coverage.provision == ordinal
    return Coverage.annotation_id.in_(select(Coverage.annotation_id).where(*on_it))


def section_of(loaded: Loaded, name: str | None) -> int:
    """Return the ordinal of the section named so, or of a pid; WHOLE_DOCUMENT for None.

    Raises NotFound.
    """
    if name is None:
        return WHOLE_DOCUMENT
    at = loaded.parsed.numbered.get((name, ""), loaded.ordinals.get(name))
    if at is None:
        raise NotFound(f"{loaded.slug}@{loaded.label} has no section {name!r}.", field="section")
    return at


def _ordinal_of(loaded: Loaded, pid: str | None) -> int:
    if pid is None:
        return WHOLE_DOCUMENT
    ordinal = loaded.ordinals.get(pid)
    if ordinal is None:
        raise NotFound(f"{loaded.slug}@{loaded.label} has no provision {pid!r}.", field="provision")
    return ordinal


def overlapping(loaded: Loaded, start: int | None, end: int | None) -> _Where:
    """Ask for threads with a target whose words overlap the range, by their place here.

    Raises Unacceptable for half a range.
    """
    if start is None or end is None or not 0 <= start < end:
        raise Unacceptable("A range has a start and a later end.", field="start")
    there = select(Placement.annotation_id).where(
        Placement.edition_id == loaded.edition_id, Placement.start < end, Placement.end > start
    )  # looked up once; a condition on each row would look through all placements for each
    return Coverage.thread_id.in_(there)
