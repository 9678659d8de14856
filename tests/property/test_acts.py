"""Whatever people do, in whatever order, leaves a state that `annotator check` accepts."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule
from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.auth.permissions import Viewer
from annotator.config import Config
from annotator.db import Database
from annotator.errors import AnnotatorError
from annotator.models import Account, Act, Coverage, Document, Placement
from annotator.schemas import charter
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.schemas.charter import KINDS
from annotator.services.accounts import accounts
from annotator.services.annotations import annotations, restatements
from annotator.services.editions import editions
from annotator.services.moderation import (
    actions,
    complaints,
    decisions,
    moderation_log,
    moderation_queue,
)
from annotator.services.moderation.actions import Decision
from annotator.services.moderation.decisions import BulkFilter, Order
from annotator.services.personal_data import account_deletion, data_export
from annotator.services.placement import placer
from annotator.services.site import switches
from tests.conftest import SAMPLES, Site, site_of
from tests.helpers import checks

PEOPLE = ("Ada", "Grace", "Mary")
MODERATORS = {"Mia": "moderator", "Max": "moderator", "Root": "administrator"}
WORDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40
) | st.sampled_from(["**bold**", "<script>alert(1)</script>", "[x](javascript:x)", "| a |\n|-|\n"])
WHO = st.sampled_from(PEOPLE)
ANYONE = st.sampled_from((*PEOPLE, *MODERATORS))
DECIDING = st.sampled_from([*MODERATORS, None])  # None decides on the command line
RULES = st.sampled_from(list(charter.RULES))
GROUNDS = st.sampled_from(list(charter.GROUNDS))
NUMBER = st.integers(1, 30)
TEXTS = [(SAMPLES / f"garden-{n}.md").read_bytes() for n in (1, 2)]
_template: list[Path] = []


def template() -> Path:
    """A database with every table and the garden's rules, made once."""
    if not _template:
        folder = Path(tempfile.mkdtemp(prefix="annotator-acts-"))
        site = site_of(
            Config(
                data=folder,
            )
        )
        site.parts.db.migrate()
        site.add()
        for name in PEOPLE:
            site.person(name)
        for name, role in MODERATORS.items():
            site.person(name, role=role)
        with site.parts.db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        site.parts.close()
        _template.append(folder)
    return _template[0]


def derived(session: Session) -> tuple[set[Any], set[Any]]:
    return tuple(  # type: ignore[return-value]
        {tuple(row) for row in session.execute(select(*table.__table__.columns))}
        for table in (Placement, Coverage)
    )


def names_about(about: str) -> list[str]:
    """Return the names of the actions on annotations, on accounts or on appeals."""
    return [kind.name for kind in KINDS.values() if kind.about == about]


