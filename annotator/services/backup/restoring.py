"""Making a site from a backup: in one transaction, so that it is there whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, MetaData, Table, func, insert, inspect, select, text
from sqlalchemy.exc import DataError, IntegrityError, StatementError

from annotator.db import Database, check_references, knows, migrate, newest_revision
from annotator.errors import BackupFault, Conflict
from annotator.services.backup.archive import DERIVED, Reader, member_of, read_row
from annotator.services.checks.look import Progress, silent

BATCH = 500
VERSION_TABLE = "alembic_version"


def restore(
    db: Database, backup: Reader, *, force: bool = False, progress: Progress = silent
) -> None:
    """Fill an empty database from a backup, and bring its tables up to date.

    Raises BackupFault for a backup of a newer program or one whose rows cannot be stored, Conflict
    for a database that holds anything, unless `force`: then that is gone.
    """
    manifest = backup.manifest
    if not knows(manifest.revision):
        raise BackupFault(
            f"This backup was made by annotator {manifest.version}, whose tables (revision "
            f"{manifest.revision}) are newer than this program's ({newest_revision()}). "
            "Install that version or a later one, and restore again. Nothing was changed."
        )
    with db.changing_tables() as connection:
        if not force:
            _refuse_what_is_there(connection)
        _drop(connection)
        migrate(connection, manifest.revision)
        try:
            _fill(connection, backup, progress)
        except (DataError, IntegrityError, StatementError, ValueError, KeyError) as error:
            raise BackupFault(
                f"The backup cannot be stored ({str(error).splitlines()[0]}). Nothing was changed."
            ) from error
        migrate(connection)


def _refuse_what_is_there(connection: Connection) -> None:
    tables = MetaData()
    tables.reflect(connection)
    for table in tables.sorted_tables:
        if table.name == VERSION_TABLE:
            continue
        number = connection.scalar(select(func.count()).select_from(table))
        if number:
            raise Conflict(
                f"There is a site here already ({number:,} rows in {table.name}). Name an empty "
                "folder or database, or add --force: what is here will then be gone."
            )


def _drop(connection: Connection) -> None:
    """Take every table away, also those of a site that has just been made and is empty."""
    names = inspect(connection).get_table_names()
    cascade = " CASCADE" if connection.dialect.name == "postgresql" else ""
    quote = connection.dialect.identifier_preparer.quote
    for name in names:
        connection.execute(text(f"DROP TABLE {quote(name)}{cascade}"))


def _fill(connection: Connection, backup: Reader, progress: Progress) -> None:
    tables = MetaData()
    tables.reflect(connection)
    with_postgresql = connection.dialect.name == "postgresql"
    if with_postgresql:
        _references(connection, "DEFERRABLE INITIALLY DEFERRED")
    for name, (columns, _) in backup.manifest.tables.items():
        table, number = tables.tables[name], 0
        for batch in _batches(backup.lines(member_of(name)), columns, table):
            connection.execute(insert(table), [_trusted(name, row) for row in batch])
            number += len(batch)
            progress(f"rows of {name}", number)
    if with_postgresql:
        connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        _references(connection, "NOT DEFERRABLE")
        _continue_numbers(connection, tables.sorted_tables)
    check_references(connection)


def _trusted(table: str, row: dict[str, Any]) -> dict[str, Any]:
    """Return a row without what is made anew here."""
    return {name: value for name, value in row.items() if (table, name) not in DERIVED}


def _batches(
    lines: Iterator[str], columns: Sequence[str], table: Table
) -> Iterator[list[dict[str, Any]]]:
    while batch := [read_row(line, columns, table) for line in islice(lines, BATCH)]:
        yield batch


def _references(connection: Connection, when: str) -> None:
    """Have PostgreSQL look at references when all rows are there; tables refer to one another."""
    inspector = inspect(connection)
    quote = connection.dialect.identifier_preparer.quote
    for table in inspector.get_table_names():
        for key in inspector.get_foreign_keys(table):
            change = (
                f"ALTER TABLE {quote(table)} ALTER CONSTRAINT {quote(key['name'] or '')} {when}"
            )
            connection.execute(text(change))


def _continue_numbers(connection: Connection, tables: Sequence[Table]) -> None:
    """Let PostgreSQL number new rows after those that have come with their numbers."""
    for table in tables:
        column = table.autoincrement_column
        if column is None:
            continue
        sequence = connection.scalar(
            text("SELECT pg_get_serial_sequence(:table, :column)"),
            {"table": table.name, "column": column.name},
        )
        highest = connection.scalar(select(func.max(column)))
        if sequence and highest:
            connection.execute(
                text("SELECT setval(:sequence, :highest)"),
                {"sequence": sequence, "highest": highest},
            )
