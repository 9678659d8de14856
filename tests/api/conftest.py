"""A script with a token at the API's door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.accounts import accounts
from annotator.services.annotations import annotations
from annotator.services.dialects import w3c_containers
from annotator.services.editions import editions
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


@pytest.fixture
def say(small_site: Site) -> Callable[..., str]:
    """Store an annotation of Ada's on the words of a paragraph."""

    def post(body: str = "Why?", at: int = 0) -> str:
        with small_site.parts.db.transaction() as session:
            loaded = editions.newest(session, "garden")
            blocks = [block for block in loaded.parsed.blocks if block.kind == "paragraph"]
            words = loaded.parsed.text[blocks[at].start : blocks[at].end]
            draft = Draft(document="garden", targets=(DraftTarget(exact=words),), body=body)
            ada = accounts.viewer_named(session, "Ada")
            return annotations.create(session, ada, draft, small_site.parts.config.limits)

    return post


@pytest.fixture
def many(say: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Seven annotations, in pages of three."""
    monkeypatch.setattr(w3c_containers, "PAGE", 3)
    return [say(f"Comment {number}.", number % 3) for number in range(7)]
