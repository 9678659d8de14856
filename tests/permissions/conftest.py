"""One scene for every test of who may do what: it is put back after each request that wrote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from annotator.config import Config, Limits, Webmention
from tests.conftest import site_of
from tests.permissions.scene import Scene


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Scene]:
    """The site that every cell is asked of."""
    data = tmp_path_factory.mktemp("permissions")
    (data / "annotator.sqlite3").write_bytes(sqlite_template.read_bytes())
    settings = Config(data=data, limits=Limits(enabled=False),
                      webmention=Webmention(receive=True))  # fmt: skip
    site = site_of(settings)
    yield Scene(site)
    site.parts.close()
