"""`annotator backup` and `annotator restore`: a site in one file, and a site made from it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click
from filelock import FileLock, Timeout

from annotator.cli.check import look_at_everything
from annotator.cli.context import Meter, Opening, counted, echo, with_site
from annotator.cli.paths import NamedPath
from annotator.config import DATABASE, Config
from annotator.db import Database
from annotator.errors import Conflict
from annotator.services.operations.backup import Manifest, opened, save
from annotator.services.operations.backup import restore as restore_rows
from annotator.services.operations.backup.archive import Reader

FILE = NamedPath(dir_okay=False)


@click.command()
@click.argument("file", type=FILE)
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@with_site
def backup(opening: Opening, file: Path, force: bool) -> None:
    """Write the whole site to FILE. It is a snapshot; a running server goes on.

    The file holds what accounts have entrusted to the site, addresses and password digests too:
    keep it as you keep the site itself. It can be read by its owner only.
    """
    with (
        opening.parts() as parts,
        closing(Meter()) as meter,
        parts.db.reading() as session,
    ):
        manifest = save(session, parts.config, file, force=force, progress=meter.show)
    size = file.stat().st_size / 1e6
    echo(f"{_described(manifest)} written to {file} ({size:.1f} MB).")


@click.command()
@click.argument("file", type=FILE)
@click.option("--force", is_flag=True, help="Replace the site that is here; it will be gone.")
@with_site
def restore(opening: Opening, file: Path, force: bool) -> None:
    """Make a site from the backup FILE. The data folder or database must be empty.

    A backup of an older version is brought up to date. Secrets are made anew, so that everybody
    signs in again; passwords and tokens go on working.
    """
    config = opening.config()
    with opened(file) as found, closing(Meter()) as meter, _alone(config):
        db = Database.of(config)
        try:
            people = restore_rows(db, found, force=force, progress=meter.show)
        finally:
            db.close()
        settings = _write_settings(config, found.text("config.toml"))
        _write_catalogues(config, found)
        manifest = found.manifest
    echo(f"{_described(manifest)} restored, as they were at {manifest.created}.")
    for role, name in people:
        echo(f"{name} is {role} here now.")
    echo(f"The settings of that site are in {settings}; use what fits this one.")
    with opening.parts() as parts:
        echo(f"The index was built anew: {counted(parts.indexer.rebuild(), 'record')}.")
    look_at_everything(opening)


def _described(manifest: Manifest) -> str:
    editions = manifest.tables["editions"][1]
    annotations = manifest.tables["annotations"][1]
    return (
        f"{counted(manifest.rows, 'row')} in {counted(len(manifest.tables), 'table')}, of them "
        f"{counted(editions, 'edition')} and {counted(annotations, 'annotation')}"
    )


@contextmanager
def _alone(config: Config) -> Iterator[None]:
    """See that no server runs on the data folder; leave none behind where nothing comes of it."""
    fresh = not config.data.exists()
    bare = not (config.data / DATABASE).exists()
    config.data.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(config.data / "indexer.lock").acquire(blocking=False):
            yield
    except Timeout as error:
        raise Conflict(
            f"A server is running on {config.data}. Stop it, and restore again."
        ) from error
    except BaseException:
        if bare:
            for end in ("", "-wal", "-shm"):
                (config.data / f"{DATABASE}{end}").unlink(missing_ok=True)
        if fresh:
            shutil.rmtree(config.data, ignore_errors=True)
        raise


def _write_catalogues(config: Config, found: Reader) -> None:
    """Put the catalogues of other languages where the site reads them; one that is here stays."""
    for name in found.manifest.members:
        path = config.data / name
        if re.fullmatch(r"locale/[\w-]+\.po", name) and not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_text(found.text(name), encoding="utf-8")


def _write_settings(config: Config, settings: str) -> Path:
    path = config.data / "restored.toml"
    path.write_text(settings, encoding="utf-8")
    return path
