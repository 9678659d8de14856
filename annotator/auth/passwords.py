"""Passwords, hashed with argon2id, and keys that are shown once and kept as digests."""

from __future__ import annotations

import base64
import hashlib
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

from annotator.errors import Unacceptable

SHORTEST, LONGEST = 8, 1000
_hasher = PasswordHasher()


def _encoded(length: int) -> str:
    return base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=")


# The hash of no password, as expensive to check as a real one; random bytes, so it costs nothing.
_DECOY = (
    f"$argon2id$v={ARGON2_VERSION}$m={_hasher.memory_cost},t={_hasher.time_cost},"
    f"p={_hasher.parallelism}${_encoded(_hasher.salt_len)}${_encoded(_hasher.hash_len)}"
)


def hash_password(password: str) -> str:
    """Hash a new password. Raises Unacceptable if it is shorter than 8 characters or very long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Unacceptable(
            f"A password has {SHORTEST} to {LONGEST} characters; this one has {len(password)}.",
            field="password",
        )
    return _hasher.hash(password)


def fits(password: str, hashed: str | None) -> bool:
    """Return whether `password` is the one behind `hashed`; takes as long where there is none."""
    if len(password) > LONGEST:
        return False
    try:
        return _hasher.verify(hashed or _DECOY, password) and hashed is not None
    except (VerificationError, InvalidHashError):
        return False


def new_key(prefix: str = "") -> str:
    """Make a key that nobody can guess, for a browser's sign-in or for an API token."""
    return prefix + secrets.token_urlsafe(32)


def digest(key: str) -> str:
    """Return what is stored of a key; it needs no salt, since a key is long and random."""
    return hashlib.sha256(key.encode()).hexdigest()
