"""Suspensions, bans, and versions that are removed for good."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from annotator.config import Limits
from annotator.db import now
from annotator.errors import (
    AnnotatorError,
    Conflict,
    NotAllowed,
    NotFound,
    Unacceptable,
)
from annotator.schemas.annotations import Draft
from annotator.services.accounts import accounts
from annotator.services.annotations import annotations, listings
from annotator.services.moderation import actions, complaints, reversals, sanctions
from annotator.services.moderation.actions import Decision
from tests.services.scene import Scene


def test_a_suspended_account_reads_deletes_and_appeals_and_does_nothing_else(scene: Scene) -> None:
    decision = Decision("suspend", "suspension", "Three comments hidden in a week.", days=7)
    act = scene.do(lambda s: sanctions.decide(s, actions.moderator(scene.mia), decision, "Ada").id)
    ada = scene.do(lambda s: accounts.viewer_named(s, "Ada"))
    assert ada.barred_until
    draft = Draft("garden", body="More.")
    error = scene.fault(lambda s: annotations.create(s, ada, draft, Limits()))
    assert isinstance(error, NotAllowed)
    assert error.details["until"] == ada.barred_until
    renamed = scene.fault(lambda s: accounts.rename(s, ada.account, "Jane"))
    assert isinstance(renamed, NotAllowed)
    flag = scene.fault(lambda s: complaints.flag(s, ada, scene.annotation, "abuse", "x"))
    assert isinstance(flag, NotAllowed)
    scene.do(lambda s: complaints.appeal(s, ada, act, "Too long."))
    scene.do(lambda s: annotations.delete(s, ada, scene.annotation))
    scene.do(lambda s: reversals.undo(s, actions.moderator(scene.max), act, "Too hard."))
    assert not scene.do(lambda s: accounts.viewer_named(s, "Ada")).barred_until


def test_a_suspension_ends_by_itself(scene: Scene) -> None:
    decision = Decision("suspend", "suspension", "Enough.", days=1)
    scene.do(lambda s: sanctions.decide(s, actions.moderator(scene.mia), decision, "Ada"))

    def pass_time(session: Session) -> None:
        accounts.named(session, "Ada").standing.suspended_until = now() - timedelta(seconds=1)

    scene.do(pass_time)
    assert not scene.do(lambda s: accounts.viewer_named(s, "Ada")).barred_until


def test_a_ban_after_a_suspension_is_undone_to_the_suspension(scene: Scene) -> None:
    mia = actions.moderator(scene.mia)
    first = scene.do(lambda s: sanctions.decide(
        s, mia, Decision("suspend", "suspension", "Enough.", days=7), "Ada").id)  # fmt: skip
    ban = scene.do(lambda s: sanctions.decide(
        s, mia, Decision("ban", "suspension", "Again."), "Ada").id)  # fmt: skip
    early = scene.fault(lambda s: reversals.undo(s, mia, first, "Out of order."))
    assert isinstance(early, Conflict)
    scene.do(lambda s: reversals.undo(s, mia, ban, "Too hard."))
    assert "for good" not in scene.do(lambda s: accounts.viewer_named(s, "Ada")).barred_until
    scene.do(lambda s: reversals.undo(s, mia, first, "Also too hard."))
    assert not scene.do(lambda s: accounts.viewer_named(s, "Ada")).barred_until


@pytest.mark.parametrize(
    ("decision", "name", "kind"),
    [
        (Decision("suspend", "suspension", "x", days=31), "Ada", Unacceptable),
        (Decision("suspend", "suspension", "x"), "Ada", Unacceptable),
        (Decision("suspend", "suspension", "", days=3), "Ada", Unacceptable),
        (Decision("reinstate", "mistake", "x"), "Ada", Conflict),
        (Decision("ban", "suspension", "x"), "Mia", NotAllowed),
        (Decision("ban", "suspension", "x"), "Max", NotAllowed),
        (Decision("ban", "suspension", "x"), "Nobody", NotFound),
    ],
)
def test_a_decision_about_an_account_has_its_bounds(
    scene: Scene, decision: Decision, name: str, kind: type[AnnotatorError]
) -> None:
    error = scene.fault(lambda s: sanctions.decide(s, actions.moderator(scene.mia), decision, name))
    assert type(error) is kind
    assert scene.log() == []


# ------------------------------------------------------------------ versions


def test_a_version_is_removed_for_good_and_the_log_says_so(scene: Scene) -> None:
    scene.do(
        lambda s: annotations.edit(s, scene.ada, scene.annotation, body="Better.", limits=Limits())
    )
    decision = Decision("remove-version", "removal", "It named a house.", version=1)
    act = scene.act(scene.mia, decision)
    with scene.site.parts.db.reading() as session:
        (version,) = listings.versions(session, scene.annotation)
    assert (version.body, version.removed) == (None, f"/moderation/log/{act}")
    assert scene.log()[0].version == 1
    error = scene.fault(lambda s: reversals.undo(s, actions.moderator(scene.mia), act, "Back."))
    assert isinstance(error, Conflict)


def test_present_words_removed_for_good_are_hidden_and_cannot_be_restored(scene: Scene) -> None:
    scene.act(scene.mia, Decision("remove-version", "removal", "It named a house.", version=1))
    assert scene.read(scene.ada).body is None
    back = Decision("restore", "mistake", "Back.")
    error = scene.fault(
        lambda s: actions.decide(s, actions.moderator(scene.max), back, scene.annotation)
    )
    assert isinstance(error, Conflict)
    assert scene.consistent() == []


# ------------------------------------------------------------------ holding
