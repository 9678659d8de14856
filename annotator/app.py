"""`create_app` connects the settings, the database, the search engine and the web."""

from __future__ import annotations

from flask import Flask

from annotator import web
from annotator.config import Config
from annotator.parts import Parts, open_parts
from annotator.services.accounts.mailer import open_mailer
from annotator.web.http import translation
from annotator.web.http.site import Site


def create_app(config: Config, parts: Parts | None = None) -> Flask:
    """Create the WSGI application of a site; the caller starts and stops the indexer."""
    parts = parts or open_parts(config)
    app = Flask("annotator.web", static_folder="static", template_folder="templates")
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the provider is Flask's own
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    language, mailer = translation.load(config), open_mailer(config)
    translation.install(app.jinja_env, language)
    site = Site(config, parts.db, parts.engine, parts.leases, mailer, language)
    web.register(app, site)
    return app
