"""Moderators among themselves: nobody decides about those above them, nor judges their own case."""

from __future__ import annotations

import pytest

from annotator.auth.permissions import Viewer
from annotator.errors import Gone, NotAllowed
from annotator.services.accounts import accounts
from annotator.services.moderation import (
    actions,
    complaints,
    moderation_log,
    moderation_queue,
    reversals,
    sanctions,
)
from annotator.services.moderation.actions import Decision
from annotator.services.personal_data import account_deletion
from tests.services.scene import Scene

SUSPEND = Decision("suspend", "suspension", "Enough for three days.", days=3)
BAN = Decision("ban", "suspension", "Enough for good.")


@pytest.fixture
def root(scene: Scene) -> Viewer:
    return scene.site.person("Root", role="administrator")


def suspended(scene: Scene, by: Viewer, name: str, decision: Decision = SUSPEND) -> int:
    """Suspend somebody; return the number of the entry."""
    act = scene.do(lambda s: sanctions.decide(s, actions.moderator(by), decision, name))
    return act.id


@pytest.mark.parametrize("decision", [SUSPEND, BAN], ids=["suspend", "ban"])
def test_only_an_administrator_takes_back_what_was_decided_about_a_moderator(
    scene: Scene, root: Viewer, decision: Decision
) -> None:
    act = suspended(scene, root, "Mia", decision)
    by = actions.moderator(scene.max)
    assert isinstance(
        scene.fault(lambda s: reversals.undo(s, by, act, "She is a friend.")), NotAllowed
    )
    who = fresh(scene, "Mia")
    assert who.barred_until
    appeal = scene.do(lambda s: complaints.appeal(s, who, act, "I did nothing.")).id
    for grant in (True, False):
        fault = scene.fault(
            lambda s, grant=grant: reversals.answer(s, by, appeal, grant=grant, reason="A friend.")
        )
        assert isinstance(fault, NotAllowed)
    assert isinstance(scene.fault(lambda s: reversals.delay(s, by, appeal, "Later.")), NotAllowed)
    assert fresh(scene, "Mia").barred_until
    other = scene.site.person("Rob", role="administrator")
    scene.do(
        lambda s: reversals.answer(s, actions.moderator(other), appeal, grant=True, reason="Yes.")
    )
    assert not fresh(scene, "Mia").barred_until


def test_a_moderator_with_another_name_is_still_who_decided(scene: Scene) -> None:
    act = scene.act(scene.mia)
    appeal = scene.do(lambda s: complaints.appeal(s, scene.ada, act, "It is about the text.")).id
    scene.do(lambda s: accounts.rename(s, scene.mia.account, "Amelia"))
    by = actions.moderator(fresh(scene, "Amelia"))
    fault = scene.fault(
        lambda s: reversals.answer(s, by, appeal, grant=False, reason="I was right.")
    )
    assert isinstance(fault, NotAllowed)


def fresh(scene: Scene, name: str) -> Viewer:
    with scene.site.parts.db.reading() as session:
        return accounts.viewer_named(session, name)


def test_the_log_and_the_queue_name_nobody_who_left(scene: Scene) -> None:
    """Not those it is about, nor those who asked, nor those who decided."""
    suspended(scene, scene.mia, "Ben")
    act = scene.act(scene.mia)
    scene.do(lambda s: complaints.appeal(s, scene.ada, act, "It is about the text."))
    other = scene.post(scene.ada, "Two herons.")
    scene.do(lambda s: complaints.flag(s, scene.eve, other, "abuse", "Rude."))

    def told() -> str:
        with scene.site.parts.db.reading() as session:
            log, cases = moderation_log.page(session), moderation_queue.page(session, scene.max)
            return repr(
                [(it.account, it.by) for it in log.items]
                + [(said.by, said.words) for case in cases.items for said in case.said]
            )

    for name, viewer in {"Ben": scene.ben, "Eve": scene.eve, "Mia": scene.mia}.items():
        assert f"'{name}'" in told()
        scene.do(lambda s, viewer=viewer: account_deletion.leave(s, viewer.account, keep=True))
        assert f"'{name}'" not in told()
    assert "Rude." not in told()
    fault = scene.fault(lambda s: sanctions.decide(s, actions.moderator(scene.max), SUSPEND, "Ben"))
    assert isinstance(fault, Gone)


def test_a_moderator_with_another_name_sees_that_an_appeal_is_anothers(scene: Scene) -> None:
    act = scene.act(scene.mia)
    scene.do(lambda s: complaints.appeal(s, scene.ada, act, "It is about the text."))
    scene.do(lambda s: accounts.rename(s, scene.mia.account, "Amelia"))
    with scene.site.parts.db.reading() as session:
        for viewer, partial in ((fresh(scene, "Amelia"), True), (scene.max, False)):
            assert (
                moderation_queue.page(session, viewer, kind="appeal").items[0].took_part == partial
            )


def test_a_suspended_moderator_is_none(scene: Scene, root: Viewer) -> None:
    """Neither decides, nor reads what is hidden or waits; what they decided before stands."""
    scene.act(scene.max)
    assert scene.read(fresh(scene, "Mia")).body
    suspended(scene, root, "Mia")
    mia = fresh(scene, "Mia")
    with pytest.raises(NotAllowed):
        actions.moderator(mia)
    with scene.site.parts.db.reading() as session, pytest.raises(NotAllowed):
        moderation_queue.page(session, mia)
    assert scene.read(mia).body is None
