"""Two hosts and nginx under a mixed load, while one thing after another fails.

    python -m benchmarks.hosts [--seconds 600] [--engine postgresql] [--only killed paused]

Two `annotator serve` with empty folders share a PostgreSQL that has a standby, which serves
anonymous readers and takes over when it is told to; nginx with the site of deploy/ stands before
them. A row of the table is what people saw while something failed: the longest time in which nobody
of a kind was answered, the longest that one of them waited, with all tries, the answers that were
no success, and then, at rest, the accepted acts that are lost or doubled in the database and the
faults that `annotator check` and `annotator index status` find on either host.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from sqlalchemy import create_engine, select, text

from annotator.config import Store
from annotator.db import Database
from annotator.models import Lease, Outbox
from benchmarks.hosts_load import KINDS, PASSWORD, SITE, Act, Load
from benchmarks.site import CHARTER, ROOT
from scripts import nginx, opensearch, postgresql

WRITERS = 6
LONGEST_WAIT_SECONDS = 120
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
BACK_SECONDS = 5  # after which nginx uses a host again
DISK_BYTES = 16_000_000


Scene = Callable[["Stage", float], str | None]


@dataclass
class Host:
    """An `annotator serve` and its folder."""

    folder: Path
    port: int
    environ: dict[str, str]
    program: Path = ROOT  # the checkout that it runs
    process: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        """Its name in the site."""
        return f"{socket.gethostname()}:{self.port}"

    def command(self, *words: str) -> list[str]:
        """Return the words that run `annotator` here."""
        return [sys.executable, "-m", "annotator", "--data", str(self.folder), *words]

    def start(self, **environ: str) -> None:
        """Start the server and wait until it answers."""
        with self.folder.with_suffix(".log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command("serve", "--port", str(self.port), "--workers", "1"),
                stdout=log, stderr=log, env={**self.environ, **environ}, cwd=self.program,
                start_new_session=True,
            )  # fmt: skip
        self.wait()

    def wait(self) -> None:
        """Wait until it answers that it lives."""
        ends = time.monotonic() + LONGEST_WAIT_SECONDS
        while True:
            assert self.process is not None
            assert self.process.poll() is None, self.folder.with_suffix(".log").read_text()[-3000:]
            with suppress(OSError):
                request = urllib.request.Request(
                    f"http://127.0.0.1:{self.port}/health/live", headers={"Host": SITE}
                )
                with urllib.request.urlopen(request, timeout=5):  # noqa: S310
                    return
            assert time.monotonic() < ends, f"{self.name} does not answer"
            time.sleep(0.1)

    def send(self, number: int) -> None:
        """Send a signal to all its processes, or SIGTERM to the first."""
        assert self.process is not None
        to = os.kill if number == signal.SIGTERM else os.killpg
        with suppress(ProcessLookupError):
            to(self.process.pid, number)

    def end(self, number: int = signal.SIGKILL) -> None:
        """End it and wait for that."""
        self.send(number)
        assert self.process is not None
        self.process.wait(60)

    def faults(self) -> list[str]:
        """Run the checks; return the lines of those that find faults."""
        found = []
        for words in (("check",), ("index", "status")):
            done = subprocess.run(self.command(*words), env=self.environ, cwd=self.program,
                                  capture_output=True, text=True, check=False)  # fmt: skip
            if done.returncode:
                found += (done.stdout + done.stderr).splitlines()
        return found


@dataclass
class Stage:
    """All processes, and the requests during each failure."""

    hosts: list[Host]
    primary: postgresql.Server
    standby: postgresql.Server
    db: Database
    load: Load
    cluster: opensearch.Cluster | None = None
    faulty: list[str] = field(default_factory=list)

    def leader(self) -> Host:
        """Return the host that feeds the index; the other one comes after it in the list."""
        with self.db.reading() as session:
            name = session.scalar(select(Lease.holder).where(Lease.task == "indexer"))
        return self.hosts[1] if self.hosts[1].name == name else self.hosts[0]

    def rest(self) -> None:
        """Wait until the index has every change."""
        ends = time.monotonic() + LONGEST_WAIT_SECONDS
        while True:
            with self.db.reading() as session:
                if session.scalar(select(Outbox.id).limit(1)) is None:
                    return
            assert time.monotonic() < ends, "the index does not follow"
            time.sleep(0.2)

    def play(self, name: str, act: Scene, seconds: float, checking: int = 2) -> Seen:
        """Cause a failure under load; print its effects on clients, and the faults afterwards.

        checking: the number of hosts on which the checks run, in turn.
        """
        ledger, first = self.load.ledger, len(self.load.ledger.acts)
        began = time.monotonic()
        with self.load.acting():
            time.sleep(1)
            note = act(self, seconds)
            time.sleep(max(1.0, began + seconds - time.monotonic()))
        seen = Seen(ledger.acts[first:], began, time.monotonic())
        self.rest()
        lost, doubled = ledger.compare(self.db)
        faults = [line for host in self.hosts[:checking] for line in host.faults()]
        self.hosts.reverse()
        print(f"{name:<24} {seen.row()}  {len(lost):>4} {len(doubled):>7} {len(faults):>6}  "
              f"{seen.failures()}{f'; {note}' if note else ''}", flush=True)  # fmt: skip
        wrong = [f"{name}: {line}" for line in [*lost, *doubled, *faults, *ledger.wrong]]
        ledger.wrong.clear()
        self.faulty += wrong
        print("".join(f"    {line}\n" for line in [*dict.fromkeys(wrong)][:10]), end="")
        return seen


@dataclass
class Seen:
    """The results of requests in a period."""

    acts: list[Act]
    began: float
    ended: float

    def silence(self, kind: str) -> float:
        """Return the longest time between two successes of a kind."""
        done = sorted(each.ended for each in self.acts if each.kind == kind and each.done)
        return max(b - a for a, b in pairwise([self.began, *done, self.ended]))

    def wait(self, kind: str) -> float:
        """Return how long an act took at most, with all tries."""
        return max((each.ended - each.began for each in self.acts if each.kind == kind), default=0)

    def failures(self) -> str:
        """Count the answers that were no success."""
        seen = Counter(f"{status or 'cut'} {each.kind}" for each in self.acts
                       for status in each.failed)  # fmt: skip
        return ", ".join(f"{number} × {what}" for what, number in sorted(seen.items())) or "none"

    def row(self) -> str:
        """Return the duration, the number of acts, and the silence and wait of each kind."""
        cells = (f"{self.silence(kind):>5.1f} {self.wait(kind):>5.1f}" for kind in KINDS)
        return f"{self.ended - self.began:>4.0f} {len(self.acts):>5}  {'  '.join(cells)}"


# Makes a site with the charter, a reader, and a token for each writer, which it prints.
PREPARE = f"""
import sys
from pathlib import Path
from annotator.config import Config, Store
from annotator.parts import open_parts
from annotator.services.accounts import accounts, credentials
from annotator.services.revisions import add_edition
parts = open_parts(Config(data=Path(sys.argv[1]), store=Store(sys.argv[2])))
with parts.db.transaction() as session:
    charter = Path({str(CHARTER)!r}).read_bytes()
    add_edition.add(session, slug="d", label="1", data=charter, name="d.md")
    accounts.sign_up(session, "reader", {PASSWORD!r})
    for number in range({WRITERS}):
        accounts.sign_up(session, f"writer {{number}}", None)
        writer = accounts.viewer_named(session, f"writer {{number}}")
        print(credentials.create_token(session, writer))
