"""What its own file says is not public is not published here, whatever the dialect."""

from __future__ import annotations

import io
import itertools
import json
from typing import Any

import pytest
from flask import Flask

from annotator.config import Limits
from annotator.formats.files import reading
from annotator.models import Account, Annotation, Origin
from annotator.schemas.annotations import Draft
from annotator.services.accounts import accounts
from annotator.services.annotations import annotations
from annotator.services.exchange import imports
from annotator.services.moderation import actions
from annotator.services.moderation.actions import Decision
from tests.conftest import Site
from tests.helpers import checks, importing
from tests.helpers.visitor import signed_in
from tests.pages.test_hidden_everywhere import addresses, saying

JSON = dict[str, Any]
QUOTE = "The north gate is locked at dusk"
BODY = "A wombat said it plainly."
LICENCE = "CC-BY-4.0"
APPROVE = Decision("approve", "usable", "It keeps to the text.")
WORLD = {"read": ["group:__world__"]}


def hypothesis(**more: Any) -> JSON:
    quote = {"type": "TextQuoteSelector", "exact": QUOTE}
    return {
        "id": "hy1", "created": "2026-02-03T10:20:30+00:00", "updated": "2026-02-03T10:20:30+00:00",
        "user": "acct:vera@hypothes.is", "user_info": {"display_name": "Vera wombat"},
        "uri": "https://garden.example/rules", "text": BODY, "tags": ["wombat-tag"],
        "references": [], "permissions": WORLD, "group": "__world__",
        "target": [{"source": "https://garden.example/rules", "selector": [quote]}],
    } | more  # fmt: skip


def client_file(**more: Any) -> JSON:
    return {"export_date": "2026", "export_userid": "acct:vera@hypothes.is",
            "client_version": "1.2", "annotations": [hypothesis(**more)]}  # fmt: skip


def web(**more: Any) -> JSON:
    body = {"type": "TextualBody", "value": BODY}
    return {
        "@context": "http://www.w3.org/ns/anno.jsonld", "id": "https://x.example/w1",
        "type": "Annotation", "created": "2026-02-03T10:20:30Z", "motivation": "commenting",
        "creator": {"id": "https://x.example/vera", "name": "Vera wombat"}, "body": body,
        "target": {"source": "https://garden.example/rules",
                   "selector": {"type": "TextQuoteSelector", "exact": QUOTE}},
    } | more  # fmt: skip


def native(**more: Any) -> JSON:
    return {
        "id": "na1", "document": "garden", "edition": "2026-03-01", "author": "Vera wombat",
        "body": BODY, "tags": ["wombat-tag"], "motivation": "commenting", "licence": LICENCE,
        "created": "2026-02-03T10:20:30Z", "modified": "2026-02-03T10:20:30Z", "deleted": False,
        "held": False, "hidden": None, "targets": [{"exact": QUOTE}],
    } | more  # fmt: skip


def collection(inside: JSON | None = None, before: JSON | None = None, **after: Any) -> JSON:
    """A W3C collection that says something of its own before or after its annotations."""
    page = {"type": "AnnotationPage", "items": [web()]} | (inside or {})
    return {"@context": "http://www.w3.org/ns/anno.jsonld", "type": "AnnotationCollection",
            **(before or {}), "first": page} | after  # fmt: skip


TEACHERS = {"id": "http://example.edu/roles/teacher", "type": "schema:EducationalAudience",
            "schema:educationalRole": "teacher"}  # fmt: skip
BODY_FOR = {"type": "TextualBody", "value": BODY, "audience": "members"}
HIDDEN = {"since": "2026-02-03T10:20:30Z", "rule": "abuse", "cited": "x", "log": "y"}
CLOSED = "http://rightsstatements.org/vocab/InC/1.0/"
FRIENDS = "https://x.example/vera/followers"
AS_PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
MALFORMED = ("group:__world__", None, [], {}, {"read": None}, {"read": "group:__world__"},
             {"read": []}, {"read": [["group:__world__"]]},
             {"admin": ["group:__world__"]})  # fmt: skip
