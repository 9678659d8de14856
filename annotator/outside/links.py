"""Validation of URLs and IP addresses chosen by users; pure.

An IP address is public if the standard library calls it global, except those that embed another
address and those at which clouds serve their own machines.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote, urljoin, urlsplit

from annotator.errors import Unacceptable

PORTS = {"http": 80, "https": 443}
LONGEST = 2_000
UNSENDABLE = re.compile(r"[\x00-\x20\x7f\\]")
HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?\Z")
DOTTED = re.compile(r"(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}\Z")
NUMERIC = re.compile(r"(0x[0-9a-f]*|\d+)\Z")  # the last part of what resolvers take for a number
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
    "2001::/23",  # Teredo, benchmarks, ORCHID: none of them a server's
    "2001:db8::/32",
    "2002::/16",  # 6to4: an IPv4 address inside, and nobody uses it now
    "3fff::/20",
)))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """A URL that may be requested: `host` in ASCII, `path` with its query as it is sent."""

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


def read(
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
