"""What can go wrong with a backup, each in one line that says what and where, and never holds anybody's data."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError
from django.db import DatabaseError
from django.utils.translation import gettext as _

from sitebackend.backup import container, snapshot
from sitebackend.crypto.openpgp import OpenPGPError
from sitebackend.operator_key import OperatorKeyUnusable
from sitebackend.privacy.journal import JournalDamaged

_NOT_WRITABLE = (errno.EROFS, errno.EACCES, errno.EPERM)
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class BackupFailed(Exception):
    """No backup was made or restored; the message says why and what to do."""


class Busy(BackupFailed):
    """Another backup, trial or restore is under way; nothing was tried."""


EXPECTED = (
    OSError,
    OpenPGPError,
    OperatorKeyUnusable,
    JournalDamaged,
    container.BackupDamaged,
    snapshot.DatabaseDamaged,
    snapshot.ToolFailed,
    DatabaseError,
    sqlite3.Error,
    CommandError,
)


@contextmanager
def told(place: Path | None = None) -> Iterator[None]:
    """Turn what is to be expected into a BackupFailed; `place`: what is written to meanwhile, DATA_DIR if not given."""
    try:
        yield
    except EXPECTED as error:
        line = " ".join(reason(error, place or Path(settings.DATA_DIR)).split())
        raise BackupFailed(line) from error


def reason(error: Exception, place: Path) -> str:
    if isinstance(error, OSError):
        return _of_system(error, Path(str(error.filename)) if error.filename else place)
    if _is_full(error):
        return _("The disk is full: {place}").format(place=place)
    if isinstance(error, snapshot.DatabaseDamaged):
        return _("The database is damaged ({finding}).").format(finding=error)
    if isinstance(error, DatabaseError | sqlite3.Error):
        return _("The database does not answer ({kind}).").format(kind=type(error).__name__)
    return str(error)


def _of_system(error: OSError, place: Path) -> str:
    if error.errno in _FULL:
        return _("The disk is full: {place}").format(place=place)
    if error.errno in _NOT_WRITABLE:
        return _("{place} cannot be written to.").format(place=place)
    return f"{place}: {error.strerror or type(error).__name__}"


def _is_full(error: BaseException) -> bool:
    """SQLite's word for a full disk, as it says it or as Django passes it on."""
    cause = error if isinstance(error, sqlite3.Error) else error.__cause__
    return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
