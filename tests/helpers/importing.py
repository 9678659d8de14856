"""Importing a whole file at once, with a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from annotator.config import Limits
from annotator.schemas.annotations import Incoming, Unreadable
from annotator.services.exchange.imports import Intake, Outcome


@dataclass
class ImportReport:
    """The number of each outcome, and a line for each outcome with a reason."""

    outcomes: Counter[str] = field(default_factory=Counter)
    lines: list[str] = field(default_factory=list)

    def note(self, outcomes: Iterable[Outcome]) -> None:
        """Count outcomes."""
        for each in outcomes:
            self.outcomes[each.what] += 1
            if each.why:
                self.lines.append(each.line)


def take_in(
    session: Session, incoming: Iterable[Incoming | Unreadable], limits: Limits, licence: str = "",
    *, trust_authors: bool = False,
) -> ImportReport:  # fmt: skip
    """Import a whole file."""
    report, intake = ImportReport(), Intake(limits, licence=licence, trust_authors=trust_authors)
    batch = list(incoming)
    intake.note_private(batch)
    report.note(intake.take(session, batch))
    report.note(intake.finish(session))
    return report