parts.close()
"""
HEADING = (
    "Seconds in which nobody was answered, and the longest that somebody waited\n"
    f"{'':<24} {'s':>4} {'acts':>5}  {'  '.join(f'{kind:>11}' for kind in KINDS)}"
    "  lost doubled faults  answers that were no success"
)


def nothing(_stage: Stage, _seconds: float) -> None:
    """Let nothing fail: the baseline."""


def killed(stage: Stage, seconds: float) -> None:
    """Kill the leader, and start it again."""
    host = stage.leader()
    host.end()
    time.sleep(seconds / 4)
    host.start()


def paused(stage: Stage, seconds: float) -> None:
    """Pause the leader, and wake it."""
    host = stage.leader()
    host.send(signal.SIGSTOP)
    time.sleep(max(12.0, seconds - 6))
    host.send(signal.SIGCONT)
    time.sleep(2)


def restarted(stage: Stage, _seconds: float) -> None:
    """Restart the database server."""
    stage.primary.stop()
    stage.primary.start()


def rolled(stage: Stage, _seconds: float) -> None:
    """Restart the hosts one after the other, with this program; they may have run an older one."""
    for host in stage.hosts:
        host.end(signal.SIGTERM)
        host.program = ROOT
        host.start()
        time.sleep(BACK_SECONDS)


def node_killed(stage: Stage, seconds: float) -> str | None:
    """Kill a node of OpenSearch, and start it again."""
    if stage.cluster is None:
        return "skipped: another engine"
    stage.cluster.kill(0)
    time.sleep(seconds / 3)
    stage.cluster.start(0)
    stage.cluster.wait(3)
    return None


def disk_full(stage: Stage, seconds: float) -> str | None:
    """Fill the disk of a host, with its folder and its temporary files; restart it so, empty it."""
    host = stage.leader()
    host.end(signal.SIGTERM)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "annotator",
                       host.folder], check=False, capture_output=True).returncode:  # fmt: skip
        host.start()
        return "skipped: no disk can be mounted here"
    try:
        host.start(TMPDIR=str(host.folder))
        time.sleep(2)
        _fill(host.folder / "full")
        time.sleep(seconds / 3)
        host.end()
        host.start(TMPDIR=str(host.folder))
        time.sleep(seconds / 6)
        (host.folder / "full").unlink()
        time.sleep(2)
        host.end(signal.SIGTERM)
    finally:
        subprocess.run(["umount", "-l", host.folder], check=True)
    host.start()
    return None


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 65_536)


def clocks_apart(stage: Stage, seconds: float) -> str | None:
    """Restart one host with a clock an hour ahead, then the other."""
    if not FAKETIME.exists():
        return "skipped: no libfaketime (Debian's package faketime)"
    for host, offset in zip(stage.hosts, ("+1h", "-1h"), strict=True):
        host.end(signal.SIGTERM)
        host.start(LD_PRELOAD=str(FAKETIME), FAKETIME=offset, NO_FAKE_STAT="1")
        time.sleep(max(BACK_SECONDS, seconds / 3))
        host.end(signal.SIGTERM)
        host.start()
        time.sleep(BACK_SECONDS)
    return None


def failed_over(stage: Stage, _seconds: float) -> str:
    """End the primary for good, and promote the standby a second later."""
    stage.primary.stop()
    time.sleep(1)
    began = time.monotonic()
    stage.standby.promote()
    return f"promoted 1 second after the end, in {time.monotonic() - began:.1f} s"


SCENES: dict[str, Scene] = {
    "nothing": nothing,
    "host killed": killed,
    "leader paused": paused,
    "PostgreSQL restarted": restarted,
    "rolling restart": rolled,
    "OpenSearch node killed": node_killed,
    "disk of a host full": disk_full,
    "clocks an hour apart": clocks_apart,
    "PostgreSQL failed over": failed_over,  # the last: there is no standby any more
}


@contextmanager
def staged(folder: Path, engine: str, pause: float = 0.1, program: Path = ROOT) -> Iterator[Stage]:
    """Start everything with the hosts of a checkout, and stop it at the end."""
    near = Path(tempfile.gettempdir()) / f"annotator-hosts-{os.getpid()}"
    with ExitStack() as stack:
        primary = stack.enter_context(postgresql.cluster(Path(f"{near}-primary")))
        standby = stack.enter_context(postgresql.cluster(Path(f"{near}-standby"), primary))
        # From now on, confirmed changes are on the standby too; a fail-over must not lose them.
        admin = create_engine(f"{primary.address}/postgres", isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text("ALTER SYSTEM SET synchronous_standby_names = '*'"))
            connection.execute(text("SELECT pg_reload_conf()"))
        admin.dispose()
        both = f"host=127.0.0.1:{primary.port}&host=127.0.0.1:{standby.port}"
        store = Store(
            f"postgresql+psycopg://postgres@/postgres?{both}&target_session_attrs=read-write",
            replica=f"postgresql+psycopg://postgres@127.0.0.1:{standby.port}/postgres",
        )
        made = subprocess.run(
            [sys.executable, "-c", PREPARE, folder / "prepared", store.database], cwd=program,
            capture_output=True, text=True, check=True,
        ).stdout.split()  # fmt: skip
        environ = {
            **os.environ, "ANNOTATOR_LIMITS": "off", "ANNOTATOR_SEARCH_ENGINE": engine,
            "ANNOTATOR_SITE_ADDRESS": f"https://{SITE}", "ANNOTATOR_SERVER_TRUSTED_HOPS": "1",
            "ANNOTATOR_STORE_DATABASE": store.database, "ANNOTATOR_STORE_REPLICA": store.replica,
        }  # fmt: skip
        cluster = None
        if engine == "opensearch":
            cluster = opensearch.Cluster(3, short_lived=True)
            stack.callback(cluster.stop)
            environ["ANNOTATOR_SEARCH_URLS"] = ",".join(cluster.urls)
        hosts = []
        for name in ("one", "two"):
            (folder / name).mkdir()
            host = Host(folder / name, postgresql.free_port(), environ, program)
            stack.callback(lambda host=host: host.process and host.end())
            host.start()
            hosts.append(host)
        (folder / "nginx").mkdir()
        ports = [host.port for host in hosts]
        port = stack.enter_context(nginx.nginx(folder / "nginx", *ports))
        db = Database(store.database)
        stack.callback(db.close)
        load = Load(port, made, pause)
        load.start(anonymous=4, signed=2, searchers=2)
        stack.callback(load.end)
        yield Stage(hosts, primary, standby, db, load, cluster)


def main() -> None:
    """Let everything fail once and print the table; exit status 1 if anything is not as it was."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=600, help="in all")
    options.add_argument("--engine", default="postgresql", choices=("postgresql", "opensearch"))
    options.add_argument("--only", nargs="+", choices=SCENES, metavar="SCENE")
    options.add_argument(
        "--program",
        type=Path,
        default=ROOT,
        metavar="CHECKOUT",
        help="of an older version, which the scene 'rolling restart' replaces",
    )
    options.add_argument("--keep", type=Path, help="an empty folder that keeps the logs")
    given = options.parse_args()
    missing = postgresql.missing() or nginx.missing()
    if given.engine == "opensearch":
        missing = missing or opensearch.missing()
    if missing:
        raise SystemExit(f"This cannot run here: {missing}")
    chosen = given.only or [
        name for name in SCENES if given.engine == "opensearch" or "OpenSearch" not in name
    ]
    folder = Path(tempfile.mkdtemp()) if given.keep is None else given.keep
    folder.chmod(0o755)
    try:
        with staged(folder, given.engine, program=given.program) as stage:
            print(f"engine {given.engine}, {WRITERS} writers, 8 readers\n{HEADING}", flush=True)
            for name in chosen:
                stage.play(name, SCENES[name], given.seconds / len(chosen))
    finally:
        if given.keep is None:
            shutil.rmtree(folder)
    raise SystemExit(1 if stage.faulty else 0)


if __name__ == "__main__":
    main()
