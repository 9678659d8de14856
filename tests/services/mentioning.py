"""A page elsewhere that mentions the garden's rules: sent, looked at and decided on."""

from __future__ import annotations

from dataclasses import dataclass

from annotator.cli.server.webmention import verify_due
from annotator.errors import AnnotatorError, Unavailable
from annotator.models import Mention, MentionPlace
from annotator.outside.client import Fetched
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded
from annotator.services.webmention import mentions
from tests.conftest import Site

HERE = "https://notes.example.net"
SOURCE = "https://blog.example.org/gates"
PLACE = f"{HERE}/d/garden/paths-and-gates/1"


@dataclass
class Elsewhere:
    """A client that answers by address, and notes what it was asked for."""

    pages: dict[str, Fetched | AnnotatorError]
    asked: list[str]

    def get(self, url: str) -> Fetched:
        self.asked.append(url)
        found = self.pages.get(url) or Unavailable(f"{url} answers 404 Not Found.", answered=404)
        if isinstance(found, AnnotatorError):
            raise found
        return found


def page(body: str, kind: str = "text/html", url: str = SOURCE) -> Fetched:
    return Fetched(url, 200, kind, "utf-8", body.encode())


def linking(more: str = "", target: str = PLACE) -> Fetched:
    return page(f"<title>On gates</title>{more}<p>See <a href='{target}'>the rule</a>.</p>")


def receive(site: Site, source: str = SOURCE, target: str = PLACE, **more: object) -> str:
    with site.parts.db.transaction() as session:
        return mentions.receive(session, source, target, HERE, **more)  # type: ignore[arg-type]


def run(site: Site, client: object) -> dict[str, int]:
    return dict(verify_due(site.parts.db, client))  # type: ignore[arg-type]


def row(site: Site, ident: str) -> Mention:
    with site.parts.db.reading() as session:
        found = mentions.get(session, ident)
        session.expunge(found)
        return found


def decide(site: Site, ident: str, act: str, reason: str = "", seen: str | None = None) -> None:
    with site.parts.db.transaction() as session:
        mentions.decide(session, "Mia", ident, act, reason, seen)


def newest(site: Site) -> Loaded:
    with site.parts.db.reading() as session:
        return editions.newest(session, "garden")


def places(site: Site, ident: str) -> list[tuple[str, bool]]:
    """Return the words of each of a mention's places, and whether they are quoted."""
    text = newest(site).parsed.text
    with site.parts.db.reading() as session:
        rows = session.query(MentionPlace).filter_by(mention_id=ident)
        return [(text[it.start : it.end], it.quoted) for it in rows.order_by("ordinal")]


def shown(site: Site, words: str) -> list[str]:
    """Return the mentions that the page of the provision with these words shows."""
    loaded = newest(site)
    start = loaded.parsed.text.index(words)
    at = loaded.parsed.innermost(start, start + len(words))
    assert at is not None
    with site.parts.db.reading() as session:
        return [it.id for it in mentions.of_provision(session, loaded, at)]


def accepted(site: Site, elsewhere: Elsewhere) -> str:
    """Return a mention that a moderator has approved."""
    elsewhere.pages[SOURCE] = linking()
    ident = receive(site)
    run(site, elsewhere)
    decide(site, ident, "approve")
    return ident
