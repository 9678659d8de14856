"""What a moderator hides is gone from every address of the site at once.

The addresses are those of the application itself, so that none can be forgotten: one with a part
that this test cannot fill in fails it.
"""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from annotator import formats
from annotator.config import Limits
from annotator.db import now
from annotator.models import Annotation, Essay, EssayAnnotation
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.annotations import annotations, listings
from annotator.services.following import follows, sender
from annotator.services.moderation import actions
from annotator.services.moderation.actions import Decision
from tests.conftest import Site
from tests.helpers.visitor import PASSWORD, sign_in

HIDE = Decision("hide", "abuse", "It calls names.")
# What only the annotation says; it is searched for by other words, which pages may repeat.
SAID = "wombat"
BODY, EARLIER = "A wombat said it plainly.", "The wombat was plain before."
PARTS = {
    "slug": "garden", "label": "2026-03-01", "edition": "x", "entry": "1", "act": "1",
    "filename": "css/base.css", "place": "purpose/1", "labels": "2026-03-01..2026-04-01",
    "document": "garden", "form": "atom", "tag": "plain", "essay_id": "e1", "mention_id": "m1",
    "user": "acct:Ada@localhost", "token": "no-token",
}  # fmt: skip
NAMES = {"pages.person": "Ada", "pages.feed_of_person": "Ada",
         "pages.static_file": "css/base.css"}  # fmt: skip
QUERIES = {
    "api.list_annotations": ["", "?document=garden&sort=place", "?document=garden&sort=recent",
                             "?author=Ada&sort=newest", "?tag=plain", "?q=plainly",
                             "?thread=IDENT", "?document=garden&provision=PID",
                             "?document=garden&edition=2026-03-01&verdict=exact"],
    "api.list_of_provision": ["", "?edition=2026-03-01&sort=replied"],
    "api.search": ["?q=plainly", "?q=author:Ada", "?q=tag:plain", "?q=plain*"],
    "pages.search": ["?q=plainly", "?q=author:Ada", "?q=tag:plain"],
    "api.export": [f"?format={name}" for name in formats.FORMATS]
                  + ["?author=Ada", "?q=plainly", "?document=garden&provision=PID"],
    "api.commentary": ["", "?author=Ada", "?q=plainly"],
    "pages.document": ["", "?remark=IDENT"],
    "pages.log": ["", "?annotation=IDENT"],
}  # fmt: skip


def addresses(app: Flask, ident: str, pid: str, key: str = "no-key") -> list[str]:
    """List every address that answers to GET, filled in for one annotation."""
    found = []
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()):
            path = _path(app, rule, {"ident": ident, "pid": pid, "key": key})
            more = QUERIES.get(rule.endpoint, [""])
            found += [path + it.replace("IDENT", ident).replace("PID", pid) for it in more]
    return found


def _path(app: Flask, rule: Rule, parts: dict[str, str]) -> str:
    known = PARTS | parts | {"name": NAMES.get(rule.endpoint, "garden")}
    assert rule.arguments <= known.keys(), f"say what to ask {rule} for"
    with app.test_request_context():
        values = {name: int(known[name]) if name == "act" else known[name]
                  for name in rule.arguments}  # fmt: skip
        built: tuple[str, str] | None = rule.build(values)
    assert built is not None, rule
    return built[1]


def saying(client: FlaskClient, asked: list[str]) -> set[str]:
    """Return the addresses that contain words of the comment."""
    found = set()
    for address in asked:
        answer = client.get(address)
        assert answer.status_code < 500, address
        if SAID in answer.text.lower():
            found.add(address)
    return found


