"""The API in the shape of Hypothesis: what its client asks for first, and what scripts ask for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from annotator.app import create_app
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.accounts import accounts
from annotator.services.annotations import annotations
from annotator.services.editions import editions
from tests.conftest import Site

HERE = "http://localhost"
API = "/hypothesis/api"


@pytest.fixture
def client(small_site: Site) -> FlaskClient:
    """A client without an account."""
    return create_app(small_site.parts.config, small_site.parts).test_client()


@pytest.fixture
def say(small_site: Site) -> Callable[..., str]:
    """Store an annotation by Ada on a whole paragraph, or a reply."""

    def post(body: str | None, *tags: str, reply_to: str | None = None, at: int = 0,
             about: bool = False) -> str:  # fmt: skip
        with small_site.parts.db.transaction() as session:
            loaded = editions.newest(session, "garden")
            blocks = [block for block in loaded.parsed.blocks if block.kind == "paragraph"]
            words = loaded.parsed.text[blocks[at].start : blocks[at].end]
            targets = () if reply_to or about else (DraftTarget(exact=words),)
            ident = annotations.create(
                session, accounts.viewer_named(session, "Ada"),
                Draft(document="garden", targets=targets, body=body, tags=tags,
                      in_reply_to=reply_to),
                small_site.parts.config.limits,
            )  # fmt: skip
        small_site.parts.indexer.drain()
        return ident

    return post


def _search(client: FlaskClient, **asked: Any) -> dict[str, Any]:
    answer = client.get(f"{API}/search", query_string=asked)
    assert answer.status_code == 200, answer.text
    return answer.get_json()  # type: ignore[no-any-return]


def _ids(found: dict[str, Any], of: str = "rows") -> list[str]:
    return [row["id"] for row in found[of]]


def test_the_client_finds_its_way_from_the_root(client: FlaskClient) -> None:
    links = client.get(f"{API}/").get_json()["links"]
    profile, groups = links["profile"], links["groups"]
    for route in (links["search"], links["links"], profile["read"], profile["groups"]["read"],
                  groups["read"]):  # fmt: skip
        url = route["url"]
        assert client.get(url).status_code == 200, url
    assert links["annotation"]["read"]["url"] == f"{HERE}{API}/annotations/:id"
    assert client.get(f"{API}/profile").get_json()["userid"] is None
    (group,) = client.get(f"{API}/groups").get_json()
    assert (group["id"], group["type"]) == ("__world__", "open")


def test_the_clients_first_question_is_answered(
    client: FlaskClient, say: Callable[..., str]
) -> None:
    first, second = say("One 🌳.", "trees"), say("Two.", at=1)
    reply = say("Why?", reply_to=first)
    nested = say("Because.", reply_to=reply)
    found = _search(client, uri=f"{HERE}/d/garden", group="__world__", limit=200,
                    _separate_replies="true", sort="created", order="asc")  # fmt: skip
    assert (found["total"], _ids(found)) == (2, [first, second])
    assert _ids(found, "replies") == [reply, nested]
    assert found["replies"][1]["references"] == [first, reply]
    row = found["rows"][0]
    assert row["uri"].startswith(f"{HERE}/d/garden@")
    assert (row["user"], row["text"], row["tags"]) == ("acct:Ada@localhost", "One 🌳.", ["trees"])
    assert row["permissions"]["read"] == ["group:__world__"]
    position, words = row["target"][0]["selector"]
    text = client.get("/api/documents/garden/editions/2026-03-01/text").text
    units = text.encode("utf-16-le")
    assert units[2 * position["start"] : 2 * position["end"]].decode("utf-16-le") == words["exact"]
    assert client.get(row["links"]["incontext"]).status_code == 303
    assert "references" not in row


def test_without_separation_replies_are_rows(client: FlaskClient, say: Callable[..., str]) -> None:
    head = say("One.")
    reply = say("Why?", reply_to=head)
    found = _search(client, wildcard_uri=f"{HERE}/*")
    assert (found["total"], set(_ids(found))) == (2, {head, reply})
    assert "replies" not in found
    assert _ids(_search(client, references=head)) == [reply]


def test_each_parameter_narrows(client: FlaskClient, say: Callable[..., str]) -> None:
    first, second = say("Roses.", "red", "x"), say("Tulips.", "red", at=1)
    every = {first, second, say("All.", about=True)}
    asked: list[tuple[dict[str, Any], set[str]]] = [
        ({"tag": "red"}, {first, second}), ({"tag": ["red", "x"]}, {first}),
        ({"text": "tulips"}, {second}), ({"any": "roses"}, {first}), ({"any": "zz -"}, set()),
        ({"user": "acct:Ada@localhost"}, every), ({"user": "Ada"}, every),
        ({"user": "acct:Ada@elsewhere.example"}, set()), ({"user": "Nobody"}, set()),
        ({"group": "abc"}, set()), ({"uri": f"{HERE}/d/nowhere"}, set()),
        ({"uri": "https://elsewhere.example/"}, set()), ({"uri": "["}, set()),
        ({"uri": "http://[x/"}, set()), ({"wildcard_uri": "["}, set()),
        ({"url": f"{HERE}/d/garden#top"}, every),
    ]  # fmt: skip
    for query, ids in asked:
        found = _search(client, **query)
        assert (set(_ids(found)), found["total"]) == (ids, len(ids)), query


def test_a_provisions_page_has_its_own_commentary(
    client: FlaskClient, small_site: Site, say: Callable[..., str]
) -> None:
    first, _ = say("One."), say("Two.", at=1)
    with small_site.parts.db.reading() as session:
        loaded = editions.newest(session, "garden")
    at = next(n for n, it in enumerate(loaded.parsed.provisions) if it.kind == "paragraph")
    assert _ids(_search(client, uri=f"{HERE}/d/garden/p/{loaded.pids[at]}")) == [first]


def test_words_are_those_of_the_edition_that_is_open(
    client: FlaskClient, small_site: Site, say: Callable[..., str]
) -> None:
    for at in range(5):
        say(f"Number {at}.", at=at)
    small_site.add("garden-2.md", "2026-09-01")
    newer = client.get("/api/documents/garden/editions/2026-09-01/text").text
    rows = _search(client, uri=f"{HERE}/d/garden", sort="created", order="asc")["rows"]
    quoted = [row["target"][0]["selector"][1]["exact"] for row in rows]
    assert sum(words in newer for words in quoted) >= 4
    older = _search(client, uri=f"{HERE}/d/garden@2026-03-01", sort="created", order="asc")["rows"]
    first = client.get("/api/documents/garden/editions/2026-03-01/text").text
    assert all(row["target"][0]["selector"][1]["exact"] in first for row in older)


def test_pages_follow_each_other_by_the_sorts_value(
    client: FlaskClient, say: Callable[..., str]
) -> None:
    ids = [say(f"Number {at}.") for at in range(5)]
    seen: list[str] = []
    after = ""
    while True:
        page = _search(client, sort="created", order="asc", limit=2, search_after=after)
        assert page["total"] == 5
        if not page["rows"]:
            break
        seen += _ids(page)
        after = page["rows"][-1]["created"]
    assert seen == ids
    assert _ids(_search(client, offset=1, limit=2)) == ids[-2:-4:-1]
    assert _ids(_search(client, sort="id", order="desc", search_after=ids[2])) == [ids[1], ids[0]]
    assert _ids(_search(client, sort="group")) == ids[::-1]
    assert _ids(_search(client, sort="group", search_after="__world__")) == []


def test_what_is_deleted_is_not_found_and_gone(
    client: FlaskClient, small_site: Site, say: Callable[..., str]
) -> None:
    ident = say("One.")
    assert client.get(f"{API}/annotations/{ident}").get_json()["text"] == "One."
    with small_site.parts.db.transaction() as session:
        annotations.delete(session, accounts.viewer_named(session, "Ada"), ident)
    assert _search(client)["total"] == 0
    answer = client.get(f"{API}/annotations/{ident}")
    assert (answer.status_code, answer.get_json()["status"]) == (410, "failure")
    assert answer.get_json()["reason"]


@pytest.mark.parametrize(
    "query",
    ["sort=colour", "order=up", "limit=many", "limit=-1", "offset=1.5", "limit=99999999999999999",
     "search_after=soon&sort=created", "search_after=999999999999999999999&sort=updated",
     "wildcard_uri=" + "*" * 1001, "tags=" + ",".join(map(str, range(51)))],
)  # fmt: skip
def test_what_cannot_be_read_is_named(client: FlaskClient, query: str) -> None:
    answer = client.get(f"{API}/search?{query}")
    assert answer.status_code == 400
    assert answer.get_json()["error"]["field"] == query.partition("=")[0]


@pytest.mark.parametrize("header", ["content-type", "x-client-id",
                                    "hypothesis-client-version"])  # fmt: skip
def test_any_site_may_ask_with_each_header_that_the_client_sends(
    client: FlaskClient, header: str
) -> None:
    asked = {"Origin": "https://x.example", "Access-Control-Request-Method": "GET",
             "Access-Control-Request-Headers": header}  # fmt: skip
    answer = client.options(f"{API}/search", headers=asked)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert header in answer.headers["Access-Control-Allow-Headers"].lower().split(", ")
    sent = {"Content-Type": "application/json", "Hypothesis-Client-Version": "1.2",
            "X-Client-Id": "5f"}  # fmt: skip
    assert client.get(f"{API}/search", headers=sent).status_code == 200
    assert client.post(f"{API}/annotations", json={}).status_code in (400, 404, 405)


def test_every_link_of_the_client_leads_to_a_page(
    client: FlaskClient, say: Callable[..., str]
) -> None:
    say("One.", "red rose")
    links = client.get(f"{API}/links").get_json()
    for name in ("account.settings", "forgot-password", "groups.new", "help", "oauth.authorize",
                 "oauth.revoke", "signup"):  # fmt: skip
        assert client.get(links[name].removeprefix(HERE)).status_code in (200, 303, 401), name
    row = _search(client)["rows"][0]
    for user in (row["user"], "Ada"):  # the client names a person in both ways
        person = client.get(links["user"].replace(":user", quote(user, safe="")))
        assert person.location == "/people/Ada"
    tagged = client.get(links["search.tag"].replace(":tag", quote("red rose", safe="")))
    assert "One." in tagged.text
    elsewhere = links["user"].replace(":user", "acct%3AAda%40elsewhere.example")
    assert client.get(elsewhere).status_code == 404


def test_the_group_is_there_once_and_in_full_where_that_is_asked_for(client: FlaskClient) -> None:
    in_full = {"expand": ["organization", "scopes"], "document_uri": f"{HERE}/d/garden"}
    (group,) = client.get(f"{API}/groups", query_string=in_full).get_json()
    assert (group["organization"]["default"], group["scopes"]["uri_patterns"]) == (True, [])
    (short,) = client.get(f"{API}/groups").get_json()
    assert isinstance(short["organization"], str)
    assert "scopes" not in short
    assert client.get(f"{API}/groups/__world__").get_json() == short
    assert client.get(f"{API}/groups/other").status_code == 404
    # the client adds the public group to these; were it there already, it would be listed twice
    assert client.get(f"{API}/profile/groups", query_string=in_full).get_json() == []


def test_an_annotation_has_every_field_that_the_api_promises(
    client: FlaskClient, say: Callable[..., str]
) -> None:
    ident = say("One.")
    row = client.get(f"{API}/annotations/{ident}").get_json()
    promised = {"id", "created", "updated", "user", "uri", "text", "tags", "group", "permissions",
                "target", "document", "links", "hidden", "flagged", "user_info"}  # fmt: skip
    assert promised <= row.keys()
    (title,) = row["document"]["title"]
    assert f"<title>{title}" in client.get("/d/garden", follow_redirects=True).text.replace(
        "<title>\n", "<title>"
    )


def test_addresses_are_found_by_pattern_by_word_and_tags_by_list(
    client: FlaskClient, say: Callable[..., str]
) -> None:
    ident = say("One.", "red", "big rose")
    for query in ({"wildcard_uri": f"{HERE}/d/g_rden"}, {"wildcard_uri": f"{HERE}/d/gar*"},
                  {"uri.parts": "garden"}, {"tags": "red, big rose"}):  # fmt: skip
        assert _ids(_search(client, **query)) == [ident], query
    for query in ({"wildcard_uri": f"{HERE}/d/_"}, {"uri.parts": "gard"}, {"tags": "red,blue"}):
        assert _ids(_search(client, **query)) == [], query


@pytest.mark.parametrize(
    "query", ["wildcard_uri=http://" + "*_" * 15 + "!", "wildcard_uri=" + "*_" * 400 + "!",
              "&".join(["wildcard_uri=*_*_*_*_*_*_*_*_*_*_*_*_*!"] * 50)],
)  # fmt: skip
def test_no_pattern_for_addresses_holds_a_worker(client: FlaskClient, query: str) -> None:
    assert client.get(f"{API}/search?{query}").get_json() == {"total": 0, "rows": []}


@pytest.mark.parametrize("name", ["uri", "url", "wildcard_uri", "uri.parts", "user", "group", "tag",
                                  "tags", "references", "any", "text", "quote"])  # fmt: skip
def test_a_parameter_is_repeated_fifty_times_at_most(client: FlaskClient, name: str) -> None:
    most = "&".join(f"{name}=x{at}" for at in range(50))
    assert client.get(f"{API}/search?{most}").status_code == 200
    answer = client.get(f"{API}/search?{most}&{name}=x")
    assert answer.status_code == 400
    assert answer.get_json()["error"]["field"] == name
