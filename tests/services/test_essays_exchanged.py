"""Which essay a comment is a part of goes out with it, and comes in again."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import Any

import pytest

from annotator.services.annotations import annotations
from annotator.services.essays import essays
from tests.conftest import Site
from tests.helpers import checks
from tests.property.test_exchange import emptied, ledgers_of, take_in, write
from tests.services.test_essays import ESSAY, TEXT, _annotations, _publish, _viewer, garden

__all__ = ["garden"]
TITLE = "=On the *rules* <i>"


@pytest.fixture
def published(garden: Site) -> Site:
    """A garden with an essay by Ada, of which one annotation has been taken back."""
    _publish(garden, replace(ESSAY, title=TITLE))
    with garden.parts.db.transaction() as session:
        annotations.delete(session, _viewer(garden, "Ada"), _annotations(garden)[-1].id)
    return garden


def _written(site: Site, name: str) -> str:
    with site.parts.db.reading() as session:
        return write(session, name)


def _taken(site: Site, items: list[dict[str, Any]]) -> list[str]:
    with site.parts.db.transaction() as session:
        return take_in(session, json.dumps(items)).lines


@pytest.mark.both_databases
@pytest.mark.parametrize("name", ["native", "jsonl"])
def test_an_essay_goes_into_an_empty_site_and_is_revised_there(published: Site, name: str) -> None:
    before = _written(published, name)
    with published.parts.db.reading() as session:
        ledgers = ledgers_of(session)
        ids = {each.id for each in essays.listed(session, "garden")}
    empty = emptied(published, ledgers)
    empty.person("Ada")
    with empty.parts.db.transaction() as session:
        report = take_in(session, before, trust=True)
    assert (dict(report.outcomes), _written(empty, name)) == ({"added": 2}, before)
    with empty.parts.db.reading() as session:
        (listed,) = essays.listed(session, "garden")
        assert ({listed.id}, listed.title, listed.author) == (ids, TITLE, "Ada")
        assert (listed.source_url, listed.annotations) == ("https://example.org/rules", 2)
        assert [each.id for each in essays.with_comments(session, listed.id)[1]]
    empty.parts.indexer.rebuild()
    with empty.parts.db.reading() as session:
        assert list(checks.faults(session, empty.parts.engine)) == []
    revised = TEXT.replace("I doubt it", "I doubt it very much")
    done = _publish(empty, replace(ESSAY, text=revised, title=TITLE))
    assert (done.id, done.changed, done.unchanged, done.removed) == (listed.id, 1, 1, 0)


def test_each_form_names_the_essay_and_where_it_can_be_read(published: Site) -> None:
    items = json.loads(_written(published, "native"))["items"]
    assert [it["essay"]["source_url"] for it in items] == ["https://example.org/rules"] * 2
    first, _ = json.loads(_written(published, "w3c"))["first"]["items"]
    assert first["dcterms:isPartOf"] == {
        "id": "https://example.org/rules", "dcterms:title": TITLE
    }  # fmt: skip
    row = next(csv.DictReader(io.StringIO(_written(published, "csv").removeprefix("\ufeff"))))
    assert (row["essay"], row["essay_source"]) == (f"'{TITLE}", "https://example.org/rules")
    assert r"“=On the \*rules\* \<i\>” <https://example.org/rules>" in _written(
        published, "markdown"
    )
    html = _written(published, "html")
    assert ">=On the *rules* &lt;i&gt;</a>" in html
    assert '<a href="https://example.org/rules" rel="nofollow ugc noopener">' in html


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"id": "../x"}, "not an essay's id"),
        ({"ordinal": -1}, "not an essay's id"),
        ({"ordinal": 1 << 70}, "not an essay's id"),
        ({"ordinal": "1"}, "is not an integer"),
        ({"title": ["x"]}, "is not a string"),
        ({"title": ""}, "title"),
        ({"source_url": "javascript:alert(1)"}, "begin with https://"),
        ({"created": "soon"}, "soon"),
    ],
)
def test_what_is_no_essay_costs_its_annotation_and_no_other(
    published: Site, changes: dict[str, Any], why: str
) -> None:
    good, bad = json.loads(_written(published, "native"))["items"]
    bad["essay"] |= {"id": "another"} | changes
    with published.parts.db.reading() as session:
        ledgers = ledgers_of(session)
    (line,) = _taken(emptied(published, ledgers), [bad, good])
    assert [each.id for each in _annotations(published)] == [good["id"]]
    assert why in line
    assert "item 1" in line


def test_an_essay_that_is_anothers_here_is_refused(published: Site) -> None:
    items = json.loads(_written(published, "native"))["items"]
    forged = dict(items[0], id="forged1", author="Ben")
    (line,) = _taken(published, [forged, items[1]])
    assert "belongs to someone else" in line
