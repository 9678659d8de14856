"""A site's parts below the web: database, search engine and indexer, opened from the settings.

They stand apart from `app`, so that a command opens a site without importing the web.
"""

from __future__ import annotations

from dataclasses import dataclass

from annotator.config import Config
from annotator.db import Database
from annotator.private import make_private
from annotator.search.engine import Engine
from annotator.search.engines import open_engine
from annotator.search.indexer import Indexer
from annotator.services.essays import quotation_index


@dataclass(frozen=True)
class Parts:
    """The open parts of one site."""

    config: Config
    db: Database
    engine: Engine
    indexer: Indexer

    def close(self) -> None:
        """Let go of files, connections and the indexer's thread."""
        self.indexer.stop()
        self.engine.close()
        self.db.close()


def open_parts(config: Config) -> Parts:
    """Open the database, bringing its tables up to date, and the search engine."""
    make_private(config.data)
    db = Database.of(config)
    db.migrate()
    engine = open_engine(config)
    return Parts(
        config, db, engine, Indexer(db, engine, config.data / "indexer.lock", quotation_index.note)
    )
