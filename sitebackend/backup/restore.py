"""Bring a backup back, to an empty machine or over a live one, without bringing back anybody who was erased.

What must never happen: a half-restored site is served, a failed try costs the live data, or an erased person
reappears. So everything is decrypted, unpacked and checked in a private folder first, and the live data are
not touched until a file there says "ready". From that moment on the restore is always completed: each step
moves a file that a repeated run does not find any more, and the old state is kept beside. While the folder
says "ready" the gate is shut: visitors get a 503 page, the worker rests. It opens after the erasure journal
was carried out again, with the longest copy of the journal that can be reached, which must be at least as
long as the backup and the operator know it to be.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

from sitebackend import instance
from sitebackend.backup import gate, services, snapshot
from sitebackend.backup.services import BackupFailed, Checked, Progress
from sitebackend.privacy import erasure, high_water, journal
from sitebackend.privacy.registry import Action


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back, and how many rows of erased people were destroyed again."""

    checked: Checked
    erased_again: int
    old_state: Path


def restore(
    path: Path,
    *,
    public_key: str,
    secret_key: bytes | None,
    passphrase: str,
    journal_number: int,
    with_settings: bool = False,
    progress: Progress = lambda step: None,
) -> Restored:
    """Replace the site by the backup. `journal_number`: the latest line of the erasure journal known of.

    `with_settings` also replaces the settings file. Raises BackupFailed; the live data are untouched then.
    """
    with _alone():
        if gate.is_shut():
            raise BackupFailed(_("A restore is unfinished. Complete it first: manage.py backup restore --resume."))
        shutil.rmtree(gate.folder(), ignore_errors=True)
        gate.folder().mkdir(mode=0o700, parents=True)
        try:
            checked = _stage(path, public_key, secret_key, passphrase, journal_number, progress)
            if not with_settings:
                (gate.folder() / "env").unlink(missing_ok=True)
            _keep_old_state()
        except BaseException:
            shutil.rmtree(gate.folder(), ignore_errors=True)
            raise
        gate.shut(journal_number=checked.header.journal_number)
        return Restored(checked, _complete(progress), kept_folder())


def resume(*, progress: Progress = lambda step: None) -> int:
    """Complete a restore that was interrupted; gives the number of rows erased again. Raises BackupFailed."""
    with _alone():
        if not gate.is_shut():
            raise BackupFailed(_("There is no unfinished restore."))
        return _complete(progress)


def kept_folder() -> Path:
    """Where the state before the restore lies until the next one."""
    return Path(settings.DATA_DIR) / "before-restore"


@contextmanager
def _alone() -> Iterator[None]:
    Path(settings.DATA_DIR).mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with instance.hold_folder(Path(settings.DATA_DIR)):
            yield
    except instance.AlreadyRunning as error:
        raise BackupFailed(_("The site is running. Stop it first, then restore.")) from error


def _stage(
    path: Path, public_key: str, secret_key: bytes | None, passphrase: str, number: int, progress: Progress
) -> Checked:
    progress(_("Checking and decrypting"))
    checked = services.unpack_checked(
        path, gate.folder(), public_key=public_key, secret_key=secret_key, passphrase=passphrase
    )
    if checked.engine != snapshot.engine():
        raise BackupFailed(_("This backup is of another kind of database; set DATABASE_URL as it was."))
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if newer := sorted(set(checked.migrations) - known):
        raise BackupFailed(_("A newer version of this program made this backup ({name}).").format(name=newer[0]))
    _stage_journal(path, max(number, checked.header.journal_number))
    return checked


def _stage_journal(path: Path, known_number: int) -> None:
    """Put the longest journal in reach beside the other files; the one inside the backup is as old as it is."""
    staged = gate.folder() / "files" / "journal" / journal.FILE_NAME
    copies = [journal.path(), staged, path.parent / journal.FILE_NAME]
    copies += [target / journal.FILE_NAME for target in settings.BACKUP_TARGETS]
    try:
        lengths = {copy: len(journal.entries(copy)) for copy in copies if copy.exists()}
    except journal.JournalDamaged as error:
        raise BackupFailed(str(error)) from error
    longest = max(lengths, key=lambda copy: lengths[copy], default=None)
    if (lengths[longest] if longest else 0) < known_number:
        raise BackupFailed(
            _(
                "The erasure journal in reach ends before line {number}. Connect the medium that holds the latest "
                "copy, or put the lines that were mailed to you into {file}."
            ).format(number=known_number, file=path.parent / journal.FILE_NAME)
        )
    high_water.carry_over(staged.parent)
    if longest and longest != staged:
        shutil.copyfile(longest, staged)


def _keep_old_state() -> None:
    """Room for the old state; a PostgreSQL database is dumped, files are moved when their turn comes."""
    shutil.rmtree(kept_folder(), ignore_errors=True)
    kept_folder().mkdir(mode=0o700)
    if snapshot.engine() == "postgresql":
        try:
            snapshot.take(kept_folder() / snapshot.MEMBER)
        except snapshot.ToolFailed as error:
            raise BackupFailed(str(error)) from error


def _complete(progress: Progress) -> int:
    """From "ready" to open: every step may have been done already."""
    progress(_("Putting the files into place"))
    connections.close_all()
    _swap_database()
    for staged in sorted((gate.folder() / "files").rglob("*")):
        if staged.is_file():
            _swap(staged, Path(settings.DATA_DIR) / staged.relative_to(gate.folder() / "files"))
    if (env := gate.folder() / "env").exists():
        _swap(env, Path(settings.ENV_FILE))
    progress(_("Bringing the database up to date"))
    call_command("migrate", verbosity=0, interactive=False)
    progress(_("Carrying out the erasure journal again"))
    erased = _replay()
    gate.open_again()
    return erased


def _swap_database() -> None:
    staged = gate.folder() / snapshot.MEMBER
    if not staged.exists():
        return
    live = snapshot.live_file()
    if live is None:
        snapshot.put_back_postgresql(staged)
        staged.unlink()
        return
    for suffix in ("-wal", "-shm"):
        _keep(live.with_name(live.name + suffix))
    _swap(staged, live)


def _swap(staged: Path, live: Path) -> None:
    _keep(live)
    live.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.replace(staged, live)


def _keep(live: Path) -> None:
    """Move a live file to the old state; what a first try kept is not overwritten by a second."""
    kept = kept_folder() / live.name
    if live.is_relative_to(settings.DATA_DIR):
        kept = kept_folder() / live.relative_to(settings.DATA_DIR)
    if not live.exists():
        return
    if kept.exists():
        live.unlink()
        return
    kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.replace(live, kept)


def _replay() -> int:
    """Carry out every line of the journal that is younger than the backup. Raises BackupFailed, the gate shut."""
    entries = [entry for entry in journal.entries() if entry.number > gate.journal_number()]
    erased = erasure.replay(entries)
    left = erasure.replay([entry for entry in entries if entry.action == Action.DELETE])
    if left:
        raise BackupFailed(_("{count} erased rows are still there. The site stays shut.").format(count=left))
    return erased
