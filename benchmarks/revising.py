"""A new edition is added: aligned, and 10,000 annotations placed in it.

    python -m benchmarks.revising [--count 10000]

Reads the real texts beside the repository. The baseline is parsing the newer text.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

from annotator import documents
from annotator.parts import open_parts
from annotator.services.revisions import add_edition
from benchmarks.site import CONSTITUTION, prepare

MODEL_SPEC = (
    "2025-02-12",
    "2025-04-11",
    "2025-09-12",
    "2025-10-27",
    "2025-12-18",
    "2025-12-18-rev2",
)


def line_up(old: Path, new: Path) -> None:
    """Print one row: the times of parsing and aligning, and the result."""
    before = documents.parse(old.read_bytes(), name=old.name)
    began = time.perf_counter()
    after = documents.parse(new.read_bytes(), name=new.name)
    parsed = time.perf_counter()
    relation = documents.align_editions(before, after)
    done = time.perf_counter()
    counts = ", ".join(
        f"{n} {what}" for what, n in Counter(x.verdict for x in relation).most_common()
    )
    print(
        f"{old.stem + ' to ' + new.stem:<32} {parsed - began:8.2f} {done - parsed:8.2f}  {counts}"
    )


def main() -> None:
    """Print one table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=10_000)
    count = options.parse_args().count
    newer = CONSTITUTION.with_name("2026-01-29.md")
    folder = CONSTITUTION.parent.parent / "model-spec"
    print(f"{'seconds':<32} {'parse':>8} {'align':>8}")
    line_up(CONSTITUTION, newer)
    for old, new in pairwise(MODEL_SPEC):
        line_up(folder / f"{old}.md", folder / f"{new}.md")
    with tempfile.TemporaryDirectory() as data:
        parts = open_parts(prepare(Path(data), CONSTITUTION, count))
        began = time.perf_counter()
        with parts.db.transaction() as session:
            added = add_edition.add(
                session, slug="d", label=newer.stem, data=newer.read_bytes(), name=newer.name
            )
        seconds = time.perf_counter() - began
        placed = ", ".join(f"{n} {what}" for what, n in sorted(added.comments.items()))
        print(f"{f'{count:,} annotations, all in all':<32} {'':8} {seconds:8.2f}  {placed}")
        parts.close()


if __name__ == "__main__":
    main()
