"""Answers of the publisher: drafts, publishing, taking back, what the text says, the account."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, event, func, select, update
from sqlalchemy.orm import Session

from annotator import formats
from annotator.auth.permissions import Viewer
from annotator.config import Limits
from annotator.db import now
from annotator.errors import AnnotatorError, Conflict, NotAllowed, NotFound, Unacceptable
from annotator.formats.files import reading
from annotator.models import (
    Annotation,
    Answered,
    Change,
    Coverage,
    DeskMark,
    Happening,
    News,
    Outbox,
    Placement,
    PublisherAnswer,
    Target,
)
from annotator.schemas.annotations import AnnotationValue
from annotator.services.accounts import accounts
from annotator.services.annotations import annotations, listings
from annotator.services.annotations.filters import Filter
from annotator.services.answers import accounting, answers, desk, drafters
from annotator.services.answers.answers import AnswerDraft
from annotator.services.answers.desk import DeskChoice
from annotator.services.exchange import exports, imports
from annotator.services.moderation import actions
from annotator.services.operations import consistency
from annotator.services.personal_data import account_deletion
from annotator.services.reading import full_text
from annotator.services.revisions import alignment_corrections
from tests.conftest import Site
from tests.services.scene import HIDE

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
            return list(consistency.faults(session, self.site.parts.engine))


@pytest.fixture
def garden(site: Site) -> Publisher:
    """The garden on each database."""
    return Publisher(site)


def test_a_draft_is_seen_by_nobody_and_a_published_answer_by_everybody(garden: Publisher) -> None:
    ident = garden.write()
    assert garden.read().answer is None
    garden.publish()
    answer = garden.read().answer
    assert answer is not None
    assert (answer.id, answer.outcome, answer.body, answer.by) == (
        ident,
        "noted",
        "Thank you.",
        "Dora",
    )
    assert "<p>Thank you.</p>" in answer.html
    assert answer.content is None
    assert garden.faults() == []


def test_a_later_answer_replaces_it_and_the_old_one_stays_readable(garden: Publisher) -> None:
    other = garden.site.post(DUSK, "It is too early.")
    first = garden.write(garden.ident, other)
    garden.publish()
    state = {item.id: item.state for item in garden.select().items}
    second = garden.write((garden.ident, state[garden.ident]), draft=replace(NOTED, body="Better."))
    garden.publish()
    assert garden.read().answer.id == second
    assert [each.id for each in garden.read().replaced] == [first]
    assert garden.read(other).answer.id == first, "to the other comment it stands"
    garden.do(lambda session: answers.undo(session, garden.dora, second))
    assert garden.read().answer.id == first, "what it replaced returns"
    assert garden.select(answer="draft").items[0].id == garden.ident
    assert garden.faults() == []


def test_it_is_taken_back_within_an_hour_only(garden: Publisher) -> None:
    ident = garden.write()
    garden.publish()
    early = {"published": now() - timedelta(hours=1, seconds=1)}
    garden.do(lambda session: session.execute(update(Answered).values(early)))
    with pytest.raises(Conflict, match="within the hour"):
        garden.do(lambda session: answers.undo(session, garden.dora, ident))


def _deleted(garden: Publisher) -> None:
    garden.do(lambda session: annotations.delete(session, garden.ada, garden.ident))


def _hidden(garden: Publisher) -> None:
    garden.do(lambda session: actions.decide(session, garden.mia, HIDE, garden.ident, None))


def _held(garden: Publisher) -> None:
    garden.do(lambda session: session.execute(
        update(annotations.Annotation).values(visibility="held")
    ))  # fmt: skip


def _edited(garden: Publisher) -> None:
    garden.do(lambda session: annotations.edit(session, garden.ada, garden.ident, body="Why so?",
                                               limits=Limits()))  # fmt: skip


def _answered(garden: Publisher) -> None:
    garden.write()


def _published(garden: Publisher) -> None:
    garden.write()
    garden.publish()


CHANGES = [(_deleted, "has been deleted"), (_hidden, "is hidden"), (_held, "waiting for review"),
           (_edited, "edited or answered"), (_answered, "edited or answered"),
           (_published, "edited or answered")]  # fmt: skip


@pytest.mark.parametrize(("change", "told"), CHANGES, ids=[it[1] for it in CHANGES])
def test_a_comment_that_changed_since_it_was_read_is_not_answered(
    garden: Publisher, change: Callable[[Publisher], None], told: str
) -> None:
    seen = garden.select()
    change(garden)
    with pytest.raises(Conflict, match=told) as refused:
        garden.write((garden.ident, seen.items[0].state))
    assert refused.value.details["annotation"] == garden.ident
    with pytest.raises(Conflict, match="have changed"):
        garden.write(chosen=DeskChoice(narrow=Filter("garden"), state=seen.state))


def test_two_drafters_do_not_overwrite_each_other(garden: Publisher) -> None:
    first = garden.write()
    with pytest.raises(Conflict, match="answer already") as refused:
        garden.write()
    assert refused.value.details["answer"] == first
    state = refused.value.details["state"]
    second = garden.write((garden.ident, state), draft=AnswerDraft("adopted"))
    with garden.site.parts.db.reading() as session:
        assert session.scalars(select(PublisherAnswer.id)).all() == [second], "the first is gone"


REFUSED: list[tuple[dict[str, object], type[AnnotatorError], str]] = [
    ({"outcome": "accepted"}, Unacceptable, "outcome"),
    ({"outcome": "declined", "body": " "}, Unacceptable, "body"),
    ({"body": "x" * 200_000}, Unacceptable, "body"),
    ({"body": "\x07"}, Unacceptable, "body"),
    ({"edition": "2031-01-01"}, Unacceptable, "addressed_in.edition"),
    ({"address": "garden/purpose/1"}, Unacceptable, "addressed_in.edition"),
    ({"edition": "2026-03-01", "address": "park/purpose/1"}, Unacceptable, "addressed_in.address"),
    ({"edition": "2026-03-01", "address": "garden@2026-06-01/purpose/1"}, Unacceptable,
     "addressed_in.address"),
    ({"edition": "2026-03-01", "address": "garden/purpose/77"}, Unacceptable,
     "addressed_in.address"),
    ({"edition": "2026-03-01", "address": "~~~"}, Unacceptable, "addressed_in.address"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "kind", "field"), REFUSED)
def test_a_bad_answer_is_refused_with_its_field(
    garden: Publisher, fields: dict[str, str], kind: type[AnnotatorError], field: str
) -> None:
    with pytest.raises(kind) as refused:
        garden.write(draft=replace(NOTED, **fields))
    assert refused.value.field == field


def test_what_cannot_be_answered_is_named(garden: Publisher) -> None:
    site = garden.site
    site.add(slug="park")
    reply = site.post("", "Because.", in_reply_to=garden.ident)
    highlight = site.post("three gates", None, motivation="highlighting")
    for ident, told in ((reply, "is a reply"), (highlight, "without words")):
        with pytest.raises(Conflict, match=told):
            garden.write(ident)
    with pytest.raises(NotFound):
        garden.write("nowhere")
    with pytest.raises(AnnotatorError, match="at least one"):
        garden.write(chosen=DeskChoice())
    with pytest.raises(Unacceptable, match="at most 10,000"):
        garden.write(*(f"x{number}" for number in range(10_001)))
    garden.do(lambda session: drafters.add(session, "park", "Dora", "command line"))
    with pytest.raises(Conflict, match="is not on park"):
        garden.do(lambda session: answers.write(
            session, site.parts.engine, garden.dora, "park", DeskChoice([(garden.ident, None)]),
            NOTED, Limits(),
        ))  # fmt: skip


def test_an_older_edition_than_the_comment_addresses_nothing(garden: Publisher) -> None:
    garden.site.add("garden-2.md", "2026-06-01")
    later = garden.site.post("locked at nightfall", "Why?")
    with pytest.raises(Unacceptable, match="is older than comment") as refused:
        garden.write(later, draft=replace(NOTED, edition="2026-03-01"))
    assert refused.value.field == "addressed_in.edition"


CHECKED = [
    (DUSK, None, "changed"),
    ("There are three gates", None, "same"),
    ("keep quiet", None, "unknown"),
    ("There are three gates", "garden@2026-06-01/paths-and-gates/2", "changed"),
    (DUSK, "garden@2026-06-01/purpose/1", "same"),
    (DUSK, "https://n.example/d/garden@2026-06-01/paths-and-gates/1", "changed"),
]


@pytest.mark.parametrize(("words", "address", "check"), CHECKED)
def test_the_text_says_whether_it_addresses_a_comment(
    garden: Publisher, words: str, address: str | None, check: str
) -> None:
    ident = garden.site.post(words, "Reword this.")
    garden.site.add("garden-2.md", "2026-06-01")
    garden.write(ident, draft=AnswerDraft("adopted", None, "2026-06-01", address))
    garden.publish()
    addressed = garden.read(ident).answer.addressed_in
    assert (addressed.edition, addressed.check) == ("2026-06-01", check)
    changes = {piece.change for piece in addressed.diff}
    assert changes == ({"same", "struck", "added"} if check == "changed" else set())


def test_the_check_follows_a_corrected_alignment(garden: Publisher) -> None:
    garden.site.add("garden-2.md", "2026-06-01")
    garden.write(draft=AnswerDraft("adopted", None, "2026-06-01",
                                   "garden@2026-06-01/paths-and-gates/1"))  # fmt: skip
    garden.publish()
    assert garden.read().answer.addressed_in.check == "changed"
    pid = garden.read().pid
    garden.do(lambda session: alignment_corrections.correct(
        session, "garden", "2026-06-01", "part", [pid or ""], [], reason="Another rule.", by="Max"
    ))  # fmt: skip
    assert garden.read().answer.addressed_in.check == "unknown"
    assert garden.read().answer.addressed_in.address == "garden@2026-06-01/paths-and-gates/1"


def test_publishing_leaves_what_changed_since_it_was_drafted(garden: Publisher) -> None:
    other = garden.site.post(DUSK, "It is too early.")
    garden.write(garden.ident, other)
    _edited(garden)
    published = garden.publish()
    assert (published.comments, published.left) == (1, 1)
    assert garden.read().answer is None
    with pytest.raises(Conflict, match="No draft can be published"):
        garden.publish()


@pytest.mark.both_databases
@pytest.mark.parametrize("number", [1, 120])
def test_one_act_takes_as_many_statements_for_thousands(garden: Publisher, number: int) -> None:
    """An answer to many comments is one transaction of a few statements."""
    people = [garden.site.person(f"P{at}") for at in range(number)]
    for person in people:
        garden.site.post(DUSK, f"I, {person.name}, object to this at dusk.", author=person)
    seen, count = garden.select(), 0

    def counted(*_: object) -> None:
        nonlocal count
        count += 1

    engine = garden.site.parts.db.engine
    event.listen(engine, "before_cursor_execute", counted)
    garden.write(chosen=DeskChoice(narrow=Filter("garden"), state=seen.state))
    published = garden.publish()
    event.remove(engine, "before_cursor_execute", counted)
    assert published.comments == number + 1
    assert count < 60
    with garden.site.parts.db.reading() as session:
        told = session.scalars(select(Answered.annotation_id).where(
            *answers.published_at(published.published)
        ))  # fmt: skip
        assert len(told.all()) == number + 1, "the event of the act is all its rows"


def test_a_search_finds_comments_by_their_answer(garden: Publisher) -> None:
    other = garden.site.post("three gates", "Too many.")
    garden.site.post("", "A reply.", in_reply_to=garden.ident)
    garden.write(other, draft=AnswerDraft("declined", "Three it is."))
    garden.publish()
    garden.site.parts.indexer.drain()
    finds = {"answer:declined": [other], "answer:answered": [other], "answer:none": [garden.ident],
             "answer:adopted": []}  # fmt: skip
    with garden.site.parts.db.reading() as session:
        for query, ids in finds.items():
            results = full_text.search(session, garden.site.parts.engine, query)
            assert [item.id for item in results.items] == ids, query


@pytest.mark.both_databases
def test_a_native_file_brings_answers_only_where_it_is_trusted(garden: Publisher) -> None:
    other = garden.site.post("three gates", "Too many.")
    draft = AnswerDraft("declined", "*Two* it is.", "2026-03-01", "garden/purpose/1")
    ident = garden.write(garden.ident, other, draft=draft)
    garden.publish()
    garden.do(lambda session: answers.say(session, garden.ada, other, "no"))
    before = garden.read(other).answer
    with garden.site.parts.db.reading() as session:
        chosen = formats.named("jsonl")
        exported = exports.export(session, chosen, Filter(), "CC0-1.0", "https://n.example")
        text = "".join(chosen.write(exported.annotations, exported.envelope))
    assert '"html"' not in text
    for trust in (False, True):
        with garden.site.parts.db.transaction() as session:
            for table in (Happening, Answered, PublisherAnswer, Outbox, Placement, Coverage,
                          Change, Target, Annotation):  # fmt: skip
                session.execute(delete(table))
        incoming = [*reading.read(io.BytesIO(text.encode()), "jsonl")]
        garden.do(lambda session, trust=trust, incoming=incoming: imports.take_in(
            session, incoming, Limits(), "CC0-1.0", trust_authors=trust
        ))  # fmt: skip
        with garden.site.parts.db.reading() as session:
            assert session.scalars(select(PublisherAnswer.id)).all() == ([ident] if trust else [])
    assert garden.read(other).answer == before
    assert garden.read(garden.ident).answer.content is None


def test_a_w3c_file_has_an_answer_as_an_annotation_on_what_it_answers(garden: Publisher) -> None:
    other = garden.site.post("three gates", "Too many.")
    ident = garden.write(garden.ident, other, draft=AnswerDraft("declined", "*Two* it is."))
    garden.publish()
    with garden.site.parts.db.reading() as session:
        chosen = formats.named("w3c")
        exported = exports.export(session, chosen, Filter(), "CC0-1.0", "https://n.example")
        text = "".join(chosen.write(exported.annotations, exported.envelope))
    whole = json.loads(text)
    found = whole["first"]["items"][-1]
    assert whole["total"] == 3
    assert found["id"] == f"https://n.example/d/garden/answers#answer-{ident}"
    assert found["motivation"] == ["assessing", "replying"]
    assert found["creator"]["type"] == "Organization"
    assert [each["purpose"] for each in found["body"]] == ["replying", "classifying"]
    assert set(found["target"]) == {
        f"https://n.example/w3c/annotations/{each}" for each in (garden.ident, other)
    }
    read = [*reading.read(io.BytesIO(text.encode()), "w3c")]
    report = garden.do(lambda session: imports.take_in(session, read, Limits(), "CC0-1.0"))
    assert report.outcomes == {"unchanged": 2, "refused": 1}, report.lines


def test_an_interrupted_act_leaves_nothing(
    garden: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    garden.write()
    monkeypatch.setattr(answers, "_note", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        garden.publish()
    assert garden.read().answer is None
    assert garden.select(answer="draft").total == 1


def test_only_the_author_says_whether_they_are_content(garden: Publisher) -> None:
    with pytest.raises(Conflict, match="no answer"):
        garden.do(lambda session: answers.say(session, garden.ada, garden.ident, "yes"))
    garden.write()
    garden.publish()
    with pytest.raises(NotAllowed):
        garden.do(lambda session: answers.say(session, garden.dora, garden.ident, "yes"))
    with pytest.raises(Unacceptable):
        garden.do(lambda session: answers.say(session, garden.ada, garden.ident, "maybe"))
    garden.do(lambda session: answers.say(session, garden.ada, garden.ident, "no"))
    assert garden.read().answer.content == "no"
    assert garden.account().content == {"no": 1}


def test_what_drafters_note_narrows_their_desk_only(garden: Publisher) -> None:
    other = garden.site.post("three gates", "Too many.")
    chosen, engine = DeskChoice([(other, None)]), garden.site.parts.engine
    for kind, value in (("read", ""), ("label", "  gates  "), ("label", "gates"), ("assign", "me")):
        garden.do(lambda session, kind=kind, value=value: desk.mark(
            session, engine, garden.dora, "garden", chosen, kind, value
        ))  # fmt: skip
    finds = [({"label": "gates"}, [other]), ({"assigned": "me"}, [other]),
             ({"assigned": "Dora"}, [other]), ({"assigned": "nobody"}, [garden.ident]),
             ({"unread": "yes"}, [garden.ident]), ({"q": "many"}, [other])]  # fmt: skip
    garden.site.parts.indexer.drain()
    for narrow, ids in finds:
        assert [item.id for item in garden.select(**narrow).items] == ids, narrow
    with garden.site.parts.db.reading() as session:
        for narrow in ({"label": "gates"}, {"assigned": "me"}, {"unread": "yes"}):
            with pytest.raises(NotAllowed):
                listings.page(session, Filter("garden", **narrow))
        with pytest.raises(Unacceptable):
            listings.page(session, Filter("garden", answer="draft"))
    for kind in ("unread", "unlabel", "assign"):
        garden.do(lambda session, kind=kind: desk.mark(
            session, engine, garden.dora, "garden", chosen, kind,
            "gates" if kind == "unlabel" else "",
        ))  # fmt: skip
    with garden.site.parts.db.reading() as session:
        assert session.scalar(select(func.count()).select_from(DeskMark)) == 0
        with pytest.raises(NotAllowed):
            desk.select_comments(session, engine, garden.mia, Filter("garden"))
    for kind, value in (("label", ""), ("label", "x" * 61), ("assign", "Mia"), ("shred", "")):
        with pytest.raises(Unacceptable):
            garden.do(lambda session, kind=kind, value=value: desk.mark(
                session, engine, garden.dora, "garden", chosen, kind, value
            ))  # fmt: skip


def test_open_and_answered_add_up_to_what_each_list_shows(garden: Publisher) -> None:
    site = garden.site
    ben = site.person("Ben")
    words = ("three gates", "bicycles are pushed", "at dawn", "Ring the bell", DUSK)
    idents = [site.post(each, f"{each}? Why.", author=ben) for each in words]
    site.post("three gates", None, motivation="highlighting")
    site.post("", "Because.", in_reply_to=garden.ident)
    site.post("", "About all of it.", author=ben)
    garden.write(*idents[:3])
    garden.publish()
    garden.do(lambda session: annotations.delete(session, ben, idents[0]))
    site.add("garden-2.md", "2026-06-01")
    for label in ("2026-03-01", "2026-06-01"):
        for narrow in ({}, {"author": "Ben"}, {"kind": "comment"}, {"verdict": "exact"}):
            account = garden.account(edition=label, **narrow)
            with site.parts.db.reading() as session:
                for section in (None, *account.sections):
                    each = section or account
                    listed = {
                        name: listings.count(session, Filter(
                            "garden", label, answer=name, section=section and section.pid, **narrow
                        ))
                        for name in ("any", "none", "answered", "noted")
                    }  # fmt: skip
                    assert each.open + each.answered == each.listed == listed["any"]
                    assert (each.open, each.answered) == (listed["none"], listed["answered"])
                    assert each.outcomes.get("noted", 0) == listed["noted"]
    assert garden.account().people == 2


def test_replies_of_a_drafter_are_for_the_publisher_while_the_grant_lasts(
    garden: Publisher,
) -> None:
    def reply(body: str) -> str:
        return garden.site.post("", body, in_reply_to=garden.ident, author=garden.dora)

    during, head = reply("We thought so."), garden.site.post(DUSK, "My own.", author=garden.dora)
    garden.do(lambda session: drafters.remove(session, "garden", "Dora"))
    after = reply("For myself.")
    assert [garden.read(each).for_publisher for each in (during, head, after)] == [
        True,
        False,
        False,
    ]
    with pytest.raises(NotFound):
        garden.do(lambda session: drafters.remove(session, "garden", "Dora"))
    with pytest.raises(NotAllowed):
        garden.write()


def test_a_drafter_who_leaves_keeps_nothing_and_the_answers_stay(garden: Publisher) -> None:
    garden.write()
    garden.publish()
    garden.do(lambda session: account_deletion.leave(session, garden.dora.account, keep=True))
    assert garden.read().answer.by == accounts.names.FORMER
    with garden.site.parts.db.reading() as session:
        assert drafters.of_document(session, 1) == []
    garden.do(lambda session: account_deletion.leave(session, garden.ada.account, keep=False))
    assert garden.account().listed == 0
    assert garden.faults() == []


def test_each_author_is_told_of_an_answer_and_not_of_one_that_was_taken_back(
    garden: Publisher,
) -> None:
    site, ben = garden.site, garden.site.person("Ben")
    others = [site.post(DUSK, f"Comment {number}.", author=ben) for number in range(3)]

    def told(viewer: Viewer) -> list[str | None]:
        site.tell()
        with site.parts.db.reading() as session:
            query = select(News.annotation_id).where(News.kind == "answer")
            query = query.where(News.account_id == viewer.account).order_by(News.id)
            return list(session.scalars(query))

    garden.write(garden.ident)
    written = garden.write(*others)
    assert told(ben) == []  # drafts
    garden.publish()
    assert told(ben) == others[:1], "one piece of news for all of an act"
    assert told(garden.ada) == [garden.ident]
    garden.do(lambda session: answers.undo(session, garden.dora, written))
    assert told(ben) == []
    garden.publish()
    assert told(ben) == others[:1]
