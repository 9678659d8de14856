"""The results of the finder and its limits: quotations, their matches, processor time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

from annotator.errors import Unacceptable

Kind = Literal["markdown", "html", "text"]
Verdict = Literal[
    "verbatim", "altered_marked", "altered_unmarked", "joined_unmarked", "other_edition",
    "ambiguous", "not_found",
]  # fmt: skip
VERDICT_WORDS: dict[str, str] = {
    "verbatim": "verbatim",
    "altered_marked": "altered and marked",
    "altered_unmarked": "altered, unmarked",
    "joined_unmarked": "joined without a mark",
    "other_edition": "only in another edition",
    "ambiguous": "ambiguous",
    "not_found": "not found",
}


@dataclass(frozen=True, slots=True)
class Match:
    """The quoted words: `[start, end)` of the canonical text of the labelled edition."""

    edition: str
    start: int
    end: int
    exact: str


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words of an essay that are, or look like, a quotation of the document.

    `as_written` is `essay[start:end]`, in code points of the decoded source file, without the
    quotation marks; `words` is the same without markup. `score` is the share of the words that the
    document has, 0 to 1. `matches` has one match for each fragment, in the essay's order, and is
    empty if ambiguous or not found; `candidates` has the possible places of an ambiguous quotation.
    """

    as_written: str
    start: int
    end: int
    words: str
    verdict: Verdict
    score: float
    matches: tuple[Match, ...] = ()
    candidates: tuple[Match, ...] = ()


class Budget:
    """A limit of this thread's processor time from now on, in seconds; None means unlimited.

    Processor time makes a busy machine and an idle one accept the same essays.
    """

    def __init__(self, seconds: float | None = None) -> None:
        self._seconds = seconds
        self._end = None if seconds is None else time.thread_time() + seconds

    def check(self) -> None:
        """Raise Unacceptable if it is used up."""
        if self._end is not None and time.thread_time() > self._end:
            self.refuse("It is too costly")

    def refuse(self, why: str) -> None:
        """Raise Unacceptable, unless the budget is unlimited."""
        if self._end is not None:
            raise Unacceptable(
                f"{why}: checking the quotations of this essay takes longer than the "
                f"{self._seconds:g} seconds of processor time that the site allows. "
                "Split it and check the parts.",
                field="essay",
            )
