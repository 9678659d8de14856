"""Passwords, hashed with argon2id, and keys that are shown once and kept as digests."""

from __future__ import annotations

import hashlib
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from annotator.errors import Unacceptable

SHORTEST, LONGEST = 8, 1000
_hasher = PasswordHasher()
_nobodys = _hasher.hash(secrets.token_urlsafe())


def hash_password(password: str) -> str:
    """Hash a new password. Raises Unacceptable if it is shorter than 8 characters or very long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Unacceptable(
            f"A password has {SHORTEST} to {LONGEST} characters; this one has {len(password)}.",
            field="password",
        )
    return _hasher.hash(password)


def fits(password: str, hashed: str | None) -> bool:
    """Tell whether `password` is the one behind `hashed`; takes as long where there is none."""
    if len(password) > LONGEST:
        return False
    try:
        return _hasher.verify(hashed or _nobodys, password) and hashed is not None
    except (VerificationError, InvalidHashError):
        return False


def new_key(prefix: str = "") -> str:
    """Make a key that nobody can guess, for a browser's sign-in or for an API token."""
    return prefix + secrets.token_urlsafe(32)


def digest(key: str) -> str:
    """Give what is stored of a key; it needs no salt, since a key is long and random."""
    return hashlib.sha256(key.encode()).hexdigest()
