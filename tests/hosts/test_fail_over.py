"""A database server that is read-only, hangs up or fails over, and a replica for readers."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Thread

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import create_engine, event, func, select, text
from werkzeug.test import TestResponse

from annotator.app import create_app
from annotator.cli import main
from annotator.config import Config, Store
from annotator.connections import STATES
from annotator.db import Database, prefers_replica
from annotator.errors import Unavailable
from annotator.hosts import ThisHost, open_leases
from annotator.models import Host
from scripts.postgresql import Server, cluster
from tests.conftest import Site, postgresql_folder, site_of
from tests.helpers.server import until
from tests.helpers.visitor import PASSWORD, send, sign_in

RAISE = "DO $$ BEGIN RAISE EXCEPTION 'so it is' USING ERRCODE = '{}'; END $$"
LOST = ("57P01", "57P03", "08006", "53000", "55P03", "58030")


@pytest.mark.parametrize("state", [*STATES, *LOST])
def test_what_the_server_cannot_do_now_is_unavailable_and_no_bug(site: Site, state: str) -> None:
    with pytest.raises(Unavailable) as told, site.parts.db.transaction() as session:
        session.execute(text(RAISE.format(state)))
    assert told.value.details["retry_after"] > 0


@pytest.mark.parametrize("begin", ["reading", "transaction"])
def test_a_connection_that_is_ended_in_a_transaction_is_replaced(site: Site, begin: str) -> None:
    db, begin_again = site.parts.db, getattr(site.parts.db, begin)

    def is_cut_off() -> None:
        with begin_again() as session:
            pid = session.scalar(text("SELECT pg_backend_pid()"))
            with db.engine.connect() as other:
                # It returns when the process has ended, or after so many milliseconds.
                other.execute(text("SELECT pg_terminate_backend(:pid, 30000)"), {"pid": pid})
            session.execute(text("SELECT 1"))

    for _ in range(2):
        with pytest.raises(Unavailable):
            is_cut_off()
    with begin_again() as session:
        assert session.scalar(text("SELECT 1")) == 1


def test_a_server_that_has_become_read_only_is_read_and_written_again_when_it_may(
    site: Site,
) -> None:
    site.add()
    site.person("Ada", PASSWORD)
    token = site.token("Ada", scopes=("read", "write"))
    client = create_app(site.parts.config, site.parts).test_client()
    url = site.parts.db.engine.url
    admin = create_engine(url, isolation_level="AUTOCOMMIT")

    def post() -> TestResponse:
        body = {"document": "garden", "body": "Now?", "target": {"exact": "keep quiet"}}
        return client.post("/api/annotations", json=body,
                           headers={"Authorization": f"Bearer {token}"})  # fmt: skip

    with admin.connect() as connection:
        setting = f"ALTER DATABASE {url.database} SET default_transaction_read_only"
        connection.execute(text(f"{setting} = on"))
        site.parts.db.engine.dispose()
        for _ in range(2):
            answer = post()
            assert answer.status_code == 503
            assert answer.headers["Retry-After"] == "5"
            assert "read-only" in answer.get_json()["error"]["message"]
            assert client.get("/api/annotations").status_code == 200
            assert client.get("/d/garden@2026-03-01").status_code == 200
        connection.execute(text("SET default_transaction_read_only = off"))
        connection.execute(text(f"{setting} = off"))
    admin.dispose()
    # A connection from before may fail once more; it is not used again.
    assert any(post().status_code == 201 for _ in range(2))


@dataclass
class Pair:
    """A primary, its standby, and a site on both."""

    primary: Server
    standby: Server
    site: Site
    client: Callable[[], FlaskClient]

    def on_standby(self, statement: str) -> None:
        engine = create_engine(f"{self.standby.address}/postgres", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with (
        cluster(postgresql_folder("-primary")) as primary,
        cluster(postgresql_folder("-standby"), primary) as standby,
    ):
        ports = f"?host=127.0.0.1:{primary.port}&host=127.0.0.1:{standby.port}"
        store = Store(
            f"postgresql+psycopg://postgres@/postgres{ports}&target_session_attrs=read-write",
            replica=f"{standby.address}/postgres",
            replica_lag=3,
        )
        site = site_of(Config(data=tmp_path_factory.mktemp("pair"), store=store))
        site.parts.db.migrate()
        site.add()
        site.person("Ada", PASSWORD)
        app = create_app(site.parts.config, site.parts)
        yield Pair(primary, standby, site, app.test_client)
        site.parts.close()


@pytest.fixture
def beating(pair: Pair) -> Iterator[None]:
    """Heartbeats of a host, which measure the replica."""
    config = pair.site.parts.config
    leases = open_leases(config, pair.site.parts.db, ThisHost.of(config, 1))
    leases.register(alone=False)
    assert pair.site.parts.db.replica is not None
    pair.site.parts.db.replica.usable_until = 0.0  # what an earlier test has measured
    with leases.holding("housekeeping"):
        yield
    leases.close()


def _read_from(pair: Pair, client: FlaskClient) -> str:
    """Return which server answers a page: the statements that it runs are counted there."""
    replica = pair.site.parts.db.replica
    assert replica is not None
    asked: list[str] = []

    def note(*_: object) -> None:
        if prefers_replica.get():  # not the heartbeat, which asks in its own thread
            asked.append("standby")

    event.listen(replica.engine, "before_cursor_execute", note)
    assert client.get("/d/garden").status_code in {200, 302}
    assert client.get("/api/documents").status_code == 200
    event.remove(replica.engine, "before_cursor_execute", note)
    return "standby" if asked else "primary"


def test_anonymous_readers_read_the_replica_and_whoever_writes_does_not(
    pair: Pair, beating: None
) -> None:
    replica, reader = pair.site.parts.db.replica, pair.client()
    assert replica is not None
    until(lambda: replica.usable)
    assert _read_from(pair, reader) == "standby"
    ada = sign_in(pair.client(), "Ada")
    assert _read_from(pair, ada) == "primary"
    token = pair.site.token("Ada")
    with_token = pair.client()
    with_token.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    assert _read_from(pair, with_token) == "primary"
    assert send(ada, "/account", "/sign-out").status_code == 303
    assert _read_from(pair, ada) == "primary"  # what she did a moment ago must not be gone
    assert not prefers_replica.get()


def test_a_replica_that_is_far_behind_or_gone_is_not_read(pair: Pair, beating: None) -> None:
    replica, reader = pair.site.parts.db.replica, pair.client()
    assert replica is not None
    until(lambda: replica.usable)
    pair.on_standby("SELECT pg_wal_replay_pause()")
    until(lambda: not replica.usable)
    assert replica.lag is not None
    assert replica.lag > 3
    assert _read_from(pair, reader) == "primary"
    store = pair.site.parts.config.store
    told = CliRunner().invoke(main, ["--data", str(pair.site.parts.config.data), "status"], env={
        "ANNOTATOR_STORE_DATABASE": store.database, "ANNOTATOR_STORE_REPLICA": store.replica,
        "ANNOTATOR_STORE_REPLICA_LAG": "3",
    })  # fmt: skip
    assert told.exit_code == 1
    assert re.search(r"The replica is \d+ seconds behind; the primary is read", told.output)
    pair.on_standby("SELECT pg_wal_replay_resume()")
    until(lambda: replica.usable)
    paused = Thread(target=pair.standby.hang, args=(9,))
    paused.start()
    until(lambda: not replica.usable)  # and the heart beats on
    assert _read_from(pair, reader) == "primary"
    seen = select(func.clock_timestamp() - func.max(Host.seen))
    with pair.site.parts.db.reading() as session:
        assert session.scalar(seen) < timedelta(seconds=3)
    paused.join()
    until(lambda: replica.usable)
    pair.standby.stop()
    assert reader.get("/api/documents").status_code == 200  # the first who finds it gone
    assert not replica.usable
    pair.standby.start()
    until(lambda: replica.usable)
    assert _read_from(pair, reader) == "standby"


def test_a_database_that_is_no_copy_is_not_read(pair: Pair, site: Site) -> None:
    """It is another site's, and a host of that is alive."""
    other, config = site.parts.config, pair.site.parts.config
    another = open_leases(other, site.parts.db, ThisHost.of(other, 1))
    another.register(alone=False)
    store = replace(config.store, replica=str(site.parts.db.engine.url))
    db = Database.of(replace(config, store=store))
    leases = open_leases(config, db, ThisHost.of(config, 1))
    leases.register(alone=False)
    assert leases.replica_lag() is None
    assert db.replica is not None
    assert not db.replica.usable
    for opened in (another, leases, db):
        opened.close()


def test_reading_goes_on_without_the_primary_and_writing_on_the_promoted_standby(
    pair: Pair, beating: None
) -> None:
    replica, reader = pair.site.parts.db.replica, pair.client()
    assert replica is not None
    until(lambda: replica.usable)
    ada = sign_in(pair.client(), "Ada")
    pair.primary.stop()
    for _ in range(10):
        assert reader.get("/api/documents").status_code == 200
        answer = ada.get("/account")
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        time.sleep(0.3)
    pair.standby.promote()
    until(lambda: ada.get("/account").status_code == 200)
    pair.site.post("keep quiet", "After the fail-over.")
    assert reader.get("/api/documents").status_code == 200
