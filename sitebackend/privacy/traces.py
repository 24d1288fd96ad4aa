"""The second stage of an erasure: what was deleted is physically gone as well.

SQLite overwrites deleted rows (`secure_delete`), but measured 1–2 % of them stayed in the file until VACUUM,
and older pages stay in the write-ahead log until it is truncated, which an open reader prevents. So both are
done, and both are checked. VACUUM holds up writers: a large file waits for the night. It copies what lives into
a nameless file beside the database and from there through the log: for a moment the disk holds it three times.

PostgreSQL offers no such thing to a program: deleted rows are gone for every query at once; their bytes are
overwritten when autovacuum and the recycling of its log come round, on a small site within days. The documents
say so.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time
from pathlib import Path

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

LARGE = 512 * 1024 * 1024  # bytes; VACUUM writes about 100 MB a second
NIGHT = (time(2), time(5))


def is_a_good_time(now: datetime) -> bool:
    """Whether writers can wait for as long as it takes."""
    start, end = NIGHT
    return connection.vendor != "sqlite" or _size() < LARGE or start <= timezone.localtime(now).time() < end


def wipe() -> bool:
    """Leave nothing of deleted rows in the database's files; False if a reader was in the way: try again later.

    Must be called outside a transaction.
    """
    if connection.vendor != "sqlite":
        return True
    with connection.cursor() as cursor:
        with _copy_on_disk(cursor):
            cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        busy, _frames, _moved = cursor.fetchone()
    return not busy


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


def _size() -> int:
    return _file().stat().st_size if _file().exists() else 0


def _file() -> Path:
    return Path(str(connection.settings_dict["NAME"]))