FORMS: dict[str, list[JSON]] = {
    "hypothesis": [
        hypothesis(permissions={"read": ["acct:vera@hypothes.is"]}),
        hypothesis(permissions={"read": ["group:abc123"]}, group="abc123"),
        hypothesis(group="abc123"),
        hypothesis(group=None),
        hypothesis(hidden=True),
        hypothesis(hidden="yes"),
        hypothesis(shared=False),
        hypothesis(nipsa=True),
        hypothesis(deleted=True),
        *(hypothesis(moderation_status=it) for it in ("PENDING", "DENIED", "SPAM", "new", 1)),
        *(hypothesis(permissions=it) for it in MALFORMED),
        *(
            hypothesis(moderation=it)
            for it in (
                {"status": "hidden"},
                {"status": "DENIED"},
                {"state": "SPAM"},
                {"hidden": True},
                "SPAM",
                1,
            )
        ),
    ],
    "hypothesis export": [
        client_file(permissions={"read": ["acct:vera@hypothes.is"]}),
        client_file(permissions={"read": ["group:abc123"]}, group="abc123"),
        client_file(hidden=True),
        client_file(moderation_status="DENIED"),
    ],
    "w3c": [
        web(audience=TEACHERS),
        web(audience={"type": "Audience", "audienceType": "members"}),
        web(audience=["public", "teachers"]),
        web(audience="https://groups.example/board"),
        web(audience=7),
        web(audience={}),
        web(**{"schema:audience": TEACHERS}),
        web(**{"https://schema.org/audience": "staff"}),
        web(
            **{
                "@context": ["http://www.w3.org/ns/anno.jsonld", {"readers": "schema:audience"}],
                "readers": "staff",
            }
        ),
        web(body=[{"type": "TextualBody", "value": "Hm."}, BODY_FOR]),
        web(body={"type": "Choice", "items": [BODY_FOR]}),
        web(target=web()["target"] | {"audience": [TEACHERS]}),
        web(rights="All rights reserved"),
        web(rights=["https://creativecommons.org/licenses/by/4.0/", CLOSED]),
        web(rights={"id": CLOSED}),
        web(rights=7),
        web(rights="https://creativecommons.org.evil.example/licenses/by/4.0/"),
        web(rights="https://spdx.org/licenses/LicenseRef-members"),
        web(body={"type": "TextualBody", "value": BODY, "rights": CLOSED}),
        web(**{"dcterms:accessRights": "members only"}),
        web(**{"schema:conditionsOfAccess": "for subscribers"}),
        web(**{"dc:rights": "confidential"}),
        web(**{"schema:license": CLOSED}),
        web(permissions={"read": ["acct:vera@x.example"]}),
        web(visibility="private"),
        web(**{"@audience": "staff"}),
        *(
            web(**{key: it})
            for key in ("status", "schema:creativeWorkStatus")
            for it in ("draft", "Pending", "withdrawn", 0, {"name": "Draft"})
        ),
        *(web(published=it) for it in (False, "", "2999-01-01T00:00:00Z", "no", 1)),
        *(
            web(**{key: it})
            for key in ("restricted", "isRestricted", "confidential", "unlisted")
            for it in (True, "yes")
        ),
        *(web(scope=it) for it in ("private", "group:abc", ["public", "friends"], 1)),
        *(
            web(**{key: it})
            for key in ("state", "privacy", "access")
            for it in ("private", "draft")
        ),
        *(web(**{key: FRIENDS}) for key in ("to", "cc", "bto", "as:to")),
        web(to=[]),
        web(to=[FRIENDS], cc=[FRIENDS, {"id": FRIENDS}]),
        web(body={"type": "Note", "content": BODY, "to": FRIENDS}),
    ],
    "native": [
        native(visibility="held"),
        native(visibility="hidden"),
        native(visibility="private"),
        native(visibility=None),
        native(hidden=HIDDEN),
        native(hidden=True),
        native(held=True),
        native(licence="All rights reserved"),
        native(permissions={"read": ["acct:vera@x.example"]}),
        native(private=True),
        native(status="draft"),
        native(published=False),
        native(scope="private"),
        native(
            hidden=HIDDEN,
            essay={
                "id": "e1",
                "title": "On a wombat",
                "source_url": "",
                "ordinal": 0,
                "created": "2026-02-03T10:20:30Z",
                "modified": "2026-02-03T10:20:30Z",
            },
        ),
    ],
}
PUBLIC: dict[str, list[JSON]] = {
    "hypothesis": [
        hypothesis(),
        hypothesis(hidden=False, flagged=True, moderation={"flagCount": 2},
                   moderation_status="APPROVED"),
        {key: it for key, it in hypothesis().items() if key not in ("permissions", "group")},
        hypothesis(document={"title": ["Rules"], "dc": {"rights": ["(c) the publisher"]}}),
    ],
    "hypothesis export": [client_file()],
    "w3c": [
        web(),
        web(audience=None, rights=None),
        web(audience="public"),
        web(audience={"type": "schema:Audience", "schema:audienceType": "general public"}),
        web(audience=[{"id": "https://www.w3.org/ns/activitystreams#Public"}]),
        web(rights="http://creativecommons.org/licenses/by-nc/4.0/"),
        web(rights="https://spdx.org/licenses/CC-BY-SA-4.0"),
        web(rights=["CC0-1.0", {"id": "https://creativecommons.org/publicdomain/zero/1.0/"}]),
        web(rights="Public Domain"),
        web(creator={"name": "Vera", "audience": "friends"}),
        web(status="published", published="2026-02-03T10:20:30Z", restricted=False),
        web(status=None, published=True, scope="public", state="published", privacy="public"),
        web(to=[FRIENDS, AS_PUBLIC]),
        web(to=FRIENDS, cc="as:Public"),
        web(to=None, cc=7),
        web(target=web()["target"] | {"scope": "http://garden.example/x", "state": {
            "type": "TimeState", "sourceDate": "2026-02-03T10:20:30Z"}}),
    ],
    "native": [native(), native(visibility="visible"), native(licence="CC-BY-SA-4.0")],
}  # fmt: skip


