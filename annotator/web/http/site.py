"""What every view can use: settings, database, engine, leases, mailer, and the viewer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import current_app, g, request

from annotator.auth.viewer import Viewer
from annotator.config import Config
from annotator.db import Database
from annotator.leases import Leases
from annotator.search.engine import Engine
from annotator.search.indexer import Indexer
from annotator.services.accounts.mailer import Mailer
from annotator.web.http.translation import ENGLISH, Language


@dataclass(frozen=True)
class Site:
    """One running site."""

    config: Config
    db: Database
    engine: Engine
    indexer: Indexer
    leases: Leases
    mailer: Mailer
    language: Language


def site() -> Site:
    """The site that answers this request."""
    return cast(Site, current_app.extensions["annotator"])


def language() -> Language:
    """The site's language; English outside a request."""
    try:
        return site().language
    except RuntimeError:
        return ENGLISH


def address() -> str:
    """The site's own address, without a slash at the end."""
    return (site().config.site.address or request.host_url).rstrip("/")


def viewer() -> Viewer:
    """The viewer of this request, set by `web.http.sessions`."""
    return cast(Viewer, g.viewer)
