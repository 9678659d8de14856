"""`annotator serve`: the web server, in one or several processes."""

from __future__ import annotations

import atexit
import functools
import logging
import multiprocessing.util
import os
import signal
import threading
import time
from dataclasses import replace
from typing import Any

import click
from gunicorn.app.base import BaseApplication

from annotator import logs
from annotator.app import create_app
from annotator.cli.context import Opening, with_site
from annotator.cli.output import echo
from annotator.cli.server import metrics, webmention
from annotator.config import Config
from annotator.db import Database
from annotator.hosts import ThisHost, open_leases
from annotator.leases import Leases
from annotator.parts import Parts
from annotator.private import unwritable
from annotator.services.accounts.mailer import Mailer
from annotator.services.annotations import store
from annotator.services.answers import campaigns
from annotator.services.following import sender, teller
from annotator.services.operations import status
from annotator.services.site import switches
from annotator.web.http import rate_limits, translation
from annotator.web.server import Worker

# Seconds. A process whose event loop is blocked longer is replaced; slow views do not block it.
TIMEOUT_SECONDS = 60
TIDIED_EVERY_SECONDS = 300
LOOKED_EVERY_SECONDS = 5
ROOM_BYTES = 1_048_576  # with less, the server would soon stop writing again
log = logging.getLogger(__name__)


@click.command()
@click.option("--host", help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port to listen on.")
@click.option("--workers", type=click.IntRange(1, 64), help="The number of processes.")
@with_site
def serve(opening: Opening, host: str | None, port: int | None, workers: int | None) -> None:
    """Serve the site until interrupted."""
    config = opening.config()
    server = config.server
    port = port or server.port
    config = replace(config, server=replace(server, host=host or server.host))
    with opening.parts(create=True) as parts:
        problem = parts.db.problem
        rate_limits.remove_if_damaged(config)
        this = ThisHost.of(config, port)
        open_leases(config, parts.db, this).register(
            alone=not parts.engine.shared, index=parts.engine.index
        )
    if problem:
        echo(f"Nothing can be written: {problem}. The site is read-only; the server checks "
                   f"every {LOOKED_EVERY_SECONDS} seconds whether that has changed.")  # fmt: skip
    translation.load(config)  # a faulty catalogue is reported before any worker starts
    if config.server.metrics_port and not problem:
        metrics.start(config)
    if config.webmention.receive and not problem:
        webmention.start(config, this)
    _Server(config, this, f"{config.server.host}:{port}", workers or server.workers).run()


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn, configured in code; each worker opens the site."""

    def __init__(self, config: Config, host: ThisHost, address: str, workers: int) -> None:
        self._config = config
        self._host = host
        self._address = address
        self._workers = workers
        self._parts: Parts | None = None  # in a worker
        super().__init__()

    def load_config(self) -> None:
        """Set the options of gunicorn."""
        options: dict[str, Any] = {
            "bind": self._address,
            "workers": self._workers,
            "worker_class": Worker,
            "threads": self._config.server.threads,
            "timeout": TIMEOUT_SECONDS,
            "when_ready": lambda _: echo(f"Serving at http://{self._address}/  (Ctrl-C stops)"),
            "loglevel": "warning",
            "proc_name": "annotator",
            "post_fork": _detach_processes,
            "worker_exit": lambda _server, _worker: self._stop_indexer(),
            "on_exit": lambda _: self._leave(),
            "control_socket_disable": True,
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        """Open the site in a worker and start its background threads."""
        logs.set_up(self._config)
        # The tables are as this program needs them: while hosts are upgraded one after another, a
        # worker that is replaced on an old host must not refuse newer ones.
        parts = self._parts = Parts(self._config, Database.of(self._config), host=self._host)
        parts.db.read_clock()
        app = create_app(self._config, parts)
        if parts.db.problem:
            _restart_when_writable(self._config)
        else:
            parts.indexer.start()
            start_housekeeping(parts.db, parts.leases)
            start_rendering(parts.db, parts.leases)
            tell = functools.partial(teller.tell, parts.db, parts.engine)
            parts.leases.lead("teller", tell, threading.Event())
            mailer: Mailer = app.extensions["annotator"].mailer
            if mailer.open:
                start_mailer(self._config, parts, mailer)
        return app

    def _stop_indexer(self) -> None:
        if self._parts:
            self._parts.indexer.stop()

    def _leave(self) -> None:
        db = Database.of(self._config)
        open_leases(self._config, db, self._host).leave()
        db.close()


def _restart_when_writable(config: Config) -> None:
    """End this worker when the data folder is writable again; gunicorn replaces it."""

    def run() -> None:
        while unwritable(config.data, ROOM_BYTES):
            time.sleep(LOOKED_EVERY_SECONDS)
        log.warning("the data folder is writable again; restarting")
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=run, name="waiting for the disk", daemon=True).start()


def start_mailer(config: Config, parts: Parts, mailer: Mailer) -> None:
    """Send the emails of accounts, then those of news, in a thread of one process."""
    secret = switches.secret(config, parts.db, "session")
    require = functools.partial(parts.leases.require, "mailer")

    def deliver() -> float:
        wait = mailer.deliver(parts.db, require)
        more = mailer.send and sender.deliver(parts.db, config, mailer.send, secret, require)
        return 0.0 if more else wait

    parts.leases.lead("mailer", deliver, threading.Event())


def start_housekeeping(
    db: Database, leases: Leases, every: float = TIDIED_EVERY_SECONDS
) -> threading.Event:
    """Delete what has expired and find campaigns, in a thread of one process.

    It ends when the returned event is set.
    """
    ended, seen = threading.Event(), dict[int, Any]()

    def tidy() -> float:
        with db.transaction() as session:
            status.tidy(session)
        campaigns.refresh(db, seen)
        db.empty_log()
        return every

    leases.lead("housekeeping", tidy, ended)
    return ended


def start_rendering(db: Database, leases: Leases) -> threading.Thread:
    """Render comments again that an earlier version rendered, once, in a thread.

    Workers take turns; after the first nothing is left to do.
    """

    def render() -> None:
        if number := store.rebuild_html(db):
            log.info("rendered %s comments again", number)

    return leases.lead("rendering", render, threading.Event())


def _detach_processes(_server: object, _worker: object) -> None:
    """Keep a worker from ending the auxiliary processes when it exits."""
    atexit.unregister(multiprocessing.util._exit_function)  # type: ignore[attr-defined]  # untyped
