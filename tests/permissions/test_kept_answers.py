"""An answer kept in memory equals a new one, before and after everything that writes.

The pages are all GET addresses of the table, requested by nobody in particular. The changes are all
forms that write, and what only the command line does. One application keeps answers; the other, on
the same data, keeps none, nor anything else from one change to the next.
"""

from __future__ import annotations

import dataclasses
import gzip
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from annotator.app import create_app
from annotator.config import Config, Limits, Webmention
from annotator.db import Base, Cache, Database
from annotator.models import Account, Outbox, SignIn
from annotator.parts import Parts
from annotator.services.editions import editions
from annotator.services.moderation import actions, reversals
from annotator.services.revisions import add_edition, alignment_corrections
from annotator.services.site import switches
from annotator.web.http import caching
from annotator.web.pages import blueprint
from tests.conftest import SAMPLES, site_of
from tests.helpers.unshown import UNSHOWN
from tests.permissions.scene import COLUMNS, OTHER, Scene
from tests.permissions.sent import SENT, Sent
from tests.permissions.test_every_door import Row, rows

READ = [row for row in rows() if row.method == "GET" and row.cells[0] == "200"]
# The API's operations call what the pages' forms call.
WRITE = [row for row in rows() if row.method == "POST" and any("+" in cell for cell in row.cells)
         and not row.rule.startswith(("/api/", "/w3c/"))]  # fmt: skip
PASSING = {"date", "expires", "x-request-id", "set-cookie"}
# What is private, does not depend on the database alone, or is sent in pieces.
NEVER_KEPT = {
    "/recover", "/webmention/<mention_id>", "/health", "/health/live", "/api/export",
    "/static/<path:filename>", "/assets/<edition>/<path:name>",
    "/unsubscribe/<token>",
}  # fmt: skip
# They say the same whatever is written.
STILL = {
    "/api/", "/api/openapi.json", "/sign-in", "/sign-up", "/hypothesis/api/groups",
    "/hypothesis/api/groups/__world__", "/hypothesis/api/links", "/hypothesis/api/profile",
    "/hypothesis/api/profile/groups",
}  # fmt: skip
SHOWING = [row for row in READ if row.rule not in NEVER_KEPT | STILL]
# They say that no anonymous page shows what they write.
UNSEEN = {"/sign-in", "/sign-out", "/news/mute", "/news/read", "/following"}


def correct(session: Session, scene: Scene) -> None:
    """Make the first paragraph of the older edition correspond to another of the newer."""
    old, new = editions.every(session, editions.document(session, "garden").id)
    before = next(at for at, it in enumerate(old.parsed.provisions) if it.kind == "paragraph")
    after = next(at for at, it in enumerate(new.parsed.provisions)
                 if it.kind == "paragraph" and new.pids[at] != old.pids[before])  # fmt: skip
    alignment_corrections.correct(session, "garden", "2026-06-01", "map", [old.pids[before]],
                                  [after], reason="They correspond.", by="x")  # fmt: skip


def undo(session: Session, scene: Scene) -> None:
    """Reverse the hiding of an annotation."""
    by = actions.moderator(scene.viewers["Root"])
    reversals.undo(session, by, int(scene.things[OTHER]["act"]), "A mistake.")


def add(session: Session, scene: Scene) -> None:
    """Add an edition."""
    add_edition.add(session, slug="garden", label="2026-09-01", name="garden-1.md",
                    data=(SAMPLES / "garden-1.md").read_bytes())  # fmt: skip


BY_COMMAND: Mapping[str, Callable[[Session, Scene], object]] = {
    "correction": correct, "undo": undo, "edition": add,
    "another document": lambda session, _: add_edition.add(
        session, slug="other", label="1", name="x.md", data=b"# Other\n\nWords.\n"),
    "read-only": lambda session, _: switches.throw(session, "read_only", True, "Root"),
    "approval": lambda session, _: switches.throw(session, "approve_everything", True, "Root"),
}  # fmt: skip


