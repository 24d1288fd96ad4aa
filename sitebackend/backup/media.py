"""The media that backups lie on: folders on other disks, some of which may be absent at times.

What must never happen: half a file has a backup's name, or the only whole backup goes. So a file is written
beside, forced to the medium, renamed, and read back from there; and before rotation removes anything from a
medium the newest backup on it is read once more.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from django.conf import settings
from django.utils.translation import gettext as _

from sitebackend import whole_file
from sitebackend.backup import container, failures, rotation, signing
from sitebackend.backup.failures import BackupFailed
from sitebackend.backup.models import DATED_AHEAD, Backup
from sitebackend.backup.progress import Bytes, Share
from sitebackend.crypto.openpgp import CHUNK

SUFFIX = ".backup"
NAME = f"%Y%m%dT%H%M%SZ{SUFFIX}"  # in UTC


def present() -> list[Path]:
    return [target for target in settings.BACKUP_TARGETS if target.is_dir()]


def put(source: Path, folder: Path, *, on_share: Share) -> None:
    """Copy a backup to a medium and read it back from there. Raises BackupFailed; the medium is as before then."""
    target = folder / source.name
    with failures.told(folder):
        if not folder.is_dir():
            raise BackupFailed(_("{folder} is not there.").format(folder=folder))
        whole_file.sweep(folder, f"*{SUFFIX}")
        count = Bytes(source.stat().st_size, on_share)
        with source.open("rb") as original, whole_file.replacing(target) as file:
            while chunk := original.read(CHUNK):
                count.add(file.write(chunk))
        _read_back(target)


def _read_back(target: Path) -> None:
    """From the medium, not from memory, as far as the system lets a program say so."""
    try:
        with target.open("rb") as file:
            _forget_cached(file)
        container.check(target, public_key=signing.public_key())
    except (container.BackupDamaged, OSError):
        target.unlink(missing_ok=True)
        raise


def _forget_cached(file: IO[bytes]) -> None:
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def files(folder: Path) -> dict[datetime, Path]:
    """The backups on one medium by the time in their names."""
    found = {}
    for path in folder.glob(f"*{SUFFIX}"):
        with suppress(ValueError):
            found[datetime.strptime(path.name, NAME).replace(tzinfo=UTC)] = path
    return found


def outdated(folder: Path, *, now: datetime) -> list[Path]:
    """What rotation says must go from this medium. None while no backup on it can be read.

    The files themselves are judged, not their rows: a restored database knows nothing of the backups after it.
    A file that is not whole goes when its time is over, for it still holds people's data; one that a wrong clock
    dated ahead goes as soon as there is another, for its time would never be over.
    """
    max_age = timedelta(days=settings.BACKUP_MAX_AGE_DAYS)
    found = files(folder)
    ahead = {moment for moment in found if moment > now + DATED_AHEAD}
    whole = {moment for moment in set(found) - ahead if _was_read_back(found[moment]) or _is_whole(found[moment])}
    while whole and not _is_whole(found[max(whole)]):
        whole.remove(max(whole))
    remove = rotation.to_remove(whole, now=now, max_age=max_age)
    remove |= {moment for moment in set(found) - whole if whole and (now - moment > max_age or moment in ahead)}
    return [found[moment] for moment in sorted(remove)]


def _was_read_back(path: Path) -> bool:
    """When it was made, from this very medium."""
    made = Backup.objects.whole().filter(name=path.name).first()
    return made is not None and str(path.parent) in made.media


def _is_whole(path: Path) -> bool:
    with suppress(container.BackupDamaged, OSError):
        container.check(path, public_key=signing.public_key())
        return True
    return False


def available() -> Iterator[tuple[Path, container.Header | str]]:
    """Every backup file on every medium in reach with its header, or with what is wrong with it."""
    for folder in present():
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            try:
                yield path, container.check(path, public_key=signing.public_key())
            except (container.BackupDamaged, OSError) as error:
                yield path, failures.reason(error, path)
