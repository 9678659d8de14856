"""Letters through servers that encrypt, and servers that do not do what a letter needs."""

from __future__ import annotations

import datetime
import logging
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

from annotator.config import Config, Mail
from annotator.services.accounts.mailer import Email, open_mailer
from tests.conftest import free_port

LETTER = Email("ada@example.org", "Hello", "Some words.\n")


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


def sent(config: Config, port: int, security: str) -> None:
    """Send a letter and wait for what comes of it."""
    mail = Mail(host="127.0.0.1", port=port, security=security, sender="notes@example.org")
    mailer = open_mailer(replace(config, mail=mail))
    mailer.later(lambda: [LETTER])
    mailer.wait()


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_letter_goes_encrypted_to_a_server_whose_certificate_is_trusted(
    config: Config, serve: Callable[..., int], certificate: Path, security: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    box = Box()
    sent(config, serve(box, security), security)
    assert box.encrypted == [True]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_no_letter_goes_to_a_server_whose_certificate_nobody_trusts(
    config: Config, serve: Callable[..., int], security: str, caplog: pytest.LogCaptureFixture
) -> None:
    box = Box()
    sent(config, serve(box, security), security)
    assert box.encrypted == []
    assert "an email was not sent" in caplog.text
    assert "certificate" in caplog.text.lower()


def test_no_letter_goes_in_the_clear_where_encryption_is_asked_for(
    config: Config, serve: Callable[..., int], caplog: pytest.LogCaptureFixture
) -> None:
    box = Box()
    sent(config, serve(box), "starttls")
    assert box.encrypted == []
    assert "STARTTLS" in caplog.text


def test_a_server_that_refuses_or_is_not_there_stops_no_later_letter(
    config: Config, serve: Callable[..., int], caplog: pytest.LogCaptureFixture
) -> None:
    refusing, open_ = Box("550 No such user"), Box()
    sent(config, serve(refusing), "none")
    assert "550" in caplog.text
    assert LETTER.to not in caplog.text
    caplog.clear()
    sent(config, free_port(), "none")  # nobody listens there
    assert "an email was not sent" in caplog.text
    assert LETTER.body.strip() not in caplog.text
    mail = Mail(host="127.0.0.1", port=serve(open_), security="none", sender="n@example.org")
    mailer = open_mailer(replace(config, mail=mail))

    def fails() -> list[Email]:
        raise RuntimeError("nobody to write to")

    with caplog.at_level(logging.CRITICAL):
        mailer.later(fails)
        mailer.later(lambda: [LETTER])
        mailer.wait()
    assert open_.encrypted == [False]
