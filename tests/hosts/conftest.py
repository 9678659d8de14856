"""A database server, an empty database on it, and an SMTP server, for several hosts."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from tests.conftest import database_on, free_port


class Box:
    """The emails that an SMTP server took in, and its port."""

    def __init__(self) -> None:
        self.port = free_port()
        self.emails: list[EmailMessage] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.emails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 OK"


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    """An SMTP server on loopback."""
    made = Box()
    server = Controller(made, hostname="127.0.0.1", port=made.port)
    server.start()
    yield made
    server.stop()


@pytest.fixture(scope="module")
def empty_database(postgresql: str) -> Iterator[str]:
    """The address of a database without tables."""
    with database_on(postgresql) as address:
        yield address


@pytest.fixture
def store(postgresql: str) -> Iterator[str]:
    """The address of a database with tables; every site here is on PostgreSQL."""
    with database_on(postgresql, "TEMPLATE template_site") as address:
        yield address
