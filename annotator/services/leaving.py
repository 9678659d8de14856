"""Deleting an account: what it wrote stays under a name that stands for all who left, or goes.

Nothing of this can be undone. The name alone is kept, so that nobody else takes it.
"""

from __future__ import annotations

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from annotator.auth import names
from annotator.db import now
from annotator.errors import NotAllowed
from annotator.models import (
    Account,
    Annotation,
    Identity,
    OneTimeKey,
    Posting,
    SignIn,
    Token,
    Withdrawn,
)
from annotator.services import accounts, deleting, naming


def leave(session: Session, account_id: int, *, keep: bool) -> int:
    """Delete an account; with `keep` its commentary stays. Give how many remarks that were.

    Replies and threads stay as they are: a removed remark that was answered leaves its place.
    Raises NotAllowed for the account that stands for all who have left.
    """
    # Locked, so that nothing is posted meanwhile that would stay under the name.
    account = session.get_one(Account, account_id, with_for_update=True)
    if names.is_former(account.name):
        raise NotAllowed("This account stands for all who have left; it cannot leave.")
    living = (Annotation.author_id == account.id, Annotation.deleted.is_(None))
    ids = session.scalars(select(Annotation.id).where(*living).order_by(Annotation.id)).all()
    if not keep:
        for ident in ids:
            deleting.delete(session, accounts.viewer_of(account), ident)
    naming.wrote(session, account.id)
    mine = select(Annotation.id).where(Annotation.author_id == account.id)
    session.execute(delete(Withdrawn).where(Withdrawn.annotation_id.in_(mine)))
    session.execute(
        update(Annotation)
        .where(Annotation.author_id == account.id)
        .values(author_id=former_member(session).id)
        .execution_options(synchronize_session=False)
    )
    for kind in (SignIn, Token, Identity, OneTimeKey, Posting):
        session.execute(delete(kind).where(kind.account_id == account.id))
    account.email, account.email_confirmed, account.password = "", None, None
    account.role, account.left = "member", now()
    return len(ids)


def former_member(session: Session) -> Account:
    """Give the account that stands for all who have left; it is made when the first one does."""
    found = accounts.find(session, names.FORMER)
    if found is None:
        found = Account(name=names.FORMER, name_key=names.name_key(names.FORMER), email="",
                        role="member", created=now(), password=None)  # fmt: skip
        session.add(found)
        session.flush()
    return found
