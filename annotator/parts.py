"""The parts of a site below the web: database, search engine and indexer.

A command opens them without importing the web. The engine and the indexer are imported and opened
on first use; most commands need neither.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from annotator.config import Config
from annotator.db import Database
from annotator.private import make_private

if TYPE_CHECKING:
    from annotator.hosts import ThisHost
    from annotator.leases import Leases
    from annotator.search.engine import Engine
    from annotator.search.indexer import Indexer


class Parts:
    """The open parts of one site."""

    def __init__(
        self,
        config: Config,
        db: Database,
        engine: Engine | None = None,
        host: ThisHost | None = None,
    ) -> None:
        """Use `engine` instead of the configured one; `host` is the server that opens the site."""
        self.config = config
        self.db = db
        self._host = host
        if engine is not None:
            self.engine = engine

    @cached_property
    def engine(self) -> Engine:
        """The search engine."""
        from annotator.search.engines import open_engine
        from annotator.services.site import switches

        return open_engine(self.config, lambda: switches.secret(self.config, self.db, "site"))

    @cached_property
    def indexer(self) -> Indexer:
        """The indexer, which updates the search engine from the database."""
        from annotator.search.indexer import Indexer
        from annotator.services.essays import quotation_index

        return Indexer(self.db, self.engine, self.leases, quotation_index.note)

    @cached_property
    def leases(self) -> Leases:
        """The tasks of the site that this process leads."""
        from annotator.hosts import open_leases

        return open_leases(self.config, self.db, self._host)

    def close(self) -> None:
        """Close files and connections, and stop the indexer."""
        if "indexer" in self.__dict__:
            self.indexer.stop()
        if "leases" in self.__dict__:
            self.leases.close()
        if "engine" in self.__dict__:
            self.engine.close()
        self.db.close()


def open_parts(config: Config, waiting: Callable[[], None] = lambda: None) -> Parts:
    """Open the database and migrate its tables; `waiting` is called if another process does so."""
    make_private(config.data)
    db = Database.of(config)
    db.migrate(waiting=waiting)
    db.read_clock()
    return Parts(config, db)
