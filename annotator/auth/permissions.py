"""Who may do what: one table, read at every door through `require`.

Reading, searching and exporting are open to everyone and stand in no table.
"""

from __future__ import annotations

from typing import NamedTuple

from annotator.auth.viewer import Viewer
from annotator.errors import NotAllowed, NotSignedIn

ANYONE_KNOWN = frozenset({"member", "moderator", "administrator"})


class Rule(NamedTuple):
    """The roles that may do an act to anything, those that may to their own, the scope it needs."""

    anything: frozenset[str]
    own: frozenset[str]
    scope: str = "write"


TABLE: dict[str, Rule] = {
    "annotation.create": Rule(ANYONE_KNOWN, ANYONE_KNOWN),
    "annotation.reply": Rule(ANYONE_KNOWN, ANYONE_KNOWN),
    "annotation.edit": Rule(frozenset(), ANYONE_KNOWN),
    "annotation.delete": Rule(frozenset(), ANYONE_KNOWN),
    "annotation.restore": Rule(frozenset(), ANYONE_KNOWN),
    "account.see": Rule(frozenset(), ANYONE_KNOWN, "account"),
    "account.change": Rule(frozenset(), ANYONE_KNOWN, "account"),
    "token.create": Rule(frozenset(), ANYONE_KNOWN, "account"),
}


def allowed(viewer: Viewer, act: str, owner: int | None = None) -> bool:
    """Tell whether `viewer` may do `act` to what the account `owner` made (None: nobody yet)."""
    rule = TABLE[act]
    if not viewer.known or rule.scope not in viewer.scopes:
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
            "No token may do this; sign in with a browser."
            if scope == "account"
            else f"This token may not {scope}; make one with the scope {scope}."
        )
    if not TABLE[act].own:
        raise NotAllowed("This is for people with another role.")
    raise NotAllowed("Only its author may do this.")
