"""SQLite: a snapshot by its own backup, all pages in one step.

A copy in several steps starts again with every write and never ends under load, while in WAL mode one long
read holds up nobody.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.db import DatabaseError, connection

from sitebackend.backup.taken import DatabaseDamaged, Taken, migrations
from sitebackend.privacy import journal

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def take(target: Path) -> Taken:
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with _damage_heard(), closing(connection.get_new_connection(connection.get_connection_params())) as live:
        with journal.standing_still():
            number, applied = journal.position(), migrations()
            live.execute("BEGIN")
            live.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on nothing newer is seen
        with closing(sqlite3.connect(target)) as copy:
            live.backup(copy, pages=-1)
            copy.execute("PRAGMA journal_mode=DELETE")
    return Taken(number, applied, check(target))


def check(path: Path) -> dict[str, int]:
    """Whether a snapshot is whole (integrity, foreign keys); gives its row counts. Raises DatabaseDamaged."""
    with _damage_heard(), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
        finding = database.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if finding != "ok":
            raise DatabaseDamaged(finding)
        if orphan := database.execute("PRAGMA foreign_key_check").fetchone():
            raise DatabaseDamaged(f"a row of {orphan[0]} points nowhere")
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in sorted(tables)}  # noqa: S608 - the database's own names


@contextmanager
def _damage_heard() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, DatabaseError) as error:
        cause = error if isinstance(error, sqlite3.Error) else error.__cause__
        if getattr(cause, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:  # the byte above tells which kind of it
            raise DatabaseDamaged(str(error)) from error
        raise
