"""The export of everything the site stores about an account, streamed as one JSON file.

A row is exported with all of its columns except the account and those in SECRET or INTERNAL.
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
    Agreement,
    Alias,
    Annotation,
    ApiToken,
    Appeal,
    DeskMark,
    Document,
    Drafter,
    Edition,
    Essay,
    Flag,
    Follow,
    Identity,
    Mute,
    News,
    NewsEmail,
    NewsSettings,
    Notice,
    OneTimeKey,
    Posting,
    PublisherAnswer,
    Restatement,
    SignIn,
    Withdrawn,
)
from annotator.schemas.annotations import stamp
from annotator.services.accounts import accounts, credentials
from annotator.services.annotations import annotation_loader, listings
from annotator.services.moderation import moderation_log

JSON = dict[str, Any]
BATCH = 200
OWNER = {"account_id", "author_id"}
SECRET = {"digest", "feed", "token"}
INTERNAL = {"name_key", "sha256", "document_id", "edition_id", "email_id", "follow_id", "revoked"}
NAMES = {"act_id": "entry", "annotation_id": "annotation", "decision_id": "decision"}
EMPTY_IS_NONE = {"email", "source_url"}
RENDERED = {"html", "stamp", "edition_id", "provision", "by", "by_id"}
RESTATED = ("confirmed", "start", "end", "exact", "created")


def pieces(session: Session, account: Account, licence: str) -> Iterator[str]:
    """Yield the file, `{"account", "names", …, "remarks"}`, with one batch in memory at a time."""
    profile = {"name": account.name, "role": account.role, "created": account.created,
             "email": account.email or None, "email_confirmed": account.email_confirmed,
             "renamed": account.renamed, "has_password": account.password is not None,
             "licence": licence}  # fmt: skip
    encode = json.JSONEncoder(ensure_ascii=False, default=_plain).encode
    yield '{"account": ' + encode(profile)
    for name, (_table, part) in PARTS.items():
        between = "\n"
        yield f',\n"{name}": ['
        for item in part(session, account):
            yield between + encode(item if isinstance(item, dict) else _described(item))
            between = ",\n"
        yield "]"
    yield "}\n"


def _described(row: Base) -> JSON:
    fields: JSON = {}
    for column in inspect(type(row)).column_attrs:
        name, value = column.key, getattr(row, column.key)
        numbered = name == "id" and isinstance(value, int)
        if not numbered and name not in OWNER | SECRET | INTERNAL:
            empty = name in EMPTY_IS_NONE and not value
            fields[NAMES.get(name, name)] = None if empty else value
    return fields


def _own(table: type[Any], *order: Any) -> Callable[[Session, Account], Iterable[Base]]:
    columns = inspect(table).columns
    owner = next(columns[name] for name in OWNER if name in columns)

    def rows(session: Session, account: Account) -> Iterable[Base]:
        return session.scalars(select(table).where(owner == account.id).order_by(*order))

    return rows


def _withdrawn(session: Session, account: Account) -> Iterator[JSON]:
    query = select(Withdrawn).join(Annotation, Annotation.id == Withdrawn.annotation_id)
    for each in session.scalars(query.where(Annotation.author_id == account.id)):
        yield {name: value for name, value in _described(each).items() if name != "modified"}


def _news(session: Session, account: Account) -> Iterator[JSON]:
    query = select(News, Document.slug, Edition.label).order_by(News.id)
    query = query.outerjoin(Edition, Edition.id == News.edition_id)
    query = query.outerjoin(Document, Document.id == Edition.document_id)
    for row, slug, label in session.execute(query.where(News.account_id == account.id)):
        yield _described(row) | {"edition": f"{slug}@{label}" if label else None}


def _decisions(session: Session, account: Account) -> Iterator[JSON]:
    own = (Act.account_id == account.id) | (Act.by_id == account.id)
    for ident in session.scalars(select(Act.id).where(own).order_by(Act.id)).all():
        yield moderation_log.get(session, ident).to_json()


def _on_documents(table: type[Drafter] | type[PublisherAnswer], owner: Any) -> Any:
    """Return a part whose rows have the slug of their document."""

    def rows(session: Session, account: Account) -> Iterator[JSON]:
        query: Any = select(table, Document.slug)
        query = query.join(Document, Document.id == table.document_id).where(owner == account.id)
        for row, slug in session.execute(query.order_by(Document.slug)):
            fields = _described(row).items()
            yield {"document": slug} | {key: value for key, value in fields if key not in RENDERED}

    return rows


def _annotations(session: Session, account: Account) -> Iterator[JSON]:
    own = select(Annotation.id).where(Annotation.author_id == account.id).order_by(Annotation.id)
    ids = iter(session.scalars(own).all())
    placed = (
        select(Restatement, Edition.label)
        .join(Edition, Edition.id == Restatement.edition_id)
        .order_by(Edition.sequence)
    )
    while batch := list(islice(ids, BATCH)):
        for annotation in annotation_loader.read(session, batch, unveiled=batch):
            versions = listings.versions(session, annotation.id) if annotation.edits else ()
            restatements = session.execute(placed.where(Restatement.annotation_id == annotation.id))
            yield {
                **annotation.to_json(),
                "versions": [{name: getattr(version, name) for name in ("body", "tags", "replaced")}
                             for version in versions],
                "restatements": [{"edition": label, "target": restatement.ordinal}
                                 | {name: getattr(restatement, name) for name in RESTATED}
                                 for restatement, label in restatements],
            }  # fmt: skip
        session.expunge_all()


# The parts, each with its table. A test checks that every table with an account is one of them.
PARTS: dict[str, tuple[type[Base], Callable[[Session, Account], Iterable[Base | JSON]]]] = {
    "names": (Alias, lambda session, account: accounts.aliases(session, account.id)),
    "identities": (Identity, lambda session, account: accounts.identities_of(session, account.id)),
    "sign_ins": (SignIn, lambda session, account: credentials.sign_ins(session, account.id)),
    "tokens": (ApiToken, lambda session, account: (
        _described(each) | {"scopes": each.scopes.split()}
        for each in credentials.tokens_of(session, account.id)
    )),
    "one_time_keys": (OneTimeKey, _own(OneTimeKey)),
    "postings": (Posting, _own(Posting)),
    "flags": (Flag, _own(Flag, Flag.id)),
    "appeals": (Appeal, _own(Appeal, Appeal.id)),
    "agreements": (Agreement, _own(Agreement)),
    "notices": (Notice, _own(Notice, Notice.id)),
    "follows": (Follow, _own(Follow, Follow.id)),
    "mutes": (Mute, _own(Mute, Mute.kind, Mute.key)),
    "news": (News, _news),
    "news_emails": (NewsEmail, _own(NewsEmail, NewsEmail.id)),
    "news_settings": (NewsSettings, _own(NewsSettings)),
    "drafter": (Drafter, _on_documents(Drafter, Drafter.account_id)),
    "answers": (PublisherAnswer, _on_documents(PublisherAnswer, PublisherAnswer.by_id)),
    "desk_marks": (DeskMark, _own(DeskMark)),
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
    raise TypeError(f"{type(value).__name__} cannot be exported")
