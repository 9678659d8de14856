"""Drafters: the accounts that speak for the publisher of a document. Who they are is public."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.auth import permissions
from annotator.auth.permissions import Viewer
from annotator.db import insert_into, now
from annotator.errors import NotFound
from annotator.models import Account, Drafter
from annotator.services.accounts import accounts
from annotator.services.editions import editions
from annotator.services.placement import placer


def add(session: Session, slug: str, name: str, by: str) -> str:
    """Make an account a drafter of a document; return its name. Raises NotFound, NotAllowed."""
    document, account = editions.document(session, slug), accounts.named(session, name)
    accounts.refuse_imported(session, account.id)
    row = {"account_id": account.id, "document_id": document.id, "granted": now(), "by": by,
           "revoked": None}  # fmt: skip
    new = insert_into(session, Drafter).values(row)
    again = new.on_conflict_do_update(
        index_elements=["account_id", "document_id"], set_={"revoked": None, "by": by}
    )
    session.execute(again)
    placer.next_state(session, document.id)
    return account.name


def remove(session: Session, slug: str, name: str) -> str:
    """Revoke a grant; return the account's name. Raises NotFound if it is not a drafter."""
    document, account = editions.document(session, slug), accounts.named(session, name)
    row = session.get(Drafter, (account.id, document.id))
    if row is None or row.revoked:
        raise NotFound(f"{account.name} is not a drafter of {slug}.")
    row.revoked = now()
    placer.next_state(session, document.id)
    return account.name


def of_document(session: Session, document_id: int) -> list[tuple[str, Drafter]]:
    """Return the names of a document's drafters with their grants, in alphabetical order."""
    query: Any = select(Account.name, Drafter).join(Account, Account.id == Drafter.account_id)
    current = query.where(Drafter.document_id == document_id, Drafter.revoked.is_(None))
    return [(name, row) for name, row in session.execute(current.order_by(Account.name))]


def desks(session: Session, viewer: Viewer) -> Sequence[int]:
    """Return the documents that the viewer is a drafter of."""
    own = Drafter.account_id == viewer.account, Drafter.revoked.is_(None)
    return session.scalars(select(Drafter.document_id).where(*own)).all() if viewer.known else []


def allowed(session: Session, viewer: Viewer, document_id: int) -> bool:
    """Return whether the viewer may see a document's desk."""
    return permissions.allowed(viewer, "desk.see", _owner(session, viewer, document_id))


def require(session: Session, viewer: Viewer, act: str, document_id: int) -> None:
    """Raise NotSignedIn or NotAllowed unless the viewer may do `act` on a document's desk."""
    permissions.require(viewer, act, _owner(session, viewer, document_id))


def _owner(session: Session, viewer: Viewer, document_id: int) -> int | None:
    return viewer.account if document_id in desks(session, viewer) else None
