"""The pages of moderation work without scripts: flag, queue, decide, log, appeal, switches."""

from __future__ import annotations

import re
from xml.etree import ElementTree as Xml

import pytest
from flask import Flask

from annotator.config import Limits, Moderation
from annotator.schemas.annotations import Draft
from annotator.services.annotations import annotations
from annotator.services.site import switches
from tests.conftest import Site
from tests.helpers import html
from tests.helpers.visitor import PASSWORD, forge, send, sign_in, signed_in

WORDS = "The gardener is a heron."


@pytest.fixture
def annotation(small_site: Site) -> str:
    with small_site.parts.db.transaction() as session:
        ada = annotations.accounts.viewer_named(session, "Ada")
        return annotations.create(session, ada, Draft("garden", body=WORDS), Limits())


def test_a_flag_comes_to_the_queue_is_decided_and_its_flagger_is_told(
    app: Flask, small_site: Site, annotation: str
) -> None:
    ben = signed_in(app, small_site, "Ben")
    mia = signed_in(app, small_site, "Mia", "moderator")
    flag = f"/a/{annotation}/flag"
    assert send(ben, flag, flag, rule="abuse", words="").status_code == 422
    assert send(ben, flag, flag, rule="abuse", words="Rude.").status_code == 303
    assert ben.get("/moderation").status_code == 403
    queue = mia.get("/moderation").text
    assert WORDS in queue
    assert "Rude." in queue
    state = html.value(queue, "state")
    sent = {"annotation": annotation, "state": state, "act": "hide", "rule": "abuse"}
    done = send(mia, "/moderation", "/moderation/acts", reason="It calls names.", **sent)
    assert done.status_code == 303
    late = forge(mia, "/moderation/bulk?author=Ada&act=restore", "/moderation/acts",
                reason="Again.", **sent)  # fmt: skip
    assert late.status_code == 409
    page = app.test_client().get(f"/a/{annotation}")
    assert page.status_code == 410
    assert WORDS not in page.text
    assert "Private" not in page.text
    assert "Abuse (Grounds for hiding a remark ¶ 2)" in page.text
    small_site.tell()
    assert "1 new" in ben.get("/").text
    assert "It calls names." in ben.get("/news").text
    log = app.test_client().get("/moderation/log").text
    assert "It calls names." in log
    assert "Rules of the Garden</a>" in log
    assert WORDS not in log
    feed = Xml.fromstring(app.test_client().get("/feeds/moderation.atom").data)  # noqa: S314
    titles = [entry.text for entry in feed.iter("{http://www.w3.org/2005/Atom}summary")]
    assert titles == ["It calls names. (Grounds for hiding a remark ¶ 2)"]
    answer = app.test_client().get(f"/api/annotations/{annotation}")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (410, "hidden")


def test_every_page_of_moderation_is_shown(app: Flask, small_site: Site, annotation: str) -> None:
    ben = signed_in(app, small_site, "Ben")
    mia = signed_in(app, small_site, "Mia", "moderator")
    max_ = signed_in(app, small_site, "Max", "moderator")
    ada_hides = {
        "annotation": annotation,
        "act": "hide",
        "rule": "abuse",
        "reason": "It calls names.",
    }
    assert forge(mia, "/moderation", "/moderation/acts", **ada_hides).status_code == 303
    for path in (
        "/moderation",
        f"/moderation?remark={annotation}", "/moderation/log", "/moderation/log?rule=abuse",
        "/moderation/log/1", "/moderation/bulk", "/moderation/bulk?act=restore&author=Ada",
        "/news", f"/a/{annotation}",
    ):  # fmt: skip
        assert max_.get(path).status_code == 200, path
    assert ben.get("/moderation/log/1").status_code == 200
    assert ben.get("/moderation/log/99").status_code == 404
    assert ben.get("/moderation/log/1/appeal").status_code == 403
    undone = send(max_, "/moderation/log/1", "/moderation/acts", act="undo", entry="1",
                  rule="mistake", reason="About the rule.")  # fmt: skip
    assert undone.status_code == 303
    assert ben.get(f"/a/{annotation}").status_code == 200