def take(site: Site, value: Any, *, include_private: bool = False, licence: str = LICENCE,
         name: str | None = None) -> dict[str, int]:  # fmt: skip
    intake = imports.Intake(Limits(), "garden", licence=licence, include_private=include_private)
    with site.parts.db.transaction() as session:
        found = list(reading.read(io.BytesIO(json.dumps(value).encode()), name))
        intake.note_private(found)
        outcomes = [*intake.take(session, found), *intake.finish(session)]
    report = importing.ImportReport()
    report.note(outcomes)
    site.parts.indexer.drain()
    return dict(report.outcomes)


def everywhere(app: Flask, *idents: str) -> set[str]:
    """Return the addresses that contain words of the private annotations."""
    asked = dict.fromkeys(it for ident in idents for it in addresses(app, ident, "xxxxx"))
    return saying(app.test_client(), list(asked))


def rows(site: Site) -> int:
    with site.parts.db.reading() as session:
        return session.query(Annotation).count()


def faults(site: Site) -> list[str]:
    with site.parts.db.reading() as session:
        return list(checks.faults(session, site.parts.engine))


def test_nothing_private_is_stored(small_site: Site) -> None:
    """Of every form in every dialect; whoever reads the file in another dialect leaks as little."""
    for dialect, forms in FORMS.items():
        for form in forms:
            assert take(small_site, form) == {"private": 1}, (dialect, form)
            assert rows(small_site) == 0
    with small_site.parts.db.reading() as session:
        assert {it.name for it in session.query(Account)} == {"Ada"}
        assert session.query(Origin).count() == 0
    assert sum(map(len, FORMS.values())) >= 12


