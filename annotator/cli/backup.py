"""`annotator backup` and `annotator restore`."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from filelock import FileLock, Timeout

from annotator.cli import NamedPath
from annotator.cli.check import checked
from annotator.cli.context import Opening, result
from annotator.cli.output import Result, counted, progress
from annotator.config import DATABASE, Config
from annotator.db import Database
from annotator.errors import Conflict
from annotator.services.operations.backup import Manifest, opened, save
from annotator.services.operations.backup import restore as restore_rows

FILE = NamedPath(dir_okay=False)


@click.command()
@click.argument("file", type=FILE)
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@result()
def backup(opening: Opening, file: Path, force: bool) -> Result:
    """Write the whole site to FILE. It is a snapshot; a server can keep running.

    The file holds email addresses and password digests: protect it like the site itself. Only its
    owner can read it.
    """
    with opening.parts() as parts, progress() as show, parts.db.reading() as session:
        manifest = save(session, parts.config, file, force=force, progress=show)
    size = file.stat().st_size
    return Result(f"{_described(manifest)} written to {file} ({size / 1e6:.1f} MB).",
                  {"file": str(file), "bytes": size, **_counts(manifest)})  # fmt: skip


@click.command()
@click.argument("file", type=FILE)
@click.option("--force", is_flag=True, help="Replace an existing site; it is deleted.")
@result(listed=True)
def restore(opening: Opening, file: Path, force: bool) -> Result:
    """Restore a site from the backup FILE. The data folder or database must be empty.

    A backup of an older version is migrated. Secrets are new, so everyone must sign in again;
    passwords and tokens keep working.
    """
    config = opening.config()
    with opened(file) as archive, progress() as show, _alone(config):
        db = Database.of(config)
        try:
            people = restore_rows(db, archive, force=force, progress=show)
        finally:
            db.close()
        settings = config.data / "restored.toml"
        settings.write_text(archive.text("config.toml"), encoding="utf-8")
        for name in archive.manifest.members:
            path = config.data / name
            if re.fullmatch(r"locale/[\w-]+\.po", name) and not path.exists():
                path.parent.mkdir(exist_ok=True)
                path.write_text(archive.text(name), encoding="utf-8")
        manifest = archive.manifest
    with opening.parts() as parts:
        records = parts.indexer.rebuild()
    found = checked(opening)
    return Result(
        f"{_described(manifest)} restored, as of {manifest.created}. {found.summary}",
        {"created": manifest.created, "settings": str(settings), "records": records,
         "people": [{"name": name, "role": role} for role, name in people],
         **_counts(manifest), "check": found.data},
        [*(f"{name} is {role}." for role, name in people),
         f"The settings of the backup are in {settings}; copy those you need.",
         f"Index rebuilt: {counted(records, 'record')}.", *found.lines],
        failed=found.failed,
    )  # fmt: skip


def _counts(manifest: Manifest) -> dict[str, int]:
    named = {name: manifest.tables[name][1] for name in ("editions", "annotations")}
    return {"rows": manifest.rows, "tables": len(manifest.tables), **named}


def _described(manifest: Manifest) -> str:
    counts = _counts(manifest)
    return (
        f"{counted(counts['editions'], 'edition')} and "
        f"{counted(counts['annotations'], 'annotation')} "
        f"({counted(counts['rows'], 'row')} in {counted(counts['tables'], 'table')})"
    )


@contextmanager
def _alone(config: Config) -> Iterator[None]:
    """Hold the lock of the data folder; remove what was created if restoring fails."""
    fresh = not config.data.exists()
    bare = not (config.data / DATABASE).exists()
    config.data.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(config.data / "indexer.lock").acquire(blocking=False):
            yield
    except Timeout as error:
        raise Conflict(f"A server is running on {config.data}. Stop it and try again.") from error
    except BaseException:
        if bare:
            for end in ("", "-wal", "-shm"):
                (config.data / f"{DATABASE}{end}").unlink(missing_ok=True)
        if fresh:
            shutil.rmtree(config.data, ignore_errors=True)
        raise
