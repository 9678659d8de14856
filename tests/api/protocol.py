"""Who reads by the W3C's Web Annotation Protocol: its addresses and kinds, and reading them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

HERE = "http://localhost"
GARDEN = "/w3c/garden/"
ANNO = 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"'
OA, LDP = "http://www.w3.org/ns/oa#", "http://www.w3.org/ns/ldp#"


def prefer(*wanted: str) -> dict[str, str]:
    return {"Prefer": f'return=representation; include="{" ".join(wanted)}"'}


def get(client: FlaskClient, path: str, **headers: str) -> Any:
    answer = client.get(path.removeprefix(HERE), headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.get_json(force=True)


def walk(client: FlaskClient, path: str = GARDEN) -> Iterator[dict[str, Any]]:
    """Read a container's pages, from the first on."""
    at: Any = get(client, path)["first"]
    while at:
        page = at if isinstance(at, dict) else get(client, at)
        yield page
        at = page.get("next")


def named(pages: Iterator[dict[str, Any]]) -> list[str]:
    return [item["id"].rpartition("/")[2] for page in pages for item in page["items"]]


def methods(answer: TestResponse) -> set[str]:
    return set(answer.headers["Allow"].split(", "))
