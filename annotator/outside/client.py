"""The guarded HTTP client, for URLs chosen by users.

A host is resolved once, every IP address of it must be public, and the connection is made to such
an address, so that DNS rebinding has no effect. Each redirect is checked as a new URL. The time
limit covers everything after the DNS lookup (which the system limits), the size limit the
decompressed body. No proxy, cookies or credentials.

TLS verifies the host name (`server_hostname`) although the connection is made to an IP address.
Tests pass a resolver and the addresses they may reach.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote, urljoin, urlsplit

from annotator import __version__
from annotator.errors import AnnotatorError, Unacceptable, Unavailable

PORTS = {"http": 80, "https": 443}
LONGEST = 2_000
UNSENDABLE = re.compile(r"[\x00-\x20\x7f\\]")
HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?\Z")
DOTTED = re.compile(r"(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}\Z")
NUMERIC = re.compile(r"(0x[0-9a-f]*|\d+)\Z")  # a last label that resolvers parse as a number
SAFE = "/?:@!$&'()*+,;=~%-._[]"
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
# Listed here because the standard library's answer varies by version.
REFUSED_4 = tuple(map(ipaddress.IPv4Network, (
    "0.0.0.0/8",
    "100.64.0.0/10",  # shared by carriers; Alibaba's metadata
    "168.63.129.16/32",  # Azure's own services, in public space
    "169.254.0.0/16",  # link-local; most clouds' metadata
    "192.0.0.0/24",
    "192.88.99.0/24",  # the former relays of 6to4
    "198.18.0.0/15",
    "224.0.0.0/3",  # multicast, reserved, broadcast
)))  # fmt: skip
REFUSED_6 = tuple(map(ipaddress.IPv6Network, (
    "2001::/23",  # Teredo, benchmarks, ORCHID: never a server
    "2001:db8::/32",
    "2002::/16",  # 6to4: contains an IPv4 address; obsolete
    "3fff::/20",
)))  # fmt: skip
CHUNK = 65_536
MAX_TRIED = 3  # IP addresses of one host
REDIRECTS = frozenset({301, 302, 303, 307, 308})
ENCODINGS = frozenset({"gzip", "x-gzip", "deflate"})
AGENT = f"annotator/{__version__}"
Resolve = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Link:
    """A URL that may be requested: `host` in ASCII, `path` includes the query, as sent."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def url(self) -> str:
        """The URL as requested."""
        return f"{self.scheme}://{self.host_header}{self.path}"

    @property
    def host_header(self) -> str:
        """The value of the header `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def parse_link(
    url: str, ports: frozenset[int] | None = None, schemes: frozenset[str] | None = None
) -> Link:
    """Parse a URL. Raises Unacceptable.

    `ports` defaults to 80 and 443, `schemes` to http and https.
    """
    if len(url) > LONGEST or UNSENDABLE.search(url):
        raise Unacceptable("Send an address without spaces, of at most 2,000 characters.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Unacceptable(f"{url} is not a valid address ({error}).") from error
    allowed = schemes or frozenset(PORTS)
    if parts.scheme not in allowed:
        prefixes = " or ".join(f"{scheme}://" for scheme in sorted(allowed))
        raise Unacceptable(f"{url} does not begin with {prefixes}.")
    if parts.username is not None or parts.password is not None:
        raise Unacceptable("The address contains a user name or password. Remove them.")
    port = PORTS[parts.scheme] if port is None else port
    if port not in (ports or frozenset(PORTS.values())):
        raise Unacceptable(f"Port {port} is not allowed. Use the standard port.")
    path = quote(parts.path or "/", safe=SAFE) + (
        f"?{quote(parts.query, safe=SAFE)}" if parts.query else ""
    )
    return Link(parts.scheme, _host(parts.hostname or "", url), port, path)


def follow(link: Link, location: str) -> str:
    """Return the URL that a response redirects to. Raises Unacceptable for https to http."""
    target = urljoin(link.url, location.strip())
    if link.scheme == "https" and not target.lower().startswith("https:"):
        raise Unacceptable(f"{link.url} redirects from https to {target[:80]}.")
    return target


def _host(host: str, url: str) -> str:
    """Return the host in ASCII. Raises Unacceptable for numbers not in IPv6 or dotted form."""
    if ":" in host and "%" not in host:
        return host
    try:
        name = host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        name = ""
    if not HOST.match(name):
        raise Unacceptable(f"{url} has no valid host name.")
    if NUMERIC.match(name.rstrip(".").rpartition(".")[2]) and not DOTTED.match(name):
        raise Unacceptable(f"{url} has a disguised IP address as its host.")
    return name


def is_public(address: str) -> bool:
    """Return whether an IP address is on the public internet."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        if ip.scope_id is not None:
            return False
        inside = IPv4Address(int(ip) & 0xFFFFFFFF) if ip in NAT64 else ip.ipv4_mapped
        if inside is None:
            refused = ip not in GLOBAL_UNICAST or any(ip in network for network in REFUSED_6)
            return ip.is_global and not refused
        ip = inside
    return ip.is_global and not any(ip in network for network in REFUSED_4)


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

    `kinds` are the accepted media types, such as `text/` or `text/html`; empty means any.
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

        Raises Unacceptable if the URL, network or redirect is not allowed; Unavailable if the
        request fails, exceeds a limit, or returns another media type.
        """
        deadline = time.monotonic() + self.seconds
        for _ in range(self.redirects + 1):
            link = parse_link(url, self.ports, self.schemes)
            answer = self._request(link, deadline)
            if isinstance(answer, Fetched):
                return answer
            if not self.redirects:
                raise Unavailable(f"{link.url} redirects to {answer[:200]}. Use that address.")
            url = follow(link, answer)
        raise Unavailable(f"{url} redirects too often.")

    def _request(self, link: Link, deadline: float) -> Fetched | str:
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
            if time.monotonic() >= deadline:  # our shutdown may have cut off the body
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
        for number in numbers[:MAX_TRIED]:
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
        pieces = _decompressed(answer) if encoding in ENCODINGS else _pieces(answer)
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


def _decompressed(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    """Decompress in pieces of CHUNK bytes at most, against compression bombs."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)
    for piece in _pieces(answer):
        while piece:
            yield unpacker.decompress(piece, CHUNK)
            piece = unpacker.unconsumed_tail
    yield unpacker.flush()
    if not unpacker.eof:
        raise OSError("the response ended early")
