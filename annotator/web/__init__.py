"""Everything that uses HTTP. The API and the pages do not import each other."""

from __future__ import annotations

from flask import Flask

from annotator.web.api import guide, hypothesis, w3c
from annotator.web.api.operations import api
from annotator.web.http import errors, hooks, openid
from annotator.web.http.site import Site
from annotator.web.pages import pages
from annotator.web.pages.blueprint import DocumentName


def register(app: Flask, site: Site) -> None:
    """Put the whole of the web into an app."""
    app.extensions["annotator"] = site
    app.url_map.converters["document"] = DocumentName
    hooks.register(app, site)
    errors.register(app)
    openid.register(app, site.config)
    app.register_blueprint(api)
    app.register_blueprint(guide.guide)
    app.register_blueprint(hypothesis.hypothesis)
    app.register_blueprint(w3c.w3c)
    app.register_blueprint(pages)