def test_only_hiding_is_red(app: Flask, small_site: Site, annotation: str) -> None:
    mia = signed_in(app, small_site, "Mia", "moderator")
    page = mia.get(f"/moderation?remark={annotation}")
    buttons = html.attributes(page, ".case [name=act][class~=danger]", "value")
    assert "hide" in buttons
    assert "approve" not in buttons
    assert "quiet" in html.attributes(page, "button[value=ask]", "class")[0]


def test_an_appeal_is_offered_once(app: Flask, small_site: Site) -> None:
    ben = signed_in(app, small_site, "Ben")
    mia = signed_in(app, small_site, "Mia", "moderator")
    with small_site.parts.db.transaction() as session:
        viewer = annotations.accounts.viewer_named(session, "Ben")
        own = annotations.create(session, viewer, Draft("garden", body="Mine."), Limits())
    sent = {"annotation": own, "act": "hide", "rule": "abuse", "reason": "It calls names."}
    assert forge(mia, "/moderation", "/moderation/acts", **sent).status_code == 303
    form = "/moderation/log/1/appeal"
    assert html.attributes(ben.get(f"/a/{own}"), ".withheld a[href$=appeal]", "href") == [form]
    assert send(ben, form, form, words="It does not.").status_code == 303
    assert html.attributes(ben.get(f"/a/{own}"), ".withheld a[href$=appeal]", "href") == []


def test_a_read_only_site_takes_nothing_but_moderation_and_sign_ins(
    app: Flask, small_site: Site, annotation: str
) -> None:
    ben = signed_in(app, small_site, "Ben")
    mia = signed_in(app, small_site, "Mia", "moderator")
    before = ben.get("/d/garden")
    with small_site.parts.db.transaction() as session:
        switches.throw(session, "read_only", True, "Mia")
    refused = send(ben, f"/a/{annotation}", f"/a/{annotation}/reply", body="No.", do="post")
    assert refused.status_code == 503
    assert "read-only" in refused.text
    sent = {"annotation": annotation, "act": "hide", "rule": "abuse", "reason": "It calls names."}
    assert forge(mia, "/moderation", "/moderation/acts", **sent).status_code == 303
    assert send(ben, "/", "/sign-out").status_code == 303
    assert "read-only at the moment" not in before.text
    again = ben.get("/d/garden", headers={"If-None-Match": before.headers["ETag"]})
    assert again.status_code == 200  # what the browser has kept does not say so


@pytest.mark.parametrize(
    "path", ["/a/ID", "/a/ID/edit", "/a/ID/delete", "/account", "/account/delete", "/sign-up"]
)
def test_on_a_read_only_site_every_form_that_writes_is_disabled_and_a_banner_says_why(
    app: Flask, small_site: Site, annotation: str, path: str
) -> None:
    with small_site.parts.db.transaction() as session:
        ben = annotations.accounts.sign_up(session, "Ben", PASSWORD).name
        viewer = annotations.accounts.viewer_named(session, ben)
        own = annotations.create(session, viewer, Draft("garden", body="Mine."), Limits())
    client = app.test_client()
    if path != "/sign-up":
        sign_in(client, "Ben")
    path = path.replace("ID", own)
    for on in (False, True):
        with small_site.parts.db.transaction() as session:
            switches.throw(session, "read_only", on, "Mia")
        page = client.get(path)
        assert page.status_code == 200
        fields = html.tree(page).cssselect("fieldset.all")
        assert [field.get("disabled") is not None for field in fields] == [on] * len(fields)
        assert fields
        assert ("read-only at the moment" in page.text) == on


def test_annotations_imported_under_a_name_without_a_person_are_no_first_annotations(
    app: Flask, small_site: Site, annotation: str
) -> None:
    mia = signed_in(app, small_site, "Mia", "moderator")
    assert WORDS not in mia.get("/moderation").text  # nobody can sign in as Ada, nor has a token
    small_site.token("Ada")
    assert WORDS in mia.get("/moderation").text


