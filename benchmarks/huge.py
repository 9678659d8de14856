"""Files far too large, taken in from the command line: how long that takes, and in how much memory.

    python -m benchmarks.huge [--megabytes N] [KIND ...]

Each file is made in a temporary folder, imported by a process of its own that may use 2 GB of
addresses, and deleted. The baseline is the import of an empty list.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.site import CHARTER

BODY = "Words of a comment. " * 500
ROOM = 2_000_000_000
STEP = 1_000_000


def native(number: int) -> str:
    """Make an annotation of some 10,000 characters."""
    return json.dumps({"id": f"g{number}", "document": "d", "author": "Ann", "body": BODY,
                       "created": "2026-03-05T10:00:00Z"})  # fmt: skip


def web(number: int) -> str:
    """Make another, as the W3C has them."""
    body = {"type": "TextualBody", "value": BODY}
    return json.dumps({"id": f"https://x.example/{number}", "type": "Annotation", "body": body,
                       "motivation": "commenting", "target": "https://x.example/page"})  # fmt: skip


def _many(make: Callable[[int], str], begin: str, between: str, end: str) -> Iterator[str]:
    yield begin
    for number in count():
        wanted = yield (between if number else "") + make(number)
        if wanted is not None:
            break
    yield end


def _same(begin: str, unit: str, end: str = "") -> Iterator[str]:
    yield begin
    while (yield unit * (STEP // len(unit))) is None:
        pass
    yield end


KINDS: dict[str, Callable[[], Iterator[Any]]] = {
    "nothing": lambda: iter(["[]"]),
    "native": lambda: _many(native, '{"total": 1, "items": [', ",\n", "]}"),
    "w3c": lambda: _many(web, '{"type": "AnnotationCollection", "first": {"items": [', ",", "]}}"),
    "jsonl": lambda: _many(native, "", "\n", "\n"),
    "one line": lambda: _same(f'{native(0)}\n{{"id": "x", "body": [', "1,", f"1]}}\n{native(1)}\n"),
    "one string": lambda: _same('{"items": [{"body": "', "x", f'"}}, {native(1)}]}}'),
    "escapes": lambda: _same('{"items": [{"body": "', "\\\\", f'"}}, {native(1)}]}}'),
    "[[[[": lambda: _same("", "["),
    '{"a":{"a":': lambda: _same("", '{"a":'),
    "[[],[],": lambda: _same("[", "[],", "[]]"),
    "{} a line": lambda: _same("", "{}\n"),
    "digits": lambda: _same("[", "1", "]"),
    "spaces": lambda: _same("", " "),
}


def make(path: Path, parts: Any, size: int) -> None:
    """Write a file of at least `size` characters, if its kind has no end of its own."""
    with path.open("w", encoding="utf-8", buffering=STEP) as file:
        written = 0
        for part in parts:
            written += file.write(part)
            if written >= size:
                file.write(parts.send(True))
                file.writelines(parts)


def annotator(folder: Path, *words: str) -> tuple[float, int, str]:
    """Call the command; give seconds, the most memory in MB, and the last line it printed."""
    begun = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", "annotator", "--data", str(folder / "var"), *words],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (ROOM, ROOM)),
    ) as process:  # fmt: skip
        last = ""
        for line in process.stdout or ():
            last = line.strip() or last
        used = os.wait4(process.pid, 0)[2].ru_maxrss // 1024
        process.returncode = 0
    return time.monotonic() - begun, used, last


def main() -> None:
    """Print one table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--megabytes", type=int, default=1_000)
    options.add_argument("kinds", nargs="*", default=list(KINDS))
    asked = options.parse_args()
    print(f"{asked.megabytes:,} MB of    {'seconds':>8} {'MB used':>8}  the last line printed")
    for kind in asked.kinds:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            annotator(folder, "document", "add", str(CHARTER), "--slug", "d", "--edition", "1")
            make(folder / "file.json", KINDS[kind](), asked.megabytes * 1_000_000)
            taken = annotator(folder, "annotation", "import", str(folder / "file.json"),
                              "--document", "d")  # fmt: skip
        print(f"{kind:<14} {taken[0]:>8.1f} {taken[1]:>8}  {taken[2]}", flush=True)


if __name__ == "__main__":
    main()
