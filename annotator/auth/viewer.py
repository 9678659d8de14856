"""Who is asking: an account, an API token, or nobody."""

from __future__ import annotations

from dataclasses import dataclass

ROLES = ("member", "moderator", "administrator")
SCOPES = ("read", "write")


@dataclass(frozen=True, slots=True)
class Viewer:
    """The one who asks. `account` is None for nobody; `scopes` limit what a token may do."""

    account: int | None = None
    name: str = ""
    role: str = ""
    scopes: frozenset[str] = frozenset(SCOPES)

    @property
    def known(self) -> bool:
        """Tell whether an account stands behind the request."""
        return self.account is not None


NOBODY = Viewer(scopes=frozenset({"read"}))
