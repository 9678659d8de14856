"""Each status that the description names is given by some request, and that request stands here."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import delete, update

from annotator.app import create_app
from annotator.config import Config, Limits, Moderation
from annotator.models import Document, Withdrawn
from annotator.services.accounts import accounts
from annotator.services.answers import drafters
from annotator.services.moderation import actions, sanctions
from annotator.services.moderation.actions import Decision
from annotator.services.personal_data import account_deletion
from annotator.web.api.operations import OPERATIONS
from tests.conftest import Site, close_file, site_of
from tests.described import hold_answers_to_description
from tests.helpers.visitor import form_token

COMMON = {401, 411, 413, 414, 429, 503}  # see the tests of tokens, limits, loads and switches
ALL = ("read", "write", "moderate")
DRAFTS = ("read", "write", "answer")
NOTED = {"document": "garden", "outcome": "noted"}
MARK = {"mark": "read", "annotations": [{"id": "{theirs}"}]}
LONG = "x" * 10**5
STALE = {"If-Match": '"old"'}


class Ask(NamedTuple):
    """A request: a query, a body, headers, whose token, and what stands in the address."""

    query: str = ""
    body: Any = None
    headers: dict[str, str] = {}  # noqa: RUF012  never changed
    who: str = "Ada"
    at: dict[str, str] = {}  # noqa: RUF012


GONE, THEIRS = {"ident": "{deleted}"}, {"ident": "{theirs}"}
NOWHERE = {"ident": "x", "slug": "nowhere", "entry": "99"}
POST = {"document": "garden", "body": "Fine."}
ONCE, KEY = POST | {"body": "Once."}, {"Idempotency-Key": "k"}
FOLLOW, IN_A_BROWSER = {"kind": "document", "key": "garden"}, "Ada in a browser"
FLAG = {"rule": "abuse", "words": "Rude."}
HIDE = {"act": "hide", "rule": "abuse", "reason": "It calls names.",
        "annotations": [{"id": "{theirs}"}]}  # fmt: skip
WRONG_TYPE = {"Content-Type": "text/plain"}
HAVE = {"If-None-Match": "*"}  # any answer

# (operation, status): a request. 400 of what takes a query, and 404 of what has a place in its
# address, are the same everywhere, and are made by the test.
ASKED: dict[tuple[str, int], Ask] = {
    ("list_annotations", 404): Ask("?document=nowhere"),
    ("list_annotations", 422): Ask("?sort=loudest"),
    ("create_annotation", 200): Ask(body=ONCE, headers=KEY),
    ("create_annotation", 201): Ask(body=POST),
    ("create_annotation", 202): Ask(body=POST | {"body": "https://a.org https://b.org"}),
    ("create_annotation", 403): Ask(body=POST, who="Sue"),
    ("create_annotation", 404): Ask(body=POST | {"document": "nowhere"}),
    ("create_annotation", 409): Ask(body=POST | {"target": {"exact": "Never said."}}),
    ("create_annotation", 422): Ask(body=POST | {"body": LONG}),
    ("get_annotation", 410): Ask(at=GONE),
    ("change_annotation", 200): Ask(body={"body": "Other."}),
    ("change_annotation", 403): Ask(body={"body": "Other."}, at=THEIRS),
    ("change_annotation", 410): Ask(body={"body": "Other."}, at=GONE),
    ("change_annotation", 412): Ask(body={"body": "Other."}, headers=STALE),
    ("change_annotation", 422): Ask(body={"body": LONG}),
    ("delete_annotation", 403): Ask(at=THEIRS),
    ("delete_annotation", 410): Ask(at=GONE),
    ("delete_annotation", 412): Ask(headers=STALE),
    ("restore_annotation", 200): Ask(at=GONE),
    ("restore_annotation", 403): Ask(at=THEIRS),
    ("restore_annotation", 409): Ask(),
    ("restore_annotation", 410): Ask(at={"ident": "{old}"}),
    ("give_agreement", 200): Ask(at={"ident": "{suggested}"}),
    ("give_agreement", 403): Ask(at={"ident": "{suggested}"}, who="Sue"),
    ("give_agreement", 409): Ask(at={"ident": "{suggested}"}, who="Ben"),
    ("withdraw_agreement", 200): Ask(at={"ident": "{suggested}"}),
    ("withdraw_agreement", 403): Ask(at={"ident": "{suggested}"}, who="Sue"),
    ("withdraw_agreement", 409): Ask(at={"ident": "{suggested}"}, who="Ben"),
    ("list_suggestions", 404): Ask("?conflicting=nothing"),
    ("export_suggestions", 200): Ask("?document=garden"),
    ("export_suggestions", 404): Ask("?document=nowhere"),
    ("export_suggestions", 422): Ask("?document=garden&format=morse"),
    ("list_follows", 403): Ask(),
    ("create_follow", 201): Ask(body=FOLLOW, who=IN_A_BROWSER),
    ("create_follow", 403): Ask(body=FOLLOW),
    ("create_follow", 404): Ask(body=FOLLOW | {"key": "nowhere"}, who=IN_A_BROWSER),
    ("create_follow", 422): Ask(body=FOLLOW | {"kind": "tree"}, who=IN_A_BROWSER),
    ("delete_follow", 204): Ask("?kind=document&key=garden", who=IN_A_BROWSER),
    ("delete_follow", 403): Ask("?kind=document&key=garden"),
    ("delete_follow", 404): Ask("?kind=document&key=nowhere", who=IN_A_BROWSER),
    ("delete_follow", 422): Ask("?kind=tree&key=garden", who=IN_A_BROWSER),
    ("list_follows", 200): Ask(who=IN_A_BROWSER),
    ("list_news", 403): Ask(who="Writer"),
    ("mark_news", 403): Ask(body={}, who="Reader"),
    ("list_news", 422): Ask("?class=loud"),
    ("mark_news", 200): Ask(body={}),
    ("list_versions", 410): Ask(at=GONE),
    ("create_flag", 201): Ask(body=FLAG, at=THEIRS),
    ("create_flag", 403): Ask(body=FLAG),
    ("create_flag", 409): Ask(body=FLAG, at={"ident": "{flagged}"}),
    ("create_flag", 410): Ask(body=FLAG, at=GONE, who="Ben"),
    ("create_flag", 422): Ask(body=FLAG | {"rule": "dull"}, at=THEIRS),
    ("commentary", 422): Ask("?verdict=guilty"),
    ("list_of_provision", 422): Ask("?sort=loudest"),
    ("search", 200): Ask("?q=heron"),
    ("search", 404): Ask("?q=x&document=nowhere"),
    ("search", 422): Ask("?q=x&kind=tree"),
    ("list_tags", 404): Ask("?document=nowhere"),
    ("export", 404): Ask("?document=nowhere"),
    ("export", 422): Ask("?format=morse"),
    ("resolve", 200): Ask("?cite=garden@2026-03-01/purpose/1"),
    ("resolve", 300): Ask("?cite=garden@2026-03-01/opening-huors/1"),
    ("resolve", 404): Ask("?cite=garden@2026-03-01/purpose/999"),
    ("cite", 200): Ask("?document=garden&start=0&end=7"),
    ("cite", 404): Ask("?document=nowhere&start=0&end=7"),
    ("cite", 422): Ask("?document=garden&start=7&end=0"),
    ("preview", 200): Ask(body={"body": "*Hm.*"}),
    ("preview", 422): Ask(body={"body": LONG}),
    ("quotations", 200): Ask(body={"essay": "It says “keep quiet” there."}),
    ("quotations", 422): Ask(body={"essay": " "}),
    ("list_log", 404): Ask("?document=nowhere"),
    ("list_log", 422): Ask("?rule=dullness"),
    ("create_appeal", 201): Ask(body={"words": "No."}, who="Ben"),
    ("create_appeal", 403): Ask(body={"words": "No."}),
    ("create_appeal", 409): Ask(body={"words": "No."}, who="Ben", at={"entry": "{appealed}"}),
    ("create_appeal", 422): Ask(body={"words": ""}, who="Ben"),
    ("get_desk", 200): Ask(who="Dora"),
    ("get_desk", 403): Ask(),
    ("get_desk", 404): Ask(who="Dora", at={"slug": "nowhere"}),
    ("get_desk", 422): Ask("?answer=loud", who="Dora"),
    ("mark_on_desk", 200): Ask(body=MARK, who="Dora"),
    ("mark_on_desk", 403): Ask(body=MARK),
    ("mark_on_desk", 404): Ask(body=MARK | {"annotations": [{"id": "x"}]}, who="Dora"),
    ("mark_on_desk", 409): Ask(body=MARK | {"annotations": [{"id": "{hidden}"}]}, who="Dora"),
    ("mark_on_desk", 422): Ask(body=MARK | {"mark": "shred"}, who="Dora"),
    ("get_account", 422): Ask("?answer=loud"),
    ("list_answers", 200): Ask("?document=garden"),
    ("list_answers", 404): Ask("?document=nowhere"),
    ("list_answers", 422): Ask("?document=garden&state=loud"),
    ("create_answer", 201): Ask(body=NOTED | {"annotations": [{"id": "{theirs}"}]}, who="Dora"),
    ("create_answer", 403): Ask(body=NOTED | {"annotations": [{"id": "{theirs}"}]}),
    ("create_answer", 404): Ask(body=NOTED | {"annotations": [{"id": "x"}]}, who="Dora"),
    ("create_answer", 409): Ask(body=NOTED | {"annotations": [{"id": "{deleted}"}]}, who="Dora"),
    ("create_answer", 422): Ask(body=NOTED | {"annotations": [{"id": "{theirs}"}],
                                              "outcome": "loud"}, who="Dora"),
    ("publish_answers", 200): Ask(body={"document": "garden"}, who="Dora"),
    ("publish_answers", 403): Ask(body={"document": "garden"}),
    ("publish_answers", 404): Ask(body={"document": "nowhere"}, who="Dora"),
    ("publish_answers", 409): Ask(body={"document": "garden", "ids": ["x"]}, who="Dora"),
    ("publish_answers", 422): Ask(
        body={"document": "garden", "selection": {"state": "x", "answer": "loud"}}, who="Dora"
    ),
    ("undo_answer", 200): Ask(who="Dora"),
    ("undo_answer", 403): Ask(),
    ("undo_answer", 404): Ask(who="Dora", at={"answer_id": "x"}),
    ("undo_answer", 409): Ask(who="Dora", at={"answer_id": "{draft_id}"}),
    ("say_content", 200): Ask(body={"content": "yes"}),
    ("say_content", 403): Ask(body={"content": "yes"}, at=THEIRS),
    ("say_content", 404): Ask(body={"content": "yes"}, at={"ident": "x"}),
    ("say_content", 409): Ask(body={"content": "yes"}, at={"ident": "{flagged}"}, who="Ben"),
    ("say_content", 410): Ask(body={"content": "yes"}, at=GONE),
    ("say_content", 422): Ask(body={"content": "maybe"}),
    ("list_queue", 200): Ask(who="Mia"),
    ("list_queue", 403): Ask(),
    ("get_selection", 200): Ask("?act=hide&author=Ada", who="Mia"),
    ("get_selection", 403): Ask("?act=hide&author=Ada"),
    ("get_selection", 404): Ask("?act=hide&author=Nobody", who="Mia"),
    ("get_selection", 410): Ask("?act=hide&author=Left", who="Mia"),
    ("get_selection", 422): Ask("?act=sing&author=Ada", who="Mia"),
    ("create_acts", 201): Ask(body=HIDE, who="Mia"),
    ("create_acts", 403): Ask(body=HIDE),
    ("create_acts", 404): Ask(body=HIDE | {"annotations": [{"id": "x"}]}, who="Mia"),
    ("create_acts", 409): Ask(body=HIDE | {"annotations": [{"id": "{theirs}", "state": "x"}]},
                              who="Mia"),
    ("create_acts", 410): Ask(body=HIDE | {"annotations": [{"id": "{deleted}"}]}, who="Mia"),
    ("create_acts", 422): Ask(body=HIDE | {"reason": ""}, who="Mia"),
}  # fmt: skip


class World:
    """A site in which each of them can be asked."""

    def __init__(self, site: Site) -> None:
        self.site, self.app = site, create_app(site.parts.config, site.parts)
        hold_answers_to_description(self.app)
        site.parts.db.moderation = Moderation(hold_links=1)
        self.tokens: dict[str, str] = {}
        self.names = {"slug": "garden", "label": "2026-03-01"}

    def furnish(self) -> None:
        """Let people write, delete, flag, decide, appeal and leave."""
        site = self.site
        with site.parts.db.transaction() as session:
            session.execute(update(Document).values(licence="CC0-1.0"))
        for name in ("Ben", "Sue", "Left"):
            site.person(name)
        mia = site.person("Mia", role="moderator")
        self.tokens |= {name: site.token(name) for name in ("Ada", "Ben", "Sue", "Left")}
        self.tokens |= {"Writer": site.token(scopes=("write",)),
                        "Reader": site.token(scopes=("read",))}  # fmt: skip
        self.tokens["Mia"] = site.token("Mia", scopes=ALL)
        site.person("Dora")
        self.tokens["Dora"] = site.token("Dora", scopes=DRAFTS)
        self._annotations()
        self._answers()
        with site.parts.db.transaction() as session:
            by = actions.moderator(mia)
            sanctions.decide(session, by, Decision("suspend", "suspension", "So.", days=3), "Sue")
            session.execute(delete(Withdrawn).where(Withdrawn.annotation_id == self.names["old"]))
            account_deletion.leave(session, accounts.named(session, "Left").id, keep=True)

    def _answers(self) -> None:
        with self.site.parts.db.transaction() as session:
            drafters.add(session, "garden", "Dora", "command line")
        for name, comment, publish in (("answer_id", "ident", True),
                                       ("draft_id", "suggested", False)):  # fmt: skip
            chosen = {"annotations": [{"id": self.names[comment]}], "publish": publish}
            made = self.send("POST", "/api/answers", Ask(body=NOTED | chosen, who="Dora"))
            assert made.status_code == 201, made.text
            self.names[name] = made.get_json()["id"]

    def _annotations(self) -> None:
        def post(who: str, words: str, **more: Any) -> Any:
            sent = {"document": "garden", "target": {"exact": "keep quiet"}, "body": words}
            return self.send("POST", "/api/annotations", Ask(body=sent | more, who=who)).get_json()

        mine = post("Ada", "A heron.")
        self.names |= {"ident": mine["id"], "pid": mine["pid"]}
        for name, who in (("deleted", "Ada"), ("old", "Ada"), ("theirs", "Ben"),
                          ("flagged", "Ben"), ("hidden", "Ben"), ("again", "Ben")):  # fmt: skip
            self.names[name] = post(who, f"A {name} heron.")["id"]
        self.names["suggested"] = post(
            "Ben", "Why not?", suggestion={"act": "replace", "wording": "be quiet"}
        )["id"]
        self.send("POST", "/api/annotations", Ask(body=ONCE, headers=KEY))
        for name in ("deleted", "old"):
            self.send("DELETE", f"/api/annotations/{self.names[name]}", Ask())
        self.send("POST", f"/api/annotations/{self.names['flagged']}/flags", Ask(body=FLAG))
        for name, entry in (("hidden", "entry"), ("again", "appealed")):
            hide = HIDE | {"annotations": [{"id": self.names[name]}]}
            done = self.send("POST", "/api/moderation/acts", Ask(body=hide, who="Mia"))
            self.names[entry] = str(done.get_json()["items"][0]["id"])
        self.send("POST", f"/api/moderation/log/{self.names['appealed']}/appeals",
                  Ask(body={"words": "No."}, who="Ben"))  # fmt: skip

    def send(self, method: str, path: str, ask: Ask) -> Any:
        """Send a request."""
        client = self.app.test_client()
        if ask.who == IN_A_BROWSER:
            with self.site.parts.db.transaction() as session:
                ada = accounts.named(session, "Ada")
                key = accounts.begin(session, ada)
            with client.session_transaction() as cookie:
                cookie["sign_in"] = key
            headers = {"X-CSRFToken": form_token(client, "/account")} | ask.headers
        else:
            headers = {"Authorization": f"Bearer {self.tokens[ask.who]}"} | ask.headers
        ask = self.filled(ask)
        return client.open(
            path.format_map(ask.at) + ask.query, method=method.upper(), json=ask.body,
            headers=headers,
        )  # fmt: skip

    def filled(self, ask: Ask) -> Ask:
        """Put in the names of what there is; `at` then holds all that an address may need."""
        at = self.names | {key: value.format_map(self.names) for key, value in ask.at.items()}
        return ask._replace(body=_filled(ask.body, self.names), at=at)


def _filled(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, names) for item in value]
    return value.format_map(names) if isinstance(value, str) else value


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory, small_template: Path) -> World:
    """The site that is asked; each test asks a copy of it."""
    data = tmp_path_factory.mktemp("furnished")
    shutil.copy(small_template, data / "annotator.sqlite3")
    world = World(site_of(Config(data=data, limits=Limits(enabled=False))))
    world.furnish()
    close_file(world.site.parts.db)
    return world


@pytest.fixture
def world(config: Config, furnished: World) -> Iterator[World]:
    """A copy of the site."""
    shutil.copytree(furnished.site.parts.config.data, config.data)
    copy = World(site_of(config))
    copy.names, copy.tokens = furnished.names, furnished.tokens
    yield copy
    copy.site.parts.close()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda it: it.name)
def test_each_status_that_is_described_is_given(world: World, operation: Any) -> None:
    for status, ask in asks(operation):
        answer = world.send(operation.method, operation.path, ask)
        assert answer.status_code == status, (operation.name, status, answer.text)


def asks(operation: Any) -> Iterator[tuple[int, Ask]]:
    """Yield each status that an operation gives, and the request that leads to it."""
    statuses = {*operation.gives, *operation.every_refusal} - COMMON
    if (operation.name, 409) not in ASKED:  # two at the very same moment
        statuses -= {409}
    if operation.conditional:
        statuses.add(304)
    for status in sorted(statuses, reverse=True):  # what changes something comes last
        yield status, ASKED.get((operation.name, status)) or _usual(operation, status)


def _usual(operation: Any, status: int) -> Ask:
    """Return the request that leads to a status in every operation."""
    name = operation.name
    fine = next((ASKED[name, it] for it in (200, 201, 204) if (name, it) in ASKED), Ask())
    if status == 304:
        return fine._replace(headers=HAVE)
    if status == 404:
        return fine._replace(at=NOWHERE)
    if status == 415:
        return fine._replace(body=None, headers=WRONG_TYPE)
    if status == 400 and operation.body:
        return fine._replace(body={"nonsense": 1})
    if status == 400 and operation.query:
        return fine._replace(query="?nonsense=1")
    if status == 400:
        return fine._replace(headers={"Authorization": "Basic x"})
    return fine
