"""Sends the emails of news: written when they are sent, at most one an hour and one digest a day.

An email is claimed, sent and marked as sent; if its process dies in between, it is sent again with
the same Message-ID. What is hidden, deleted, muted, unfollowed or read by then is left out.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import Select, String, and_, cast, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from annotator.auth.permissions import Viewer
from annotator.config import Config
from annotator.db import Database, insert_into, now
from annotator.errors import NotFound, Unacceptable
from annotator.models import Account, Annotation, Follow, Mute, News, NewsEmail, NewsSettings
from annotator.schemas.following import CLASSES, KINDS, class_of
from annotator.services.accounts import accounts
from annotator.services.accounts.mailer import BACK_OFF, CLAIM, Email, Send, is_final, trouble
from annotator.services.following import email_text, news
from annotator.services.following.emails import (
    DEFAULTS,
    MOST_REFUSED,
    WHEN,
    next_digest,
    settings_of,
)
from annotator.services.following.news import NewsItem

AN_HOUR = timedelta(hours=1)
KEPT = timedelta(days=30)
AT_ONCE = 20  # claimed together; so many are sent again if the process dies
MOST_SENT = 100  # then emails to recover accounts have their turn
log = logging.getLogger(__name__)


class _Claimed(NamedTuple):
    row: int
    account: int
    email: Email | None  # None: there is nothing left to tell


def deliver(
    db: Database,
    config: Config,
    send: Send,
    secret: str,
    require: Callable[[], None] = lambda: None,
) -> int:
    """Send the emails that are due, up to about MOST_SENT; return how many were.

    `secret` signs the links to unsubscribe. `require` is called before each, and raises if another
    process sends them now.
    """
    sent = 0
    while sent < MOST_SENT:
        with db.reading() as session:
            if session.scalar(_due().limit(1)) is None:
                break
        require()
        with db.transaction(shown=False) as session:
            rows = _claim(session)
        with db.reading() as session:  # writing them may take a while, and holds up nobody
            claimed = _write(session, config, secret, rows)
        tried: list[tuple[_Claimed, Exception | None]] = []
        for each in claimed:
            try:
                if each.email is not None:
                    send(each.email)
                tried.append((each, None))
            except Exception as error:  # noqa: BLE001  the next email may be sent
                tried.append((each, error))
                if not is_final(error):
                    break  # the server does not answer: the others wait for it
        with db.transaction(shown=False) as session:
            _note_sent(session, [each for each, failure in tried if failure is None])
            for each, failure in tried:
                if failure is not None:
                    _note_failure(session, each, failure)
            waiting = [each.row for each in claimed[len(tried) :]]
            again = update(NewsEmail).where(NewsEmail.id.in_(waiting))
            session.execute(again.values(tries=NewsEmail.tries - 1, due=now() + BACK_OFF[0]))
        sent += len(tried)
    return sent


def _due() -> Select[NewsEmail]:
    waiting = NewsEmail.sent.is_(None), NewsEmail.error.is_(None), NewsEmail.due <= now()
    return select(NewsEmail).where(*waiting).order_by(NewsEmail.due, NewsEmail.id)


def _claim(session: Session) -> list[NewsEmail]:
    """Claim the emails that need not wait for another hour or day."""
    rows = session.scalars(_due().limit(AT_ONCE).with_for_update(skip_locked=True)).all()
    ids, moment = {row.account_id for row in rows}, now()
    emails_of = select(NewsEmail.account_id, NewsEmail.digest, func.max(NewsEmail.sent))
    emails_of = emails_of.where(NewsEmail.account_id.in_(ids), NewsEmail.sent.is_not(None))
    grouped = session.execute(emails_of.group_by(NewsEmail.account_id, NewsEmail.digest))
    last = {(account_id, digest): sent for account_id, digest, sent in grouped}
    ready = []
    for row in rows:
        before = last.get((row.account_id, row.digest))
        if before is not None and row.digest and before.date() >= moment.date():
            row.due = next_digest(max(moment, before), "daily")
        elif before is not None and not row.digest and before + AN_HOUR > moment:
            row.due = before + AN_HOUR
        else:
            last[row.account_id, row.digest] = moment
            row.tries, row.due = row.tries + 1, moment + CLAIM
            ready.append(row)
    return ready


def _write(
    session: Session, config: Config, secret: str, rows: Sequence[NewsEmail]
) -> list[_Claimed]:
    """Write the emails that were claimed, those that have something to tell."""
    ids = {row.account_id for row in rows}
    people = {each.id: each for each in session.scalars(select(Account).where(Account.id.in_(ids)))}
    chosen = settings_of(session, ids)
    told, claimed = _items(session, rows, chosen), []
    for row in rows:
        account, items = people.get(row.account_id), told[row.id]
        refused = chosen[row.account_id].refused >= MOST_REFUSED
        email = None
        if account is not None and account.email_confirmed and items and not refused:
            email = email_text.write(config, secret, account, items, row.token)
        claimed.append(_Claimed(row.id, row.account_id, email))
    return claimed


def _items(
    session: Session, rows: Sequence[NewsEmail], chosen: Mapping[int, NewsSettings]
) -> Mapping[int, list[NewsItem]]:
    """Return by email the news that it tells, the most important first."""
    muted = exists().where(
        Mute.account_id == News.account_id,
        or_(and_(Mute.kind == "thread", Mute.key == Annotation.thread_id),
            and_(Mute.kind == "person", Mute.key == cast(Annotation.author_id, String))),
    )  # fmt: skip
    ended = News.follow_id.is_not(None) & ~exists().where(Follow.id == News.follow_id)
    of_emails = News.email_id.in_([row.id for row in rows])
    query = news.readable(select(News)).where(of_emails, ~News.read, ~muted, ~ended)
    wanted = [each for each in session.scalars(query.order_by(News.id)).all()
              if getattr(chosen[each.account_id], class_of(each.kind)) != "never"]  # fmt: skip
    wanted.sort(key=lambda each: KINDS.index(each.kind))
    told: dict[int, list[NewsItem]] = defaultdict(list)
    for item in news.items(session, wanted):
        told[item.row.email_id or 0].append(item)
    return told


def _note_sent(session: Session, claimed: Sequence[_Claimed]) -> None:
    """Note that emails were sent, and delete those that had nothing to tell."""
    empty = [each.row for each in claimed if each.email is None]
    sent = [each for each in claimed if each.email is not None]
    if empty:
        session.execute(update(News).where(News.email_id.in_(empty)).values(email_id=None))
        session.execute(delete(NewsEmail).where(NewsEmail.id.in_(empty)))
    ids = [each.row for each in sent]
    session.execute(update(NewsEmail).where(NewsEmail.id.in_(ids)).values(sent=now()))
    reached = NewsSettings.account_id.in_([each.account for each in sent])
    session.execute(update(NewsSettings).where(reached, NewsSettings.refused > 0).values(refused=0))


def _note_failure(session: Session, claimed: _Claimed, error: Exception) -> None:
    """Note when an email is tried again, or that its address refuses it."""
    row = session.get(NewsEmail, claimed.row)
    if row is None:  # its account is gone
        return
    log.error("an email of news was not sent (%s)", trouble(error))
    if is_final(error):
        row.error = trouble(error)[: NewsEmail.error.type.length]
        _settings(session, claimed.account).refused += 1
    elif row.tries > len(BACK_OFF):
        row.error = trouble(error)[: NewsEmail.error.type.length]
    else:
        row.due = now() + BACK_OFF[row.tries - 1]


def _settings(session: Session, account_id: int) -> NewsSettings:
    """Return the stored settings of an account, which are made where it has none."""
    new = insert_into(session, NewsSettings).values(account_id=account_id, **DEFAULTS)
    session.execute(new.on_conflict_do_nothing())
    return session.get_one(NewsSettings, account_id)


def change(session: Session, account_id: int, **wanted: str) -> None:
    """Store when an account is sent news of each class. Raises Unacceptable."""
    for name, when in wanted.items():
        if when not in WHEN:
            raise Unacceptable(f"Choose one of {', '.join(WHEN)}.", field=name)
    settings = _settings(session, account_id)
    for name, when in wanted.items():
        setattr(settings, name, when)


def unsubscribe(session: Session, secret: str, token: str) -> str:
    """End what a link to unsubscribe names, once or again; return it, or "" for a bad link."""
    account_id, what = email_text.read_token(secret, token)
    account = session.get(Account, account_id) if what else None
    if account is None or account.left:
        return ""
    if what in CLASSES:
        change(session, account_id, **{what: "never"})
    elif what == "all":
        change(session, account_id, **dict.fromkeys(CLASSES, "never"))
    else:
        row = {"account_id": account_id, "kind": "thread", "key": what}
        session.execute(insert_into(session, Mute).values(row).on_conflict_do_nothing())
    return what


def new_feed_key(session: Session, account_id: int) -> str:
    """Make and return the key of an account's feed; only its digest is stored."""
    key = accounts.new_key()
    _settings(session, account_id).feed = accounts.digest(key)
    return key


def end_feed(session: Session, account_id: int) -> None:
    """Let the key of an account's feed be of no use any more."""
    _settings(session, account_id).feed = None


def feed_owner(session: Session, key: str) -> Viewer:
    """Return the account whose feed has this key. Raises NotFound."""
    query = select(Account).join(NewsSettings, NewsSettings.account_id == Account.id)
    owner = session.scalar(query.where(NewsSettings.feed == accounts.digest(key)))
    if owner is None:
        raise NotFound("There is no such feed. Its address may have been changed.")
    return accounts.viewer_of(owner)


def forget(session: Session) -> None:
    """Delete what is known of emails from more than 30 days ago."""
    old = select(NewsEmail.id).where(NewsEmail.due < now() - KEPT)
    session.execute(update(News).where(News.email_id.in_(old)).values(email_id=None))
    session.execute(delete(NewsEmail).where(NewsEmail.due < now() - KEPT))
