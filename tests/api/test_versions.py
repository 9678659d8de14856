"""Two who change the same comment: the second is told, and nothing is lost."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests.api.conftest import Script
from tests.conftest import Site
from tests.helpers import html
from tests.helpers.visitor import form_token, sign_up


def test_what_was_made_from_earlier_words_is_refused_and_changes_nothing(script: Script) -> None:
    posted = script("POST", "/api/annotations", json={"document": "garden", "body": "One. " * 200})
    path = posted.headers["Location"]
    seen = posted.headers["ETag"]
    assert script("GET", path).headers["ETag"] == seen
    first = script("PATCH", path, json={"body": "Two."}, headers={"If-Match": seen})
    assert first.status_code == 200
    assert first.headers["ETag"] != seen
    for method, more in (("PATCH", {"json": {"body": "Three."}}), ("DELETE", {})):
        told = script(method, path, headers={"If-Match": seen}, **more)
        assert told.status_code == 412
        assert told.get_json()["error"]["code"] == "stale"
    assert script("GET", path).get_json()["body"] == "Two."
    known = {"If-Match": first.headers["ETag"]}
    second = script("PATCH", path, json={"body": "Three."}, headers=known)
    assert second.status_code == 200
    assert script("DELETE", path, headers={"If-Match": "*"}).status_code == 204
    assert script("DELETE", path, headers={"If-Match": "*"}).status_code == 410


def test_a_packed_answer_names_the_same_version(script: Script) -> None:
    path = f"/api/annotations/{script.post(body='Long. ' * 300)['id']}"
    packed = script("GET", path, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    known = {"If-Match": packed.headers["ETag"]}
    changed = script("PATCH", path, json={"body": "Short."}, headers=known)
    assert changed.status_code == 200


def test_without_a_condition_the_last_one_wins_and_earlier_words_stay(script: Script) -> None:
    path = f"/api/annotations/{script.post(body='One.')['id']}"
    for body in ("Two.", "Three."):
        assert script("PATCH", path, json={"body": body}).status_code == 200
    assert script("GET", f"{path}/versions").get_json()["total"] == 2


def test_a_form_made_from_earlier_words_is_shown_both(script: Script, client: FlaskClient) -> None:
    sign_up(client)
    token = {"X-CSRFToken": form_token(client, "/account")}
    annotation = {"document": "garden", "body": "One."}
    posted = client.post("/api/annotations", json=annotation, headers=token)
    ident = posted.get_json()["id"]
    page = html.tree(client.get(f"/a/{ident}/edit"))
    sent = {name: html.value(page, name) for name in ("csrf_token", "edits")} | {"tags": ""}
    assert client.post(f"/a/{ident}/edit", data=sent | {"body": "From there."}).status_code == 303
    told = client.post(f"/a/{ident}/edit", data=sent | {"body": "From here."})
    assert told.status_code == 412
    assert "From here.</textarea>" in told.text
    assert "<p>From there.</p>" in told.text
    again = sent | {"body": "From here.", "edits": html.value(told.text, "edits")}
    assert client.post(f"/a/{ident}/edit", data=again).status_code == 303
    assert "From here." in client.get(f"/a/{ident}").text


def test_an_answer_is_not_sent_again_to_who_has_it_until_it_changes(script: Script) -> None:
    made = script.post(body="One.")
    one = f"/api/annotations/{made['id']}"
    paths = [one, "/api/annotations", "/api/documents", "/api/search?q=one", "/api/tags",
             f"{one}/versions", "/api/documents/garden/editions/2026-03-01"]  # fmt: skip
    for packing in ("identity", "gzip"):
        accept = {"Accept-Encoding": packing}
        for path in paths:
            first = script("GET", path, headers=accept)
            known = accept | {"If-None-Match": first.headers["ETag"]}
            again = script("GET", path, headers=known)
            assert (again.status_code, again.data) == (304, b""), path
            assert again.headers["ETag"] == first.headers["ETag"]
            assert script("HEAD", path, headers=known).status_code == 304
    seen = script("GET", one).headers["ETag"]
    script.post(in_reply_to=made["id"], body="A reply.")
    changed = script("GET", one, headers={"If-None-Match": seen})
    assert (changed.status_code, changed.get_json()["replies"]) == (200, 1)
    fine = script("PATCH", one, json={"body": "Two."}, headers={"If-Match": seen})
    assert fine.status_code == 200  # the words were still those


def test_what_moderators_see_and_exports_have_no_name(script: Script, small_site: Site) -> None:
    small_site.person("Mia", role="moderator")
    token = small_site.token("Mia", scopes=("read", "write", "moderate"))
    queue = script("GET", "/api/moderation/queue", headers={"Authorization": f"Bearer {token}"})
    for answer in (queue, script("GET", "/api/export")):
        assert answer.status_code == 200
        assert "ETag" not in answer.headers


def test_fields_choose_what_is_given_in_the_usual_order(script: Script) -> None:
    made = script.post(target={"exact": "keep quiet"}, body="*Hm.*")
    one = f"/api/annotations/{made['id']}"
    on_it = f"/api/provisions/garden/{made['pid']}/annotations"
    asked = "?fields=html,id,%20author"
    expected = {"id": made["id"], "author": "Ada", "html": "<p><em>Hm.</em></p>\n"}
    assert script("GET", one + asked).get_json() == expected
    for path in ("/api/annotations", on_it):
        answer = script("GET", path + asked)
        assert answer.get_json()["items"] == [expected]
        assert answer.text.index('"id"') < answer.text.index('"author"')
        assert script("GET", path + "?fields=html&fields=id,author").get_json()["items"] == [
            expected
        ]
    for fields in ("title", "id,", "", "__class__", "id,placement.edition"):
        told = script("GET", f"/api/annotations?fields={fields}")
        assert told.status_code == 400, fields
        assert told.get_json()["error"]["field"] == "fields"


SELDOM = {
    "author_account",
    "held",
    "hidden",
    "via",
    "essay",
    "suggestion",
    "agreements",
    "adoption",
    "for_publisher",
    "answer",
}


def test_a_list_says_everything_once_unless_it_is_asked_for_more(
    script: Script, small_site: Site
) -> None:
    made = script.post(target={"exact": "keep quiet"}, body="*Hm.*")
    small_site.parts.indexer.drain()
    short = {name: made[name] for name in made.keys() - SELDOM - {"html", "targets", "placements"}}
    short["target"] = {name: value for name, value in made["target"].items()
                       if name not in ("pid", "address")}  # fmt: skip
    short["placement"] = {it: value for it, value in made["placement"].items() if it != "pid"}
    on_it = f"/api/provisions/garden/{made['pid']}/annotations"
    for path in ("/api/annotations", "/api/annotations?document=garden&sort=place", on_it):
        (item,) = script("GET", path).get_json()["items"]
        assert item == short
        whole = script("GET", f"{path}{'&' if '?' in path else '?'}fields={','.join(made)}")
        assert whole.get_json()["items"] == [made]
    (found,) = script("GET", "/api/search?q=hm&kind=annotation").get_json()["items"]
    assert found.items() >= short.items()
    assert found.keys() == short.keys() | {"kind", "score", "snippet"}
    asked = "/api/search?q=hm&fields=html,placements,fragments"
    (found,) = script("GET", asked).get_json()["items"]
    words = "".join(piece["text"] for piece in found["fragments"])
    assert (found["html"], found["placements"], words) == (made["html"], made["placements"], "Hm.")
    told = script("GET", "/api/search?q=hm&fields=title")
    assert told.get_json()["error"]["field"] == "fields"


def test_a_list_leaves_nothing_out_of_what_it_says_only_once(script: Script) -> None:
    two = script.post(targets=[{"exact": "keep quiet"}, {"exact": "on a lead"}], body="Both.")
    none = script.post(body="On all of it.")
    reply = script.post(in_reply_to=two["id"], body="Yes.")
    highlight = script.post(target={"exact": "keep quiet"}, body=None, motivation="highlighting")
    items = {it["id"]: it for it in script("GET", "/api/annotations").get_json()["items"]}
    several = two.keys() - SELDOM - {"html"}
    assert items[two["id"]] == {name: two[name] for name in several} | {"replies": 1}
    for made in (none, reply):
        whole = made.keys() - SELDOM - {"html", "targets", "placements"}
        assert items[made["id"]] == {name: made[name] for name in whole}
        assert items[made["id"]]["target"] is items[made["id"]]["placement"] is None
    assert items[highlight["id"]]["body"] is None


def test_a_list_of_fifty_long_comments_takes_at_most_75_kilobytes(script: Script) -> None:
    words = " ".join(["Whoever opens the north gate after dusk should say to whom, and when."] * 8)
    for number in range(50):
        script.post(target={"exact": "keep quiet"}, body=f"{number}. {words}", tags=["dusk"])
    listed = script("GET", "/api/annotations?document=garden&sort=place")
    assert len(listed.get_json()["items"]) == 50
    assert len(listed.data) <= 75_000
