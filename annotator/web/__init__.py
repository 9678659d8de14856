"""All that speaks HTTP. The API and the pages do not know each other."""

from __future__ import annotations

from flask import Flask

from annotator.web.api import guide, hypothesis, w3c
from annotator.web.api.operations import api
from annotator.web.http import (
    access_log,
    compression,
    conditional,
    errors,
    openid,
    protection,
    rate_limits,
    readonly,
    routing,
    sessions,
)
from annotator.web.http.site import Site
from annotator.web.pages import pages


def register(app: Flask, site: Site) -> None:
    """Put the whole of the web into an app."""
    app.extensions["annotator"] = site
    access_log.register(app, site.config)
    conditional.keep_apart(app)
    routing.register(app)
    sessions.register(app)
    protection.register(app, site.config)
    rate_limits.register(app, site.config)
    readonly.register(app)
    errors.register(app)
    openid.register(app, site.config)
    app.register_blueprint(api)
    app.register_blueprint(guide.guide)
    app.register_blueprint(hypothesis.hypothesis)
    app.register_blueprint(w3c.w3c)
    app.register_blueprint(pages)
    compression.register(app)
    conditional.register(app)