def test_what_is_public_comes_in_and_is_seen(app: Flask, small_site: Site) -> None:
    for dialect, forms in PUBLIC.items():
        for at, form in enumerate(forms):
            inner = form["annotations"][0] if "annotations" in form else form
            inner["id"] = f"{inner['id']}-{dialect.replace(' ', '-')}-{at}"
            assert take(small_site, form) == {"added": 1}, form
    with small_site.parts.db.reading() as session:
        ids = [it.id for it in session.query(Annotation)]
    found = app.test_client().get("/api/search?q=plainly&limit=100").json
    assert {it["id"] for it in found["items"]} == set(ids)
    assert {f"/a/{ids[0]}", f"/api/annotations/{ids[0]}", "/search?q=plainly",
            "/feeds/commentary.atom", "/api/search?q=plainly",
            "/api/export?format=jsonl"} <= everywhere(app, ids[0])  # fmt: skip


def test_private_words_are_held_on_request_and_seen_nowhere(app: Flask, small_site: Site) -> None:
    """Not by search, lists, pages, feeds or exports, until a moderator releases them."""
    forms = [FORMS[dialect][0] for dialect in FORMS] + [FORMS["native"][-1] | {"id": "na2"}]
    forms[1] = client_file(permissions={"read": []}, id="hy2")
    for form in forms:
        assert take(small_site, form, include_private=True) == {"held": 1}, form
    assert rows(small_site) == len(forms)
    with small_site.parts.db.reading() as session:
        ids = [it.id for it in session.query(Annotation)]
        assert {it.visibility for it in session.query(Annotation)} == {"held"}
    assert everywhere(app, *ids) == set()
    assert faults(small_site) == []
    for form in forms:
        assert take(small_site, form, include_private=True) == {"unchanged": 1}
        assert take(small_site, form) == {"private": 1}
    queue = signed_in(app, small_site, "Mia", "moderator").get("/moderation").text
    assert BODY in queue
    with small_site.parts.db.transaction() as session:
        mia = accounts.viewer_named(session, "Mia")
        for ident in ids:
            actions.decide(session, actions.moderator(mia), APPROVE, ident)
    small_site.parts.indexer.drain()
    assert {"/search?q=plainly", "/api/search?q=plainly"} <= everywhere(app, ids[0])
    assert faults(small_site) == []


@pytest.mark.parametrize("replies_first", [False, True])
@pytest.mark.parametrize("include_private", [False, True])
def test_replies_to_what_is_private_are_not_published(
    app: Flask, small_site: Site, replies_first: bool, include_private: bool
) -> None:
    """Nor the replies to those, in whatever order they come."""
    reply: JSON = {"text": "The wombat again.", "target": [{"source": "x"}]}
    thread = [
        hypothesis(permissions={"read": []}),
        hypothesis(id="hy2", references=["hy1"], **reply),
        hypothesis(id="hy3", references=["hy1", "hy2"], **reply),
        web(rights=CLOSED),
        web(id="https://x.example/w2", motivation="replying", target="https://x.example/w1"),
        native(held=True),
        native(id="na2", in_reply_to="na1", targets=[]),
    ]
    thread = thread[::-1] if replies_first else thread
    expected = {"held" if include_private else "private": len(thread)}
    assert take(small_site, thread, include_private=include_private) == expected
    assert everywhere(app, "hy1", "hy2", "hy3", "na1", "na2") == set()
    assert rows(small_site) == (len(thread) if include_private else 0)
    later = native(id="na3", in_reply_to="na1", targets=[])
    what = "private" if include_private else "refused"
    assert take(small_site, later) == {what: 1}
    assert faults(small_site) == []


