"""The database as one consistent file, and back, whichever of the two it is.

What must never happen: an erasure is taken for carried out in a database that does not know of it yet, for
its line is in the journal before its rows are gone. So the journal stands still for the moment in which its
position is read and the snapshot begins.
"""

from dataclasses import replace
from pathlib import Path

from django.db import connection

from sitebackend.backup import postgresql, sqlite
from sitebackend.backup.taken import DatabaseDamaged as DatabaseDamaged
from sitebackend.backup.taken import Taken as Taken
from sitebackend.backup.taken import ToolFailed as ToolFailed
from sitebackend.privacy import chain_head

MEMBER = "database"


def engine() -> str:
    """sqlite or postgresql."""
    return str(connection.vendor)


def take(target: Path) -> Taken:
    """Write the live database to `target`. Raises DatabaseDamaged, ToolFailed, OSError, database errors."""
    ledger_head = chain_head.content()  # before the copy begins: what it names is in the copy
    taken = sqlite.take(target) if engine() == "sqlite" else postgresql.take(target)
    return replace(taken, ledger_head=ledger_head)


def live_file() -> Path | None:
    """The live SQLite database; None if the database is elsewhere."""
    return Path(str(connection.settings_dict["NAME"])) if engine() == "sqlite" else None
