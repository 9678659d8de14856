"""Switches that change a running site; every worker reads them with each request.

Until `annotator moderation switch` sets one, it has the value of the configuration.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.config import Moderation
from annotator.db import now
from annotator.errors import NotFound
from annotator.models import Switch

SWITCHES = ("approve_everything", "read_only")
ALL = select(Switch.name, Switch.on).where(Switch.name.in_(SWITCHES))


def current(session: Session) -> Moderation:
    """Return the moderation settings: the configuration's, with the switches that were set."""
    settings: Moderation = session.info["moderation"]
    thrown = {row.name: row.on for row in session.connection().execute(ALL)}
    return replace(settings, **thrown) if thrown else settings


def throw(session: Session, name: str, on: bool, by: str) -> None:
    """Turn a switch on or off. Raises NotFound."""
    row = session.get(Switch, key(name)) or Switch(name=key(name))
    row.on, row.by, row.changed = on, by, now()
    session.add(row)
    session.flush()


def key(name: str) -> str:
    """Return the setting that a switch overrides. Raises NotFound."""
    setting = name.replace("-", "_")
    if setting not in SWITCHES:
        choices = ", ".join(SWITCHES)
        raise NotFound(f"There is no switch {name!r}. Choose one of {choices}.", field="name")
    return setting
