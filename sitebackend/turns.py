"""Writers to SQLite take turns, in the order in which they come.

SQLite lets one writer in at a time and has the others ask again after growing pauses, so that under load whoever
comes last overtakes whoever waits longest, for seconds. Here they queue at a lock that the kernel hands on, for
as long as it takes: so maintenance that holds up all writers takes a turn too, and whoever sent a form meanwhile
waits for its end instead of being refused. Past one machine there is PostgreSQL, whose writers need not wait for
each other.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction


@contextmanager
def transaction_in_turn() -> Iterator[None]:
    """A transaction that begins when those before it have ended. Raises OSError if the lock's file cannot be made."""
    with turn(), transaction.atomic():
        yield


@contextmanager
def turn() -> Iterator[None]:
    """Wait for those before, and have those behind wait. Raises OSError if the lock's file cannot be made."""
    # whoever is in a transaction already has SQLite's own lock: waiting here, it would hold up those before it
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with (Path(settings.DATA_DIR) / "write.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
