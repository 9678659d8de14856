"""Deciding about many comments through the API, by their author or by a search."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.api.conftest import Script
from tests.conftest import Site


@pytest.fixture
def mia(client: FlaskClient, small_site: Site) -> Script:
    """A script that acts for a moderator."""
    small_site.person("Mia", role="moderator")
    return Script(client, small_site.token("Mia", scopes=("moderate", "read")))


@pytest.mark.parametrize(("chosen", "many"), [({"author": "Ada"}, 3), ({"q": "advertised"}, 2)])
def test_what_was_selected_is_hidden_once_and_comes_back_together(
    mia: Script, small_site: Site, say: Callable[..., str], chosen: dict[str, str], many: int
) -> None:
    ids = [say("Gates, advertised."), say("Bells, advertised.", 1), say("A quiet one.", 2)]
    small_site.parts.indexer.drain()
    seen = mia("GET", "/api/moderation/selection", query_string={"act": "hide"} | chosen)
    selected = seen.get_json()
    assert (selected["total"], sorted(selected["items"])) == (many, sorted(ids[:many]))
    order = {"act": "hide", "rule": "advertising", "reason": "Posted everywhere.",
             "selection": chosen | {"state": selected["state"]}}  # fmt: skip
    assert mia("POST", "/api/moderation/acts", json=order | {"reason": ""}).status_code == 422
    done = mia("POST", "/api/moderation/acts", json=order)
    assert (done.status_code, done.get_json()["total"]) == (201, many)
    assert [mia.client.get(f"/api/annotations/{ident}").status_code for ident in ids] == (
        [410] * many + [200] * (3 - many)
    )
    assert mia("POST", "/api/moderation/acts", json=order).status_code == 409
    batch = done.get_json()["items"][0]["batch"]
    undo = {"act": "undo", "batch": batch, "rule": "mistake", "reason": "Not everywhere."}
    assert mia("POST", "/api/moderation/acts", json=undo).status_code == 201
    assert [mia.client.get(f"/api/annotations/{ident}").status_code for ident in ids] == [200] * 3


def test_a_selection_that_has_changed_since_is_not_decided_about(
    mia: Script, small_site: Site, say: Callable[..., str]
) -> None:
    first = say("One.")
    small_site.parts.indexer.drain()
    seen = mia("GET", "/api/moderation/selection", query_string={"act": "hide", "author": "Ada"})
    say("Another.", 1)
    order = {"act": "hide", "rule": "advertising", "reason": "Posted everywhere.",
             "selection": {"author": "Ada", "state": seen.get_json()["state"]}}  # fmt: skip
    assert mia("POST", "/api/moderation/acts", json=order).status_code == 409
    assert mia.client.get(f"/api/annotations/{first}").status_code == 200
