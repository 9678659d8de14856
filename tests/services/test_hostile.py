"""Hostile strings as bodies and tags, on their way out by every format.

The strings lie beside the repository and are never copied into it.
"""

from __future__ import annotations

import csv
import io
import json

import pytest

from annotator import formats, markup
from annotator.errors import AnnotatorError, Unacceptable
from annotator.markup.renderer import forbidden
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.accounts import accounts
from annotator.services.annotations import annotations
from annotator.services.annotations.filters import Filter
from annotator.services.exchange import exports
from tests.conftest import Site
from tests.helpers import checks

pytestmark = pytest.mark.shared
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0"]


@pytest.fixture
def posted(small_site: Site, payloads: list[str]) -> list[str]:
    """Post each string as a body, with itself as a tag where that is taken; return the bodies."""
    bodies = []
    with small_site.parts.db.transaction() as session:
        ada = accounts.viewer_named(session, "Ada")
        for payload in payloads + FORMULAS:
            for tags in ((payload[:60],), ()):
                draft = Draft(document="garden", body=payload, tags=tags,
                              targets=(DraftTarget(exact="keep quiet"),))  # fmt: skip
                try:
                    with session.begin_nested():
                        annotations.create(session, ada, draft, small_site.parts.config.limits)
                except AnnotatorError:
                    continue  # with characters that are no writing
                bodies.append(payload)
                break
    small_site.parts.indexer.drain()
    return bodies


def exported(site: Site, name: str) -> str:
    chosen = formats.named(name)
    with site.parts.db.reading() as session:
        found = exports.export(session, chosen, Filter(), "CC-BY-4.0", "http://x.example")
        return "".join(chosen.write(found.annotations, found.envelope))


def test_every_string_becomes_html_that_an_independent_parser_finds_within_the_policy(
    payloads: list[str],
) -> None:
    assert len(payloads) > 500
    found: dict[str, object] = {}
    refused = 0
    for payload in payloads:
        try:
            found[payload] = forbidden(markup.render(payload))
        except Unacceptable:  # nothing of it would be seen
            refused += 1
    assert {payload: harm for payload, harm in found.items() if harm} == {}
    assert refused < 50
    assert sum(bool(forbidden(payload)) for payload in payloads) > 400  # raw, they are caught


def test_the_check_accepts_a_site_full_of_them(small_site: Site, posted: list[str]) -> None:
    assert len(posted) > 480
    with small_site.parts.db.reading() as session:
        assert list(checks.faults(session, small_site.parts.engine)) == []


@pytest.mark.parametrize("name", ["native", "jsonl"])
def test_what_is_exported_as_json_is_what_was_posted(
    small_site: Site, posted: list[str], name: str
) -> None:
    text = exported(small_site, name)
    items = (
        json.loads(text)["items"] if name == "native" else map(json.loads, text.strip().split("\n"))
    )
    assert sorted(item["body"] for item in items) == sorted(
        body.replace("\r\n", "\n").replace("\r", "\n") for body in posted
    )


def test_no_cell_of_a_table_is_a_formula(small_site: Site, posted: list[str]) -> None:
    rows = list(csv.reader(io.StringIO(exported(small_site, "csv"))))
    assert len(rows) > len(posted)
    cells = [cell for row in rows for cell in row if cell]
    assert [
        cell for cell in cells if cell[0] in "=+-@\t\r" and not cell.lstrip("-").isdigit()
    ] == []


def test_the_html_in_w3c_annotations_is_within_the_policy(
    small_site: Site, posted: list[str]
) -> None:
    def walk(value: object) -> int:
        if isinstance(value, dict):
            here = 0
            if value.get("format") == "text/html":
                assert forbidden(str(value["value"])) == []
                here = 1
            return here + sum(walk(each) for each in value.values())
        return sum(walk(each) for each in value) if isinstance(value, list) else 0

    text = exported(small_site, "w3c")
    walk(json.loads(text))
    assert len(text) > 100 * len(posted)
