"""A clock that was ahead and is set back, or jumps: nothing lasts longer, nobody waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import pytest

from annotator import db as database
from annotator.app import create_app
from annotator.config import Limits
from annotator.errors import Gone, NotAllowed
from annotator.models import Annotation
from annotator.rates import Rate
from annotator.schemas.annotations import Draft
from annotator.services.accounts import accounts, credentials
from annotator.services.annotations import annotations
from annotator.web.http.rate_limits import Counted, FileCounts
from annotator.web.http.site import SESSION_KEY
from tests.conftest import Site

HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=366)


class Clock:
    """What all of the program takes for the time: the machine's, wound by `by`."""

    def __init__(self) -> None:
        self.by = timedelta(0)

    def now(self, zone: tzinfo | None = None) -> datetime:
        return datetime.now(zone or UTC) + self.by


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(database, "datetime", made)
    return made


@pytest.mark.parametrize("ahead", [HOUR, DAY, YEAR])
def test_no_limit_holds_longer_than_its_time_after_a_clock_is_set_back(
    tmp_path: Path, ahead: timedelta
) -> None:
    moment = 1_000_000_000.0 + ahead.total_seconds()
    three = Counted("post Ada", Rate(3, 60))
    counts = FileCounts(tmp_path / "limits.sqlite3", "secret", lambda: moment)
    assert [counts.hit([three]) for _ in range(3)] == [None] * 3
    assert counts.hit([three]) is not None
    moment -= ahead.total_seconds()
    assert not counts.seen("post Ada")
    assert [counts.hit([three]) for _ in range(3)] == [None] * 3
    waiting = counts.hit([three])
    assert waiting is not None
    assert waiting[0] <= 60


@pytest.mark.parametrize("ahead", [HOUR, DAY, YEAR])
def test_a_link_of_a_wrong_clock_ends_when_it_is_set_right_and_bars_no_other(
    small_site: Site, clock: Clock, ahead: timedelta
) -> None:
    clock.by = ahead
    with small_site.parts.db.transaction() as session:
        ada = accounts.named(session, "Ada").id
        keys = [credentials.make_link(session, ada, credentials.RECOVER) for _ in range(3)]
        assert credentials.too_many_links(session, ada, credentials.RECOVER)
        assert credentials.find_link(session, keys[0], credentials.RECOVER).account_id == ada
    clock.by = timedelta(0)
    with small_site.parts.db.transaction() as session:
        assert not credentials.too_many_links(session, ada, credentials.RECOVER)
        with pytest.raises(Gone):
            credentials.find_link(session, keys[0], credentials.RECOVER)
        assert credentials.find_link(
            session,
            credentials.make_link(session, ada, credentials.RECOVER),
            credentials.RECOVER,
        )


@pytest.mark.parametrize(("ahead", "kept"), [(HOUR, True), (YEAR, False)])
def test_a_sign_in_lasts_thirty_days_whatever_the_clock_was(
    small_site: Site, clock: Clock, ahead: timedelta, kept: bool
) -> None:
    clock.by = ahead
    with small_site.parts.db.transaction() as session:
        key = accounts.begin(session, accounts.named(session, "Ada"))
    clock.by = timedelta(0)
    with small_site.parts.db.reading() as session:
        assert (accounts.signed_in(session, key) is not None) is kept


def test_no_sign_in_of_the_future_is_fresh(small_site: Site, clock: Clock) -> None:
    with small_site.parts.db.transaction() as session:
        key = accounts.begin(session, accounts.named(session, "Ada"))
        found = accounts.signed_in(session, key)
        assert found is not None
        ada = accounts.viewer_of(found.account)
        assert credentials.prove(session, ada, "", key)
    clock.by = -HOUR
    with small_site.parts.db.reading() as session, pytest.raises(NotAllowed):
        credentials.prove(session, ada, "", key)


def test_what_is_changed_is_never_older_than_it_was(small_site: Site, clock: Clock) -> None:
    limits = small_site.parts.config.limits
    with small_site.parts.db.transaction() as session:
        ada = accounts.viewer_named(session, "Ada")
        ident = annotations.create(session, ada, Draft("garden", body="Words"), limits)
        created = session.get_one(Annotation, ident).created
    clock.by = -DAY
    with small_site.parts.db.transaction() as session:
        annotations.edit(session, ada, ident, body="Other words", limits=limits)
        assert session.get_one(Annotation, ident).modified >= created
        annotations.delete(session, ada, ident)
        assert session.get_one(Annotation, ident).modified >= created
    with small_site.parts.db.transaction() as session:
        annotations.restore(session, ada, ident)


def test_deleted_words_go_after_an_hour_whatever_the_clock_was(
    small_site: Site, clock: Clock
) -> None:
    limits = small_site.parts.config.limits
    clock.by = YEAR
    with small_site.parts.db.transaction() as session:
        ada = accounts.viewer_named(session, "Ada")
        ident = annotations.create(session, ada, Draft("garden", body="Words"), limits)
        annotations.delete(session, ada, ident)
    clock.by = timedelta(0)
    with small_site.parts.db.transaction() as session:
        annotations.purge(session, database.now())
        with pytest.raises(Gone):
            annotations.restore(session, ada, ident)


@pytest.mark.parametrize("by", [-YEAR, -DAY, -HOUR, HOUR, DAY])
def test_every_page_is_answered_whatever_the_clock_says(
    small_site: Site, clock: Clock, by: timedelta
) -> None:
    with small_site.parts.db.transaction() as session:
        ada = accounts.viewer_named(session, "Ada")
        annotations.create(session, ada, Draft("garden", body="Words"), Limits())
        key = accounts.begin(session, accounts.named(session, "Ada"))
    clock.by = by
    asking = create_app(small_site.parts.config, small_site.parts).test_client()
    with asking.session_transaction() as cookie:
        cookie[SESSION_KEY] = key
    for path in ("/", "/d/garden", "/people/Ada", "/account", "/moderation/log",
                 "/feeds/commentary.atom", "/feeds/commentary.json",
                 "/api/annotations", "/search?q=words", "/sign-up"):  # fmt: skip
        status = asking.get(path, follow_redirects=True).status_code
        signed_out = path == "/account" and by == -YEAR  # a sign-in of the far future
        assert status == (401 if signed_out else 200), path
