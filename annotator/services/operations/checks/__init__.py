"""The checks of `annotator check`: functions that yield a line for every fault.

To add a check, add a query to `rows`, or write a function and list it in `consistency`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from annotator.search.engine import Engine
from annotator.services.editions.editions import Loaded

Progress = Callable[[str, int], None]


def silent(_what: str, _number: int) -> None:
    """Ignore progress."""


@dataclass
class Look:
    """One run of the checks. `editions` has the readable editions by id.

    `counted` has the number of things checked, by noun; `progress` is called as it grows.
    """

    session: Session
    engine: Engine
    progress: Progress = silent
    editions: dict[int, Loaded] = field(default_factory=dict)
    counted: Counter[str] = field(default_factory=Counter)

    def count(self, what: str, number: int = 1) -> None:
        """Count `number` more checked things of a kind (`quotations`)."""
        self.counted[what] += number
        self.progress(what, self.counted[what])


Check = Callable[[Look], Iterator[str]]
