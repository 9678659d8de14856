"""Which addresses of the network lie on the public internet; pure.

What the standard library counts as global, less what carries another address inside it, less what
some clouds answer their own machines at. An address of an unknown kind is not public.
"""

from __future__ import annotations

import ipaddress
from ipaddress import IPv4Address, IPv6Address

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
# By name, whatever the standard library of the day thinks of them.
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


def is_public(address: str) -> bool:
    """Return whether a numeric address may be connected to on behalf of a stranger."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        if found.scope_id is not None:
            return False
        inside = IPv4Address(int(found) & 0xFFFFFFFF) if found in NAT64 else found.ipv4_mapped
        if inside is None:
            refused = found not in GLOBAL_UNICAST or any(found in network for network in REFUSED_6)
            return found.is_global and not refused
        found = inside
    return found.is_global and not any(found in network for network in REFUSED_4)
