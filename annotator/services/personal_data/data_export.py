"""Everything that the site holds of one account, as one JSON file, written piece by piece.

No secret is in it: of passwords, tokens and sign-ins only what their owner sees in the account.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.formats import native
from annotator.models import (
    Account,
    AccountSanction,
    Act,
    Annotation,
    Appeal,
    Edition,
    Essay,
    Flag,
    Notice,
    OneTimeKey,
    Posting,
    Restatement,
    Withdrawn,
)
from annotator.schemas.annotations import stamp
from annotator.services.accounts import account_rename, credentials, identities, tokens
from annotator.services.annotations import annotation_loader, listings
from annotator.services.moderation import moderation_log

JSON = dict[str, Any]
Part = Callable[[Session, Account], Iterable[JSON]]
BATCH = 200


def pieces(session: Session, account: Account, licence: str) -> Iterator[str]:
    """Write the file: `{"account", "names", …, "remarks"}`, never holding more than a batch."""
    yield '{"account": ' + _text(_account(account, licence))
    for name, part in PARTS.items():
        between = "\n"
        yield f',\n"{name}": ['
        for item in part(session, account):
            yield between + _text(item)
            between = ",\n"
        yield "]"
    yield "}\n"


def _account(account: Account, licence: str) -> JSON:
    return {"name": account.name, "role": account.role, "created": account.created,
            "email": account.email or None, "email_confirmed": account.email_confirmed,
            "renamed": account.renamed, "has_password": account.password is not None,
            "licence": licence}  # fmt: skip


def _names(session: Session, account: Account) -> Iterator[JSON]:
    for it in account_rename.aliases(session, account.id):
        yield {"name": it.name, "until": it.until}


def _identities(session: Session, account: Account) -> Iterator[JSON]:
    for it in identities.of_account(session, account.id):
        yield {"issuer": it.issuer, "subject": it.subject, "created": it.created}


def _sign_ins(session: Session, account: Account) -> Iterator[JSON]:
    for it in credentials.sign_ins(session, account.id):
        yield {"label": it.label, "created": it.created, "expires": it.expires, "used": it.used}


def _tokens(session: Session, account: Account) -> Iterator[JSON]:
    for it in tokens.of_account(session, account.id):
        yield {"label": it.label, "scopes": it.scopes.split(), "created": it.created,
               "expires": it.expires, "used": it.used}  # fmt: skip


def _one_time_keys(session: Session, account: Account) -> Iterator[JSON]:
    for it in session.scalars(select(OneTimeKey).where(OneTimeKey.account_id == account.id)):
        yield {"purpose": it.purpose, "email": it.email or None, "expires": it.expires}


def _postings(session: Session, account: Account) -> Iterator[JSON]:
    for it in session.scalars(select(Posting).where(Posting.account_id == account.id)):
        yield {"key": it.key, "annotation": it.annotation_id, "created": it.created}


def _essays(session: Session, account: Account) -> Iterator[JSON]:
    query = select(Essay).where(Essay.author_id == account.id).order_by(Essay.created)
    for it in session.scalars(query):
        yield {"id": it.id, "title": it.title, "source_url": it.source_url or None,
               "created": it.created, "modified": it.modified, "removed": it.removed}  # fmt: skip


def _withdrawn(session: Session, account: Account) -> Iterator[JSON]:
    """What the account has deleted within the hour."""
    query = select(Withdrawn).join(Annotation, Annotation.id == Withdrawn.annotation_id)
    for it in session.scalars(query.where(Annotation.author_id == account.id)):
        yield {"annotation": it.annotation_id, "body": it.body, "tags": it.tags,
               "versions": it.versions, "deleted": it.deleted}  # fmt: skip


def _flags(session: Session, account: Account) -> Iterator[JSON]:
    query = select(Flag).where(Flag.account_id == account.id).order_by(Flag.id)
    for it in session.scalars(query):
        yield {"annotation": it.annotation_id, "rule": it.rule, "words": it.words,
               "created": it.created, "decision": it.decision_id}  # fmt: skip


def _appeals(session: Session, account: Account) -> Iterator[JSON]:
    query = select(Appeal).where(Appeal.account_id == account.id).order_by(Appeal.id)
    for it in session.scalars(query):
        yield {"entry": it.act_id, "words": it.words, "created": it.created,
               "decision": it.decision_id}  # fmt: skip


def _notices(session: Session, account: Account) -> Iterator[JSON]:
    query = select(Notice).where(Notice.account_id == account.id).order_by(Notice.id)
    for it in session.scalars(query):
        yield {"entry": it.act_id, "told_as": it.told_as, "read": it.read}


def _standing(session: Session, account: Account) -> Iterator[JSON]:
    it = session.get(AccountSanction, account.id)
    if it is not None:
        yield {"banned": it.banned, "suspended_until": it.suspended_until, "entry": it.act_id}


def _decisions(session: Session, account: Account) -> Iterator[JSON]:
    """Log entries about the account or its annotations, and those of its own decisions."""
    mine = (Act.account_id == account.id) | (Act.by_id == account.id)
    for ident in session.scalars(select(Act.id).where(mine).order_by(Act.id)).all():
        yield moderation_log.written(moderation_log.one(session, ident))


def _annotations(session: Session, account: Account) -> Iterator[JSON]:
    """Everything the account wrote, the oldest first, with what it said before."""
    mine = select(Annotation.id).where(Annotation.author_id == account.id).order_by(Annotation.id)
    ids = iter(session.scalars(mine).all())
    while batch := list(islice(ids, BATCH)):
        for annotation in annotation_loader.read(session, batch, unveiled=batch):
            yield {
                **native.serialize(annotation, ""),
                "versions": _versions(session, annotation.id) if annotation.edits else [],
                "restatements": _restatements(session, annotation.id),
            }
        session.expunge_all()


def _versions(session: Session, ident: str) -> list[JSON]:
    return [{"body": it.body, "tags": it.tags, "replaced": it.replaced}
            for it in listings.versions(session, ident)]  # fmt: skip


def _restatements(session: Session, ident: str) -> list[JSON]:
    query = select(Restatement, Edition.label).join(Edition, Edition.id == Restatement.edition_id)
    rows = session.execute(
        query.where(Restatement.annotation_id == ident).order_by(Edition.sequence)
    )
    return [{"edition": label, "target": it.ordinal, "confirmed": it.confirmed, "start": it.start,
             "end": it.end, "exact": it.exact, "created": it.created}
            for it, label in rows]  # fmt: skip


PARTS: dict[str, Part] = {
    "names": _names,
    "identities": _identities,
    "sign_ins": _sign_ins,
    "tokens": _tokens,
    "one_time_keys": _one_time_keys,
    "postings": _postings,
    "flags": _flags,
    "appeals": _appeals,
    "notices": _notices,
    "standing": _standing,
    "decisions": _decisions,
    "withdrawn": _withdrawn,
    "essays": _essays,
    "remarks": _annotations,
}
# Each table that refers to an account, and the part of the file that has its rows.
TABLES = {
    "aliases": "names", "annotations": "remarks", "appeals": "appeals", "essays": "essays",
    "flags": "flags",
    "identities": "identities", "moderation_acts": "decisions", "notices": "notices",
    "one_time_keys": "one_time_keys", "postings": "postings", "sign_ins": "sign_ins",
    "standings": "standing", "tokens": "tokens",
}  # fmt: skip


def _text(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a file of an account")
