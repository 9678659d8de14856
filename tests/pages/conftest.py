"""What several tests of the pages begin with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def payloads(shared: Path) -> list[str]:
    """Hostile strings, which lie beside the repository."""
    path = shared / "security" / "xss_payloads.json"
    if not path.is_file():
        pytest.skip("the hostile strings do not lie beside the repository (../shared/security)")
    found: list[str] = json.loads(path.read_text())
    return found
