"""Hosts start one after another, together, or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from annotator.config import Config, Search, SiteSettings, Store
from annotator.db import Database
from annotator.errors import Conflict
from annotator.hosts import DatabaseLeases, ThisHost, open_leases
from annotator.models import Secret
from annotator.parts import open_parts
from annotator.search import outbox
from annotator.services.operations.backup import opened, restore, save
from annotator.services.reading import full_text
from annotator.services.site import switches
from tests.conftest import ROOT, Site, database_on

START = """
import sys
from pathlib import Path
from annotator.config import Config, Store
from annotator.parts import open_parts
from annotator.search import outbox
from annotator.services.site import switches
config = Config(data=Path(sys.argv[1]), store=Store(database=sys.argv[2]))
parts = open_parts(config)
print(switches.secret(config, parts.db, "session"))
parts.close()
"""


def _config(site: Site, tmp_path: Path, name: str, address: str = "") -> Config:
    return replace(site.parts.config, data=tmp_path / name, site=SiteSettings(address=address))


def _host(config: Config, site: Site, port: int = 1) -> DatabaseLeases:
    config.data.mkdir(exist_ok=True)
    leases = open_leases(config, site.parts.db, ThisHost.of(config, port))
    assert isinstance(leases, DatabaseLeases)
    return leases


def test_four_first_starts_at_once_make_one_site(empty_database: str, tmp_path: Path) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", START, str(tmp_path / str(number)), empty_database],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for number in range(4)
    ]  # fmt: skip
    ended = [process.communicate(timeout=60) for process in started]
    assert [process.returncode for process in started] == [0] * 4, ended
    (secret,) = {out.strip() for out, _ in ended}
    assert len(secret) > 40


def test_a_start_waits_for_another_process_that_changes_the_tables_and_says_so(
    postgresql: str, tmp_path: Path
) -> None:
    waits = threading.Event()
    with database_on(postgresql) as address:
        config, other = Config(data=tmp_path, store=Store(database=address)), Database(address)
        starting = threading.Thread(target=lambda: open_parts(config, waits.set).close())
        with other.changing_tables():
            starting.start()
            assert waits.wait(20)
        starting.join(30)
        assert not starting.is_alive()
        assert other.migrate() is False
        other.close()


def test_a_second_host_is_refused_where_the_index_is_in_a_folder(
    site: Site, tmp_path: Path
) -> None:
    first = _host(_config(site, tmp_path, "one"), site)
    first.register(alone=True)
    beside = _host(_config(site, tmp_path, "one"), site, port=2)
    beside.register(alone=True)
    other = _host(_config(site, tmp_path, "two"), site)
    with pytest.raises(Conflict, match=r'search\.engine = "postgresql"'):
        other.register(alone=True)
    first.leave()
    beside.leave()
    other.register(alone=True)


def test_two_sites_on_one_database_are_refused(site: Site, tmp_path: Path) -> None:
    one = _host(_config(site, tmp_path, "one", "https://one.example"), site)
    one.register(alone=False)
    two = _host(_config(site, tmp_path, "two", "https://two.example"), site)
    with pytest.raises(Conflict, match="database of its own"):
        two.register(alone=False)
    same = _host(_config(site, tmp_path, "same", "https://one.example"), site)
    same.register(alone=False)


def test_a_host_that_would_feed_another_index_is_refused(site: Site, tmp_path: Path) -> None:
    one, two = (_host(_config(site, tmp_path, name), site) for name in ("one", "two"))
    one.register(alone=False, index="postgresql")
    with site.parts.db.transaction() as session:
        outbox.done(session, [], "postgresql", rebuilt=True)
    with pytest.raises(Conflict, match=r"another search index \(postgresql\)"):
        two.register(alone=False, index="opensearch annotator")
    two.register(alone=False, index="postgresql")
    two.leave()
    one.leave()
    two.register(alone=False, index="opensearch annotator")


@pytest.mark.parametrize("engine", ["whoosh", "postgresql"])
def test_an_index_is_built_anew_when_changes_went_to_another(
    site: Site, tmp_path: Path, engine: str
) -> None:
    site.add()
    site.person("Ada")
    first = replace(_config(site, tmp_path, "one"), search=Search(engine=engine))
    other = replace(_config(site, tmp_path, "two"), search=Search(engine="whoosh"))
    seen = []
    for number, config in enumerate((first, other, other, first)):
        seen.append(site.post("keep quiet", f"The heron, {number}."))
        parts = open_parts(config)
        parts.indexer.drain()
        with parts.db.reading() as session:
            hits = full_text.among(session, parts.engine, "heron")
        parts.close()
        assert sorted(hits) == sorted(seen)
    gone = open_parts(other)  # searched before anybody feeds it
    with gone.db.reading() as session:
        assert "being built" in full_text.index_problem(session, gone.engine)
    gone.close()


@pytest.mark.parametrize("force", [True, False])
def test_nothing_is_restored_under_a_host_that_serves(
    site: Site, tmp_path: Path, force: bool
) -> None:
    db = site.parts.db
    with db.reading() as session:
        save(session, site.parts.config, tmp_path / "site.zip")
    host = _host(_config(site, tmp_path, "one"), site)
    host.register(alone=False)
    switches.secret(site.parts.config, db, "session")
    with opened(tmp_path / "site.zip") as backup:
        with pytest.raises(Conflict, match=f"{os.uname().nodename}:1 serves this site"):
            restore(db, backup, force=force)
        host.leave()
        restore(db, backup, force=force)  # that it was served once does not make it a full site
    with db.reading() as session:
        assert session.get(Secret, "session") is None


def test_a_secret_of_an_earlier_version_stays_and_variables_win(site: Site, tmp_path: Path) -> None:
    db = site.parts.db
    first, second = (_config(site, tmp_path, name) for name in ("one", "two"))
    (first.data / "secrets").mkdir(parents=True)
    (first.data / "secrets" / "session").write_text("from the folder")
    assert switches.secret(first, db, "session") == "from the folder"
    assert switches.secret(second, db, "session") == "from the folder"
    given = replace(second, secrets={"session": "x" * 32})
    assert switches.secret(given, db, "session") == "x" * 32


PAUSED = """
import sys, threading, time
from pathlib import Path
from sqlalchemy import text
from annotator.config import Config, Store
from annotator.hosts import ThisHost, open_leases
from annotator.parts import open_parts
from annotator.search import outbox
config = Config(data=Path(sys.argv[1]), store=Store(database=sys.argv[2]))
parts = open_parts(config)
leases = open_leases(config, parts.db, ThisHost.of(config, 2))
leases.register(alone=False)
def change():
    with parts.db.transaction() as session:
        session.execute(text("SET LOCAL lock_timeout = '30s'"))
        session.execute(text("UPDATE documents SET title = 'Changed'"))
with leases.holding("rendering"), parts.db.transaction() as session:
    session.execute(text("UPDATE documents SET title = 'Changed'"))
    threading.Thread(target=change, daemon=True).start()  # would hold the lock next
    time.sleep(3)
    print("holds a lock", flush=True)
    time.sleep(60)
"""


def test_a_host_that_is_paused_while_it_writes_holds_no_other_up(
    site: Site, tmp_path: Path
) -> None:
    site.add()
    host = _host(_config(site, tmp_path, "one"), site)
    host.register(alone=False)
    with subprocess.Popen(
        [sys.executable, "-c", PAUSED, str(tmp_path / "two"), str(site.parts.db.engine.url)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == "holds a lock\n"
            other.send_signal(signal.SIGSTOP)
            with host.holding("housekeeping"), site.parts.db.transaction() as session:
                session.execute(text("SET LOCAL lock_timeout = '30s'"))
                session.execute(text("UPDATE documents SET title = 'Mine'"))
        finally:
            other.kill()
    host.close()
