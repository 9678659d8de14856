"""Letters: what they say, and the one thread that sends them through the site's SMTP server.

Letters are written and sent behind the request, so that an answer takes as long whether or not
there was anybody to write to. A letter that cannot be sent is lost, with a line in the log; whoever
waits for it asks again.
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
class Letter:
    """What is sent, and to which address."""

    to: str
    subject: str
    body: str


Send = Callable[[Letter], None]
Task = Callable[[], Iterable[Letter]]


class Post:
    """Sends letters one after the other, behind the requests; without `send` none are sent."""

    def __init__(self, send: Send | None) -> None:
        self._send = send
        self._waiting: queue.Queue[Task] = queue.Queue(MOST_WAITING)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    @property
    def open(self) -> bool:
        """Return whether this site sends letters."""
        return self._send is not None

    def later(self, task: Task) -> None:
        """Have `task` look up whom to write to, and send what it gives; returns at once."""
        if self._send is None:
            return
        try:
            self._waiting.put_nowait(task)
        except queue.Full:
            log.error("an email was not sent: %d are waiting already", MOST_WAITING)
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="letters", daemon=True)
                self._thread.start()

    def wait(self) -> None:
        """Wait until everything that was handed in is sent or given up."""
        self._waiting.join()

    def _run(self) -> None:
        while True:
            task = self._waiting.get()
            try:
                for letter in task():
                    self._send(letter)  # type: ignore[misc]  # `later` takes nothing without it
            except Exception as error:  # noqa: BLE001  the thread goes on with the next letter
                log.error("an email was not sent: %s", _trouble(error))
            finally:
                self._waiting.task_done()


def _trouble(error: Exception) -> str:
    """Return what the log may say; what SMTP's errors say repeats addresses and what was sent."""
    kind = type(error).__name__
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{kind}: {error.smtp_code}"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"{kind}: {', '.join(str(code) for code, _ in error.recipients.values())}"
    ours = isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException)
    told = ours or isinstance(error, smtplib.SMTPNotSupportedError)
    return f"{kind}: {error}" if told else kind


def open_post(config: Config) -> Post:
    """Open the post that the settings name. Raises ConfigFault where the secret is missing."""
    if not config.mail.host:
        return Post(None)
    secret = config.given_secret("mail") if config.mail.user else ""
    return Post(lambda letter: _by_smtp(config, secret, letter))


def _by_smtp(config: Config, secret: str, letter: Letter) -> None:
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
        server.send_message(_message(config, letter))


def _message(config: Config, letter: Letter) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = config.mail.sender, letter.to
    message["Subject"] = letter.subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=config.mail.sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body)
    return message


def recovery(config: Config, account: Account, key: str) -> Letter:
    """Write the letter with which a new password can be set."""
    site = config.site
    return Letter(
        account.email,
        f"{site.name}: set a new password",
        f"Somebody, perhaps you, asked for a new password for the account {account.name}.\n\n"
        f"To set one, open this address within an hour. It works once:\n\n"
        f"{link(config, credentials.RECOVER, key)}\n\n"
        "Setting a new password signs you out everywhere and revokes all API tokens of the "
        "account. Sign-ins through other providers can be disconnected there too.\n\n"
        "If it was not you, you need do nothing: your password stays as it is.\n",
    )


def confirmation(config: Config, name: str, email: str, key: str) -> Letter:
    """Write the letter that shows whether an address is read by whoever gave it."""
    return Letter(
        email,
        f"{config.site.name}: confirm this address",
        f"The account {name} gave this address for letters with which a forgotten password is "
        f"set anew.\n\nTo confirm it, open this address within an hour:\n\n"
        f"{link(config, credentials.CONFIRM, key)}\n\n"
        "If you have no such account, you need do nothing, and will hear no more.\n",
    )


def link(config: Config, purpose: str, key: str) -> str:
    """Return the address of a one-time link: on the site's own host, whatever a request said.

    The key stands in the query, which the site's log leaves out.
    """
    page = {credentials.RECOVER: "recover/password", credentials.CONFIRM: "confirm"}[purpose]
    return f"{config.address}/{page}?key={key}"
