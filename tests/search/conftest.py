"""Every engine there is; the suite runs once for each."""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import urllib3
from filelock import FileLock
from sqlalchemy import create_engine, text

from annotator.config import Config, Search, Store
from annotator.db import Database
from annotator.parts import Parts
from annotator.search.engine import Engine
from annotator.search.engines.opensearch import OpenSearchEngine
from annotator.search.engines.postgresql import PostgresEngine
from annotator.search.engines.whoosh import WhooshEngine
from annotator.search.record import Change
from scripts import opensearch as server
from tests.conftest import Site, database_on
from tests.search.memory_engine import MemoryEngine


@pytest.fixture(scope="session")
def opensearch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an OpenSearch of one node, which all processes of the tests share."""
    if trouble := server.missing():
        pytest.skip(trouble)
    shares = "PYTEST_XDIST_WORKER" in os.environ
    base = tmp_path_factory.getbasetemp()
    address = (base.parent if shares else base) / "opensearch"
    cluster = None
    with FileLock(f"{address}.lock"):
        if not address.exists():
            owner = os.getppid() if shares else os.getpid()
            cluster = server.Cluster(1, owner=owner, short_lived=True)
            address.write_text(cluster.urls[0])
    yield address.read_text()
    if cluster and not shares:
        cluster.stop()


@pytest.fixture
def opensearch_place(opensearch: str) -> Iterator[str]:
    """A place for `open_opensearch`: an address, and the name of an index that is not there."""
    name = f"test-{secrets.token_hex(6)}"
    yield f"{opensearch} {name}"
    urllib3.request("DELETE", f"{opensearch}/{name}.*")


def open_opensearch(place: str, **settings: object) -> OpenSearchEngine:
    *urls, name = place.split()
    given = {"urls": tuple(urls), "index": name, "shards": 1, "replicas": 0, "seconds": 10.0}
    return OpenSearchEngine(Search(**{**given, **settings}), lambda: "site")  # type: ignore[arg-type]


def _folder(request: pytest.FixtureRequest) -> str:
    path: Path = request.getfixturevalue("tmp_path")
    return str(path / "index")


def _schema(request: pytest.FixtureRequest) -> str:
    """An empty schema of the tests' PostgreSQL."""
    address = f"{request.getfixturevalue('postgresql')}/postgres"
    name = f"test_{secrets.token_hex(8)}"
    admin = create_engine(address, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    admin.dispose()
    return f"{address}?options=-csearch_path%3D{name}"


@dataclass(frozen=True)
class EngineKind:
    """An engine under test.

    open: opens it at a place: a folder, or an address. place: makes an empty place; skips the test,
    with the reason, if the engine's server cannot be had. is_durable: whether other processes see
    what it has committed. examples: of tests that try many, as each takes its time.
    """

    open: Callable[[str], Engine]
    place: Callable[[pytest.FixtureRequest], str] = _folder
    is_durable: bool = True
    examples: int = 150


ENGINES: dict[str, EngineKind] = {
    "memory": EngineKind(lambda _: MemoryEngine(), is_durable=False),
    "whoosh": EngineKind(lambda folder: WhooshEngine(Path(folder))),
    "postgresql": EngineKind(PostgresEngine, _schema),
    "opensearch": EngineKind(
        open_opensearch,
        lambda request: str(request.getfixturevalue("opensearch_place")),
        examples=25,
    ),
}


DURABLE = [name for name, kind in ENGINES.items() if kind.is_durable]


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    """The name of each engine in turn."""
    name: str = request.param
    return name


@pytest.fixture
def kind(engine_name: str) -> EngineKind:
    return ENGINES[engine_name]


@pytest.fixture
def place(kind: EngineKind, request: pytest.FixtureRequest) -> str:
    """An empty place for the engine."""
    return kind.place(request)


@pytest.fixture
def engine(kind: EngineKind, place: str) -> Iterator[Engine]:
    opened = kind.open(place)
    yield opened
    opened.close()


@pytest.fixture
def configured(
    engine_name: str, config: Config, request: pytest.FixtureRequest
) -> Iterator[Config]:
    """Settings of a site without documents, with each engine."""
    if engine_name == "postgresql":
        server = request.getfixturevalue("postgresql")
        with database_on(server, "TEMPLATE template_site") as address:
            store, search = Store(database=address), Search(engine="postgresql")
            yield replace(config, store=store, search=search)
        return
    config.data.mkdir()
    shutil.copy(request.getfixturevalue("sqlite_template"), config.data / "annotator.sqlite3")
    if engine_name == "opensearch":
        url, name = request.getfixturevalue("opensearch_place").split()
        search = Search(engine="opensearch", urls=(url,), index=name, replicas=0, seconds=10.0)
        config = replace(config, search=search)
    yield config


@pytest.fixture
def site(configured: Config, engine_name: str) -> Iterator[Site]:
    """A site without documents, with each engine."""
    held = MemoryEngine() if engine_name == "memory" else None
    made = Site(Parts(configured, Database.of(configured), held))
    yield made
    made.parts.close()


@pytest.fixture(params=["one commit", "a commit each"])
def filled(engine: Engine, request: pytest.FixtureRequest) -> Callable[..., Engine]:
    """Fill the engine in one commit, or one for each change: the answers must be the same."""

    def fill(*changes: Change) -> Engine:
        for some in [changes] if request.param == "one commit" else [[c] for c in changes]:
            assert engine.apply(some) == {}
        return engine

    return fill
