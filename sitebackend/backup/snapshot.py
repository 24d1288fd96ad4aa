"""The database as one consistent file, and back: SQLite by its own backup, PostgreSQL by pg_dump.

SQLite copies all pages in one step: a copy in several steps starts again with every write and never ends
under load, while in WAL mode one long read holds up nobody. PostgreSQL's counts are read in the very
snapshot that pg_dump dumps.
"""

import os
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

MEMBER = "database"


class DatabaseDamaged(Exception):
    """The database's own integrity check found something; the message is its first finding."""


class ToolFailed(Exception):
    """pg_dump or pg_restore is missing or failed; the message is its last line."""


def engine() -> str:
    return str(connection.vendor)


def migrations() -> list[str]:
    """The migrations that the live database has, as in "contact.0001_initial"."""
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


def take(target: Path) -> dict[str, int]:
    """Write the live database to `target`; gives the number of rows of each table in it.

    Raises DatabaseDamaged, ToolFailed, OSError.
    """
    return _take_sqlite(target) if engine() == "sqlite" else _take_postgresql(target)


def check(path: Path) -> dict[str, int]:
    """Whether a SQLite snapshot is whole (integrity, foreign keys); gives its row counts. Raises DatabaseDamaged."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        try:
            finding = database.execute("PRAGMA integrity_check(1)").fetchone()[0]
            orphan = database.execute("PRAGMA foreign_key_check").fetchone()
        except sqlite3.DatabaseError as error:
            raise DatabaseDamaged(str(error)) from error
        if finding != "ok" or orphan:
            raise DatabaseDamaged(finding if finding != "ok" else f"a row of {orphan[0]} points nowhere")
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in sorted(tables)}  # noqa: S608 - the database's own names


def _take_sqlite(target: Path) -> dict[str, int]:
    connection.ensure_connection()
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(sqlite3.connect(target)) as copy:
        connection.connection.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode=DELETE")
    return check(target)


def _take_postgresql(target: Path) -> dict[str, int]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        name = cursor.fetchone()[0]
        arguments = ["pg_dump", "--format=custom", "--no-owner", "--no-acl", f"--snapshot={name}", f"--file={target}"]
        _run(arguments)
        counts = {}
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608 - the database's own names
            counts[table] = cursor.fetchone()[0]
    target.chmod(0o600)
    return counts


def put_back_postgresql(source: Path) -> None:
    """Replace the live database's content in one transaction. Raises ToolFailed."""
    options = ["--clean", "--if-exists", "--no-owner", "--no-acl", "--single-transaction", "--exit-on-error"]
    _run(["pg_restore", *options, f"--dbname={_settings()['NAME']}", str(source)])


def _run(arguments: list[str]) -> None:
    try:
        subprocess.run(arguments, check=True, env=_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    except FileNotFoundError as error:
        raise ToolFailed(f"{arguments[0]} is missing; install PostgreSQL's client programs") from error
    except subprocess.CalledProcessError as error:
        raise ToolFailed(error.stderr.decode(errors="replace").strip().splitlines()[-1]) from error


def _settings() -> Mapping[str, Any]:
    return connection.settings_dict


def _environment() -> dict[str, str]:
    """libpq's own variables: a password on the command line would be seen by every process."""
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    values = {name: str(_settings()[key]) for name, key in names.items() if _settings().get(key)}
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", **values}


def live_file() -> Path | None:
    """The live SQLite database; None if the database is elsewhere."""
    return Path(_settings()["NAME"]) if engine() == "sqlite" else None
