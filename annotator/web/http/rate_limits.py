"""Rate limits: the settings `[rates]`, for pages and APIs.

One table maps requests to rates. A network is an IPv4 address or an IPv6 /64, and only
a digest of it is stored, until the period ends. Signed-in people count by account, tokens one by
one and with the account's other tokens; a whole network has several times the limit. Reading pages
and what costs nothing is not counted.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import logging
import math
import random
import sqlite3
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import fields
from pathlib import Path
from typing import NamedTuple

from flask import g, request
from sqlalchemy import delete, func, select, text

from annotator import rates
from annotator.auth import names
from annotator.config import Config, Rates
from annotator.db import Database, translated_errors
from annotator.errors import AnnotatorError, RateLimited
from annotator.models import RateCount
from annotator.rates import Rate
from annotator.services.site import switches
from annotator.web.http.site import UNSAFE

FILE = "limits.sqlite3"
BUSY_SECONDS = 2
SWEEP_ONE_IN = 500
TABLE = (
    "CREATE TABLE IF NOT EXISTS counts (who BLOB, seconds INTEGER, count INTEGER, ends REAL,"
    " PRIMARY KEY (who, seconds)) WITHOUT ROWID"
)
COUNT = (
    "INSERT INTO counts VALUES (:who, :seconds, 1, :now + :seconds)"
    " ON CONFLICT DO UPDATE SET"
    " count = iif(ends > :now AND ends <= :now + :seconds, count + 1, 1),"
    " ends = iif(ends > :now AND ends <= :now + :seconds, ends, :now + :seconds)"
    " RETURNING count, ends"
)
# By the time after waiting for the row, when others have counted.
IN_FORCE = (
    "old.ends > extract(epoch FROM clock_timestamp())"
    " AND old.ends <= extract(epoch FROM clock_timestamp()) + old.seconds"
)
# All acts at once, always in one order, so that two requests do not wait for each other.
COUNT_ALL = text(
    """INSERT INTO rate_counts AS old (who, seconds, count, ends)
    SELECT who, seconds, 1, extract(epoch FROM clock_timestamp()) + seconds
    FROM unnest(CAST(:who AS bytea[]), CAST(:seconds AS integer[])) AS acts (who, seconds)
    ORDER BY who, seconds
    ON CONFLICT (who, seconds) DO UPDATE SET
    count = CASE WHEN in_force THEN old.count + 1 ELSE 1 END,
    ends = CASE WHEN in_force THEN old.ends ELSE excluded.ends END
    RETURNING who, seconds, count, ends - extract(epoch FROM clock_timestamp())""".replace(
        "in_force", IN_FORCE
    )
)
CLOCK = func.extract("epoch", func.clock_timestamp())
READ_BY_PROGRAMS = ("/api/", "/w3c/", "/hypothesis/", "/feeds/")
# Endpoint: rate. Other endpoints count as `edit` if they write, and as `read` if a
# program reads them; other reading is not counted.
# Mail providers send it for many people; its key is checked without the database.
FREE = frozenset({"pages.post_unsubscribe"})
KINDS = {
    "api.create_annotation": "post",
    "w3c.create": "post",
    "pages.comment": "post",
    "pages.post_reply": "post",
    "pages.post_suggestion": "post",
    "pages.agree": "agree",
    "api.give_agreement": "agree",
    "api.withdraw_agreement": "agree",
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
    "api.create_answer": "moderate",
    "api.publish_answers": "moderate",
    "api.mark_on_desk": "moderate",
    "pages.post_desk": "moderate",
    "pages.post_mention": "mention",
}
SIGN_IN = "pages.post_sign_in"
KNOWN_HERE = Rate(1_000_000, 30 * 86_400)
log = logging.getLogger(__name__)


class Counted(NamedTuple):
    """An act to count: who did what (stored as a digest), and the rate that limits it."""

    who: str
    rate: Rate


class Counts(ABC):
    """The counters of a site, with digests keyed by `secret`."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    @abstractmethod
    def hit(self, acts: Sequence[Counted]) -> tuple[float, Rate] | None:
        """Count all `acts` and return None, unless one exceeds its rate.

        In that case count none; return the seconds until it is allowed again, and the rate. If the
        counters are unavailable, nobody is limited; that is logged.
        """

    @abstractmethod
    def seen(self, who: str) -> bool:
        """Return whether `who` has been counted in the current period."""

    def _digest(self, who: str) -> bytes:
        return hmac.digest(self._secret, who.encode(), hashlib.sha256)[:16]