def test_what_became_private_there_is_told_and_left_here(small_site: Site) -> None:
    assert take(small_site, hypothesis()) == {"added": 1}
    assert take(small_site, hypothesis(permissions={"read": []})) == {"private": 1}
    assert rows(small_site) == 1


def test_what_is_private_in_one_place_of_a_file_is_so_in_all(small_site: Site) -> None:
    public = hypothesis()
    reply = hypothesis(id="reply1", references=[public["id"]], target=[])
    second = hypothesis(id="reply2", references=[public["id"], "reply1"], target=[])
    hidden = public | {"hidden": True}
    for order in itertools.permutations([public, hidden, reply, second]):
        assert take(small_site, list(order)) == {"private": 4}
        assert rows(small_site) == 0
    outcomes = take(small_site, [public, reply, second, hidden], include_private=True)
    assert outcomes == {"held": 3, "unchanged": 1}


@pytest.mark.parametrize(
    ("form", "outcome"),
    [
        (collection(), "added"),
        (collection(rights="CC0-1.0", before={"audience": "public"}), "added"),
        (collection(before={"audience": TEACHERS}), "private"),
        (collection(rights=CLOSED), "private"),
        (collection({"rights": "All rights reserved"}), "private"),
        (collection(**{"schema:audience": "staff"}), "private"),
        (collection(status=200), "added"),
        (collection(before={"to": [FRIENDS]}), "private"),
    ],
)
def test_what_a_collection_says_of_its_readers_holds_for_all_in_it(
    small_site: Site, form: JSON, outcome: str
) -> None:
    assert take(small_site, form) == {outcome: 1}


def test_a_collection_that_breaks_off_hides_no_word_about_readers(small_site: Site) -> None:
    whole = json.dumps(collection(before={"audience": "staff"})).encode()
    with small_site.parts.db.transaction() as session:
        intake = imports.Intake(Limits(), "garden", licence=LICENCE)
        outcomes = intake.take(session, list(reading.read(io.BytesIO(whole[:-3]))))
    assert {it.what for it in outcomes} == {"private", "refused"}


def test_the_sites_own_licence_is_none_that_restricts(small_site: Site) -> None:
    own = "https://garden.example/terms"
    assert take(small_site, web(rights=own)) == {"private": 1}
    assert take(small_site, web(rights=f"{own}/"), licence=own) == {"added": 1}


def test_a_tombstone_is_no_private_annotation(small_site: Site) -> None:
    gone = native(deleted=True, author=None, body=None, tags=[], targets=[])
    answer = native(id="na2", in_reply_to="na1", targets=[])
    assert take(small_site, [gone, answer]) == {"added": 2}


def test_the_w3cs_protocol_refuses_what_is_not_for_everybody(app: Flask, small_site: Site) -> None:
    """Sending and replacing; what is public is stored."""
    with small_site.parts.db.transaction() as session:
        ada = accounts.viewer_named(session, "Ada")
        mine = annotations.create(session, ada, Draft("garden", body="Mine."), Limits())
    token = {"Authorization": f"Bearer {small_site.token()}"}
    client = app.test_client()
    source = "http://localhost/api/documents/garden/editions/2026-03-01/text"
    for form in FORMS["w3c"]:
        target = form["target"] | {"source": source}
        sent = client.post("/w3c/garden/", json=form | {"target": target}, headers=token)
        assert sent.status_code == 422, form
        assert sent.json["error"]["field"]
        present = client.get(f"/w3c/annotations/{mine}", headers=token).json
        new = {"@context", *(form.keys() - web().keys())}
        changed = present | {key: form[key] for key in new}
        if changed != present:
            replaced = client.put(f"/w3c/annotations/{mine}", json=changed, headers=token)
            assert replaced.status_code == 422, form
    assert rows(small_site) == 1
    public = web(audience="public", rights="CC-BY-4.0", target=web()["target"] | {"source": source})
    assert client.post("/w3c/garden/", json=public, headers=token).status_code == 201
