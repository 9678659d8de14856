"""The processor time that checking one essay may take."""

from __future__ import annotations

import time

from annotator.errors import Unacceptable


class Budget:
    """A number of seconds of this thread's processor time, from now on; None is without end.

    Processor time, so that an essay is accepted or refused alike on a busy machine and an idle one.
    """

    def __init__(self, seconds: float | None = None) -> None:
        self._seconds = seconds
        self._end = None if seconds is None else time.thread_time() + seconds

    def check(self) -> None:
        """Raise Unacceptable where it has been used up."""
        if self._end is not None and time.thread_time() > self._end:
            self.refuse("It is too costly")

    def refuse(self, why: str) -> None:
        """Raise Unacceptable, unless the budget is without end."""
        if self._end is not None:
            raise Unacceptable(
                f"{why}: checking the quotations of this essay takes longer than the "
                f"{self._seconds:g} seconds of processor time that the site allows. "
                "Divide it, and check the parts.",
                field="essay",
            )
