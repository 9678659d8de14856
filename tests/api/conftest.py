"""A script with a token at the API's door."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import Site


class Script:
    """Calls the API with Ada's token."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}"}

    def __call__(self, method: str, path: str, **more: Any) -> TestResponse:
        """Send a request with the token."""
        headers = self.headers | more.pop("headers", {})
        return self.client.open(path, method=method, headers=headers, **more)

    def get_total(self) -> int:
        """Count all annotations."""
        return int(self("GET", "/api/annotations").get_json()["total"])

    def post(self, **body: Any) -> dict[str, Any]:
        """Store an annotation on the garden's rules and give the answer."""
        answer = self("POST", "/api/annotations", json={"document": "garden", **body})
        assert answer.status_code == 201, answer.text
        value: dict[str, Any] = answer.get_json()
        return value


@pytest.fixture
def script(client: FlaskClient, small_site: Site) -> Script:
    """A script that acts for Ada."""
    return Script(client, small_site.token("Ada"))
