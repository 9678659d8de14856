"""`annotator webmention`: looking at pages that mention documents here, and deciding about them."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import time
from collections import Counter
from typing import TYPE_CHECKING

import click

from annotator import logs
from annotator.cli.context import Opening, counted, echo, plain, with_site
from annotator.config import Config
from annotator.db import Database
from annotator.errors import AnnotatorError
from annotator.models import Mention
from annotator.outside import Client
from annotator.schemas.annotations import stamp
from annotator.services.accounts import accounts
from annotator.services.moderation import actions
from annotator.services.moderation.actions import COMMAND_LINE
from annotator.services.webmention import mentions

if TYPE_CHECKING:  # checking quotations takes long to import, and most commands only list
    from annotator.services.webmention.verification import Due

PAUSE_SECONDS = 5.0
log = logging.getLogger(__name__)


@click.group()
def webmention() -> None:
    """Receive webmentions: verify what is queued."""


@webmention.command()
@click.option("--watch", is_flag=True, help="Go on until interrupted.")
@with_site
def run(opening: Opening, watch: bool) -> None:
    """Look at the pages of all mentions that are queued."""
    with opening.parts() as parts:
        echo(_told(once(parts.db)))
        while watch:
            time.sleep(PAUSE_SECONDS)
            if done := once(parts.db):
                echo(_told(done))


def once(db: Database, client: Client | None = None) -> Counter[str]:
    """Look at everything that is due, and count what came of it; no transaction waits for a page.

    What is queued meanwhile is looked at too, but nothing twice.
    """
    from annotator.services.webmention import verification

    client = client or verification.CLIENT
    done, seen = Counter[str](), set[str]()
    while True:
        with db.reading() as session:
            due = [it for it in verification.due(session) if it.id not in seen]
        if not due:
            return done
        for it in due:
            seen.add(it.id)
            done[_settled(db, it, client)] += 1


def _settled(db: Database, it: Due, client: Client) -> str:
    """Look at one; whatever its page does to us, those behind it in the queue have their turn."""
    from annotator.services.webmention import verification

    try:
        looked = verification.look(it, client)
        with db.transaction() as session:
            return verification.store(session, it, looked)
    except AnnotatorError:
        raise
    except Exception:
        log.exception("the mention %s cannot be read", it.id)
        unread = verification.Verification(trouble="It cannot be read.", gone=True)
        with db.transaction() as session:
            return verification.store(session, it, unread)


def start(config: Config) -> None:
    """Look at what is queued from a process of its own, which ends with this one."""
    made = multiprocessing.get_context("spawn").Process(
        target=_follow, args=(config, os.getpid()), name="webmention", daemon=True
    )
    made.start()


def _follow(config: Config, parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever stops the server stops this too
    logs.set_up(config)
    db = Database.of(config)
    while os.getppid() == parent:
        try:
            once(db)
        except AnnotatorError:
            log.warning("mentions have to wait", exc_info=True)
        time.sleep(PAUSE_SECONDS)


def _told(done: Counter[str]) -> str:
    parts = (f"{many} {state}" for state, many in sorted(done.items()))
    return f"{counted(done.total(), 'mention')} looked at{': ' if done else ''}{', '.join(parts)}."


@webmention.command("list")
@click.option("--state", type=click.Choice(mentions.STATES), help="Only those in this state.")
@with_site
def list_(opening: Opening, state: str | None) -> None:
    """List mentions, the newest first."""
    with opening.parts() as parts, parts.db.reading() as session:
        found = [it for it in mentions.listed(session) if state in (None, it.state)]
        for it in found:
            echo(_line(it))
    echo(f"{counted(len(found), 'mention')}.")


def _line(it: Mention) -> str:
    why = it.trouble or it.reason
    return plain(f"{it.id} {it.state} {stamp(it.created)[:10]} {it.source} -> {it.target}"
                 f" {it.title}{f' ({why})' if why else ''}")  # fmt: skip


def _decide(opening: Opening, ident: str, act: str, reason: str, by: str | None) -> None:
    with opening.parts() as parts, parts.db.transaction() as session:
        who = actions.moderator(accounts.viewer_named(session, by)) if by else COMMAND_LINE
        echo(_line(mentions.decide(session, who.name, ident, act, reason)))


by_whom = click.option("--by", metavar="NAME", help="The moderator whose decision this is.")


@webmention.command()
@click.argument("ident", metavar="ID")
@click.option("--reason", default="", help="Why, if there is anything to say.")
@by_whom
@with_site
def approve(opening: Opening, ident: str, reason: str, by: str | None) -> None:
    """Show the mention ID."""
    _decide(opening, ident, "approve", reason, by)


@webmention.command()
@click.argument("ident", metavar="ID")
@click.option("--reason", required=True, help="Why, in a sentence or two.")
@by_whom
@with_site
def refuse(opening: Opening, ident: str, reason: str, by: str | None) -> None:
    """Do not show the mention ID."""
    _decide(opening, ident, "refuse", reason, by)


@webmention.command()
@click.argument("ident", metavar="ID")
@by_whom
@with_site
def undo(opening: Opening, ident: str, by: str | None) -> None:
    """Undo the last decision about the mention ID."""
    _decide(opening, ident, "undo", "", by)
