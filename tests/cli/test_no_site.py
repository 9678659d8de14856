"""A folder named wrongly is told of: only what brings something in makes a site there."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

import pytest

from annotator.connections import make_engine
from annotator.db import Database
from tests.cli.conftest import Command


@pytest.mark.parametrize(
    "words",
    [
        ("search", "gates"),
        ("annotation", "export"),
        ("document", "list"),
        ("document", "place", "garden"),
        ("cite", "resolve", "garden/purpose/1"),
        ("index", "rebuild"),
        ("token", "list", "Ada"),
        ("user", "list"),
        ("user", "rename", "Ada", "Bob"),
    ],
)
def test_what_reads_or_changes_a_site_makes_none(
    command: Command, tmp_path: Path, words: tuple[str, ...]
) -> None:
    assert "There is no site in" in command(*words, status=1).output
    assert not list((tmp_path / "var").glob("*"))


@pytest.mark.parametrize("words", [("document", "list"), ("check",), ("serve", "--port", "1")])
@pytest.mark.parametrize(
    ("database", "why"),
    [
        ("postgresql+psycopg://localhost:1/x?frobnicate=1", '"frobnicate"'),
        ("postgresql+psycopg://localhost:1/x?connect_timeout=soon", "'soon'"),
        ("postgresql+psycopg://localhost:1/x?sslmode=perhaps", '"perhaps"'),
        ("postgresql+psycopg://localhost:99999/x", '"99999"'),
        ("postgresql+psycopg://u:hush@localhost:1/x", "refused"),
        ("postgresql+psycopg:///x?host=/nowhere", "/nowhere"),
        ("mysql://localhost/x", "store.database"),
        ("nonsense", "store.database"),
        ("sqlite:////tmp/x.sqlite3?x=y", "no options"),
        ("sqlite:///?timeout=1", "no options"),
    ],
)
def test_a_database_that_cannot_be_used_is_told_in_a_sentence(
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    database: str,
    why: str,
) -> None:
    monkeypatch.setenv("ANNOTATOR_STORE_DATABASE", database)
    output = command(*words, status=1).output
    assert output.startswith("Error: ")
    assert why in output
    assert "hush" not in output


@pytest.mark.parametrize("words", [("document", "list"), ("check",), ("serve", "--port", "1")])
@pytest.mark.parametrize(
    ("path", "why"),
    [("loop", "leads to itself"), ("loop/inner", "leads to itself"), ("dangling", "missing folder"),
     ("file/inner", "Not a directory"), ("x" * 300, "too long")],
)  # fmt: skip
def test_a_data_folder_that_can_be_none_is_told_in_a_sentence(
    command: Command, tmp_path: Path, words: tuple[str, ...], path: str, why: str
) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "other")
    (tmp_path / "other").symlink_to(tmp_path / "loop")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    output = command(*words, "--data", str(tmp_path / path), status=1).output
    assert output.startswith("Error: ")
    assert "data: " in output
    assert why in output


@pytest.mark.parametrize(
    "words",
    [("--data", "", "check"), ("check", "--data", ""), ("--config", "", "check"), ("backup", ""),
     ("annotation", "import", ""), ("annotation", "export", "--output", ""),
     ("document", "add", "", "--slug", "a", "--edition", "b")],
)  # fmt: skip
def test_an_empty_name_is_not_the_current_folder(
    command: Command, tmp_path: Path, words: tuple[str, ...]
) -> None:
    assert "The name is empty" in command(*words, status=2).output
    assert not list(tmp_path.iterdir())


def test_signs_that_addresses_use_may_stand_in_a_data_folder(
    command: Command, tmp_path: Path
) -> None:
    folder = tmp_path / "a?b=c%20d#e"
    command("user", "add", "Ada", "--data", str(folder))
    assert (folder / "annotator.sqlite3").is_file()
    assert [it.name for it in tmp_path.iterdir()] == [folder.name]
    db = Database(f"sqlite:///{quote(str(folder / 'annotator.sqlite3'))}")
    engine = make_engine(str(db.engine.url), 1, only_read=True)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT name FROM accounts").scalar() == "Ada"


def test_a_pipe_is_no_file_to_import(garden: Command, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    output = garden("annotation", "import", str(pipe), status=2).output
    assert "Save it as a file" in output
