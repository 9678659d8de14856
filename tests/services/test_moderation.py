"""Moderation keeps what the charter promises: reasons, rules, a public log, undoing, appeals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from annotator.auth.viewer import Viewer
from annotator.config import Limits, Moderation
from annotator.db import now
from annotator.errors import (
    AnnotatorError,
    Conflict,
    Gone,
    Hidden,
    NotAllowed,
    NotFound,
    Unacceptable,
)
from annotator.formats.remark import Draft, DraftTarget
from annotator.models import Act, Annotation, Appeal, Coverage, Flag
from annotator.search.engines.memory import MemoryEngine
from annotator.services import (
    accounts,
    acts,
    annotations,
    appeals,
    consistency,
    deleting,
    editions,
    flagging,
    listing,
    moderating,
    modlog,
    searching,
    suspending,
    switches,
    tags,
    undoing,
)
from annotator.services.acts import Decision
from annotator.services.listing import Filter
from tests.conftest import Site

HIDE = Decision("hide", "abuse", "It attacks the gardener instead of the rule.")
FINE = Decision("approve", "no-ground", "Harsh, and about the text.")


class Scene:
    """A site with a remark of Ada's, a reply of Ben's, and two moderators, Mia and Max."""

    def __init__(self, site: Site) -> None:
        site.add()
        self.site = site
        self.ada, self.ben, self.eve = (site.person(name) for name in ("Ada", "Ben", "Eve"))
        self.mia, self.max = (site.person(name, role="moderator") for name in ("Mia", "Max"))
        self.remark = self.post(self.ada, "The gardener is a heron.", tags=("heron",))

    def post(self, viewer: Viewer, body: str, to: str | None = None, tags: tuple = ()) -> str:
        targets = () if to else (DraftTarget(exact="The north gate is locked at dusk"),)
        draft = Draft("garden" if not to else None, None, targets, body, tags, in_reply_to=to)
        with self.site.parts.db.transaction() as session:
            return annotations.create(session, viewer, draft, Limits())

    def act(self, by: Viewer, decision: Decision = HIDE, ident: str = "", state: str | None = None):
        with self.site.parts.db.transaction() as session:
            who = acts.moderator(by)
            return moderating.decide(session, who, decision, ident or self.remark, state).id

    def do(self, doing: Callable[[Session], object]) -> object:
        with self.site.parts.db.transaction() as session:
            return doing(session)

    def read(self, viewer: Viewer = None, ident: str = "") -> object:
        with self.site.parts.db.reading() as session:
            more = {"viewer": viewer} if viewer else {}
            return listing.one(session, ident or self.remark, **more)

    def fault(self, doing: Callable[[Session], object]) -> AnnotatorError:
        with pytest.raises(AnnotatorError) as caught:
            self.do(doing)
        return caught.value

    def log(self) -> list[modlog.Entry]:
        with self.site.parts.db.reading() as session:
            return modlog.page(session).items

    def told(self, viewer: Viewer) -> list[tuple[str, str]]:
        with self.site.parts.db.reading() as session:
            return [(each.entry.act, each.told_as) for each in modlog.notices(session, viewer)]

    def consistent(self) -> list[str]:
        self.site.parts.indexer.drain()
        with self.site.parts.db.reading() as session:
            return list(consistency.faults(session, self.site.parts.engine))


@pytest.fixture
def scene(site: Site) -> Scene:
    return Scene(site)


def found(scene: Scene) -> dict[str, int]:
    """How often each output that anyone can ask gives Ada's remark."""
    with scene.site.parts.db.reading() as session:
        loaded = editions.newest(session, "garden")
        engine = scene.site.parts.engine
        return {
            "all": listing.page(session, Filter()).total,
            "document": listing.page(session, Filter(document="garden"), "place").total,
            "exported": sum(1 for _ in listing.everything(session, Filter())),
            "person": listing.page(session, Filter(author="Ada")).total,
            "tag": listing.page(session, Filter(tag="heron")).total,
            "tags": len(tags.used(session)),
            "covered": session.scalar(select(func.count()).select_from(Coverage)) or 0,
            "summary": editions.summaries(session)[0].remarks,
            "search": len(searching.search(session, engine, "heron", kinds=["annotation"]).items),
            "among": listing.count(
                session, Filter(among=searching.among(session, engine, "heron"))
            ),
            "placed": listing.page(session, Filter("garden", provision=loaded.pids[0])).total,
        }  # fmt: skip


