"""`annotator backup` and `restore`, as the one who runs a site uses them, and gets them wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock

from tests.cli.conftest import Command


def test_a_site_comes_back_in_another_folder(garden: Command, tmp_path: Path) -> None:
    file, other = str(tmp_path / "site.zip"), str(tmp_path / "other")
    (tmp_path / "var" / "locale").mkdir()
    (tmp_path / "var" / "locale" / "de.po").write_text('msgid "Gate"\nmsgstr "Tor"\n')
    assert "1 edition and 0 annotations (" in garden("backup", file).output
    assert "--force" in garden("backup", file, status=1).output
    garden("backup", file, "--force")
    done = garden("restore", file, "--data", other).output
    assert "No faults." in done
    assert "restored.toml" in done
    assert "Tor" in (tmp_path / "other" / "locale" / "de.po").read_text()
    both = [garden("annotation", "export", "--data", data).output for data in ("var", other)]
    assert both[0] == both[1]
    assert (
        "There is a site here already" in garden("restore", file, "--data", other, status=1).output
    )
    assert "No faults" in garden("restore", file, "--data", other, "--force").output


def test_a_file_that_is_no_backup_leaves_no_folder(command: Command, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("no backup")
    for name, told in (("note.txt", "not a backup"), ("none.zip", "No such file")):
        file = str(tmp_path / name)
        assert told in command("restore", file, "--data", str(tmp_path / "o"), status=1).output
        assert not (tmp_path / "o").exists()


def test_a_folder_without_a_site_is_told_and_none_is_made(command: Command, tmp_path: Path) -> None:
    for words in (("backup", str(tmp_path / "x.zip")), ("check",)):
        assert "There is no site in" in command(*words, status=1).output
    assert not (tmp_path / "var").exists()
    assert not (tmp_path / "x.zip").exists()


def test_nothing_is_restored_under_a_running_server(garden: Command, tmp_path: Path) -> None:
    garden("backup", str(tmp_path / "site.zip"))
    with FileLock(tmp_path / "var" / "indexer.lock"):
        done = garden("restore", str(tmp_path / "site.zip"), "--force", status=1)
    assert "A server is running" in done.output
    assert "No faults" in garden("check").output


@pytest.mark.parametrize("place", ["no/such/folder/site.zip", "."])
def test_a_place_that_cannot_be_written_is_told(garden: Command, place: str) -> None:
    assert garden("backup", place, status=None).exit_code in {1, 2}


@pytest.mark.parametrize("words", [("check",), ("backup", "site.zip"), ("document", "list")])
def test_a_damaged_database_is_told_in_words(
    garden: Command, tmp_path: Path, words: tuple[str, ...]
) -> None:
    path = tmp_path / "var" / "annotator.sqlite3"
    for data in (path.read_bytes()[: 20 * 4096], b"no database at all" * 300):
        path.write_bytes(data)
        for end in ("-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)
        assert "annotator restore" in garden(*words, status=1).output
    assert not (tmp_path / "site.zip").exists()


def test_a_database_that_cannot_be_is_told_by_its_key(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANNOTATOR_STORE_DATABASE", "nonsense://x")
    assert "store.database" in command("document", "list", status=1).output
