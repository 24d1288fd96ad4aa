"""Make, check, list and remove backups.

What must never happen: a backup counts that cannot be restored, an old one is removed before a newer one was
read back, or plaintext stays on the disk. So a backup counts only after it was read back from the medium,
rotation looks at such backups alone, and everything in between lies in one private folder that is emptied
at the end and before the next try.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from sitebackend.backup import container, members, rotation, signing, snapshot
from sitebackend.backup.models import Backup
from sitebackend.crypto.openpgp import CHUNK, OpenPGPError
from sitebackend.operator_key import OperatorKeyUnusable
from sitebackend.privacy import journal

SUFFIX = ".backup"
NAME = f"%Y%m%dT%H%M%SZ{SUFFIX}"  # in UTC
EVERY = timedelta(days=1)
Progress = Callable[[str], None]


class BackupFailed(Exception):
    """No backup was made or restored; the message says why and what to do."""


_FAILURES = (
    BackupFailed,
    OSError,
    OpenPGPError,
    OperatorKeyUnusable,
    container.BackupDamaged,
    snapshot.DatabaseDamaged,
    snapshot.ToolFailed,
)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a trial restore found to be well."""

    header: container.Header
    engine: str  #: sqlite or postgresql
    migrations: tuple[str, ...]  #: as in "contact.0001_initial"
    rows: int
    files: int


def create(*, now: datetime, progress: Progress = lambda step: None) -> Backup:
    """Make a backup and put it on every medium that is there; every try leaves its row.

    Raises BackupFailed if it is on no medium afterwards.
    """
    backup = Backup(created_at=now, name=now.astimezone(UTC).strftime(NAME))
    try:
        _create(backup, progress)
    except _FAILURES as error:
        backup.failure = _reason(error)
        backup.save()
        raise BackupFailed(backup.failure) from error
    backup.verified_at = datetime.now(UTC)
    backup.save()
    return backup


def _create(backup: Backup, progress: Progress) -> None:
    targets = reachable_targets()
    backup.journal_number = journal.position()
    with work_folder() as folder:
        progress(_("Copying the database"))
        counts = snapshot.take(folder / snapshot.MEMBER)
        progress(_("Encrypting"))
        with (folder / backup.name).open("wb") as file:
            container.write(
                file,
                created_at=backup.created_at.isoformat(),
                journal_number=backup.journal_number,
                engine=snapshot.engine(),
                content=lambda target: members.pack(target, folder / snapshot.MEMBER, counts),
            )
        backup.size, backup.sha256 = _measure(folder / backup.name)
        for target in targets:
            progress(_("Writing to {folder}").format(folder=target))
            _put(folder / backup.name, target / backup.name)
            container.check(target / backup.name, public_key=signing.public_key())
    backup.media = [str(target) for target in targets]


def create_if_due(now: datetime) -> int:
    """The worker's daily backup, with rotation after it; 1 if one was made.

    Without BACKUP_TARGETS there is nothing to do; a failure is kept in its row and tried again after an hour.
    """
    last = Backup.objects.order_by("created_at").last()
    wait = timedelta(hours=1) if last and last.failure else EVERY
    if not settings.BACKUP_TARGETS or (last and now - last.created_at < wait):
        return 0
    create(now=now)
    prune(now=now)
    return 1


def prune(*, now: datetime, dry: bool = False) -> list[Path]:
    """Remove what rotation says from every reachable medium; gives the files (that would be) removed.

    The files themselves are judged, not their rows: a restored database knows nothing of the backups after it.
    """
    max_age = timedelta(days=settings.BACKUP_MAX_AGE_DAYS)
    paths = []
    for target in _present_targets():
        whole = {moment: path for moment, path in _files(target).items() if _is_whole(path)}
        paths += [whole[moment] for moment in sorted(rotation.to_remove(whole, now=now, max_age=max_age))]
    for path in paths if not dry else []:
        path.unlink()
    return paths


