"""Metrics for Prometheus, served by a process of their own on a port of their own.

Workers write their counts into files in the data folder; this process adds them up, and reads the
numbers of the whole site from the database. It ends with the server.
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
    """Start the process, before the workers, which read the folder from the environment."""
    folder = config.data / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ[FOLDER_VARIABLE] = str(folder.resolve())
    multiprocessing.get_context("spawn").Process(
        target=_serve, args=(config, os.getpid()), name="metrics", daemon=True
    ).start()


class _SiteCollector:
    """Gauges of the whole site, read from the database on request."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def collect(self) -> Iterator[object]:
        """Yield the gauges; none if the database is unavailable."""
        from prometheus_client.core import GaugeMetricFamily

        try:
            with self._db.reading() as session:
                waiting, total = outbox.waiting(session), listings.count(session, Filter())
        except AnnotatorError:
            return
        yield GaugeMetricFamily("annotator_outbox", "Changes waiting to be indexed", waiting)
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
