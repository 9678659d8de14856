"""A backup that somebody made up ends in one sentence and changes nothing, whatever is in it."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import warnings
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from annotator.cli import main
from tests.cli.conftest import GARDEN, Command
from tests.conftest import ROOT

Members = dict[str, bytes]
ACCOUNTS, EDITIONS = "tables/accounts.jsonl", "tables/editions.jsonl"


def _read(path: Path) -> Members:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _write(path: Path, members: Members, /, *, digested: bool = True, **manifest: Any) -> None:
    """Write a backup; its manifest has the digests of what is in it, unless told otherwise."""
    said = json.loads(members["manifest.json"])
    if digested:
        said["members"] = {
            name: hashlib.sha256(data).hexdigest()
            for name, data in members.items() if name != "manifest.json"
        }  # fmt: skip
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            if name != "manifest.json":
                archive.writestr(name, data)
        archive.writestr("manifest.json", json.dumps({**said, **manifest}))


def _row(members: Members, name: str, change: Callable[[list[Any]], Any]) -> Members:
    """Change the first row of a table."""
    first, _, rest = members[name].partition(b"\n")
    changed = change(json.loads(first))
    return {**members, name: json.dumps(changed).encode() + b"\n" + rest}


def _put(at: int, value: Any) -> Callable[[list[Any]], list[Any]]:
    return lambda row: [*row[:at], value, *row[at + 1 :]]


def _manifest(members: Members) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(members["manifest.json"])
    return found


def _tables(members: Members, change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    tables = _manifest(members)["tables"]
    change(tables)
    return {"tables": tables}


def _linked(path: Path, members: Members) -> None:
    info = zipfile.ZipInfo("locale/de.po")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(info, "/etc/passwd")


def _twice(path: Path, members: Members) -> None:
    _write(path, members)
    with warnings.catch_warnings(), zipfile.ZipFile(path, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr(ACCOUNTS, b"")


CRAFTED: dict[str, Callable[[Path, Members], object]] = {
    "no member is digested": lambda p, m: _write(p, m, digested=False, members={}),
    "a table is not digested": lambda p, m: _write(p, m, digested=False, members={
        name: digest for name, digest in _manifest(m)["members"].items() if name != ACCOUNTS}),
    "something more lies in it": lambda p, m: _write(p, {**m, "extra.txt": b"x"}),
    "a name leads out": lambda p, m: _write(p, {**m, "../../evil.po": b"x"}),
    "a name is absolute": lambda p, m: _write(p, {**m, "/tmp/evil": b"x"}),
    "a catalogue's name leads out": lambda p, m: _write(p, {**m, "locale/../../evil.po": b"x"}),
    "a link that no manifest names": lambda p, m: (_write(p, m), _linked(p, m)),
    "a member twice": _twice,
    "the manifest is a list": lambda p, m: _write_manifest(p, m, b"[]"),
    "the manifest is a number": lambda p, m: _write_manifest(p, m, b"9" * 6_000),
    "the manifest is nested": lambda p, m: _write_manifest(p, m, b"[" * 200_000),
    "the manifest is no text": lambda p, m: _write_manifest(p, m, b"\xff\xfe\x00"),
    "the form is a list": lambda p, m: _write(p, m, format=[1]),
    "the form is of tomorrow": lambda p, m: _write(p, m, format=2, version="\x1b[2J9"),
    "tables is null": lambda p, m: _write(p, m, tables=None),
    "tables is a list": lambda p, m: _write(p, m, tables=["accounts"]),
    "tables is empty": lambda p, m: _write(p, m, tables={}),
    "a digest is a number": lambda p, m: _write(p, m, digested=False, members={ACCOUNTS: 7}),
    "the revision is nothing": lambda p, m: _write(p, m, revision=""),
    "the revision is a path": lambda p, m: _write(p, m, revision="../../x"),
    "the revision is a command": lambda p, m: _write(p, m, revision="base"),
    "the revision is relative": lambda p, m: _write(p, m, revision="head-1"),
    "the revision is foreign": lambda p, m: _write(p, m, revision="ae10bc"),
    "the version is a terminal's": lambda p, m: _write(p, m, version="\x1b]0;x\x07"),
    "the moment is no moment": lambda p, m: _write(p, m, created={"x": 1}),
    "a number of rows is wrong": lambda p, m: _write(
        p, m, **_tables(m, lambda t: t["accounts"].__setitem__(1, 99))),
    "a number of rows is negative": lambda p, m: _write(
        p, m, **_tables(m, lambda t: t["accounts"].__setitem__(1, -1))),
    "a column is unknown": lambda p, m: _write(
        p, m, **_tables(m, lambda t: t["accounts"][0].__setitem__(0, "x; DROP TABLE"))),
    "a column is missing": lambda p, m: _write(
        p, m, **_tables(m, lambda t: t["accounts"][0].pop())),
    "a column twice": lambda p, m: _write(
        p, m, **_tables(m, lambda t: t["accounts"][0].append(t["accounts"][0][0]))),
    "a table is missing": lambda p, m: _write(
        p, {n: d for n, d in m.items() if n != ACCOUNTS},
        **_tables(m, lambda t: t.pop("accounts"))),
    "a table is unknown": lambda p, m: _write(
        p, {**m, "tables/sqlite_master.jsonl": b""},
        **_tables(m, lambda t: t.__setitem__("sqlite_master", [["name"], 0]))),
    "the table of versions": lambda p, m: _write(
        p, {**m, "tables/alembic_version.jsonl": b'["x"]\n'},
        **_tables(m, lambda t: t.__setitem__("alembic_version", [["version_num"], 1]))),
    "a row is an object": lambda p, m: _write(p, _row(m, ACCOUNTS, lambda row: {"id": row[0]})),
    "a row is a text": lambda p, m: _write(p, _row(m, ACCOUNTS, lambda row: "x" * len(row))),
    "a row is too short": lambda p, m: _write(p, _row(m, ACCOUNTS, lambda row: row[:-1])),
    "a row is no JSON": lambda p, m: _write(p, {**m, ACCOUNTS: b"{\n"}),
    "a row is nested": lambda p, m: _write(p, {**m, ACCOUNTS: b"[" * 200_000 + b"\n"}),
    "a row is no text": lambda p, m: _write(p, {**m, ACCOUNTS: b"\xff\n"}),
    "a value is a list": lambda p, m: _write(p, _row(m, ACCOUNTS, _put(1, ["x"]))),
    "a value is an object": lambda p, m: _write(p, _row(m, ACCOUNTS, _put(1, {"x": 1}))),
    "a value is null": lambda p, m: _write(p, _row(m, ACCOUNTS, lambda row: [None] * len(row))),
    "a number is huge": lambda p, m: _write(p, _row(m, ACCOUNTS, _put(0, 10**30))),
    "a number has no end": lambda p, m: _write(p, {**m, ACCOUNTS: b"[" + b"9" * 9_000 + b"]\n"}),
    "a number is none": lambda p, m: _write(p, _row(m, ACCOUNTS, _put(0, float("nan")))),
    "a text is half a character": lambda p, m: _write(p, _row(m, ACCOUNTS, _put(1, "\ud800"))),
    "a row comes twice": lambda p, m: _write(p, {**m, ACCOUNTS: m[ACCOUNTS] * 2}),
    "every text is another": lambda p, m: _write(p, _row(m, EDITIONS, lambda row: [
        "nonsense" if isinstance(v, str) else v for v in row])),
    "every JSON is another": lambda p, m: _write(p, _row(m, EDITIONS, lambda row: [
        {"x": [None]} if isinstance(v, list) else v for v in row])),
    "a bomb": lambda p, m: _write(p, {**m, ACCOUNTS: b"[" + b" " * 300_000_000 + b"]\n"}),
    "settings that are a bomb": lambda p, m: _write(p, {**m, "config.toml": b"#" * 80_000_000}),
}  # fmt: skip


def _write_manifest(path: Path, members: Members, data: bytes) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**members, "manifest.json": data}.items():
            archive.writestr(name, content)


def _call(data: Path, *words: str) -> Result:
    """Call the command in this process, where a traceback would be raised."""
    return CliRunner().invoke(main, ["--data", str(data), *words], catch_exceptions=False)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a site, `var`, and its backup, `good.zip`."""
    folder = tmp_path_factory.mktemp("good")
    for words in (("document", "add", GARDEN, "--slug", "garden", "--edition", "1"),
                  ("user", "add", "Ada"), ("backup", str(folder / "good.zip"))):  # fmt: skip
        assert _call(folder / "var", *words).exit_code == 0
    return folder


