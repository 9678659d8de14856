"""What each row of the table sends. `{ident}`, `{person}` and the like are things of `scene.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Sent:
    """A form or a JSON body, a query, and what stands in the address where that is not usual."""

    form: dict[str, str] | None = None
    json: dict[str, Any] | None = None
    query: str = ""
    fill: dict[str, str] = field(default_factory=dict)


ONE = "/api/annotations/<ident>"
FORM = "<any(atom,json):form>"
LOG = "/moderation/log/<int(max=2147483647):act>"
ESSAY = {
    "essay": "It says “keep quiet and mean it”. It says “three gates”. I doubt it.",
    "kind": "text",
    "title": "On quiet",
}
FLAG = {"rule": "abuse", "words": "It is rude."}
HIDE = {"act": "hide", "rule": "abuse", "reason": "It calls names."}
SAID = {"type": "Annotation", "target": "http://localhost/d/garden",
        "body": {"type": "TextualBody", "value": "Fine."}}  # fmt: skip
GATES = {"source": "http://localhost/api/documents/garden/editions/2026-03-01/text",
         "selector": {"type": "TextQuoteSelector", "exact": "three gates"}}  # fmt: skip

SENT: dict[str, Sent] = {
    # The API
    "POST /api/annotations": Sent(json={"document": "garden", "body": "Fine."}),
    "POST /api/annotations (reply)": Sent(json={"in_reply_to": "{ident}", "body": "Fine."}),
    f"PATCH {ONE}": Sent(json={"body": "Other words."}),
    f"POST {ONE}/restore": Sent(fill={"ident": "{deleted}"}),
    f"GET {ONE} (hidden)": Sent(fill={"ident": "{hidden}"}),
    f"GET {ONE}/versions (hidden)": Sent(fill={"ident": "{hidden}"}),
    f"PUT {ONE}/agreement": Sent(fill={"ident": "{suggestion}"}),
    f"DELETE {ONE}/agreement": Sent(fill={"ident": "{suggestion}"}),
    "GET /api/suggestions/export": Sent(query="?document=garden"),
    "GET /api/answers": Sent(query="?document=garden"),
    "GET /api/answers (draft)": Sent(query="?document=garden&state=draft"),
    "POST /api/answers": Sent(json={"document": "garden", "outcome": "noted",
                                    "annotations": [{"id": "{unanswered}"}]}),
    "POST /api/answers/publish": Sent(json={"document": "garden", "ids": ["{draft_id}"]}),
    "POST /api/documents/<slug>/desk": Sent(json={"mark": "read",
                                                  "annotations": [{"id": "{unanswered}"}]}),
    f"PUT {ONE}/content": Sent(json={"content": "yes"}),
    "POST /a/<ident>/content": Sent(form={"content": "yes"}),
    "POST /d/<document:slug>/desk": Sent(form={"do": "read", "id": "{unanswered}:"}),
    f"POST {ONE}/flags": Sent(json=FLAG),
    "POST /api/moderation/log/<entry>/appeals": Sent(json={"words": "It was about the text."}),
    "POST /api/moderation/acts": Sent(json={**HIDE, "annotations": [{"id": "{ident}"}]}),
    "GET /api/moderation/selection": Sent(query="?act=hide&author={person}"),
    "POST /api/follows": Sent(json={"kind": "document", "key": "garden"}),
    "DELETE /api/follows": Sent(query="?kind=thread&key={ident}"),
    "POST /api/news/read": Sent(json={}),
    "POST /following": Sent(form={"kind": "document", "key": "garden"}),
    "POST /api/preview": Sent(json={"body": "*Hm.*"}),
    "POST /api/documents/<slug>/quotations": Sent(json={"essay": "It says “three gates”."}),
    "POST /d/<document:slug>/essays": Sent(form=ESSAY),
    "POST /d/<document:slug>/essays/preview": Sent(form=ESSAY),
    "POST /d/<document:slug>/quotations": Sent(form={"essay": "It says “three gates”."}),
    "GET /api/cite": Sent(query="?document=garden&edition=2026-06-01&start=0&end=7"),
    "GET /api/resolve": Sent(query="?cite=garden@2026-06-01/purpose/1"),
    "GET /api/search": Sent(query="?q=heron"),
    "POST /w3c/": Sent(json=SAID),
    "POST /w3c/<slug>/": Sent(json=SAID),
    "POST /w3c/<slug>/p/<pid>/": Sent(json={**SAID, "target": "http://localhost/d/garden/p/{pid}"}),
    "PUT /w3c/annotations/<ident>": Sent(json={**SAID, "target": GATES}),
    "GET /w3c/annotations/<ident> (hidden)": Sent(fill={"ident": "{hidden}"}),
    # Pages
    "GET /a/<ident> (hidden)": Sent(fill={"ident": "{hidden}"}),
    "GET /a/<ident>/appeal": Sent(fill={"ident": "{hidden}"}),
    "POST /a/<ident>/agree": Sent(fill={"ident": "{suggestion}"}),
    "POST /a/<ident>/edit": Sent(form={"body": "Other words.", "tags": "", "edits": "0"}),
    "POST /a/<ident>/flag": Sent(form=FLAG),
    "POST /a/<ident>/reply": Sent(form={"body": "Fine."}),
    "POST /a/<ident>/restate": Sent(form={"do": "confirm"}),
    "POST /a/<ident>/restore": Sent(fill={"ident": "{deleted}"}),
    "POST /account/delete": Sent(form={"present": "{password}", "commentary": "remove"}),
    "POST /account/email": Sent(form={"present": "{password}", "email": "a@example.org",
                                      "do": "set"}),
    "POST /account/news": Sent(form={"to_me": "never", "followed": "never"}),
    f"GET /feeds/mine/<key>.{FORM}": Sent(fill={"key": "x"}),
    "POST /account/name": Sent(form={"name": "Lovelace"}),
    "POST /account/openid/end": Sent(form={"subject": "1", "issuer": "x",
                                           "present": "{password}"}),
    "POST /account/password": Sent(form={"present": "{password}", "password": "another phrase"}),
    "POST /account/sessions": Sent(form={"digest": "{sign_in}"}),
    "POST /account/tokens": Sent(form={"label": "Mine"}),
    "POST /account/tokens (moderate)": Sent(form={"label": "Mine", "scope": "moderate"}),
    "POST /account/tokens/revoke": Sent(form={"digest": "{token}"}),
    "GET /assets/<edition>/<path:name>": Sent(fill={"edition": "x", "name": "icon.svg"}),
    "GET /confirm": Sent(query="?key={confirm}"),
    "POST /confirm": Sent(query="?key={confirm}"),
    "GET /recover/password": Sent(query="?key={recover}"),
    "POST /recover/password": Sent(query="?key={recover}", form={"password": "another phrase"}),
    "GET /hypothesis/api/people/<user>": Sent(fill={"user": "acct:Ada@localhost"}),
    "GET /d/<name>/<path:place>": Sent(fill={"place": "purpose/1"}),
    "POST /d/<slug>/p/<pid>": Sent(form={"body": "Fine."}),
    "POST /d/<slug>/p/<pid>/suggest": Sent(form={"paragraph": "More.", "do": "insert"}),
    "POST /news/mute": Sent(form={"kind": "thread", "key": "{ident}"}),
    "POST /moderation/acts": Sent(form={**HIDE, "annotation": "{ident}"}),
    "GET /moderation/bulk": Sent(query="?act=hide&author={person}"),
    "POST /moderation/bulk": Sent(form={**HIDE, "author": "{person}", "selection": "{selection}"}),
    "POST /moderation/mentions/<mention_id>": Sent(form={"act": "approve"}),
    "POST /webmention": Sent(form={"source": "https://blog.example.org/",
                                   "target": "http://localhost/d/garden"}),
    f"POST {LOG}/appeal": Sent(form={"words": "It was about the text."}),
    f"GET /feeds/people/<path:name>.{FORM}": Sent(fill={"name": "{person}"}),
    f"GET /feeds/search.{FORM}": Sent(query="?q=heron"),
    "GET /people/<path:name>": Sent(fill={"name": "{person}"}),
    "POST /sign-in": Sent(form={"name": "Ada", "password": "{password}"}),
    "POST /sign-up": Sent(form={"name": "Lovelace", "password": "{password}"}),
    "GET /static/<path:filename>": Sent(fill={"filename": "icon.svg"}),
}  # fmt: skip
