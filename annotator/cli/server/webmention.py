"""`annotator webmention`: verifying and moderating mentions of documents here."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import click

from annotator import logs
from annotator.cli.context import Opening, result, with_site
from annotator.cli.output import Result, counted, echo, listed, plain
from annotator.config import Config
from annotator.db import Database
from annotator.errors import AnnotatorError, Conflict
from annotator.hosts import ThisHost, open_leases
from annotator.models import Mention
from annotator.outside import Client
from annotator.schemas.annotations import stamp
from annotator.services.accounts import accounts
from annotator.services.moderation import actions
from annotator.services.moderation.actions import COMMAND_LINE
from annotator.services.webmention import mentions

PAUSE_SECONDS = 5.0
TASK = "webmention"
log = logging.getLogger(__name__)


@click.group()
def webmention() -> None:
    """List and verify webmentions, and decide about them."""


@webmention.command()
@click.option("--watch", is_flag=True, help="Run until interrupted.")
@with_site
def run(opening: Opening, watch: bool) -> None:
    """Verify all queued mentions by fetching their pages."""
    with opening.parts() as parts, parts.leases.holding(TASK) as leads:
        if not leads:
            raise Conflict("A server of this site verifies mentions already.")
        echo(_summary(verify_due(parts.db)))
        while watch:
            time.sleep(PAUSE_SECONDS)
            if done := verify_due(parts.db, require=lambda: parts.leases.require(TASK)):
                echo(_summary(done))


def verify_due(
    db: Database, client: Client | None = None, require: Callable[[], None] = lambda: None
) -> Counter[str]:
    """Verify all mentions that are due, and count the resulting states.

    `require` is called before a result is stored, and raises if another process has taken over.
    Mentions queued during this are verified too, each once. No transaction waits for a page.
    """
    from annotator.services.webmention import verification

    client = client or verification.CLIENT
    done, seen = Counter[str](), set[str]()
    while True:
        with db.reading() as session:
            due = [mention for mention in verification.due(session) if mention.id not in seen]
        if not due:
            return done
        for mention in due:
            seen.add(mention.id)
            done[_verify(db, mention, client, require)] += 1


def _verify(db: Database, mention: Mention, client: Client, require: Callable[[], None]) -> str:
    """Verify a mention; a page that breaks it does not stop the queue."""
    from annotator.services.webmention import verification

    try:
        looked = verification.look(mention, client)
        require()
        with db.transaction() as session:
            return verification.store(session, mention, looked)
    except AnnotatorError:
        raise
    except Exception:
        log.exception("the mention %s cannot be read", mention.id)
        unread = verification.Verification(trouble="It cannot be read.", gone=True)
        with db.transaction() as session:
            return verification.store(session, mention, unread)


def start(config: Config, host: ThisHost) -> None:
    """Start a process that verifies queued mentions and ends with this one."""
    multiprocessing.get_context("spawn").Process(
        target=_watch, args=(config, host, os.getpid()), name="webmention", daemon=True
    ).start()


def _watch(config: Config, host: ThisHost, parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ends with the server
    logs.set_up(config)
    db, stopped = Database.of(config), threading.Event()
    leases = open_leases(config, db, host)

    def verify() -> float:
        verify_due(db, require=lambda: leases.require(TASK))
        return PAUSE_SECONDS

    leases.lead(TASK, verify, stopped)
    while os.getppid() == parent:
        time.sleep(1)


def _summary(done: Counter[str]) -> str:
    states = f": {listed(done)}" if done else ""
    return f"{counted(done.total(), 'mention')} verified{states}."


@webmention.command("list")
@click.option("--state", type=click.Choice(mentions.STATES), help="Only mentions in this state.")
@result(listed=True)
def list_(opening: Opening, state: str | None) -> Result:
    """List mentions, newest first."""
    with opening.parts() as parts, parts.db.reading() as session:
        rows = [row for row in mentions.listed(session) if state in (None, row.state)]
        data, lines = [_json(row) for row in rows], [_line(row) for row in rows]
    return Result(f"{counted(len(rows), 'mention')}.", data, lines, records=True)


def _json(mention: Mention) -> dict[str, str]:
    return {"id": mention.id, "state": mention.state, "created": stamp(mention.created),
            "source": mention.source, "target": mention.target, "title": mention.title,
            "reason": mention.trouble or mention.reason}  # fmt: skip


def _line(mention: Mention) -> str:
    why = mention.trouble or mention.reason
    day, link = stamp(mention.created)[:10], f"{mention.source} -> {mention.target}"
    suffix = f" ({why})" if why else ""
    return plain(f"{mention.id} {mention.state} {day} {link} {mention.title}{suffix}")


def _decides(act: str, text: str, *options: Callable[..., Any]) -> None:
    @webmention.command(act, help=text)
    @click.argument("ident", metavar="ID")
    @click.option("--by", metavar="NAME", help="The moderator who acts.")
    @result()
    def command(opening: Opening, ident: str, by: str | None, reason: str = "") -> Result:
        with opening.parts() as parts, parts.db.transaction() as session:
            who = actions.moderator(accounts.viewer_named(session, by)) if by else COMMAND_LINE
            decided = mentions.decide(session, who.name, ident, act, reason)
            return Result(_line(decided), _json(decided))

    for option in options:
        option(command)


_decides("approve", "Approve the mention ID, which is then shown.",
         click.option("--reason", default="", help="The reason, optional."))  # fmt: skip
_decides("refuse", "Refuse the mention ID, which is then not shown.",
         click.option("--reason", required=True, help="A sentence or two."))  # fmt: skip
_decides("undo", "Undo the last action on the mention ID.")
