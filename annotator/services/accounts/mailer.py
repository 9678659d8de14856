"""Emails: their queue, their text, and sending them through the site's SMTP server.

An email waits as a row, which is stored with what it is about and is deleted once it is sent or
given up, so none is lost with its process; one process of the site sends them. The row names an
account, or what somebody typed to recover one: that is looked up when the email is sent, after the
request, so that its duration does not reveal whether there is a recipient. The one-time link is
made then too, so rows hold no secret.
"""

from __future__ import annotations

import logging
import secrets
import smtplib
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from email.utils import formatdate

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from annotator.config import Config
from annotator.db import Database, now
from annotator.models import Account, OneTimeKey, WaitingEmail
from annotator.services.accounts import accounts, credentials

SECONDS = 20
MOST_WAITING = 1_000
MOST_SENT = 100  # emails on one connection
IDLE_SECONDS = 5
POLL_SECONDS = 1.0
# Waits before another try. After the last the email is dropped: a person would have asked again.
BACK_OFF = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=8),
    timedelta(minutes=30),
)
# How long an email belongs to the process that sends it; if that dies, it is sent after this.
CLAIM = timedelta(minutes=5)
PERMANENT = 500  # SMTP's codes from here on
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Email:
    """An email to one address. `token` identifies it if a server is given it twice."""

    to: str
    subject: str
    body: str
    token: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


Send = Callable[[Email], None]


def request(session: Session, purpose: str, address: str, account_id: int | None = None) -> None:
    """Queue an email: to confirm `address`, or to recover the account that `address` names."""
    waiting = session.execute(select(func.count()).select_from(WaitingEmail)).scalar_one()
    if waiting >= MOST_WAITING:
        log.error("an email was not sent: %d are waiting already", waiting)
        return
    address = address.replace("\0", "").strip()[: WaitingEmail.address.type.length]
    session.add(WaitingEmail(token=secrets.token_hex(16), purpose=purpose, account_id=account_id,
                             address=address, tries=0, not_before=now()))  # fmt: skip


class Mailer:
    """Sends the emails of a site; without `send` it sends none."""

    def __init__(self, config: Config, send: Send | None) -> None:
        self._config = config
        self.send = send

    @property
    def open(self) -> bool:
        """Return whether this site sends email."""
        return self.send is not None

    def deliver(self, db: Database, require: Callable[[], None] = lambda: None) -> float:
        """Send every email that is due; return how many seconds to wait for more.

        `require` is called before each, and raises if another process sends them now.
        """
        while self.send is not None:
            with db.reading() as session:
                row = session.scalar(_due())
            if row is None:
                break
            require()
            claimed = self._claim(db)
            if claimed is None:
                continue
            ident, email, key = claimed
            try:
                self.send(email)
            except Exception as error:  # noqa: BLE001  the next email may be sent
                self._put_back(db, ident, key, error)
            else:
                with db.transaction(shown=False) as session:
                    session.execute(delete(WaitingEmail).where(WaitingEmail.id == ident))
        return POLL_SECONDS

    def _claim(self, db: Database) -> tuple[int, Email, str] | None:
        """Claim the next email for this process; return its row, itself and its link's key.

        None if it need not be sent.
        """
        with db.transaction(shown=False) as session:
            row = session.scalar(_due().with_for_update(skip_locked=True))
            if row is None:
                return None
            if row.account_id is None:
                for named in credentials.recoverable(session, row.address):
                    request(session, row.purpose, named.email, named.id)
                session.delete(row)
                return None
            account = session.get(Account, row.account_id)
            confirms = row.purpose == credentials.CONFIRM
            about = row.address if confirms else ""
            if (
                account is None
                or account.left
                or credentials.too_many_links(session, account.id, row.purpose, about)
            ):
                session.delete(row)
                return None
            key = credentials.make_link(session, account.id, row.purpose, about)
            write = confirmation if confirms else recovery
            row.tries, row.not_before = row.tries + 1, now() + CLAIM
            return row.id, write(self._config, account.name, row.address, key, row.token), key

    def _put_back(self, db: Database, ident: int, key: str, error: Exception) -> None:
        """Queue an email that could not be sent again, or drop it; delete its link."""
        with db.transaction(shown=False) as session:
            digest = accounts.digest(key)
            session.execute(delete(OneTimeKey).where(OneTimeKey.digest == digest))
            row = session.get(WaitingEmail, ident)
            if row is None:
                return
            again = row.tries <= len(BACK_OFF) and not is_final(error)
            if again:
                row.not_before = now() + BACK_OFF[row.tries - 1]
            else:
                session.delete(row)
        outcome = "it will be tried again" if again else "it will not be tried again"
        log.error("an email was not sent; %s (%s)", outcome, trouble(error))