def test_a_hidden_remark_leaves_every_output_at_once_before_the_index_hears_of_it(
    scene: Scene,
) -> None:
    scene.site.parts.indexer.drain()
    assert found(scene)["search"] == found(scene)["all"] == 1
    scene.act(scene.mia)
    assert set(found(scene).values()) == {0}
    scene.site.parts.indexer.drain()
    assert not scene.site.parts.engine.revisions().keys() & {f"a:{scene.remark}"}
    assert scene.consistent() == []


def test_a_hidden_remark_with_replies_keeps_its_place_without_its_words(scene: Scene) -> None:
    reply = scene.post(scene.ben, "He is not.", to=scene.remark)
    act = scene.act(scene.mia)
    with scene.site.parts.db.reading() as session:
        head, answer = listing.thread(session, reply)
        tagged = listing.page(session, Filter(tag="heron")).total
    assert (head.body, head.tags, head.targets, head.veiled) == (None, (), (), True)
    assert (head.hidden.rule, head.hidden.act) == ("abuse", act)
    assert (answer.body, tagged) == ("He is not.", 0)
    assert scene.consistent() == []


def test_a_place_without_words_goes_when_the_last_reply_under_it_goes_and_comes_back(
    scene: Scene,
) -> None:
    reply = scene.post(scene.ben, "He is not.", to=scene.remark)
    scene.act(scene.mia)
    second = scene.act(scene.mia, ident=reply)
    assert found(scene)["all"] == 0
    scene.do(lambda s: undoing.undo(s, acts.moderator(scene.max), second, "The reply was fine."))
    assert found(scene)["all"] == 2
    assert scene.consistent() == []


def test_a_hidden_remark_is_read_by_its_author_and_moderators_only(scene: Scene) -> None:
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
    undone = scene.do(lambda s: undoing.undo(s, acts.moderator(scene.max), act, "A mistake.").id)
    scene.site.parts.indexer.drain()
    assert found(scene) == before
    assert scene.read().shown
    again = scene.fault(lambda s: undoing.undo(s, acts.moderator(scene.max), act, "Again."))
    assert isinstance(again, Conflict)
    over = scene.fault(lambda s: undoing.undo(s, acts.moderator(scene.max), undone, "Back."))
    assert isinstance(over, Conflict)


def test_the_log_names_the_rule_the_reason_and_the_moderator_and_never_the_words(
    scene: Scene,
) -> None:
    scene.act(scene.mia)
    (entry,) = scene.log()
    assert (entry.act, entry.rule, entry.by, entry.role) == ("hide", "abuse", "Mia", "moderator")
    assert entry.place == "Grounds for hiding a remark, ¶2"
    assert entry.annotation == scene.remark
    assert "heron" not in repr(modlog.written(entry))


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
        ({"act": "remove-version", "version": 4}, "version"),
    ],
)
def test_an_act_without_a_reason_or_a_ground_does_nothing(
    scene: Scene, change: dict, field: str | None
) -> None:
    if field is None:  # a reason that repeats six words of the remark
        scene.remark = scene.post(scene.ada, "Well, the gardener is a heron of all birds here.")
        field = "reason"
    error = scene.fault(lambda s: moderating.decide(
        s, acts.moderator(scene.mia), replace(HIDE, **change), scene.remark))  # fmt: skip
    assert isinstance(error, Unacceptable)
    assert error.field == field
    assert scene.log() == []


def test_the_second_of_two_moderators_is_told_and_nothing_is_overwritten(scene: Scene) -> None:
    with scene.site.parts.db.reading() as session:
        state = moderating.state_of(session, session.get_one(Annotation, scene.remark))
    first = scene.act(scene.mia, HIDE, state=state)
    error = scene.fault(lambda s: moderating.decide(
        s, acts.moderator(scene.max), FINE, scene.remark, state))  # fmt: skip
    assert isinstance(error, Conflict)
    assert error.details["act"] == first
    assert "Mia" in error.message


def test_an_edit_or_a_new_flag_between_look_and_act_is_noticed(scene: Scene) -> None:
    for change in (
        lambda s: flagging.flag(s, scene.eve, scene.remark, "abuse", "Rude."),
        lambda s: annotations.edit(s, scene.ada, scene.remark, body="Other.", limits=Limits()),
    ):
        with scene.site.parts.db.reading() as session:
            state = moderating.state_of(session, session.get_one(Annotation, scene.remark))
        scene.do(change)
        error = scene.fault(lambda s, seen=state: moderating.decide(
            s, acts.moderator(scene.mia), HIDE, scene.remark, seen))  # fmt: skip
        assert isinstance(error, Conflict)


