"""A switch thrown in one process holds in every other at once."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from annotator.config import Config
from annotator.services.accounts import accounts, credentials
from tests.conftest import ROOT, site_of
from tests.helpers.server import serving

ASKED = 12  # on connections of their own, so that both workers answer some


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Config, int, str]]:
    """A server with two workers; its settings, port, and a token of Ada's."""
    config = Config(data=tmp_path)
    site = site_of(config)
    site.parts.db.migrate()
    site.add()
    site.person("Ada", role="moderator")
    with site.parts.db.transaction() as session:
        token = credentials.create_token(session, accounts.viewer_named(session, "Ada"))
    site.parts.close()
    with serving(tmp_path, "--workers", "2") as (port, _):
        yield config, port, token


def asked(port: int, method: str, path: str, token: str = "") -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as asking:
        body = b'{"document": "garden", "body": "%d"}' % time.monotonic_ns()
        asking.request(method, path, body if method == "POST" else None, headers if token else {})
        answer = asking.getresponse()
        return answer.status, answer.read().decode()


def switch(config: Config, state: str) -> None:
    """Throw the switch from a process of its own."""
    command = [sys.executable, "-m", "annotator", "--data", str(config.data), "moderation",
               "switch", "read_only", state]  # fmt: skip
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def test_every_worker_refuses_what_is_new_as_soon_as_the_site_is_made_read_only(
    served: tuple[Config, int, str],
) -> None:
    config, port, token = served

    def posting() -> set[int]:
        return {asked(port, "POST", "/api/annotations", token)[0] for _ in range(ASKED)}

    def banners() -> set[bool]:
        return {
            "read-only at the moment" in asked(port, "GET", "/d/garden")[1] for _ in range(ASKED)
        }

    assert (posting(), banners()) == ({201}, {False})
    switch(config, "on")
    assert (posting(), banners()) == ({503}, {True})
    switch(config, "off")
    assert (posting(), banners()) == ({201}, {False})