def _due() -> Select[WaitingEmail]:
    due = select(WaitingEmail).where(WaitingEmail.not_before <= now())
    return due.order_by(WaitingEmail.id).limit(1)


def is_final(error: Exception) -> bool:
    """Return whether another try is useless: the server refuses this email, or it has no form."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= PERMANENT for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPDataError | smtplib.SMTPSenderRefused):
        return error.smtp_code >= PERMANENT
    return not isinstance(error, OSError)


def trouble(error: Exception) -> str:
    """Return what may be logged; messages of SMTP errors repeat addresses and content."""
    kind = type(error).__name__
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{kind}: {error.smtp_code}"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"{kind}: {', '.join(str(code) for code, _ in error.recipients.values())}"
    local = isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException)
    local |= isinstance(error, smtplib.SMTPNotSupportedError)
    return f"{kind}: {error}" if local else kind


def open_mailer(config: Config) -> Mailer:
    """Return the mailer that the settings describe. Raises ConfigFault if the secret is missing."""
    if not config.mail.host:
        return Mailer(config, None)
    secret = config.external_secret("mail") if config.mail.user else ""
    return Mailer(config, Smtp(config, secret).send)


class Smtp:
    """A connection to the site's SMTP server, for up to 100 emails in a row."""

    def __init__(self, config: Config, secret: str) -> None:
        self._config = config
        self._secret = secret
        self._server: smtplib.SMTP | None = None
        self._sent = 0
        self._used = 0.0

    def send(self, email: Email) -> None:
        """Send an email, on a new connection where there is none or it is old."""
        idle = time.monotonic() - self._used > IDLE_SECONDS
        if self._server is None or self._sent >= MOST_SENT or idle:
            self._close()
            self._server, self._sent = self._connect(), 0
        try:
            self._server.send_message(_message(self._config, email))
        except BaseException:
            self._close()
            raise
        self._sent, self._used = self._sent + 1, time.monotonic()

    def _connect(self) -> smtplib.SMTP:
        mail, tls = self._config.mail, ssl.create_default_context()
        server = (
            smtplib.SMTP_SSL(mail.host, mail.port, timeout=SECONDS, context=tls)
            if mail.security == "tls"
            else smtplib.SMTP(mail.host, mail.port, timeout=SECONDS)
        )
        try:
            if mail.security == "starttls":
                server.starttls(context=tls)
            if mail.user:
                server.login(mail.user, self._secret)
        except BaseException:
            server.close()
            raise
        return server

    def _close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            with suppress(OSError):
                server.quit()


def _message(config: Config, email: Email) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = config.mail.sender, email.to
    message["Subject"] = email.subject
    message["Date"] = formatdate()
    domain = config.mail.sender.rpartition("@")[2]
    message["Message-ID"] = f"<{email.token}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    for name, value in email.headers.items():
        message[name] = value
    message.set_content(email.body)
    return message


def recovery(config: Config, name: str, address: str, key: str, token: str) -> Email:
    """Return the email that lets its recipient set a new password."""
    return Email(
        address,
        f"{config.site.name}: set a new password",
        f"Somebody asked for a new password for your account {name} on {config.site.name}.\n\n"
        "To set one, open this link within an hour. It works once:\n\n"
        f"{link(config, credentials.RECOVER, key)}\n\n"
        "A new password signs you out everywhere and revokes all API tokens. The same page can "
        "disconnect sign-in through other providers.\n\n"
        "If this was not you, ignore this email: your password stays the same.\n\n"
        f"{config.site.name}, {config.address}\n",
        token,
    )


def confirmation(config: Config, name: str, address: str, key: str, token: str) -> Email:
    """Return the email that confirms an address."""
    return Email(
        address,
        f"{config.site.name}: confirm this address",
        f"You entered this address for your account {name} on {config.site.name}. Once it is "
        "confirmed, it can reset a forgotten password and get your news.\n\n"
        "To confirm it, open this link within an hour:\n\n"
        f"{link(config, credentials.CONFIRM, key)}\n\n"
        "If this was not you, ignore this email: the address stays unused.\n\n"
        f"{config.site.name}, {config.address}\n",
        token,
    )


def link(config: Config, purpose: str, key: str) -> str:
    """Return the address of a one-time link on the configured host, never the request's.

    The key is in the query, which the access log omits.
    """
    page = {credentials.RECOVER: "recover/password", credentials.CONFIRM: "confirm"}[purpose]
    return f"{config.address}/{page}?key={key}"
