"""PostgreSQL: a snapshot by pg_dump, back by pg_restore and psql.

The rows are counted in the very snapshot that pg_dump dumps. Putting it back is one transaction: killed at any
moment, the database is the old one. It begins by dropping every table, for what a newer version added is in no
dump and would be in the way of its migration.
"""

import os
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from sitebackend.backup.taken import Taken, ToolFailed, migrations
from sitebackend.privacy import journal

#: how a setting of DATABASE_URL is called in libpq's environment: on a command line every process could read it
_VARIABLES = {"HOST": "PGHOST", "PORT": "PGPORT", "USER": "PGUSER", "PASSWORD": "PGPASSWORD", "NAME": "PGDATABASE"}
_OPTIONS = {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY"}
_PLAIN = ["--no-owner", "--no-acl"]


def take(target: Path) -> Taken:
    """Dump the live database. Raises ToolFailed, OSError."""
    with journal.standing_still() as end_of_stillness, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        name = cursor.fetchone()[0]
        number, applied = journal.position(), migrations()
        end_of_stillness()
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        _run(["pg_dump", "--format=custom", *_PLAIN, f"--snapshot={name}", f"--file={target}"])
        rows = _counts(cursor)
    target.chmod(0o600)
    return Taken(number, applied, rows)


def put_back(source: Path) -> None:
    """Replace the live database's content in one transaction. Raises ToolFailed, OSError."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    drop = "".join(f'DROP TABLE IF EXISTS "{table}" CASCADE;\n' for table in tables)
    _load(source, before=drop, database=_name())


def restored_for_trial(source: Path) -> dict[str, int]:
    """Restore into a database of its own, count its rows, drop it. Raises ToolFailed, OSError."""
    with _trial_database() as name:
        _load(source, before="", database=name)
        answer = _run([*_psql(name), "--tuples-only", "--no-align", "--command", _COUNT_ALL])
    return {table: int(rows) for table, rows in (line.rsplit("|", 1) for line in answer.split())}


#: every table's name and its number of rows, counted, not estimated
_COUNT_ALL = """
    SELECT relname, (xpath('/row/c/text()', query_to_xml(format('SELECT count(*) AS c FROM %I', relname),
                                                         false, true, '')))[1]
    FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""


@contextmanager
def _trial_database() -> Iterator[str]:
    name = f"trial_{secrets.token_hex(8)}"
    create = [*_psql(_name()), "--command", f'CREATE DATABASE "{name}" TEMPLATE template0']
    _run(create, hint="To try a backup the database user must be allowed to make a database: ALTER ROLE … CREATEDB")
    try:
        yield name
    finally:
        _run([*_psql(_name()), "--command", f'DROP DATABASE "{name}"'])


def _load(source: Path, *, before: str, database: str) -> None:
    """As one transaction: what stands in `before`, then the dump."""
    script = source.with_name(f"{source.name}.sql")
    try:
        _run(["pg_restore", *_PLAIN, f"--file={script}", str(source)])
        files = ["--command", before or "SELECT 1", "--file", str(script)]
        _run([*_psql(database), "--single-transaction", *files])
    finally:
        script.unlink(missing_ok=True)


def _psql(database: str) -> list[str]:
    return ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={database}"]


def _counts(cursor: Any) -> dict[str, int]:
    counts = {}
    for table in sorted(connection.introspection.table_names(cursor)):
        cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608 - the database's own names
        counts[table] = cursor.fetchone()[0]
    return counts


def _run(arguments: list[str], hint: str = "") -> str:
    try:
        done = subprocess.run(arguments, check=True, env=_environment(), stdin=subprocess.DEVNULL, capture_output=True)
    except FileNotFoundError as error:
        raise ToolFailed(f"{arguments[0]} is missing; install PostgreSQL's client programs") from error
    except subprocess.CalledProcessError as error:
        last = error.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise ToolFailed(f"{arguments[0]}: {last or error.returncode}{f' ({hint})' if hint else ''}") from error
    return done.stdout.decode()


def _environment() -> dict[str, str]:
    given: Mapping[str, Any] = connection.settings_dict
    found = {variable: given.get(name) for name, variable in _VARIABLES.items()}
    found |= {variable: given.get("OPTIONS", {}).get(name) for name, variable in _OPTIONS.items()}
    own = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    return {"LC_ALL": "C.UTF-8", **own, **{name: str(value) for name, value in found.items() if value}}


def _name() -> str:
    return str(connection.settings_dict["NAME"])
