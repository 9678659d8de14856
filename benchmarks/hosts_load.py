"""People at a site that fails: each act is tried until it is accepted, and recorded.

Used by `benchmarks.hosts`. A post carries an `Idempotency-Key` and an edit an `If-Match`, so that
either can be sent again when its answer was lost. What the site has accepted is then compared with
the database.
"""

from __future__ import annotations

import http.client
import json
import random
import re
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import select, union_all

from annotator.db import Database
from annotator.models import Annotation, Version

SITE = "notes.example.org"
PASSWORD = "a long enough pass phrase"  # noqa: S105
KINDS = ("read", "signed in", "search", "write")
PATIENCE_SECONDS = 150  # more than nginx has with a host
AGAIN_SECONDS = 0.2
IDLE_SECONDS = 20  # less than nginx keeps a connection open
CUT = 0  # in place of a status: there was no answer
NOT_NOW = {CUT, 502, 503, 504}  # for a moment, which a client is right to wait for
READS = ("/", "/d/d", "/api/annotations?document=d&sort=newest&limit=5",
         "/api/documents", "/d/d/map/1", "/feeds/d/d.atom")  # fmt: skip


@dataclass(frozen=True)
class Act:
    """One act, from its first try to its success; `failed` are the statuses of the other tries."""

    kind: str
    began: float
    ended: float
    failed: tuple[int, ...]
    done: bool


@dataclass
class Ledger:
    """The requests, and those that the site accepted, by the words sent.

    words: the id of each annotation with these words, "" while it is not known to be accepted.
    current: the words of each annotation that its author knows, two if the last edit is open.
    """

    acts: list[Act] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)
    current: dict[str, set[str]] = field(default_factory=dict)

    def compare(self, db: Database) -> tuple[list[str], list[str]]:
        """Return the lost and the duplicated annotations in the database."""
        bodies = union_all(select(Annotation.body), select(Version.body))
        with db.reading() as session:
            stored = Counter(session.scalars(bodies))
            present = dict(session.execute(select(Annotation.id, Annotation.body)).all())
        lost = [words for words, ident in self.words.items() if ident and not stored[words]]
        lost += [f"{ident} has other words" for ident, known in self.current.items()
                 if present.get(ident) not in known]  # fmt: skip
        return lost, [words for words in self.words if stored[words] > 1]