class Acts(RuleBasedStateMachine):
    """People at work on one site; what is refused is refused whole."""

    annotations = Bundle("remarks")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="annotator-acts-"))
        shutil.copytree(template(), self.folder, dirs_exist_ok=True)
        self.site: Site = site_of(
            Config(
                data=self.folder,
            )
        )
        self.site.parts.indexer.rebuild()
        self.db: Database = self.site.parts.db
        self.labels, self.names, self.states = 0, 0, 0
        with self.db.reading() as session:
            self.ids = {name: accounts.named(session, name).id for name in (*PEOPLE, *MODERATORS)}

    def teardown(self) -> None:
        """Look at what is left, then let go of the site."""
        try:
            self.moderators_can_look()
            self.everything_is_consistent()
        finally:
            self.site.parts.close()
            shutil.rmtree(self.folder)

    @invariant()
    def every_sixth_state_is_sound(self) -> None:
        """Look at every sixth state: looking takes ten times as long as what people do."""
        self.states += 1
        if self.states % 6 == 0:
            self.moderators_can_look()
            self.everything_is_consistent()

    def viewer(self, session: Session, who: str) -> Viewer:
        return accounts.viewer_of(session.get_one(Account, self.ids[who]))

    def do(self, act: Any) -> Any:
        """Do something in one transaction; what the product refuses is fine."""
        try:
            with self.db.transaction() as session:
                return act(session)
        except AnnotatorError:
            return None

    def post(self, who: str, **draft: Any) -> Any:
        limits = self.site.parts.config.limits
        made = self.do(lambda s: annotations.create(s, self.viewer(s, who), Draft(**draft), limits))
        return made if made else multiple()

    @rule(
        target=annotations,
        who=WHO,
        body=WORDS | st.none(),
        first=st.integers(0, 900),
        length=st.integers(1, 300),
        old=st.booleans(),
        tags=st.lists(WORDS, max_size=3),
    )
    def on_a_range(
        self, who: str, body: str | None, first: int, length: int, old: bool, tags: list[str]
    ) -> Any:
        target = DraftTarget(start=first, end=first + length)
        return self.post(who, document="garden", edition="2026-03-01" if old else None, body=body,
                         targets=(target, target)[: 1 + length % 2], tags=tuple(tags))  # fmt: skip

    @rule(target=annotations, who=WHO, body=WORDS, at=st.integers(0, 200))
    def on_a_provision(self, who: str, body: str, at: int) -> Any:
        with self.db.reading() as session:
            pids = editions.newest(session, "garden").pids
        target = DraftTarget(pid=pids[at % len(pids)])
        return self.post(who, document="garden", body=body, targets=(target,))

    @rule(target=annotations, who=WHO, body=WORDS)
    def on_the_document(self, who: str, body: str) -> Any:
        return self.post(who, document="garden", body=body)

    @rule(target=annotations, who=WHO, body=WORDS, parent=annotations)
    def reply(self, who: str, body: str, parent: str) -> Any:
        return self.post(who, in_reply_to=parent, body=body)

    @rule(who=WHO, annotation=annotations, body=WORDS, tags=st.none() | st.lists(WORDS, max_size=3))
    def edit(self, who: str, annotation: str, body: str, tags: list[str] | None) -> None:
        limits = self.site.parts.config.limits
        self.do(lambda s: annotations.edit(
            s, self.viewer(s, who), annotation, body=body, tags=tags, limits=limits))  # fmt: skip

    @rule(who=WHO, annotation=annotations)
    def delete(self, who: str, annotation: str) -> None:
        self.do(lambda s: annotations.delete(s, self.viewer(s, who), annotation))

    @rule(who=WHO, annotation=annotations)
    def undo(self, who: str, annotation: str) -> None:
        self.do(lambda s: annotations.restore(s, self.viewer(s, who), annotation))

    @rule(who=WHO, annotation=annotations)
    def confirm(self, who: str, annotation: str) -> None:
        limits = self.site.parts.config.limits
        self.do(lambda s: restatements.restate(s, self.viewer(s, who), annotation, None, limits))

    @rule(who=WHO, annotation=annotations, first=st.integers(0, 900))
    def restate(self, who: str, annotation: str, first: int) -> None:
        words, limits = DraftTarget(start=first, end=first + 30), self.site.parts.config.limits
        self.do(lambda s: restatements.restate(s, self.viewer(s, who), annotation, words, limits))

    @rule(text=st.sampled_from(TEXTS), more=st.integers(0, 3))
    def new_edition(self, text: bytes, more: int) -> None:
        self.labels += 1
        label = f"2026-{4 + self.labels % 8:02}-{self.labels % 28 + 1:02}"
        words = text + b"\n".join(b"\nOne more rule is made, the %d.\n" % n for n in range(more))
        with contextlib.suppress(AnnotatorError):  # older than the newest, or a label that is taken
            self.site.add("garden-1.md", label, data=words)

    @rule(who=WHO)
    def rename(self, who: str) -> None:
        self.names += 1
        self.do(
            lambda s: accounts.rename(s, self.ids[who], f"{who} the {self.names}th", by_site=True)
        )

    @rule(who=WHO, keep=st.booleans())
    def leave(self, who: str, keep: bool) -> None:
        self.do(lambda s: account_deletion.leave(s, self.ids[who], keep=keep))

    def decide(self, by: str | None, order: Order) -> None:
        """Decide as a moderator, or on the command line."""
        engine = self.site.parts.engine

        def carry_out(session: Session) -> None:
            who = actions.moderator(self.viewer(session, by)) if by else actions.COMMAND_LINE
            decisions.carry_out(session, engine, who, order)

        self.do(carry_out)

    @rule(who=ANYONE, annotation=annotations, ground=GROUNDS, words=WORDS)
    def flag(self, who: str, annotation: str, ground: str, words: str) -> None:
        self.do(lambda s: complaints.flag(s, self.viewer(s, who), annotation, ground, words))

    @rule(
        by=DECIDING,
        act=st.sampled_from(names_about("annotation")),
        annotation=annotations,
        cited=RULES,
        ground=GROUNDS,
        version=st.integers(0, 3),
    )
    def moderate(
        self, by: str | None, act: str, annotation: str, cited: str, ground: str, version: int
    ) -> None:
        decision = Decision(act, ground if act == "hide" else cited, "Zyx.", version=version)
        self.decide(by, Order(decision, [(annotation, None)]))

    @rule(by=DECIDING, act=st.sampled_from(list(decisions.FROM)), author=WHO)
    def moderate_many(self, by: str | None, act: str, author: str) -> None:
        engine = self.site.parts.engine

        def select_and_decide(session: Session) -> None:
            who = actions.moderator(self.viewer(session, by)) if by else actions.COMMAND_LINE
            wanted = BulkFilter(act, session.get_one(Account, self.ids[author]).name)
            state = decisions.select_annotations(session, engine, who, wanted).state
            order = Order(Decision(act, "abuse", "Zyx."), bulk=wanted, state=state)
            decisions.carry_out(session, engine, who, order)

        self.do(select_and_decide)

    @rule(
        by=DECIDING,
        act=st.sampled_from(names_about("account")),
        who=ANYONE,
        days=st.integers(0, 31),
        annotation=annotations,
    )
    def bar(self, by: str | None, act: str, who: str, days: int, annotation: str) -> None:
        with self.db.reading() as session:
            name = session.get_one(Account, self.ids[who]).name
        decision = Decision(act, "suspension", "Zyx.", days=days)
        self.decide(by, Order(decision, [(annotation, None)], account=name))

    @rule(by=DECIDING, entry=NUMBER, whole=st.booleans())
    def take_back(self, by: str | None, entry: int, whole: bool) -> None:
        with self.db.reading() as session:
            act = session.get(Act, entry)
            batch = (act.batch or "") if act and whole else ""
        self.decide(by, Order(Decision("undo", "mistake", "Zyx."), entry=entry, batch=batch))

    @rule(who=ANYONE, entry=NUMBER, words=WORDS)
    def appeal(self, who: str, entry: int, words: str) -> None:
        self.do(lambda s: complaints.appeal(s, self.viewer(s, who), entry, words))

    @rule(by=DECIDING, number=NUMBER, act=st.sampled_from(names_about("appeal")))
    def answer(self, by: str | None, number: int, act: str) -> None:
        self.decide(by, Order(Decision(act, "", "Zyx."), appeal=number))

    @rule(name=st.sampled_from(["approve_everything"]), on=st.booleans())
    def throw(self, name: str, on: bool) -> None:
        self.do(lambda s: switches.throw(s, name, on, "Mia"))

    def moderators_can_look(self) -> None:
        """Everything that moderators and others look at can be shown, whatever happened."""
        with self.db.reading() as session:
            mia = self.viewer(session, "Mia")
            if mia.role in MODERATORS.values() and not mia.barred_until:
                for case in moderation_queue.page(session, mia).items:
                    case.to_json()
            for entry in moderation_log.page(session).items:
                entry.to_json()
                moderation_log.related(session, entry)
            moderation_log.quarters(session)
            for ident in self.ids.values():
                account = session.get_one(Account, ident)
                moderation_log.flags_and_appeals(session, accounts.viewer_of(account))
                json.loads("".join(data_export.pieces(session, account, "CC0-1.0")))

    def everything_is_consistent(self) -> None:
        """The check accepts the state, and what is derived is what deriving it anew gives."""
        self.site.parts.indexer.drain()
        with self.db.reading() as session:
            assert list(checks.faults(session, self.site.parts.engine)) == []
        with self.db.transaction() as session:
            before = derived(session)
            for ident in session.scalars(select(Document.id)).all():
                placer.rebuild(session, ident)
            assert derived(session) == before
            session.rollback()


TestActs = Acts.TestCase
TestActs.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