def test_a_moderator_leaves_their_own_remark_and_their_own_discussions_to_another(
    scene: Scene,
) -> None:
    own = scene.post(scene.mia, "As a reader, I like it.")
    scene.post(scene.mia, "No.", to=scene.remark)
    for ident in (own, scene.remark):
        error = scene.fault(lambda s, it=ident: moderating.decide(
            s, acts.moderator(scene.mia), HIDE, it))  # fmt: skip
        assert isinstance(error, NotAllowed)
    assert scene.act(scene.max)


def test_only_moderators_moderate(scene: Scene) -> None:
    assert isinstance(scene.fault(lambda s: acts.moderator(scene.ben)), NotAllowed)
    without = replace(scene.mia, scopes=frozenset({"read", "write"}))
    assert isinstance(scene.fault(lambda s: acts.moderator(without)), NotAllowed)


def test_nothing_is_decided_about_what_its_author_has_deleted(scene: Scene) -> None:
    scene.do(lambda s: deleting.delete(s, scene.ada, scene.remark))
    error = scene.fault(
        lambda s: moderating.decide(s, acts.moderator(scene.mia), HIDE, scene.remark)
    )
    assert isinstance(error, Gone)


def test_deleting_a_hidden_remark_and_taking_that_back_leaves_it_hidden(scene: Scene) -> None:
    scene.act(scene.mia)
    scene.do(lambda s: deleting.delete(s, scene.ada, scene.remark))
    scene.do(lambda s: deleting.restore(s, scene.ada, scene.remark))
    assert scene.read(scene.ben).veiled
    assert set(found(scene).values()) == {0}
    assert scene.consistent() == []


# ------------------------------------------------------------------ flags


def test_a_flag_is_answered_by_the_act_and_the_flagger_hears_of_it(scene: Scene) -> None:
    scene.do(lambda s: flagging.flag(s, scene.ben, scene.remark, "abuse", "Rude."))
    scene.act(scene.mia)
    assert scene.told(scene.ben) == [("hide", "flagger")]
    assert scene.told(scene.ada) == [("hide", "author")]
    assert scene.told(scene.mia) == []


def test_a_refused_request_is_in_the_log_too(scene: Scene) -> None:
    scene.do(lambda s: flagging.flag(s, scene.ben, scene.remark, "abuse", "Rude."))
    scene.act(scene.mia, FINE)
    assert [entry.act for entry in scene.log()] == ["approve"]
    assert scene.told(scene.ben) == [("approve", "flagger")]
    assert scene.read().shown


def test_an_undone_answer_opens_its_flags_again(scene: Scene) -> None:
    scene.do(lambda s: flagging.flag(s, scene.ben, scene.remark, "abuse", "Rude."))
    act = scene.act(scene.mia, FINE)
    scene.do(lambda s: undoing.undo(s, acts.moderator(scene.max), act, "Too quick."))
    with scene.site.parts.db.reading() as session:
        assert len(acts.open_flags(session, scene.remark)) == 1


@pytest.mark.parametrize("case", ["twice", "own", "deleted", "hidden", "rule", "words", "unknown"])
def test_a_flag_that_cannot_be_taken_is_refused_with_its_reason(scene: Scene, case: str) -> None:
    who, ident, rule, words = scene.ben, scene.remark, "abuse", "Rude."
    if case == "twice":
        scene.do(lambda s: flagging.flag(s, scene.ben, scene.remark, "threats", "First."))
    elif case == "own":
        who = scene.ada
    elif case == "deleted":
        scene.do(lambda s: deleting.delete(s, scene.ada, scene.remark))
    elif case == "hidden":
        scene.act(scene.mia)
    elif case == "rule":
        rule = "usable"
    elif case == "words":
        words = " \n"
    else:
        ident = "nothing"
    error = scene.fault(lambda s: flagging.flag(s, who, ident, rule, words))
    kinds = {"twice": Conflict, "own": NotAllowed, "deleted": Gone, "hidden": Hidden,
             "rule": Unacceptable, "words": Unacceptable, "unknown": NotFound}  # fmt: skip
    assert type(error) is kinds[case]


# ------------------------------------------------------------------ appeals