@dataclasses.dataclass
class Both:
    """An application that keeps answers, the scene's, and one on the same data that does not."""

    scene: Scene
    plain: Flask
    plain_db: Database
    found: list[bool]

    def get(self, row: Row, app: Flask, who: str = OTHER, **headers: str) -> TestResponse:
        """Request a row's address without a cookie, for the things of `who`."""
        sent = SENT.get(" ".join(filter(None, (row.method, row.rule, row.variant))), Sent())
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(self.scene, "app", app)
            if app is self.plain:
                patched.setattr(blueprint, "kept_comments", Cache(1))
            return self.scene.send(None, "GET", row.rule, sent, self.scene.things[who], named)

    def warm(self, who: str = OTHER) -> None:
        """Request every address, to be kept."""
        for row in SHOWING:
            self.get(row, self.scene.app, who)

    def differing(self, who: str = OTHER) -> list[Any]:
        """Return the addresses that the two applications answer differently, with the answers."""
        self.plain_db.cache.clear()
        both = ((row, [seen(self.get(row, app, who)) for app in (self.scene.app, self.plain)])
                for row in SHOWING)  # fmt: skip
        return [(row.name, kept, new) for row, (kept, new) in both if kept != new]

    def put_back(self) -> None:
        """Restore the scene's database."""
        self.plain_db.engine.dispose()
        self.scene.changed()


def seen(answer: TestResponse) -> tuple[Any, ...]:
    """Return an answer without what is new each time; one with a form's token is not kept."""
    body = b"" if "Set-Cookie" in answer.headers else answer.get_data()
    if answer.headers.get("Content-Encoding") == "gzip":  # which has the time in it
        body = gzip.decompress(body)
    body = body.replace(answer.headers["X-Request-Id"].encode(), b"")
    headers = [line for line in answer.headers if line[0].lower() not in PASSING]
    return answer.status_code, body and headers, body


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Both]:
    data = tmp_path_factory.mktemp("kept")
    (data / "annotator.sqlite3").write_bytes(sqlite_template.read_bytes())
    config = Config(data=data, limits=Limits(enabled=False), webmention=Webmention(receive=True))
    site, other = site_of(config), Database.of(config)
    scene = Scene(site)
    site.parts.indexer.rebuild()
    found: list[bool] = []
    find = caching.Answers.find

    def noted(self: caching.Answers, key: caching.Key, state: caching.State) -> Any:
        kept = find(self, key, state)
        found.append(kept is not None)
        return kept

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(caching.Answers, "find", noted)
        patched.setattr(caching, "MOST_BYTES", 0)
        plain = create_app(config, Parts(config, other, site.parts.engine))
        yield Both(scene, plain, other, found)
    other.close()
    site.parts.close()


def test_every_address_is_kept_unless_it_has_a_form_or_is_not_from_the_database(both: Both) -> None:
    new = set()
    for row in READ:
        for headers in ({}, {"Accept_Encoding": "gzip"}, {"X_Fragment": "1"}):
            first = both.get(row, both.scene.app, **headers)
            both.found.clear()
            again = both.get(row, both.scene.app, **headers)
            if both.found != [True] and "Set-Cookie" not in again.headers:
                new.add(row.rule)
            assert seen(first) == seen(again) == seen(both.get(row, both.plain, **headers)), row
    assert new == NEVER_KEPT


@pytest.mark.parametrize("row", WRITE, ids=lambda row: row.name)
def test_a_kept_answer_is_a_new_one_after_whatever_is_written(both: Both, row: Row) -> None:
    column = next(name for name, cell in zip(COLUMNS, row.cells, strict=False) if "+" in cell)
    who = COLUMNS[column]
    owner = who.person if who.own and who.person else OTHER
    sent = SENT.get(" ".join(filter(None, (row.method, row.rule, row.variant))), Sent())
    both.warm(owner)
    before = both.plain_db.state()
    both.scene._send(column, row.method, row.rule, sent)
    after = both.plain_db.state()
    assert both.differing(owner) == []
    assert (after == before) == (row.rule in UNSEEN)
    both.put_back()


@pytest.mark.parametrize("act", BY_COMMAND)
def test_a_kept_answer_is_a_new_one_after_an_act_of_the_command_line(both: Both, act: str) -> None:
    both.warm()
    with both.scene.site.parts.db.transaction() as session:
        BY_COMMAND[act](session, both.scene)
    assert both.differing() == []
    both.scene.site.parts.indexer.rebuild()
    assert both.differing() == []
    both.put_back()


def test_unshown_are_tables_and_no_other_is_written_by_what_says_so(both: Both) -> None:
    assert set(Base.metadata.tables) > UNSHOWN
    db = both.scene.site.parts.db
    with db.transaction(shown=False) as session:
        session.execute(delete(SignIn).where(SignIn.digest == "none"))
    with pytest.raises(AssertionError, match="accounts"), db.transaction(shown=False) as session:
        session.execute(update(Account).values(role="member"))
    with pytest.raises(AssertionError, match="outbox"), db.transaction(shown=False) as session:
        session.add(Outbox(kind="annotation", key="x"))
