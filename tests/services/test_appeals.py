"""Flags and appeals: asked once, answered with a reason, and by somebody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from annotator.db import now
from annotator.errors import (
    Conflict,
    Gone,
    Hidden,
    NotAllowed,
    NotFound,
    Unacceptable,
)
from annotator.models import Account, Act, Annotation, Appeal, Flag
from annotator.schemas.moderation import QueueItem, RuleCount
from annotator.services.annotations import annotations
from annotator.services.moderation import (
    actions,
    complaints,
    moderation_log,
    moderation_queue,
    reversals,
    sanctions,
)
from annotator.services.moderation.actions import Decision
from tests.services.scene import FINE, Scene


def test_a_flag_is_answered_by_the_act_and_the_flagger_hears_of_it(scene: Scene) -> None:
    scene.do(lambda s: complaints.flag(s, scene.ben, scene.annotation, "abuse", "Rude."))
    scene.act(scene.mia)
    assert scene.told(scene.ben) == [("hide", "flagger")]
    assert scene.told(scene.ada) == [("hide", "author")]
    assert scene.told(scene.mia) == []


def test_a_refused_request_is_in_the_log_too(scene: Scene) -> None:
    scene.do(lambda s: complaints.flag(s, scene.ben, scene.annotation, "abuse", "Rude."))
    scene.act(scene.mia, FINE)
    assert [entry.act for entry in scene.log()] == ["approve"]
    assert scene.told(scene.ben) == [("approve", "flagger")]
    assert scene.read().shown


def test_an_undone_answer_opens_its_flags_again(scene: Scene) -> None:
    scene.do(lambda s: complaints.flag(s, scene.ben, scene.annotation, "abuse", "Rude."))
    act = scene.act(scene.mia, FINE)
    scene.do(lambda s: reversals.undo(s, actions.moderator(scene.max), act, "Too quick."))
    with scene.site.parts.db.reading() as session:
        assert len(actions.open_flags(session, scene.annotation)) == 1


@pytest.mark.parametrize("case", ["twice", "own", "deleted", "hidden", "rule", "words", "unknown"])
def test_a_flag_that_cannot_be_taken_is_refused_with_its_reason(scene: Scene, case: str) -> None:
    who, ident, rule, words = scene.ben, scene.annotation, "abuse", "Rude."
    if case == "twice":
        scene.do(lambda s: complaints.flag(s, scene.ben, scene.annotation, "threats", "First."))
    elif case == "own":
        who = scene.ada
    elif case == "deleted":
        scene.do(lambda s: annotations.delete(s, scene.ada, scene.annotation))
    elif case == "hidden":
        scene.act(scene.mia)
    elif case == "rule":
        rule = "usable"
    elif case == "words":
        words = " \n"
    else:
        ident = "nothing"
    error = scene.fault(lambda s: complaints.flag(s, who, ident, rule, words))
    kinds = {"twice": Conflict, "own": NotAllowed, "deleted": Gone, "hidden": Hidden,
             "rule": Unacceptable, "words": Unacceptable, "unknown": NotFound}  # fmt: skip
    assert type(error) is kinds[case]


# ------------------------------------------------------------------ appeals


def test_an_appeal_is_answered_by_another_moderator_under_the_rule_cited(scene: Scene) -> None:
    act = scene.act(scene.mia)
    appeal = scene.do(lambda s: complaints.appeal(s, scene.ada, act, "It is about the rule.").id)
    own = scene.fault(lambda s: reversals.answer(
        s, actions.moderator(scene.mia), appeal, grant=True, reason="Well."))  # fmt: skip
    assert isinstance(own, NotAllowed)
    scene.do(lambda s: reversals.answer(
        s, actions.moderator(scene.max), appeal, grant=True, reason="No person."))  # fmt: skip
    assert scene.read().shown
    newest, first = scene.log()
    assert (newest.act, newest.undoes, newest.rule) == ("grant", act, "abuse")
    assert first.undone_by == newest.id
    assert ("grant", "appellant") in scene.told(scene.ada)
    assert scene.consistent() == []


def test_an_upheld_decision_stands_and_the_answer_is_in_the_log(scene: Scene) -> None:
    act = scene.act(scene.mia)
    appeal = scene.do(lambda s: complaints.appeal(s, scene.ada, act, "Unfair.").id)
    answered = scene.do(lambda s: reversals.answer(
        s, actions.moderator(scene.max), appeal, grant=False, reason="It does.").id)  # fmt: skip
    assert not scene.read(scene.ben).shown
    twice = scene.fault(lambda s: reversals.answer(
        s, actions.moderator(scene.max), appeal, grant=True, reason="Hm."))  # fmt: skip
    assert isinstance(twice, Conflict)
    scene.do(lambda s: reversals.undo(s, actions.moderator(scene.mia), answered, "Read it again."))
    with scene.site.parts.db.reading() as session:
        assert session.get_one(Appeal, appeal).decision_id is None


def test_who_asked_in_vain_may_appeal_and_be_right(scene: Scene) -> None:
    scene.do(lambda s: complaints.flag(s, scene.ben, scene.annotation, "contempt", "Of herons."))
    act = scene.act(scene.mia, FINE)
    appeal = scene.do(lambda s: complaints.appeal(s, scene.ben, act, "Look again.").id)
    scene.do(lambda s: reversals.answer(
        s, actions.moderator(scene.max), appeal, grant=True, reason="So it is."))  # fmt: skip
    assert scene.read(scene.ben).hidden.rule == "contempt"
    assert scene.consistent() == []


@pytest.mark.parametrize(
    "case", ["other", "undone", "twice", "late", "empty", "unknown", "deleted"]
)
def test_an_appeal_that_cannot_be_taken_is_refused_with_its_reason(scene: Scene, case: str) -> None:
    act, who, words = scene.act(scene.mia), scene.ada, "Unfair."
    if case == "other":
        who = scene.ben
    elif case == "undone":
        scene.do(lambda s: reversals.undo(s, actions.moderator(scene.max), act, "A mistake."))
    elif case == "twice":
        scene.do(lambda s: complaints.appeal(s, scene.ada, act, "First."))
    elif case == "late":

        def age(session: Session) -> None:
            session.get_one(Act, act).created = now() - timedelta(days=61)

        scene.do(age)
    elif case == "empty":
        words = ""
    elif case == "unknown":
        act = 999
    else:
        scene.do(lambda s: annotations.delete(s, scene.ada, scene.annotation))
    error = scene.fault(lambda s: complaints.appeal(s, who, act, words))
    kinds = {"other": NotAllowed, "undone": Conflict, "twice": Conflict, "late": Unacceptable,
             "empty": Unacceptable, "unknown": NotFound, "deleted": Gone}  # fmt: skip
    assert type(error) is kinds[case]


def test_an_act_undone_while_it_is_appealed_answers_the_appeal(scene: Scene) -> None:
    act = scene.act(scene.mia)
    appeal = scene.do(lambda s: complaints.appeal(s, scene.ada, act, "Unfair.").id)
    undone = scene.do(
        lambda s: reversals.undo(s, actions.moderator(scene.mia), act, "So it was.").id
    )
    with scene.site.parts.db.reading() as session:
        assert session.get_one(Appeal, appeal).decision_id == undone


def test_who_needs_more_time_says_why_and_the_appeal_is_due_ten_days_from_then(
    scene: Scene,
) -> None:
    act = scene.act(scene.mia)
    appeal = scene.do(lambda s: complaints.appeal(s, scene.ada, act, "Unfair.").id)

    def age(session: Session) -> None:
        session.get_one(Appeal, appeal).created = now() - timedelta(days=11)

    def waiting_case() -> QueueItem:
        with scene.site.parts.db.reading() as session:
            return moderation_queue.page(session, scene.max).items[0]

    scene.do(age)
    assert waiting_case().overdue
    own = scene.fault(lambda s: reversals.delay(s, actions.moderator(scene.mia), appeal, "Busy."))
    assert isinstance(own, NotAllowed)
    delayed = scene.do(lambda s: reversals.delay(
        s, actions.moderator(scene.max), appeal, "The library is closed.").id)  # fmt: skip
    case = waiting_case()
    assert (case.kind, case.overdue) == ("appeal", False)
    assert timedelta(days=9) < case.due - now() <= timedelta(days=10)
    assert scene.told(scene.ada)[0] == ("delay", "appellant")
    assert scene.log()[0].act == "delay"
    scene.do(lambda s: reversals.undo(s, actions.moderator(scene.mia), delayed, "It was open."))
    assert waiting_case().overdue
    scene.do(lambda s: reversals.answer(
        s, actions.moderator(scene.max), appeal, grant=True, reason="No person."))  # fmt: skip
    late = scene.fault(lambda s: reversals.delay(s, actions.moderator(scene.max), appeal, "Hm."))
    assert isinstance(late, Conflict)
    assert scene.consistent() == []


def test_what_took_a_decision_back_is_not_taken_back_but_decided_anew(scene: Scene) -> None:
    act = scene.act(scene.mia)
    appeal = scene.do(lambda s: complaints.appeal(s, scene.ada, act, "Unfair.").id)
    granted = scene.do(lambda s: reversals.answer(
        s, actions.moderator(scene.max), appeal, grant=True, reason="No person.").id)  # fmt: skip
    over = scene.fault(lambda s: reversals.undo(s, actions.moderator(scene.mia), granted, "Back."))
    assert isinstance(over, Conflict)
    again = scene.act(scene.mia)
    assert scene.do(lambda s: complaints.appeal(s, scene.ada, again, "Again.").id) > appeal


def test_a_granted_suspension_can_be_suspended_anew(scene: Scene) -> None:
    mia, max_ = actions.moderator(scene.mia), actions.moderator(scene.max)
    suspend = Decision("suspend", "suspension", "Enough.", days=3)
    act = scene.do(lambda s: sanctions.decide(s, mia, suspend, "Ada").id)
    appeal = scene.do(lambda s: complaints.appeal(s, scene.ada, act, "Unfair.").id)
    scene.do(lambda s: reversals.answer(s, max_, appeal, grant=True, reason="So it was."))
    scene.do(lambda s: sanctions.decide(s, mia, suspend, "Ada"))
    assert scene.consistent() == []


def test_the_log_says_how_long_a_mistake_stood(scene: Scene) -> None:
    first, second = scene.act(scene.mia), None

    def age(session: Session) -> None:
        session.get_one(Act, first).created = now() - timedelta(days=3)

    scene.do(age)
    scene.do(lambda s: reversals.undo(s, actions.moderator(scene.max), first, "A mistake."))
    second = scene.act(scene.mia)
    scene.act(scene.mia, Decision("restore", "mistake", "Not abuse."))
    restored, _, undone, hidden = scene.log()
    assert undone.created - undone.stood_since >= timedelta(days=3)
    assert (restored.stood_since, hidden.stood_since) == (scene.log()[1].created, None)
    assert scene.log()[1].id == second


# ------------------------------------------------------------------ what is published


def test_every_quarter_tells_what_was_posted_hidden_appealed_and_reversed(scene: Scene) -> None:
    other = scene.post(scene.ben, "A second comment.")
    first, second = scene.act(scene.mia), scene.act(scene.mia, ident=other)
    threats = scene.post(scene.ben, "A third one.")
    scene.act(scene.mia, Decision("hide", "threats", "It threatens."), ident=threats)
    for who, act, grant in ((scene.ada, first, True), (scene.ben, second, False)):
        appeal = scene.do(lambda s, w=who, a=act: complaints.appeal(s, w, a, "Unfair.").id)
        scene.do(lambda s, a=appeal, g=grant: reversals.answer(
            s, actions.moderator(scene.max), a, grant=g, reason="Well."))  # fmt: skip
    with scene.site.parts.db.reading() as session:
        found = moderation_log.quarters(session).items
    assert len(found) == 1
    assert found[0].posted == 3
    assert found[0].rules == (
        RuleCount(rule="abuse", hidden=2, appealed=2, reversed=1),
        RuleCount(rule="threats", hidden=1, appealed=0, reversed=0),
    )
    assert (found[0].hidden, found[0].appealed, found[0].reversed) == (3, 2, 1)
    assert not found[0].over


def test_quarters_are_those_of_the_calendar_since_the_first_account(scene: Scene) -> None:
    def move(session: Session) -> None:
        session.get_one(Account, scene.ada.account).created = datetime(2025, 11, 2, tzinfo=UTC)
        row = session.get_one(Annotation, scene.annotation)
        row.created = datetime(2025, 12, 31, 23, 59, tzinfo=UTC)

    scene.do(move)
    with scene.site.parts.db.reading() as session:
        found = moderation_log.quarters(session).items
    assert [it.quarter for it in found[-2:]] == ["2026 Q1", "2025 Q4"]
    assert [it.posted for it in found[-2:]] == [0, 1]
    assert all(later.begin == earlier.end for later, earlier in pairwise(found))


# ------------------------------------------------------------------ accounts


def test_flags_are_one_for_each_account_and_annotation(scene: Scene) -> None:
    for who in (scene.ben, scene.eve):
        scene.do(lambda s, it=who: complaints.flag(s, it, scene.annotation, "abuse", "Rude."))
    with scene.site.parts.db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Flag)) == 2
