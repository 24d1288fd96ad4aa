"""The private folder in which plaintext lies while a backup is made or tried, and who may use it.

What must never happen: plaintext stays behind, or two runs empty each other's folder. So one lock is held by
whoever makes, tries or restores; it goes with its process, however that ends; and what a killed process left
is removed by whoever has the lock next: another run, or the worker within its next round.
"""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from sitebackend.backup import gate
from sitebackend.backup.failures import Busy

LOCK = "backup.lock"


@contextmanager
def alone() -> Iterator[None]:
    """Nobody else makes, tries or restores meanwhile. Raises Busy."""
    folder = Path(settings.DATA_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(folder / LOCK, "ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy(_("Another backup or restore is under way. Wait until it has ended.")) from error
        yield


@contextmanager
def folder() -> Iterator[Path]:
    """An empty folder for this run alone, gone afterwards. Raises Busy."""
    with alone():
        _remove(_path())
        _path().mkdir(mode=0o700)
        try:
            yield _path()
        finally:
            _remove(_path())


def sweep(now: datetime) -> int:
    """Worker job: remove what a killed run left in plaintext; gives how many folders that were."""
    if not any(left.exists() for left in _leftovers()):
        return 0
    try:
        with alone():
            return sum(_remove(left) for left in _leftovers())
    except Busy:
        return 0


def _leftovers() -> list[Path]:
    """A restore that said "ready" is no leftover: it will be completed or taken back."""
    return [_path()] if gate.is_shut() else [_path(), gate.folder()]


def _path() -> Path:
    return Path(settings.DATA_DIR) / "backup-work"


def _remove(path: Path) -> bool:
    there = path.exists()
    shutil.rmtree(path, ignore_errors=True)
    return there
