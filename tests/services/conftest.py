"""What several tests of the services begin with."""

from __future__ import annotations

import pytest

from annotator.auth.permissions import Viewer
from tests.conftest import Site
from tests.services.mentioning import Elsewhere
from tests.services.scene import Scene


@pytest.fixture
def scene(site: Site) -> Scene:
    return Scene(site)


@pytest.fixture
def garden(site: Site) -> Site:
    """A site with the garden's rules."""
    site.add()
    return site


@pytest.fixture
def ada(site: Site) -> Viewer:
    """A person on a site with the garden's rules."""
    site.add()
    return site.person("Ada")


@pytest.fixture
def elsewhere() -> Elsewhere:
    """The rest of the web, empty to begin with."""
    return Elsewhere({}, [])
