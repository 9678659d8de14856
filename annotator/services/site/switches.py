"""Switches of the site, thrown while it runs; every worker sees them with its next request.

A switch that nobody has thrown stands as the configuration says. `annotator moderation switch`
throws them.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from annotator.config import Moderation
from annotator.db import now
from annotator.errors import NotFound
from annotator.models import Switch

SWITCHES = ("approve_everything", "read_only")


def configured(session: Session) -> Moderation:
    """Return what the configuration says about moderation."""
    found: Moderation = session.info["moderation"]
    return found


def is_on(session: Session, name: str) -> bool:
    """Return whether a switch is on. Raises NotFound."""
    thrown = session.get(Switch, _known(name))
    return thrown.on if thrown else bool(getattr(configured(session), name))


def throw(session: Session, name: str, on: bool, by: str) -> None:
    """Turn a switch on or off. Raises NotFound."""
    row = session.get(Switch, _known(name)) or Switch(name=_known(name))
    row.on, row.by, row.changed = on, by, now()
    session.add(row)


def _known(name: str) -> str:
    clean = name.replace("-", "_")
    if clean not in SWITCHES:
        raise NotFound(f"Switches are {', '.join(SWITCHES)}; {name!r} is none.", field="name")
    return clean
