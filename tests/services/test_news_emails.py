"""Emails of news: one an hour, one digest a day, written when sent, ended at one click."""

from __future__ import annotations

import random
import smtplib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from annotator.config import Config, Mail, SiteSettings
from annotator.db import now
from annotator.errors import Unacceptable
from annotator.models import Account, News, NewsEmail, NewsSettings
from annotator.schemas.following import CLASSES
from annotator.services.accounts import accounts, credentials
from annotator.services.accounts.mailer import Email
from annotator.services.annotations import annotations
from annotator.services.following import email_text, emails, follows, news, sender, teller
from annotator.services.operations import status
from annotator.services.personal_data import account_deletion
from tests.conftest import Site

SECRET = "a secret of this site"
START = datetime(2026, 11, 30, 12, tzinfo=UTC)


class Clock:
    """The time that the site has, and how it goes on."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def on(self, **more: float) -> None:
        self.now += timedelta(**more)


class Post:
    """A mail server that has what it was sent, or refuses it."""

    def __init__(self) -> None:
        self.sent: list[Email] = []
        self.trouble: Exception | None = None

    def __call__(self, email: Email) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.sent.append(email)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    for module in (annotations, emails, follows, sender, teller):
        monkeypatch.setattr(module, "now", made)
    return made


@pytest.fixture
def garden(site: Site, clock: Clock) -> Site:
    """A site in which Ada and Ben have confirmed addresses."""
    site.add()
    for name in ("Ada", "Ben", "Cleo"):
        site.person(name)
    with site.parts.db.transaction() as session:
        for name in ("Ada", "Ben"):
            mine = update(Account).where(Account.name == name)
            session.execute(mine.values(email=f"{name.lower()}@example.org", email_confirmed=now()))
    return site


def settings_for(site: Site) -> Config:
    named = SiteSettings(name="Notes", address="https://notes.example.org")
    return replace(site.parts.config, site=named, mail=Mail(host="x", sender="notes@example.org"))


def deliver(site: Site, post: Post) -> int:
    """Tell and send what is due; return how many emails have been sent in all."""
    site.tell()
    sender.deliver(site.parts.db, settings_for(site), post, SECRET)
    return len(post.sent)


def account(site: Site, name: str) -> int:
    with site.parts.db.reading() as session:
        return accounts.named(session, name).id


def choose(site: Site, name: str, **wanted: str) -> None:
    with site.parts.db.transaction() as session:
        sender.change(session, account(site, name), **wanted)


def test_an_email_says_who_where_and_what_and_how_to_end_it(garden: Site, clock: Clock) -> None:
    post = Post()
    head = garden.post("three gates", author="Ada")
    first = garden.post(author="Cleo", in_reply_to=head, body="Why *three*?\n\n" + "Long. " * 100)
    second = garden.post(author="Cleo", in_reply_to=head, body="I see.")
    assert deliver(garden, post) == 0  # their authors can undo them
    clock.on(minutes=2)
    assert deliver(garden, post) == 1
    (email,) = post.sent
    assert email.to == "ada@example.org"
    assert email.subject == "2 replies · Rules of the Garden"
    assert "Cleo replied to you on Paths and gates ¶ 1, Rules of the Garden" in email.body
    assert "> Why *three*? Long." in email.body
    for ident in (first, second):
        assert f"https://notes.example.org/a/{ident}\n" in email.body
    assert max(map(len, email.body.splitlines())) < 400
    link = email.headers["List-Unsubscribe"].strip("<>")
    assert link.startswith("https://notes.example.org/unsubscribe/")
    assert email.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert email.headers["List-Id"] == "<garden.notes.example.org>"
    assert email.headers["In-Reply-To"] == f"<thread.{head}@example.org>"
    assert deliver(garden, post) == 1
    what = email_text.read_token(SECRET, link.rpartition("/")[2])
    assert what == (account(garden, "Ada"), head)


def test_more_news_waits_for_an_hour_and_comes_together(garden: Site, clock: Clock) -> None:
    post, head = Post(), garden.post("three gates", author="Ada")
    for number in range(100):
        garden.post(author="Cleo", in_reply_to=head, body=f"Reply {number}.")
        clock.on(minutes=1)
        deliver(garden, post)
    assert len(post.sent) == 2
    clock.on(minutes=60)
    assert deliver(garden, post) == 3
    assert "And " in post.sent[1].body  # not all of 60
    assert post.sent[1].body.count("\n") < 200
    assert len({email.token for email in post.sent}) == 3


def test_what_is_gone_muted_read_or_unwanted_by_then_is_not_sent(
    garden: Site, clock: Clock
) -> None:
    post, head = Post(), garden.post("three gates", author="Ada")
    with garden.parts.db.reading() as session:
        cleo, ada = (accounts.viewer_named(session, name) for name in ("Cleo", "Ada"))

    def ends() -> Iterator[object]:
        yield lambda s, ident: annotations.delete(s, cleo, ident)
        yield lambda s, ident: news.mark_read(s, ada)
        yield lambda s, ident: follows.mute(s, ada, "person", "Cleo", on=True)

    for number, end in enumerate(ends()):
        ident = garden.post(author="Cleo", in_reply_to=head, body=f"Reply {number}.")
        garden.tell()
        clock.on(hours=2)
        with garden.parts.db.transaction() as session:
            end(session, ident)  # type: ignore[operator]
        assert deliver(garden, post) == 0
    with garden.parts.db.transaction() as session:
        follows.mute(session, ada, "person", "Cleo", on=False)
    garden.post(author="Cleo", in_reply_to=head, body="Another.")
    garden.tell()
    choose(garden, "Ada", to_me="never")
    clock.on(hours=2)
    assert deliver(garden, post) == 0
    with garden.parts.db.reading() as session:
        waiting = select(func.count()).select_from(NewsEmail).where(NewsEmail.sent.is_(None))
        assert session.scalar(waiting) == 0


@pytest.mark.parametrize(("when", "day"), [("daily", 1), ("weekly", 7)])
def test_a_digest_comes_in_the_morning(garden: Site, clock: Clock, when: str, day: int) -> None:
    post, due = Post(), datetime(2026, 12, day, 7, tzinfo=UTC)
    with garden.parts.db.transaction() as session:
        follows.add(session, account(garden, "Ben"), "document", "garden", START)
    choose(garden, "Ben", followed=when)
    garden.post("three gates", "First.", author="Cleo")
    garden.tell()
    clock.now = due - timedelta(seconds=1)
    assert deliver(garden, post) == 0
    garden.post("three gates", "Second.", author="Cleo")
    clock.now = due
    assert deliver(garden, post) == 1
    assert post.sent[0].to == "ben@example.org"
    assert "First." in post.sent[0].body


@pytest.mark.parametrize("name", ["Evil\u202e🐕", "x" * 64, "Æsop of العربية"])
def test_names_and_titles_break_no_header_and_no_line(
    garden: Site, clock: Clock, name: str
) -> None:
    with garden.parts.db.transaction() as session:
        ada = select(Account).where(Account.name == "Cleo")
        session.scalars(ada).one().name = name
        session.execute(
            update(annotations.editions.Edition).values(title="A\r\nBcc: x@y.z\n\u202etitle")
        )
    head = garden.post("three gates", author="Ada")
    garden.post(author=name, in_reply_to=head, body="Hm.\r\n-- \r\nBcc: you")
    post = Post()
    garden.tell()
    clock.on(hours=1)
    deliver(garden, post)
    (email,) = post.sent
    assert email.subject.isprintable()
    assert "\n" not in "".join(email.headers.values())
    assert "\u202e" not in email.body
    assert "\r" not in email.body


def test_an_address_that_refuses_three_times_gets_no_more_until_it_is_confirmed(
    garden: Site, clock: Clock
) -> None:
    post, head = Post(), garden.post("three gates", author="Ada")
    post.trouble = smtplib.SMTPRecipientsRefused({"ada@example.org": (550, b"no such user")})
    for number in range(4):
        garden.post(author="Cleo", in_reply_to=head, body=f"Reply {number}.")
        garden.tell()
        clock.on(hours=2)
        deliver(garden, post)
    with garden.parts.db.reading() as session:
        errors = session.scalars(select(NewsEmail.error)).all()
        assert errors == ["SMTPRecipientsRefused: 550"] * 3
        ada = account(garden, "Ada")
        assert emails.settings_of(session, [ada])[ada].refused == 3
    post.trouble = None
    with garden.parts.db.transaction() as session:
        credentials.set_email(session, account(garden, "Ada"), "new@example.org", confirmed=True)
    garden.post(author="Cleo", in_reply_to=head, body="Again.")
    garden.tell()
    clock.on(hours=2)
    assert deliver(garden, post) == 1


def test_a_server_that_fails_is_tried_again_with_the_same_message_id(
    garden: Site, clock: Clock
) -> None:
    post, head = Post(), garden.post("three gates", author="Ada")
    garden.post(author="Cleo", in_reply_to=head)
    garden.tell()
    with garden.parts.db.reading() as session:
        token = session.scalars(select(NewsEmail.token)).one()
    post.trouble = OSError("connection refused")
    for _ in range(3):
        clock.on(minutes=10)
        deliver(garden, post)
    garden.post(author="Cleo", in_reply_to=head, body="Meanwhile.")
    post.trouble = None
    clock.on(hours=3)
    deliver(garden, post)
    clock.on(hours=3)
    deliver(garden, post)
    assert post.sent[0].token == token
    assert sum("Meanwhile." in email.body for email in post.sent) == 1


def test_one_click_ends_emails_of_a_class_a_thread_or_all_again_and_again(
    garden: Site, clock: Clock
) -> None:
    ada = account(garden, "Ada")
    head = garden.post("three gates", author="Ada")
    for what in (*CLASSES, "all", head):
        token = email_text.signed(SECRET, ada, what)
        for _ in range(2):
            with garden.parts.db.transaction() as session:
                assert sender.unsubscribe(session, SECRET, token) == what
    with garden.parts.db.reading() as session:
        chosen = emails.settings_of(session, [ada])[ada]
        assert (chosen.to_me, chosen.followed) == ("never", "never")
    garden.post(author="Cleo", in_reply_to=head)
    garden.tell()
    with garden.parts.db.reading() as session:
        assert session.scalar(select(func.count()).select_from(News)) == 0


@pytest.mark.parametrize("change", ["cut", "longer", "other", "empty", "nonsense", "left"])
def test_a_bad_link_ends_nothing_and_says_so_like_any_other(garden: Site, change: str) -> None:
    ada = account(garden, "Ada")
    good = email_text.signed(SECRET, ada, "all")
    other = email_text.signed("of another site", ada, "all")
    bad = {"cut": good[:-1], "longer": good + "x", "empty": "", "nonsense": "🐕.\0",
           "other": other, "left": good}[change]  # fmt: skip
    with garden.parts.db.transaction() as session:
        if change == "left":
            account_deletion.leave(session, ada, keep=True)
        assert sender.unsubscribe(session, SECRET, bad) == ""
        assert session.get(NewsSettings, ada) is None


def test_settings_take_four_words(garden: Site) -> None:
    for bad in ("", "hourly", "x" * 10_000):
        with pytest.raises(Unacceptable):
            choose(garden, "Ada", to_me=bad)


def test_emails_are_forgotten_after_thirty_days(garden: Site, clock: Clock) -> None:
    post, head = Post(), garden.post("three gates", author="Ada")
    garden.post(author="Cleo", in_reply_to=head)
    garden.tell()
    clock.on(hours=1)
    deliver(garden, post)
    clock.on(days=31)
    with garden.parts.db.transaction() as session:
        status.tidy(session)
        assert session.scalar(select(func.count()).select_from(NewsEmail)) == 0
        assert session.scalar(select(func.count()).select_from(News)) == 1


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["reply", "thread", "fail", "refuse", "wait", "choose"]),
        st.integers(1, 400),
    ),
    max_size=40,
)


@pytest.fixture
def one(small_site: Site, clock: Clock) -> Site:
    """A site on SQLite in which Ada has a confirmed address."""
    small_site.person("Cleo")
    with small_site.parts.db.transaction() as session:
        mine = update(Account).where(Account.name == "Ada")
        session.execute(mine.values(email="ada@example.org", email_confirmed=now()))
        follows.add(session, accounts.named(session, "Ada").id, "document", "garden", START)
    return small_site


def test_never_more_than_one_email_an_hour_and_one_digest_a_day(one: Site, clock: Clock) -> None:
    head = one.post("three gates", author="Ada")
    chance = random.Random(7)

    @given(STEPS)
    @settings(max_examples=25)
    def whatever_happens(steps: list[tuple[str, int]]) -> None:
        with one.parts.db.transaction() as session:
            session.execute(update(News).values(email_id=None))
            for table in (NewsEmail, NewsSettings):
                session.execute(delete(table))
        clock.on(days=400)
        post, times = Post(), defaultdict[bool, list[datetime]](list)

        def send(email: Email) -> None:
            post(email)
            with one.parts.db.reading() as session:
                query = select(NewsEmail.digest).where(NewsEmail.token == email.token)
                times[bool(session.scalar(query))].append(clock.now)

        for step, many in steps:
            body = f"{chance.random()}"
            if step == "reply":
                one.post(author="Cleo", in_reply_to=head, body=body)
            elif step == "thread":
                one.post("three gates", body, author="Cleo")
            elif step == "choose":
                choose(one, "Ada", **{CLASSES[many % 2]: emails.WHEN[many % 4]})
            elif step == "wait":
                clock.on(minutes=many * 7)
            post.trouble = OSError("busy") if step == "fail" else None
            if step == "refuse":
                post.trouble = smtplib.SMTPDataError(550, b"no")
            one.tell()
            clock.on(minutes=many / 4)
            sender.deliver(one.parts.db, settings_for(one), send, SECRET)
        hours, days = times[False], [moment.date() for moment in times[True]]
        waits = [after - before for before, after in pairwise(hours)]
        assert all(wait >= timedelta(hours=1) for wait in waits), hours
        assert len(set(days)) == len(days), days

    whatever_happens()
