"""A real SMTP server on loopback, and the emails that it took in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from tests.conftest import free_port


class Mailbox:
    """The emails that an SMTP server took in, and its port."""

    def __init__(self) -> None:
        self.port = free_port()
        self.emails: list[EmailMessage] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.emails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 OK"

    @property
    def settings(self) -> dict[str, str]:
        """What lets a server send its emails here, as environment variables."""
        return {
            "ANNOTATOR_MAIL_HOST": "127.0.0.1", "ANNOTATOR_MAIL_PORT": str(self.port),
            "ANNOTATOR_MAIL_SECURITY": "none", "ANNOTATOR_MAIL_SENDER": "notes@example.org",
            "ANNOTATOR_SITE_ADDRESS": "http://localhost",
        }  # fmt: skip


@contextmanager
def listening(**options: Any) -> Iterator[Mailbox]:
    """Run the server, with aiosmtpd's options; yield its mailbox."""
    made = Mailbox()
    server = Controller(made, hostname="127.0.0.1", port=made.port, **options)
    server.start()
    yield made
    server.stop()
