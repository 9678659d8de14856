"""Rows that belong to others: none is orphaned, and none belongs to two documents at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, ForeignKey, Select, Table, select
from sqlalchemy.orm import aliased

from annotator.auth import names
from annotator.auth.viewer import ROLES
from annotator.db import Base, stream
from annotator.models import (
    Account,
    Alias,
    Alignment,
    Annotation,
    ApiToken,
    Edition,
    Identity,
    OneTimeKey,
    Outbox,
    Pid,
    Provision,
    Restatement,
    SignIn,
    Target,
)
from annotator.search.outbox import EVERYTHING
from annotator.services.operations.checks.look import Look

KINDS = {"annotation", "document", EVERYTHING}


def orphans(look: Look) -> Iterator[str]:
    """Whatever a row refers to is there: every foreign key of every table."""
    for table in Base.metadata.sorted_tables:
        for key in sorted(table.foreign_keys, key=lambda each: each.parent.name):
            look.count("references between tables")
            for row in look.session.execute(_orphans(table, key)):
                name = "/".join(str(value) for value in row)
                yield f"{table.name} {name}: its {key.parent.name} leads nowhere"


def _orphans(table: Table, key: ForeignKey) -> Select[Any]:
    parent = key.column.table.alias("parent")
    own: Column[Any] = key.parent
    there = parent.c[key.column.name]
    joined = table.outerjoin(parent, there == own)
    columns = table.primary_key.columns
    return select(*columns).select_from(joined).where(own.is_not(None), there.is_(None))


def belongings(look: Look) -> Iterator[str]:
    """What is joined by two ways belongs to one document on both of them."""
    old = aliased(Edition)
    troubles: dict[str, Select[Any]] = {
        "annotation {}: its edition is one of another document": select(Annotation.id)
        .join(Edition, Edition.id == Annotation.edition_id)
        .where(Edition.document_id != Annotation.document_id),
        "annotation {}: the pid of its target is one of another document": select(Annotation.id)
        .join(Target, Target.annotation_id == Annotation.id)
        .join(Pid, Pid.pid == Target.pid)
        .where(Pid.document_id != Annotation.document_id),
        "annotation {}: it was restated in another document": select(Annotation.id)
        .join(Restatement, Restatement.annotation_id == Annotation.id)
        .join(Edition, Edition.id == Restatement.edition_id)
        .where(Edition.document_id != Annotation.document_id),
        "edition {}: it is lined up with one of another document": select(Alignment.edition_id)
        .join(Edition, Edition.id == Alignment.edition_id)
        .join(old, old.id == Alignment.old_edition_id)
        .where(Edition.document_id != old.document_id),
        "edition {}: it has a provision of another document": select(Provision.edition_id)
        .join(Edition, Edition.id == Provision.edition_id)
        .join(Pid, Pid.pid == Provision.pid)
        .where(Edition.document_id != Pid.document_id),
    }
    for trouble, query in troubles.items():
        for ident in look.session.scalars(query.distinct()):
            yield trouble.format(ident)


def errands(look: Look) -> Iterator[str]:
    """What the index has still to hear of is an annotation or a document."""
    query = select(Outbox.id, Outbox.kind, Outbox.key)
    for ident, kind, key in stream(look.session, query):
        if kind not in KINDS or (kind == "document" and not key.isdigit()):
            yield f"outbox {ident}: {kind!r} {key!r} is nothing that the index can be told of"


def people(look: Look) -> Iterator[str]:
    """An account has a role, and its names are kept under the key that look-alikes share."""
    query = select(Account.name, Account.name_key, Account.role)
    for name, key, role in stream(look.session, query):
        look.count("accounts")
        if role not in ROLES:
            yield f"account {name!r}: {role!r} is no role"
        if names.name_key(name) != key.partition("#")[0]:
            yield f"account {name!r}: it is kept under the key of another name"
    for name, key in stream(look.session, select(Alias.name, Alias.name_key)):
        if names.name_key(name) != key.partition("#")[0]:
            yield f"former name {name!r}: it is kept under the key of another name"
    other = (Account.name_key == Alias.name_key) & (Account.id != Alias.account_id)
    for name in look.session.scalars(select(Alias.name).join(Account, other)):
        yield f"former name {name!r}: somebody else has it now"


def left(look: Look) -> Iterator[str]:
    """Nothing is kept of an account that was deleted but its name."""
    gone = Account.left.is_not(None)
    held = (Account.password.is_not(None)) | (Account.email != "")
    for name in look.session.scalars(select(Account.name).where(gone, held)):
        yield f"account {name!r}: it was deleted, and has a password or an address"
    for kind in (SignIn, ApiToken, Identity, OneTimeKey):
        theirs = select(Account.name).join(kind, kind.account_id == Account.id).where(gone)
        for name in look.session.scalars(theirs.distinct()):
            yield f"account {name!r}: it was deleted, and has something in {kind.__tablename__}"
    wrote = select(Annotation.id).join(Account, Account.id == Annotation.author_id).where(gone)
    for ident in look.session.scalars(wrote):
        yield f"annotation {ident}: its author's account was deleted"
