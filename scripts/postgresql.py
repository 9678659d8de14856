"""A private PostgreSQL server on loopback, and its standby, for tests and benchmarks."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


def missing() -> str:
    """Return what keeps PostgreSQL from running here; empty if nothing does."""
    if _initdb() is None:
        return "PostgreSQL is not installed (Debian's package postgresql)"
    if os.getuid() == 0 and shutil.which("runuser") is None:
        return "PostgreSQL does not run as root, and there is no runuser"
    return ""


def free_port() -> int:
    """Find a free port on loopback."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _initdb() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1] if found else None


@dataclass
class Server:
    """A private PostgreSQL server."""

    port: int
    control: list[str | Path]
    start_options: list[str | Path]

    @property
    def address(self) -> str:
        """Its address, without a database."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._run(*self.start_options, "start")

    def stop(self) -> None:
        """Stop it at once, as a crash would."""
        self._run("-m", "immediate", "stop")

    def hang(self, seconds: float) -> None:
        """Suspend it for a while; its connections remain open."""
        data = Path(self.control[self.control.index("-D") + 1])
        first = (data / "postmaster.pid").read_text().split()[0]
        started = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        for number, pause in ((signal.SIGSTOP, seconds), (signal.SIGCONT, 0)):
            for pid in (first, *started):
                with suppress(ProcessLookupError):
                    os.kill(int(pid), number)
            time.sleep(pause)

    def promote(self) -> None:
        """Make a standby the primary."""
        self._run("promote")

    def _run(self, *words: str | Path) -> None:
        subprocess.run([*self.control, *words], check=True, stdout=subprocess.DEVNULL, cwd="/")


@contextmanager
def cluster(folder: Path, copy_of: Server | None = None) -> Iterator[Server]:
    """A private PostgreSQL on loopback, or a standby; as root it runs as the user `postgres`."""
    programs = _initdb()
    assert programs is not None
    folder.mkdir()
    as_user: list[str | Path] = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    if as_user:
        folder.chmod(0o755)
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    data, port = folder / "data", free_port()
    made: list[str | Path] = [programs, "-A", "trust", "-U", "postgres", "--encoding=UTF8",
                              "--locale=C.UTF-8", "--no-sync"]  # fmt: skip
    if copy_of:
        made = [programs.with_name("pg_basebackup"), "-h", "127.0.0.1", "-p", str(copy_of.port),
                "-U", "postgres", "-R", "-c", "fast", "--no-sync"]  # fmt: skip
    subprocess.run([*as_user, *made, "-D", data], check=True, stdout=subprocess.DEVNULL, cwd="/")
    options = (
        f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} "
        "-c fsync=off -c max_connections=50 -c wal_retrieve_retry_interval=500ms"
    )
    control = [*as_user, programs.with_name("pg_ctl"), "-D", data, "-w"]
    server = Server(port, control, ["-l", folder / "log", "-o", options])
    server.start()
    try:
        yield server
    finally:
        with suppress(subprocess.CalledProcessError):  # a test has stopped it
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
