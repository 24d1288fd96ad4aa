"""Make backups, try them, rotate them.

What must never happen: a backup counts that cannot be restored, an old one is removed before a newer one was
read back, or plaintext stays on the disk. So a backup counts only after it was read back from a medium,
rotation looks at such backups alone, is a job of its own that rests while the clock is in doubt, and refuses
while the live database is damaged; and everything in between lies in one private folder that is emptied at the
end and before the next try.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext as _

from sitebackend import node
from sitebackend.backup import container, failures, media, members, snapshot, upload, work
from sitebackend.backup.failures import BackupFailed, Busy
from sitebackend.backup.models import Backup
from sitebackend.backup.progress import Progress, silent
from sitebackend.monitoring import clock
from sitebackend.privacy import journal

AFTER_FAILURE = timedelta(hours=1)
_ROTATED = "backup.rotated"  # after which backup this worker rotated last; anew after each start


def create(*, now: datetime, progress: Progress = silent) -> Backup:
    """Make a backup and put it on every medium that is there; every try leaves its row.

    Raises BackupFailed if it is on no medium afterwards, and Busy (without a row) if another one is under way.
    """
    backup = Backup(created_at=now, name=now.astimezone(UTC).strftime(media.NAME))
    try:
        with failures.told():
            node.require()
            _make(backup, progress)
            backup.verified_at = datetime.now(UTC)
            backup.save()
    except Busy:
        raise
    except BackupFailed as error:
        backup.verified_at, backup.failure = None, str(error)
        backup.database_damaged = isinstance(error.__cause__, snapshot.DatabaseDamaged)
        with suppress(DatabaseError):  # what keeps it from being made may keep its row from being written
            backup.save()
        raise
    return backup


def _make(backup: Backup, progress: Progress) -> None:
    if not media.present() and not upload.is_set():
        raise BackupFailed(_no_medium())
    with work.folder() as folder:
        progress(_("Copying the database"), 0)
        taken = snapshot.take(folder / snapshot.MEMBER)
        backup.journal_number = taken.journal_number
        _seal(backup, folder, taken, progress)
        _distribute(backup, folder / backup.name, progress)


def _no_medium() -> str:
    if settings.BACKUP_TARGETS:
        return _("No medium is there. Connect the disk, or correct BACKUP_TARGETS.")
    return _("No medium is set: name a folder on another disk in BACKUP_TARGETS.")


def _seal(backup: Backup, folder: Path, taken: snapshot.Taken, progress: Progress) -> None:
    """Pack, encrypt and sign; the database's plaintext goes as soon as it is inside."""
    report = partial(progress, _("Encrypting"))
    with (folder / backup.name).open("wb") as file:
        container.write(
            file,
            created_at=backup.created_at.isoformat(),
            journal_number=taken.journal_number,
            engine=snapshot.engine(),
            content=lambda target: members.pack(target, folder / snapshot.MEMBER, taken, on_share=report),
        )
    (folder / snapshot.MEMBER).unlink()
    with (folder / backup.name).open("rb") as file:
        backup.sha256, backup.size = hashlib.file_digest(file, "sha256").hexdigest(), file.tell()


def _distribute(backup: Backup, file: Path, progress: Progress) -> None:
    """To every medium; one that fails is no obstacle to the others. Raises BackupFailed if all fail."""
    journal.copy_to_targets()
    places: dict[str, Callable[[], None]] = {
        str(folder): partial(media.put, file, folder, on_share=partial(progress, _writing_to(folder)))
        for folder in settings.BACKUP_TARGETS
    }
    if upload.is_set():
        places[upload.MEDIUM] = partial(_upload, file, progress)
    backup.media, backup.missed = [], {}
    for name, put in places.items():
        try:
            put()
            backup.media.append(name)
        except BackupFailed as error:
            backup.missed[name] = str(error)
    if not backup.media:
        raise BackupFailed("; ".join(backup.missed.values()))


def _writing_to(folder: Path) -> str:
    return _("Writing to {folder}").format(folder=folder)


def _upload(file: Path, progress: Progress) -> None:
    progress(_("Uploading"), 0)
    upload.carry(file)


def create_if_due(now: datetime) -> int:
    """Worker job: one backup on each day of TIME_ZONE; 1 if one was made.

    Without any medium in the settings there is nothing to do; a failure is kept in its row and tried again
    after an hour.
    """
    last = Backup.objects.until(now).order_by("created_at").last()
    if not (settings.BACKUP_TARGETS or upload.is_set()) or (last and not _is_due(last, now)):
        return 0
    try:
        create(now=now)
    except Busy:
        return 0
    return 1


def _is_due(last: Backup, now: datetime) -> bool:
    """By the calendar, not by hours: a timer that comes a second earlier than yesterday must not skip the day."""
    if last.failure:
        return now - last.created_at >= AFTER_FAILURE
    return timezone.localdate(last.created_at) < timezone.localdate(now)


def _would_go(now: datetime) -> Iterator[tuple[str, int]]:
    yield _("backups"), len([path for folder in media.present() for path in media.outdated(folder, now=now)])


@clock.destroys_by_time(_would_go)
def rotate_if_due(now: datetime) -> int:
    """Worker job: after each new backup, remove what rotation says; gives how many files went."""
    latest = Backup.objects.until(now).latest_whole()
    if latest is None or cache.get(_ROTATED) == latest.name:
        return 0
    removed = prune(now=now)
    cache.set(_ROTATED, latest.name, None)
    return len(removed)


def prune(*, now: datetime, dry: bool = False) -> list[Path]:
    """Remove what rotation says from every medium in reach; gives the files (that would be) removed.

    Raises BackupFailed while the live database is known to be damaged: what is old may be all that is whole.
    Raises ClockInDoubt unless the clock can be right.
    """
    if not dry:
        clock.require()
    last = Backup.objects.until(now).order_by("created_at").last()
    if last and last.database_damaged:
        raise BackupFailed(_("The live database is damaged: no backup is removed until a new one was made."))
    paths = [path for folder in media.present() for path in media.outdated(folder, now=now)]
    for path in paths if not dry else []:
        with failures.told(path.parent):
            path.unlink()
    return paths
