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
from annotator.parts import Parts
from annotator.services.annotations import listings
from annotator.services.annotations.filters import Filter
from annotator.services.operations import status

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

    def __init__(self, config: Config) -> None:
        self._parts = Parts(config, Database.of(config))

    def collect(self) -> Iterator[object]:
        """Yield the gauges, or nothing if the database is unavailable."""
        from prometheus_client.core import GaugeMetricFamily

        parts = self._parts
        try:
            found = status.read(parts.db, parts.engine, parts.leases)
            with parts.db.reading() as session:
                total = listings.count(session, Filter())
        except AnnotatorError:
            return
        gauges: list[tuple[str, str, float | None]] = [
            ("annotator_outbox", "Changes waiting to be indexed", found.outbox),
            ("annotator_annotations", "Annotations that are listed", total),
            ("annotator_index_records", "Records in the search index", found.records),
            ("annotator_index_expected", "Records that the index should contain", found.expected),
            ("annotator_hosts", "Hosts that serve the site", len(found.leadership.hosts)),
            ("annotator_emails", "Emails waiting to be sent", found.emails),
            ("annotator_mentions", "Webmentions waiting to be verified", found.mentions),
            ("annotator_replica_lag_seconds", "How far the replica is behind", found.replica_lag),
        ]
        for name, words, value in gauges:
            if value is not None:
                yield GaugeMetricFamily(name, words, value)
        leaders = GaugeMetricFamily("annotator_leader", "1 for the host that leads a task",
                                    labels=("task", "host"))  # fmt: skip
        for task, holder in found.leadership.leaders.items():
            leaders.add_metric((task, holder), 1)
        yield leaders


def _serve(config: Config, parent: int) -> None:
    from prometheus_client import CollectorRegistry, start_http_server
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library's own
    registry.register(_SiteCollector(config))  # type: ignore[arg-type]
    start_http_server(config.server.metrics_port, config.server.metrics_host, registry)
    while os.getppid() == parent:
        time.sleep(1)
