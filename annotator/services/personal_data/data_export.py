"""Everything that the site holds of one account, as one JSON file, written piece by piece.

What a part says follows from its table: every column but the account and those that are SECRET or
INTERNAL. So no secret is in it: of passwords, tokens and sign-ins only what their owner sees.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from annotator.db import Base
from annotator.models import (
    Account,
    AccountSanction,
    Act,
    Alias,
    Annotation,
    ApiToken,
    Appeal,
    Edition,
    Essay,
    Flag,
    Identity,
    Notice,
    OneTimeKey,
    Posting,
    Restatement,
    SignIn,
    Withdrawn,
)
from annotator.schemas.annotations import stamp
from annotator.services.accounts import accounts, credentials, identities, tokens
from annotator.services.annotations import annotation_loader, listings
from annotator.services.moderation import moderation_log

JSON = dict[str, Any]
BATCH = 200
OWNER = {"account_id", "author_id"}
SECRET = {"digest"}
INTERNAL = {"name_key", "sha256", "document_id", "revoked"}
NAMES = {"act_id": "entry", "annotation_id": "annotation", "decision_id": "decision"}
EMPTY_IS_NONE = {"email", "source_url"}


def pieces(session: Session, account: Account, licence: str) -> Iterator[str]:
    """Write the file: `{"account", "names", …, "remarks"}`, never holding more than a batch."""
    known = {"name": account.name, "role": account.role, "created": account.created,
             "email": account.email or None, "email_confirmed": account.email_confirmed,
             "renamed": account.renamed, "has_password": account.password is not None,
             "licence": licence}  # fmt: skip
    encode = json.JSONEncoder(ensure_ascii=False, default=_plain).encode
    yield '{"account": ' + encode(known)
    for name, (_table, part) in PARTS.items():
        between = "\n"
        yield f',\n"{name}": ['
        for item in part(session, account):
            yield between + encode(item if isinstance(item, dict) else _described(item))
            between = ",\n"
        yield "]"
    yield "}\n"


def _described(row: Base) -> JSON:
    """Return what a row says, by its columns."""
    found: JSON = {}
    for column in inspect(type(row)).column_attrs:
        name, value = column.key, getattr(row, column.key)
        numbered = name == "id" and isinstance(value, int)
        if not numbered and name not in OWNER | SECRET | INTERNAL:
            empty = name in EMPTY_IS_NONE and not value
            found[NAMES.get(name, name)] = None if empty else value
    return found


def _own(table: type[Any], *order: Any) -> Callable[[Session, Account], Iterable[Base]]:
    """Return what finds an account's rows in a table."""
    columns = inspect(table).columns
    owner = next(columns[name] for name in OWNER if name in columns)

    def rows(session: Session, account: Account) -> Iterable[Base]:
        return session.scalars(select(table).where(owner == account.id).order_by(*order))

    return rows


def _withdrawn(session: Session, account: Account) -> Iterator[JSON]:
    """Yield what the account has deleted within the hour."""
    query = select(Withdrawn).join(Annotation, Annotation.id == Withdrawn.annotation_id)
    for each in session.scalars(query.where(Annotation.author_id == account.id)):
        yield {name: it for name, it in _described(each).items() if name != "modified"}


def _decisions(session: Session, account: Account) -> Iterator[JSON]:
    """Log entries about the account or its annotations, and those of its own decisions."""
    mine = (Act.account_id == account.id) | (Act.by_id == account.id)
    for ident in session.scalars(select(Act.id).where(mine).order_by(Act.id)).all():
        yield moderation_log.one(session, ident).to_json()


def _annotations(session: Session, account: Account) -> Iterator[JSON]:
    """Everything the account wrote, the oldest first, with what it said before."""
    mine = select(Annotation.id).where(Annotation.author_id == account.id).order_by(Annotation.id)
    ids = iter(session.scalars(mine).all())
    placed = (
        select(Restatement, Edition.label)
        .join(Edition, Edition.id == Restatement.edition_id)
        .order_by(Edition.sequence)
    )
    while batch := list(islice(ids, BATCH)):
        for annotation in annotation_loader.read(session, batch, unveiled=batch):
            versions = listings.versions(session, annotation.id) if annotation.edits else ()
            found = session.execute(placed.where(Restatement.annotation_id == annotation.id))
            yield {
                **annotation.to_json(),
                "versions": [{"body": it.body, "tags": it.tags, "replaced": it.replaced}
                             for it in versions],
                "restatements": [{"edition": label, "target": it.ordinal,
                                  "confirmed": it.confirmed, "start": it.start, "end": it.end,
                                  "exact": it.exact, "created": it.created}
                                 for it, label in found],
            }  # fmt: skip
        session.expunge_all()


# Each part, with the table that it is of. Every table that refers to an account is one of them.
PARTS: dict[str, tuple[type[Base], Callable[[Session, Account], Iterable[Base | JSON]]]] = {
    "names": (Alias, lambda session, account: accounts.aliases(session, account.id)),
    "identities": (Identity, lambda session, account: identities.of_account(session, account.id)),
    "sign_ins": (SignIn, lambda session, account: credentials.sign_ins(session, account.id)),
    "tokens": (ApiToken, lambda session, account: (
        _described(each) | {"scopes": each.scopes.split()}
        for each in tokens.of_account(session, account.id)
    )),
    "one_time_keys": (OneTimeKey, _own(OneTimeKey)),
    "postings": (Posting, _own(Posting)),
    "flags": (Flag, _own(Flag, Flag.id)),
    "appeals": (Appeal, _own(Appeal, Appeal.id)),
    "notices": (Notice, _own(Notice, Notice.id)),
    "standing": (AccountSanction, _own(AccountSanction)),
    "decisions": (Act, _decisions),
    "withdrawn": (Withdrawn, _withdrawn),
    "essays": (Essay, _own(Essay, Essay.created)),
    "remarks": (Annotation, _annotations),
}  # fmt: skip


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a file of an account")
