"""PostgreSQL's files: nothing of deleted rows is left in tables, indexes, statistics and the write-ahead log.

Measured: after DELETE and a plain VACUUM 25 of 40 words stood in the table's file still, and the log held all of
them until it was overwritten. So the tables are written anew, and then the log is: past segments are given up by
checkpoints, and each file that PostgreSQL keeps to use again is filled once.

What must never happen: a form is refused because of it, or it is said to be done while a byte is left.

- `VACUUM FULL` locks a table for as long as it takes, and whoever comes after it waits. So it waits
  for its lock briefly, and by day gets a time limit below that of the form; a table that needs longer is left for
  the night. There its time grows with its size, so that it has an end: only with a table of more than 150 MB can a
  form meanwhile be asked to come again, and then nothing that was typed is lost.
- It copies rows that an older transaction may still see. It says how many, and with one it does not count as done.
- It skips a table that it has no right to, with a warning. So each file's number must have changed.
- What may not be looked at is not known: without the rights (`missing_rights`) the answer is no.

Replicas, a provider's snapshots, archives of the log, the server's own message log and freed areas of the disk lie
outside (`OUTSIDE`): no client of the database reaches them, and the documents say so.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any

from django.apps import apps
from django.db import OperationalError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext_lazy as _

BY_DAY, AT_NIGHT = 5.0, 15.0  # seconds that one table may be locked; a form waits for 20 at most
SLOWEST = 10 * 1024 * 1024  # bytes of a table that are written anew in a second, even on a poor disk
LOCK_WAIT = 1.0  # seconds; whoever comes meanwhile waits behind
OUTSIDE = _("replicas, snapshots of the provider, archives of the database's log, the database server's message log")
_LONGEST = 120.0  # seconds for the log: 64 files of 16 MB, the most that PostgreSQL keeps by itself
_STATISTICS = "pg_catalog.pg_statistic"  # ANALYZE puts the commonest values of each column there
_SEGMENT = re.compile(r"[0-9A-F]{24}")
_FIRST_NUMBER = re.compile(r"\d+")


def wipe(*, at_night: bool) -> bool:
    """Leave nothing of deleted rows; False if something was in the way, or may not be done or looked at.

    Must be called outside a transaction.
    """
    with _own_connection() as own, own.cursor() as cursor:
        rights = _missing_rights(cursor)
        return _tables_are_rewritten(own, cursor, at_night) and not rights and _log_is_overwritten(cursor)


def missing_rights() -> list[str]:
    """What a superuser has to type in the site's database; nothing: the site may do and see all that it needs."""
    with connection.cursor() as cursor:
        return _missing_rights(cursor)


def readers() -> list[str]:
    """Other connections that see an older state since before this moment, as in "pg_dump (process 4711)"."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(nullif(application_name, ''), backend_type, '?'), pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL) AND xact_start < now() - interval '1 second'"
            " UNION ALL SELECT gid, 0 FROM pg_prepared_xacts WHERE database = current_database() ORDER BY 2"
        )
        return [reader(name, number) for name, number in cursor.fetchall()]


def reader(name: str, number: int) -> str:
    """As in `sqlite3 (process 4711)`."""
    return str(_("{name} (process {number})")).format(name=name, number=number)


def size() -> int:
    """Bytes of the largest table of the site."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(pg_total_relation_size(to_regclass(quote_ident(name)))), 0)"
            " FROM unnest(%s::text[]) AS t(name)",
            [_tables()],
        )
        (largest,) = cursor.fetchone()
    return int(largest)


@contextmanager
def _own_connection() -> Iterator[BaseDatabaseWrapper]:
    """Beside the thread's own, whose limits and transactions are none of this one's."""
    own = connections["default"].copy()
    try:
        with own.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {int(LOCK_WAIT * 1000)}")
        yield own
    finally:
        own.close()


def _tables() -> list[str]:
    """Of every model: a mail, a session or a log may name a person as well as the holding does."""
    return sorted({model._meta.db_table for model in apps.get_models() if model._meta.managed})


def _tables_are_rewritten(own: BaseDatabaseWrapper, cursor: CursorWrapper, at_night: bool) -> bool:
    """All of them, whatever becomes of one; the statistics last, once they know nothing but what lives."""
    done = [_is_rewritten(own, cursor, f'"{table}"', at_night) for table in _tables()]
    cursor.execute("ANALYZE")  # it locks nobody out
    return _is_rewritten(own, cursor, _STATISTICS, at_night) and all(done)


