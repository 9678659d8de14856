"""Hostile strings as essays: reported, previewed, posted and listed, they are words and no markup.

The strings lie beside the repository and are never copied into it.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from flask import Flask
from flask.testing import FlaskClient

from annotator.app import create_app
from annotator.services.essays import quotation_report
from tests.conftest import Site
from tests.helpers.visitor import form_token, signed_in
from tests.pages.test_hostile_moderation import POLICY, Shapes

pytestmark = pytest.mark.shared
QUOTED = "The town says that “the town asks little in return”."
AT_ONCE = 60


@pytest.fixture
def app(small_site: Site) -> Flask:
    """The small site's application."""
    return create_app(small_site.parts.config, small_site.parts)


def _shown(
    client: FlaskClient, kind: str, strings: Sequence[str], title: str, *, posted: bool = True
) -> Shapes:
    """Put strings into an essay of some kind, and see what every page of it is made of."""
    found = Shapes("")
    token = form_token(client, "/d/garden/quotations")
    form = {"csrf_token": token, "kind": kind, "title": title, "source_url": title,
            "essay": "\n\n".join(f"{QUOTED} {text}" for text in strings)}  # fmt: skip
    for path in ("/d/garden/quotations", "/d/garden/essays/preview"):
        answer = client.post(path, data=form)
        assert answer.status_code < 500, path
        found.feed(answer.text)
    if not posted:
        return found
    found.feed(client.post("/d/garden/essays", data=form).text)
    answer = client.post("/d/garden/essays", data=form | {"source_url": ""})
    assert answer.status_code < 500
    for path in (answer.location, "/d/garden/essays", "/d/garden"):
        if path:
            found.feed(client.get(path).text)
    return found


@pytest.mark.parametrize("kind", ["markdown", "html", "text"])
def test_no_string_changes_what_the_pages_of_an_essay_are_made_of(
    app: Flask,
    small_site: Site,
    payloads: list[str],
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All are posted as Markdown; of other kinds, whose parts are posted as previewed, some are."""
    monkeypatch.setattr(quotation_report, "MOST_SECONDS", 60)  # not what is tested here
    client = signed_in(app, small_site, "Ben")
    plain = _shown(client, kind, ["A word.", "A *word*, and [one](https://a.example)."], "A title")
    for at in range(0, len(payloads), AT_ONCE):
        some = payloads[at : at + AT_ONCE]
        posted = kind == "markdown" or at == 0
        hostile = _shown(client, kind, some, some[0][:200], posted=posted)
        ours = {("ins", ""), ("del", ""), ("li", "class")}  # differences, what is left out
        assert hostile.made - plain.made - POLICY - ours == set(), at
        assert hostile.links - plain.links <= {"mailto", "http", "https"}, at