def _files(target: Path) -> dict[datetime, Path]:
    """The backups on one medium by the time in their names."""
    found = {}
    for path in target.glob(f"*{SUFFIX}"):
        with suppress(ValueError):
            found[datetime.strptime(path.name, NAME).replace(tzinfo=UTC)] = path
    return found


def _is_whole(path: Path) -> bool:
    """Read back when it was made, or, if no row says so, now."""
    if Backup.objects.whole().filter(name=path.name).exists():
        return True
    with suppress(container.BackupDamaged, OSError):
        container.check(path, public_key=signing.public_key())
        return True
    return False


def available() -> Iterator[tuple[Path, container.Header | str]]:
    """Every backup file on every reachable medium with its header, or with what is wrong with it."""
    for target in _present_targets():
        for path in sorted(target.glob(f"*{SUFFIX}")):
            try:
                yield path, container.check(path, public_key=signing.public_key())
            except (container.BackupDamaged, OSError) as error:
                yield path, _reason(error)


def verify(path: Path, *, public_key: str) -> container.Header:
    """Authenticity and completeness, without the secret key. Raises BackupFailed."""
    try:
        return container.check(path, public_key=public_key)
    except (container.BackupDamaged, OSError) as error:
        raise BackupFailed(_reason(error)) from error


def drill(path: Path, *, public_key: str, secret_key: bytes | None, passphrase: str) -> Checked:
    """Restore into a private place, check everything, throw it away. Raises BackupFailed."""
    with work_folder() as folder:
        checked = unpack_checked(path, folder, public_key=public_key, secret_key=secret_key, passphrase=passphrase)
    Backup.objects.filter(name=path.name).update(drilled_at=datetime.now(UTC))
    return checked


def unpack_checked(path: Path, folder: Path, *, public_key: str, secret_key: bytes | None, passphrase: str) -> Checked:
    """Decrypt and unpack below `folder`; every digest and every row count is compared. Raises BackupFailed."""
    packed = folder / "content.tar"
    try:
        with packed.open("wb") as file:
            header = container.read(path, file, public_key=public_key, secret_key=secret_key, passphrase=passphrase)
        manifest = members.unpack(packed, folder)
        if manifest["engine"] == "sqlite" and snapshot.check(folder / snapshot.MEMBER) != manifest["rows"]:
            raise container.BackupDamaged(_("The database in this backup has other rows than its list says."))
    except _FAILURES as error:
        raise BackupFailed(_reason(error)) from error
    finally:
        packed.unlink(missing_ok=True)
    return Checked(
        header,
        engine=manifest["engine"],
        migrations=tuple(manifest["migrations"]),
        rows=sum(manifest["rows"].values()),
        files=len(manifest["members"]),
    )


@contextmanager
def work_folder() -> Iterator[Path]:
    """A private folder below DATA_DIR; what an interrupted run left in its place goes first."""
    base = Path(settings.DATA_DIR) / "backup-work"
    shutil.rmtree(base, ignore_errors=True)
    base.mkdir(mode=0o700)
    try:
        yield base
    finally:
        shutil.rmtree(base, ignore_errors=True)


def reachable_targets() -> list[Path]:
    """The media that can be written to now. Raises BackupFailed if there is none."""
    if not settings.BACKUP_TARGETS:
        raise BackupFailed(_("No medium is set: name a folder on another disk in BACKUP_TARGETS."))
    present = _present_targets()
    if not present:
        raise BackupFailed(_("No medium is there. Connect the disk, or correct BACKUP_TARGETS."))
    return present


def _present_targets() -> list[Path]:
    return [target for target in settings.BACKUP_TARGETS if target.is_dir()]


def _put(source: Path, target: Path) -> None:
    """Copy under another name, force it to the medium, then rename: no half file ever has the name."""
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".", suffix=".part", delete=False) as file:
        try:
            with source.open("rb") as original:
                shutil.copyfileobj(original, file, CHUNK)
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, target)
        except OSError:
            Path(file.name).unlink(missing_ok=True)
            raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _measure(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return str(error)
