"""`create_app(config)` joins all parts, top to bottom; nothing else does."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask

from annotator import web
from annotator.config import Config
from annotator.db import Database
from annotator.private import make_private
from annotator.search.engine import Engine
from annotator.search.engines import open_engine
from annotator.search.indexer import Indexer
from annotator.services.accounts.mailer import open_post
from annotator.services.essays import quotation_index
from annotator.web.http import translation
from annotator.web.http.site import Site


@dataclass(frozen=True)
class Parts:
    """A site's parts below the web, as the command line uses them too."""

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


def create_app(config: Config, parts: Parts | None = None) -> Flask:
    """Make the WSGI application of one site; the caller starts and stops the indexer."""
    parts = parts or open_parts(config)
    app = Flask("annotator.web", static_folder="static", template_folder="templates")
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the provider is Flask's own
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    language, post = translation.load(config), open_post(config)
    translation.install(app.jinja_env, language)
    web.register(app, Site(config, parts.db, parts.engine, parts.indexer, post, language))
    return app
