"""A site with every form that an annotation can have."""

from __future__ import annotations

import io
import json
from typing import Any

from sqlalchemy import select

from annotator.config import Limits, Moderation
from annotator.formats.files import reading
from annotator.models import Annotation, Edition
from annotator.schemas.annotations import DraftTarget
from annotator.services.accounts import accounts
from annotator.services.annotations import restatements
from annotator.services.essays import essays
from annotator.services.essays.proposals import EssaySubmission
from tests.api.conftest import Script
from tests.conftest import Site
from tests.helpers import importing

SOURCE = "https://garden.example/rules"


def every_form(script: Script, site: Site) -> list[str]:
    """Fill the site with every form that an annotation can have; return the ids of all."""
    for name, role in (("Mia", "moderator"), ("Ben", "member")):
        site.person(name, role=role)
    quote = {"exact": "keep quiet"}
    spoken = script.post(target=quote, body="A comment.", tags=["a"])
    script("PATCH", f"/api/annotations/{spoken['id']}", json={"body": "Changed.", "tags": []})
    script.post(in_reply_to=spoken["id"], body="A reply.")
    script.post(target={"exact": "three gates"}, body=None, motivation="highlighting")
    script.post(target={"pid": spoken["pid"]}, body="On all of it.")
    script.post(targets=[quote, {"exact": "three gates"}], body="On two.")
    script.post(body="On the document.", motivation="describing")
    restated = script.post(target={"exact": "Ring the bell once."}, body="Once?")["id"]
    lonely, parent, hidden = (script.post(target=quote, body=it)["id"] for it in ("1.", "2.", "3."))
    for ident in (parent, hidden):
        script.post(in_reply_to=ident, body="Under what is gone.")
    for ident in (lonely, parent):
        assert script("DELETE", f"/api/annotations/{ident}").status_code == 204
    moderator = {"Authorization": f"Bearer {site.token('Mia', scopes=('read', 'moderate'))}"}
    hide = {"act": "hide", "rule": "abuse", "reason": "So.", "annotations": [{"id": hidden}]}
    path = "/api/moderation/acts"
    assert script("POST", path, json=hide, headers=moderator).status_code == 201
    _imported(site)
    with site.parts.db.transaction() as session:
        ada = accounts.viewer_named(session, "Ada")
        essay = EssaySubmission(
            "It says “the town asks little in return”. I doubt it.", "text", "On gates"
        )
        essays.publish(session, ada, "garden", essay, Limits())
    site.add("garden-2.md", "2026-06-01")
    with site.parts.db.transaction() as session:
        restatements.restate(
            session, ada, restated, DraftTarget(exact="Wait for the keeper."), Limits()
        )
    site.parts.db.moderation = Moderation(hold_links=1)
    held = {"document": "garden", "body": "https://a.org"}
    assert script("POST", "/api/annotations", json=held).status_code == 202
    with site.parts.db.reading() as session:
        return list(session.scalars(select(Annotation.id)))


def _imported(site: Site) -> None:
    """Take in annotations of another program: found, lost, without words, a note, a reply."""
    document = {"source": SOURCE}

    def row(ident: str, **more: Any) -> dict[str, Any]:
        return {"id": ident, "created": "2026-02-03T10:20:30.123456+00:00", "uri": SOURCE,
                "updated": "2026-02-04T10:20:30.123456+00:00", "user": "acct:ann.b@hypothes.is",
                "text": "Whose?", "tags": ["dusk"], "references": [], "group": "__world__",
                "permissions": {"read": ["group:__world__"]}, "target": [document],
                **more}  # fmt: skip

    def quoting(words: str) -> list[dict[str, Any]]:
        return [document | {"selector": [{"type": "TextQuoteSelector", "exact": words}]}]

    rows = [row("found", target=quoting("three gates")), row("lost", target=quoting("No such one")),
            row("mark", target=quoting("Ring the bell once."), text=""), row("note"),
            row("reply", references=["found"])]  # fmt: skip
    data = io.BytesIO(json.dumps(rows).encode())
    with site.parts.db.transaction() as session:
        session.scalars(select(Edition)).one().source_url = SOURCE
        report = importing.take_in(session, reading.read(data), Limits())
    assert not report.outcomes["refused"], report
