"""Restore a site from a backup in one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from itertools import islice

from sqlalchemy import Connection, MetaData, Table, func, insert, inspect, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from annotator.connections import check_references, is_known_revision, migrate, newest_revision
from annotator.db import MOST_CACHED, Base, Cache, Database
from annotator.errors import AnnotatorError, BackupFault, Conflict
from annotator.hosts import refuse_hosts
from annotator.models import Account, Outbox, SiteState
from annotator.search.gather import everything
from annotator.search.outbox import EVERYTHING
from annotator.services.operations.backup.archive import (
    DERIVED,
    LEFT_OUT,
    Reader,
    brief,
    member_of,
    read_row,
)
from annotator.services.operations.backup.saving import ledgers
from annotator.services.operations.checks import Progress, silent

BATCH = 500
VERSION_TABLE = "alembic_version"


def restore(
    db: Database, backup: Reader, *, force: bool = False, progress: Progress = silent
) -> list[tuple[str, str]]:
    """Restore a backup into an empty database; return the role and name of each non-member account.

    The tables are migrated to the newest revision, and the same commit marks the index as out of
    date. Raises BackupFault for a backup of a newer program or with rows that cannot be stored,
    Conflict while a host serves the database, and for one with rows, unless `force`, which deletes
    them.
    """
    manifest = backup.manifest
    if not is_known_revision(manifest.revision):
        raise BackupFault(
            f"This backup was made by annotator {manifest.version}, whose tables (revision "
            f"{manifest.revision}) are newer than this program's ({newest_revision()}). "
            "Install that version or a later one, and restore again. Nothing was changed."
        )
    with db.changing_tables() as connection:
        refuse_hosts(connection)
        if not force:
            _refuse_rows(connection)
        cascade = " CASCADE" if connection.dialect.name == "postgresql" else ""
        quote = connection.dialect.identifier_preparer.quote
        for table in inspect(connection).get_table_names():
            connection.execute(text(f"DROP TABLE {quote(table)}{cascade}"))
        migrate(connection, Base.metadata.tables, manifest.revision)
        try:
            _fill(connection, backup, progress)
            migrate(connection, Base.metadata.tables)
            info = {"cache": Cache(MOST_CACHED), "moderation": db.moderation}
            session = Session(connection, info=info)
            for name, _ in ledgers(session):  # reads every edition
                progress(f"editions, {name}", 1)
            for number, _ in enumerate(everything(session), 1):  # as the index will
                progress("records", number)
            session.add(Outbox(kind=EVERYTHING, key=""))
            session.merge(SiteState(id=1, token=secrets.randbits(62)))  # no cached page is valid
            session.flush()
            roles = select(Account.role, Account.name).where(Account.role != "member")
            return sorted((role, name) for role, name in session.execute(roles))
        except (AnnotatorError, OperationalError):
            raise
        except Exception as error:  # rows of a forged backup can raise anything
            raise BackupFault(
                f"The backup cannot be stored ({brief(error)}). Nothing was changed."
            ) from error


def _refuse_rows(connection: Connection) -> None:
    tables = MetaData()
    tables.reflect(connection)
    for table in tables.sorted_tables:
        if table.name == VERSION_TABLE or table.name in LEFT_OUT:
            continue
        number = connection.scalar(select(func.count()).select_from(table))
        if number:
            raise Conflict(
                f"There is a site here already ({number:,} rows in {table.name}). Name an empty "
                "folder or database, or add --force to replace this site. (An interrupted restore "
                "is complete or changed nothing; verify with: annotator check)"
            )


def _fill(connection: Connection, backup: Reader, progress: Progress) -> None:
    tables = MetaData()
    tables.reflect(connection)
    with_postgresql = connection.dialect.name == "postgresql"
    if with_postgresql:
        _alter_references(connection, "DEFERRABLE INITIALLY DEFERRED")
    _check_tables(backup, tables)
    for name, (columns, expected) in backup.manifest.tables.items():
        table, number = tables.tables[name], 0
        lines = backup.lines(member_of(name))
        while batch := [read_row(line, columns, table) for line in islice(lines, BATCH)]:
            connection.execute(insert(table), batch)
            number += len(batch)
            progress(f"rows of {name}", number)
        if number != expected:
            raise ValueError(f"{name} has {number} rows, and the manifest says {expected}")
    if with_postgresql:
        connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        _alter_references(connection, "NOT DEFERRABLE")
        _set_sequences(connection, tables.sorted_tables)
    check_references(connection)


def _check_tables(backup: Reader, tables: MetaData) -> None:
    """Raise ValueError unless the backup has every table, with the right columns."""
    saved = backup.manifest.tables
    for name, (columns, _) in saved.items():
        if name == VERSION_TABLE or name not in tables.tables:
            raise ValueError(f"there is no table {name}")
        existing = set(tables.tables[name].columns.keys())
        needed = {column for column in existing if (name, column) not in DERIVED}
        if not needed <= set(columns) <= existing or len(columns) > len(set(columns)):
            raise ValueError(f"{name} has other columns")
    for name in tables.tables:
        if name not in saved and name not in {*LEFT_OUT, VERSION_TABLE}:
            raise ValueError(f"the table {name} is missing")


def _alter_references(connection: Connection, when: str) -> None:
    """Set when PostgreSQL checks foreign keys: tables refer to one another in circles."""
    inspector = inspect(connection)
    quote = connection.dialect.identifier_preparer.quote
    for table in inspector.get_table_names():
        for key in inspector.get_foreign_keys(table):
            change = (
                f"ALTER TABLE {quote(table)} ALTER CONSTRAINT {quote(key['name'] or '')} {when}"
            )
            connection.execute(text(change))


def _set_sequences(connection: Connection, tables: Sequence[Table]) -> None:
    """Set the sequences of PostgreSQL to the highest restored ids."""
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