def test_an_appeal_is_answered_by_another_moderator_under_the_rule_cited(scene: Scene) -> None:
    act = scene.act(scene.mia)
    appeal = scene.do(lambda s: appeals.appeal(s, scene.ada, act, "It is about the rule.").id)
    own = scene.fault(lambda s: undoing.answer(
        s, acts.moderator(scene.mia), appeal, grant=True, reason="Well."))  # fmt: skip
    assert isinstance(own, NotAllowed)
    scene.do(lambda s: undoing.answer(
        s, acts.moderator(scene.max), appeal, grant=True, reason="No person."))  # fmt: skip
    assert scene.read().shown
    newest, first = scene.log()
    assert (newest.act, newest.undoes, newest.rule) == ("grant", act, "abuse")
    assert first.undone_by == newest.id
    assert ("grant", "appellant") in scene.told(scene.ada)
    assert scene.consistent() == []


def test_an_upheld_decision_stands_and_the_answer_is_in_the_log(scene: Scene) -> None:
    act = scene.act(scene.mia)
    appeal = scene.do(lambda s: appeals.appeal(s, scene.ada, act, "Unfair.").id)
    answered = scene.do(lambda s: undoing.answer(
        s, acts.moderator(scene.max), appeal, grant=False, reason="It does.").id)  # fmt: skip
    assert not scene.read(scene.ben).shown
    twice = scene.fault(lambda s: undoing.answer(
        s, acts.moderator(scene.max), appeal, grant=True, reason="Hm."))  # fmt: skip
    assert isinstance(twice, Conflict)
    scene.do(lambda s: undoing.undo(s, acts.moderator(scene.mia), answered, "Read it again."))
    with scene.site.parts.db.reading() as session:
        assert session.get_one(Appeal, appeal).decision_id is None


def test_who_asked_in_vain_may_appeal_and_be_right(scene: Scene) -> None:
    scene.do(lambda s: flagging.flag(s, scene.ben, scene.remark, "contempt", "Of herons."))
    act = scene.act(scene.mia, FINE)
    appeal = scene.do(lambda s: appeals.appeal(s, scene.ben, act, "Look again.").id)
    scene.do(lambda s: undoing.answer(
        s, acts.moderator(scene.max), appeal, grant=True, reason="So it is."))  # fmt: skip
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
        scene.do(lambda s: undoing.undo(s, acts.moderator(scene.max), act, "A mistake."))
    elif case == "twice":
        scene.do(lambda s: appeals.appeal(s, scene.ada, act, "First."))
    elif case == "late":

        def age(session: Session) -> None:
            session.get_one(Act, act).created = now() - timedelta(days=61)

        scene.do(age)
    elif case == "empty":
        words = ""
    elif case == "unknown":
        act = 999
    else:
        scene.do(lambda s: deleting.delete(s, scene.ada, scene.remark))
    error = scene.fault(lambda s: appeals.appeal(s, who, act, words))
    kinds = {"other": NotAllowed, "undone": Conflict, "twice": Conflict, "late": Unacceptable,
             "empty": Unacceptable, "unknown": NotFound, "deleted": Gone}  # fmt: skip
    assert type(error) is kinds[case]


def test_an_act_undone_while_it_is_appealed_answers_the_appeal(scene: Scene) -> None:
    act = scene.act(scene.mia)
    appeal = scene.do(lambda s: appeals.appeal(s, scene.ada, act, "Unfair.").id)
    undone = scene.do(lambda s: undoing.undo(s, acts.moderator(scene.mia), act, "So it was.").id)
    with scene.site.parts.db.reading() as session:
        assert session.get_one(Appeal, appeal).decision_id == undone


# ------------------------------------------------------------------ accounts


def test_a_suspended_account_reads_deletes_and_appeals_and_does_nothing_else(scene: Scene) -> None:
    decision = Decision("suspend", "suspension", "Three remarks hidden in a week.", days=7)
    act = scene.do(lambda s: suspending.decide(s, acts.moderator(scene.mia), decision, "Ada").id)
    ada = scene.do(lambda s: accounts.viewer_named(s, "Ada"))
    assert ada.barred
    draft = Draft("garden", body="More.")
    error = scene.fault(lambda s: annotations.create(s, ada, draft, Limits()))
    assert isinstance(error, NotAllowed)
    assert error.details["until"] == ada.barred_until
    flag = scene.fault(lambda s: flagging.flag(s, ada, scene.remark, "abuse", "x"))
    assert isinstance(flag, NotAllowed)
    scene.do(lambda s: appeals.appeal(s, ada, act, "Too long."))
    scene.do(lambda s: deleting.delete(s, ada, scene.remark))
    scene.do(lambda s: undoing.undo(s, acts.moderator(scene.max), act, "Too hard."))
    assert not scene.do(lambda s: accounts.viewer_named(s, "Ada")).barred