def test_many_are_hidden_by_author_and_by_search_through_the_form_and_undone_together(
    app: Flask, small_site: Site, annotation: str
) -> None:
    with small_site.parts.db.transaction() as session:
        ada = annotations.accounts.viewer_named(session, "Ada")
        other = annotations.create(session, ada, Draft("garden", body="A quiet one."), Limits())
    small_site.parts.indexer.drain()
    mia = signed_in(app, small_site, "Mia", "moderator")
    for number, (chosen, many) in enumerate((("author=Ada", 2), ("q=gardener", 1))):
        page = mia.get(f"/moderation/bulk?act=hide&{chosen}").text
        assert f"Hide {many} comment" in page
        state = html.value(page, "selection")
        field, value = chosen.split("=")
        sent = {"act": "hide", "rule": "advertising", "selection": state, field: value}
        address = f"/moderation/bulk?act=hide&{chosen}"
        assert send(mia, address, "/moderation/bulk", **sent, reason="").status_code == 422
        done = send(mia, address, "/moderation/bulk", **sent, reason="Posted everywhere.")
        assert done.status_code == 303
        entry = done.headers["Location"]
        late = forge(mia, "/moderation/bulk", "/moderation/bulk", **sent, reason="Again.")
        assert late.status_code == 409
        assert app.test_client().get(f"/a/{annotation}").status_code == 410
        batch = html.value(mia.get(entry), "batch")
        undone = forge(mia, entry, "/moderation/acts", act="undo-batch", entry=str(number + 1),
                      batch=batch, rule="mistake", reason="Not everywhere.")  # fmt: skip
        assert undone.status_code == 303
        for ident in (annotation, other):
            assert app.test_client().get(f"/a/{ident}").status_code == 200
        small_site.parts.indexer.drain()


@pytest.mark.parametrize(
    ("settings", "body"),
    [
        ({"hold_first_posts": 1}, "My first."),
        ({"hold_links": 2}, "https://a.example https://b.example"),
        ({"hold_repeats": 1}, "The same words, which are longer than forty characters."),
        ({"approve_everything": True}, "Anything."),
    ],
    ids=lambda it: next(iter(it)) if isinstance(it, dict) else "",
)
def test_a_post_that_must_wait_waits_through_the_form_and_the_api_until_it_is_shown(
    app: Flask, small_site: Site, settings: dict, body: str
) -> None:
    small_site.parts.db.moderation = Moderation(**settings)
    ben = signed_in(app, small_site, "Ben")
    mia = signed_in(app, small_site, "Mia", "moderator")
    headers = {"Authorization": f"Bearer {small_site.token('Ben')}"}
    sent = {"document": "garden", "body": body}
    answer = app.test_client().post("/api/annotations", json=sent, headers=headers)
    assert answer.status_code == 202
    page = app.test_client().get("/d/garden/purpose/1").text
    pid = re.search(r"garden/p/(\w+)", page)
    assert pid is not None
    address = f"/d/garden/p/{pid[1]}"
    posted = send(ben, address, address, body=body, edition="2026-03-01", do="post")
    assert posted.status_code == 303
    own = ben.get(posted.headers["Location"])
    assert "This comment is waiting for review" in own.text
    assert app.test_client().get("/api/annotations").get_json()["total"] == 0
    held = mia.get("/moderation?kind=held").text
    assert held.count('value="approve"') == 2
    ident = answer.get_json()["id"]
    shown = send(mia, "/moderation", "/moderation/acts", act="approve", annotation=ident,
                 rule="no-ground", reason="About the text.")  # fmt: skip
    assert shown.status_code == 303
    assert app.test_client().get(f"/api/annotations/{ident}").status_code == 200


def test_a_deleted_annotation_says_on_which_day_and_the_counts_are_published(
    app: Flask, small_site: Site, annotation: str
) -> None:
    with small_site.parts.db.transaction() as session:
        ada = annotations.accounts.viewer_named(session, "Ada")
        annotations.create(session, ada, Draft(body="More.", in_reply_to=annotation), Limits())
        annotations.delete(session, ada, annotation)
    page = app.test_client().get(f"/a/{annotation}").text
    assert re.search(r"This comment was deleted on \d+ \w+ 20\d\d", html.text(page))
    counts = app.test_client().get("/moderation/counts")
    assert "2 comments were posted" in counts.text
    item = app.test_client().get("/api/moderation/counts").get_json()["items"][0]
    assert (item["posted"], item["hidden"], item["over"]) == (2, 0, False)
