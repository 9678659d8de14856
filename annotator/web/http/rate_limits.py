"""Rate limits: the settings `[rates]`, for pages and APIs.

One table maps requests to rates. A network is an IPv4 address or an IPv6 /64, and only
a digest of it is stored, until the period ends. Signed-in people count by account, tokens one by
one and with the account's other tokens; a whole network has several times the limit. Reading pages
and what costs nothing is not counted.
"""

from __future__ import annotations

import ipaddress
import logging
import math
from collections.abc import Iterator
from dataclasses import fields

from flask import g, request

from annotator import rates
from annotator.auth import names
from annotator.config import Config, Rates
from annotator.db import Database
from annotator.errors import RateLimited
from annotator.rates import Rate
from annotator.services.site.rate_counters import Counted, open_counts
from annotator.web.http.protection import UNSAFE

READ_BY_PROGRAMS = ("/api/", "/w3c/", "/hypothesis/", "/feeds/")
# Endpoint: rate. Other endpoints count as `edit` if they write, and as `read` if a
# program reads them; other reading is not counted.
KINDS = {
    "api.create_annotation": "post",
    "w3c.create": "post",
    "pages.comment": "post",
    "pages.post_reply": "post",
    "pages.post_sign_up": "sign_up",
    "pages.post_name": "sign_up",
    "pages.post_sign_in": "sign_in",
    "pages.to_provider": "sign_in",
    "pages.from_provider": "sign_in",
    "pages.change_password": "sign_in",
    "pages.link": "sign_in",
    "pages.post_leave": "sign_in",
    "pages.change_email": "recovery",
    "pages.post_recover": "recovery",
    "pages.post_new_password": "recovery",
    "pages.download": "export",
    "pages.printed": "export",
    "pages.search": "search",
    "api.search": "search",
    "api.export": "export",
    "api.preview": "preview",
    "api.quotations": "quote",
    "pages.post_quotations": "quote",
    "pages.preview_essay": "quote",
    "pages.post_essay": "quote",
    "api.create_flag": "flag",
    "pages.post_flag": "flag",
    "api.create_appeal": "appeal",
    "pages.post_appeal": "appeal",
    "api.create_acts": "moderate",
    "pages.post_act": "moderate",
    "pages.post_many": "moderate",
    "pages.decide_mention": "moderate",
    "pages.post_mention": "mention",
}
SIGN_IN = "pages.post_sign_in"
KNOWN_HERE = Rate(1_000_000, 30 * 86_400)
log = logging.getLogger(__name__)


def kind_of(endpoint: str | None) -> str | None:
    """Return the rate that a request counts for, or None."""
    if endpoint is None:
        return None
    if request.method in UNSAFE:
        return "preview" if request.form.get("do") == "preview" else KINDS.get(endpoint, "edit")
    if endpoint == "pages.search" and not request.args.get("q"):
        return None
    by_program = request.path.startswith(READ_BY_PROGRAMS)
    return KINDS.get(endpoint, "read" if by_program else None)


class RateLimits:
    """The rate limits of a site and their counts."""

    def __init__(self, config: Config, db: Database) -> None:
        self._counts = open_counts(config, db)
        self._rates = {item.name: rates.read(getattr(config.rates, item.name))
                       for item in fields(Rates) if item.name != "network"}  # fmt: skip
        self._together = config.rates.network
        self._unaware = not config.server.trusted_hops  # of proxies

    def count(self) -> None:
        """Count a request. Raises RateLimited with the seconds to wait."""
        kind = kind_of(request.endpoint)
        if kind is None:
            return
        network, account = network_of(request.remote_addr or ""), g.viewer.account
        if self._unaware and "X-Forwarded-For" in request.headers:
            self._unaware = False
            log.warning(
                "a request came through a proxy, and server.trusted_hops is 0: everyone behind the "
                "proxy counts as one network. Set it to the number of your proxies."
            )
        whom = [(f"account {account}", 1)] if g.viewer.known else []
        if g.by_token:
            token = request.headers["Authorization"]
            whom = [(f"token {token}", 1), (f"tokens of {account}", self._together)]
        whom.append((f"network {network}", self._together if g.viewer.known else 1))
        acts = [Counted(f"{kind} {who}", Rate(rate.most * factor, rate.seconds))
                for rate in self._rates[kind] for who, factor in whom]  # fmt: skip
        if request.endpoint == SIGN_IN:
            acts += self._guesses(network)
        refused = self._counts.hit(acts) if acts else None
        if refused is not None:
            seconds, rate = refused
            g.limited = kind
            raise RateLimited(
                f"Too many requests: the limit is {rate.most} in {rates.spoken(rate.seconds)}. Try "
                f"again in {rates.spoken(seconds)}. If you sent a form, go back; what you wrote "
                "is still in it.",
                retry_after=math.ceil(seconds),
            )

    def _guesses(self, network: str) -> Iterator[Counted]:
        """Yield counts of sign-ins under a name: from this network, and from unknown networks.

        So guessing from other networks does not lock out a name's owner.
        """
        familiar = self._counts.seen(f"known {network} as {_name()}")
        for rate in self._rates["sign_in_name"]:
            yield Counted(f"guess {network} as {_name()}", rate)
            if not familiar:
                together = Rate(rate.most * self._together, rate.seconds)
                yield Counted(f"guess as {_name()}", together)

    def remember_network(self) -> None:
        """Record for thirty days, as a digest, that a name has signed in from this network."""
        network = network_of(request.remote_addr or "")
        self._counts.hit([Counted(f"known {network} as {_name()}", KNOWN_HERE)])


def _name() -> str:
    return names.name_key(request.form.get("name", "")[: names.LONGEST * 2])


def network_of(client: str) -> str:
    """Return a client's network: an IPv4 address, or the first half of an IPv6 one."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ipaddress.IPv6Network((int(address) >> 64 << 64, 64)))
    return str(address)
