"""The faults of a site, as `annotator check` finds them."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from annotator.search.engine import Engine
from annotator.services.operations import consistency
from annotator.services.operations.checks import Look


def faults(session: Session, engine: Engine) -> Iterator[str]:
    """Yield a line for every fault of a site."""
    yield from consistency.run(Look(session, engine))
