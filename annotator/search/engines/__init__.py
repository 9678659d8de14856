"""The search engines, each in one module, behind the protocol of `search.engine`."""

from __future__ import annotations

from annotator.config import Config
from annotator.search.engine import Engine


def open_engine(config: Config) -> Engine:
    """Open the engine that the configuration names."""
    seconds = config.search.seconds
    if config.search.engine == "postgresql":
        from annotator.search.engines.postgresql import PostgresEngine

        return PostgresEngine(config.database_url, seconds)
    from annotator.search.engines.whoosh import WhooshEngine

    return WhooshEngine(config.index_folder, seconds)
