"""`annotator serve`: the site, in one or several processes."""

from __future__ import annotations

import atexit
import logging
import multiprocessing.util
import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from filelock import FileLock
from gunicorn.app.base import BaseApplication

from annotator import logs
from annotator.app import create_app
from annotator.cli.context import Opening, echo, with_site
from annotator.cli.server import metrics, webmention
from annotator.config import Config
from annotator.db import Database
from annotator.errors import AnnotatorError
from annotator.parts import open_parts
from annotator.private import unwritable
from annotator.services.annotations import comment_html
from annotator.services.operations import housekeeping
from annotator.services.site import rate_counters
from annotator.web.http import translation
from annotator.web.server import Worker

# A process whose loop has not turned for so long is replaced; slow views do not hold the loop up.
TIMEOUT_SECONDS = 60
TIDIED_EVERY_SECONDS = 300
AGAIN_AFTER_SECONDS = 60
LOOKED_EVERY_SECONDS = 5
ROOM_BYTES = 1_048_576  # with less, a server that begins to write would soon stop again
log = logging.getLogger(__name__)


@click.command()
@click.option("--host", help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port to listen on.")
@click.option("--workers", type=click.IntRange(1, 64), help="How many processes.")
@with_site
def serve(opening: Opening, host: str | None, port: int | None, workers: int | None) -> None:
    """Serve the site until interrupted."""
    config = opening.config()
    server = config.server
    config = replace(config, server=replace(server, host=host or server.host))
    with opening.parts(anew=True) as parts:
        problem = parts.db.problem
        rate_counters.mend(config.data / "limits.sqlite3")
    if problem:
        echo(f"Nothing can be written: {problem}. The site can be read; the server looks "
                   f"every {LOOKED_EVERY_SECONDS} seconds whether that has changed.")  # fmt: skip
    # The tables are up to date now, once, before any worker starts; so is a faulty catalogue told.
    translation.load(config)
    if config.server.metrics_port and not problem:
        metrics.start(config)
    if config.webmention.receive and not problem:
        webmention.start(config)
    address = f"{config.server.host}:{port or server.port}"
    _Server(config, address, workers or server.workers).run()


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn, set up in code; each worker opens the site for itself."""

    def __init__(self, config: Config, address: str, workers: int) -> None:
        self._config = config
        self._address = address
        self._workers = workers
        super().__init__()

    def load_config(self) -> None:
        """Set gunicorn up."""
        options: dict[str, Any] = {
            "bind": self._address,
            "workers": self._workers,
            "worker_class": Worker,
            "threads": self._config.server.threads,
            "timeout": TIMEOUT_SECONDS,
            "when_ready": self._ready,
            "loglevel": "warning",
            "proc_name": "annotator",
            "post_fork": _forked,
            "worker_exit": _exit,
            "control_socket_disable": True,
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        """Open the site in a worker and begin to index, if nobody else does."""
        logs.set_up(self._config)
        parts = open_parts(self._config)
        app = create_app(self._config, parts)
        if parts.db.problem:
            _begin_anew_when_writable(self._config)
        else:
            parts.indexer.start()
            keep_house(parts.db)
            render_anew(parts.db, self._config.data / "rendering.lock")
        return app

    def _ready(self, _server: object) -> None:
        echo(f"Serving at http://{self._address}/  (Ctrl-C stops)")


def _begin_anew_when_writable(config: Config) -> None:
    """End this process, which is then replaced, when the data folder can be written again."""

    def run() -> None:
        while unwritable(config.data, ROOM_BYTES):
            time.sleep(LOOKED_EVERY_SECONDS)
        log.warning("the data folder can be written again; starting anew")
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=run, name="waiting for the disk", daemon=True).start()


def keep_house(db: Database, every: float = TIDIED_EVERY_SECONDS) -> threading.Event:
    """Clear away what has had its time, in a thread, until the event is set.

    Each worker does it: once it is done, doing it again costs a look into an empty index.
    """
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(every):
            try:
                with db.transaction() as session:
                    housekeeping.tidy(session)
                db.empty_log()
            except AnnotatorError:
                log.warning("housekeeping has to wait", exc_info=True)

    threading.Thread(target=run, name="housekeeping", daemon=True).start()
    return ended


def render_anew(db: Database, lock: Path) -> threading.Thread:
    """Make the HTML of comments that an earlier program rendered, in a thread, once.

    Each worker does it, one after the other: after the first there is nothing left to do.
    """

    def run() -> None:
        while True:
            try:
                with FileLock(lock, thread_local=False):
                    if number := comment_html.rebuild(db):
                        log.info("rendered %s comments anew", number)
                return
            except AnnotatorError:
                log.warning("rendering comments anew has to wait", exc_info=True)
                time.sleep(AGAIN_AFTER_SECONDS)

    thread = threading.Thread(target=run, name="rendering", daemon=True)
    thread.start()
    return thread


def _forked(_server: object, _worker: object) -> None:
    """Leave the processes beside the workers alone: at its end a worker would take them along."""
    atexit.unregister(multiprocessing.util._exit_function)  # type: ignore[attr-defined]  # untyped


def _exit(_server: object, worker: Any) -> None:
    if getattr(worker, "wsgi", None) is not None:
        worker.wsgi.extensions["annotator"].indexer.stop()
