"""Switches that change a running site, and its secrets.

Every worker reads the switches with each request. Until `annotator moderation switch` sets one, it
has the value of the configuration.
"""

from __future__ import annotations

import secrets
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator import private
from annotator.config import Config, Moderation
from annotator.db import Database, insert_into, now
from annotator.errors import NotFound
from annotator.models import Secret, Switch

SWITCHES = ("approve_everything", "read_only")
ALL = select(Switch.name, Switch.on).where(Switch.name.in_(SWITCHES))


def current(session: Session) -> Moderation:
    """Return the moderation settings: the configuration's, with the switches that were set."""
    settings: Moderation = session.info["moderation"]
    thrown = dict(session.connection().execute(ALL).all())
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


def secret(config: Config, db: Database, name: str) -> str:
    """Return the secret `name`: from the environment, the database, or the data folder.

    It is created once. With `store.database` it is a row, for all hosts; a secret that an earlier
    version left in the data folder becomes that row. Otherwise it is a file with mode 0600.
    """
    path = config.data / "secrets" / name
    if name in config.secrets:
        return config.secrets[name]
    if not config.store.database:
        return private.secret(path)
    query = select(Secret.value).where(Secret.name == name)
    with db.reading() as session:
        stored = session.scalar(query)
    if stored is not None:
        return stored
    value = path.read_text() if path.exists() else secrets.token_urlsafe(48)
    with db.transaction() as session:
        row = insert_into(session, Secret).values(name=name, value=value)
        session.execute(row.on_conflict_do_nothing())  # another host may have been faster
        return session.execute(query).scalar_one()
