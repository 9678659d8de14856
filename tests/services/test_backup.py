"""A backup is one moment of a site in one file, and what is made of it is the same site."""

from __future__ import annotations

import json
import stat
import threading
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from annotator import formats
from annotator.auth.permissions import Viewer
from annotator.config import Store
from annotator.db import Base, Database
from annotator.errors import BackupFault, Conflict
from annotator.models import Annotation, OneTimeKey, SignIn
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.accounts import accounts, credentials
from annotator.services.annotations import annotations
from annotator.services.annotations.filters import Filter
from annotator.services.exchange import exports
from annotator.services.operations.backup import opened, restore, save
from annotator.services.operations.backup.archive import LEFT_OUT, MANIFEST, member_of
from annotator.services.site import switches
from tests.conftest import Site, sign_in, site_of
from tests.helpers import checks
from tests.search.memory_engine import MemoryEngine

FIRST = {"document": "garden", "edition": "2026-03-01"}
QUIET = (DraftTarget(exact="keep quiet"),)


def write(site: Site, viewer: Viewer, **draft: Any) -> str:
    with site.parts.db.transaction() as session:
        return annotations.create(session, viewer, Draft(**draft), site.parts.config.limits)


def fill(site: Site) -> Viewer:
    """Put in two editions, threads, a tombstone, earlier versions and a token."""
    site.add()
    ada = site.person("Ada", "correct horse battery")
    head = write(site, ada, document="garden", targets=QUIET, body="A **heron**.", tags=("bird",))
    reply = write(site, ada, in_reply_to=head, body="An egret.")
    write(site, ada, in_reply_to=reply, body="Neither — 🦢.")
    gone = write(site, ada, document="garden", targets=QUIET, body="A crow.")
    with site.parts.db.transaction() as session:
        annotations.edit(session, ada, head, body="Grey.", limits=site.parts.config.limits)
        annotations.delete(session, ada, reply)
        annotations.delete(session, ada, gone)
        credentials.create_token(session, ada, "script")
        sign_in(session, "Ada", "correct horse battery")
    site.add("garden-2.md", "2026-04-01")
    return ada


def exported(db: Database) -> str:
    chosen = formats.named("native")
    with db.reading() as session:
        found = exports.export(session, chosen, Filter(), "CC-BY-4.0", "http://x.example")
        return "".join(chosen.write(found.annotations, found.envelope))


def clean(db: Database) -> list[str]:
    engine = MemoryEngine()
    with db.reading() as session:
        from annotator.search.gather import everything

        engine.rebuild(everything(session))
        return list(checks.faults(session, engine))


