"""The search engines, each in one module, behind the protocol of `search.engine`."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from annotator import private
from annotator.config import Config
from annotator.search.engine import Engine


def open_engine(config: Config, site: Callable[[], str]) -> Engine:
    """Open the engine that the configuration names; `site` returns what identifies this site."""
    seconds = config.search.seconds
    if config.search.engine == "postgresql":
        from annotator.search.engines.postgresql import PostgresEngine

        return PostgresEngine(config.database_url, seconds)
    if config.search.engine == "opensearch":
        from annotator.search.engines.opensearch import OpenSearchEngine

        password = config.external_secret("search") if config.search.user else ""
        return OpenSearchEngine(config.search, site, password)
    from annotator.search.engines.whoosh import WhooshEngine

    engine = WhooshEngine(config.index_folder, seconds)
    if config.store.database:  # each data folder can have an index of it
        folder = private.secret(config.data / "secrets" / "host")
        engine.index = f"whoosh {sha256(folder.encode()).hexdigest()[:16]}"
    return engine
