"""The reading page at full size, in a browser.

    python -m benchmarks.page [--counts 1000 10000 100000] [--loads 7] [--text FILE]

A real `annotator serve`, a real Chromium, one run. Times are medians of several loads; each load is
a browser context of its own, with nothing in its cache. Highlights are timed from the first paint
of the same page without commentary to the second frame after they were set. The baselines are that
bare page, its HTML without scripts and style sheets ("plain"), and the bare page with one plain
`<mark>` for each annotation, put in by a script of this benchmark.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from secrets import token_hex
from threading import Thread
from typing import Any, NamedTuple

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from playwright.sync_api import Error as BrowserError
from sqlalchemy import select

from annotator.config import Config
from annotator.models import Placement
from annotator.parts import open_parts
from annotator.services.accounts import accounts
from benchmarks.page_scripts import (
    FILTER,
    FIRST_PAINT,
    MARKS,
    OPEN,
    PAINTED,
    PARAGRAPHS,
    POST,
    SCROLL,
    WHOLE,
)
from benchmarks.site import CHARTER, CONSTITUTION, ask, prepare, served

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update"]  # fmt: skip
PASSWORD = "a pass phrase of the benchmark"  # noqa: S105  of an account that ends with the run
BUSIEST = 2_000
MARK_LIMIT = 20  # seconds, after which the baseline gives up


class Screen(NamedTuple):
    """A screen; `slower` is the factor by which the processor is throttled."""

    name: str
    width: int
    height: int
    slower: int


DESK = Screen("1280 px", 1280, 900, 1)
HAND = Screen("390 px, processor slowed six times", 390, 844, 6)


def line(name: str, value: float, unit: str, note: str = "") -> None:
    """Print one row of the table."""
    print(f"{name:<66} {value:>10,.1f} {unit:<6} {note}", flush=True)


@contextmanager
def opened(browser: Browser, address: str, screen: Screen) -> Iterator[Page]:
    """Open a page in a new browser context."""
    context = browser.new_context(
        base_url=address, viewport={"width": screen.width, "height": screen.height},
        reduced_motion="reduce")  # fmt: skip
    try:
        yield new_page(context, screen)
    finally:
        context.close()


def new_page(context: BrowserContext, screen: Screen) -> Page:
    """Make a page that notes when it is painted."""
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.add_init_script(PAINTED)
    if screen.slower > 1:
        wire = context.new_cdp_session(page)
        wire.send("Emulation.setCPUThrottlingRate", {"rate": screen.slower})
    return page


def until(page: Page, expression: str) -> Any:
    """Wait until an expression has a value; the policy forbids Playwright's own way."""
    for _ in range(4_000):
        value = page.evaluate(expression)
        if value is not None and value != []:
            return value
        page.wait_for_timeout(15)
    raise SystemExit(f"never: {expression}")


class Load(NamedTuple):
    """When something was painted, in ms: first, the largest, highlights in the window, and all."""

    first: float
    largest: float
    seen: float = 0
    last: float = 0


def load(browser: Browser, address: str, screen: Screen, bare: bool) -> Load:
    """Load the reading page in a new browser context."""
    with opened(browser, address, screen) as page:
        page.goto("/d/d", wait_until="load")
        if not bare:
            until(page, WHOLE)
        page.wait_for_timeout(50 * screen.slower)
        painted = until(page, FIRST_PAINT), until(page, "window.__largest ?? null")
        return Load(*painted) if bare else Load(*painted, *page.evaluate("window.__painted()"))