def saved(site: Site, path: Path) -> Path:
    with site.parts.db.reading() as session:
        save(session, site.parts.config, path)
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """An empty database of either kind, on another machine as it were."""
    if request.param == "sqlite":
        return Database(f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}")
    address = request.getfixturevalue("postgresql")
    name = f"elsewhere_{abs(hash(request.node.nodeid))}"
    admin = create_engine(f"{address}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return Database(f"{address}/{name}")


@pytest.mark.both_databases
def test_a_restored_site_is_the_same_on_either_database(
    site: Site, elsewhere: Database, tmp_path: Path
) -> None:
    ada = fill(site)
    path = saved(site, tmp_path / "site.zip")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with opened(path) as backup:
        restore(elsewhere, backup)
    assert exported(elsewhere) == exported(site.parts.db)
    assert clean(elsewhere) == []
    with elsewhere.transaction() as session:
        assert session.query(SignIn).count() == session.query(OneTimeKey).count() == 0
        assert sign_in(session, "Ada", "correct horse battery")[0].name == "Ada"
        limits = site.parts.config.limits
        draft = Draft(document="garden", body="More.", targets=(DraftTarget(exact="Ring"),))
        annotations.create(session, ada, draft, limits)
        accounts.sign_up(session, "Grace", None)  # numbered after those that came along
    with opened(path) as backup, pytest.raises(Conflict, match="There is a site here already"):
        restore(elsewhere, backup)
    with opened(path) as backup:
        restore(elsewhere, backup, force=True)
    assert exported(elsewhere) == exported(site.parts.db)
    elsewhere.close()


def test_a_backup_is_of_one_moment_while_people_go_on_writing(site: Site, tmp_path: Path) -> None:
    ada = fill(site)
    stop, number = threading.Event(), 0

    def go_on() -> None:
        nonlocal number
        while not stop.is_set():
            head = write(site, ada, **FIRST, targets=QUIET, body=f"Comment {number}.")
            write(site, ada, in_reply_to=head, body="And more.")
            number += 1

    writer = threading.Thread(target=go_on)
    writer.start()
    try:
        while number < 3 and writer.is_alive():
            stop.wait(0.01)
        with site.parts.db.reading() as session:
            before = session.query(Annotation).count()  # from here on the session sees this moment
            while number < 8 and writer.is_alive():
                stop.wait(0.01)
            manifest = save(session, site.parts.config, tmp_path / "site.zip")
    finally:
        stop.set()
        writer.join()
    assert manifest.tables["annotations"][1] == before
    other = Database(f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}")
    with opened(tmp_path / "site.zip") as backup:
        restore(other, backup)
    assert clean(other) == []
    assert json.loads(exported(other))["total"] < json.loads(exported(site.parts.db))["total"]
    other.close()


def test_every_table_travels_or_has_a_reason_not_to(small_site: Site, tmp_path: Path) -> None:
    path = saved(small_site, tmp_path / "site.zip")
    with opened(path) as backup:
        assert set(backup.manifest.tables) | set(LEFT_OUT) == set(Base.metadata.tables)
        assert not set(backup.manifest.tables) & set(LEFT_OUT)
        assert any(name.endswith(".pids") for name in backup.manifest.members)


def test_what_is_secret_or_of_one_machine_stays(small_site: Site, tmp_path: Path) -> None:
    site = site_of(
        replace(small_site.parts.config, store=Store(database=small_site.parts.config.database_url))
    )
    secret = switches.secret(site.parts.config, site.parts.db, "session")
    path = saved(site, tmp_path / "site.zip")
    with zipfile.ZipFile(path) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert secret.encode() not in everything
    assert b"sqlite:" not in everything
    assert b'licence = "CC-BY-4.0"' in everything
    site.parts.close()


def test_an_existing_file_is_kept_and_a_failed_backup_leaves_none(
    small_site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "site.zip"
    path.write_text("mine")
    with pytest.raises(Conflict, match="--force"):
        saved(small_site, path)
    assert path.read_text() == "mine"
    monkeypatch.setattr(zipfile.ZipFile, "writestr", lambda *_: (_ for _ in ()).throw(OSError(28)))
    with pytest.raises(OSError, match="28"):
        saved(small_site, tmp_path / "other.zip")
    assert [each.name for each in tmp_path.glob("*.zip*")] == ["site.zip"]
    assert not list(tmp_path.glob(".*.part"))


def change(path: Path, name: str, data: bytes) -> None:
    """Put other bytes in a member's place, with all that a zip itself checks in order."""
    with zipfile.ZipFile(path) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}
    members[name] = data
    with zipfile.ZipFile(path, "w") as archive:
        for each, content in members.items():
            archive.writestr(each, content)


def spoil(path: Path, how: str) -> None:
    data = path.read_bytes()
    if how == "cut short":
        path.write_bytes(data[: len(data) // 2])
    elif how == "bytes":
        path.write_bytes(data[:200] + b"\xff" * 50 + data[250:])
    elif how == "none":
        path.write_bytes(b"no zip at all")
    elif how == "no manifest":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("x", "y")
    elif how == "manifest":
        change(path, MANIFEST, b"{")
    elif how == "other rows":
        change(path, member_of("tags"), b'["a", 0, "b"]\n')


@pytest.mark.parametrize(
    "how", ["cut short", "bytes", "none", "no manifest", "manifest", "other rows"]
)
def test_a_damaged_backup_is_told_and_changes_nothing(
    small_site: Site, tmp_path: Path, how: str
) -> None:
    path = saved(small_site, tmp_path / "site.zip")
    spoil(path, how)
    with pytest.raises(BackupFault), opened(path):
        raise AssertionError("it was opened")


def test_a_newer_backup_is_refused_in_clear_words(small_site: Site, tmp_path: Path) -> None:
    path = saved(small_site, tmp_path / "site.zip")
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read(MANIFEST))
    change(path, MANIFEST, json.dumps({**manifest, "revision": "9999", "version": "7.0"}).encode())
    other = Database(f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}")
    with opened(path) as backup, pytest.raises(BackupFault, match=r"annotator 7\.0.*newer"):
        restore(other, backup)
    other.close()


def test_rows_that_do_not_belong_together_are_refused_whole(
    small_site: Site, tmp_path: Path
) -> None:
    path = saved(small_site, tmp_path / "site.zip")
    with opened(path) as backup:
        columns, _ = backup.manifest.tables["tags"]
        backup.manifest.tables["tags"] = (columns, 1)  # type: ignore[index]
        original = backup.lines
        backup.lines = lambda name: iter(  # type: ignore[method-assign]
            ['["nothing", 0, "bird"]\n'] if name == member_of("tags") else original(name)
        )
        other = Database(f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}")
        with pytest.raises(Conflict, match="tags refers to a missing row of annotations"):
            restore(other, backup)
    with other.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar() == 0
    other.close()


def test_an_older_backup_is_brought_up_to_date(small_site: Site, tmp_path: Path) -> None:
    """One that was made when the tables were at revision 0004, before `withdrawn`."""
    path = saved(small_site, tmp_path / "site.zip")
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read(MANIFEST))
    old = Database(f"sqlite:///{tmp_path / 'old.sqlite3'}")
    old.migrate("0004")
    with old.engine.connect() as connection:
        for name, (columns, _) in list(manifest["tables"].items()):
            there = [row[1] for row in connection.exec_driver_sql(f"PRAGMA table_info({name})")]
            if not there:
                del manifest["tables"][name]
            else:
                assert set(there) <= set(columns)
                manifest["tables"][name][0] = there
                keep = [columns.index(column) for column in there]
                with zipfile.ZipFile(path) as archive:
                    rows = archive.read(member_of(name)).decode().splitlines()
                lines = [json.dumps([json.loads(row)[at] for at in keep]) + "\n" for row in rows]
                data = "".join(lines).encode()
                change(path, member_of(name), data)
                import hashlib

                manifest["members"][member_of(name)] = hashlib.sha256(data).hexdigest()
    old.close()
    change(path, MANIFEST, json.dumps({**manifest, "revision": "0004"}).encode())
    other = Database(f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}")
    with opened(path) as backup:
        restore(other, backup)
    assert not other.migrate()
    assert exported(other) == exported(small_site.parts.db)
    assert clean(other) == []
    other.close()
