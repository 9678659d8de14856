"""Fetching an edition from its publisher, over https, from the known address only.

Tests hand in the answers; live fetching is not tested.
"""

from __future__ import annotations

from annotator.documents import LARGEST_SOURCE
from annotator.errors import Unacceptable, Unavailable
from annotator.outside import Client

# No redirects: where a known address points elsewhere, a person should look.
CLIENT = Client(most=LARGEST_SOURCE, redirects=0, schemes=frozenset({"https"}))


def get(url: str) -> bytes:
    """Fetch `url`. Raises Unavailable with the reason."""
    try:
        return CLIENT.get(url).data
    except Unacceptable as error:
        raise Unavailable(error.message) from error