def _is_rewritten(own: BaseDatabaseWrapper, cursor: CursorWrapper, table: str, at_night: bool) -> bool:
    before = _file_of(cursor, table)
    longest = _time_at_night(cursor, table) if at_night else BY_DAY
    with _notices(own) as said:
        cursor.execute(f"SET statement_timeout = {int(longest * 1000)}")
        try:
            cursor.execute(f"VACUUM (FULL, VERBOSE) {table}")
        except OperationalError as error:  # locked by others, or too large for the time
            if getattr(error.__cause__, "sqlstate", "") not in ("55P03", "57014"):
                raise
            return False
        finally:
            cursor.execute("SET statement_timeout = 0")
    return _file_of(cursor, table) != before and _kept_for_older_transactions(said) == 0


def _time_at_night(cursor: CursorWrapper, table: str) -> float:
    """Seconds in which even a slow disk has this table written anew."""
    cursor.execute("SELECT pg_total_relation_size(%s)", [table])
    (size,) = cursor.fetchone()
    return max(AT_NIGHT, int(size) / SLOWEST)


def _file_of(cursor: CursorWrapper, table: str) -> int:
    cursor.execute("SELECT pg_relation_filenode(%s)", [table])
    (number,) = cursor.fetchone()
    return int(number)


@contextmanager
def _notices(own: BaseDatabaseWrapper) -> Iterator[list[str]]:
    """The details of what the server says meanwhile."""
    details: list[str] = []

    def note(diagnostic: Any) -> None:
        details.append(diagnostic.message_detail or "")

    raw: Any = own.connection
    raw.add_notice_handler(note)
    try:
        yield details
    finally:
        raw.remove_notice_handler(note)


def _kept_for_older_transactions(details: Sequence[str]) -> int:
    """The first number of "0 dead row versions cannot be removed yet", whatever the language; -1: it was not said."""
    numbers = [int(found.group()) for detail in details if (found := _FIRST_NUMBER.match(detail))]
    return numbers[-1] if numbers else -1


def _log_is_overwritten(cursor: CursorWrapper) -> bool:
    last_with_traces = _segment(cursor)
    for _again in range(2):  # a checkpoint keeps one segment before its own
        _next_segment(cursor)
    cursor.execute("CHECKPOINT")
    kept = _segments(cursor)
    if min(kept) <= last_with_traces:
        return False  # a replica, a slot or wal_keep_size holds it
    give_up = monotonic() + _LONGEST
    while _segment(cursor) <= max(kept):
        if monotonic() > give_up:
            return False
        _next_segment(cursor)
    cursor.execute("CHECKPOINT")
    return True


def _next_segment(cursor: CursorWrapper) -> None:
    """What is left of the present one is filled with zeros. An empty one is not left: so a word first."""
    cursor.execute("SELECT pg_logical_emit_message(false, 'sitebackend', 'next'), pg_switch_wal()")


def _segment(cursor: CursorWrapper) -> str:
    cursor.execute("SELECT pg_walfile_name(pg_current_wal_insert_lsn())")
    (name,) = cursor.fetchone()
    return str(name)


def _segments(cursor: CursorWrapper) -> list[str]:
    cursor.execute("SELECT name FROM pg_ls_waldir()")
    return [name for (name,) in cursor.fetchall() if _SEGMENT.fullmatch(name)]


def _missing_rights(cursor: CursorWrapper) -> list[str]:
    cursor.execute(
        "SELECT has_function_privilege('pg_switch_wal()', 'EXECUTE'),"
        " has_function_privilege('pg_ls_waldir()', 'EXECUTE'),"
        " (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)"
        " OR coalesce((SELECT pg_has_role(oid, 'USAGE') FROM pg_roles WHERE rolname = 'pg_checkpoint'), false),"
        " (SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database()),"
        " quote_ident(current_user), quote_ident(current_database())"
    )
    *held, role, database = cursor.fetchone()
    grants = (
        f"GRANT EXECUTE ON FUNCTION pg_switch_wal() TO {role};",
        f"GRANT EXECUTE ON FUNCTION pg_ls_waldir() TO {role};",
        f"GRANT pg_checkpoint TO {role};",
        f"ALTER DATABASE {database} OWNER TO {role};",
    )
    return [grant for has, grant in zip(held, grants, strict=True) if not has]
