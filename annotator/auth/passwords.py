"""Passwords, hashed with argon2id."""

from __future__ import annotations

import base64
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

from annotator.errors import Unacceptable

MIN_LENGTH, MAX_LENGTH = 8, 1000
_hasher = PasswordHasher()


_salt, _tag = (
    base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=")
    for length in (_hasher.salt_len, _hasher.hash_len)
)
# Checked for accounts without a password, so that they take as long; random bytes are free to make.
_DECOY = (
    f"$argon2id$v={ARGON2_VERSION}$m={_hasher.memory_cost},t={_hasher.time_cost},"
    f"p={_hasher.parallelism}${_salt}${_tag}"
)


def hash_password(password: str) -> str:
    """Hash a new password. Raises Unacceptable unless it has 8 to 1,000 characters."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Unacceptable(
            f"Choose a password of {MIN_LENGTH} to {MAX_LENGTH:,} characters; "
            f"this one has {len(password):,}.",
            field="password",
        )
    return _hasher.hash(password)


def fits(password: str, hashed: str | None) -> bool:
    """Return whether `password` matches `hashed`; takes the same time if there is no hash."""
    if len(password) > MAX_LENGTH:
        return False
    try:
        return _hasher.verify(hashed or _DECOY, password) and hashed is not None
    except (VerificationError, InvalidHashError):
        return False
