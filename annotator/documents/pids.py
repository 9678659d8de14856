"""Permanent names: mint pids, and read and write the ledger that moves them between sites.

A ledger is plain text without a word of the document:

    annotator-pids 1 <sha256 of the canonical text>
    k7m2x paragraph being-honest/6 0f3a…

One line for each provision in the order of the text: pid, kind, section slug and number, and the
first `DIGITS` hexadecimal digits of the sha256 of its words. Lines that begin with `#` are
comments.
"""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Sequence

from annotator.documents.parsed import Parsed
from annotator.errors import Unacceptable

LENGTH = 5
DIGITS = 16
VERSION = "annotator-pids 1"
# Characters of a damaged line in a message.
SHOWN = 80

Place = tuple[str, str, str]

# No vowels, so that no words occur; no look-alikes: l and 1, o and 0, v and u, 5 and s.
LETTERS = "bcdfghjkmnpqrstwxz"
FIGURES = "2346789"
# Without those of letters only and of figures only.
PIDS = (len(LETTERS) + len(FIGURES)) ** LENGTH - len(LETTERS) ** LENGTH - len(FIGURES) ** LENGTH
_PID = re.compile(f"(?=.*[{LETTERS}])(?=.*[{FIGURES}])[{LETTERS}{FIGURES}]{{{LENGTH}}}")


def mint(chance: random.Random, existing: Collection[str], number: int) -> list[str]:
    """Return `number` new pids, distinct and not among the `existing` ones.

    A pid has five characters, at least one letter and one digit; there are some 8 million. Raises
    Unacceptable if more than half would be in use.
    """
    used = set(existing)
    fresh: list[str] = []
    if len(used) + number > PIDS // 2:
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
    """Return the ledger of an edition. Raises ValueError unless each provision has a pid."""
    lines = [f"{VERSION} {parsed.sha256}"]
    for ordinal, pid in zip(range(len(parsed.provisions)), pids, strict=True):
        lines.append(" ".join((pid, *_place(parsed, ordinal))))
    return "\n".join(lines) + "\n"


def read_ledger(text: str, parsed: Parsed) -> list[str | None]:
    """Read a ledger: for each provision of the edition its pid, None if the ledger has none.

    Raises Unacceptable, with the line number, for a damaged ledger or one of another text.
    """
    lines = text.splitlines()
    if not lines or not lines[0].startswith(VERSION + " "):
        raise _damaged(1, f"it does not begin with {VERSION!r}")
    sha256 = lines[0].removeprefix(VERSION).strip()
    if sha256 != parsed.sha256:
        raise _damaged(
            1, f"it is for a text with sha256 {sha256[:12]}…, this one has {parsed.sha256[:12]}…"
        )
    ordinals = {_place(parsed, ordinal): ordinal for ordinal in range(len(parsed.provisions))}
    by_ordinal: list[str | None] = [None] * len(ordinals)
    seen: set[str] = set()
    for number, line in enumerate(lines[1:], start=2):
        if line.strip() and not line.startswith("#"):
            pid, *fields = line.split()
            if not _PID.fullmatch(pid):
                raise _damaged(number, f"{pid[:SHOWN]!r} is not a pid")
            if len(fields) != 3:
                raise _damaged(number, "it is not a pid, a kind, an address and a digest")
            place = fields[0], fields[1], fields[2]
            if place not in ordinals:
                where = " with this text at ".join(place[:2])
                raise _damaged(number, f"no {where[:SHOWN]}")
            if pid in seen or by_ordinal[ordinals[place]]:
                raise _damaged(number, "its pid or its address is on an earlier line")
            seen.add(pid)
            by_ordinal[ordinals[place]] = pid
    return by_ordinal


def _place(parsed: Parsed, ordinal: int) -> Place:
    """Return kind, end of the address (`being-honest/6`, of a section its slug) and digest."""
    provision = parsed.provisions[ordinal]
    address = "/".join(filter(None, (parsed.slug(ordinal), provision.number)))
    return provision.kind, address, provision.digest[:DIGITS]


def _damaged(line: int, trouble: str) -> Unacceptable:
    return Unacceptable(
        f"Line {line} of the pid ledger is wrong: {trouble}. "
        "Use the ledger of this edition, or add the edition without one.",
        field="ledger",
        line=line,
    )
