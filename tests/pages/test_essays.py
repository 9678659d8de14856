"""From an essay's report to comments in their places, in a browser without scripts."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from annotator.app import create_app
from annotator.services.accounts import accounts
from tests.conftest import Site
from tests.helpers import html
from tests.helpers.visitor import PASSWORD, forge, sign_in

ESSAY = """# On <b>rules</b>

The town says that “the town asks little in return”. I doubt it. <script>alert(1)</script>

It goes on: “Keep to the paths.” I stray.

> There are three gates. The north gate is locked at dusk, the other two are never locked.

Why is the north gate another?
"""


@pytest.fixture
def app(small_site: Site) -> Flask:
    """The small site, with Ben, who has a password."""
    with small_site.parts.db.transaction() as session:
        accounts.sign_up(session, "Ben", PASSWORD)
    return create_app(small_site.parts.config, small_site.parts)


@pytest.fixture
def ben(app: Flask) -> FlaskClient:
    """Ben's browser, signed in."""
    return sign_in(app.test_client(), "Ben")


def submit(client: FlaskClient, to: str, **form: str) -> TestResponse:
    return forge(client, "/d/garden/quotations", to, **{"kind": "markdown", **form})


def test_an_essay_goes_from_its_report_to_annotations_in_their_places(ben: FlaskClient) -> None:
    report = submit(ben, "/d/garden/quotations", essay=ESSAY)
    assert 'action="/d/garden/essays/preview"' in report.text
    preview = submit(ben, "/d/garden/essays/preview", essay=ESSAY)
    assert "2 comments will be posted. Comment 2: Choose which passage it quotes." in html.text(
        preview
    )
    assert "<script>alert" not in preview.text
    titled = submit(ben, "/d/garden/essays/preview", essay="# Rules\n\n“Keep to the paths.” So.")
    assert 'name="title" value="Rules"' in titled.text
    chosen = {"essay": ESSAY, "title": "On rules", "source_url": "https://example.org/rules",
              "pick-1": "0", "layout": "-bbbg"}  # fmt: skip
    again = submit(ben, "/d/garden/essays/preview", **chosen, arrange="drop-3")
    assert "2 comments will be posted" in html.text(again)
    assert 'name="layout" value="-bb--"' in again.text
    chosen["layout"] = "-bb--"
    posted = submit(ben, "/d/garden/essays", **chosen)
    assert posted.status_code == 303
    page = ben.get(posted.location).text
    assert "2 comments added, none changed, none removed." in html.text(page)
    assert 'href="https://example.org/rules"' in page
    assert "1 essay" in html.text(ben.get("/d/garden"))
    assert "On rules" in ben.get("/d/garden/essays").text
    items = ben.get("/api/annotations?document=garden&author=Ben").get_json()["items"]
    assert {item["essay"]["title"] for item in items} == {"On rules"}
    assert "From the essay" in ben.get(f"/a/{items[0]['id']}").text
    once_more = submit(ben, "/d/garden/essays", **chosen)
    assert "added=0&changed=0&removed=0" in once_more.location


def test_only_its_author_removes_an_essay(app: Flask, ben: FlaskClient) -> None:
    location = submit(ben, "/d/garden/essays", essay=ESSAY, title="T").location
    path = location.partition("?")[0]
    stranger = app.test_client()
    assert "Remove this essay" not in stranger.get(path).text
    assert submit(stranger, f"{path}/remove").status_code == 401
    assert submit(ben, f"{path}/remove").status_code == 303
    assert ben.get(path).status_code == 410
    assert "None yet." in ben.get("/d/garden/essays").text
    assert ben.get("/api/annotations?document=garden&author=Ben").get_json()["total"] == 0


def test_a_stranger_sees_the_preview_and_is_asked_to_sign_in(app: Flask) -> None:
    client = app.test_client()
    assert "to post it" in submit(client, "/d/garden/essays/preview", essay=ESSAY).text
    assert submit(client, "/d/garden/essays", essay=ESSAY, title="T").status_code == 401


@pytest.mark.parametrize(
    ("form", "status", "says"),
    [({"essay": ""}, 422, "is empty"), ({"essay": "Nothing."}, 422, "title"),
     ({"essay": "# T\n\nNothing."}, 422, "nothing to post"),
     ({"essay": ESSAY, "source_url": "javascript:alert(1)"}, 422, "https://"),
     ({"essay": "x" * 1_000_001}, 413, ""),
     ({"essay": ESSAY, "layout": "xyz", "arrange": "fly-99", "pick-x": "y",
       "pick-12345678": "1"}, 303, ""),
     ({"essay": ESSAY, "layout": "-bbbg", "arrange": "split-99999"}, 303, ""),
     ({"essay": ESSAY, "layout": "-----"}, 422, "nothing to post"),
     ({"essay": ESSAY, "edition": "1999"}, 404, "1999")],
)  # fmt: skip
def test_what_cannot_be_posted_comes_back_with_the_reason(
    ben: FlaskClient, form: dict[str, str], status: int, says: str
) -> None:
    answer = submit(ben, "/d/garden/essays", **form)
    assert answer.status_code == status
    assert says in answer.text


def test_a_provisions_page_and_the_map_say_where_it_is_quoted(
    ben: FlaskClient, small_site: Site
) -> None:
    chosen = {"essay": ESSAY, "title": "On rules", "pick-1": "0"}
    submit(ben, "/d/garden/essays", **chosen)
    items = ben.get("/api/annotations?document=garden&author=Ben").get_json()["items"]
    place = next(it["pid"] for it in items if it["target"]["exact"].startswith("There are"))
    page = ben.get(f"/d/garden/p/{place}").text
    assert "1 essay quotes it." in html.text(page)
    assert ">On rules</a> by <a" in page
    counted = html.text(ben.get("/d/garden/map/2026-03-01?count=quotations"))
    assert "3 comments by 1 person quote this document." in counted
    assert "Most quoted paragraphs" in counted
