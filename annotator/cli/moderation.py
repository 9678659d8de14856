"""`annotator moderation`: what waits, the public log, decisions, and the site's switches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
from sqlalchemy.orm import Session

from annotator.auth.viewer import EVERY_SCOPE, Viewer
from annotator.cli.context import Opening, counted, index_now, with_site
from annotator.services import accounts, acts, deciding, modlog, switches, waiting
from annotator.services.acts import COMMAND_LINE, Decision, Moderator
from annotator.services.deciding import Order
from annotator.services.modlog import Entry

OPERATOR = Viewer(account=0, name="command line", role="administrator", scopes=EVERY_SCOPE)


@click.group()
def moderation() -> None:
    """What moderators decide; every decision stands in the public log."""


def _decides(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command what every decision needs: a reason, a rule, and whose decision it is."""
    for option in (
        click.option("--by", metavar="NAME", help="The moderator whose decision this is."),
        click.option("--rule", default="usable", show_default=True, help="A rule of the charter."),
        click.option("--reason", required=True, help="In a sentence or two; the log is public."),
    ):
        function = option(function)
    return function


def _by(session: Session, name: str | None) -> Moderator:
    return acts.moderator(accounts.viewer_named(session, name)) if name else COMMAND_LINE


def _carry_out(opening: Opening, by: str | None, *orders: Order) -> None:
    with opening.parts() as parts:
        with parts.db.transaction() as session:
            who = _by(session, by)
            done = [act.id for order in orders
                    for act in deciding.carry_out(session, parts.engine, who, order)]  # fmt: skip
            entries = modlog.some(session, done)
        index_now(parts)
    for ident in done:
        click.echo(_line(entries[ident]))


def _line(entry: Entry) -> str:
    about = entry.annotation or entry.account or ""
    undone = f" (undone by #{entry.undone_by})" if entry.undone_by else ""
    return (f"#{entry.id} {entry.created:%Y-%m-%d} {entry.act} {about} by {entry.by}, "
            f"{entry.place}: {entry.reason}{undone}")  # fmt: skip


@moderation.command()
@with_site
def queue(opening: Opening) -> None:
    """List what waits for a moderator."""
    with opening.parts() as parts, parts.db.reading() as session:
        found = waiting.page(session, OPERATOR, limit=200)
        for case in found.items:
            click.echo(f"{case.kind} {case.ident}" + "".join(f" [{x.rule}]" for x in case.said))
    click.echo(f"{counted(found.total, 'case')} waiting.")


@moderation.command()
@click.option("--rule", help="Only decisions under this rule.")
@click.option("--document", help="Only decisions about this document's commentary.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1))
@with_site
def log(opening: Opening, rule: str | None, document: str | None, limit: int) -> None:
    """Print the public log, newest first."""
    with opening.parts() as parts, parts.db.reading() as session:
        for entry in modlog.page(session, rule=rule, document=document, limit=limit).items:
            click.echo(_line(entry))


def _on_remarks(act: str, text: str) -> None:
    @moderation.command(act, help=text)
    @click.argument("ids", nargs=-1, required=True, metavar="ID…")
    @_decides
    @with_site
    def command(
        opening: Opening, ids: tuple[str, ...], rule: str, reason: str, by: str | None
    ) -> None:
        about = [(ident, None) for ident in ids]
        _carry_out(opening, by, Order(Decision(act, rule, reason), about))


_on_remarks("hide", "Hide remarks; the rule is a ground of the charter.")
_on_remarks("restore", "Show hidden remarks again.")
_on_remarks("approve", "Let remarks stand, or show those that wait.")


@moderation.command()
@click.argument("name")
@click.option("--days", type=int, required=True, help="From 1 to 30.")
@_decides
@with_site
def suspend(opening: Opening, name: str, days: int, rule: str, reason: str, by: str | None) -> None:
    """Suspend the account NAME."""
    _carry_out(opening, by, Order(Decision("suspend", rule, reason, days), account=name))


@moderation.command()
@click.argument("name")
@_decides
@with_site
def ban(opening: Opening, name: str, rule: str, reason: str, by: str | None) -> None:
    """Ban the account NAME."""
    _carry_out(opening, by, Order(Decision("ban", rule, reason), account=name))


@moderation.command()
@click.argument("name")
@_decides
@with_site
def unban(opening: Opening, name: str, rule: str, reason: str, by: str | None) -> None:
    """End the ban or suspension of the account NAME."""
    _carry_out(opening, by, Order(Decision("reinstate", rule, reason), account=name))


@moderation.command()
@click.argument("act", type=click.IntRange(1, 2**31 - 1))
@_decides
@with_site
def undo(opening: Opening, act: int, rule: str, reason: str, by: str | None) -> None:
    """Take the decision number ACT back."""
    _carry_out(opening, by, Order(Decision("undo", rule, reason), entry=act))


@moderation.command()
@click.argument("appeal", type=click.IntRange(1, 2**31 - 1))
@click.option("--grant/--refuse", required=True, help="Whether the appeal is granted.")
@_decides
@with_site
def answer(
    opening: Opening, appeal: int, grant: bool, rule: str, reason: str, by: str | None
) -> None:
    """Answer the appeal number APPEAL, under the rule that was cited."""
    decision = Decision("grant" if grant else "uphold", rule, reason)
    _carry_out(opening, by, Order(decision, appeal=appeal))


@moderation.command()
@click.argument("name")
@click.argument("state", type=click.Choice(["on", "off"]))
@with_site
def switch(opening: Opening, name: str, state: str) -> None:
    """Turn the switch NAME on or off: approve_everything, read_only."""
    with opening.parts() as parts, parts.db.transaction() as session:
        switches.throw(session, name, state == "on", COMMAND_LINE.name)
    click.echo(f"{name} is {state}.")
