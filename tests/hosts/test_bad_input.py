"""What is set wrongly for several hosts, on the command line: a clear sentence, and no damage."""

from __future__ import annotations

import json
import signal
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import OperationalError

from annotator.cli import main
from annotator.connections import REVISION
from annotator.hosts import ThisHost, open_leases
from tests.conftest import Site, database_on
from tests.helpers.server import serving

Run = Callable[..., tuple[int, str]]
HIDDEN = "hush-hush-hush"
SERVE = ("serve", "--port", "1")
LOCKED_OUT = """
CREATE ROLE guarded LOGIN PASSWORD 'another';
CREATE TEMP TABLE hba (line text);
DO $$ BEGIN EXECUTE format('COPY hba FROM %L', current_setting('hba_file')); END $$;
DO $$ BEGIN EXECUTE format('COPY (SELECT ''host all guarded 127.0.0.1/32 scram-sha-256'' UNION ALL
 SELECT line FROM hba WHERE line NOT LIKE ''%%guarded%%'') TO %L', current_setting('hba_file'));
END $$;
"""


@pytest.fixture
def run(site: Site, tmp_path: Path) -> Run:
    """Run a command on the site's database with the engine in it; return its status and output."""

    def run(*words: str, **environ: str) -> tuple[int, str]:
        variables = {
            "ANNOTATOR_STORE_DATABASE": site.parts.config.store.database,
            "ANNOTATOR_SEARCH_ENGINE": "postgresql",
            **environ,
        }
        arguments = ["--data", str(tmp_path / "host"), *words]
        done = CliRunner().invoke(main, arguments, env=variables)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        assert "Traceback" not in done.output
        assert HIDDEN not in done.output
        return done.exit_code, done.output

    return run


def _address(site: Site, user: str = "postgres", name: str = "") -> str:
    url = site.parts.db.engine.url
    return f"postgresql+psycopg://{user}@127.0.0.1:{url.port}/{name or url.database}"


def _lets_in(address: str) -> bool:
    engine = create_engine(address)
    try:
        engine.connect().close()
    except OperationalError:
        return False
    finally:
        engine.dispose()
    return True


@pytest.mark.parametrize("words", [("status",), ("check",), SERVE])
@pytest.mark.parametrize(
    ("user", "name", "why"),
    [
        (f"guarded:{HIDDEN}", "", "password authentication failed"),
        ("stranger", "", 'role "stranger" does not exist'),
        ("postgres", "nowhere", 'database "nowhere" does not exist'),
    ],
)
def test_a_database_that_lets_nobody_in_says_why(
    site: Site, run: Run, words: tuple[str, ...], user: str, name: str, why: str
) -> None:
    if user.startswith("guarded"):
        with site.parts.db.engine.connect() as connection, connection.begin():
            connection.execute(text("DROP ROLE IF EXISTS guarded"))
            connection.connection.driver_connection.execute(LOCKED_OUT)
            connection.execute(text("SELECT pg_reload_conf()"))
    address = _address(site, user, name)
    while _lets_in(address):  # the server reads its settings again in its own time
        time.sleep(0.05)
    status, said = run(*words, ANNOTATOR_STORE_DATABASE=address)
    assert status == 1
    assert why in said


@pytest.mark.parametrize("words", [("status",), ("check",), ("document", "list"), SERVE])
def test_tables_of_a_newer_program_are_left_alone(
    site: Site, run: Run, words: tuple[str, ...]
) -> None:
    with site.parts.db.transaction() as session:
        session.execute(REVISION.update().values(version_num="9999"))
    status, said = run(*words)
    assert status == 1
    assert "(9999) are newer than this program's" in said
    assert "Nothing was changed" in said
    with site.parts.db.engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


@pytest.mark.parametrize(
    "made",
    [
        "CREATE TABLE documents (name text)",
        "CREATE TABLE alembic_version (version_num text);"
        "INSERT INTO alembic_version VALUES ('1975ea83b712')",
    ],
)
def test_tables_of_another_program_are_left_alone(postgresql: str, run: Run, made: str) -> None:
    with database_on(postgresql) as address:
        engine = create_engine(address)
        with engine.begin() as connection:
            connection.exec_driver_sql(made)
            before = inspect(connection).get_table_names()
        status, said = run(*SERVE, ANNOTATOR_STORE_DATABASE=address)
        assert status == 1
        assert "tables of another program" in said
        assert inspect(engine).get_table_names() == before
        engine.dispose()


