"""Emails through servers that encrypt, and servers that do not do what an email needs."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import delete, func, select

from annotator.config import Mail
from annotator.db import now
from annotator.errors import Unavailable
from annotator.models import OneTimeKey, WaitingEmail
from annotator.services.accounts import accounts, credentials
from annotator.services.accounts.mailer import BACK_OFF, Email, Mailer, open_mailer, request
from tests.conftest import Site, free_port

ADDRESS = "ada@example.org"


class Box:
    """What a server was sent: letters, and whether they came encrypted."""

    def __init__(self, refusal: str = "") -> None:
        self.encrypted: list[bool] = []
        self.refusal = refusal

    async def handle_DATA(self, server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802
        if self.refusal:
            return self.refusal
        self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        return "250 OK"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key and a certificate of its own for 127.0.0.1, which nobody else has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "server.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def serve(certificate: Path) -> Iterator[Callable[..., int]]:
    """Start a server on loopback and give its port; `encrypts` with STARTTLS or from the start."""
    servers: list[Controller] = []

    def start(box: Box, encrypts: str = "") -> int:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        ways = {
            "starttls": {"tls_context": context, "require_starttls": True},
            "tls": {"ssl_context": context},
        }
        port = free_port()
        server = Controller(box, hostname="127.0.0.1", port=port, **ways.get(encrypts, {}))
        try:
            server.start()
        except ssl.SSLError:
            assert encrypts == "tls"  # what it asks itself at the start does not trust it either
        servers.append(server)
        return port

    yield start
    for server in servers:
        server.stop()


def sent(site: Site, port: int, security: str = "none") -> int:
    """Let an email wait and try to send it; return how many wait then."""
    mail = Mail(host="127.0.0.1", port=port, security=security, sender="notes@example.org")
    mailer, db = open_mailer(replace(site.parts.config, mail=mail)), site.parts.db
    with db.transaction() as session:
        session.execute(delete(WaitingEmail))
        ada = accounts.named(session, "Ada")
        request(session, credentials.CONFIRM, ADDRESS, ada.id)
    mailer.deliver(db)
    return waiting(site)


def waiting(site: Site) -> int:
    with site.parts.db.reading() as session:
        return session.execute(select(func.count()).select_from(WaitingEmail)).scalar_one()


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_an_email_goes_encrypted_to_a_server_whose_certificate_is_trusted(
    small_site: Site, serve: Callable[..., int], certificate: Path, security: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    box = Box()
    assert sent(small_site, serve(box, security), security) == 0
    assert box.encrypted == [True]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_no_email_goes_to_a_server_whose_certificate_nobody_trusts(
    small_site: Site,
    serve: Callable[..., int],
    security: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    box = Box()
    assert sent(small_site, serve(box, security), security) == 1
    assert box.encrypted == []
    assert "an email was not sent" in caplog.text
    assert "certificate" in caplog.text.lower()


def test_no_email_goes_in_the_clear_where_encryption_is_asked_for(
    small_site: Site, serve: Callable[..., int], caplog: pytest.LogCaptureFixture
) -> None:
    box = Box()
    sent(small_site, serve(box), "starttls")
    assert box.encrypted == []
    assert "STARTTLS" in caplog.text


def test_an_email_that_a_server_refuses_for_good_is_given_up(
    small_site: Site, serve: Callable[..., int], caplog: pytest.LogCaptureFixture
) -> None:
    assert sent(small_site, serve(Box("550 No such user"))) == 0
    assert "550" in caplog.text
    assert ADDRESS not in caplog.text
    assert sent(small_site, serve(Box())) == 0


@pytest.mark.parametrize("absent", [True, False])
def test_an_email_that_cannot_be_sent_now_is_tried_again_some_times_and_then_given_up(
    small_site: Site,
    serve: Callable[..., int],
    absent: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    port = free_port() if absent else serve(Box("451 Later"))
    db = small_site.parts.db
    assert sent(small_site, port) == 1
    mail = Mail(host="127.0.0.1", port=port, security="none", sender="notes@example.org")
    mailer = open_mailer(replace(small_site.parts.config, mail=mail))
    mailer.deliver(db)  # it is not due yet
    tries, links = [], []
    for _ in BACK_OFF:
        with db.transaction() as session:
            row = session.scalars(select(WaitingEmail)).one()
            tries.append(row.tries)
            links.append(session.scalar(select(func.count()).select_from(OneTimeKey)))
            row.not_before = now()
        mailer.deliver(db)
    assert tries == [1, 2, 3, 4]
    assert links == [0] * 4  # a link that nobody was sent is void
    assert waiting(small_site) == 0
    assert "it will not be tried again" in caplog.text
    assert ADDRESS not in caplog.text


def test_an_email_whose_sender_died_is_sent_again_as_the_same(
    small_site: Site, serve: Callable[..., int]
) -> None:
    db, given = small_site.parts.db, list[Email]()

    def dies(email: Email) -> None:
        given.append(email)
        raise KeyboardInterrupt

    with db.transaction() as session:
        request(session, credentials.CONFIRM, ADDRESS, accounts.named(session, "Ada").id)
    with pytest.raises(KeyboardInterrupt):
        Mailer(small_site.parts.config, dies).deliver(db)
    Mailer(small_site.parts.config, given.append).deliver(db)
    assert len(given) == 1  # it belongs to the one that died, for a while
    with db.transaction() as session:
        session.scalars(select(WaitingEmail)).one().not_before = now()
    Mailer(small_site.parts.config, given.append).deliver(db)
    assert len({email.token for email in given}) == 1
    assert len(given) == 2
    assert waiting(small_site) == 0


def test_who_has_lost_the_lease_sends_nothing(small_site: Site) -> None:
    db, given = small_site.parts.db, list[Email]()
    with db.transaction() as session:
        request(session, credentials.CONFIRM, ADDRESS, accounts.named(session, "Ada").id)
    with pytest.raises(Unavailable):
        Mailer(small_site.parts.config, given.append).deliver(
            db, lambda: small_site.parts.leases.require("mailer")
        )
    assert given == []
    assert waiting(small_site) == 1


def test_no_more_emails_wait_than_a_site_can_send(
    small_site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("annotator.services.accounts.mailer.MOST_WAITING", 3)
    with small_site.parts.db.transaction() as session:
        for _ in range(5):
            request(session, credentials.RECOVER, "Ada\0" + "x" * 400)
    assert waiting(small_site) == 3
    assert "are waiting already" in caplog.text
