"""A database server, an empty database on it, and an SMTP server, for several hosts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import database_on
from tests.helpers.mailbox import Mailbox, listening


@pytest.fixture(scope="module")
def box() -> Iterator[Mailbox]:
    """An SMTP server on loopback."""
    with listening() as made:
        yield made


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