@pytest.fixture
def posted(small_site: Site) -> tuple[str, str]:
    """An annotation of Ada's, edited once, in the index; its id, and the pid that it is on.

    Ben has news of it.
    """
    small_site.add("garden-2.md", "2026-04-01")
    small_site.person("Ben", PASSWORD)
    with small_site.parts.db.transaction() as session:
        ben = annotations.accounts.viewer_named(session, "Ben")
        follows.follow(session, ben, "document", "garden")
    with small_site.parts.db.transaction() as session:
        ada = annotations.accounts.viewer_named(session, "Ada")
        target = DraftTarget(exact="The north gate is locked at dusk")
        draft = Draft("garden", "2026-03-01", (target,), EARLIER, (f"{SAID}-tag", "plain"))
        ident = annotations.create(session, ada, draft, Limits())
        annotations.edit(session, ada, ident, body=BODY, limits=Limits())
        pid = listings.get(session, ident).targets[0].pid
        row = session.get_one(Annotation, ident)
        of = {"document_id": row.document_id, "author_id": row.author_id}
        session.add(Essay(id="e1", title="On", sha256="0", created=now(), modified=now(), **of))
        session.flush()
        session.add(
            EssayAnnotation(annotation_id=ident, essay_id="e1", ordinal=0, passages="0" * 64)
        )
    small_site.tell()
    small_site.parts.indexer.drain()
    return ident, pid


@pytest.mark.parametrize("answered", [False, True], ids=["alone", "answered"])
def test_a_hidden_annotation_is_gone_from_every_address_of_the_site_at_once(
    app: Flask, small_site: Site, posted: tuple[str, str], answered: bool
) -> None:
    ident, pid = posted
    clients = [app.test_client(), sign_in(app.test_client(), "Ben")]
    mia = small_site.person("Mia", role="moderator")
    if answered:
        with small_site.parts.db.transaction() as session:
            ben = annotations.accounts.viewer_named(session, "Ben")
            annotations.create(session, ben, Draft(body="No.", in_reply_to=ident), Limits())
    with small_site.parts.db.transaction() as session:
        ben = annotations.accounts.viewer_named(session, "Ben")
        key = sender.new_feed_key(session, ben.account or 0)
    asked = addresses(app, ident, pid, key)
    before = saying(clients[0], asked)
    assert "/news" in saying(clients[1], ["/news"])
    expected = [f"/a/{ident}", f"/feeds/mine/{key}.atom", "/people/Ada", "/essays/e1",
                f"/d/garden/p/{pid}",
                "/search?q=plainly", "/api/search?q=plainly", "/api/tags",
                f"/api/annotations/{ident}/versions",
                *(f"/api/export?format={name}" for name in formats.FORMATS)]  # fmt: skip
    assert set(expected) <= before
    with small_site.parts.db.transaction() as session:
        actions.decide(session, actions.moderator(mia), HIDE, ident)
    for client in clients:  # the index has not heard of it
        assert saying(client, asked) == set()
    small_site.parts.indexer.drain()
    assert saying(clients[0], asked) == set()


def test_the_place_of_a_hidden_annotation_says_when_and_under_which_rule_it_was_hidden(
    app: Flask, small_site: Site, posted: tuple[str, str]
) -> None:
    ident, pid = posted
    mia = small_site.person("Mia", role="moderator")
    with small_site.parts.db.transaction() as session:
        actions.decide(session, actions.moderator(mia), HIDE, ident)
    client = app.test_client()
    for address in (f"/d/garden/p/{pid}", f"/d/garden/p/{pid}?edition=2026-03-01",
                    "/d/garden/paths-and-gates", f"/a/{ident}"):  # fmt: skip
        page = client.get(address).text
        assert "This comment was hidden on" in page, address
        assert "Abuse (Grounds for hiding a remark ¶ 2)" in page, address
        assert SAID not in page.lower(), address
    assert "This comment was hidden" not in client.get("/d/garden/opening-hours").text


def test_a_hidden_reply_keeps_its_place_in_its_thread(
    app: Flask, small_site: Site, posted: tuple[str, str]
) -> None:
    ident, _ = posted
    bea, mia = small_site.person("Bea"), small_site.person("Mia", role="moderator")
    with small_site.parts.db.transaction() as session:
        draft = Draft(body="Worse than a heron.", in_reply_to=ident)
        reply = annotations.create(session, bea, draft, Limits())
        actions.decide(session, actions.moderator(mia), HIDE, reply)
    page = app.test_client().get(f"/a/{ident}").text
    assert BODY in page
    assert "This comment was hidden on" in page
    assert "heron" not in page
