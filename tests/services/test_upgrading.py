"""Upgrades with data: killed in the middle, raced, refused; and a disk that cannot be written."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, text

from annotator import connections
from annotator.connections import newest_revision
from annotator.db import Database
from annotator.errors import Conflict, Unavailable
from annotator.services.accounts import accounts
from annotator.services.editions import editions
from annotator.services.operations import consistency
from annotator.services.operations.checks import Look
from tests.conftest import Site
from tests.services.test_backup import exported, fill

# Each third revision and the newest but one; all of them take minutes.
EARLIER = [f"{number:04}" for number in range(int(newest_revision()) - 1, 0, -3)]


def downgrade(db: Database, revision: str) -> None:
    """Bring the tables, with their rows, back to what they were at an earlier revision."""
    from alembic import command
    from alembic.config import Config

    with db.changing_tables() as connection:
        alembic = Config()
        alembic.set_main_option("script_location", str(connections.MIGRATIONS))
        alembic.attributes["connection"] = connection
        command.downgrade(alembic, revision)
    db.close()


def upgrade_in_a_child(address: str, killed_at: int = 0) -> tuple[int, int]:
    """Upgrade in another process; return its exit status and how many statements it had begun.

    It is killed before the statement `killed_at`, counted from 1.
    """
    read, write = os.pipe()
    child = os.fork()
    if not child:
        begun = 0

        def count(*_: object) -> None:
            nonlocal begun
            begun += 1
            os.write(write, b".")
            if begun == killed_at:
                os.kill(os.getpid(), signal.SIGKILL)

        status = 1
        try:
            own = Database(address)
            event.listen(own.engine, "before_cursor_execute", count)
            own.migrate()
            status = 0
        finally:
            os._exit(status)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        begun = len(pipe.read())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), begun


def add_account(db: Database, name: str) -> None:
    with db.transaction() as session:
        accounts.sign_up(session, name, None)


def faults(site: Site) -> list[str]:
    with site.parts.db.reading() as session:
        return list(consistency.run(Look(session, site.parts.engine)))


def test_an_upgrade_killed_at_any_statement_is_completed_by_the_next_start(site: Site) -> None:
    fill(site)
    site.parts.indexer.drain()
    db, chance = site.parts.db, random.Random(7)
    address = db.engine.url.render_as_string(hide_password=False)
    before = exported(db)
    for revision in EARLIER:
        downgrade(db, revision)
        status, statements = upgrade_in_a_child(address)
        assert status == 0
        downgrade(db, revision)
        for at in {chance.randint(2, statements), statements}:
            status, _ = upgrade_in_a_child(address, killed_at=at)
            assert status == -signal.SIGKILL, (revision, at)
            with db.reading() as session:
                assert connections.revision_of(session.connection()) == revision
        assert db.migrate()
        assert exported(db) == before, revision
        assert faults(site) == [], revision


def test_first_starts_at_once_make_the_tables_once(empty: str) -> None:
    with ThreadPoolExecutor(3) as pool:  # the threads only wait for their children
        ended = list(pool.map(upgrade_in_a_child, [empty] * 3))
    assert [status for status, _ in ended] == [0, 0, 0]
    db = Database(empty)
    assert not db.migrate()
    db.close()


def test_the_tables_of_a_newer_program_are_refused_and_left_as_they_are(site: Site) -> None:
    site.add()
    db = site.parts.db
    with db.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = exported(db)
    with pytest.raises(Conflict, match=r"\(9999\) are newer than this program's"):
        db.migrate()
    assert exported(db) == before


def test_a_command_that_only_reads_waits_for_no_lock(small_site: Site) -> None:
    path = small_site.parts.config.data / "annotator.sqlite3"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    hasty = Database(f"sqlite:///{path}", busy_seconds=0)
    assert not hasty.migrate()
    with hasty.reading() as session:
        assert editions.newest(session, "garden").labels == ("2026-03-01",)
    with pytest.raises(Unavailable, match="another process is writing"):
        add_account(hasty, "Ben")
    other.execute("ROLLBACK")
    other.close()
    hasty.close()


def test_a_site_on_a_disk_that_cannot_be_written_can_be_read(
    small_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_site.parts.close()
    path = small_site.parts.config.data / "annotator.sqlite3"
    before = path.read_bytes()
    monkeypatch.setattr(os, "access", lambda _path, mode: mode != os.W_OK)
    db = Database(f"sqlite:///{path}")
    assert not db.migrate()
    with db.reading() as session:
        assert editions.newest(session, "garden").labels == ("2026-03-01",)
    with pytest.raises(Unavailable, match="database is read-only"):
        add_account(db, "Ben")
    db.close()
    assert path.read_bytes() == before
    assert sorted(each.name for each in path.parent.glob("*.sqlite3*")) == [path.name]


def test_what_a_killed_writer_left_in_its_log_is_read_there_too(
    small_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = small_site.parts.config.data / "annotator.sqlite3"
    writer = Database(f"sqlite:///{path}")
    add_account(writer, "Ben")  # it is open still: the log is there
    monkeypatch.setattr(os, "access", lambda _path, mode: mode != os.W_OK)
    db = Database(f"sqlite:///{path}")
    with db.reading() as session:
        assert accounts.find(session, "Ben") is not None
    db.close()
    writer.close()
