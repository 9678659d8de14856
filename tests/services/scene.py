"""A site in which something has to be moderated: people, a comment, what they do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from annotator.auth.permissions import Viewer
from annotator.config import Limits, Moderation
from annotator.errors import (
    AnnotatorError,
)
from annotator.models import Act, Annotation, Coverage, News
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.schemas.moderation import LogEntry
from annotator.services.annotations import annotations, listings, tags
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions
from annotator.services.moderation import actions, moderation_log
from annotator.services.moderation.actions import Decision
from annotator.services.reading import full_text
from tests.conftest import Site
from tests.helpers import checks

HIDE = Decision("hide", "abuse", "It attacks the gardener instead of the rule.")
FINE = Decision("approve", "no-ground", "Harsh, and about the text.")


class Scene:
    """A site with an annotation of Ada's, a reply of Ben's, and two moderators, Mia and Max."""

    def __init__(self, site: Site) -> None:
        site.add()
        self.site = site
        self.ada, self.ben, self.eve = (site.person(name) for name in ("Ada", "Ben", "Eve"))
        self.mia, self.max = (site.person(name, role="moderator") for name in ("Mia", "Max"))
        self.annotation = self.post(self.ada, "The gardener is a heron.", tags=("heron",))

    def post(self, viewer: Viewer, body: str, to: str | None = None, tags: tuple = ()) -> str:
        targets = () if to else (DraftTarget(exact="The north gate is locked at dusk"),)
        draft = Draft("garden" if not to else None, None, targets, body, tags, in_reply_to=to)
        with self.site.parts.db.transaction() as session:
            return annotations.create(session, viewer, draft, Limits())

    def act(self, by: Viewer, decision: Decision = HIDE, ident: str = "", state: str | None = None):
        with self.site.parts.db.transaction() as session:
            who = actions.moderator(by)
            return actions.decide(session, who, decision, ident or self.annotation, state).id

    def do(self, doing: Callable[[Session], object]) -> object:
        with self.site.parts.db.transaction() as session:
            return doing(session)

    def read(self, viewer: Viewer = None, ident: str = "") -> object:
        with self.site.parts.db.reading() as session:
            more = {"viewer": viewer} if viewer else {}
            return listings.get(session, ident or self.annotation, **more)

    def fault(self, doing: Callable[[Session], object]) -> AnnotatorError:
        with pytest.raises(AnnotatorError) as caught:
            self.do(doing)
        return caught.value

    def log(self) -> list[LogEntry]:
        with self.site.parts.db.reading() as session:
            return moderation_log.page(session).items

    def told(self, viewer: Viewer) -> list[tuple[str, str]]:
        self.site.tell()
        with self.site.parts.db.reading() as session:
            query = select(Act.act, News.told_as).join(News, News.act_id == Act.id)
            query = query.where(News.account_id == viewer.account).order_by(News.id.desc())
            return [(act, str(told_as)) for act, told_as in session.execute(query)]

    def consistent(self) -> list[str]:
        self.site.parts.indexer.drain()
        with self.site.parts.db.reading() as session:
            return list(checks.faults(session, self.site.parts.engine))


def found(scene: Scene) -> dict[str, int]:
    """How often each output that anyone can ask gives Ada's annotation."""
    with scene.site.parts.db.reading() as session:
        loaded = editions.newest(session, "garden")
        engine = scene.site.parts.engine
        return {
            "all": listings.page(session, Filter()).total,
            "document": listings.page(session, Filter(document="garden"), "place").total,
            "exported": sum(1 for _ in listings.everything(session, Filter())),
            "person": listings.page(session, Filter(author="Ada")).total,
            "tag": listings.page(session, Filter(tag="heron")).total,
            "tags": len(tags.used(session)),
            "covered": session.scalar(select(func.count()).select_from(Coverage)) or 0,
            "summary": editions.summaries(session)[0].annotations,
            "search": len(full_text.search(session, engine, "heron", kinds=["annotation"]).items),
            "among": listings.count(
                session, Filter(among=full_text.among(session, engine, "heron"))
            ),
            "placed": listings.page(session, Filter("garden", provision=loaded.pids[0])).total,
        }  # fmt: skip


def held(scene: Scene, **settings: object) -> Callable[..., bool]:
    scene.site.parts.db.moderation = Moderation(**settings)

    def post(body: str, viewer: Viewer = scene.ben) -> bool:
        ident = scene.post(viewer, body)
        with scene.site.parts.db.reading() as session:
            return session.get_one(Annotation, ident).visibility == "held"

    return post
