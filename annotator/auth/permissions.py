"""Viewers, and permissions: one table of who may do what, checked through `require`.

Reading, searching and exporting are open to everyone and are not in the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Row

from annotator.errors import NotAllowed, NotSignedIn
from annotator.models import Annotation

ROLES = ("member", "moderator", "administrator")

# The scopes of tokens, and their defaults. Only browsers have the scope `account`: no token changes
# a password, creates another token or deletes the account.
SCOPES = ("read", "write", "moderate", "answer")
USUAL_SCOPES = ("read", "write")
FOR_GOOD = "for good"
EVERY_SCOPE = frozenset({*SCOPES, "account"})


@dataclass(frozen=True, slots=True)
class Viewer:
    """The account behind a request; `scopes` limit what a token may do.

    `account` is None unless the viewer is `known`. `barred_until` is the end of a suspension (RFC
    3339), FOR_GOOD for a ban, or empty.
    """

    account: int | None = None
    name: str = ""
    role: str = ""
    scopes: frozenset[str] = EVERY_SCOPE
    barred_until: str = ""
    known: bool = True


NOBODY = Viewer(scopes=frozenset({"read"}), known=False)
ANYONE_KNOWN = frozenset({"member", "moderator", "administrator"})
MODERATORS = frozenset({"moderator", "administrator"})
ADMINISTRATORS = frozenset({"administrator"})


class Permission(NamedTuple):
    """The roles that may do an act to anything, or to their own things, and the scope it needs.

    `barred` acts are allowed to suspended and banned accounts too.
    """

    anything: frozenset[str]
    own: frozenset[str]
    scope: str = "write"
    barred: bool = False


TABLE: dict[str, Permission] = {
    "annotation.create": Permission(ANYONE_KNOWN, ANYONE_KNOWN),
    "annotation.reply": Permission(ANYONE_KNOWN, ANYONE_KNOWN),
    "annotation.edit": Permission(frozenset(), ANYONE_KNOWN),
    "annotation.delete": Permission(frozenset(), ANYONE_KNOWN, barred=True),
    "annotation.restore": Permission(frozenset(), ANYONE_KNOWN),
    "annotation.see_own": Permission(frozenset(), ANYONE_KNOWN, "read", barred=True),
    "annotation.see_withheld": Permission(MODERATORS, frozenset(), "moderate"),
    "agreement.give": Permission(ANYONE_KNOWN, ANYONE_KNOWN),
    "follow.own": Permission(frozenset(), ANYONE_KNOWN, "account", barred=True),
    "news.see_own": Permission(frozenset(), ANYONE_KNOWN, "read", barred=True),
    "news.mark_own": Permission(frozenset(), ANYONE_KNOWN, barred=True),
    "essay.publish": Permission(ANYONE_KNOWN, ANYONE_KNOWN),
    "essay.remove": Permission(frozenset(), ANYONE_KNOWN, barred=True),
    "flag.create": Permission(ANYONE_KNOWN, ANYONE_KNOWN),
    "appeal.create": Permission(frozenset(), ANYONE_KNOWN, barred=True),
    "moderate": Permission(MODERATORS, frozenset(), "moderate"),
    # A desk is owned by the drafters of its document: `services.answers.drafters`.
    "desk.see": Permission(ADMINISTRATORS, ANYONE_KNOWN, "answer"),
    "answer.draft": Permission(ADMINISTRATORS, ANYONE_KNOWN, "answer"),
    "answer.publish": Permission(ADMINISTRATORS, ANYONE_KNOWN, "answer"),
    "answer.content": Permission(frozenset(), ANYONE_KNOWN),
    "site.see": Permission(ADMINISTRATORS, frozenset(), "account"),
    "account.see": Permission(frozenset(), ANYONE_KNOWN, "account", barred=True),
    "account.change": Permission(frozenset(), ANYONE_KNOWN, "account", barred=True),
    "token.create": Permission(frozenset(), ANYONE_KNOWN, "account"),
}


def allowed(viewer: Viewer, act: str, owner: int | None = None) -> bool:
    """Return whether `viewer` may do `act` to something that `owner` owns (None: something new)."""
    rule = TABLE[act]
    barred = viewer.barred_until and not rule.barred
    if not viewer.known or rule.scope not in viewer.scopes or barred:
        return False
    return viewer.role in rule.anything or (owner == viewer.account and viewer.role in rule.own)


def require(viewer: Viewer, act: str, owner: int | None = None) -> None:
    """Raise NotSignedIn or NotAllowed unless `viewer` may do `act`."""
    if allowed(viewer, act, owner):
        return
    if not viewer.known:
        raise NotSignedIn("Sign in, or send an API token, to do this.")
    scope = TABLE[act].scope
    if scope not in viewer.scopes:
        raise NotAllowed(
            "API tokens cannot do this. Sign in with a browser."
            if scope == "account"
            else f"This token lacks the scope {scope}. Create one that has it."
        )
    if viewer.barred_until and not TABLE[act].barred:
        ends = viewer.barred_until
        status = f"is suspended until {ends}" if ends != FOR_GOOD else "is banned"
        message = f"This account {status}. You can read, appeal, and download or delete your data."
        raise NotAllowed(message, until=ends)
    if not TABLE[act].own:
        raise NotAllowed("Your role does not allow this.")
    raise NotAllowed("Only drafters of this document can do this." if scope == "answer"
                     else "Only the author can do this.")  # fmt: skip


def may_read(viewer: Viewer, row: Annotation | Row[Any]) -> bool:
    """Return whether the viewer may read an annotation's body."""
    if row.deleted or row.visibility == "visible":
        return not row.deleted
    own = allowed(viewer, "annotation.see_own", row.author_id)
    return own or allowed(viewer, "annotation.see_withheld")