def test_a_suspension_ends_by_itself(scene: Scene) -> None:
    decision = Decision("suspend", "suspension", "Enough.", days=1)
    scene.do(lambda s: suspending.decide(s, acts.moderator(scene.mia), decision, "Ada"))

    def pass_time(session: Session) -> None:
        accounts.named(session, "Ada").standing.suspended_until = now() - timedelta(seconds=1)

    scene.do(pass_time)
    assert not scene.do(lambda s: accounts.viewer_named(s, "Ada")).barred


def test_a_ban_after_a_suspension_is_undone_to_the_suspension(scene: Scene) -> None:
    mia = acts.moderator(scene.mia)
    first = scene.do(lambda s: suspending.decide(
        s, mia, Decision("suspend", "suspension", "Enough.", days=7), "Ada").id)  # fmt: skip
    ban = scene.do(lambda s: suspending.decide(
        s, mia, Decision("ban", "suspension", "Again."), "Ada").id)  # fmt: skip
    early = scene.fault(lambda s: undoing.undo(s, mia, first, "Out of order."))
    assert isinstance(early, Conflict)
    scene.do(lambda s: undoing.undo(s, mia, ban, "Too hard."))
    assert "for good" not in scene.do(lambda s: accounts.viewer_named(s, "Ada")).barred_until
    scene.do(lambda s: undoing.undo(s, mia, first, "Also too hard."))
    assert not scene.do(lambda s: accounts.viewer_named(s, "Ada")).barred


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
        (Decision("hide", "abuse", "x"), "Ada", Unacceptable),
    ],
)
def test_a_decision_about_an_account_has_its_bounds(
    scene: Scene, decision: Decision, name: str, kind: type[AnnotatorError]
) -> None:
    error = scene.fault(lambda s: suspending.decide(s, acts.moderator(scene.mia), decision, name))
    assert type(error) is kind
    assert scene.log() == []


# ------------------------------------------------------------------ versions


def test_a_version_is_removed_for_good_and_the_log_says_so(scene: Scene) -> None:
    scene.do(
        lambda s: annotations.edit(s, scene.ada, scene.remark, body="Better.", limits=Limits())
    )
    decision = Decision("remove-version", "removal", "It named a house.", version=0)
    act = scene.act(scene.mia, decision)
    with scene.site.parts.db.reading() as session:
        (version,) = listing.versions(session, scene.remark)
    assert (version.body, version.removed) == (None, act)
    assert scene.log()[0].version == 0
    error = scene.fault(lambda s: undoing.undo(s, acts.moderator(scene.mia), act, "Back."))
    assert isinstance(error, Conflict)


def test_present_words_removed_for_good_are_hidden_and_cannot_be_restored(scene: Scene) -> None:
    scene.act(scene.mia, Decision("remove-version", "removal", "It named a house.", version=0))
    assert scene.read(scene.ada).body is None
    back = Decision("restore", "mistake", "Back.")
    error = scene.fault(
        lambda s: moderating.decide(s, acts.moderator(scene.max), back, scene.remark)
    )
    assert isinstance(error, Conflict)
    assert scene.consistent() == []


# ------------------------------------------------------------------ holding


def held(scene: Scene, **settings: object) -> Callable[..., bool]:
    scene.site.parts.db.moderation = Moderation(**settings)

    def post(body: str, viewer: Viewer = scene.ben) -> bool:
        ident = scene.post(viewer, body)
        with scene.site.parts.db.reading() as session:
            return session.get_one(Annotation, ident).visibility == "held"

    return post


def test_the_first_posts_of_a_new_account_wait_until_a_moderator_lets_one_stand(
    scene: Scene,
) -> None:
    posts = held(scene, hold_first_posts=1)
    assert posts("First.")
    assert posts("Second, still waiting.")
    with scene.site.parts.db.reading() as session:
        first = session.scalar(
            select(func.min(Annotation.id)).where(Annotation.visibility == "held")
        )
    assert found(scene)["all"] == 1
    scene.act(scene.mia, FINE, ident=first)
    assert found(scene)["all"] == 2
    assert not posts("Third.")
    assert not posts("A moderator's first.", scene.max)
    assert scene.told(scene.ben) == [("approve", "author")]
    assert scene.consistent() == []


