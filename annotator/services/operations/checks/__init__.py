"""What `annotator check` proves: small functions that yield a line for every fault.

To check something more, add a query to `rows`, or write a function and name it in `consistency`.
Each is given a `Look`: the rows, the index, the editions, and where to note what it saw.
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
    """Report nothing of how far a check has come."""


@dataclass
class Look:
    """One look at a site. `editions` holds those that can be read, by id.

    `counted` says in numbers what was looked at; `progress` hears of it as it grows.
    """

    session: Session
    engine: Engine
    progress: Progress = silent
    editions: dict[int, Loaded] = field(default_factory=dict)
    counted: Counter[str] = field(default_factory=Counter)

    def count(self, what: str, number: int = 1) -> None:
        """Note that `number` more things of a kind (`quotations`) were looked at."""
        self.counted[what] += number
        self.progress(what, self.counted[what])


Check = Callable[[Look], Iterator[str]]
