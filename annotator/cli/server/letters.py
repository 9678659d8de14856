"""`annotator letters`: the emails of news."""

from __future__ import annotations

import click
from sqlalchemy import func, select

from annotator.cli.context import Opening, result
from annotator.cli.output import Result, counted, plain
from annotator.db import now
from annotator.errors import Conflict, Unavailable
from annotator.models import Account, NewsEmail
from annotator.services.accounts.mailer import open_mailer
from annotator.services.following import sender, teller
from annotator.services.site import switches


@click.group()
def letters() -> None:
    """Show and send news emails."""


@letters.command()
@result()
def status(opening: Opening) -> Result:
    """Count the news emails of the last 30 days: waiting, due, sent, given up."""
    waiting = NewsEmail.sent.is_(None), NewsEmail.error.is_(None)
    wanted = {"waiting": waiting, "due": (*waiting, NewsEmail.due <= now()),
              "sent": (NewsEmail.sent.is_not(None),),
              "failed": (NewsEmail.error.is_not(None),)}  # fmt: skip
    with opening.parts() as parts, parts.db.reading() as session:
        count = select(func.count()).select_from(NewsEmail)
        data = {name: session.scalar(count.where(*where)) or 0 for name, where in wanted.items()}
    return Result(", ".join(f"{many:,} {name}" for name, many in data.items()) + ".", data)


@letters.command()
@result()
def send(opening: Opening) -> Result:
    """Send the emails that are due now, as `annotator serve` does; for cron."""
    with opening.parts() as parts:
        mailer = open_mailer(parts.config)
        if mailer.send is None:
            raise Unavailable("This site does not send email. Set mail.host.")
        with parts.leases.holding("teller") as tells:
            if tells:
                teller.tell(parts.db, parts.engine)
        with parts.leases.holding("mailer") as leads:
            if not leads:
                raise Conflict("A running server sends the emails of this site.")
            secret, number = switches.secret(parts.config, parts.db, "session"), 0
            while more := sender.deliver(parts.db, parts.config, mailer.send, secret):
                number += more
    return Result(f"{counted(number, 'email')} sent or tried.", {"sent_or_tried": number})


@letters.command()
@result(listed=True)
def failed(opening: Opening) -> Result:
    """List the emails that were given up: account, due time, reason."""
    query = select(Account.name, NewsEmail.due, NewsEmail.error).join(
        Account, Account.id == NewsEmail.account_id
    )
    with opening.parts() as parts, parts.db.reading() as session:
        found = session.execute(query.where(NewsEmail.error.is_not(None)).order_by(NewsEmail.id))
        data = [{"account": name, "due": due.isoformat(timespec="seconds"), "error": error or ""}
                for name, due, error in found]  # fmt: skip
    lines = ["  ".join(map(plain, row.values())) for row in data]
    return Result(f"{counted(len(data), 'email')} not sent.", data, lines, records=True)