@pytest.mark.parametrize("step", [-1, 1])
def test_an_index_of_another_version_is_named(site: Site, run: Run, step: int) -> None:
    site.add()
    assert run("index", "rebuild")[0] == 0
    with site.parts.db.transaction() as session:
        session.execute(text("UPDATE search_index SET format = format + :by"), {"by": step})
    if step < 0:  # built again by whoever needs it first
        assert run("search", "gates")[0] == 0
        assert run("index", "status")[0] == 0
        return
    for words in (("search", "gates"), ("index", "status"), ("check",), ("index", "rebuild")):
        status, said = run(*words)
        assert status == 1
        assert "search index" in said
    assert "newer version of this program" in said


def test_an_index_that_lacks_records_is_a_problem_of_the_status(site: Site, run: Run) -> None:
    site.add()
    assert run("index", "rebuild")[0] == 0
    assert "The search index" not in run("status")[1]
    with site.parts.db.transaction() as session:
        session.execute(text("DELETE FROM search_records WHERE key = (SELECT min(key) FROM"
                             " search_records)"))  # fmt: skip
    status, said = run("status")
    assert status == 1
    assert "Run: annotator index rebuild" in said


def test_a_second_site_on_one_database_is_refused(site: Site, run: Run) -> None:
    config = site.parts.config
    config.data.mkdir(exist_ok=True)
    first = open_leases(config, site.parts.db, ThisHost("a" * 32, "b" * 32, "one:8000",
                                                        "https://one.example"))  # fmt: skip
    first.register(alone=False)
    status, said = run(*SERVE, ANNOTATOR_SITE_ADDRESS="https://two.example")
    assert status == 1
    assert "one:8000 serves this database as https://one.example" in said
    assert "a database of its own" in " ".join(said.split())
    assert [host.name for host in first.state().hosts] == ["one:8000"]


@pytest.mark.parametrize("words", [("search", "gates"), ("index", "status"), ("index", "rebuild")])
def test_an_engine_that_is_down_is_told_by_each_command(run: Run, words: tuple[str, ...]) -> None:
    status, said = run(*words, ANNOTATOR_SEARCH_ENGINE="opensearch",
                       ANNOTATOR_SEARCH_URLS="http://127.0.0.1:1")  # fmt: skip
    assert status == 1
    assert "search service does not answer" in said


def test_a_check_without_the_engine_checks_all_the_rest(site: Site, run: Run) -> None:
    site.add()
    status, said = run("check", "--json", ANNOTATOR_SEARCH_ENGINE="opensearch",
                       ANNOTATOR_SEARCH_URLS="http://127.0.0.1:1")  # fmt: skip
    assert status == 1
    found = json.loads(said[said.index("{") :])
    assert ["The search service does not answer" in fault for fault in found["faults"]] == [True]
    assert found["checked"]["provisions"] > 0


def test_a_site_whose_engine_is_down_at_the_start_serves_all_but_search(
    site: Site, tmp_path: Path
) -> None:
    site.add()
    environ = {
        "ANNOTATOR_STORE_DATABASE": site.parts.config.store.database,
        "ANNOTATOR_SEARCH_ENGINE": "opensearch", "ANNOTATOR_SEARCH_URLS": "http://127.0.0.1:1",
    }  # fmt: skip
    with serving(tmp_path, **environ) as (port, process):

        def ask(path: str) -> tuple[int, str]:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
                    return answer.status, answer.read().decode()
            except HTTPError as error:
                return error.code, error.read().decode()

        status, found = ask("/health")
        assert json.loads(found)["status"] == "degraded"
        status, found = ask("/api/search?q=gates")
        assert status == 503
        assert "search service does not answer" in found
        assert ask("/d/garden")[0] == 200
        assert ask("/api/annotations?document=garden")[0] == 200
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
