"""A garden whose publisher answers comments, for the tests of answers."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from annotator.auth.permissions import Viewer
from annotator.config import Limits
from annotator.schemas.annotations import AnnotationValue
from annotator.services.annotations import listings
from annotator.services.annotations.filters import Filter
from annotator.services.answers import accounting, answers, desk, drafters
from annotator.services.answers.answers import AnswerDraft
from annotator.services.answers.desk import DeskChoice
from tests.conftest import Site
from tests.helpers import checks

NOTED = AnswerDraft("noted", "Thank you.")
DUSK = "The north gate is locked at dusk"


class Publisher:
    """A garden with comments of Ada's, and Dora, who drafts for its publisher."""

    def __init__(self, site: Site) -> None:
        self.site = site
        site.add()
        self.ada, self.dora = site.person("Ada"), site.person("Dora")
        self.mia = site.person("Mia", role="moderator")
        self.do(lambda session: drafters.add(session, "garden", "Dora", "command line"))
        self.ident = site.post(DUSK, "Why at dusk?")

    def do(self, doing: Callable[[Session], object]) -> object:
        with self.site.parts.db.transaction() as session:
            return doing(session)

    def write(
        self, *comments: str | tuple[str, str | None], draft: AnswerDraft = NOTED,
        by: Viewer | None = None, chosen: DeskChoice | None = None,
    ) -> str:  # fmt: skip
        pairs = [each if isinstance(each, tuple) else (each, None) for each in comments]
        with self.site.parts.db.transaction() as session:
            return answers.write(
                session, self.site.parts.engine, by or self.dora, "garden",
                chosen or DeskChoice(pairs or [(self.ident, None)]), draft, Limits(),
            )[0]  # fmt: skip

    def publish(self, **more: object) -> object:
        engine = self.site.parts.engine
        return self.do(
            lambda session: answers.publish(session, engine, self.dora, "garden", **more)
        )

    def read(self, ident: str = "") -> AnnotationValue:
        with self.site.parts.db.reading() as session:
            return listings.get(session, ident or self.ident)

    def select(self, **narrow: str) -> object:
        with self.site.parts.db.reading() as session:
            return desk.select_comments(
                session, self.site.parts.engine, self.dora, Filter("garden", **narrow)
            )

    def account(self, **narrow: str) -> object:
        with self.site.parts.db.reading() as session:
            return accounting.account(session, Filter("garden", **narrow))

    def faults(self) -> list[str]:
        self.site.parts.indexer.drain()
        with self.site.parts.db.reading() as session:
            return list(checks.faults(session, self.site.parts.engine))
