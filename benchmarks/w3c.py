"""The W3C's containers at full size: pages at the beginning, in the middle, at the end.

    python -m benchmarks.w3c [--count N]

Requests go to the application itself, without a network. The baseline is GET /health.
`counted anew` is what the first request after a change of the commentary costs besides.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from flask.testing import FlaskClient

from annotator.app import create_app
from annotator.config import Config, Limits
from annotator.parts import Parts, open_parts
from annotator.services.dialects import w3c_containers
from annotator.services.dialects.w3c_containers import Container
from annotator.services.editions import editions
from annotator.services.revisions import add_edition
from benchmarks import commentary
from benchmarks.site import CHARTER, CONSTITUTION, busiest, milliseconds, row


def measure(client: FlaskClient, parts: Parts, at: Container, address: str) -> None:
    """Print the lines of one container."""
    with parts.db.reading() as session:

        def anew() -> None:
            session.info["cache"].pop(("container", at.name), None)
            w3c_containers.survey(session, at)

        times = milliseconds(anew, 5)
        surveyed = w3c_containers.survey(session, at)
    row(f"{address} counted anew", times, f"{surveyed.total:,} annotations")
    last = max(surveyed.pages[-1] - 1, 0)  # the last that is full
    for number in sorted({0, last // 2, last}):
        for iris in (0, 1):
            page = f"{address}?iris={iris}&page={number}"
            row(page, milliseconds(lambda page=page: client.get(page).get_data(), 10))  # type: ignore[misc]


def main() -> None:
    """Print one table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=100_000)
    count = options.parse_args().count
    text = CONSTITUTION if CONSTITUTION.exists() else CHARTER
    with tempfile.TemporaryDirectory() as folder:
        config = Config(data=Path(folder), limits=Limits(enabled=False))
        parts = open_parts(config)
        with parts.db.transaction() as session:
            add_edition.add(session, slug="d", label="2026-01-20", data=text.read_bytes(),
                       name=text.name)  # fmt: skip
            commentary.fill(session, "d", count)
        client = create_app(config, parts).test_client()
        print(f"{count:<52,} {'median':>9} {'p95':>9} {'slowest':>9}  ms")
        row("baseline: GET /health", milliseconds(lambda: client.get("/health"), 10))
        with parts.db.reading() as session:
            loaded = editions.newest(session, "d")
        pid = busiest(parts)[0]
        measure(client, parts, Container(loaded), "/w3c/d/")
        measure(client, parts, Container(loaded, loaded.ordinals[pid]), f"/w3c/d/p/{pid}/")
        parts.close()


if __name__ == "__main__":
    main()
