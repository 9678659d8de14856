"""Hostile source files: how the time to read or refuse them grows with their size.

    python -m benchmarks.sources

A step that grows linearly doubles from column to column; the baseline is plain paragraphs.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from annotator.documents import parse
from annotator.errors import SourceFault

SIZES = (250_000, 500_000, 1_000_000)
MAKERS: dict[str, Callable[[int], str]] = {
    "baseline: paragraphs": lambda size: "Plain words here.\n\n" * (size // 19),
    "quotation marks": lambda size: ">" * size,
    "open brackets": lambda size: "[" * size,
    "twenty brackets a paragraph": lambda size: ("[" * 20 + "a\n\n") * (size // 23),
    "stars": lambda size: "*a " * (size // 3),
    "items in items": lambda size: "- " * (size // 2),
    "footnote marks": lambda size: "[^" * (size // 2),
    "comments left open": lambda size: "a <!--" * (size // 6),
    "accents on accents": lambda size: "a" + "\u0316\u0301" * (size // 2),
    "links at the head": lambda size: "[a](#b)\n\n" * (size // 9),
}


def seconds(text: str) -> float:
    """Time how long a file takes to be read or refused."""
    data = f"# One\n\n{text}\n".encode()
    began = time.perf_counter()
    with contextlib.suppress(SourceFault):
        parse(data, name="a.md")
    return time.perf_counter() - began


def main() -> None:
    """Print one table, in seconds."""
    print(f"{'seconds, by size':<32}" + "".join(f"{size:>12,}" for size in SIZES))
    for name, make in MAKERS.items():
        print(
            f"{name:<32}" + "".join(f"{seconds(make(size)):>12.2f}" for size in SIZES), flush=True
        )


if __name__ == "__main__":
    main()
