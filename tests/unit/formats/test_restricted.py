"""Reading only those annotations of a file that are not public or have no open licence."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest

from annotator.formats.files import reading
from annotator.schemas.annotations import Incoming

PLAIN = {"id": "a1", "document": "d", "edition": "e", "author": "Ann", "motivation": "commenting",
         "body": "Words.", "targets": [{"exact": "words"}]}  # fmt: skip


@pytest.mark.parametrize(
    ("more", "read"),
    [({}, False), ({"visibility": "visible"}, False), ({"private": False}, False),
     ({"private": True}, True), ({"audience": "friends"}, True), ({"rights": "none"}, True),
     ({"licence": "CC0-1.0"}, False), ({"licence": "House rules"}, False),
     ({"rights": "House rule"}, True),
     ({"inner": [{"license": "all rights reserved"}]}, True)],
)  # fmt: skip
def test_only_what_is_not_public_or_open_is_read(more: dict[str, Any], read: bool) -> None:
    file = BytesIO(json.dumps(PLAIN | more).encode())
    found = list(reading.restricted(file, licence="House rules"))
    file.seek(0)
    every = list(reading.read(file))
    assert found == (every if read else [None])
    assert all(isinstance(it, Incoming) for it in every)
