"""What several tests of the services begin with."""

from __future__ import annotations

import pytest

from tests.conftest import Site
from tests.services.scene import Scene


@pytest.fixture
def scene(site: Site) -> Scene:
    return Scene(site)
