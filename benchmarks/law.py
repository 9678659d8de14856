"""The reading page of a very long text compared with a long one's, in a browser.

    python -m benchmarks.law [--loads 7] [--text FILE]

The long one is the constitution, or the charter where that is not there; `--text` is read in place
of a generated law of 1.7 million characters. Both are served by one server in one run; times are
medians of loads in browser contexts of their own.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import statistics
import tempfile
from http.client import HTTPConnection
from itertools import count
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from annotator.config import Config
from annotator.parts import open_parts
from annotator.services.revisions import add_edition
from benchmarks.page import DESK, FIRST_PAINT, FLAGS, HAND, WHOLE, Screen, line, opened, until
from benchmarks.site import CHARTER, CONSTITUTION, ask, served

LENGTH = 1_700_000  # characters
TITLES, ARTICLES = 8, 20  # of a part; of a title


def law(length: int = LENGTH) -> str:
    """Return the Markdown of a law of at least `length` characters, the same for every call."""
    rng = random.Random(14)
    vocabulary = re.findall(r"[a-z]{3,}", CHARTER.read_text("utf-8").lower())

    def words(number: int) -> str:
        return " ".join(rng.choices(vocabulary, k=number)).capitalize()

    def sentence() -> str:
        return f"{words(rng.randint(12, 40))}, subject to Article {rng.randint(1, 2400)}."

    text = "# The Long Law\n"
    for number in count():
        if number % (ARTICLES * TITLES) == 0:
            text += f"\n## Part {number // (ARTICLES * TITLES) + 1}\n"
        if number % ARTICLES == 0:
            text += f"\n### Title {number // ARTICLES + 1}: {words(4)}\n"
        text += f"\n#### Article {number + 1} {words(3)}\n\n"
        text += "".join(f"({at}) {sentence()}\n\n" for at in range(1, rng.randint(2, 5)))
        text += "".join(f"{at}. {sentence()}\n" for at in range(1, rng.randint(2, 4)))
        if len(text) >= length:
            return text
    raise AssertionError("unreachable")


def load(browser: Browser, address: str, path: str, screen: Screen) -> list[float]:
    """Return when a page was first painted, had loaded, and had all its scripts, in ms."""
    with opened(browser, address, screen) as page:
        page.goto(path, wait_until="load")
        first = until(page, FIRST_PAINT)
        loaded = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
        until(page, WHOLE)
        return [first, loaded, page.evaluate("performance.now()")]


def measure(browser: Browser, server: HTTPConnection, loads: int) -> None:
    """Print the bytes and times of both pages, and their ratio."""
    address = f"http://127.0.0.1:{server.port}"
    packed = {"Accept-Encoding": "gzip"}
    sizes = [len(ask(server, "GET", f"/d/{slug}", **packed)[1]) / 1000 for slug in ("law", "long")]
    line("law's page over the wire", sizes[0], "kB", f"beside {sizes[1]:.1f} kB")
    for screen in (DESK, HAND):
        times: dict[str, list[list[float]]] = {"law": [], "long": []}
        for number in range(loads + 1):
            for slug, taken in times.items():
                found = load(browser, address, f"/d/{slug}", screen)
                if number:  # the first round warms the server
                    taken.append(found)
        medians = [[statistics.median(each) for each in zip(*taken, strict=True)]
                   for taken in times.values()]  # fmt: skip
        names = ("first painted", "loaded", "all scripts there")
        for name, ours, theirs in zip(names, *medians, strict=True):
            note = f"beside {theirs:.0f} ms: {ours / theirs:.2f} times"
            line(f"law {name}, {screen.name}", ours, "ms", note)


def main() -> None:
    """Make a site of both texts and print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--loads", type=int, default=7)
    options.add_argument("--text", type=Path)
    chosen = options.parse_args()
    long = CONSTITUTION if CONSTITUTION.exists() else CHARTER
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        config = Config(data=Path(folder))
        made = Path(folder) / "law.md"
        made.write_text(law(), "utf-8")
        parts = open_parts(config)
        with parts.db.transaction() as session:
            for slug, path in (("law", chosen.text or made), ("long", long)):
                add_edition.add(session, slug=slug, label="2026-01-20", data=path.read_bytes(),
                                name=path.name)  # fmt: skip
        parts.close()
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        with served(config) as server:
            measure(browser, server, chosen.loads)
        browser.close()


if __name__ == "__main__":
    main()
