"""Pending changes for the search index, and the state of the site; see `db.Database.state`."""

from __future__ import annotations

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from annotator.db import Base


class Outbox(Base):
    """A changed annotation (`key` is its id) or document (`key` is its number).

    A row does not say what changed: the indexer reads the current state, so reading a row twice is
    harmless.
    """

    __tablename__ = "outbox"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(64))


class IndexedChanges(Base):
    """One row: the number of rows of the outbox that were ever applied and deleted.

    `index` names the index that has them all (`search.engine.Engine.index`); empty: not yet known.
    """

    __tablename__ = "indexed_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    index: Mapped[str] = mapped_column(String, server_default="")


class SiteState(Base):
    """The only row has another token after each transaction that changes what anyone may see."""

    __tablename__ = "site_state"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    token: Mapped[int] = mapped_column(BigInteger)