def test_posts_with_many_links_wait_however_they_are_written(scene: Scene) -> None:
    posts = held(scene, hold_links=2)
    assert not posts("One [link](https://a.example).")
    assert posts("[one](https://a.example) [two](https://b.example)")
    assert posts("https://a.example and www.b.example")
    assert posts("[one](https://a.example) and ![two](https://b.example/p.png)")


def test_an_edit_that_adds_links_waits_as_well(scene: Scene) -> None:
    held(scene, hold_links=2)
    reply = scene.post(scene.ben, "No.", to=scene.remark)
    links = "https://a.example https://b.example"
    scene.do(lambda s: annotations.edit(s, scene.ada, scene.remark, body=links, limits=Limits()))
    with scene.site.parts.db.reading() as session:
        head, answer = listing.thread(session, reply)
    assert (head.held, head.body, answer.body) == (True, None, "No.")
    assert scene.consistent() == []


def test_a_held_post_is_there_for_its_author_and_moderators_only(scene: Scene) -> None:
    scene.do(lambda s: switches.throw(s, "approve_everything", True, "Mia"))
    ident = scene.post(scene.ben, "Waiting.")
    assert scene.read(scene.ben, ident).held
    assert scene.read(scene.mia, ident).body == "Waiting."
    for who in (scene.ada, scene.eve):
        with pytest.raises(NotFound):
            scene.read(who, ident)
    answer = Draft(body="To what?", in_reply_to=ident)
    assert isinstance(
        scene.fault(lambda s: annotations.create(s, scene.ada, answer, Limits())), NotFound
    )
    assert isinstance(
        scene.fault(lambda s: annotations.create(s, scene.ben, answer, Limits())), Conflict
    )


def test_a_switch_wins_over_the_configuration_until_it_is_thrown_again(scene: Scene) -> None:
    posts = held(scene, approve_everything=True)
    assert posts("Waits.")
    scene.do(lambda s: switches.throw(s, "approve_everything", False, "Mia"))
    assert not posts("Does not.")
    assert isinstance(scene.fault(lambda s: switches.throw(s, "nonsense", True, "Mia")), NotFound)


def test_an_index_made_anew_holds_no_hidden_remark(scene: Scene) -> None:
    scene.act(scene.mia)
    other = scene.post(scene.ben, "A heron is a bird.")
    scene.act(scene.max, ident=other)
    scene.site.parts.indexer.drain()
    with scene.site.parts.db.reading() as session:
        fresh = MemoryEngine()
        state = consistency.compare_index(session, fresh)
    assert not {key for key in state.missing if key.startswith("a:")}


def test_undoing_one_of_a_batch_or_the_rest_of_it(scene: Scene) -> None:
    second = scene.post(scene.ada, "Another.")
    mia = acts.moderator(scene.mia)
    ids = [scene.do(lambda s, it=ident: moderating.decide(s, mia, HIDE, it, batch="b1").id)
           for ident in (scene.remark, second)]  # fmt: skip
    scene.do(lambda s: undoing.undo(s, mia, ids[0], "This one was fine."))
    undone = scene.do(lambda s: len(undoing.undo_batch(s, mia, "b1", "All fine.", "mistake")))
    assert undone == 1
    assert isinstance(
        scene.fault(lambda s: undoing.undo_batch(s, mia, "b1", "All fine.", "mistake")), NotFound
    )


def test_an_earlier_act_is_not_undone_over_a_later_one(scene: Scene) -> None:
    first = scene.act(scene.mia)
    scene.act(scene.max, Decision("restore", "mistake", "Not abuse."))
    third = scene.act(scene.mia)
    warned = scene.act(scene.max, Decision("warn", "abuse", "Please stop."))
    mia = acts.moderator(scene.mia)
    assert isinstance(scene.fault(lambda s: undoing.undo(s, mia, first, "Undo.")), Conflict)
    scene.do(lambda s: undoing.undo(s, mia, third, "Undo."))
    assert scene.read().shown
    scene.do(lambda s: undoing.undo(s, mia, warned, "Needless."))
    assert scene.read().shown


def test_flags_are_one_for_each_account_and_remark(scene: Scene) -> None:
    for who in (scene.ben, scene.eve):
        scene.do(lambda s, it=who: flagging.flag(s, it, scene.remark, "abuse", "Rude."))
    with scene.site.parts.db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Flag)) == 2
