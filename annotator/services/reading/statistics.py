"""Where the argument is, by section, by busy paragraph, and where there is none. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from annotator.documents import Parsed
from annotator.services.reading.reading_page import NONE, EditionCommentary, Tally

BUSIEST = 12


@dataclass(frozen=True, slots=True)
class ProvisionStatistics:
    """A provision by its ordinal, how many sections stand around it, and its commentary."""

    ordinal: int
    depth: int
    tally: Tally


@dataclass(frozen=True, slots=True)
class Silence:
    """A section's own provisions without an annotation, by ordinal, out of `among` of them."""

    section: int
    provisions: tuple[int, ...]
    among: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a commentary, or what a filter left of it, says of an edition.

    `sections` and `silent` are in the order of the text; `busiest` begins with the provision that
    has the most authors.
    """

    sections: list[ProvisionStatistics]
    busiest: list[ProvisionStatistics]
    silent: list[Silence]

    @property
    def most(self) -> int:
        """How many authors the section with the most of them has."""
        return max((line.tally.authors for line in self.sections), default=0)

    @property
    def silence(self) -> int:
        """How many provisions are without an annotation."""
        return sum(len(each.provisions) for each in self.silent)

    @property
    def among(self) -> int:
        """How many provisions there are, sections not counted."""
        return sum(each.among for each in self.silent)


def survey(parsed: Parsed, found: EditionCommentary) -> Statistics:
    """Describe where the commentary on an edition stands."""
    depths: list[int] = []
    sections: list[ProvisionStatistics] = []
    units: list[ProvisionStatistics] = []
    own: dict[int, list[ProvisionStatistics]] = {}
    for ordinal, it in enumerate(parsed.provisions):
        depths.append(0 if it.section is None else depths[it.section] + 1)
        line = ProvisionStatistics(ordinal, depths[ordinal], found.tallies.get(ordinal, NONE))
        (sections if it.kind == "section" else units).append(line)
        if it.kind != "section" and it.section is not None:
            own.setdefault(it.section, []).append(line)
    spoken = (line for line in units if line.tally.annotations)
    busiest = sorted(spoken, key=lambda it: (-it.tally.authors, -it.tally.annotations, it.ordinal))
    silent = [
        Silence(section, tuple(x.ordinal for x in lines if not x.tally.annotations), len(lines))
        for section, lines in sorted(own.items())
    ]
    return Statistics(sections, busiest[:BUSIEST], silent)
