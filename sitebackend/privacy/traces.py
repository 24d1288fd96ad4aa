"""The second stage of an erasure: what was deleted is physically gone as well.

SQLite overwrites deleted rows (`secure_delete`), but measured 1–2 % of them stayed in the file until VACUUM,
and older pages stay in the write-ahead log until it is emptied. So both are done, and both are checked.

What must never happen: a submission is refused because of it, or somebody is told that it is done while a byte
is left. So whatever holds up writers takes its turn among them (`sitebackend.turns`): a form waits for its end.

- VACUUM holds them up for as long as it takes: a large file waits for the night. It copies what lives into a
  nameless file beside the database and from there through the log: for a moment the disk holds it three times.
- The log can be emptied only while nobody reads what stands in it. So first, with nobody held up, those who read an
  older state are waited for; only then writers are held up, for as long as the last readers need. Whoever reads on
  and on is named (`readers`); nothing is rewritten again before they end, and the worker's next round looks.

PostgreSQL has its own way (`postgresql_files`), which needs rights of the role. Until it was seen done, what was
erased is logically gone and no more, and nobody is told otherwise.
"""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime, time
from pathlib import Path
from time import monotonic, sleep

from django.db import OperationalError, connection
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from sitebackend.privacy import postgresql_files
from sitebackend.turns import turn

LARGE = 512 * 1024 * 1024  # bytes; VACUUM writes about 100 MB a second
NIGHT = (time(2), time(5))
STEP = 0.1  # seconds between two looks
PATIENCE = 4.0  # seconds for readers to end
_READ_LOCKS = range(123, 128)  # bytes of the -shm file, https://www.sqlite.org/walformat.html#wal_locks


def is_a_good_time(now: datetime) -> bool:
    """Whether writers can wait for as long as it takes."""
    return size() < LARGE or _is_night(now)


def _is_night(now: datetime) -> bool:
    start, end = NIGHT
    return start <= timezone.localtime(now).time() < end


def wipe() -> bool:
    """Leave nothing of deleted rows in the database's files; False if a reader was in the way: try again later.

    Must be called outside a transaction.
    """
    if connection.vendor == "postgresql":
        return postgresql_files.wipe(at_night=_is_night(timezone.now()))
    with (
        connection.cursor() as cursor,
        _waiting(cursor, at_most=2 * PATIENCE),
    ):  # for a read of the old state, and one of the new
        return _readers_move_on(cursor) and _is_rewritten(cursor) and _readers_move_on(cursor) and _is_cut_off(cursor)


def readers() -> list[str]:
    """Who reads the database all the time, as in "sqlite3 (process 4711)"; Linux tells, elsewhere nobody is named."""
    if connection.vendor == "postgresql":
        return postgresql_files.readers()
    found = _reading()
    for _again in range(3):
        sleep(STEP)
        found &= _reading()
    return [postgresql_files.reader(name, number) for number in sorted(found) if (name := _program(number))]


def missing_rights() -> list[str]:
    """What somebody with more rights has to type before it can be done, and seen; nothing: it can."""
    return postgresql_files.missing_rights() if connection.vendor == "postgresql" else []


def outside() -> str:
    """Where copies of the database's bytes can lie that the site neither sees nor reaches; empty: nowhere known."""
    return str(postgresql_files.OUTSIDE) if connection.vendor == "postgresql" else ""


def size() -> int:
    """Bytes that have to be written anew at one go: of the database, or of PostgreSQL's largest table."""
    if connection.vendor == "postgresql":
        return postgresql_files.size()
    return _file().stat().st_size if _file().exists() else 0


def _readers_move_on(cursor: CursorWrapper) -> bool:
    """Carry the log over into the database, beside all others, at least as far as it goes now."""
    wanted, give_up = sys.maxsize, monotonic() + PATIENCE
    while monotonic() < give_up:
        busy, pages, carried = _checkpoint(cursor, "PASSIVE")
        if not busy:  # else another connection is at it
            wanted = min(wanted, pages)
            if carried >= wanted:
                return True
        sleep(STEP)
    return False


def _is_rewritten(cursor: CursorWrapper) -> bool:
    try:
        with turn(), _copy_on_disk(cursor):
            cursor.execute("VACUUM")
    except OperationalError as error:
        if getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def _is_cut_off(cursor: CursorWrapper) -> bool:
    """It is busy at once, however long it may wait, while another connection carries the log over: again, then."""
    give_up = monotonic() + PATIENCE
    while busy := _checkpoint(cursor, "TRUNCATE")[0]:
        if monotonic() > give_up:
            break
        sleep(STEP)
    return not busy


def _checkpoint(cursor: CursorWrapper, mode: str) -> tuple[int, int, int]:
    """Whether somebody was in the way; pages in the log; how many of them are in the database as well."""
    with turn() if mode == "TRUNCATE" else nullcontext():
        cursor.execute(f"PRAGMA wal_checkpoint({mode})")
    busy, pages, carried = cursor.fetchone()
    return busy, pages, carried


@contextmanager
def _waiting(cursor: CursorWrapper, *, at_most: float) -> Iterator[None]:
    """Seconds that a statement waits for others, holding up those behind it."""
    cursor.execute("PRAGMA busy_timeout")
    (before,) = cursor.fetchone()
    cursor.execute(f"PRAGMA busy_timeout = {int(at_most * 1000)}")
    try:
        yield
    finally:
        cursor.execute(f"PRAGMA busy_timeout = {before}")


@contextmanager
def _copy_on_disk(cursor: CursorWrapper) -> Iterator[None]:
    """In memory, as `settings` has it for all else, the copy took as much as the database (491 MB: 512 MB)."""
    folder = str(_file().parent).replace("'", "''")
    cursor.execute(f"PRAGMA temp_store_directory = '{folder}'")  # a pragma takes no parameters
    cursor.execute("PRAGMA temp_store = FILE")
    try:
        yield
    finally:
        cursor.execute("PRAGMA temp_store = MEMORY")


def _reading() -> set[int]:
    """Processes with a read transaction at this moment."""
    try:
        key = str(_file().with_name(f"{_file().name}-shm").stat().st_ino)
        lines = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    except OSError:
        return set()
    held = [line[-4:] for line in lines if line[-5] == "READ" and line[-3].rpartition(":")[2] == key]
    return {int(process) for process, _file, first, _last in held if int(first) in _READ_LOCKS}


def _program(process: int) -> str:
    try:
        return Path(f"/proc/{process}/comm").read_text().strip()
    except OSError:
        return ""


def _file() -> Path:
    return Path(str(connection.settings_dict["NAME"]))
