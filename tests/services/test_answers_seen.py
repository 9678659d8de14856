"""Answers as others see them: search, files, the account, the desk, news."""

from __future__ import annotations

import io
import json

import pytest
from sqlalchemy import delete, func, select

from annotator import formats
from annotator.auth.permissions import Viewer
from annotator.config import Limits
from annotator.errors import NotAllowed, NotFound, Unacceptable
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
from annotator.services.accounts import accounts
from annotator.services.annotations import annotations, listings
from annotator.services.annotations.filters import Filter
from annotator.services.answers import answers, desk, drafters
from annotator.services.answers.answers import AnswerDraft
from annotator.services.answers.desk import DeskChoice
from annotator.services.exchange import exports
from annotator.services.personal_data import account_deletion
from annotator.services.reading import full_text
from tests.conftest import Site
from tests.helpers import importing
from tests.services.publisher import DUSK, Publisher


@pytest.fixture
def garden(site: Site) -> Publisher:
    """The garden on each database."""
    return Publisher(site)


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
        garden.do(lambda session, trust=trust, incoming=incoming: importing.take_in(
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
    report = garden.do(lambda session: importing.take_in(session, read, Limits(), "CC0-1.0"))
    assert report.outcomes == {"unchanged": 2, "refused": 1}, report.lines


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
                    items = {
                        name: listings.page(session, Filter(
                            "garden", label, answer=name, section=section and section.pid, **narrow
                        )).items
                        for name in ("any", "none")
                    }  # fmt: skip
                    assert each.people == len({item.author for item in items["any"]})
                    since = min((item.created for item in items["none"]), default=None)
                    assert each.open_since == since
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
