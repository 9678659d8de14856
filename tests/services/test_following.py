"""People hear what concerns them, once: replies, changes to their words, what they follow."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from annotator.auth.permissions import Viewer
from annotator.config import Limits
from annotator.db import now
from annotator.errors import NotFound, Unacceptable
from annotator.models import Account, Alias, Follow, Happening, Mute, News, NewsEmail
from annotator.services.accounts import accounts
from annotator.services.annotations import annotations
from annotator.services.following import follows, news, teller
from annotator.services.moderation import actions, sanctions
from annotator.services.moderation.actions import Decision
from annotator.services.personal_data import account_deletion, data_export
from annotator.services.revisions import revision_report
from annotator.services.site import switches
from tests.conftest import Site

OLD, NEW = "2026-03-01", "2026-04-01"


@pytest.fixture
def garden(site: Site) -> Site:
    """A site with a document and three people."""
    site.add()
    for name in ("Ada", "Ben", "Cleo"):
        site.person(name)
    return site


def viewer(site: Site, name: str) -> Viewer:
    with site.parts.db.reading() as session:
        account = session.scalars(select(Account).where(Account.name == name)).one()
        return Viewer(account.id, account.name, account.role)


def told(site: Site, name: str) -> list[tuple[str, str | None]]:
    """What somebody is told, after everything that has happened: kinds and annotations."""
    site.tell()
    with site.parts.db.reading() as session:
        found = news.page(session, viewer(site, name)).items
        return [(it.row.kind, it.annotation and it.annotation.id) for it in found]


def follow(site: Site, name: str, kind: str, key: str, **more: Any) -> None:
    with site.parts.db.transaction() as session:
        account = viewer(site, name).account or 0
        follows.add(session, account, kind, key, now(), **more)


def test_replies_to_me_are_news_to_me_and_other_replies_of_my_threads_followed(
    garden: Site,
) -> None:
    head = garden.post("three gates", author="Ada")
    reply = garden.post(author="Ben", in_reply_to=head)
    second = garden.post(author="Cleo", in_reply_to=reply, body="I disagree.")
    last = garden.post(author="Ada", in_reply_to=head, body="Thank you both.")
    assert told(garden, "Ada") == [("reply", second), ("reply", reply)]
    assert told(garden, "Ben") == [("followed", last), ("reply", second)]
    assert told(garden, "Cleo") == [("followed", last)]
    with garden.parts.db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Happening)) == 0
        assert {row.posted for row in session.scalars(select(Follow))} == {True}


def test_nobody_is_told_twice_whatever_is_edited_hidden_deleted_and_restored(garden: Site) -> None:
    head = garden.post("three gates", author="Ada")
    reply = garden.post(author="Ben", in_reply_to=head)
    ben, mia = viewer(garden, "Ben"), garden.person("Mia", role="moderator")
    assert told(garden, "Ada") == [("reply", reply)]
    doing: tuple[Callable[[Session], object], ...] = (
        lambda s: annotations.edit(s, ben, reply, body="Other words.", limits=Limits()),
        lambda s: annotations.delete(s, ben, reply),
        lambda s: annotations.restore(s, ben, reply),
        lambda s: actions.decide(s, actions.moderator(mia), Decision("hide", "abuse", "Rude."),
                                 reply, None),
    )  # fmt: skip
    for do, seen in zip(doing, (True, False, True, False), strict=True):
        with garden.parts.db.transaction() as session:
            do(session)
        assert told(garden, "Ada") == ([("reply", reply)] if seen else [])
        with garden.parts.db.reading() as session:
            assert news.unread(session, viewer(garden, "Ada")) == seen
    assert told(garden, "Ben") == [("moderation", None)]


def test_what_waits_for_review_is_told_once_it_is_approved(garden: Site) -> None:
    head = garden.post("three gates", author="Ada")
    mia = garden.person("Mia", role="moderator")
    with garden.parts.db.transaction() as session:
        switches.throw(session, "approve_everything", True, "Mia")
    reply = garden.post(author="Ben", in_reply_to=head)
    assert told(garden, "Ada") == []
    with garden.parts.db.transaction() as session:
        fine = Decision("approve", "no-ground", "Fine.")
        actions.decide(session, actions.moderator(mia), fine, reply, None)
    assert told(garden, "Ada") == [("reply", reply)]


@pytest.mark.parametrize(
    ("kind", "key"),
    [("document", "garden"), ("tag", "gates"), ("provision", ""), ("section", ""), ("person", "")],
)
def test_followers_are_told_of_what_is_posted_from_then_on(
    garden: Site, kind: str, key: str
) -> None:
    made = {"words": "three gates", "author": "Ada", "tags": ("gates",)}
    before = garden.post(**made)
    with garden.parts.db.reading() as session:
        loaded = annotations.editions.newest(session, "garden")
        parsed = loaded.parsed
        block = next(at for at, it in enumerate(parsed.provisions)
                     if parsed.text[it.start : it.end].startswith("There are"))  # fmt: skip
        section = loaded.parsed.provisions[block].parent
    keys = {"provision": loaded.pids[block], "section": loaded.pids[section or 0],
            "person": str(viewer(garden, "Ada").account)}  # fmt: skip
    follow(garden, "Ben", kind.replace("section", "provision"), keys.get(kind, key))
    head = garden.post(**made, body="Another.")
    reply = garden.post(author="Ada", in_reply_to=head, tags=("gates",), body="A reply.")
    garden.post(author="Ben", words="three gates", body="My own.", tags=("gates",))
    assert told(garden, "Ben") == [("followed", reply), ("followed", head)]
    assert before not in dict(told(garden, "Ben")).values()


def test_only_new_threads(garden: Site) -> None:
    follow(garden, "Ben", "document", "garden", heads=True)
    head = garden.post("three gates", author="Ada")
    garden.post(author="Cleo", in_reply_to=head)
    assert told(garden, "Ben") == [("followed", head)]


@pytest.mark.parametrize("kind", ["thread", "person"])
def test_a_muted_thread_or_person_is_silent_until_that_is_ended(garden: Site, kind: str) -> None:
    head = garden.post("three gates", author="Ada")
    key = head if kind == "thread" else "Ben"
    ada = viewer(garden, "Ada")
    with garden.parts.db.transaction() as session:
        follows.mute(session, ada, kind, key, on=True)
        follows.mute(session, ada, kind, key, on=True)
    garden.post(author="Ben", in_reply_to=head)
    assert told(garden, "Ada") == []
    with garden.parts.db.transaction() as session:
        follows.mute(session, ada, kind, key, on=False)
        assert session.scalar(select(func.count()).select_from(Mute)) == 0
    again = garden.post(author="Ben", in_reply_to=head, body="Still.")
    assert told(garden, "Ada") == [("reply", again)]


def test_a_new_edition_tells_each_author_how_many_words_it_changed(garden: Site) -> None:
    for words in ("Ring the bell once.", "The north gate is locked at dusk",
                  "a child’s laughter has never been against the rules"):  # fmt: skip
        garden.post(words, author="Ada")
    garden.post("Ring the bell once.", author="Ben")
    follow(garden, "Cleo", "document", "garden")
    follow(garden, "Ada", "document", "garden")
    garden.add("garden-2.md", NEW)
    garden.add("garden-2.md", NEW)  # adding it again is no news
    assert told(garden, "Ada") == [("changed", None)]
    assert told(garden, "Ben") == []
    assert told(garden, "Cleo") == [("followed", None)]
    with garden.parts.db.reading() as session:
        row = session.scalars(select(News).where(News.kind == "changed")).one()
        report = revision_report.report(
            session, "garden", OLD, NEW, author=viewer(garden, "Ada").account
        )
        assert (row.changed, row.of) == (2, 3)
        assert row.changed == report.counts["edited"] + report.counts["lost"]
        assert row.of == report.counts.total()


def test_who_follows_a_section_is_told_how_many_passages_an_edition_changed(garden: Site) -> None:
    with garden.parts.db.reading() as session:
        loaded = annotations.editions.newest(session, "garden")
    for pid in loaded.pids:
        follow(garden, "Cleo", "provision", pid)
    garden.add("garden-2.md", NEW)
    assert told(garden, "Cleo") == [("followed", None)]
    with garden.parts.db.reading() as session:
        changed = session.scalars(select(News.changed)).one()
    assert changed
    assert 0 < changed < len(loaded.pids)


def test_an_edition_before_the_newest_is_no_news(garden: Site) -> None:
    garden.add("garden-2.md", NEW)
    garden.post("three gates", author="Ada")
    garden.tell()
    text = b"# Rules of the Garden\n\n# Purpose\n\nThe garden is kept for everyone.\n"
    garden.add("old.md", "2026-03-15", data=text, after=OLD, force=True)
    assert told(garden, "Ada") == []


def test_an_email_waits_for_those_with_a_confirmed_address_and_no_more_than_one(
    garden: Site,
) -> None:
    with garden.parts.db.transaction() as session:
        confirmed = update(Account).where(Account.name == "Ada")
        session.execute(confirmed.values(email="ada@example.org", email_confirmed=now()))
    head = garden.post("three gates", author="Ada")
    for number in range(5):
        garden.post(author="Ben", in_reply_to=head, body=f"Reply {number}.")
        garden.post(author="Ada", in_reply_to=head, body=f"Answer {number}.")
    assert len(told(garden, "Ada")) == 5
    assert len(told(garden, "Ben")) == 5
    with garden.parts.db.reading() as session:
        email = session.scalars(select(NewsEmail)).one()
        assert (email.account_id, email.digest) == (viewer(garden, "Ada").account, False)
        told_by = select(func.count()).where(News.email_id == email.id)
        assert session.scalar(told_by) == 5


def test_notices_from_long_ago_are_news_without_email(garden: Site) -> None:
    mia = garden.person("Mia", role="moderator")
    with garden.parts.db.transaction() as session:
        confirmed = update(Account).where(Account.name == "Ada")
        session.execute(confirmed.values(email="ada@example.org", email_confirmed=now()))
    ident = garden.post("three gates", author="Ada")
    with garden.parts.db.transaction() as session:
        act = actions.decide(session, actions.moderator(mia), Decision("hide", "abuse", "Rude."),
                             ident, None)  # fmt: skip
        assert act
        row = session.get(teller.Act, act.id)
        assert row
        row.created -= timedelta(days=3)
    assert told(garden, "Ada") == [("moderation", None)]
    with garden.parts.db.reading() as session:
        assert session.scalar(select(func.count()).select_from(NewsEmail)) == 0


def test_a_fault_of_one_happening_holds_up_no_other(
    garden: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    head = garden.post("three gates", author="Ada")
    garden.tell()
    with garden.parts.db.transaction() as session:
        session.add(Happening(kind="unknown", annotation_id=head))
    reply = garden.post(author="Ben", in_reply_to=head)
    assert told(garden, "Ada") == [("reply", reply)]
    assert "no news of this was sent" in caplog.text


def test_who_follows_a_search_is_told_once_it_finds_something_new(garden: Site) -> None:
    follow(garden, "Cleo", "search", "heron author:Ada")
    follow(garden, "Ben", "search", "heron")
    head = garden.post("three gates", "A heron.", author="Ada")
    garden.post("three gates", "A heron too.", author="Ben")
    garden.post("three gates", "A stork.", author="Ada")
    assert told(garden, "Cleo") == []  # the index does not have it yet
    garden.parts.indexer.drain()
    assert told(garden, "Cleo") == [("followed", head)]
    assert told(garden, "Ben") == [("followed", head)]
    with garden.parts.db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Happening)) == 0


@pytest.mark.parametrize(
    ("kind", "key", "fault"),
    [
        ("tree", "garden", Unacceptable), ("document", "", Unacceptable),
        ("tag", " ", Unacceptable),
        ("search", "x" * 1001, Unacceptable), ("tag", "x" * 201, Unacceptable),
        ("search", '"heron', Unacceptable), ("search", "(", Unacceptable),
        ("document", "nowhere", NotFound), ("provision", "zzzzz", NotFound),
        ("thread", "x", NotFound), ("person", "Nobody", NotFound),
        ("person", "\u202eadA", NotFound),
    ],
)  # fmt: skip
def test_what_cannot_be_followed_is_refused_and_nothing_is_stored(
    garden: Site, kind: str, key: str, fault: type[Exception]
) -> None:
    with pytest.raises(fault), garden.parts.db.transaction() as session:
        follows.follow(session, viewer(garden, "Ben"), kind, key)
    with garden.parts.db.reading() as session:
        assert follows.of_viewer(session, viewer(garden, "Ben")) == []


def test_a_held_thread_is_followed_by_nobody_who_cannot_read_it(garden: Site) -> None:
    with garden.parts.db.transaction() as session:
        switches.throw(session, "approve_everything", True, "Mia")
    head = garden.post("three gates", author="Ada")
    with pytest.raises(NotFound), garden.parts.db.transaction() as session:
        follows.follow(session, viewer(garden, "Ben"), "thread", head)


def test_passages_that_a_revision_splits_or_merges_are_followed_in_their_successors(
    site: Site,
) -> None:
    for name in ("Ada", "Ben"):
        site.person(name)
    text = "# Gates\n\nThe north gate is closed at dusk. {}Keys are with the keeper at home.\n"
    site.add(data=text.format("").encode(), force=True)
    with site.parts.db.reading() as session:
        old = annotations.editions.newest(session, "garden")
    follow(site, "Ben", "provision", old.pids[-1])
    site.add(data=text.format("\n\n").encode(), label=NEW, force=True)
    site.tell()
    with site.parts.db.reading() as session:
        new = annotations.editions.newest(session, "garden")
        rows = follows.of_viewer(session, viewer(site, "Ben"))
        assert {row.key for row in rows} <= set(new.pids)
        assert rows
    with site.parts.db.transaction() as session:  # a pid of before leads there
        found = follows.follow(session, viewer(site, "Ada"), "provision", old.pids[-1])
        assert {row.key for row in found} <= set(new.pids)


def test_nobody_follows_more_than_a_thousand_things(
    garden: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follows, "MAX_FOLLOWS", 2)
    ben = viewer(garden, "Ben")
    for number in range(3):
        garden.post("three gates", f"Comment {number}.", author="Ben")
    garden.tell()
    with garden.parts.db.transaction() as session:
        for tag in ("one", "two"):
            follows.follow(session, ben, "tag", tag)
        with pytest.raises(Unacceptable):
            follows.follow(session, ben, "tag", "three")


def test_what_an_account_follows_leaves_with_it_and_is_in_its_data_alone(garden: Site) -> None:
    with garden.parts.db.transaction() as session:
        for kind, key in (("document", "garden"), ("person", "Cleo"), ("tag", "zqtagzq")):
            follows.follow(session, viewer(garden, "Ben"), kind, key)
        follows.follow(session, viewer(garden, "Ada"), "person", "Ben")
        follows.mute(session, viewer(garden, "Ada"), "person", "Ben", on=True)
    garden.post("three gates", author="Cleo")
    garden.tell()
    with garden.parts.db.reading() as session:
        files = {name: "".join(data_export.pieces(session, accounts.named(session, name), ""))
                 for name in ("Ada", "Ben", "Cleo")}  # fmt: skip
    assert "zqtagzq" in files["Ben"]
    assert json.loads(files["Ben"])["news"][0]["kind"] == "followed"
    assert "zqtagzq" not in files["Ada"] + files["Cleo"]
    with garden.parts.db.transaction() as session:
        account_deletion.leave(session, viewer(garden, "Ben").account or 0, keep=True)
        assert {row.kind for row in session.scalars(select(Follow))} == {"thread"}  # Cleo's own
        for table in (News, Mute):
            assert session.scalars(select(table)).all() == []


def test_a_suspended_account_follows_reads_and_mutes(garden: Site) -> None:
    suspended = replace(viewer(garden, "Ben"), barred_until="2099-01-01")
    with garden.parts.db.transaction() as session:
        follows.follow(session, suspended, "document", "garden")
        assert news.page(session, suspended).items == []
        news.mark_read(session, suspended)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("@Ben, look.", True), ('Ask @"Ben".', True), ("(@Ben.)", True), ("*@Ben*", True),
        ("Hm @Ben's words", True), ("`@Ben`", False), ("```\n@Ben\n```", False),
        ("> @Ben said so\n\nI see.", False), ("[@Ben](https://x.org)", False),
        ("ada@Ben", False), ("https://x.org/@Ben", False), ("@Nobody", False), ("@ben", False),
        ("@Old Ben", False), ('@"Old Ben"', True), ("@Ada", False), ("@@Ben", False),
    ],
)  # fmt: skip
def test_a_name_in_a_comment_tells_its_owner(garden: Site, body: str, named: bool) -> None:
    with garden.parts.db.transaction() as session:
        former = Alias(name="Old Ben", name_key="old ben", account_id=viewer(garden, "Ben").account,
                       until=now())  # fmt: skip
        session.add(former)
    ident = garden.post("three gates", body, author="Ada")
    assert told(garden, "Ben") == ([("mention", ident)] if named else [])
    assert told(garden, "Ada") == []


def test_names_tell_ten_people_of_a_comment_thirty_a_day_and_nobody_of_a_barred_author(
    garden: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        with garden.parts.db.transaction() as session:
            accounts.sign_up(session, f"Reader{number}", None)
    everyone = " ".join(f"@Reader{number}" for number in range(12))

    def many() -> int:
        garden.tell()
        with garden.parts.db.reading() as session:
            return session.scalar(select(func.count()).where(News.kind == "mention")) or 0

    garden.post("three gates", everyone, author="Ada")
    assert many() == 10
    monkeypatch.setattr(teller, "MOST_NAMED", 11)
    garden.post("three gates", "@Reader10 @Reader11 @Reader1", author="Ada")
    assert many() == 12  # one more person, and one again
    mia = garden.person("Mia", role="moderator")
    ident = garden.post("three gates", "@Reader3 is here.", author="Ben")
    with garden.parts.db.transaction() as session:
        ban = Decision("ban", "removal", "Enough.")
        sanctions.decide(session, actions.moderator(mia), ban, "Ben")
    assert many() == 12, ident


def test_a_name_added_by_an_edit_tells_once_and_a_muted_author_never(garden: Site) -> None:
    ada, ident = viewer(garden, "Ada"), garden.post("three gates", "Hello.", author="Ada")
    for body in ("@Ben, hello.", "@Ben, hello again."):
        with garden.parts.db.transaction() as session:
            annotations.edit(session, ada, ident, body=body, limits=Limits())
        assert told(garden, "Ben") == [("mention", ident)]
    with garden.parts.db.transaction() as session:
        follows.mute(session, viewer(garden, "Ben"), "person", "Ada", on=True)
    garden.post("three gates", "@Ben?", author="Ada")
    assert told(garden, "Ben") == [("mention", ident)]
