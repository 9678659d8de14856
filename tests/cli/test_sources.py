"""The publisher's file of an edition: kept, given back, added later, and never another one's."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from annotator.db import Database
from annotator.documents.origins import Origins
from annotator.models import Document, EditionSource
from annotator.services.editions import editions, sources
from tests.cli.conftest import GARDEN, Command
from tests.conftest import SAMPLES

NAME = "garden@2026-03-01"
FILE = Path(GARDEN).read_bytes()


@pytest.fixture
def db(garden: Command, tmp_path: Path) -> Database:
    """The database of the garden, beside its commands."""
    return Database(f"sqlite:///{tmp_path / 'var' / 'annotator.sqlite3'}")


def test_the_file_is_given_back_byte_for_byte(garden: Command, tmp_path: Path) -> None:
    assert garden("document", "source", NAME).stdout_bytes == FILE
    assert garden("document", "source", "get", "garden").stdout_bytes == FILE
    told = garden("document", "source", NAME, "--output", str(tmp_path / "x")).output
    assert "garden-1.md (text/markdown, sha256 " in told
    assert (tmp_path / "x").read_bytes() == FILE
    nowhere = garden("document", "source", NAME, "--output", str(tmp_path / "no" / "x"), status=1)
    assert f"There is no folder {tmp_path / 'no'}." in " ".join(nowhere.output.split())
    assert not list(tmp_path.glob(".*.part"))
    backup = str(tmp_path / "site.zip")
    garden("backup", backup)
    garden("--data", str(tmp_path / "other"), "restore", backup)
    assert (
        garden("--data", str(tmp_path / "other"), "document", "source", NAME).stdout_bytes == FILE
    )
    assert "There is no document" in garden("document", "source", "meadow", status=1).output


@pytest.mark.parametrize(
    "change", [bytes, lambda data: b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n")]
)
def test_every_word_leads_to_its_place_in_the_file(
    garden: Command, tmp_path: Path, db: Database, change: type[bytes]
) -> None:
    path = tmp_path / "b.md"
    path.write_bytes(change(FILE))
    garden("document", "add", str(path), "--slug", "b", "--edition", "2026-03-01")
    with db.reading() as session:
        loaded = editions.newest(session, "b")
        found = sources.get(session, loaded)
        start = loaded.parsed.text.index("three gates")
        for block, runs in zip(loaded.parsed.blocks, found.origins, strict=True):
            if block.start <= start < block.end:
                at = start - block.start
                first, last = Origins(runs).source(at, at + len("three gates"))
    assert found.text[first:last] == "three gates"


def test_an_older_edition_is_given_its_file_and_no_other(
    garden: Command, tmp_path: Path, db: Database
) -> None:
    assert "stored already" in garden("document", "source", "add", NAME, GARDEN).output
    other = str(SAMPLES / "garden-2.md")
    assert "has already been stored: garden-1.md" in garden(
        "document", "source", "add", NAME, other, status=1).output  # fmt: skip
    with db.transaction() as session:
        session.execute(delete(EditionSource))
    missing = garden("document", "source", NAME, status=1).output
    assert f"annotator document source add {NAME} FILE" in missing
    refused = garden("document", "source", "add", NAME, other, status=1).output
    assert f"does not read as {NAME}" in refused
    assert garden("document", "source", NAME, status=1).output == missing
    assert f"File of {NAME} stored." in garden("document", "source", "add", NAME, GARDEN).output
    assert garden("document", "source", NAME).stdout_bytes == FILE
    assert "No faults." in garden("check").output


def test_an_export_has_the_file_where_the_licence_allows_it(
    garden: Command, tmp_path: Path, db: Database
) -> None:
    line = {"document": "garden", "edition": "2026-03-01", "author": "A", "body": "Hm.",
            "created": "2026-03-05T10:00:00Z", "targets": [{"exact": "keep quiet"}]}  # fmt: skip
    (tmp_path / "a.jsonl").write_text(json.dumps(line))
    garden("annotation", "import", str(tmp_path / "a.jsonl"))
    export = ("annotation", "export", "--with-sources")
    assert "source" not in json.loads(garden(*export).output)["editions"][0]
    with db.transaction() as session:
        session.execute(update(Document).values(licence="CC-BY-4.0"))
    told = json.loads(garden(*export).output)["editions"][0]["source"]
    assert base64.b64decode(told["data"]) == FILE
    assert (told["name"], told["media_type"]) == ("garden-1.md", "text/markdown")
    assert "source" not in json.loads(garden("annotation", "export").output)["editions"][0]
    assert "native" in garden(*export, "--format", "csv", status=2).output
    with db.reading() as session:
        assert session.scalar(select(EditionSource.sha256)) == told["sha256"]
