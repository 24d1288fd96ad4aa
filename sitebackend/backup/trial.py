"""Check a backup: whether it is whole and ours, and, with the secret key, whether it restores.

What must never happen: a backup passes that could not be restored. So everything inside is unpacked and compared
with its own list, the database is opened and counted, and a PostgreSQL dump is restored into a database of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from django.utils.translation import gettext as _

from sitebackend.backup import container, failures, members, postgresql, snapshot, sqlite, work
from sitebackend.backup.models import Backup
from sitebackend.backup.progress import Progress, silent


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found to be well inside a backup."""

    header: container.Header
    manifest: members.Manifest

    @property
    def rows(self) -> int:
        return sum(self.manifest.rows.values())

    @property
    def files(self) -> int:
        return len(self.manifest.members)


def verify(path: Path, *, public_key: str) -> container.Header:
    """Authenticity and completeness, without the secret key. Raises BackupFailed."""
    with failures.told(path):
        return container.check(path, public_key=public_key)


def drill(
    path: Path, *, public_key: str, secret_key: bytes | None, passphrase: str, progress: Progress = silent
) -> Checked:
    """Restore into a private place, check everything, throw it away. Raises BackupFailed."""
    with work.folder() as folder:
        checked = unpack_checked(
            path, folder, public_key=public_key, secret_key=secret_key, passphrase=passphrase, progress=progress
        )
        if checked.manifest.engine == "postgresql":
            progress(_("Restoring into a database for trial"), 0)
            with failures.told():
                _compare_rows(checked.manifest, postgresql.restored_for_trial(folder / snapshot.MEMBER))
    Backup.objects.filter(name=path.name).update(drilled_at=datetime.now(UTC))
    return checked


def unpack_checked(
    path: Path,
    folder: Path,
    *,
    public_key: str,
    secret_key: bytes | None,
    passphrase: str,
    progress: Progress = silent,
) -> Checked:
    """Decrypt and unpack below `folder`; every digest and every row count is compared. Raises BackupFailed."""
    packed = folder / "content.tar"
    with failures.told():
        try:
            with packed.open("wb") as file:
                header = container.read(
                    path,
                    file,
                    public_key=public_key,
                    secret_key=secret_key,
                    passphrase=passphrase,
                    on_share=partial(progress, _("Checking and decrypting")),
                )
            manifest = members.unpack(packed, folder, on_share=partial(progress, _("Unpacking")))
        finally:
            packed.unlink(missing_ok=True)
        if manifest.journal_number != header.journal_number:
            raise container.BackupDamaged(_("The content of this backup is not what its list says."))
        if manifest.engine == "sqlite":
            progress(_("Checking the database"), 0)
            _compare_rows(manifest, sqlite.check(folder / snapshot.MEMBER))
    return Checked(header, manifest)


def _compare_rows(manifest: members.Manifest, found: Mapping[str, int]) -> None:
    if found != manifest.rows:
        raise container.BackupDamaged(_("The database in this backup has other rows than its list says."))
