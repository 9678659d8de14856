"""Which containers stand around a provision: sections, lists, quotations, tables, boxes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from annotator.documents.parsed import ParsedProvision

FrameKind = Literal["section", "list", "item", "blockquote", "table", "row", "box"]
GROUPS: dict[str, FrameKind] = {"a": "box", "q": "blockquote", "t": "table"}
OWN: dict[str, FrameKind] = {"section": "section", "item": "item", "row": "row"}


class Frame(NamedTuple):
    """A container.

    `ident` is the ordinal of the provision that makes it, or begins a list; or the number of a
    group (a quotation, a table, a box), as the parser has counted them: that is no ordinal.
    """

    kind: FrameKind
    ident: int

    @property
    def made_by_provision(self) -> bool:
        """Return whether `ident` is the ordinal of a provision."""
        return self.kind not in GROUPS.values()


class Frames:
    """The containers around each provision, up to `top`, which is left out with all around it."""

    def __init__(self, provisions: Sequence[ParsedProvision], top: int | None = None) -> None:
        self._provisions = provisions
        self._top = top
        self._lists = _lists(provisions)

    def around(self, ordinal: int) -> list[Frame]:
        """List the containers of a provision, outermost first."""
        path: list[int] = []
        at: int | None = ordinal
        while at is not None and at != self._top:
            path.append(at)
            at = self._provisions[at].parent
        frames: list[Frame] = []
        for step in reversed(path):
            frames += self._made_by(step, frames)
        return frames

    def _made_by(self, ordinal: int, frames: list[Frame]) -> list[Frame]:
        """List what a provision adds to the containers of its parent."""
        it = self._provisions[ordinal]
        groups = (Frame(GROUPS[name[0]], int(name[1:])) for name in _groups(it))
        added = [frame for frame in groups if frame not in frames]
        if it.kind == "item":
            added.append(Frame("list", self._lists[ordinal]))
        if it.kind in OWN:
            added.append(Frame(OWN[it.kind], ordinal))
        return added


def number_of(item: ParsedProvision) -> int | None:
    """Return the number of an ordered list's item."""
    marker = item.attributes.get("marker", "").rstrip(".)")
    return int(marker) if marker.isdecimal() and len(marker) < 10 else None


def is_ordered(item: ParsedProvision) -> bool:
    """Return whether an item's list is an ordered one."""
    return number_of(item) is not None


def _groups(it: ParsedProvision) -> list[str]:
    return it.attributes.get("group", "").split()


def _lists(provisions: Sequence[ParsedProvision]) -> dict[int, int]:
    """Tell which item begins the list of each item: neighbours whose numbers go on are one list."""
    lists: dict[int, int] = {}
    last: dict[int | None, int] = {}  # parent -> its child before this one
    for ordinal, it in enumerate(provisions):
        before = last.get(it.parent)
        last[it.parent] = ordinal
        if it.kind == "item":
            joined = before is not None and _continues(provisions[before], it)
            lists[ordinal] = lists[before] if before is not None and joined else ordinal
    return lists


def _continues(before: ParsedProvision, it: ParsedProvision) -> bool:
    if before.kind != "item" or _groups(before) != _groups(it):
        return False
    old, new = number_of(before), number_of(it)
    return (old is None and new is None) or (old is not None and new is not None and new > old)
