"""The viewer of a request: an account, an API token, or anonymous."""

from __future__ import annotations

from dataclasses import dataclass

ROLES = ("member", "moderator", "administrator")

# The scopes of tokens, and their defaults. Only browsers have the scope `account`: no token changes
# a password, creates another token or deletes the account.
SCOPES = ("read", "write", "moderate")
USUAL_SCOPES = ("read", "write")
FOR_GOOD = "for good"
EVERY_SCOPE = frozenset({*SCOPES, "account"})


@dataclass(frozen=True, slots=True)
class Viewer:
    """The account behind a request, None if anonymous; `scopes` limit what a token may do.

    `barred_until` is the end of a suspension (RFC 3339), FOR_GOOD for a ban, else empty.
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
        """Return whether the request is by an account."""
        return self.account is not None


NOBODY = Viewer(scopes=frozenset({"read"}))
