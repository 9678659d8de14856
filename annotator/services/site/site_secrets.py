"""The site's own secrets, the same on every host: they sign cookies and forms, and key digests."""

from __future__ import annotations

import secrets

from sqlalchemy import select

from annotator import private
from annotator.config import Config
from annotator.db import Database, insert_into
from annotator.models import Secret


def get(config: Config, db: Database, name: str) -> str:
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
