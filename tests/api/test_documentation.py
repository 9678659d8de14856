"""docs/api.md is true: its examples are run, and nothing that the API does is missing from it."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.api.conftest import Script
from tests.conftest import ROOT, Site

DOCUMENT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"```http\n(.*?)```\s+```json\n(.*?)```", re.DOTALL)


def fits(expected: Any, found: Any, where: str) -> None:
    """Compare an answer with what the page shows: `…` is any value, more fields are fine."""
    if expected == "…":
        assert found is not None, where
    elif isinstance(expected, dict):
        assert isinstance(found, dict), where
        for key, value in expected.items():
            assert key in found, f"{where}.{key} is missing"
            fits(value, found[key], f"{where}.{key}")
    elif isinstance(expected, list):
        assert len(expected) == len(found), where
        for number, (one, other) in enumerate(zip(expected, found, strict=True)):
            fits(one, other, f"{where}[{number}]")
    else:
        assert found == expected, f"{where}: {found!r} instead of {expected!r}"


def test_every_example_answers_as_the_page_says(script: Script, small_site: Site) -> None:
    examples = EXAMPLE.findall(DOCUMENT)
    assert len(examples) >= 12
    known = ""
    for request, expected in examples:
        line, _, body = request.strip().partition("\n\n")
        method, path = line.replace("ID", known).split(" ", 1)
        sent = json.loads(body.replace('"ID"', json.dumps(known))) if body else None
        answer = script(method, path, json=sent)
        small_site.parts.indexer.drain()
        shown = json.loads(expected.replace('"ID"', json.dumps(known)))
        fits(shown, answer.get_json(), line)
        known = known or answer.get_json()["id"]


def test_every_address_and_field_is_described(script: Script) -> None:
    for rule in script.client.application.url_map.iter_rules():
        if str(rule).startswith("/api/"):
            head = re.split(r"/<", str(rule))[0]
            assert head in DOCUMENT, rule
    made = script.post(target={"exact": "keep quiet"}, body="Fine.")
    for field in (*made, *made["target"], *made["placement"]):
        assert f"`{field}`" in DOCUMENT, field
