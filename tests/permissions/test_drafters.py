"""A drafter of a document has its desk, and besides no more than any member."""

from __future__ import annotations

import pytest

from tests.permissions.scene import COLUMNS, DRAFTER, Scene, Who
from tests.permissions.test_every_door import rows

DESK = {
    "GET    /d/<document:slug>/desk": "200",
    "POST   /d/<document:slug>/desk": "303+",
}


def test_a_drafter_is_a_member_everywhere_but_at_the_desk(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(COLUMNS, "drafter other's", Who(DRAFTER, None, own=False))
    member = list(COLUMNS).index("member other's")
    for row in rows():
        if not row.rule.startswith(("/api/", "/w3c/")):
            found = scene.ask("drafter other's", row.method, row.rule, row.variant)
            assert found == DESK.get(row.name, row.cells[member]), row.name
