"""Two hosts behind nginx under load: killed, paused, restarted; nothing is lost, and few notice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import hosts
from scripts import nginx
from tests.conftest import postgresql_folder

READING_SECONDS, WRITING_SECONDS = 6, 12  # on a busy machine; docs/operations.md has the figures
FAILURES = ("rolling restart", "host killed", "leader paused", "PostgreSQL restarted",
            "PostgreSQL failed over")  # fmt: skip


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[hosts.Stage]:
    postgresql_folder()
    if trouble := nginx.missing():
        pytest.skip(trouble)
    folder: Path = tmp_path_factory.mktemp("hosts")
    folder.chmod(0o755)
    with hosts.staged(folder, "postgresql", pause=0.4) as started:
        yield started


@pytest.mark.parametrize("name", FAILURES)
def test_whatever_fails_no_accepted_act_is_lost_or_done_twice(
    stage: hosts.Stage, name: str
) -> None:
    seen = stage.play(name, hosts.SCENES[name], 4, checking=1)
    assert stage.faulty == []
    assert {act.kind for act in seen.acts if act.done} == {*hosts.KINDS}
    failed = [status for act in seen.acts for status in act.failed]
    if name == "rolling restart":
        assert failed == []
    assert set(failed) <= {0, 502, 503, 504}
    assert seen.silence("read") < READING_SECONDS
    assert seen.silence("write") < WRITING_SECONDS
