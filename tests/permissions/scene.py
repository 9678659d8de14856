"""A site with somebody of every kind, what is theirs, and the way each of them asks.

`ask` sends one request and tells its status and whether the database is another one after it; then
the database is put back, so that each cell of the table begins with the same site.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from annotator.app import create_app
from annotator.auth.permissions import SCOPES, Viewer
from annotator.db import Base
from annotator.formats.mention import MentionContent
from annotator.models import SignIn
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.accounts import accounts, credentials
from annotator.services.annotations import annotations
from annotator.services.answers import answers, drafters
from annotator.services.answers.answers import AnswerDraft
from annotator.services.answers.desk import DeskChoice
from annotator.services.editions import editions
from annotator.services.essays import essays
from annotator.services.essays.proposals import EssaySubmission
from annotator.services.moderation import actions, decisions, sanctions
from annotator.services.moderation.actions import Decision
from annotator.services.moderation.decisions import BulkFilter
from annotator.services.webmention import mentions, verification
from tests.conftest import Site, close_file
from tests.helpers.visitor import form_token, send
from tests.permissions.sent import SENT, Sent

PASSWORD = "a long enough pass phrase"
ESSAY = EssaySubmission("It says “the town asks little in return”. I doubt it.", "text", "On gates")
SAID = MentionContent("On gates")
PEOPLE = {"Ada": "member", "Ben": "member", "Mia": "moderator", "Root": "administrator",
          "Sue": "member", "Dora": "member"}  # fmt: skip
OTHER = "Ada"  # to whom "another's" things belong


def mentioned(session: Session, place: str, source: str, said: MentionContent = SAID) -> str:
    """Make a page elsewhere mention a document, as if it had been looked at; gives its id."""
    here = "http://localhost"
    ident = mentions.receive(session, source, f"{here}/d/{place}", here)
    due = next(it for it in verification.due(session) if it.id == ident)
    verification.store(session, due, verification.Verification(said, said.excerpt or "-", "text"))
    return ident


class Who(NamedTuple):
    """A column: who asks, by which token (None: in a browser), and whether it is their own."""

    person: str | None
    scopes: tuple[str, ...] | None
    own: bool
    revoked: bool = False


DRAFTER = "Dora"
COLUMNS: dict[str, Who] = {
    "nobody's": Who(None, None, own=False),
    "member other's": Who("Ben", None, own=False),
    "member own": Who("Ben", None, own=True),
    "moderator other's": Who("Mia", None, own=False),
    "moderator own": Who("Mia", None, own=True),
    "admin other's": Who("Root", None, own=False),
    "suspended other's": Who("Sue", None, own=False),
    "suspended own": Who("Sue", None, own=True),
    "read own": Who("Ben", SCOPES[:1], own=True),
    "write other's": Who("Ben", SCOPES[:2], own=False),
    "write own": Who("Ben", SCOPES[:2], own=True),
    "moderate other's": Who("Mia", SCOPES, own=False),
    "revoked own": Who("Ben", SCOPES[:2], own=True, revoked=True),
}
EVERY_ROW = [
    f"SELECT * FROM {table.name} ORDER BY {', '.join(table.primary_key.columns.keys())}"  # noqa: S608
    for table in Base.metadata.sorted_tables
]
BY_TOKEN = [name for name, who in COLUMNS.items() if who.scopes]


@dataclass
class Browser:
    """A browser's cookie, and what its forms must carry."""

    cookie: str
    csrf: str


