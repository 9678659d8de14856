"""What is withheld says nothing anywhere: at no address, to nobody who may not know it, in no file.

Each withheld thing has a word of its own, which stands nowhere else. Every address that answers to
GET is asked for every one of them, by everybody; then every file of the data folder and of a backup
is read.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from annotator.app import create_app
from annotator.auth.permissions import Viewer
from annotator.config import Config, Limits, Moderation, Search
from annotator.db import now
from annotator.formats.files import reading
from annotator.formats.mention import MentionContent
from annotator.models import Origin, Posting, Withdrawn
from annotator.parts import open_parts
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.search.engines.whoosh import WhooshEngine
from annotator.services.accounts import accounts, credentials
from annotator.services.annotations import annotations, listings
from annotator.services.essays import essays
from annotator.services.essays.proposals import EssaySubmission
from annotator.services.moderation import actions, complaints
from annotator.services.moderation.actions import Decision
from annotator.services.operations import backup, status
from annotator.services.personal_data import account_deletion
from annotator.services.webmention import mentions
from tests.conftest import Site
from tests.helpers import importing
from tests.helpers.visitor import PASSWORD, form_token, sign_in
from tests.pages.test_hidden_everywhere import HIDE, addresses
from tests.permissions.scene import mentioned
from tests.permissions.sent import SENT, Sent

PLACE = DraftTarget(exact="The north gate is locked at dusk")
REMOVE = Decision("remove-version", "private-information", "Names a neighbour.", version=1)
WITHHELD = {"held", "heldreply", "heldearly", "hidden", "hiddenreply", "hiddenearly", "heldessay",
            "heldtitle", "heldurl"}  # fmt: skip
DELETED = {"deleted", "deletedearly", "deletedreply", "deletedanswered", "pastessay", "leftwords"}
# Of these no word is left anywhere, once an hour has gone by.
GONE = DELETED | {"removed", "removedimport", "deletedimport", "pasttitle", "pasturl"}
ASKED = {"flag", "appeal", "mention", "refused", "reason"}
OWN = {"email", "label", "key"}
SHOWN = {"shown", "kept"}
ALL = WITHHELD | GONE | ASKED | OWN | SHOWN | {"hiddenimport", "left"}
# Who may be told what, and where; everybody may be told what is shown.
MAY = {
    "nobody": {},
    "Ben": {"/news": {"flag"}, "/account/download": {"flag", "key"}},
    "Ada": {
        "/news": WITHHELD | {"appeal"},
        "/account/download": WITHHELD | (DELETED - {"leftwords"}) | OWN | {"appeal"},
        "/account": {"label"},
        "/a/": WITHHELD, "/api/annotations/": WITHHELD, "/w3c/annotations/": WITHHELD,
        "/essays/": WITHHELD,
    },
    "Mia": {
        "/a/": WITHHELD | {"hiddenimport"}, "/api/annotations/": WITHHELD | {"hiddenimport"},
        "/w3c/annotations/": WITHHELD | {"hiddenimport"}, "/essays/": WITHHELD,
        "/moderation/mentions": {"mention", "refused", "reason"},
        "/moderation": WITHHELD | {"flag", "appeal"},
        "/api/moderation/queue": WITHHELD | {"flag", "appeal"},
    },
}  # fmt: skip


def word(name: str) -> str:
    """The word that only this thing has."""
    return f"zq{name}zq"


def said_in(text: str) -> set[str]:
    """Return the things that a text mentions."""
    return {name for name in ALL if word(name) in text.lower()}


@dataclass
class Scene:
    """The site, and the ids of what is withheld."""

    site: Site
    app: Flask
    ids: dict[str, str] = field(default_factory=dict)
    pid: str = ""

    def do(self, doing: Callable[..., Any]) -> Any:
        """Do something in a transaction."""
        with self.site.parts.db.transaction() as session:
            return doing(session)

    def post(self, name: str, who: Viewer, to: str = "") -> None:
        """Store a comment, or a reply to one, whose word is its name."""
        draft = Draft(body=f"A {word(name)} said plainly.", tags=(f"{word(name)}-tag", "plain"))
        if to:
            draft = replace(draft, in_reply_to=self.ids[to])
        else:
            draft = replace(draft, document="garden", edition="2026-03-01", targets=(PLACE,))
        key = f"{word('key')}{name}"
        self.ids[name] = self.do(lambda s: annotations.post(s, who, draft, Limits(), key))[0]

    def edit(self, name: str, to: str, who: Viewer) -> None:
        """Edit a comment; from then on it has that name too."""
        self.ids[to] = self.ids[name]
        new = {"body": f"A {word(to)} said plainly.", "tags": [f"{word(to)}-tag"]}
        self.do(lambda s: annotations.edit(s, who, self.ids[to], limits=Limits(), **new))

    def publish(self, name: str, who: Viewer) -> None:
        """Publish an essay of one comment."""
        text = f"It says “the town asks little in return”. I doubt {word(name + 'essay')}."
        essay = EssaySubmission(text, "text", f"On {word(name + 'title')}",
                        source_url=f"https://blog.example.org/{word(name + 'url')}")  # fmt: skip
        self.ids[f"{name}essay"] = self.do(
            lambda s: essays.publish(s, who, "garden", essay, Limits())
        ).id

    def take_in(self, name: str) -> None:
        """Import an annotation in the form of the W3C, which is kept as it came."""
        value = {
            "@context": "http://www.w3.org/ns/anno.jsonld", "type": "Annotation",
            "id": f"https://elsewhere.example/{name}", "creator": {"name": "Zoe"},
            "body": {"type": "TextualBody", "value": f"A {word(name)} said plainly."},
            "target": {"source": "http://localhost/d/garden", "selector":
                       {"type": "TextQuoteSelector", "exact": "three gates"}},
        }  # fmt: skip
        read = reading.read(io.BytesIO(json.dumps(value).encode()), "w3c")
        self.do(lambda s: importing.take_in(s, read, Limits()))
        query = select(Origin.annotation_id).where(Origin.via == value["id"])
        self.ids[name] = self.do(lambda s: s.scalars(query).one())

    def said_in_files(self) -> dict[str, set[str]]:
        """Return the files of the data folder that mention each thing."""
        files = [it for it in self.site.parts.config.data.rglob("*") if it.is_file()]
        return {it.name: said_in(it.read_bytes().decode("latin-1")) for it in files}


@contextmanager
def furnished(data: Path, template: Path) -> Iterator[Scene]:
    """A site whose index is a file, with something withheld of every kind, which it once showed."""
    data.mkdir(parents=True, exist_ok=True)
    shutil.copy(template, data / "annotator.sqlite3")
    config = Config(data=data, limits=Limits(enabled=False), search=Search())
    site = Site(open_parts(config))
    site.add()
    site.add("garden-2.md", "2026-04-01")
    made = Scene(site, create_app(config, site.parts))
    ada, ben, mia = (site.person(name, PASSWORD, "moderator" if name == "Mia" else "member")
                     for name in ("Ada", "Ben", "Mia"))  # fmt: skip
    left = site.person(word("left"), PASSWORD)
    _show(made, ada, ben)
    made.post("leftwords", left)
    made.post("answertoleft", ben, "leftwords")
    site.parts.indexer.drain()
    _withhold(made, ada, ben, actions.moderator(mia))
    made.do(lambda s: account_deletion.leave(s, left.account, keep=False))
    site.parts.indexer.drain()
    yield made
    site.parts.close()


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Scene]:
    """The site of the tests that only ask."""
    with furnished(tmp_path_factory.mktemp("withheld"), sqlite_template) as made:
        yield made


@pytest.fixture
def own_scene(config: Config, sqlite_template: Path) -> Iterator[Scene]:
    """A site of one test alone."""
    with furnished(config.data, sqlite_template) as made:
        yield made


def _show(made: Scene, ada: Viewer, ben: Viewer) -> None:
    for name in ("shown", "hiddenearly", "removed", "deletedearly", "deletedanswered"):
        made.post(name, ada)
    for name in ("hiddenreply", "deletedreply"):
        made.post(name, ada, "shown")
    made.post("answer", ben, "deletedanswered")
    made.edit("hiddenearly", "hidden", ada)
    made.edit("removed", "kept", ada)
    made.edit("deletedearly", "deleted", ada)
    for name in ("hiddenimport", "deletedimport", "removedimport"):
        made.take_in(name)
        made.post(f"answerto{name}", ben, name)
    made.publish("past", ada)
    made.pid = made.do(lambda s: listings.get(s, made.ids["shown"]).targets[0].pid)


def _withhold(made: Scene, ada: Viewer, ben: Viewer, mia: Viewer) -> None:
    do, ids = made.do, made.ids
    do(lambda s: complaints.flag(s, ben, ids["shown"], "abuse", f"It is a {word('flag')}."))
    hidden = [do(lambda s, name=name: actions.decide(s, mia, HIDE, ids[name]))
              for name in ("hidden", "hiddenreply", "hiddenimport")]  # fmt: skip
    do(lambda s: complaints.appeal(s, ada, hidden[0].id, f"No {word('appeal')}."))
    for name in ("removed", "removedimport"):
        do(lambda s, name=name: actions.decide(s, mia, REMOVE, ids[name]))
    zoe = do(lambda s: accounts.viewer_of(annotations.owner_of(s, ids["deletedimport"])))
    for who, name in ((ada, "deleted"), (ada, "deletedreply"), (ada, "deletedanswered"),
                      (zoe, "deletedimport")):  # fmt: skip
        do(lambda s, who=who, name=name: annotations.delete(s, who, ids[name]))
    do(lambda s: essays.remove(s, ada, ids["pastessay"]))
    made.site.parts.db.moderation = Moderation(approve_everything=True)
    made.post("heldearly", ada)
    made.edit("heldearly", "held", ada)
    made.post("heldreply", ada, "shown")
    made.publish("held", ada)
    made.site.parts.db.moderation = Moderation()
    for name in ("mention", "refused"):
        said = MentionContent(f"On {word(name)}", f"{word(name)}", f"It says {word(name)}.")
        source = f"https://{name}.example.org/"
        ids[name] = do(lambda s, source=source, said=said: mentioned(s, "garden", source, said))
    do(lambda s: mentions.decide(s, "Mia", ids["refused"], "refuse", f"As {word('reason')}."))
    do(
        lambda s: credentials.make_link(
            s, ada.account, credentials.CONFIRM, f"{word('email')}@example.org"
        )
    )
    do(lambda s: credentials.create_token(s, ada, word("label")))


def pages_of(made: Scene) -> list[str]:
    """List every address that answers to GET, for each of the things."""
    asked: dict[str, None] = {}
    for name, ident in made.ids.items():
        if name not in WITHHELD | GONE | {"hiddenimport", "shown", "kept"}:
            continue
        for address in addresses(made.app, ident, made.pid):
            essay = made.ids["pastessay" if name == "deleted" else "heldessay"]
            mention = made.ids["refused" if name == "deleted" else "mention"]
            asked[address.replace("/essays/e1", f"/essays/{essay}")
                  .replace("/webmention/m1", f"/webmention/{mention}")] = None  # fmt: skip
        asked[f"/api/search?q={word(name)}"] = None
        asked[f"/api/annotations?tag={word(name)}-tag"] = None
    return list(asked)


def told(client: FlaskClient, asked: list[str]) -> dict[str, set[str]]:
    """Return the addresses that contain the words, apart from the request itself."""
    found = {}
    for address in asked:
        answer = client.get(address)
        assert answer.status_code < 500, address
        text = f"{answer.text} {answer.headers}".lower()
        found[address] = said_in(text) - said_in(address)
    return found


@pytest.mark.parametrize("who", MAY)
def test_nobody_is_told_at_any_address_what_they_may_not_know(scene: Scene, who: str) -> None:
    client = scene.app.test_client()
    if who != "nobody":
        sign_in(client, who)
    found = told(client, pages_of(scene))
    assert sum("shown" in names for names in found.values()) > 10  # else this would see nothing
    assert set().union(*found.values()) >= set().union(SHOWN, *MAY[who].values())
    wrong = {}
    for address, names in found.items():
        path = address.partition("?")[0]
        may = [names for at, names in MAY[who].items()
               if path == at or (at.endswith("/") and path.startswith(at))]  # fmt: skip
        if names := names - SHOWN - set().union(*may):
            wrong[address] = names
    assert wrong == {}


def test_what_is_gone_is_in_no_file_after_an_hour_and_out_of_the_index_after_a_day(
    own_scene: Scene,
) -> None:
    parts = own_scene.site.parts
    before = own_scene.said_in_files()
    in_index = set().union(*(names for name, names in before.items() if name.endswith(".seg")))
    assert in_index >= {"deleted", "hidden", "pastessay", "deletedimport"}  # the control
    assert before["annotator.sqlite3-wal"] >= GONE
    ago = now() - annotations.KEPT - timedelta(minutes=1)
    own_scene.do(lambda s: s.execute(update(Withdrawn).values(deleted=ago)))
    own_scene.do(lambda s: s.execute(update(Posting).values(created=now() - timedelta(days=2))))
    own_scene.do(status.tidy)
    parts.db.empty_log()
    yesterday = time.time() - 24 * 3600 - 60
    for path in (parts.config.data / "index").rglob("*.seg"):
        os.utime(path, (yesterday, yesterday))
    engine = WhooshEngine(parts.config.data / "index")
    while engine.tidy():
        pass
    after = own_scene.said_in_files()
    assert "shown" in after["annotator.sqlite3"]
    assert "shown" in set().union(*(names for name, names in after.items() if ".seg" in name))
    for name, names in after.items():
        allowed = ALL - GONE - {"key"} if name == "annotator.sqlite3" else SHOWN
        assert names <= allowed, name


def test_an_index_built_anew_has_at_once_what_is_shown_and_nothing_else(own_scene: Scene) -> None:
    own_scene.site.parts.indexer.rebuild()
    found = {name: it for name, it in own_scene.said_in_files().items() if name.endswith(".seg")}
    assert set().union(*found.values()) == SHOWN


def test_a_backup_has_what_waits_and_what_is_hidden_and_nothing_that_is_gone(
    scene: Scene, tmp_path: Path
) -> None:
    path = tmp_path / "site.zip"
    with scene.site.parts.db.reading() as session:
        backup.save(session, scene.site.parts.config, path)
    with zipfile.ZipFile(path) as file:
        names = said_in("".join(file.read(it).decode() for it in file.namelist()))
    assert names == ALL - GONE - {"email", "key"}
    assert path.stat().st_mode & 0o077 == 0


def test_a_comment_without_a_position_has_none_to_update(scene: Scene) -> None:
    client = scene.app.test_client()
    sign_in(client, "Ada")
    for name in ("hidden", "held", "hiddenreply", "heldreply"):
        assert client.get(f"/a/{scene.ids[name]}/restate").status_code == 409, name
    assert client.get(f"/a/{scene.ids['deletedanswered']}/restate").status_code == 410
    assert client.get(f"/a/{scene.ids['shown']}/restate").status_code == 200


@pytest.mark.parametrize("who", ["nobody", "Ben"])
def test_what_waits_is_answered_as_what_never_was(scene: Scene, who: str) -> None:
    """At every address and method that takes an annotation's id, with a body that fits."""
    client = scene.app.test_client()
    csrf = form_token(client, "/sign-in")
    if who != "nobody":
        sign_in(client, who)
        csrf = form_token(client, "/account")
    wrong, tried = [], 0
    for rule in scene.app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            if "ident" not in rule.arguments:
                continue
            sent = SENT.get(f"{method} {rule}", Sent())
            answers = []
            for ident in (scene.ids["held"], "0" * 16):
                answer = client.open(
                    str(rule).replace("<ident>", ident), method=method, data=sent.form,
                    json=sent.json, headers={"X-CSRFToken": csrf},
                )  # fmt: skip
                said = re.sub(r'value="[^"]*"|"request_id":"[^"]*"', "", answer.text)
                answers.append((answer.status_code, said.replace(ident, "ID")))
            tried += 1
            if answers[0][0] != answers[1][0]:
                wrong.append((method, str(rule), answers[0][0], answers[1][0]))
    assert tried > 15
    assert wrong == []