class Client:
    """A connection to nginx, opened again when it is cut."""

    def __init__(self, port: int, **headers: str) -> None:
        self._port = port
        self._headers = {"Host": SITE, "Content-Type": "application/json", **headers}
        self._tls = ssl.create_default_context()
        self._tls.check_hostname, self._tls.verify_mode = False, ssl.CERT_NONE
        self._connection: http.client.HTTPSConnection | None = None
        self._used = 0.0

    def ask(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> tuple[int, bytes, Any]:
        """Send a request once; return its status, its body and its headers."""
        data = body if isinstance(body, str | None) else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            if self._connection and time.monotonic() - self._used > IDLE_SECONDS:
                self._connection.close()  # which opens it again
            if self._connection is None:
                self._connection = http.client.HTTPSConnection(
                    "127.0.0.1", self._port, timeout=PATIENCE_SECONDS, context=self._tls
                )
            self._connection.request(method, path, data, {**self._headers, **named})
            answer = self._connection.getresponse()
            self._used = time.monotonic()
            return answer.status, answer.read(), answer.headers
        except (OSError, http.client.HTTPException):
            if self._connection:
                self._connection.close()
            self._connection = None
            return CUT, b"", {}

    def sign_in(self, name: str) -> None:
        """Sign in with the form of the site; the cookie is sent from then on."""
        _, page, headers = self.ask("GET", "/sign-in")
        token = re.search(rb'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert token, page[-2000:]
        form = {"name": name, "password": PASSWORD, "csrf_token": token[1].decode()}
        status, _, signed = self.ask(
            "POST", "/sign-in", urlencode(form), Cookie=headers["Set-Cookie"].partition(";")[0],
            Content_Type="application/x-www-form-urlencoded", Referer=f"https://{SITE}/sign-in",
        )  # fmt: skip
        assert status in {302, 303}, status
        cookies = [value.partition(";")[0] for value in signed.get_all("Set-Cookie")]
        self._headers["Cookie"] = "; ".join(cookies)


class Load:
    """The people, and when they may act.

    pause: seconds that each of them waits after an act.
    """

    def __init__(self, port: int, tokens: list[str], pause: float) -> None:
        self.ledger = Ledger()
        self._port, self._tokens, self._pause = port, tokens, pause
        self._may_act = threading.Event()
        self._over = threading.Event()
        self._idle = threading.Semaphore(0)
        self._threads: list[threading.Thread] = []

    @contextmanager
    def acting(self) -> Iterator[None]:
        """Let all people act; at the end wait until their last acts are over."""
        self._may_act.set()
        try:
            yield
        finally:
            self._may_act.clear()
            for _ in self._threads:
                self._idle.acquire(timeout=PATIENCE_SECONDS + 30)

    def start(self, anonymous: int, signed: int, searchers: int) -> None:
        """Start the people; half of those with a token post, the others edit as well."""
        people = [self._reader("read", READS) for _ in range(anonymous)]
        people += [self._reader("search", ("/api/search?q=words", "/api/search?q=post"))
                   for _ in range(searchers)]  # fmt: skip
        people += [self._reader("signed in", ("/account", "/d/d", "/api/documents"), "reader")
                   for _ in range(signed)]  # fmt: skip
        people += [self._writer(at, token) for at, token in enumerate(self._tokens)]
        for person in people:
            thread = threading.Thread(target=self._live, args=(person,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def end(self) -> None:
        """End all threads."""
        self._over.set()
        self._may_act.set()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)

    def _live(self, person: Callable[[], None]) -> None:
        while True:
            self._may_act.wait()
            while self._may_act.is_set() and not self._over.is_set():
                person()
                time.sleep(self._pause)
            self._idle.release()
            if self._over.is_set():
                return
            while self._may_act.is_set():  # the others have not been stopped yet
                time.sleep(0.01)

    def _reader(self, kind: str, paths: tuple[str, ...], name: str = "") -> Callable[[], None]:
        client, chance = Client(self._port), random.Random(f"{kind} {len(self._threads)}")
        if name:
            client.sign_in(name)
        return lambda: self._try(kind, client, {200, 302}, "GET", chance.choice(paths)) and None

    def _writer(self, at: int, token: str) -> Callable[[], None]:
        client = Client(self._port, Authorization=f"Bearer {token}")
        chance, numbers = random.Random(at), iter(range(10**9))
        own: dict[str, str] = {}  # the versions of annotations

        def write() -> None:
            words = f"words {at} {next(numbers)}"
            if own and at % 2 and chance.random() < 0.7:
                self._edit(client, own, chance.choice([*own]), words)
                return
            start = chance.randrange(50, 400)
            sent = {"document": "d", "body": words, "target": {"start": start, "end": start + 40}}
            self.ledger.words[words] = ""
            status, answer, headers = self._try(
                "write", client, {200, 201}, "POST", "/api/annotations", sent, Idempotency_Key=words
            )
            if status in {200, 201}:
                ident = json.loads(answer)["id"]
                self.ledger.words[words] = ident
                self.ledger.current[ident] = {words}
                own[ident] = headers["ETag"]

        return write

    def _edit(self, client: Client, own: dict[str, str], ident: str, words: str) -> None:
        """Edit an annotation; if an earlier try was accepted, the version says so (412)."""
        path = f"/api/annotations/{ident}"
        self.ledger.words[words] = ""
        self.ledger.current[ident].add(words)
        status, _, headers = self._try("write", client, {200, 412}, "PATCH", path,
                                       {"body": words}, If_Match=own[ident])  # fmt: skip
        if status == 412:
            status, answer, headers = self._try("signed in", client, {200}, "GET", path)
            if status == 200 and json.loads(answer)["body"] != words:
                self.ledger.wrong.append(f"{ident} was edited by nobody")
        if status == 200:
            self.ledger.words[words], self.ledger.current[ident] = ident, {words}
            own[ident] = headers["ETag"]
        else:
            own.pop(ident)  # its words are uncertain now

    def _try(
        self, kind: str, client: Client, good: set[int], method: str, path: str,
        body: object = None, **headers: str,
    ) -> tuple[int, bytes, Any]:  # fmt: skip
        """Send a request until it is accepted, refused for good, or the people are to pause."""
        began, failed = time.monotonic(), list[int]()
        while True:
            status, answer, got = client.ask(method, path, body, **headers)
            if status not in NOT_NOW:
                break
            failed.append(status)
            if not self._may_act.is_set():
                break
            time.sleep(AGAIN_SECONDS)
        if status not in {*good, *NOT_NOW}:
            self.ledger.wrong.append(f"{method} {path}: {status} {answer[:150]!r}")
        ended = time.monotonic()
        self.ledger.acts.append(Act(kind, began, ended, tuple(failed), status in good))
        return status, answer, got
