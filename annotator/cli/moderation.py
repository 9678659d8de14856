"""`annotator moderation`: the queue, the public log, actions and the site's switches."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click
from sqlalchemy.orm import Session

from annotator.auth.permissions import EVERY_SCOPE, Viewer
from annotator.cli.context import Opening, index_now, result, with_site
from annotator.cli.output import Result, counted, echo, plain
from annotator.schemas import charter
from annotator.schemas.base import Answer
from annotator.schemas.charter import KINDS
from annotator.schemas.moderation import QUEUE_KINDS, LogEntry, Quarter, QueueItem, RuleCount
from annotator.services.accounts import accounts
from annotator.services.annotations import annotation_loader, listings
from annotator.services.moderation import actions, decisions, moderation_log, moderation_queue
from annotator.services.moderation.actions import COMMAND_LINE, Decision
from annotator.services.moderation.decisions import BulkFilter, Order
from annotator.services.site import switches

OPERATOR = Viewer(account=0, name="command line", role="administrator", scopes=EVERY_SCOPE)
A_PAGE = 200
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON value per line.")


@click.group()
def moderation() -> None:
    """Moderate: the queue, actions, and switches of the site."""


def _decides(rule: str = "usable") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the options of every action to a command: --reason, --rule and --by."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in (
            click.option("--by", metavar="NAME", help="The moderator who acts."),
            click.option("--rule", default=rule, show_default=True, metavar="RULE",
                         help="A rule of the charter; `annotator moderation rules` lists them."),
            click.option("--reason", required=True, help="A sentence or two; it is public."),
        ):  # fmt: skip
            function = option(function)
        return function

    return decorate


def _by(session: Session, name: str | None) -> Viewer:
    return actions.moderator(accounts.viewer_named(session, name)) if name else COMMAND_LINE


def _carry_out(opening: Opening, by: str | None, order: Order) -> Result:
    with opening.parts() as parts:
        with parts.db.transaction() as session:
            who = _by(session, by)
            done = [act.id for act in decisions.carry_out(session, parts.engine, who, order)]
            entries = moderation_log.get_many(session, done)
        index_now(parts)
    summary, *lines = [_line(entries[ident]) for ident in done]
    if lines:
        summary, lines = f"{counted(len(done), 'decision')}.", [summary, *lines]
    return Result(summary, [entries[ident].to_json("") for ident in done], lines)


def _line(entry: LogEntry) -> str:
    about = entry.annotation or entry.account or ""
    undone = f" (undone by #{entry.undone_by})" if entry.undone_by else ""
    return plain(f"#{entry.id} {entry.created:%Y-%m-%d} {entry.act} {about} by {entry.by}, "
                 f"{entry.place}: {entry.reason}{undone}")  # fmt: skip


def _json(value: Answer, licence: str = "") -> str:
    """Return one line of ASCII, which is safe on every terminal."""
    return json.dumps(value.to_json(licence))


@moderation.command()
@click.option("--kind", type=click.Choice(QUEUE_KINDS), help="Show only cases of this kind.")
@as_json
@with_site
def queue(opening: Opening, kind: str | None, as_json: bool) -> None:
    """List the cases waiting for a moderator, appeals first, with reports and statements."""
    with opening.parts() as parts, parts.db.reading() as session:
        cursor: str | None = None
        while True:
            page = moderation_queue.page(session, OPERATOR, cursor, A_PAGE, kind or "")
            if cursor is None and not as_json:
                echo(f"{counted(page.total, 'case')} waiting.")
            for case in page.items:
                licence = parts.config.site.licence
                echo(_json(case, licence) if as_json else _case_text(case))
            cursor = page.next
            if cursor is None:
                break


def _case_text(case: QueueItem) -> str:
    by = f" by {case.annotation.author}" if case.annotation else ""
    due = f", due by {case.due:%Y-%m-%d}" if case.due else ""
    lines = [plain(f"{case.kind} {case.id}{by}{due}{', overdue' if case.overdue else ''}")]
    if case.entry:
        lines.append(f"    {_line(case.entry)}")
    lines += [
        f"    {plain(each.by)}{f' [{each.rule}]' if each.rule else ''}: {plain(each.words)}"
        for each in case.said
    ]
    return "\n".join(lines)


@moderation.command()
@click.argument("ident", metavar="ID")
@result(listed=True)
def show(opening: Opening, ident: str) -> Result:
    """Print the comment ID with its versions, its reports and appeals, and its log."""
    with opening.parts() as parts, parts.db.reading() as session:
        case = moderation_queue.about(session, OPERATOR, ident)
        annotation, versions = case.annotation, listings.versions(session, ident)
        licence = parts.config.site.licence
        entries = moderation_log.page(session, annotation=ident, limit=A_PAGE).items
    assert annotation is not None  # noqa: S101  the case is about one
    state = "hidden" if annotation.hidden else "held" if annotation.held else "visible"
    lines = []
    for version in versions:
        body = "(removed)" if version.removed else plain(version.body or "")
        lines.append(f"version {version.number}, until {version.replaced:%Y-%m-%d}: {body}")
    lines.append(f"version {len(versions) + 1}, now: {plain(annotation.body or '')}")
    lines += [plain(f"by {each.by} [{each.rule}]: {each.words}") for each in case.said]
    lines += [_line(entry) for entry in entries]
    return Result(
        plain(f"{ident} by {annotation.author}, {annotation.created:%Y-%m-%d}, {state}"),
        {"case": case.to_json(licence), "log": [entry.to_json("") for entry in entries]},
        lines,
    )


@moderation.command()
@click.option("--rule", help="Only actions under this rule.")
@click.option("--document", help="Only actions on comments on this document.")
@click.option("--annotation", "--remark", "annotation", metavar="ID",
              help="Only actions on this comment.")  # fmt: skip
@click.option(
    "--limit", default=50, show_default=True, type=click.IntRange(1), help="The number of entries."
)
@click.option("--all", "whole", is_flag=True, help="Print all entries.")
@as_json
@with_site
def log(
    opening: Opening, rule: str | None, document: str | None, annotation: str | None, limit: int,
    whole: bool, as_json: bool,
) -> None:  # fmt: skip
    """Print the public log, newest first."""
    with opening.parts() as parts, parts.db.reading() as session:
        cursor, remaining = None, limit
        while whole or remaining > 0:
            most = A_PAGE if whole else min(remaining, A_PAGE)
            page = moderation_log.page(session, rule=rule, document=document,
                                        annotation=annotation, cursor=cursor,
                                        limit=most)  # fmt: skip
            for entry in page.items:
                echo(_json(entry) if as_json else _line(entry))
            cursor, remaining = page.next, remaining - len(page.items)
            if cursor is None:
                return


@moderation.command()
@result(listed=True)
def rules(opening: Opening) -> Result:
    """List the rules that actions cite; only grounds allow hiding a comment."""
    rows = [(rule.key, "ground" if rule.key in charter.GROUNDS else "rule", rule.name, rule.place)
            for rule in charter.RULES.values()]  # fmt: skip
    data = [dict(zip(("rule", "kind", "name", "place"), row, strict=True)) for row in rows]
    lines = [f"{key}\t{kind}\t{name} ({place})" for key, kind, name, place in rows]
    return Result(f"{counted(len(rows), 'rule')}.", data, lines, records=True)


@moderation.command()
@as_json
@with_site
def counts(opening: Opening, as_json: bool) -> None:
    """Print by quarter how many comments were posted, hidden, appealed and reversed."""
    with opening.parts() as parts, parts.db.reading() as session:
        for quarter in moderation_log.quarters(session).items:
            if as_json:
                echo(_json(quarter))
                continue
            lines: list[tuple[str, Quarter | RuleCount]] = [(f"{quarter.posted} posted", quarter)]
            lines += [(row.rule, row) for row in quarter.rules]
            for what, row in lines:
                numbers = f"{row.hidden} hidden\t{row.appealed} appealed\t{row.reversed} reversed"
                echo(f"{quarter.quarter}\t{what}\t{numbers}")


def _on_annotations(act: str, text: str) -> None:
    @moderation.command(act, help=text)
    @click.argument("ids", nargs=-1, required=True, metavar="ID…")
    @_decides()
    @result(listed=True)
    def command(
        opening: Opening, ids: tuple[str, ...], rule: str, reason: str, by: str | None
    ) -> Result:
        about = [(ident, None) for ident in ids]
        return _carry_out(opening, by, Order(Decision(act, rule, reason), about))


for kind in KINDS.values():
    if kind.about == "annotation" and kind.help:
        _on_annotations(kind.name, kind.help)


@moderation.command("remove-version")
@click.argument("ident", metavar="ID")
@click.argument("version", type=click.IntRange(1))
@_decides("removal")
@result()
def remove_version(
    opening: Opening, ident: str, version: int, rule: str, reason: str, by: str | None
) -> Result:
    """Delete the words of VERSION of the comment ID permanently.

    Versions are numbered from 1, the oldest; the last is the current one, and removing it hides the
    comment. `annotator moderation show ID` and the comment's page list them.
    """
    decision = Decision("remove-version", rule, reason, version=version)
    return _carry_out(opening, by, Order(decision, [(ident, None)]))


@moderation.command()
@click.argument("act", type=click.Choice(list(decisions.FROM)))
@click.option("--author", default="", metavar="NAME", help="Comments by this account.")
@click.option(
    "--search", default="", metavar="QUERY", help="Comments that a search finds; for hiding only."
)
@click.option("--document", default="", metavar="SLUG", help="Only on this document.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@_decides()
@result(listed=True)
def many(
    opening: Opening, act: str, author: str, search: str, document: str, yes: bool, rule: str,
    reason: str, by: str | None,
) -> Result:  # fmt: skip
    """Apply ACT to many comments, by author or by search; lists them first."""
    selection = BulkFilter(act, author, search, document)
    with opening.parts() as parts, parts.db.reading() as session:
        selected = decisions.select_annotations(session, parts.engine, _by(session, by), selection)
        ids = selected.items
        for annotation in annotation_loader.read(session, ids, unveiled=ids):
            text = plain(f"{annotation.id} by {annotation.author}: {annotation.body or ''}")
            echo(text[:100], err=True)
    left = f"{selected.left} need another moderator."
    echo(f"{counted(selected.total, 'comment')}; {left}", err=True)
    if selected.items and not yes:
        click.confirm(f"{act} all of them?", abort=True, err=True)
    order = Order(Decision(act, rule, reason), bulk=selection, state=selected.state)
    return _carry_out(opening, by, order)


def _on_accounts(name: str, act: str, *options: Callable[..., Any]) -> None:
    @moderation.command(name, help=KINDS[act].help)
    @click.argument("account", metavar="NAME")
    @click.option("--annotation", "--remark", "annotation", metavar="ID",
                  help="The comment that is the reason.")  # fmt: skip
    @_decides("suspension")
    @result()
    def command(
        opening: Opening, account: str, annotation: str | None, rule: str, reason: str,
        by: str | None, days: int | None = None,
    ) -> Result:  # fmt: skip
        occasion = [(annotation, None)] if annotation else []
        return _carry_out(opening, by, Order(Decision(act, rule, reason, days), occasion, account))

    for option in options:
        option(command)


_on_accounts("suspend", "suspend",
             click.option("--days", type=int, required=True, help="From 1 to 30."))  # fmt: skip
_on_accounts("ban", "ban")
_on_accounts("unban", "reinstate")


@moderation.command()
@click.argument("entry", type=click.IntRange(1, 2**31 - 1), required=False)
@click.option("--batch", default="", metavar="BATCH", help="Undo all actions of one batch.")
@_decides("mistake")
@result(listed=True)
def undo(
    opening: Opening, entry: int | None, batch: str, rule: str, reason: str, by: str | None
) -> Result:
    """Undo the entry number ENTRY of the log, or all of a BATCH."""
    return _carry_out(opening, by, Order(Decision("undo", rule, reason), entry=entry, batch=batch))


@moderation.command()
@click.argument("appeal", type=click.IntRange(1, 2**31 - 1))
@click.option("--grant", "act", flag_value="grant", help="Reverse the decision.")
@click.option("--refuse", "act", flag_value="uphold", help="Uphold the decision.")
@click.option("--delay", "act", flag_value="delay", help="Answer later; the reason says why.")
@_decides()
@result()
def answer(
    opening: Opening, appeal: int, act: str | None, rule: str, reason: str, by: str | None
) -> Result:
    """Answer the appeal number APPEAL, under the rule that was cited."""
    if act is None:
        raise click.UsageError("Choose --grant, --refuse or --delay.")
    return _carry_out(opening, by, Order(Decision(act, rule, reason), appeal=appeal))


@moderation.command()
@click.argument("name", required=False)
@click.argument("state", type=click.Choice(["on", "off"]), required=False)
@result()
def switch(opening: Opening, name: str | None, state: str | None) -> Result:
    """Turn the switch NAME on or off: approve_everything, read_only. Without them, list both."""
    with opening.parts() as parts, parts.db.transaction() as session:
        if name and state:
            switches.throw(session, name, state == "on", COMMAND_LINE.name)
        named, current = (name,) if name else switches.SWITCHES, switches.current(session)
        states = {each: getattr(current, switches.key(each)) for each in named}
    summary, *lines = (f"{each} is {'on' if on else 'off'}." for each, on in states.items())
    return Result(summary, states, lines)
