"""Numbers for Prometheus, on a port of their own, from a process of their own beside the workers.

The workers write what they count into files in the data folder; this adds them up when it is asked,
and looks into the database for what is true of the whole site. It ends with the server.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import time
from collections.abc import Iterator

from annotator.config import Config
from annotator.db import Database
from annotator.errors import AnnotatorError
from annotator.search import outbox
from annotator.services.annotations import listings
from annotator.services.annotations.filters import Filter

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def start(config: Config) -> None:
    """Start the process, before any worker: they read from the environment where to count."""
    folder = config.data / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ[FOLDER_VARIABLE] = str(folder.resolve())
    made = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(config, os.getpid()), name="metrics", daemon=True
    )
    made.start()


class _SiteCollector:
    """What is true of the whole site, read when it is asked for."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def collect(self) -> Iterator[object]:
        """Return the numbers; none where the database does not answer."""
        from prometheus_client.core import GaugeMetricFamily

        try:
            with self._db.reading() as session:
                waiting, total = outbox.waiting(session), listings.count(session, Filter())
        except AnnotatorError:
            return
        yield GaugeMetricFamily("annotator_outbox", "Changes the index has yet to hear of", waiting)
        yield GaugeMetricFamily("annotator_annotations", "Annotations that are listed", total)


def _serve(config: Config, parent: int) -> None:
    from prometheus_client import CollectorRegistry, start_http_server
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library's own
    registry.register(_SiteCollector(Database.of(config)))  # type: ignore[arg-type]
    start_http_server(config.server.metrics_port, config.server.metrics_host, registry)
    while os.getppid() == parent:
        time.sleep(1)
