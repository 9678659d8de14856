"""The indexer: every change reaches the engine, whoever feeds it, and whatever is killed."""

from __future__ import annotations

import http.client
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from annotator.config import Config
from annotator.models import Outbox
from annotator.parts import open_parts
from annotator.search import indexer, outbox
from annotator.search.record import Change
from annotator.services.accounts import accounts, credentials
from annotator.services.annotations import annotations
from annotator.services.operations.checks.derived import compare_index
from annotator.services.reading import full_text
from annotator.services.revisions import add_edition
from benchmarks import kill
from tests.conftest import SAMPLES, Site, free_port
from tests.search.conftest import DURABLE

KILLS = 3


def found(site: Site, query: str) -> list[str]:
    with site.parts.db.reading() as session:
        results = full_text.search(session, site.parts.engine, query, kinds=["annotation"])
        return [item.id for item in results.items if item.kind == "annotation"]


def test_what_is_written_edited_and_deleted_reaches_the_engine(site: Site) -> None:
    site.add()
    ada = site.person("Ada")
    ident = site.post("keep quiet", "A heron stands there.")
    assert site.parts.indexer.drain() is not None  # 0 if it has built the index anew
    assert found(site, "heron") == [ident]
    with site.parts.db.transaction() as session:
        annotations.edit(session, ada, ident, body="An egret.", limits=site.parts.config.limits)
    site.parts.indexer.drain()
    assert (found(site, "heron"), found(site, "egret")) == ([], [ident])
    assert found(site, 'quote:"keep quiet" section:purpose author:ada') == [ident]
    with site.parts.db.transaction() as session:
        annotations.delete(session, ada, ident)
    assert found(site, "egret") == []  # the database is asked before anything is shown
    site.parts.indexer.drain()
    with site.parts.db.reading() as session:
        assert outbox.waiting(session) == 0
        assert not compare_index(session, site.parts.engine).differs


def test_what_is_posted_in_a_row_takes_few_commits_of_the_engine(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.add()
    site.person("Ada")
    site.parts.indexer.drain()
    batches: list[int] = []
    apply = site.parts.engine.apply

    def counted(changes: Iterable[Change]) -> object:
        batches.append(len(listed := list(changes)))
        return apply(listed)

    monkeypatch.setattr(site.parts.engine, "apply", counted)
    site.parts.indexer.start()
    began = time.monotonic()
    idents = [site.post("keep quiet", f"Heron number {number}.") for number in range(12)]
    while sum(batches) < len(idents):
        assert time.monotonic() < began + 60
        time.sleep(0.02)
    seconds = time.monotonic() - began
    site.parts.indexer.stop()
    assert len(batches) <= seconds / indexer.PAUSE_SECONDS + 1
    assert sorted(found(site, "heron")) == sorted(idents)


def test_a_new_edition_changes_what_is_found_of_the_text_and_of_annotations(site: Site) -> None:
    site.add()
    site.person("Ada")
    ident = site.post("keep quiet", "A heron stands there.")
    site.add("garden-2.md", "2026-04-01")
    site.parts.indexer.drain()
    assert found(site, "placement:lost") == [ident]
    with site.parts.db.reading() as session:
        results = full_text.search(session, site.parts.engine, "nightfall", kinds=["provision"])
        assert results.total == 1
        assert full_text.search(session, site.parts.engine, "laughter").total == 0
        assert not compare_index(session, site.parts.engine).differs


def test_a_record_that_the_engine_cannot_hold_holds_up_no_other(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    site.add()
    site.person("Ada")
    site.parts.indexer.drain()
    bad, good = (site.post("keep quiet", f"A {bird} stands there.") for bird in ("heron", "stork"))
    apply = site.parts.engine.apply

    def refusing(changes: Iterable[Change]) -> dict[str, str]:
        kept = [change for change in changes if change.key != f"a:{bad}"]
        return {**apply(kept), f"a:{bad}": "too heavy"}

    monkeypatch.setattr(site.parts.engine, "apply", refusing)
    monkeypatch.setattr(indexer, "RETRY_SECONDS", 0.0)
    indexed = site.parts.indexer
    tries = 0
    while True:
        indexed.drain()
        assert found(site, "stork") == [good]
        with site.parts.db.reading() as session:
            waiting = outbox.waiting(session)
        tries = caplog.text.count("too heavy")
        if not waiting:
            break
    assert tries == indexer.TRIES
    assert f"cannot store annotation {bad} (too heavy); it is left out" in caplog.text
    monkeypatch.undo()
    with site.parts.db.reading() as session:
        assert compare_index(session, site.parts.engine).missing == {f"a:{bad}"}
    indexed.rebuild()
    assert found(site, "heron") == [bad]


def test_a_record_that_is_refused_once_is_tried_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.add()
    site.person("Ada")
    site.parts.indexer.drain()
    ident = site.post("keep quiet", "A heron stands there.")
    with monkeypatch.context() as patch:
        patch.setattr(site.parts.engine, "apply", lambda _: {f"a:{ident}": "too heavy"})
        site.parts.indexer.drain()
    site.parts.indexer.drain()
    assert found(site, "heron") == []  # its time has not come
    monkeypatch.setattr(indexer.time, "monotonic", lambda: math.inf)
    site.parts.indexer.drain()
    assert found(site, "heron") == [ident]


def test_a_rebuild_that_is_killed_while_it_finishes_has_finished_a_part(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.add()
    site.person("Ada")
    site.parts.indexer.drain()
    posted = [site.post("keep quiet", f"Heron number {number}.") for number in range(5)]
    noted: list[str] = []

    def killed(_db: object, ids: Sequence[str]) -> None:
        if noted:
            raise KeyboardInterrupt
        noted.extend(ids)

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "BATCH", 2)
        patch.setattr(site.parts.indexer, "_note", killed)
        with pytest.raises(KeyboardInterrupt):
            site.parts.indexer.rebuild()
    assert noted == posted[:2]
    assert sorted(found(site, "heron")) == sorted(posted)
    with site.parts.db.reading() as session:
        assert outbox.waiting(session) == 3
    assert site.parts.indexer.drain() == 3
    with site.parts.db.reading() as session:
        assert not compare_index(session, site.parts.engine).differs


def test_versions_grow_with_every_change_seen_and_not_with_ids(site: Site) -> None:
    """Two indexers read; the one whose view is newer has the higher version, whatever ids say."""
    site.add()
    site.person("Ada")
    site.post("keep quiet", "One.")
    db = site.parts.db
    with db.reading() as early:
        before = outbox.version(early)
        if early.get_bind().dialect.name == "postgresql":  # SQLite's writers wait for each other
            with db.transaction() as slow:
                slow.add(Outbox(kind="annotation", key="x"))
                slow.flush()  # has the lower id, and is seen later
                site.post("keep quiet", "Two.")
                with db.reading() as middle:
                    between = outbox.version(middle)
            assert before < between
            before = between
        else:
            site.post("keep quiet", "Two.")
    with db.reading() as late:
        after = outbox.version(late)
    assert before < after
    with db.transaction() as session:
        outbox.done(session, [row.id for row in outbox.first(session)], "")
        outbox.done(session, [1, 2, 3], "")  # another process has deleted them
        assert outbox.version(session) == after
        assert outbox.waiting(session) == 0


@pytest.mark.parametrize("sort", ["relevance", "newest", "oldest", "place"])
def test_a_search_through_the_services_pages_to_its_total(site: Site, sort: str) -> None:
    site.add()
    site.person("Ada")
    for number in range(7):
        site.post("keep quiet", f"The dusk of day {number}.")
    site.parts.indexer.drain()
    seen: list[object] = []
    cursor = None
    with site.parts.db.reading() as session:
        while True:
            page = full_text.search(
                session, site.parts.engine, "dusk", sort=sort, cursor=cursor, limit=3
            )
            seen += page.items
            cursor = page.next
            if cursor is None:
                break
        assert len(seen) == page.total == 9


@contextmanager
def served(config: Config, port: int, workers: int) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "annotator", "--data", str(config.data), "serve",
               "--port", str(port), "--workers", str(workers)]  # fmt: skip
    log = (config.data / "serve.log").open("ab")
    environ = {
        **os.environ,
        "ANNOTATOR_STORE_DATABASE": config.store.database,
        "ANNOTATOR_SEARCH_ENGINE": config.search.engine,
        "ANNOTATOR_SEARCH_URLS": ",".join(config.search.urls),
        "ANNOTATOR_SEARCH_INDEX": config.search.index,
        "ANNOTATOR_SEARCH_REPLICAS": "0",
    }
    process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, env=environ)
    try:
        wait_for(port)
        yield process
    finally:
        log.close()
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def call(
    port: int, method: str, path: str, body: object = None, token: str = ""
) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    try:
        connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def wait_for(port: int) -> None:
    for _ in range(300):
        try:
            if call(port, "GET", "/health")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")


