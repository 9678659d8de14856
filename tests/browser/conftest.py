"""A real Chromium against a real server: one site for all tests here, a document for each test."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from annotator.config import Config
from annotator.db import Database
from annotator.schemas.annotations import AnnotationValue, Draft, DraftTarget
from annotator.services.accounts import accounts
from annotator.services.annotations import annotations, listings
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded
from annotator.services.revisions import add_edition
from tests.conftest import SAMPLES
from tests.helpers import html, server

if TYPE_CHECKING:
    from tests.browser.stage import Stage

expect.set_options(timeout=30_000)  # the machine may do much else

# The shell is the same engine without windows: opening the charter takes 0.5 s of the processor,
# not 1.2.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), None)
FLAGS = [f"--{flag}" for flag in (
    "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
    "disable-component-update", "disable-sync",
)]  # fmt: skip
PASSWORD = "a long enough pass phrase"
READY = """
!document.getElementById("_later") || !document.documentElement.classList.contains("scripted")
"""
# Keeps what a hostile page would do, and what the policy forbade it.
WATCH = """
window.__ran = [];
for (const name of ["alert", "confirm", "prompt", "print"]) {
  window[name] = () => { window.__ran.push(name); };
}
document.addEventListener("securitypolicyviolation", (event) => {
  window.__ran.push(`${event.violatedDirective} ${event.sample || event.blockedURI}`);
});
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@dataclass
class LiveSite:
    """A site that listens; tests write into its database beside the server."""

    address: str
    config: Config
    db: Database
    names: Iterator[int] = field(default_factory=itertools.count)

    def document(self, data: bytes, name: str = "text.md", slug: str = "") -> Loaded:
        """Take in a text as a document of its own."""
        slug = slug or f"text-{next(self.names)}"
        with self.db.transaction() as session:
            add_edition.add(session, slug=slug, label="2026-03-01", data=data, name=name)
        return self.loaded(slug)

    def loaded(self, slug: str) -> Loaded:
        """Return the newest edition of a document."""
        with self.db.reading() as session:
            return editions.newest(session, slug)

    def person(self, stem: str = "Reader") -> str:
        """Make an account with PASSWORD."""
        name = f"{stem} {next(self.names)}"
        with self.db.transaction() as session:
            accounts.sign_up(session, name, PASSWORD)
        return name

    def annotation(
        self, name: str, loaded: Loaded, words: str, body: str | None, tags: tuple[str, ...] = ()
    ) -> str:
        """Store an annotation on the first occurrence of some words."""
        start = loaded.parsed.text.index(words)
        target = DraftTarget(start=start, end=start + len(words), exact=words)
        draft = Draft(document=loaded.slug, edition=loaded.label, targets=(target,), body=body,
                      tags=tags)  # fmt: skip
        with self.db.transaction() as session:
            viewer = accounts.viewer_named(session, name)
            return annotations.create(session, viewer, draft, self.config.limits)


@contextmanager
def serving(config: Config, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run the site's server, with `ANNOTATOR_*` settings; yield its address."""
    with server.serving(config.data, **(settings or {})) as (port, _):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def live_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSite]:
    """A running site without documents."""
    config = Config(data=tmp_path_factory.mktemp("live") / "var")
    db = Database.of(config)
    db.migrate()
    with serving(config) as address:
        yield LiveSite(address, config, db)
    db.close()


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A site with everything on it."""
    from tests.browser.stage import staged

    with staged(tmp_path_factory.mktemp("stage")) as made:
        yield made


@pytest.fixture
def garden(live_site: LiveSite) -> Loaded:
    """A document of this test alone: the garden's rules."""
    return live_site.document((SAMPLES / "garden-1.md").read_bytes())


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless Chromium, driven by path."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium (Debian's package chromium-headless-shell)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


MakePage = Callable[..., Page]


@pytest.fixture
def make_page(chromium: Browser, live_site: LiveSite) -> Iterator[MakePage]:
    """Open pages, each in a browser of its own, with Playwright's options for a context.

    A test fails if a script of ours failed or the policy forbade something in any of them.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def make(**options: object) -> Page:
        settings = {"base_url": live_site.address, "reduced_motion": "reduce", **options}
        context = chromium.new_context(**settings)  # type: ignore[arg-type]
        context.add_init_script(WATCH)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        _wait_for_scripts(page)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: _note(said.type, said.text, faults))
        return page

    yield make
    for context in contexts:
        context.close()
    assert not faults, faults


def _wait_for_scripts(page: Page) -> None:
    """Let `goto` and `reload` return when a reading page's scripts listen; they come last."""
    for name in ("goto", "reload"):
        setattr(page, name, _then_ready(page, getattr(page, name)))


def _then_ready(page: Page, go: Callable[..., Any]) -> Callable[..., Any]:
    def gone(*args: Any, **options: Any) -> Any:
        answer = go(*args, **options)
        for _ in range(1200):
            if page.evaluate(READY):
                return answer
            page.wait_for_timeout(25)
        raise AssertionError("The page's scripts never came.")

    return gone


def _note(kind: str, text: str, faults: list[str]) -> None:
    # An answer with an error status is told to the page's reader, and to the console besides.
    if kind == "error" and not text.startswith("Failed to load resource"):
        faults.append(text)


@pytest.fixture
def page(make_page: MakePage) -> Page:
    """One page on a wide screen."""
    return make_page(viewport={"width": 1280, "height": 900})


def sign_in(page: Page, name: str) -> None:
    """Sign a browser in by the form's request, without showing the form."""
    token = html.value(page.request.get("/sign-in").text(), "csrf_token")
    form = {"name": name, "password": PASSWORD, "csrf_token": token}
    answer = page.request.post("/sign-in", form=form, max_redirects=0)
    assert answer.status == 303, answer.status_text


@pytest.fixture
def reader(page: Page, live_site: LiveSite) -> str:
    """Somebody who has signed in on the page."""
    name = live_site.person()
    sign_in(page, name)
    return name


def stored(live_site: LiveSite, loaded: Loaded) -> list[AnnotationValue]:
    """Return all commentary on a document, in the order of writing."""
    with live_site.db.reading() as session:
        return listings.page(session, Filter(document=loaded.slug), "oldest").items
