"""Fetching an edition from its publisher: over https, from the address that is known, no other.

Live fetching from the publishers is not covered by the tests, which hand in what is answered.
"""

from __future__ import annotations

from annotator.documents import LARGEST_SOURCE
from annotator.errors import Unacceptable, Unavailable
from annotator.outside import Client

# A known address answers by itself; where it points elsewhere, a person should look.
CLIENT = Client(most=LARGEST_SOURCE, redirects=0, schemes=frozenset({"https"}))


def get(url: str) -> bytes:
    """Fetch `url`. Raises Unavailable, saying why."""
    try:
        return CLIENT.get(url).data
    except Unacceptable as error:
        raise Unavailable(error.message) from error