@contextmanager
def plain(bare: HTTPConnection) -> Iterator[str]:
    """Serve the HTML of the bare page without scripts and style sheets; return the address."""
    html = ask(bare, "GET", "/d/d")[1].decode()
    data = re.sub(r"<(script|style)\b.*?</\1>|<link\b[^>]*>", "", html, flags=re.DOTALL).encode()

    class Plain(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            with suppress(OSError):  # a browser opens more connections than it needs
                self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Plain) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def measure_paint(
    browser: Browser, addresses: tuple[str, str, str], screen: Screen, loads: int
) -> None:
    """Print when the plain, the bare and the full page are painted, and the highlights after."""
    rounds = [
        [load(browser, each, screen, bare=each != addresses[2]) for each in addresses]
        for _ in range(loads + 1)
    ][1:]  # the first round warms the servers
    middle = [
        Load(*map(statistics.median, zip(*pages, strict=True)))
        for pages in zip(*rounds, strict=True)
    ]
    for name, page, beside, other in (
        ("bare", middle[1], middle[0], "plain"), ("full", middle[2], middle[1], "bare"),
    ):  # fmt: skip
        line(f"{name} page's first paint, {screen.name}", page.first, "ms",
             f"{page.first / beside.first:.2f} times the {other} page's")  # fmt: skip
        line(f"{name} page's largest paint, {screen.name}", page.largest, "ms",
             f"{page.largest / beside.largest:.2f} times the {other} page's")  # fmt: skip
    first = middle[1].first
    seen = [pages[2].seen - first for pages in rounds]
    line(f"  highlights in the window after the bare page, {screen.name}",
         middle[2].seen - first, "ms", f"{min(seen):.0f}-{max(seen):.0f}")  # fmt: skip
    line(f"  all highlights by, {screen.name}", middle[2].last - first, "ms")


def measure_marks(browser: Browser, bare: str, spans: list[tuple[int, int]]) -> None:
    """Time a `<mark>` for each annotation."""
    with opened(browser, bare, DESK) as page:
        page.goto("/d/d", wait_until="load")
        try:
            time, made = page.evaluate(MARKS, [spans, MARK_LIMIT])
        except BrowserError:  # so many elements can crash the tab
            print(f"{'  baseline: a <mark> for each annotation':<66} the tab crashed")
            return
    note = "" if made == len(spans) else f"given up after {made:,} of them"
    line("  baseline: a <mark> for each annotation", time, "ms", note)


def measure_scrolling(browser: Browser, address: str, name: str) -> None:
    """Print the frames and layout shifts of scrolling through the whole text."""
    with opened(browser, address, DESK) as page:
        page.goto("/d/d", wait_until="load")
        page.wait_for_timeout(500)
        frames = sorted(page.evaluate(SCROLL))
        over = sum(frame > 50 for frame in frames)
        note = f"median {statistics.median(frames):.1f}; {over} of {len(frames)} over 50 ms"
        line(f"  longest frame scrolling, {name}", frames[-1], "ms", note)
        line(f"  layout shift, {name}", page.evaluate("window.__shift"), "")


def measure_wire(bare: HTTPConnection, full: HTTPConnection) -> None:
    """Print the bytes of the page and its scripts as they go over the wire."""
    packed = {"Accept-Encoding": "gzip"}
    sizes = [len(ask(each, "GET", "/d/d", **packed)[1]) for each in (bare, full)]
    line("  page over the wire", sizes[1] / 1000, "kB",
         f"bare {sizes[0] / 1000:.1f} kB: {sizes[1] / sizes[0]:.2f} times")  # fmt: skip
    html = gzip.decompress(ask(full, "GET", "/d/d", **packed)[1]).decode()
    listed = re.search(r'id="_highlights">([^<]*)<', html)
    segments = len(json.loads(listed[1])) / 2 if listed else 0
    line("  segments to be painted, after merging", segments, "")
    scripts = sorted(set(re.findall(r'"(/assets/[^"]+\.js)"', html)))
    whole = sum(len(ask(full, "GET", path, **packed)[1]) for path in scripts)
    line("  scripts over the wire", whole / 1000, "kB", f"{len(scripts)} files")


def took(name: str, times: list[float | None]) -> None:
    """Print a row with the median, minimum and maximum of several times; None is a failure."""
    ended = [each for each in times if each is not None]
    if len(ended) < len(times):
        print(f"{name:<66} {len(times) - len(ended)} of {len(times)} had not ended after 30 s")
    if ended:
        line(name, statistics.median(ended), "ms", f"{min(ended):.0f}-{max(ended):.0f}")


