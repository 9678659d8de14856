"""E-mail addresses: what is taken for one, so that nothing else reaches a letter's head."""

from __future__ import annotations

import re

from annotator.errors import Unacceptable

LONGEST = 254
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
ADDRESS = re.compile(rf"{ATOM}(?:\.{ATOM})*@{LABEL}(?:\.{LABEL})*")


def checked_email(email: str) -> str:
    """Return the address trimmed. Raises Unacceptable for what no letter could be sent to."""
    email = email.strip()
    if len(email) > LONGEST or not ADDRESS.fullmatch(email):
        raise Unacceptable("This is not an e-mail address; it can be left out.", field="email")
    return email
