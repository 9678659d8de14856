"""What an open reading page asks for."""

from __future__ import annotations

from tests.api.conftest import Script


def test_new_remarks_are_told_but_not_ones_own(script: Script) -> None:
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
    assert refused["message"].endswith("there are: since, except.")
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
