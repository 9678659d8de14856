"""API tokens: keys for scripts, shown once, kept as digests, limited by scopes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session, joinedload

from annotator.auth import passwords
from annotator.auth.permissions import require
from annotator.auth.viewer import SCOPES, USUAL_SCOPES, Viewer
from annotator.db import now
from annotator.errors import NotAllowed, NotFound, NotSignedIn, Unacceptable
from annotator.models import Account, ApiToken
from annotator.services.accounts import accounts

PREFIX = "ann_"  # a mark by which a leaked token is recognised
LONGEST_LABEL = 100
LONGEST_DAYS = 3660
IN_FORCE = select(ApiToken).where(
    ApiToken.revoked.is_(None),
    or_(ApiToken.expires.is_(None), ApiToken.expires > bindparam("now")),
)
BY_DIGEST = IN_FORCE.where(ApiToken.digest == bindparam("key")).options(
    joinedload(ApiToken.account).joinedload(Account.standing)
)


def create(
    session: Session, viewer: Viewer, label: str = "", scopes: Sequence[str] = USUAL_SCOPES,
    days: int | None = None,
) -> str:  # fmt: skip
    """Create an API token for the viewer's account and return it; only its digest is stored.

    It expires after `days` (None: never). Raises Unacceptable with the field at fault, NotAllowed
    for the scope `moderate` without that role.
    """
    require(viewer, "token.create", viewer.account)
    accounts.refuse_imported(session, viewer.account)
    label = " ".join(label.split())
    if len(label) > LONGEST_LABEL:
        raise Unacceptable(f"Shorten the label to {LONGEST_LABEL} characters.", field="label")
    if not scopes or set(scopes) - set(SCOPES):
        raise Unacceptable(f"Choose scopes from {', '.join(SCOPES)}.", field="scopes")
    if "moderate" in scopes and viewer.role == "member":
        raise NotAllowed("Only moderators can create tokens that moderate.", field="scopes")
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise Unacceptable(f"Choose 1 to {LONGEST_DAYS:,} days for a token.", field="days")
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
    """Return an account's tokens in force, newest first."""
    query = IN_FORCE.where(ApiToken.account_id == account_id).order_by(ApiToken.created.desc())
    return list(session.scalars(query, {"now": now()}))


def revoke(session: Session, account_id: int | None, ident: str) -> None:
    """Revoke the token whose digest begins with `ident`, 8 digits or more. Raises NotFound."""
    tokens = of_account(session, account_id)
    matches = [token for token in tokens if len(ident) >= 8 and token.digest.startswith(ident)]
    if len(matches) != 1:
        raise NotFound("This account has no such token in force. List its tokens.")
    matches[0].revoked = now()


def revoke_all(session: Session, account_id: int) -> None:
    """Revoke every token of an account."""
    in_use = (ApiToken.account_id == account_id, ApiToken.revoked.is_(None))
    session.execute(update(ApiToken).where(*in_use).values(revoked=now()))


def in_force(session: Session, key: str) -> tuple[ApiToken, Viewer]:
    """Return a token and its viewer. Raises NotSignedIn if it is unknown, revoked or expired."""
    token = session.scalar(BY_DIGEST, {"key": passwords.digest(key), "now": now()})
    if token is None or token.account.left:
        raise NotSignedIn("This API token is unknown, revoked or expired. Create another.")
    return token, accounts.viewer_of(token.account, frozenset(token.scopes.split()))
