"""What following costs, and whether kill -9 loses or doubles news or emails.

    python -m benchmarks.following [--followers 10000] [--kills 50] [--news 100000]

The first table compares posting on a document that many follow with posting on one that nobody
follows, in processor time, and says how long the teller and the sender of emails take. Then a
process that tells and sends is killed at random while comments are posted; each follower must have
each piece of news once, and each email must have been sent, always with its own Message-ID.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, insert, select, update

from annotator.auth.permissions import Viewer
from annotator.config import Config, Limits, Mail
from annotator.db import now
from annotator.errors import Unavailable
from annotator.models import Account, Follow, Happening, News, NewsEmail
from annotator.parts import Parts, open_parts
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.accounts import accounts
from annotator.services.accounts.mailer import Email
from annotator.services.annotations import annotations
from annotator.services.editions import editions
from annotator.services.following import emails, news, sender, teller
from annotator.services.revisions import add_edition
from benchmarks.site import CHARTER

POSTS, AUTHORS, COMMENTS = 200, 2_000, 10_000
LONGEST_SECONDS = 300  # until all news is sent after the last kill
SECRET = "of this benchmark"  # noqa: S105


def prepare(folder: Path, followers: int) -> Parts:
    """Make a site with two documents, `followed` by many with a confirmed address, and `quiet`."""
    parts = open_parts(Config(data=folder, mail=Mail(host="x", sender="notes@example.org")))
    with parts.db.transaction() as session:
        for slug in ("followed", "quiet"):
            add_edition.add(session, slug=slug, label="1", data=CHARTER.read_bytes(), name="d.md")
        accounts.sign_up(session, "Ada", None)
        made = [{"name": f"reader {n}", "name_key": f"reader {n}", "role": "member",
                 "created": now(), "email": f"r{n}@example.org", "email_confirmed": now()}
                for n in range(followers)]  # fmt: skip
        session.execute(insert(Account), made)
        readers = select(Account.id).where(Account.name_key.startswith("reader"))
        session.execute(insert(Follow), [
            {"account_id": ident, "kind": "document", "key": "followed", "heads": False,
             "posted": False, "created": now() - timedelta(days=1)}
            for ident in session.scalars(readers)
        ])  # fmt: skip
    return parts


def post(parts: Parts, viewer: Viewer, slug: str, body: str) -> str:
    """Post a comment on a passage of a document."""
    with parts.db.transaction() as session:
        pid = editions.newest(session, slug).pids[5]
        draft = Draft(slug, None, (DraftTarget(pid=pid),), body)
        return annotations.create(session, viewer, draft, Limits())


def took(work: Callable[[], object]) -> float:
    """Return the milliseconds of processor time that something takes."""
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1000


def costs(parts: Parts, many: int) -> None:
    """Print what posting, telling, reading and sending take."""
    with parts.db.reading() as session:
        ada = accounts.viewer_named(session, "Ada")
    times: dict[str, list[float]] = {"quiet": [], "followed": []}
    for number in range(POSTS):
        for slug, found in times.items():
            found.append(took(lambda slug=slug, n=number: post(parts, ada, slug, f"Words {n}.")))
        with parts.db.transaction() as session:  # only the last is delivered
            session.execute(Happening.__table__.delete())
    quiet, followed = (statistics.median(times[slug]) for slug in ("quiet", "followed"))
    print(f"posting, median of {POSTS}, processor ms: {quiet:.2f} where nobody follows, "
          f"{followed:.2f} with {many:,} followers: {followed / quiet:.2f} times")  # fmt: skip
    post(parts, ada, "followed", "The one to tell.")
    began = time.monotonic()
    tell_ms = took(lambda: teller.tell(parts.db, parts.engine))
    with parts.db.reading() as session:
        told = session.scalar(select(func.count()).select_from(News))
    print(f"telling {told:,} of one comment: {time.monotonic() - began:.2f} s, "
          f"{tell_ms:.0f} ms of the processor")  # fmt: skip
    with parts.db.transaction() as session:
        session.execute(update(NewsEmail).values(due=now()))
    sent: list[Email] = []
    began, used = time.monotonic(), time.process_time()
    while sender.deliver(parts.db, parts.config, sent.append, SECRET):
        pass
    print(
        f"writing {len(sent):,} digests for {len({email.to for email in sent}):,} accounts: "
        f"{time.monotonic() - began:.1f} s, {time.process_time() - used:.1f} of the processor"
    )


def reading(parts: Parts, rows: int) -> None:
    """Time the page of news and its counter with many rows."""
    with parts.db.transaction() as session:
        ada = accounts.viewer_named(session, "Ada")
        ids = session.scalars(select(annotations.Annotation.id)).all()
        kinds = [f"k{n}" for n in range(rows // len(ids) + 1)]
        values = [{"account_id": ada.account, "kind": "followed" if kind == "k0" else kind,
                   "annotation_id": ident, "created": now(), "read": False}
                  for kind in kinds for ident in ids][:rows]  # fmt: skip
        session.execute(insert(News), values)
    for name, ask in (("page", lambda session: news.page(session, ada)),
                      ("number", lambda session: news.unread(session, ada))):  # fmt: skip
        found = []
        for _ in range(40):
            with parts.db.reading() as session:
                found.append(took(lambda ask=ask, session=session: ask(session)))
        found.sort()
        print(f"{name} of {rows:,} news: median {found[20]:.1f} ms, p95 {found[37]:.1f} ms")


def revision(folder: Path) -> None:
    """Time the news to authors that a new edition changed their words."""
    parts = prepare(folder, AUTHORS)
    with parts.db.transaction() as session:
        query = select(Account).where(Account.name_key.startswith("reader"))
        people = [accounts.viewer_of(row) for row in session.scalars(query)]
        loaded = editions.newest(session, "quiet")
        pids = [loaded.pids[block.provision] for block in loaded.parsed.blocks]
        for number in range(COMMENTS):
            draft = Draft(
                "quiet", None, (DraftTarget(pid=pids[number % len(pids)]),), f"C {number}"
            )
            annotations.create(session, people[number % AUTHORS], draft, Limits())
        session.execute(Happening.__table__.delete())
    text = CHARTER.read_text("utf-8").replace(" the ", " this ")
    with parts.db.transaction() as session:
        add_edition.add(session, slug="quiet", label="2", data=text.encode(), name="d.md")
    began = time.monotonic()
    teller.tell(parts.db, parts.engine)
    with parts.db.reading() as session:
        told = session.scalar(select(func.count()).where(News.kind == "changed"))
    print(f"telling {told:,} of {AUTHORS:,} authors of {COMMENTS:,} comments of a new edition: "
          f"{time.monotonic() - began:.1f} s")  # fmt: skip
    parts.close()


def work(folder: Path) -> None:
    """Deliver news and send emails until killed; write the sent ones to a file, one per line."""
    emails.GRACE = sender.AN_HOUR = timedelta()
    sender.CLAIM = timedelta(seconds=0.5)
    parts = open_parts(Config(data=folder, mail=Mail(host="x", sender="notes@example.org")))
    file = (folder / "sent.jsonl").open("a", buffering=1)

    def send(email: Email) -> None:
        file.write(f"{json.dumps([email.token, email.to])}\n")

    def tell() -> None:
        while True:
            with suppress(Unavailable):  # as the leases do, it tries again
                teller.tell(parts.db, parts.engine)
            time.sleep(0.02)

    threading.Thread(target=tell, daemon=True).start()
    print("ready", flush=True)
    while True:
        with suppress(Unavailable):
            sender.deliver(parts.db, parts.config, send, SECRET)
        time.sleep(0.02)


def begin(folder: Path) -> subprocess.Popen[bytes]:
    """Start a worker; return when it works."""
    command = [sys.executable, "-m", "benchmarks.following", "--work", str(folder)]
    worker = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert worker.stdout
    worker.stdout.readline()
    return worker


def kills(folder: Path, rounds: int) -> list[str]:
    """Kill the worker repeatedly; return the errors."""
    parts = prepare(folder, 40)
    chance = random.Random(11)
    with parts.db.transaction() as session:
        ada = accounts.viewer_named(session, "Ada")
        everyone = session.execute(select(Account.id, Account.email)).all()
        readers = {ident: email for ident, email in everyone if email}
        for ident in readers:
            sender.change(session, ident, followed="once")
    posted = []
    for _ in range(rounds):
        worker, ends = begin(folder), time.monotonic() + chance.uniform(0.1, 2)
        while time.monotonic() < ends:
            with suppress(Unavailable):
                posted.append(post(parts, ada, "followed", f"Words {len(posted)}."))
            time.sleep(chance.random() / 3)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    worker, ends = begin(folder), time.monotonic() + LONGEST_SECONDS
    unfinished = select(Happening.id).limit(1), select(NewsEmail.id).where(NewsEmail.sent.is_(None))
    while time.monotonic() < ends:
        time.sleep(1)
        with parts.db.reading() as session:
            if not any(session.scalar(query.limit(1)) for query in unfinished):
                break
    worker.kill()
    worker.wait()
    lines = [json.loads(line) for line in (folder / "sent.jsonl").read_text().splitlines()]
    wrong = []
    with parts.db.reading() as session:
        told = Counter(session.execute(select(News.account_id, News.annotation_id)).all())
        wanted = {(reader, ident) for reader in readers for ident in posted}
        left = session.scalar(select(func.count()).select_from(Happening))
        unsent = session.scalar(select(func.count()).where(NewsEmail.sent.is_(None)))
        tokens = {row.token: readers[row.account_id] for row in session.scalars(select(NewsEmail))}
        without = session.scalar(select(func.count()).where(News.email_id.is_(None)))
    parts.close()
    wrong += [f"{len(wanted - told.keys())} lost"] * (wanted != told.keys())
    wrong += ["told twice"] * any(many > 1 for many in told.values())
    wrong += [f"{left} not told, {unsent} not sent, {without} in no email"] * any(
        (left, unsent, without)
    )
    wrong += ["an email with another Message-ID or address"] * any(
        tokens.get(token) != to for token, to in lines
    )
    wrong += ["an email was never sent"] * (tokens.keys() != {token for token, _ in lines})
    again = len(lines) - len(tokens)
    print(f"{rounds} kills: {len(posted)} comments, {len(told):,} news, {len(tokens):,} emails, "
          f"{again} sent again; {'; '.join(wrong) or 'nothing wrong'}")  # fmt: skip
    return wrong


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--followers", type=int, default=10_000)
    parser.add_argument("--news", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--work", type=Path, help="tell and send for this site until killed")
    asked = parser.parse_args()
    if asked.work:
        work(asked.work)
    with tempfile.TemporaryDirectory() as folder:
        print(f"load {os.getloadavg()[0]:.1f}")
        if asked.followers:
            parts = prepare(Path(folder) / "many", asked.followers)
            costs(parts, asked.followers)
            reading(parts, asked.news)
            parts.close()
            revision(Path(folder) / "revision")
        if asked.kills and kills(Path(folder) / "kills", asked.kills):
            raise SystemExit(1)


if __name__ == "__main__":
    main()