class Scene:
    """The site, its people, and what each of them has."""

    version: Any = None

    def __init__(self, site: Site) -> None:
        self.site = site
        self.app: Flask = create_app(site.parts.config, site.parts)
        site.add()
        site.add("garden-2.md", "2026-06-01")
        with site.parts.db.reading() as session:
            self.pid = editions.newest(session, "garden").pids[3]
        self.viewers = {name: site.person(name, PASSWORD, role) for name, role in PEOPLE.items()}
        self.things = {name: self._things(viewer) for name, viewer in self.viewers.items()}
        self.browsers = {name: self._browser(name) for name in (None, *PEOPLE)}
        self.signed_out = self._signed_out("Ben")
        self.tokens = {name: self._token(COLUMNS[name]) for name in BY_TOKEN}
        for name, things in self.things.items():
            things["sign_in"] = self._sign_in(name)
        self._moderate()
        self._answer()
        self.site.tell()
        for name in COLUMNS:  # notes that each has come today
            self._send(name, "GET", "/api/documents", Sent())
        self.kept = Path(f"{self.file}.kept")
        close_file(site.parts.db)
        shutil.copy(self.file, self.kept)
        self.watching = sqlite3.connect(self.file)
        self.before = self._rows()
        self._written()

    @property
    def file(self) -> Path:
        """The database."""
        return self.site.parts.config.data / "annotator.sqlite3"

    def ask(self, column: str, method: str, rule: str, variant: str) -> str:
        """Send a row's request as one column does; give its cell: `403`, or `303+` if it wrote."""
        sent = SENT.get(" ".join(filter(None, (method, rule, variant))), Sent())
        status = self._send(column, method, rule, sent)
        return f"{status}{'+' if self.changed() else ''}"

    def changed(self) -> bool:
        """Return whether the database has changed since the last call, and restore it."""
        changed = self._written() and self._rows() != self.before
        if changed:
            self._put_back()
        return changed

    def _send(self, column: str, method: str, rule: str, sent: Sent) -> int:
        who = COLUMNS[column]
        things = self.things[who.person if who.own and who.person else OTHER]
        browser = self.browsers[None if who.scopes else who.person]
        headers = {"X-CSRFToken": browser.csrf}
        if who.scopes:
            headers["Authorization"] = f"Bearer {self.tokens[column]}"
        answer = self.send(browser.cookie, method, rule, sent, things, headers)
        data = answer.get_data()  # what is streamed is read to its end
        if answer.mimetype == "text/html":
            forms = re.findall(rb"<(/?)form\b", data)
            # A form within a form ends the outer one: its later fields would not be sent.
            assert forms == [b"", b"/"] * (len(forms) // 2), f"{rule}: a form within a form"
        return answer.status_code

    def send(
        self, cookie: str | None, method: str, rule: str, sent: Sent, things: dict[str, str],
        headers: dict[str, str], body: str | None = None,
    ) -> TestResponse:  # fmt: skip
        """Send a request to a rule's address, with a browser's cookie, if any, and headers.

        `body` is sent as it is, in place of a form or JSON.
        """
        names = {**things, **sent.fill}
        path = re.sub(r"<(?:[^:>]+:)?(\w+)>", lambda found: f"{{{found[1]}}}", rule)
        client = self.app.test_client()
        if cookie is not None:
            client.set_cookie("annotator", cookie)
        filled = {key: value.format_map(things) for key, value in names.items()}
        return client.open(
            path.format_map(filled) + sent.query.format_map(things), method=method, headers=headers,
            data=body if sent.form is None else _filled(sent.form, things),
            json=None if sent.json is None else _filled(sent.json, things),
        )  # fmt: skip

    def _written(self) -> bool:
        """Return whether anything was committed since the last call."""
        last, self.version = self.version, self.watching.execute("PRAGMA data_version").fetchone()
        return bool(last != self.version)

    def _rows(self) -> list[list[tuple[Any, ...]]]:
        """Read every row of the database."""
        return [self.watching.execute(query).fetchall() for query in EVERY_ROW]

    def _put_back(self) -> None:
        self.site.parts.db.engine.dispose()
        self.watching.close()
        for ending in ("-wal", "-shm"):
            Path(f"{self.file}{ending}").unlink(missing_ok=True)
        shutil.copy(self.kept, self.file)
        self.site.parts.db.cache.clear()
        self.watching = sqlite3.connect(self.file)
        self._written()

    def _things(self, viewer: Viewer) -> dict[str, str]:
        """Make a person's things: an annotation, a deleted one, a hidden one, a token."""
        db = self.site.parts.db
        with db.transaction() as session:
            limits = self.site.parts.config.limits
            target = (DraftTarget(exact="three gates"),)
            annotation, deleted, hidden = (
                annotations.create(
                    session, viewer, Draft("garden", "2026-03-01", target, body), limits
                )
                for body in ("A heron.", "Two herons.", "Three herons.")
            )
            unanswered = annotations.create(
                session, viewer, Draft("garden", "2026-03-01", target, "Four herons."), limits
            )  # fmt: skip
            proposal = ("replace", f"{viewer.name}'s gates")
            suggestion = annotations.create(
                session, viewer, Draft("garden", "2026-03-01", target, suggestion=proposal), limits
            )
            annotations.delete(session, viewer, deleted)
            essay = essays.publish(session, viewer, "garden", ESSAY, limits).id
            mention = mentioned(session, "garden", f"https://blog.example.org/{viewer.name}")
            links = {
                purpose: credentials.make_link(
                    session, viewer.account or 0, purpose, "a@example.org"
                )
                for purpose in (credentials.CONFIRM, credentials.RECOVER)
            }
        token = self.site.token(viewer.name, label="x")
        return links | {
            "person": viewer.name, "ident": annotation, "deleted": deleted, "hidden": hidden,
            "suggestion": suggestion, "unanswered": unanswered,
            "essay_id": essay, "mention_id": mention, "token": accounts.digest(token),
            "password": PASSWORD,
            "slug": "garden", "pid": self.pid, "label": "2026-06-01", "name": "garden",
            "form": "atom", "tag": "gates",
            "labels": "2026-03-01..2026-06-01",
        }  # fmt: skip

    def _browser(self, name: str | None) -> Browser:
        client = self.app.test_client()
        send(client, "/sign-in", name=name or "", password=PASSWORD)
        csrf = form_token(client, "/account" if name else "/sign-in")
        kept = client.get_cookie("annotator")
        assert kept is not None
        return Browser(kept.value, csrf)

    def _signed_out(self, name: str) -> Browser:
        """A browser that somebody has signed out of; the cookie is the one from before."""
        browser = self._browser(name)
        client = self.app.test_client()
        client.set_cookie("annotator", browser.cookie)
        client.post("/sign-out", data={"csrf_token": browser.csrf})
        return browser

    def _token(self, who: Who) -> str:
        assert who.person
        assert who.scopes
        token = self.site.token(who.person, scopes=who.scopes)
        if who.revoked:
            with self.site.parts.db.transaction() as session:
                digest = accounts.digest(token)
                credentials.revoke_token(session, self.viewers[who.person].account, digest)
        return token

    def _sign_in(self, name: str) -> str:
        with self.site.parts.db.reading() as session:
            query = select(SignIn.digest).where(SignIn.account_id == self.viewers[name].account)
            return session.scalars(query).one()

    def _answer(self) -> None:
        """Make Dora a drafter; she has answered a comment of each person, and drafted one more."""
        engine, limits = self.site.parts.engine, self.site.parts.config.limits
        with self.site.parts.db.transaction() as session:
            drafters.add(session, "garden", DRAFTER, "command line")
            dora = self.viewers[DRAFTER]
            noted = AnswerDraft("noted", "Thank you.")
            for things in self.things.values():
                chosen = DeskChoice([(things["ident"], None)])
                ident, _ = answers.write(session, engine, dora, "garden", chosen, noted, limits)
                answers.publish(session, engine, dora, "garden", answers=[ident])
                chosen = DeskChoice([(things["suggestion"], None)])
                draft, _ = answers.write(session, engine, dora, "garden", chosen, noted, limits)
                things |= {"answer_id": ident, "draft_id": draft}

    def _moderate(self) -> None:
        """Hide one annotation of each person, by a moderator who is not its author; suspend Sue."""
        hide = Decision("hide", "abuse", "It calls names.")
        parts = self.site.parts
        with parts.db.transaction() as session:
            for name, things in self.things.items():
                by = actions.moderator(self.viewers["Mia" if name == "Root" else "Root"])
                done = actions.decide(session, by, hide, things["hidden"], None)
                things["entry"] = things["act"] = str(done.id)
            by = actions.moderator(self.viewers["Root"])
            sanctions.decide(session, by, Decision("suspend", "suspension", "Enough.", days=3),
                              "Sue")  # fmt: skip
            for name, things in self.things.items():
                wanted = BulkFilter("hide", author=name)
                seen = decisions.select_annotations(session, parts.engine, by, wanted)
                things["selection"] = seen.state


def _filled(value: Any, things: dict[str, str]) -> Any:
    """Put somebody's things where `{ident}` and the like stand."""
    if isinstance(value, str):
        return value.format_map(things)
    if isinstance(value, dict):
        return {key: _filled(item, things) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, things) for item in value]
    return value