def fill(config: Config) -> str:
    """Store the garden's rules, without indexing them, and return a token of Ada's."""
    parts = open_parts(config)
    with parts.db.transaction() as session:
        add_edition.add(session, slug="garden", label="2026-03-01", name="garden-1.md",
                   data=(SAMPLES / "garden-1.md").read_bytes())  # fmt: skip
        accounts.sign_up(session, "Ada", None)
        token = credentials.create_token(session, accounts.viewer_named(session, "Ada"))
    parts.close()
    return token


def test_killing_the_server_loses_no_accepted_act(tmp_path: Path) -> None:
    assert kill.rounds(tmp_path / "var", KILLS, 2.0)


@pytest.mark.parametrize("engine_name", DURABLE)
def test_what_is_posted_is_found_within_a_second_and_by_any_worker(configured: Config) -> None:
    token = fill(configured)
    port = free_port()
    with served(configured, port, workers=2):
        body = {"document": "garden", "body": "An otter.", "target": {"exact": "keep quiet"}}
        assert call(port, "POST", "/api/annotations", body, token)[0] == 201
        for _ in range(20):
            for _ in range(50):  # an index that is late is a failure elsewhere: benchmarks/search
                if json.loads(call(port, "GET", "/api/search?q=otter")[1]).get("total") == 1:
                    break
                time.sleep(0.1)
            else:
                raise AssertionError("the comment was not found")


@pytest.mark.parametrize("engine_name", ["whoosh"])
def test_an_index_that_is_gone_comes_back_when_the_server_starts(configured: Config) -> None:
    fill(configured)
    parts = open_parts(configured)
    parts.indexer.drain()
    parts.close()
    shutil.rmtree(configured.data / "index")
    port = free_port()
    with served(configured, port, workers=1):
        for _ in range(100):
            if json.loads(call(port, "GET", "/api/search?q=dusk")[1]).get("total"):
                return
            time.sleep(0.1)
    raise AssertionError("the index did not come back")