class DatabaseCounts(Counts):
    """Counters in PostgreSQL, by its clock."""

    def __init__(self, db: Database, secret: str) -> None:
        super().__init__(secret)
        self._engine = db.engine

    def hit(self, acts: Sequence[Counted]) -> tuple[float, Rate] | None:
        """Count in one statement, which is not committed if an act exceeds its rate."""
        rates: dict[tuple[bytes, int], Rate] = {}
        for act in acts:
            key = self._digest(act.who), act.rate.seconds
            rates[key] = min(act.rate, rates.get(key, act.rate))
        who, seconds = zip(*rates, strict=True)
        values = {"who": list(who), "seconds": list(seconds)}
        try:
            with translated_errors(self._engine), self._engine.connect() as connection:
                for digest, period, count, left in connection.execute(COUNT_ALL, values):
                    rate = rates[bytes(digest), period]
                    if count > rate.most:
                        return float(left), rate
                if random.randrange(SWEEP_ONE_IN) == 0:  # noqa: S311  no secret
                    connection.execute(delete(RateCount).where(RateCount.ends <= CLOCK))
                connection.commit()
        except AnnotatorError as error:
            log.warning("rate limits are off: %s", error.message)
        return None

    def seen(self, who: str) -> bool:
        """Look the digest up."""
        ends = RateCount.ends > CLOCK, RateCount.ends <= CLOCK + RateCount.seconds
        query = select(RateCount.who).where(RateCount.who == self._digest(who), *ends)
        try:
            with translated_errors(self._engine), self._engine.connect() as connection:
                return connection.scalar(query) is not None
        except AnnotatorError:
            return False


class FileCounts(Counts):
    """Counters in a SQLite file, for the processes of one machine."""

    def __init__(self, path: Path, secret: str, clock: Callable[[], float] = time.time) -> None:
        super().__init__(secret)
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def hit(self, acts: Sequence[Counted]) -> tuple[float, Rate] | None:
        """Count act by act in one transaction."""
        try:
            with self._writing() as rows:
                now = self._clock()  # with an earlier time, counts of others would seem invalid
                for act in acts:
                    values = {"who": self._digest(act.who), "seconds": act.rate.seconds, "now": now}
                    count, ends = rows.execute(COUNT, values).fetchone()
                    if count > act.rate.most:
                        rows.rollback()
                        return ends - now, act.rate
                if random.randrange(SWEEP_ONE_IN) == 0:  # noqa: S311  no secret
                    rows.execute("DELETE FROM counts WHERE ends <= ?", (now,))
        except sqlite3.Error as error:
            log.warning("rate limits are off: %s cannot be used (%s)", self._path, error)
        return None

    def seen(self, who: str) -> bool:
        """Look the digest up."""
        query = "SELECT 1 FROM counts WHERE who = :who AND ends > :now AND ends <= :now + seconds"
        try:
            with self._writing() as rows:
                values = {"who": self._digest(who), "now": self._clock()}
                row = rows.execute(query, values).fetchone()
        except sqlite3.Error:
            return False
        return row is not None

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection = self._connection or _open(self._path)
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            finally:
                self._connection.commit()


def _open(path: Path) -> sqlite3.Connection:
    opened = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    for line in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=OFF", TABLE):
        opened.execute(line)
    return opened


def open_counts(config: Config, db: Database) -> Counts:
    """Return the counters of a site."""
    secret = switches.secret(config, db, "limits")
    if db.engine.dialect.name == "postgresql":
        return DatabaseCounts(db, secret)
    return FileCounts(config.data / FILE, secret)


def remove_if_damaged(config: Config) -> None:
    """Delete the file, if there is one, if it is damaged; call before any process opens it."""
    path = config.data / FILE
    if not path.exists():
        return
    try:
        with closing(_open(path)) as opened:
            fine = opened.execute("PRAGMA quick_check").fetchone() == ("ok",)
    except sqlite3.OperationalError:
        return  # locked, or no room: not damaged
    except sqlite3.DatabaseError:
        fine = False
    if not fine:
        for end in ("", "-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)


def kind_of(endpoint: str | None) -> str | None:
    """Return the rate that a request counts for, or None."""
    if endpoint is None or endpoint in FREE:
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
        signs_up = kind == "post" and not g.viewer.known and "password" in request.form
        acts = [Counted(f"{each} {who}", Rate(rate.most * factor, rate.seconds))
                for each in (kind, *(["sign_up"] if signs_up else []))
                for rate in self._rates[each] for who, factor in whom]  # fmt: skip
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
