"""How long a feed takes at 100,000 annotations.

    python -m benchmarks.feeds [--count N]

Reads two editions of the constitution beside the repository, or of the charter where they are not
there. The baseline is GET /health of the same application; nothing goes over a network.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from annotator.app import create_app
from annotator.config import Config
from annotator.parts import open_parts
from annotator.services.revisions import add_edition
from benchmarks import commentary
from benchmarks.site import CHARTER, CONSTITUTION, busiest, milliseconds, row


def main() -> None:
    """Print one table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=100_000)
    count = options.parse_args().count
    first = CONSTITUTION if CONSTITUTION.exists() else CHARTER
    second = first.with_name("2026-01-29.md" if CONSTITUTION.exists() else "2026-11-01.md")
    with tempfile.TemporaryDirectory() as folder:
        config = Config(data=Path(folder))
        parts = open_parts(config)
        with parts.db.transaction() as session:
            for path in (first, second):
                add_edition.add(session, slug="d", label=path.stem, data=path.read_bytes(),
                           name=path.name)  # fmt: skip
            commentary.fill(session, "d", count)
        parts.indexer.rebuild()
        paths = ["commentary.{}", "d/d.{}", f"d/d/p/{busiest(parts)[0]}.{{}}", "people/author 7.{}",
                 "tags/honesty.{}", "search.{}?q=tag:honesty", "d/d/changes.{}"]  # fmt: skip
        client = create_app(config, parts).test_client()
        print(f"{count:,} annotations; milliseconds, median and slowest")
        row("baseline: GET /health", milliseconds(lambda: client.get("/health")))
        for at in ("/feeds/" + path.format(form) for path in paths for form in ("atom", "json")):
            size = len(client.get(at).data)
            row(at, milliseconds(lambda at=at: client.get(at)), f"{size:,} bytes")
        parts.close()


if __name__ == "__main__":
    main()
