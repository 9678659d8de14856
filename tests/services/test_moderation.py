"""Moderation keeps what the charter promises: reasons, rules, a public log, undoing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy.orm import Session

from annotator.auth.permissions import Viewer
from annotator.config import Limits
from annotator.db import now
from annotator.errors import (
    Conflict,
    Gone,
    NotAllowed,
    NotFound,
    Unacceptable,
)
from annotator.models import Act, Annotation
from annotator.services.annotations import annotations, listings
from annotator.services.annotations.filters import Filter
from annotator.services.moderation import actions, complaints, decisions, reversals
from annotator.services.moderation.actions import Decision
from annotator.services.moderation.decisions import Order
from annotator.services.operations.checks.derived import compare_index
from tests.search.memory_engine import MemoryEngine
from tests.services.scene import FINE, HIDE, Scene, found


def test_a_hidden_annotation_leaves_every_output_at_once_before_the_index_hears_of_it(
    scene: Scene,
) -> None:
    scene.site.parts.indexer.drain()
    assert found(scene)["search"] == found(scene)["all"] == 1
    scene.act(scene.mia)
    assert set(found(scene).values()) == {0}
    scene.site.parts.indexer.drain()
    assert f"a:{scene.annotation}" not in dict(scene.site.parts.engine.revisions())
    assert scene.consistent() == []


def test_a_hidden_annotation_with_replies_keeps_its_place_without_its_words(scene: Scene) -> None:
    reply = scene.post(scene.ben, "He is not.", to=scene.annotation)
    act = scene.act(scene.mia)
    with scene.site.parts.db.reading() as session:
        head, answer = listings.thread(session, reply)
        tagged = listings.page(session, Filter(tag="heron")).total
    assert (head.body, head.tags, head.targets, head.veiled) == (None, (), (), True)
    assert (head.hidden.rule, head.hidden.act) == ("abuse", act)
    assert (answer.body, tagged) == ("He is not.", 0)
    assert scene.consistent() == []


def test_a_place_without_words_goes_when_the_last_reply_under_it_goes_and_comes_back(
    scene: Scene,
) -> None:
    reply = scene.post(scene.ben, "He is not.", to=scene.annotation)
    scene.act(scene.mia)
    second = scene.act(scene.mia, ident=reply)
    assert found(scene)["all"] == 0
    scene.do(
        lambda s: reversals.undo(s, actions.moderator(scene.max), second, "The reply was fine.")
    )
    assert found(scene)["all"] == 2
    assert scene.consistent() == []


def test_a_hidden_annotation_is_read_by_its_author_and_moderators_only(scene: Scene) -> None:
    scene.act(scene.mia)
    assert [scene.read(who).body for who in (scene.ada, scene.max)] == [
        "The gardener is a heron."
    ] * 2
    assert scene.read(scene.ben).body is None
    reading_only = replace(scene.max, scopes=frozenset({"read", "write"}))
    assert scene.read(reading_only).body is None


def test_hiding_undone_puts_everything_back(scene: Scene) -> None:
    scene.site.parts.indexer.drain()
    before = found(scene)
    act = scene.act(scene.mia)
    undone = scene.do(
        lambda s: reversals.undo(s, actions.moderator(scene.max), act, "A mistake.").id
    )
    scene.site.parts.indexer.drain()
    assert found(scene) == before
    assert scene.read().shown
    again = scene.fault(lambda s: reversals.undo(s, actions.moderator(scene.max), act, "Again."))
    assert isinstance(again, Conflict)
    over = scene.fault(lambda s: reversals.undo(s, actions.moderator(scene.max), undone, "Back."))
    assert isinstance(over, Conflict)


def test_the_log_names_the_rule_the_reason_and_the_moderator_and_never_the_words(
    scene: Scene,
) -> None:
    scene.act(scene.mia)
    (entry,) = scene.log()
    assert (entry.act, entry.rule, entry.by, entry.role) == ("hide", "abuse", "Mia", "moderator")
    assert entry.place == "Grounds for hiding a remark ¶ 2"
    assert entry.annotation == scene.annotation
    assert "heron" not in repr(entry)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * 1001}, "reason"),
        ({"reason": "Said: the gardener IS a heron. Of all birds"}, None),
        ({"reason": "nul \x00"}, "reason"),
        ({"rule": "taste"}, "rule"),
        ({"rule": "mistake"}, "rule"),
        ({"act": "burn"}, "act"),
        *(
            ({"act": "remove-version", "version": number}, "version")
            for number in (None, 0, -1, 2, 4, 2**70)
        ),
    ],
)
def test_an_act_without_a_reason_or_a_ground_does_nothing(
    scene: Scene, change: dict, field: str | None
) -> None:
    if field is None:  # a reason that repeats six words of the annotation
        scene.annotation = scene.post(scene.ada, "Well, the gardener is a heron of all birds here.")
        field = "reason"
    order = Order(replace(HIDE, **change), [(scene.annotation, None)])
    error = scene.fault(lambda s: decisions.carry_out(
        s, scene.site.parts.engine, actions.moderator(scene.mia), order))  # fmt: skip
    assert isinstance(error, Unacceptable)
    assert error.field == field
    assert scene.log() == []


def test_the_second_of_two_moderators_is_told_and_nothing_is_overwritten(scene: Scene) -> None:
    with scene.site.parts.db.reading() as session:
        state = actions.state_of(session, session.get_one(Annotation, scene.annotation))
    first = scene.act(scene.mia, HIDE, state=state)
    error = scene.fault(lambda s: actions.decide(
        s, actions.moderator(scene.max), FINE, scene.annotation, state))  # fmt: skip
    assert isinstance(error, Conflict)
    assert error.details["act"] == first
    assert "Mia" in error.message


def test_of_two_moderators_at_the_same_moment_one_decides_and_the_other_is_told(
    scene: Scene,
) -> None:
    with scene.site.parts.db.reading() as session:
        state = actions.state_of(session, session.get_one(Annotation, scene.annotation))
    # On SQLite the second transaction begins when the first has ended.
    together = Barrier(2 if scene.site.parts.db.engine.dialect.name == "postgresql" else 1)

    def decide(by: Viewer) -> str:
        try:
            with scene.site.parts.db.transaction() as session:
                together.wait(30)
                who = actions.moderator(by)
                actions.decide(session, who, HIDE, scene.annotation, state)
        except Conflict:
            return "told"
        return "decided"

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(decide, (scene.mia, scene.max)))
    assert sorted(outcomes) == ["decided", "told"]
    assert [entry.act for entry in scene.log()] == ["hide"]
    assert scene.consistent() == []


def test_an_edit_or_a_new_flag_between_look_and_act_is_noticed(scene: Scene) -> None:
    for change in (
        lambda s: complaints.flag(s, scene.eve, scene.annotation, "abuse", "Rude."),
        lambda s: annotations.edit(s, scene.ada, scene.annotation, body="Other.", limits=Limits()),
    ):
        with scene.site.parts.db.reading() as session:
            state = actions.state_of(session, session.get_one(Annotation, scene.annotation))
        scene.do(change)
        error = scene.fault(lambda s, seen=state: actions.decide(
            s, actions.moderator(scene.mia), HIDE, scene.annotation, seen))  # fmt: skip
        assert isinstance(error, Conflict)


def test_a_moderator_leaves_their_own_annotation_and_their_own_discussions_to_another(
    scene: Scene,
) -> None:
    own = scene.post(scene.mia, "As a reader, I like it.")
    scene.post(scene.mia, "No.", to=scene.annotation)
    for ident in (own, scene.annotation):
        error = scene.fault(lambda s, it=ident: actions.decide(
            s, actions.moderator(scene.mia), HIDE, it))  # fmt: skip
        assert isinstance(error, NotAllowed)
    assert scene.act(scene.max)


def test_a_false_quotation_is_hidden_only_after_its_author_had_fourteen_days_to_correct_it(
    scene: Scene,
) -> None:
    hide = Decision("hide", "false-quotation", "The edition does not say this.")
    mia = actions.moderator(scene.mia)

    def refused() -> bool:
        error = scene.fault(lambda s: actions.decide(s, mia, hide, scene.annotation))
        return isinstance(error, Unacceptable) and error.field == "rule"

    assert refused()
    asked = scene.act(scene.mia, Decision("ask", "false-quotation", "Please quote exactly."))
    assert refused()

    def age(session: Session) -> None:
        session.get_one(Act, asked).created = now() - timedelta(days=14, seconds=1)

    scene.do(age)
    scene.act(scene.mia, hide)
    scene.act(scene.max, Decision("restore", "mistake", "Corrected."))
    scene.do(lambda s: reversals.undo(s, mia, asked, "It had been quoted rightly."))
    assert refused()


def test_only_moderators_moderate(scene: Scene) -> None:
    assert isinstance(scene.fault(lambda s: actions.moderator(scene.ben)), NotAllowed)
    without = replace(scene.mia, scopes=frozenset({"read", "write"}))
    assert isinstance(scene.fault(lambda s: actions.moderator(without)), NotAllowed)


def test_nothing_is_decided_about_what_its_author_has_deleted(scene: Scene) -> None:
    scene.do(lambda s: annotations.delete(s, scene.ada, scene.annotation))
    error = scene.fault(
        lambda s: actions.decide(s, actions.moderator(scene.mia), HIDE, scene.annotation)
    )
    assert isinstance(error, Gone)


def test_deleting_a_hidden_annotation_and_taking_that_back_leaves_it_hidden(scene: Scene) -> None:
    scene.act(scene.mia)
    scene.do(lambda s: annotations.delete(s, scene.ada, scene.annotation))
    scene.do(lambda s: annotations.restore(s, scene.ada, scene.annotation))
    assert scene.read(scene.ben).veiled
    assert set(found(scene).values()) == {0}
    assert scene.consistent() == []


# ------------------------------------------------------------------ flags


def test_an_index_made_anew_holds_no_hidden_annotation(scene: Scene) -> None:
    scene.act(scene.mia)
    other = scene.post(scene.ben, "A heron is a bird.")
    scene.act(scene.max, ident=other)
    scene.site.parts.indexer.drain()
    with scene.site.parts.db.reading() as session:
        fresh = MemoryEngine()
        state = compare_index(session, fresh)
    assert not {key for key in state.missing if key.startswith("a:")}


def test_undoing_one_of_a_batch_or_the_rest_of_it(scene: Scene) -> None:
    second = scene.post(scene.ada, "Another.")
    mia = actions.moderator(scene.mia)
    ids = [scene.do(lambda s, it=ident: actions.decide(s, mia, HIDE, it, batch="b1").id)
           for ident in (scene.annotation, second)]  # fmt: skip
    scene.do(lambda s: reversals.undo(s, mia, ids[0], "This one was fine."))
    undone = scene.do(lambda s: len(reversals.undo_batch(s, mia, "b1", "All fine.", "mistake")))
    assert undone == 1
    assert isinstance(
        scene.fault(lambda s: reversals.undo_batch(s, mia, "b1", "All fine.", "mistake")), NotFound
    )


def test_an_earlier_act_is_not_undone_over_a_later_one(scene: Scene) -> None:
    first = scene.act(scene.mia)
    scene.act(scene.max, Decision("restore", "mistake", "Not abuse."))
    third = scene.act(scene.mia)
    warned = scene.act(scene.max, Decision("warn", "abuse", "Please stop."))
    mia = actions.moderator(scene.mia)
    assert isinstance(scene.fault(lambda s: reversals.undo(s, mia, first, "Undo.")), Conflict)
    scene.do(lambda s: reversals.undo(s, mia, third, "Undo."))
    assert scene.read().shown
    scene.do(lambda s: reversals.undo(s, mia, warned, "Needless."))
    assert scene.read().shown
