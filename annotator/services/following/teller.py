"""The teller: turns what has happened into the news of each account that it concerns.

One process of the site does so. A happening is told and deleted in one transaction, and an account
has one row of news of an annotation, edition or act, so nothing is lost or told twice.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import and_, delete, exists, or_, select
from sqlalchemy.orm import Session

from annotator.auth.names import is_former
from annotator.db import Database, insert_into, now, one_of
from annotator.errors import AnnotatorError, Conflict, Unavailable
from annotator.markup.mentions import mentions
from annotator.models import (
    Account,
    Act,
    Annotation,
    Answered,
    Coverage,
    Edition,
    Follow,
    ForeignAccount,
    Happening,
    Mute,
    News,
    Notice,
    Outbox,
)
from annotator.schemas.queries import FoundAnnotation
from annotator.search.engine import Engine
from annotator.services.accounts import accounts
from annotator.services.annotations.store import tags_of
from annotator.services.editions import editions
from annotator.services.following import emails, follows
from annotator.services.reading import full_text
from annotator.services.revisions import edition_pairs, revision_report

POLL_SECONDS = 1.0
SEARCHED = 50  # annotations that followed searches are asked about at a time
MOST_NAMED = 30  # people whom one account can tell of its comments by their names, in a day
BATCH = 1000  # accounts whose news is stored by one statement
OLD = timedelta(days=1)  # what happened before is news, but no email is sent of it
log = logging.getLogger(__name__)


class Reason(NamedTuple):
    """Why an account is told of an annotation, and the follow that it comes from."""

    kind: str
    follow_id: int | None = None


def tell(db: Database, engine: Engine) -> float:
    """Turn everything that has happened into news; return how many seconds to wait for more.

    Followers of a search get what `engine` has in its index.
    """
    next_one = select(Happening).where(Happening.kind != "indexed").order_by(Happening.id).limit(1)
    while True:
        with db.reading() as session:
            happening = session.scalar(next_one)
            noticed = happening is None and session.scalar(select(Notice.id).limit(1)) is not None
        if noticed:
            with db.transaction(shown=False) as session:
                _tell_notices(session)
        if happening is None:
            _tell_searches(db, engine)
            return POLL_SECONDS
        same = delete(Happening).where(Happening.id == happening.id)
        try:
            with db.transaction(shown=False) as session:
                # Nothing may be told twice, whoever else tells.
                if session.scalar(same.returning(Happening.id)) is not None:
                    TELL[happening.kind](session, happening)
        except (Conflict, Unavailable):
            raise  # it is tried again
        except Exception:
            log.exception("no news of this was sent: %s %d", happening.kind, happening.id)
            with db.transaction(shown=False) as session:
                session.execute(same)


def _posted(session: Session, happening: Happening) -> None:
    """Let the author of a new annotation follow its thread, and tell of it."""
    row = session.get(Annotation, happening.annotation_id)
    if row is not None and row.deleted is None:
        follows.add(session, row.author_id, "thread", row.thread_id, row.created, posted=True)
    _shown(session, happening)


def _shown(session: Session, happening: Happening) -> None:
    """Notify people of an annotation that can be read, unless they already were."""
    row = session.get(Annotation, happening.annotation_id)
    if row is None or not row.shown:
        return
    reasons = _followers(session, row)
    for account_id in _mentioned(session, row):
        if reasons.get(account_id, Reason("followed")).kind == "followed":
            reasons[account_id] = Reason("mention")
    _tell_of(session, row, reasons)
    if session.scalar(select(Follow.id).where(Follow.kind == "search").limit(1)) is not None:
        session.add(Happening(kind="indexed", annotation_id=row.id))


def _tell_of(session: Session, row: Annotation, reasons: dict[int, Reason]) -> None:
    """Notify accounts of an annotation, unless they already were or mute its thread or author."""
    told = select(News.account_id).where(News.annotation_id == row.id)
    unwanted = select(Mute.account_id).where(
        or_(
            and_(Mute.kind == "thread", Mute.key == row.thread_id),
            and_(Mute.kind == "person", Mute.key == str(row.author_id)),
        )
    )
    for account_id in (row.author_id, *session.scalars(told.union(unwanted))):
        reasons.pop(account_id, None)
    _add(session, row.created, [
        {"account_id": account_id, "kind": reason.kind, "annotation_id": row.id,
         "follow_id": reason.follow_id}
        for account_id, reason in reasons.items()
    ])  # fmt: skip


def _mentioned(session: Session, row: Annotation) -> set[int]:
    """Return the accounts that an annotation names and may tell: MOST_NAMED people a day."""
    names = mentions(row.body or "")
    author = session.get_one(Account, row.author_id)
    if not names or accounts.barred_until(author.standing):
        return set()
    found = accounts.find_all(session, names)
    imported = select(ForeignAccount.account_id)
    named = {account.id for account in found.values() if not is_former(account.name)}
    named -= set(session.scalars(imported.where(ForeignAccount.account_id.in_(named))))
    today = select(News.account_id).join(Annotation, Annotation.id == News.annotation_id)
    told = set(session.scalars(today.where(
        News.kind == "mention", Annotation.author_id == author.id, News.created > now() - OLD
    )))  # fmt: skip
    fresh = sorted(named - told)[: max(MOST_NAMED - len(told), 0)]
    return (named & told) | set(fresh)


def _followers(session: Session, row: Annotation) -> dict[int, Reason]:
    """Return the accounts that follow what an annotation is on, each with the best reason."""
    loaded = editions.of_document(session, row.document_id)
    within = select(Coverage.provision).where(
        Coverage.annotation_id == row.id, Coverage.edition_id == loaded.edition_id,
        Coverage.provision >= 0,
    )  # fmt: skip
    covered = set(session.scalars(within))
    keys = {
        "thread": [row.thread_id],
        "provision": [pid for pid, ordinal in loaded.ordinals.items() if ordinal in covered],
        "document": [loaded.slug],
        "tag": tags_of(session, row.id),
        "person": [str(row.author_id)],
    }
    heads = [row.thread_id, *filter(None, [row.in_reply_to])]
    answered = set(session.scalars(select(Annotation.author_id).where(Annotation.id.in_(heads))))
    found: dict[int, Reason] = {}
    for follow in _following(session, keys, row):
        to_me = follow.kind == "thread" and follow.account_id in answered
        if to_me or follow.account_id not in found:
            found[follow.account_id] = Reason("reply" if to_me else "followed", follow.id)
    return found


def _following(
    session: Session, keys: Mapping[str, Collection[str]], row: Annotation | None = None
) -> Iterator[Any]:
    """Yield the follows of any of `keys`, older than an annotation."""
    wanted = or_(*(and_(Follow.kind == kind, one_of(Follow.key, each))
                   for kind, each in keys.items() if each))  # fmt: skip
    query = select(Follow.id, Follow.account_id, Follow.kind, Follow.key).where(wanted)
    if row is not None:
        query = query.where(Follow.created <= row.created)
        if row.in_reply_to:
            query = query.where(~Follow.heads)
    yield from session.execute(query.order_by(Follow.id))


def _edition(session: Session, happening: Happening) -> None:
    """Notify authors whose words an edition changed, and followers of what it changed."""
    row = session.get(Edition, happening.edition_id)
    before = row and session.scalar(
        select(Edition).where(
            Edition.document_id == row.document_id, Edition.sequence == row.sequence - 1
        )
    )
    if row is None or before is None:
        return
    new, old = editions.load(session, row), editions.load(session, before)
    follows.move_to_heirs(session, old, new)
    authors = revision_report.changed_by_author(session, old, new)
    told: dict[int, dict[str, Any]] = {
        account_id: {"account_id": account_id, "kind": "changed", "changed": changed, "of": every}
        for account_id, (changed, every) in authors.items()
        if changed
    }
    keys = {"provision": _changed_pids(session, new.slug, old, new), "document": [new.slug]}
    passages: Counter[int] = Counter()
    for follow in _following(session, keys):
        passages[follow.account_id] += follow.kind == "provision"
        item = {"account_id": follow.account_id, "kind": "followed", "follow_id": follow.id}
        told.setdefault(follow.account_id, item)
    rows = [
        {"edition_id": row.id, "follow_id": None, "changed": passages[account_id], "of": None}
        | item
        for account_id, item in told.items()
    ]
    _add(session, row.added, rows)


def _changed_pids(
    session: Session, slug: str, old: editions.Loaded, new: editions.Loaded
) -> set[str]:
    """Return the pids of the provisions that an edition changed, and of those that contain them."""
    pids: set[str] = set()
    for change in edition_pairs.between(session, slug, old.label, new.label).rows:
        for view, loaded in ((change.old, old), (change.new, new)):
            if view is not None:
                pids.update(loaded.pids[at] for at in loaded.parsed.and_ancestors(view.ordinal))
    return pids


def _answered(session: Session, happening: Happening) -> None:
    """Notify authors of new answers to their comments: this one, and up to BATCH more."""
    more = select(Happening).where(Happening.kind == happening.kind).order_by(Happening.id)
    others = session.scalars(more.limit(BATCH)).all()
    ids = {happening.annotation_id, *(each.annotation_id for each in others)} - {None}
    session.execute(delete(News).where(News.kind == "answer", News.annotation_id.in_(ids)))
    query = (
        select(Annotation.id, Annotation.author_id, Answered.published)
        .join(Answered, Answered.annotation_id == Annotation.id)
        .where(Annotation.id.in_(ids), Answered.state == "published")
    )
    rows = session.execute(query.order_by(Annotation.id)).all()
    _add(session, now(), [
        {"account_id": row.author_id, "kind": "answer", "annotation_id": row.id} for row in rows
    ])  # fmt: skip
    for each in others:
        session.delete(each)


def _tell_searches(db: Database, engine: Engine) -> None:
    """Notify followers of searches of what these find among the newest, once it is indexed."""
    pending = exists().where(Outbox.kind == "annotation", Outbox.key == Happening.annotation_id)
    ready = select(Happening).where(Happening.kind == "indexed", ~pending)
    with db.reading() as session:
        happenings = session.scalars(ready.order_by(Happening.id).limit(SEARCHED)).all()
        asked = select(Follow.key).where(Follow.kind == "search").distinct()
        found = {}
        for query in session.scalars(asked).all() if happenings else ():
            try:
                results = full_text.search(session, engine, query, kinds=("annotation",),
                                           sort="newest", limit=2 * SEARCHED)  # fmt: skip
            except AnnotatorError as error:
                log.warning("a followed search failed: %s", type(error).__name__)
            else:
                found[query] = {it.id for it in results.items if isinstance(it, FoundAnnotation)}
    for happening in happenings:
        with db.transaction(shown=False) as session:
            row = session.get(Annotation, happening.annotation_id)
            keys = {"search": [key for key, ids in found.items() if happening.annotation_id in ids]}
            if row is not None and row.shown and keys["search"]:
                _tell_of(session, row, {follow.account_id: Reason("followed", follow.id)
                                        for follow in _following(session, keys, row)})  # fmt: skip
            session.execute(delete(Happening).where(Happening.id == happening.id))


def _tell_notices(session: Session) -> None:
    """Turn the notices of moderators' acts into news, in their order."""
    query = select(Notice, Act).join(Act, Act.id == Notice.act_id).order_by(Notice.id).limit(BATCH)
    for notice, act in session.execute(query).all():
        _add(session, act.created, [
            {"account_id": notice.account_id, "kind": "moderation", "act_id": act.id,
             "told_as": notice.told_as, "read": notice.read}
        ])  # fmt: skip
        session.delete(notice)


def _add(session: Session, happened: datetime, rows: Iterable[dict[str, Any]]) -> None:
    """Store rows of news, but those of accounts that are gone, each in the email that tells it."""
    moment, rest = now(), iter(rows)
    while batch := list(islice(rest, BATCH)):
        kinds = {row["account_id"]: row["kind"] for row in batch if not row.get("read")}
        owners = {row["account_id"] for row in batch}
        query = select(Account.id).where(Account.id.in_(owners), Account.left.is_(None))
        living = set(session.scalars(query.with_for_update(key_share=True)))
        wanted = {ident: kind for ident, kind in kinds.items() if ident in living}
        queued = emails.queue(session, wanted) if moment - happened < OLD else {}
        values = [
            {"read": False, "created": moment, "email_id": queued.get(row["account_id"])} | row
            for row in batch if row["account_id"] in living
        ]  # fmt: skip
        if values:
            session.execute(insert_into(session, News).on_conflict_do_nothing(), values)


TELL = {"posted": _posted, "shown": _shown, "edition": _edition, "answered": _answered}
