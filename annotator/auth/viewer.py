"""Who is asking: an account, an API token, or nobody."""

from __future__ import annotations

from dataclasses import dataclass

ROLES = ("member", "moderator", "administrator")

# What a token can be given, and what it has where nothing is said. `account` is for browsers alone:
# no token changes a password, makes another token or deletes the account.
SCOPES = ("read", "write", "moderate")
USUAL_SCOPES = ("read", "write")
FOR_GOOD = "for good"
EVERY_SCOPE = frozenset({*SCOPES, "account"})


@dataclass(frozen=True, slots=True)
class Viewer:
    """The one who asks. `account` is None for nobody; `scopes` limit what a token may do.

    `barred_until` is the moment (RFC 3339) until which the account is suspended, FOR_GOOD if it is
    banned, empty in good standing.
    """

    account: int | None = None
    name: str = ""
    role: str = ""
    scopes: frozenset[str] = EVERY_SCOPE
    barred_until: str = ""

    @property
    def barred(self) -> bool:
        """Return whether the account is suspended or banned."""
        return bool(self.barred_until)

    @property
    def known(self) -> bool:
        """Return whether an account stands behind the request."""
        return self.account is not None


NOBODY = Viewer(scopes=frozenset({"read"}))
