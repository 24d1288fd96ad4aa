"""Which data folder the database belongs to: one, until several may share it.

What must never happen: two folders serve one database, each with an erasure journal of its own. Their lines would
have the same numbers, and a restore of one would bring back whom the other erased. So the folder holds a random
name, the database names the one that it belongs to and where that lies, and whoever serves, erases, backs up or
gives numbers asks here first.

The row is claimed in one step, so of two that start at once one is refused. A site that ended properly says so: a
copy of its folder may then take its place, under a new name, and the folder that was copied is refused from then on.
After a crash only the same folder goes on. Anything else is handed over on purpose: `manage.py node take_over`.
"""

import hashlib
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.core.management.base import CommandError
from django.db import DatabaseError, connection
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from sitebackend import whole_file
from sitebackend.models import DatabaseHome

NAME = "node-id"


class Elsewhere(CommandError):
    """The database belongs to another data folder; the message says what to do. Every command ends with it."""


def claim() -> None:
    """Take the database for this folder, if it is free or ours already. Raises Elsewhere, OSError."""
    mine = {"node": own_name(), "place": _place()}
    home, _made = DatabaseHome.objects.get_or_create(id=1, defaults=mine | {"since": timezone.now()})
    if _is_ours(home):
        return
    if _lies_inside():
        take_over()
    elif not _moved_in(home):
        raise elsewhere(home)


def occupy() -> None:
    """The same, for a site that is served from here until it leaves. Raises Elsewhere, OSError."""
    claim()
    DatabaseHome.objects.update(is_served=True)


def leave() -> None:
    """The site has ended properly: a copy of its folder may be started in its stead."""
    with suppress(DatabaseError, OSError):  # the database may be away by now; the same folder starts all the same
        DatabaseHome.objects.filter(node=own_name(), place=_place()).update(is_served=False)


def require() -> None:
    """Raise Elsewhere if the database is known to belong to another folder."""
    if _is_set_up() and (home := found_elsewhere()):
        raise elsewhere(home)


def found_elsewhere() -> DatabaseHome | None:
    """The home of the database if it is not this folder."""
    home = DatabaseHome.objects.first()
    return home if home and not _lies_inside() and not _is_ours(home) else None


def take_over() -> None:
    """Make this folder the database's, whosesoever it was. The caller has seen to the erasure journal."""
    home = DatabaseHome.objects.first()
    if home and _is_ours(home):
        return
    mine = {"node": own_name(), "place": _place(), "since": timezone.now(), "is_served": False}
    DatabaseHome.objects.update_or_create(id=1, defaults=mine)


def _is_ours(home: DatabaseHome) -> bool:
    return (home.node, home.place) == (own_name(), _place())


def _moved_in(home: DatabaseHome) -> bool:
    """Whether this folder, a copy of one whose site had ended, has taken its place: under a new name."""
    old, new = own_name(), uuid4()
    if home.node != old or home.is_served:
        return False
    whole_file.write(_file(), f"{new}\n".encode())
    mine = {"node": new, "place": _place(), "since": timezone.now()}
    if DatabaseHome.objects.filter(node=old, is_served=False).update(**mine):
        return True
    whole_file.write(_file(), f"{old}\n".encode())  # somebody was faster
    return False


def _is_set_up() -> bool:
    """A database that was not brought up to date yet has no such table."""
    return DatabaseHome._meta.db_table in connection.introspection.table_names()


def own_name() -> UUID:
    """The random name of this data folder; made if it has none yet."""
    if not _file().exists():
        _file().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        whole_file.write_new(_file(), f"{uuid4()}\n".encode())
    return UUID(_file().read_text().strip())


def _place() -> str:
    """Tells a folder from its copy, on this machine and on others, as long as nobody moves it."""
    machine = Path("/etc/machine-id")
    known = machine.read_text() if machine.exists() else ""
    return hashlib.sha256(f"{known}:{_file().stat().st_ino}".encode()).hexdigest()[:32]


def _lies_inside() -> bool:
    """Whether the database lies in the folder itself: then it is copied and moved with it."""
    file: Path | None = settings.DATABASE_FILE
    return file is not None and Path(settings.DATA_DIR).resolve() in file.resolve().parents


def _file() -> Path:
    return Path(settings.DATA_DIR) / NAME


def elsewhere(home: DatabaseHome) -> Elsewhere:
    words = _(
        "This database belongs to another data folder, since {day}: two would keep two erasure journals. Serve it from "
        "there. Was that folder moved or lost for good? Then, here: manage.py node take_over"
    )
    return Elsewhere(words.format(day=date_format(timezone.localtime(home.since), "SHORT_DATE_FORMAT")))