def measure_talk(browser: Browser, address: str, loads: int, later: bool) -> None:
    """Print how long the busiest paragraph takes to open, and a posted annotation to be seen.

    It is pressed as soon as the page has loaded or, `later`, when the other scripts have come too.
    """
    opening: list[float | None] = []
    posting: list[float | None] = []
    shown = count = 0
    for _ in range(loads):
        with opened(browser, address, DESK) as page:
            page.goto("/sign-in")
            page.fill("main [name=name]", "writer")
            page.fill("main [name=password]", PASSWORD)
            page.click("main form button")
            page.wait_for_url(lambda where: "/sign-in" not in where)
            page.goto("/d/d", wait_until="load")
            if later:
                until(page, WHOLE)
                page.wait_for_timeout(200)
            paragraphs = sorted(page.evaluate(PARAGRAPHS), key=lambda each: -each[1])
            busy = [each for each in paragraphs if each[1] >= BUSIEST]
            pid, count = busy[-1] if busy else paragraphs[0]
            found = page.evaluate(OPEN, pid)
            opening.append(found and found[0])
            if found:
                shown = found[1]
                page.click(".talk-form > button")
                posting.append(page.evaluate(POST, f"measured {token_hex(4)}"))
    when = "" if later else " at once"
    took(f"  opening a paragraph with {count:,} comments{when}, until {shown} are seen", opening)
    took("  a posted comment is seen after the answer by", posting)


def measure_filter(browser: Browser, address: str, loads: int) -> None:
    """Time a filter by author until its highlights are painted."""
    times = []
    for number in range(loads):
        with opened(browser, address, DESK) as page:
            page.goto("/d/d", wait_until="load")
            until(page, WHOLE)
            page.wait_for_timeout(300)
            times.append(page.evaluate(FILTER, f"author {number}"))
    took("  filtering by an author, until it is painted", times)


def spans_of(config: Config) -> list[tuple[int, int]]:
    """Return where the annotations stand, in the order of the text."""
    parts = open_parts(config)
    with parts.db.transaction() as session:
        accounts.sign_up(session, "writer", PASSWORD)
    with parts.db.reading() as session:
        query = select(Placement.start, Placement.end).where(Placement.start.is_not(None))
        found = [(row[0], row[1]) for row in session.execute(query.order_by(Placement.start))]
    parts.close()
    return found


def measure(browser: Browser, bare: Config, full: Config, count: int, loads: int) -> None:
    """Measure one size, against the bare page."""
    spans = spans_of(full)
    print(f"-- {count:,} annotations")
    with served(bare) as empty, served(full) as filled:
        addresses = (f"http://127.0.0.1:{empty.port}", f"http://127.0.0.1:{filled.port}")
        measure_wire(empty, filled)
        with plain(empty) as text:
            for screen in (DESK, HAND):
                measure_paint(browser, (text, *addresses), screen, loads)
        measure_marks(browser, addresses[0], spans)
        measure_scrolling(browser, addresses[0], "bare page")
        measure_scrolling(browser, addresses[1], f"{count:,} annotations")
        measure_talk(browser, addresses[1], loads, later=False)
        measure_talk(browser, addresses[1], loads, later=True)
        measure_filter(browser, addresses[1], loads)


def main() -> None:
    """Fill sites of each size and print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--counts", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    options.add_argument("--loads", type=int, default=7)
    options.add_argument("--text", type=Path)
    chosen = options.parse_args()
    text = chosen.text or (CONSTITUTION if CONSTITUTION.exists() else CHARTER)
    program = shutil.which("chromium") or shutil.which("google-chrome")
    print(f"text: {text.name} ({text.stat().st_size:,} bytes); medians of {chosen.loads} loads")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        bare = prepare(Path(folder) / "bare", text, 0)
        for count in chosen.counts:
            full = prepare(Path(folder) / str(count), text, count)
            measure(browser, bare, full, count, chosen.loads)
        browser.close()


if __name__ == "__main__":
    main()
