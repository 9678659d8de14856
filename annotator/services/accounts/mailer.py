"""Emails: their text, and the thread that sends them through the site's SMTP server.

They are written and sent after the request, so that its duration does not reveal whether there is a
recipient. An email that cannot be sent is logged and dropped; its recipient can request another.
"""

from __future__ import annotations

import logging
import queue
import smtplib
import ssl
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from annotator.config import Config
from annotator.models import Account
from annotator.services.accounts import credentials

SECONDS = 20
MOST_WAITING = 200
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Email:
    """An email to one address."""

    to: str
    subject: str
    body: str


Send = Callable[[Email], None]
Task = Callable[[], Iterable[Email]]


class Mailer:
    """A queue of emails with one thread that sends them; without `send` none are sent."""

    def __init__(self, send: Send | None) -> None:
        self._send = send
        self._waiting: queue.Queue[Task] = queue.Queue(MOST_WAITING)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    @property
    def open(self) -> bool:
        """Return whether this site sends email."""
        return self._send is not None

    def later(self, task: Task) -> None:
        """Queue `task`, which yields emails to send; return at once."""
        if self._send is None:
            return
        try:
            self._waiting.put_nowait(task)
        except queue.Full:
            log.error("an email was not sent: %d are waiting already", MOST_WAITING)
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="mailer", daemon=True)
                self._thread.start()

    def wait(self) -> None:
        """Wait until every queued email is sent or dropped."""
        self._waiting.join()

    def _run(self) -> None:
        while True:
            task = self._waiting.get()
            try:
                for email in task():
                    self._send(email)  # type: ignore[misc]  # `later` takes nothing without it
            except Exception as error:  # noqa: BLE001  the thread goes on with the next email
                log.error("an email was not sent: %s", _trouble(error))
            finally:
                self._waiting.task_done()


def _trouble(error: Exception) -> str:
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
        return Mailer(None)
    secret = config.external_secret("mail") if config.mail.user else ""
    return Mailer(lambda email: _send_smtp(config, secret, email))


def _send_smtp(config: Config, secret: str, email: Email) -> None:
    mail, tls = config.mail, ssl.create_default_context()
    with (
        smtplib.SMTP_SSL(mail.host, mail.port, timeout=SECONDS, context=tls)
        if mail.security == "tls"
        else smtplib.SMTP(mail.host, mail.port, timeout=SECONDS)
    ) as server:
        if mail.security == "starttls":
            server.starttls(context=tls)
        if mail.user:
            server.login(mail.user, secret)
        server.send_message(_message(config, email))


def _message(config: Config, email: Email) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = config.mail.sender, email.to
    message["Subject"] = email.subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=config.mail.sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(email.body)
    return message


def recovery(config: Config, account: Account, key: str) -> Email:
    """Return the email that lets its recipient set a new password."""
    return Email(
        account.email,
        f"{config.site.name}: set a new password",
        f"Someone, perhaps you, requested a new password for the account {account.name}.\n\n"
        f"To set one, open this link within an hour. It works once:\n\n"
        f"{link(config, credentials.RECOVER, key)}\n\n"
        "Setting a new password signs you out everywhere and revokes all API tokens of the "
        "account. Sign-ins through other providers can be disconnected there too.\n\n"
        "If it was not you, ignore this email: your password stays the same.\n",
    )


def confirmation(config: Config, name: str, address: str, key: str) -> Email:
    """Return the email that confirms an address."""
    return Email(
        address,
        f"{config.site.name}: confirm this address",
        f"The account {name} named this address for resetting a forgotten password.\n\n"
        f"To confirm it, open this link within an hour:\n\n"
        f"{link(config, credentials.CONFIRM, key)}\n\n"
        "If you have no such account, ignore this email.\n",
    )


def link(config: Config, purpose: str, key: str) -> str:
    """Return the address of a one-time link on the configured host, never the request's.

    The key is in the query, which the access log omits.
    """
    page = {credentials.RECOVER: "recover/password", credentials.CONFIRM: "confirm"}[purpose]
    return f"{config.address}/{page}?key={key}"
