"""The discussion map: commentary by section, the busiest provisions, and those without any."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from annotator.documents import Parsed
from annotator.models import WHOLE_DOCUMENT, Account, Coverage
from annotator.schemas.documents import State
from annotator.services.editions.editions import Loaded
from annotator.services.reading.reading_page import NONE, FilteredCommentary, Tally

BUSIEST = 12


@dataclass(frozen=True, slots=True)
class ProvisionStatistics:
    """A provision by its ordinal, the number of sections around it, and its commentary."""

    ordinal: int
    depth: int
    tally: Tally


@dataclass(frozen=True, slots=True)
class Silence:
    """The ordinals of a section's own provisions without an annotation, out of `among`."""

    section: int
    provisions: tuple[int, ...]
    among: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """The statistics of an edition's commentary.

    `sections` and `silent` are in the order of the text, `busiest` by authors, most first.
    """

    sections: list[ProvisionStatistics]
    busiest: list[ProvisionStatistics]
    silent: list[Silence]

    @property
    def most(self) -> int:
        """The number of authors of the section with most authors."""
        return max((line.tally.authors for line in self.sections), default=0)

    @property
    def silence(self) -> int:
        """The number of provisions without an annotation."""
        return sum(len(each.provisions) for each in self.silent)

    @property
    def among(self) -> int:
        """The number of provisions, without sections."""
        return sum(each.among for each in self.silent)


def survey(parsed: Parsed, commentary: FilteredCommentary) -> Statistics:
    """Compute the statistics of an edition's commentary."""
    depths: list[int] = []
    sections: list[ProvisionStatistics] = []
    units: list[ProvisionStatistics] = []
    own: dict[int, list[ProvisionStatistics]] = {}
    for ordinal, provision in enumerate(parsed.provisions):
        depths.append(0 if provision.section is None else depths[provision.section] + 1)
        line = ProvisionStatistics(ordinal, depths[ordinal], commentary.tallies.get(ordinal, NONE))
        (sections if provision.kind == "section" else units).append(line)
        if provision.kind != "section" and provision.section is not None:
            own.setdefault(provision.section, []).append(line)
    spoken = (line for line in units if line.tally.annotations)
    busiest = sorted(
        spoken, key=lambda line: (-line.tally.authors, -line.tally.annotations, line.ordinal)
    )
    silent = [
        Silence(
            section, tuple(line.ordinal for line in lines if not line.tally.annotations), len(lines)
        )
        for section, lines in sorted(own.items())
    ]
    return Statistics(sections, busiest[:BUSIEST], silent)


def since(
    session: Session, loaded: Loaded, moment: datetime | None, without: str | None = None
) -> State:
    """Count commentary and replies made after `moment`, without those of the account `without`.

    The count is 0 without a moment.
    """
    everything = (Coverage.edition_id == loaded.edition_id, Coverage.provision == WHOLE_DOCUMENT)
    newest_first = select(Coverage.created).where(*everything).order_by(Coverage.created.desc())
    latest, new = session.scalar(newest_first.limit(1)), 0
    if moment is not None and latest is not None and latest > moment:
        count = select(func.count()).where(*everything, Coverage.created > moment)
        if without is not None:
            account = select(Account.id).where(Account.name == without).scalar_subquery()
            count = count.where(Coverage.author_id != func.coalesce(account, 0))
        new = session.execute(count).scalar_one()
    return State(state=loaded.state, new=new, latest=latest, newest=loaded.labels[-1])
