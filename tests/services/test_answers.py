"""Publisher’s answers: drafts, publishing, taking back, what the text says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, select, update

from annotator.config import Limits
from annotator.db import now
from annotator.errors import AnnotatorError, Conflict, NotAllowed, NotFound, Unacceptable
from annotator.models import (
    Answered,
    PublisherAnswer,
)
from annotator.services.annotations import annotations
from annotator.services.annotations.filters import Filter
from annotator.services.answers import answers, drafters
from annotator.services.answers.answers import AnswerDraft
from annotator.services.answers.desk import DeskChoice
from annotator.services.moderation import actions
from annotator.services.revisions import alignment_corrections
from tests.conftest import Site
from tests.services.publisher import DUSK, NOTED, Publisher
from tests.services.scene import HIDE


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
    with pytest.raises(Conflict, match="only within an hour"):
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
    assert garden.account().content == {"waiting": 1}
    earlier = update(Answered).values(published=now() - timedelta(days=15))
    garden.do(lambda session: session.execute(earlier))
    assert garden.account().content == {"none": 1}
    with pytest.raises(NotAllowed):
        garden.do(lambda session: answers.say(session, garden.dora, garden.ident, "yes"))
    with pytest.raises(Unacceptable):
        garden.do(lambda session: answers.say(session, garden.ada, garden.ident, "maybe"))
    garden.do(lambda session: answers.say(session, garden.ada, garden.ident, "no"))
    assert garden.read().answer.content == "no"
    assert garden.account().content == {"no": 1}
