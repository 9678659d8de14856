"""Names that last: minting pids, and the ledger that carries them from site to site.

A ledger is plain text without a word of the document:

    annotator-pids 1 <sha256 of the canonical text>
    k7m2x paragraph being-honest/6 0f3a…

a line for each provision in the order of the text: pid, kind, section slug and number, and the
first `DIGITS` hexadecimal digits of the sha256 of its words. Lines begun with `#` are remarks.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Collection, Sequence

from annotator.documents.parsed import Parsed, Provision
from annotator.errors import Unacceptable

LENGTH = 5
DIGITS = 16
VERSION = "annotator-pids 1"

# No vowels, so no words; no l and 1, no o and 0, no v beside u, and no 5 beside s.
LETTERS = "bcdfghjkmnpqrstwxz"
FIGURES = "2346789"
_PID = re.compile(f"(?=.*[{LETTERS}])(?=.*[{FIGURES}])[{LETTERS}{FIGURES}]{{{LENGTH}}}")


def mint(chance: random.Random, taken: Collection[str], number: int) -> list[str]:
    """Give `number` new pids, none of them in `taken`, none twice.

    A pid has five characters, at least one letter and one digit. Raises Unacceptable where fewer
    than that are left.
    """
    used = set(taken)
    fresh: list[str] = []
    if len(used) + number > _number_of_pids() // 2:
        raise Unacceptable(
            f"{len(used):,} pids are taken, and {number:,} more cannot be found. "
            "Divide the documents among several sites."
        )
    while len(fresh) < number:
        pid = "".join(chance.choices(LETTERS + FIGURES, k=LENGTH))
        if _PID.fullmatch(pid) and pid not in used:
            used.add(pid)
            fresh.append(pid)
    return fresh


def write_ledger(parsed: Parsed, pids: Sequence[str]) -> str:
    """Write the ledger of an edition, a pid for each provision. Raises ValueError if not."""
    lines = [f"{VERSION} {parsed.sha256}"]
    for provision, pid in zip(parsed.provisions, pids, strict=True):
        lines.append(f"{pid} {provision.kind} {_tail(parsed, provision)} {_digits(provision)}")
    return "\n".join(lines) + "\n"


def read_ledger(text: str, parsed: Parsed) -> list[str | None]:
    """Read a ledger: for each provision of the edition its pid, None where the ledger has none.

    Raises Unacceptable, naming the line, where the ledger is of another text or is damaged.
    """
    lines = text.splitlines()
    _check_header(lines[0] if lines else "", parsed)
    waiting = _by_place(parsed)
    found: list[str | None] = [None] * len(parsed.provisions)
    seen: set[str] = set()
    for number, line in enumerate(lines[1:], start=2):
        if line.strip() and not line.startswith("#"):
            pid, place = _read(line, number)
            if pid in seen:
                raise _damaged(number, f"the pid {pid} stands a second time")
            if not waiting[place]:
                raise _damaged(number, f"no such {place[0]} with these words is at {place[1]}")
            seen.add(pid)
            found[waiting[place].pop(0)] = pid
    return found


def _number_of_pids() -> int:
    both = len(LETTERS) + len(FIGURES)
    return int(both**LENGTH - len(LETTERS) ** LENGTH - len(FIGURES) ** LENGTH)


def _check_header(line: str, parsed: Parsed) -> None:
    if not line.startswith(VERSION + " "):
        raise _damaged(1, f"it does not begin with {VERSION!r}")
    sha256 = line.removeprefix(VERSION).strip()
    if sha256 != parsed.sha256:
        raise _damaged(
            1, f"it is of a text with sha256 {sha256[:12]}…, this one has {parsed.sha256[:12]}…"
        )


def _by_place(parsed: Parsed) -> dict[tuple[str, ...], list[int]]:
    places: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for ordinal, provision in enumerate(parsed.provisions):
        key = provision.kind, _tail(parsed, provision), _digits(provision)
        places[key].append(ordinal)
    return places


def _read(line: str, number: int) -> tuple[str, tuple[str, ...]]:
    pid, *place = line.split()
    if not _PID.fullmatch(pid):
        raise _damaged(number, f"{pid[:20]!r} is no pid")
    if len(place) != 3:
        raise _damaged(number, "it is not a pid, a kind, an address and a digest")
    return pid, tuple(place)


def _tail(parsed: Parsed, provision: Provision) -> str:
    """Give the end of a provision's address: `being-honest/6`, of a section `being-honest`."""
    if provision.kind == "section":
        return provision.slug or "-"
    section = None if provision.section is None else parsed.provisions[provision.section]
    return f"{(section.slug if section else None) or '-'}/{provision.number}"


def _digits(provision: Provision) -> str:
    return provision.digest[:DIGITS]


def _damaged(line: int, trouble: str) -> Unacceptable:
    return Unacceptable(
        f"Line {line} of the ledger of pids cannot be right: {trouble}. "
        "Take the ledger of this very edition, or add the edition without one.",
        field="ledger",
        line=line,
    )
