"""What many tests share: a site with a small document, on either database, and its doors."""

from __future__ import annotations

import gc
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from annotator.app import create_app
from annotator.auth.permissions import Viewer
from annotator.config import Config, Limits, Store
from annotator.db import Database
from annotator.models import Account
from annotator.parts import Parts
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.accounts import accounts, credentials
from annotator.services.annotations import annotations
from annotator.services.following import teller
from annotator.services.revisions import add_edition
from scripts import postgresql as postgresql_server
from scripts.postgresql import cluster
from scripts.postgresql import free_port as free_port  # for many tests
from tests.described import hold_answers_to_description
from tests.helpers import quick, unshown
from tests.search.memory_engine import MemoryEngine

# No example is timed; on a machine that checks for others, the examples are the same each time.
settings.register_profile("house", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("house")

quick.leave_out_grammars()
quick.compile_once()
quick.hash_quickly()
quick.write_quickly()
unshown.refuse_shown()

NUMBERS = count()  # of databases
ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "tests" / "samples"
SHARED = ROOT.parent / "shared"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out further cases on PostgreSQL; keep what was imported out of garbage collections.

    A test goes through its cases on SQLite, and on PostgreSQL through the first: what the database
    does is the same in each. Where it is not, the test is marked `both_databases`.
    """
    seen: set[str] = set()
    further = [item for item in items if _runs_on_postgresql(item) and _stands_in(item, seen)]
    if further:
        config.hook.pytest_deselected(items=further)
        items[:] = [item for item in items if item not in set(further)]
    gc.collect()
    gc.freeze()


def _runs_on_postgresql(item: pytest.Item) -> bool:
    case = getattr(item, "callspec", None)
    return bool(case and "postgresql" in (case.params.get("store"), case.params.get("empty")))


def _stands_in(item: pytest.Item, seen: set[str]) -> bool:
    """Return whether the item's test was seen before; note that it was."""
    name = item.nodeid.partition("[")[0]
    stands = name in seen and item.get_closest_marker("both_databases") is None
    seen.add(name)
    return stands


@pytest.fixture(scope="session")
def shared() -> Path:
    """The real texts and public test data beside the repository."""
    if not (SHARED / "corpus").is_dir():
        pytest.skip("the real texts do not lie beside the repository (../shared)")
    return SHARED


@pytest.fixture(scope="session")
def payloads(shared: Path) -> list[str]:
    """Hostile strings, which lie beside the repository and are never copied into it."""
    path = shared / "security" / "xss_payloads.json"
    if not path.is_file():
        pytest.skip("the hostile strings do not lie beside the repository (../shared/security)")
    found: list[str] = json.loads(path.read_text(encoding="utf-8"))
    assert len(found) > 500
    return found


def postgresql_folder(name: str = "") -> Path:
    """A folder that the user `postgres` can reach; skips where there is no PostgreSQL."""
    if trouble := postgresql_server.missing():
        pytest.skip(trouble)
    return Path("/tmp") / f"annotator-pg-{os.getpid()}{name}"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL server with a database `template_site`, tables and all."""
    with cluster(postgresql_folder()) as server:
        admin = create_engine(f"{server.address}/postgres", isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text("CREATE DATABASE template_site"))
        template = Database(f"{server.address}/template_site")
        template.migrate()
        template.close()
        yield server.address
        admin.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with every table and no rows."""
    path = tmp_path_factory.mktemp("template") / "site.sqlite3"
    db = Database(f"sqlite:///{path}")
    db.migrate()
    close_file(db)
    return path


def close_file(db: Database) -> None:
    """Close a SQLite database with all that it holds in its one file."""
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database, of each kind in turn; "" for SQLite in the data folder."""
    if request.param == "sqlite":
        yield _copy_of_template(request, tmp_path)
        return
    with database_on(request.getfixturevalue("postgresql"), "TEMPLATE template_site") as address:
        yield address


@contextmanager
def database_on(server: str, like: str = "") -> Iterator[str]:
    """Make a database on a PostgreSQL server; yield its address."""
    name = f"site_{os.getpid()}_{next(NUMBERS)}"
    admin = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT", pool_pre_ping=True)
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} {like}"))
    yield f"{server}/{name}"
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    else:
        with database_on(request.getfixturevalue("postgresql")) as address:
            yield address


def _copy_of_template(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    (tmp_path / "var").mkdir()
    shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "var" / "annotator.sqlite3")
    return ""


@dataclass
class Site:
    """A site under test: its parts, and short ways to do what many tests do."""

    parts: Parts

    def add(
        self, name: str = "garden-1.md", label: str = "2026-03-01", **more: object
    ) -> add_edition.Added:
        """Take in one of the samples as an edition of the document `garden`."""
        data = more.pop("data", None) or (SAMPLES / name).read_bytes()
        with self.parts.db.transaction() as session:
            return add_edition.add(
                session,
                slug=str(more.pop("slug", "garden")),
                label=label,
                data=data,
                name=name,
                **more,
            )  # type: ignore[arg-type]

    def person(
        self, name: str = "Ada", password: str | None = None, role: str = "member"
    ) -> Viewer:
        """Make an account and act for it."""
        with self.parts.db.transaction() as session:
            accounts.sign_up(session, name, password, role=role)
            return accounts.viewer_named(session, name)

    def post(
        self,
        words: str = "",
        body: str | None = "Indeed.",
        *,
        author: str | Viewer = "Ada",
        **more: Any,
    ) -> str:
        """Store an annotation on some words; without them a reply, or one on the document.

        `more` are fields of the draft, `targets` among them.
        """
        targets = more.pop("targets", (DraftTarget(exact=words),) if words else ())
        document = None if more.get("in_reply_to") else "garden"
        draft = Draft(document, more.pop("edition", None), targets, body, **more)
        with self.parts.db.transaction() as session:
            viewer = accounts.viewer_named(session, author) if isinstance(author, str) else author
            return annotations.create(session, viewer, draft, self.parts.config.limits)

    def tell(self) -> None:
        """Tell people what has happened, as the site's teller does."""
        teller.tell(self.parts.db, self.parts.engine)

    def token(self, name: str = "Ada", **more: object) -> str:
        """Make an account, unless it is there, and a token for it."""
        with self.parts.db.transaction() as session:
            viewer = accounts.viewer_named(session, name)
            return credentials.create_token(session, viewer, **more)  # type: ignore[arg-type]


def site_of(config: Config) -> Site:
    """Open a site that searches in memory; its tables are there already."""
    return Site(Parts(config, Database.of(config), MemoryEngine()))


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Settings for a site in a folder of its own."""
    quick = Limits(enabled=False)  # tests do in a second what people do in an hour
    return Config(data=tmp_path / "var", limits=quick)


@pytest.fixture
def site(config: Config, store: str) -> Iterator[Site]:
    """A site without documents, on each kind of database in turn."""
    made = site_of(replace(config, store=Store(database=store)))
    yield made
    made.parts.close()


@pytest.fixture(scope="session")
def small_template(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """A SQLite file with one edition of the garden's rules and an account, Ada."""
    data = tmp_path_factory.mktemp("small")
    path = Path(shutil.copy(sqlite_template, data / "annotator.sqlite3"))
    made = site_of(Config(data=data))
    made.add()
    made.person()
    close_file(made.parts.db)
    return path


@pytest.fixture
def small_site(config: Config, small_template: Path) -> Iterator[Site]:
    """A site on SQLite with one edition of the garden's rules and an account, Ada."""
    config.data.mkdir()
    shutil.copy(small_template, config.data / "annotator.sqlite3")
    made = site_of(config)
    yield made
    made.parts.close()


@pytest.fixture
def app(small_site: Site) -> Flask:
    """The WSGI application of the small site."""
    made = create_app(small_site.parts.config, small_site.parts)
    made.testing = False
    hold_answers_to_description(made)
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without scripts, or a script without a token."""
    return app.test_client()


def sign_in(session: Session, name: str, password: str, label: str = "") -> tuple[Account, str]:
    """Sign in with a password; return the account and the key for its browser."""
    account = accounts.check(session, name, password)
    return account, accounts.begin(session, account, label)
