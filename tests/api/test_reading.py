"""What an open reading page asks for."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from sqlalchemy import delete, update

from annotator.models import Document, EditionSource
from tests.api.conftest import Script
from tests.conftest import SAMPLES, Site

EDITION = "/api/documents/garden/editions/2026-03-01"


def test_new_annotations_are_told_but_not_ones_own(script: Script) -> None:
    path = "/api/documents/garden/editions/2026-03-01/state"
    before = script("GET", path).get_json()
    assert before == {"state": before["state"], "new": 0, "latest": None, "newest": "2026-03-01"}
    made = script.post(target={"exact": "keep quiet"}, body="Fine.")
    told = script("GET", path, query_string={"since": "2026-01-01T00:00:00Z"}).get_json()
    assert told == {**before, "state": told["state"], "new": 1, "latest": made["created"]}
    asked = {"since": "2026-01-01", "except": "Ada"}
    assert script("GET", path, query_string=asked).get_json()["new"] == 0
    refused = script("GET", path, query_string={"since": "yesterday"})
    assert (refused.status_code, refused.get_json()["error"]["field"]) == (400, "since")
    refused = script("GET", path, query_string={"without": "Ada"}).get_json()["error"]
    assert refused["message"].endswith("known fields: since, except.")
    assert script("GET", path.replace("03", "04")).status_code == 404


def test_tags_in_use_are_listed_for_a_form_to_offer(script: Script) -> None:
    script.post(target={"exact": "keep quiet"}, body="Fine.", tags=["quiet", "night"])
    script.post(target={"exact": "keep quiet"}, body="Too fine.", tags=["night"])
    found = script("GET", "/api/tags?document=garden&limit=1").get_json()
    assert found == {"total": 2, "items": [{"tag": "night", "count": 2}], "next": None}
    assert script("GET", "/api/tags?prefix=QUI").get_json()["items"] == [
        {"tag": "quiet", "count": 1}
    ]
    assert script("GET", "/api/tags?document=nowhere").status_code == 404


def places(script: Script, **asked: str) -> dict[str, Any]:
    """Ask where the commentary stands; provisions by their own words."""
    answer = script("GET", f"{EDITION}/commentary", query_string=asked)
    assert answer.status_code == 200, answer.text
    value: dict[str, Any] = answer.get_json()
    return value


def pid_of(script: Script, section: str, number: str = "") -> str:
    lines = script("GET", EDITION).get_json()["provisions"]
    [found] = [x["pid"] for x in lines if (x["section"], x["number"]) == (section, number)]
    return str(found)


@pytest.fixture
def argued(script: Script, small_site: Site) -> Script:
    """Two people argue about the gates, Ada alone about silence."""
    small_site.person("Bea")
    bea = Script(script.client, small_site.token("Bea"))
    head = script.post(target={"exact": "The north gate"}, body="Dusk?", tags=["dusk"])
    bea.post(target={"exact": "The north gate is locked at dusk"}, body="Later than noon.")
    bea.post(in_reply_to=head["id"], body="At nine.", tags=["clock"])
    script.post(target={"exact": "keep quiet"}, body="Hush.", tags=["dusk"])
    small_site.parts.indexer.drain()
    return script


def test_each_provision_has_its_annotations_and_its_distinct_authors(argued: Script) -> None:
    found = places(argued)
    gates, paths = pid_of(argued, "paths-and-gates", "1"), pid_of(argued, "paths-and-gates")
    by_pid = {each["pid"]: (each["remarks"], each["authors"]) for each in found["provisions"]}
    assert (found["total"], found["authors"]) == (4, 2)
    assert by_pid[gates] == (3, 2)
    assert by_pid[paths] == (3, 2)
    assert set(by_pid.values()) == {(3, 2), (1, 1)}
    start = found["segments"][0]
    north = len("The north gate")
    assert found["segments"][1::2] == [
        len("keep quiet") * 4,
        north * 4 + 1,  # two annotations
        len(" is locked at dusk") * 4,  # one
    ]
    assert start > 0
    assert found["segments"][4] == 0


@pytest.mark.parametrize(
    ("asked", "total", "authors", "segments"),
    [
        ({"author": "Bea"}, 2, 1, 2),  # a reply shows the words of its thread
        ({"tag": "dusk"}, 2, 1, 2),
        ({"tag": "clock"}, 1, 1, 1),
        ({"tag": "nothing"}, 0, 0, 0),
        ({"section": "paths-and-gates"}, 3, 2, 2),
        ({"section": "purpose"}, 1, 1, 1),
        ({"section": "paths-and-gates", "author": "Ada"}, 1, 1, 1),
        ({"after": "2026-01-01"}, 4, 2, 3),
        ({"before": "2026-01-01"}, 0, 0, 0),
        ({"verdict": "exact"}, 4, 2, 3),
        ({"verdict": "lost"}, 0, 0, 0),
        ({"q": "hush OR noon"}, 2, 2, 2),
        ({"q": "hush", "author": "Bea"}, 0, 0, 0),
    ],
)
def test_a_filter_narrows_counts_and_highlights(
    argued: Script, asked: dict[str, str], total: int, authors: int, segments: int
) -> None:
    found = places(argued, **asked)
    assert (found["total"], found["authors"]) == (total, authors)
    assert len(found["segments"]) == 2 * segments
    assert listed(argued, asked) == total
    counted = {each["pid"]: each["remarks"] for each in found["provisions"]}
    for pid in {each["pid"] for each in places(argued)["provisions"]}:
        assert listed(argued, {"provision": pid, **asked}) == counted.get(pid, 0)


def listed(script: Script, asked: dict[str, str]) -> int:
    """Ask how many annotations a list of the document holds."""
    answer = script("GET", "/api/annotations", query_string={"document": "garden", **asked})
    return int(answer.get_json()["total"])


@pytest.mark.parametrize(
    ("asked", "status", "field"),
    [
        ({"author": "Nobody"}, 404, "author"),
        ({"section": "nowhere"}, 404, "section"),
        ({"verdict": "fine"}, 422, "verdict"),
        ({"after": "soon"}, 400, "after"),
        ({"before": "2026-13-01"}, 400, "before"),
        ({"q": '"'}, 400, "q"),
        ({"colour": "red"}, 400, "colour"),
    ],
)
def test_a_filter_that_means_nothing_is_refused_by_name(
    argued: Script, asked: dict[str, str], status: int, field: str
) -> None:
    answer = argued("GET", f"{EDITION}/commentary", query_string=asked)
    assert (answer.status_code, answer.get_json()["error"]["field"]) == (status, field)


def test_an_answer_is_named_by_the_commentary_and_the_filter(argued: Script) -> None:
    path = f"{EDITION}/commentary"
    first = argued("GET", path)
    tag = first.headers["ETag"]
    assert argued("GET", path, headers={"If-None-Match": tag}).status_code == 304
    other = argued("GET", f"{path}?author=Ada")
    assert other.headers["ETag"] != tag
    argued.post(target={"exact": "keep quiet"}, body="Again.")
    after = argued("GET", path, headers={"If-None-Match": tag})
    assert after.status_code == 200
    assert after.get_json()["total"] == first.get_json()["total"] + 1


def test_what_a_search_leaves_is_named_by_itself_since_its_index_may_lag(
    argued: Script, small_site: Site
) -> None:
    path = f"{EDITION}/commentary?q=again"
    argued.post(target={"exact": "keep quiet"}, body="Again.")
    early = {"If-None-Match": argued("GET", path).headers["ETag"]}
    small_site.parts.indexer.drain()
    late = argued("GET", path, headers=early)
    assert (late.status_code, late.get_json()["total"]) == (200, 1)


def test_the_publishers_file_is_given_where_its_licence_allows(
    small_site: Site, script: Script
) -> None:
    refused = script("GET", f"{EDITION}/source")
    assert refused.status_code == 404
    assert "it has no licence" in refused.get_json()["error"]["message"]
    with small_site.parts.db.transaction() as session:
        session.execute(update(Document).values(licence="CC0-1.0"))
    answer = script("GET", f"{EDITION}/source")
    data = (SAMPLES / "garden-1.md").read_bytes()
    assert answer.data == data
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment; filename=garden-1.md"
    told = script("GET", EDITION).get_json()["source"]
    assert told == {"name": "garden-1.md", "media_type": "text/markdown", "bytes": len(data),
                    "sha256": hashlib.sha256(data).hexdigest()}  # fmt: skip
    with small_site.parts.db.transaction() as session:
        session.execute(delete(EditionSource))
    assert "source add" in script("GET", f"{EDITION}/source").get_json()["error"]["message"]
    assert script("GET", EDITION).get_json()["source"] is None