def _rows(data: Path) -> list[str]:
    with closing(sqlite3.connect(data / "annotator.sqlite3")) as rows:
        return list(rows.iterdump())


@pytest.mark.parametrize("how", CRAFTED)
def test_a_crafted_backup_is_refused_in_one_sentence_and_changes_nothing(
    good: Path, tmp_path: Path, how: str
) -> None:
    bad, new, before = tmp_path / "bad.zip", tmp_path / "new", _rows(good / "var")
    CRAFTED[how](bad, _read(good / "good.zip"))
    for data, more in ((new, ()), (good / "var", ("--force",))):
        done = _call(data, "restore", str(bad), *more)
        assert done.exit_code == 1
        assert done.output.startswith("Error: "), done.output
        assert len(done.output.splitlines()) <= 2, done.output
        assert "\x1b" not in done.output
    assert not new.exists()
    assert _rows(good / "var") == before


def test_a_restore_says_who_may_decide(garden: Command, tmp_path: Path) -> None:
    garden("user", "add", "Mo", "--role", "moderator")
    garden("user", "add", "Root", "--role", "administrator")
    garden("backup", str(tmp_path / "site.zip"))
    done = garden("restore", str(tmp_path / "site.zip"), "--data", str(tmp_path / "new")).output
    assert "Mo is moderator." in done
    assert "Root is administrator." in done
    assert "Ada is" not in done


def test_a_backup_that_was_killed_leaves_nothing_behind_for_long(
    garden: Command, tmp_path: Path
) -> None:
    left = tmp_path / ".site.zip.0123abcd.part"
    other = tmp_path / ".notes.part"
    for path in (left, other):
        path.write_text("half")
    garden("backup", str(tmp_path / "site.zip"))
    assert not left.exists()
    assert other.exists(), "it is none of ours"


def test_a_restore_killed_at_any_moment_leaves_all_or_nothing(
    garden: Command, tmp_path: Path
) -> None:
    file = tmp_path / "site.zip"
    garden("backup", str(file))
    chance, seen = random.Random(3), set[str]()
    for turn in range(4):
        new = tmp_path / f"new{turn}"
        command = [sys.executable, "-m", "annotator", "--data", str(new), "restore", str(file)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
        for _ in range(600):  # the folder's database is made: it has begun
            if (new / "annotator.sqlite3").exists() or process.poll() is not None:
                break
            time.sleep(0.02)
        time.sleep(chance.uniform(0, 0.8))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        done = garden("restore", str(file), "--data", str(new), status=None)
        seen.add("again" if done.exit_code == 0 else "there")
        if done.exit_code:
            assert "There is a site here already" in done.output
        assert "No faults" in garden("check", "--data", str(new)).output
        found = garden("search", "quiet", "--data", str(new)).output
        assert not found.startswith("0 hits"), "the index is built before anything is said"
    assert seen
