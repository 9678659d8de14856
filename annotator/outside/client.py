"""The guarded HTTP client, for every URL chosen by a user.

A host is resolved once, every IP address of it must be public, and the connection is made to such
an address, so that DNS rebinding has no effect. Each redirect is checked as a new URL. The time
limit covers everything after the DNS lookup (which the system limits), the size limit the
decompressed body. No proxy, cookies or credentials.

TLS verifies the host name (`server_hostname`) although the connection is made to an IP address.
Tests pass a resolver and the addresses they may reach.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from annotator import __version__
from annotator.errors import AnnotatorError, Unacceptable, Unavailable
from annotator.outside import links
from annotator.outside.links import Link, is_public

CHUNK = 65_536
MOST_TRIED = 3  # IP addresses of one host
REDIRECTS = frozenset({301, 302, 303, 307, 308})
ENCODINGS = frozenset({"gzip", "x-gzip", "deflate"})
AGENT = f"annotator/{__version__}"
Resolve = Callable[[str, int], Sequence[str]]


def _look_up(host: str, port: int) -> Sequence[str]:
    entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in entries))


@dataclass(frozen=True, slots=True)
class Fetched:
    """A response: `url` after redirects, `kind` the media type without parameters."""

    url: str
    status: int
    kind: str
    charset: str
    data: bytes


@dataclass(frozen=True)
class Client:
    """An HTTP client with limits: `seconds` and `most` bytes for one `get` and its redirects.

    `kinds` are the accepted media types, such as `text/` or `text/html`; none means any.
    """

    seconds: float = 8.0
    most: int = 2_000_000
    redirects: int = 4
    kinds: tuple[str, ...] = ()
    schemes: frozenset[str] = frozenset({"http", "https"})
    ports: frozenset[int] = frozenset({80, 443})
    resolve: Resolve = _look_up
    may: Callable[[str], bool] = is_public
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def get(self, url: str) -> Fetched:
        """Fetch a URL.

        Raises Unacceptable for a URL, network or redirect that is not allowed, Unavailable if the
        response fails, exceeds time or size, or has another media type.
        """
        deadline = time.monotonic() + self.seconds
        for _ in range(self.redirects + 1):
            link = links.read(url, self.ports, self.schemes)
            answer = self._ask(link, deadline)
            if isinstance(answer, Fetched):
                return answer
            if not self.redirects:
                raise Unavailable(f"{link.url} redirects to {answer[:200]}. Use that address.")
            url = links.follow(link, answer)
        raise Unavailable(f"{url} redirects too often.")

    def _ask(self, link: Link, deadline: float) -> Fetched | str:
        """Send one request; return the response or the location that it redirects to."""
        try:
            with self._connected(link, deadline) as connection:
                connection.putrequest("GET", link.path, skip_host=True, skip_accept_encoding=True)
                kinds = (kind + "*" * kind.endswith("/") for kind in self.kinds)
                connection.putheader("Host", link.host_header)
                connection.putheader("User-Agent", AGENT)
                connection.putheader("Accept", ", ".join(kinds) or "*/*")
                connection.putheader("Accept-Encoding", "gzip, deflate")
                connection.putheader("Connection", "close")
                connection.endheaders()
                answer = connection.getresponse()
                if answer.status in REDIRECTS and answer.getheader("Location"):
                    return str(answer.getheader("Location"))
                return self._read(link, answer)
        except AnnotatorError:
            raise
        except (OSError, http.client.HTTPException, zlib.error, ValueError) as error:
            if time.monotonic() >= deadline:
                message = f"{link.url} took longer than {self.seconds:g} seconds."
                raise Unavailable(message) from error
            raise Unavailable(f"{link.url} cannot be reached ({error}).") from error

    @contextmanager
    def _connected(self, link: Link, deadline: float) -> Iterator[http.client.HTTPConnection]:
        """Connect to a public IP address; close the connection at the deadline."""
        connection = http.client.HTTPConnection(link.host, link.port)
        connected = connection.sock = self._socket(link, deadline)
        if link.scheme == "https":
            connection.sock = self.tls.wrap_socket(
                connected, server_hostname=link.host, do_handshake_on_connect=False
            )
        # A slow peer could send a byte before each time-out, so a timer shuts the socket down.
        watch = threading.Timer(max(deadline - time.monotonic(), 0), _shut_down, [connection.sock])
        watch.daemon = True
        watch.start()
        try:
            if isinstance(connection.sock, ssl.SSLSocket):
                connection.sock.do_handshake()
            yield connection
            if time.monotonic() >= deadline:  # the body may have ended by our shutdown
                raise TimeoutError
        finally:
            watch.cancel()
            connection.close()

    def _socket(self, link: Link, deadline: float) -> socket.socket:
        numbers = self.resolve(link.host, link.port)
        if not numbers:
            raise OSError("no such host")
        if not all(self.may(number) for number in numbers):
            raise Unacceptable(f"{link.host} is not on the public internet.")
        fault: OSError | None = None
        for number in numbers[:MOST_TRIED]:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise TimeoutError("timed out")
            try:
                return socket.create_connection((number, link.port), timeout=remaining)
            except OSError as error:
                fault = error
        raise fault or OSError("no such host")

    def _read(self, link: Link, answer: http.client.HTTPResponse) -> Fetched:
        if answer.status != http.client.OK:
            message = f"{link.url} answered {answer.status} {answer.reason[:60]}."
            raise Unavailable(message, answered=answer.status)
        kind = answer.headers.get_content_type()
        if self.kinds and not kind.startswith(self.kinds):
            raise Unavailable(f"{link.url} is {kind[:60]}, which cannot be read here.")
        encoding = answer.getheader("Content-Encoding", "").strip().lower()
        if encoding not in ENCODINGS | {"", "identity"}:
            raise Unavailable(f"{link.url} uses the unsupported encoding {encoding[:20]}.")
        pieces = _unpacked(answer) if encoding in ENCODINGS else _pieces(answer)
        data = bytearray()
        for piece in pieces:
            data += piece
            if len(data) > self.most:
                raise Unavailable(f"{link.url} is larger than {self.most:,} bytes.")
        charset = answer.headers.get_content_charset() or ""
        return Fetched(link.url, answer.status, kind, charset, bytes(data))


def _shut_down(connected: socket.socket) -> None:
    with suppress(OSError):  # already closed
        socket.socket.shutdown(connected, socket.SHUT_RDWR)


def _pieces(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    while piece := answer.read1(CHUNK):
        yield piece
    if answer.length:
        raise OSError(f"the response ended {answer.length} bytes early")


def _unpacked(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    """Decompress in pieces of CHUNK bytes at most, against compression bombs."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)
    for piece in _pieces(answer):
        while piece:
            yield unpacker.decompress(piece, CHUNK)
            piece = unpacker.unconsumed_tail
    yield unpacker.flush()
    if not unpacker.eof:
        raise OSError("the response ended early")
