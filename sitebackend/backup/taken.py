"""What a snapshot of the database is, whichever database it is of, and what can be wrong with it."""

from dataclasses import dataclass

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder


class DatabaseDamaged(Exception):
    """The database's own integrity check found something; the message is its first finding."""


class ToolFailed(Exception):
    """One of PostgreSQL's programs is missing or failed; the message is its last line."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What is in a snapshot."""

    journal_number: int  #: every line of the erasure journal up to it was carried out in it
    migrations: list[str]  #: as in "contact.0001_initial"
    rows: dict[str, int]  #: of each table
    ledger_head: bytes = b""  #: what `privacy.chain_head` held before it began


def migrations() -> list[str]:
    """Those that the live database has."""
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())
