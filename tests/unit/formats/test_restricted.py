"""Reading only those annotations of a file that say something of their readers or rights."""

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
     ({"inner": [{"license": "all rights reserved"}]}, True)],
)  # fmt: skip
def test_only_what_speaks_of_readers_or_rights_is_read(more: dict[str, Any], read: bool) -> None:
    file = BytesIO(json.dumps(PLAIN | more).encode())
    found = list(reading.restricted(file))
    file.seek(0)
    every = list(reading.read(file))
    assert found == (every if read else [None])
    assert all(isinstance(it, Incoming) for it in every)
