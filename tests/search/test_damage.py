"""An index that is gone or damaged is noticed and built anew, by whoever feeds it."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from annotator.config import Config
from annotator.errors import Unavailable
from annotator.models import Outbox
from annotator.parts import Parts, open_parts
from annotator.search import outbox
from annotator.services.reading import full_text
from annotator.services.revisions import add_edition
from tests.conftest import SAMPLES


def _current(index: Path) -> Path:
    return index / (index / "CURRENT").read_text()


def _each(index: Path, end: str, change: Callable[[Path], object]) -> None:
    for path in _current(index).glob(f"*{end}"):
        change(path)


def _garbage(path: Path) -> None:
    path.write_bytes(random.Random(7).randbytes(path.stat().st_size))


def _flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for at in range(len(data) // 3, len(data), max(1, len(data) // 9)):
        data[at] ^= 0x55
    path.write_bytes(data)


def _folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "the folder is gone": lambda index: shutil.rmtree(index, ignore_errors=True),
    "the folder is empty": lambda index: [
        shutil.rmtree(p) if p.is_dir() else p.unlink() for p in index.iterdir()
    ],
    "no index is named": lambda index: (index / "CURRENT").unlink(),
    "an index is named that is not there": lambda index: shutil.rmtree(_current(index)),
    "the name is garbage": lambda index: _garbage(index / "CURRENT"),
    "the name leads out": lambda index: (index / "CURRENT").write_text("v1-../../secrets"),
    "the name is of another version": lambda index: (index / "CURRENT").write_text("v9-0123"),
    "the name is a folder": lambda index: _folder_instead(index / "CURRENT"),
    "the folder is a file": lambda index: (index.rename(f"{index}.old"), index.write_text("x")),
    "the folder is a broken link": lambda index: (
        index.rename(f"{index}.old"),
        index.symlink_to("gone"),
    ),
    "the lock is a folder": lambda index: (
        _folder_instead(index / "LOCK"),
        (index / "CURRENT").unlink(),
    ),
    "the next name is a folder": lambda index: (
        (index / "CURRENT.new").mkdir(),
        (index / "CURRENT").unlink(),
    ),
    "tables of contents are gone": lambda index: _each(index, ".toc", Path.unlink),
    "tables of contents are garbage": lambda index: _each(index, ".toc", _garbage),
    "tables of contents are cut short": lambda index: _each(index, ".toc", _half),
    "tables of contents are empty": lambda index: _each(index, ".toc", lambda p: os.truncate(p, 0)),
    "segments are gone": lambda index: _each(index, ".seg", Path.unlink),
    "segments are garbage": lambda index: _each(index, ".seg", _garbage),
    "segments are cut short": lambda index: _each(index, ".seg", _half),
    "segments are empty": lambda index: _each(index, ".seg", lambda p: os.truncate(p, 0)),
    "some bytes of segments are others": lambda index: _each(index, ".seg", _flipped),
}


def _found(parts: Parts, query: str = "nightfall") -> int:
    with parts.db.reading() as session:
        return full_text.search(session, parts.engine, query).total


def _open(tmp_path: Path) -> Parts:
    return open_parts(Config(data=tmp_path))


@pytest.fixture(scope="module")
def undamaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a document and its index."""
    folder = tmp_path_factory.mktemp("undamaged")
    parts = _open(folder)
    data = (SAMPLES / "garden-2.md").read_bytes()
    with parts.db.transaction() as session:
        add_edition.add(session, slug="garden", label="1", data=data, name="garden-2.md")
    parts.indexer.drain()
    assert _found(parts) == 1
    parts.close()
    return folder


@pytest.fixture
def built(undamaged: Path, tmp_path: Path) -> Path:
    """The same, to be damaged."""
    shutil.copytree(undamaged, tmp_path, dirs_exist_ok=True)
    return tmp_path


def _until_found(parts: Parts, query: str = "nightfall") -> None:
    for _ in range(300):
        try:
            found = _found(parts, query)
        except Unavailable:
            found = None
        else:
            assert found == 1, "while there is no index, nobody is told that there is nothing"
            return
        time.sleep(0.05)
    pytest.fail("the index was not built anew")


@pytest.mark.parametrize("damage", DAMAGE)
def test_an_index_damaged_before_the_start_is_built_anew(built: Path, damage: str) -> None:
    DAMAGE[damage](built / "index")
    parts = _open(built)
    try:
        with pytest.raises(Unavailable, match="is being built"):
            _found(parts)
        parts.indexer.start()
        _until_found(parts)
    finally:
        parts.close()


# Without the two that put something else in the folder's place: its server may be making it anew.
@pytest.mark.parametrize("damage", [it for it in DAMAGE if "folder is a " not in it])
def test_an_index_damaged_under_a_running_server_is_built_anew(built: Path, damage: str) -> None:
    parts = _open(built)
    try:
        assert _found(parts) == 1  # it is open now
        parts.indexer.start()
        DAMAGE[damage](built / "index")
        data = (SAMPLES / "garden-1.md").read_bytes()
        with parts.db.transaction() as session:
            add_edition.add(session, slug="other", label="1", data=data, name="garden-1.md")
        for _ in range(300):
            with parts.db.reading() as session:
                done = outbox.waiting(session) == 0 and full_text.index_ready(session, parts.engine)
            if done:
                break
            time.sleep(0.05)
        assert done
        _until_found(parts)
        fresh = _open(built)
        _until_found(fresh, "document:other laughter")
        fresh.close()
    finally:
        parts.close()


def test_a_search_that_meets_damage_says_so_and_a_new_index_comes(built: Path) -> None:
    parts = _open(built)
    try:
        assert _found(parts) == 1
        _each(built / "index", ".seg", _half)  # the open file is cut short too
        with pytest.raises(Unavailable):
            _found(parts)
        parts.indexer.start()
        _until_found(parts)
    finally:
        parts.close()


def test_an_index_of_other_rows_is_not_searched(built: Path) -> None:
    parts = _open(built)
    try:
        with parts.db.transaction() as session:
            session.add(Outbox(kind=outbox.EVERYTHING, key=""))
        with pytest.raises(Unavailable, match="is being built"):
            _found(parts)
        parts.indexer.drain()
        assert _found(parts) == 1
    finally:
        parts.close()
