"""API tokens: keys for scripts, shown once, kept as digests, limited by scopes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from annotator.auth import passwords
from annotator.auth.permissions import require
from annotator.auth.viewer import SCOPES, USUAL_SCOPES, Viewer
from annotator.db import now
from annotator.errors import NotAllowed, NotFound, NotSignedIn, Unacceptable
from annotator.models import ApiToken
from annotator.services.accounts import accounts

PREFIX = "ann_"  # a mark by which a leaked token is recognised
LONGEST_LABEL = 100
LONGEST_DAYS = 3660


def create(
    session: Session, viewer: Viewer, label: str = "", scopes: Sequence[str] = USUAL_SCOPES,
    days: int | None = None,
) -> str:  # fmt: skip
    """Make an API token for the viewer's own account; this is the only time it can be read.

    It ends after `days`, or never. Raises Unacceptable with the field at fault, and NotAllowed for
    the scope `moderate` where the account is no moderator's.
    """
    require(viewer, "token.create", viewer.account)
    accounts.refuse_imported(session, viewer.account)
    label = " ".join(label.split())
    if len(label) > LONGEST_LABEL:
        raise Unacceptable(f"A label has at most {LONGEST_LABEL} characters.", field="label")
    if not scopes or set(scopes) - set(SCOPES):
        raise Unacceptable(f"Scopes are among {', '.join(SCOPES)}.", field="scopes")
    if "moderate" in scopes and viewer.role == "member":
        raise NotAllowed("Only a moderator's token may moderate.", field="scopes")
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise Unacceptable(f"A token lasts 1 to {LONGEST_DAYS:,} days.", field="days")
    key, moment = passwords.new_key(PREFIX), now()
    session.add(ApiToken(
        digest=passwords.digest(key),
        account_id=viewer.account,
        label=label,
        scopes=" ".join(scope for scope in SCOPES if scope in scopes),
        created=moment,
        expires=moment + timedelta(days=days) if days is not None else None,
    ))  # fmt: skip
    session.flush()
    accounts.require_present(session, viewer.account)
    return key


def of_account(session: Session, account_id: int | None) -> list[ApiToken]:
    """List an account's tokens that are in force, newest first."""
    query = select(ApiToken).where(ApiToken.account_id == account_id, _in_force(now()))
    return list(session.scalars(query.order_by(ApiToken.created.desc())))


def revoke(session: Session, account_id: int | None, ident: str) -> None:
    """End one of an account's tokens, named by its digest or how that begins. Raises NotFound."""
    every = of_account(session, account_id)
    found = [it for it in every if len(ident) >= 8 and it.digest.startswith(ident)]
    if len(found) != 1:
        raise NotFound("This account has no such token in force.")
    found[0].revoked = now()


def revoke_all(session: Session, account_id: int) -> None:
    """End every token of an account."""
    mine = (ApiToken.account_id == account_id, ApiToken.revoked.is_(None))
    session.execute(update(ApiToken).where(*mine).values(revoked=now()))


def in_force(session: Session, key: str) -> tuple[ApiToken, Viewer]:
    """Find a token and whom it acts for. Raises NotSignedIn if it is unknown, revoked or ended."""
    found = session.scalar(
        select(ApiToken).where(ApiToken.digest == passwords.digest(key), _in_force(now()))
    )
    if found is None or found.account.left:
        raise NotSignedIn(
            "This API token is unknown, revoked or has ended; make another in your account."
        )
    return found, accounts.viewer_of(found.account, frozenset(found.scopes.split()))


def _in_force(moment: datetime) -> ColumnElement[bool]:
    return ApiToken.revoked.is_(None) & or_(ApiToken.expires.is_(None), ApiToken.expires > moment)
