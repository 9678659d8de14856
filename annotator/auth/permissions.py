"""Who may do what: one table, read at every door through `require`.

Reading, searching and exporting are open to everyone and stand in no table.
"""

from __future__ import annotations

from annotator.auth.viewer import Viewer
from annotator.errors import NotAllowed, NotSignedIn

ANYONE_KNOWN = frozenset({"member", "moderator", "administrator"})

# act: (roles that may do it to anything, roles that may do it to what is their own)
TABLE: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "annotation.create": (ANYONE_KNOWN, ANYONE_KNOWN),
    "annotation.reply": (ANYONE_KNOWN, ANYONE_KNOWN),
    "annotation.edit": (frozenset(), ANYONE_KNOWN),
    "annotation.delete": (frozenset(), ANYONE_KNOWN),
    "token.create": (frozenset(), ANYONE_KNOWN),
}


def allowed(viewer: Viewer, act: str, owner: int | None = None) -> bool:
    """Tell whether `viewer` may do `act` to what the account `owner` made (None: nobody yet)."""
    any_thing, own_thing = TABLE[act]
    if not viewer.known or "write" not in viewer.scopes:
        return False
    return viewer.role in any_thing or (owner == viewer.account and viewer.role in own_thing)


def require(viewer: Viewer, act: str, owner: int | None = None) -> None:
    """Raise NotSignedIn or NotAllowed unless `viewer` may do `act`."""
    if allowed(viewer, act, owner):
        return
    if not viewer.known:
        raise NotSignedIn("Sign in, or send an API token, to do this.")
    if "write" not in viewer.scopes:
        raise NotAllowed("This token may only read; make one with the scope write.")
    raise NotAllowed("Only its author may do this.")
