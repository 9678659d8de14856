"""Switches that change a running site; every worker reads them with each request.

Until `annotator moderation switch` sets one, it has the value of the configuration.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from annotator.config import Moderation
from annotator.db import now
from annotator.errors import NotFound
from annotator.models import Switch

SWITCHES = ("approve_everything", "read_only")


def configured(session: Session) -> Moderation:
    """Return the moderation settings of the configuration."""
    settings: Moderation = session.info["moderation"]
    return settings


def is_on(session: Session, name: str) -> bool:
    """Return whether a switch is on. Raises NotFound."""
    row = session.get(Switch, _key(name))
    return row.on if row else bool(getattr(configured(session), name))


def throw(session: Session, name: str, on: bool, by: str) -> None:
    """Turn a switch on or off. Raises NotFound."""
    row = session.get(Switch, _key(name)) or Switch(name=_key(name))
    row.on, row.by, row.changed = on, by, now()
    session.add(row)


def _key(name: str) -> str:
    key = name.replace("-", "_")
    if key not in SWITCHES:
        choices = ", ".join(SWITCHES)
        raise NotFound(f"There is no switch {name!r}. Choose one of {choices}.", field="name")
    return key
