"""What goes into a backup, as a tar stream whose last member lists the others with their digests.

    database          the snapshot
    files/…           everything in DATA_DIR that is no database, no temporary file and no mail for trying out
    env               the settings, wherever they were given
    manifest.json     the format's version, migrations, row counts, the erasure journal's last line that was
                      carried out; of every member name, length and SHA-256

What must never happen: something of the backup is missing and nobody notices. So reading back compares every
member with the manifest, and a member that the manifest does not list is refused as well.
"""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _

from sitebackend.backup import settings_file, snapshot
from sitebackend.backup.container import BackupDamaged
from sitebackend.backup.progress import Bytes, Share
from sitebackend.privacy import chain_head

FORMAT = 1
MANIFEST, ENV = "manifest.json", "env"
LEDGER_HEAD = f"journal/{chain_head.FILE_NAME}"
#: Below DATA_DIR: what can be made again, belongs to this run only, or holds mail in the clear.
LEFT_OUT = (
    "static",
    "mail",
    "backup-work",
    "restore",
    "before-restore",
    "keys/keyring",
    "serve.lock",
    "backup.lock",
    "node-id",
    LEDGER_HEAD,  # as it was before the snapshot, see `chain_head`
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says of its own content."""

    format: int
    engine: str  #: sqlite or postgresql
    migrations: list[str]  #: as in "contact.0001_initial"
    journal_number: int  #: every line of the erasure journal up to it was carried out in this database
    rows: dict[str, int]  #: of each table
    members: list[dict[str, Any]]  #: name, size in bytes and SHA-256 of each file


def pack(target: IO[bytes], database: Path, taken: snapshot.Taken, *, on_share: Share) -> None:
    """Write every member to `target`, one after the other."""
    members = list(_members(database))
    count = Bytes(sum(_size(path) for _name, path in members), on_share)
    with tarfile.open(fileobj=target, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        listed = [_add_bytes(archive, ENV, settings_file.content())]
        if taken.ledger_head:
            listed.append(_add_bytes(archive, f"files/{LEDGER_HEAD}", taken.ledger_head))
        listed += [added for name, path in members if (added := _add(archive, name, path, count))]
        manifest = Manifest(
            format=FORMAT,
            engine=snapshot.engine(),
            migrations=taken.migrations,
            journal_number=taken.journal_number,
            rows=taken.rows,
            members=listed,
        )
        _add_bytes(archive, MANIFEST, json.dumps(asdict(manifest)).encode())


def unpack(source: Path, target: Path, *, on_share: Share) -> Manifest:
    """Extract a packed file below `target`, an empty private folder; gives the manifest.

    Raises BackupDamaged if a member is missing, too many, or not as listed.
    """
    found: dict[str, tuple[int, str]] = {}
    count = Bytes(source.stat().st_size, on_share)
    try:
        with tarfile.open(source, mode="r:") as archive:
            for member in archive:
                found[member.name] = _extract(archive, member, target, count)
    except tarfile.TarError as error:
        raise BackupDamaged(_("The content of this backup cannot be read.")) from error
    if found.pop(MANIFEST, None) is None:
        raise BackupDamaged(_("The content of this backup cannot be read."))
    manifest = _manifest((target / MANIFEST).read_bytes())
    if found != {member["name"]: (member["size"], member["sha256"]) for member in manifest.members}:
        raise BackupDamaged(_("The content of this backup is not what its list says."))
    return manifest


def _manifest(content: bytes) -> Manifest:
    try:
        facts = json.loads(content)
        if facts["format"] > FORMAT:
            raise BackupDamaged(_("A newer version of this program made this backup; restore it with that version."))
        return Manifest(**facts)
    except (ValueError, KeyError, TypeError) as error:
        raise BackupDamaged(_("The content of this backup cannot be read.")) from error


def _members(database: Path) -> Iterator[tuple[str, Path]]:
    yield snapshot.MEMBER, database
    for path in sorted(_files(Path(settings.DATA_DIR))):
        yield f"files/{path.relative_to(settings.DATA_DIR).as_posix()}", path


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        inside = path.relative_to(folder).as_posix()
        if path.is_file() and not path.is_symlink() and not _is_left_out(inside):
            yield path


def _is_left_out(inside: str) -> bool:
    database = snapshot.live_file()
    if database and PurePosixPath(inside).name.startswith(database.name):
        return True  # the live database with its -wal and -shm: the snapshot stands for them
    return any(inside == name or inside.startswith(f"{name}/") for name in LEFT_OUT)


def _add(archive: tarfile.TarFile, name: str, path: Path, count: Bytes) -> dict[str, Any] | None:
    """Add one file as it is at this moment, not a byte longer than when its length was read.

    None if it went since the folder was looked through: somebody's erasure, or something temporary.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    with file:
        return _add_file(archive, name, file, os.fstat(file.fileno()).st_size, count)


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> dict[str, Any]:
    return _add_file(archive, name, io.BytesIO(content), len(content), Bytes(0, lambda share: None))


def _add_file(archive: tarfile.TarFile, name: str, file: IO[bytes], size: int, count: Bytes) -> dict[str, Any]:
    member, reader = tarfile.TarInfo(name), _Digesting(file, count)
    member.size, member.mode = size, 0o600
    archive.addfile(member, reader)
    return {"name": name, "size": size, "sha256": reader.digest.hexdigest()}


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path, count: Bytes) -> tuple[int, str]:
    name = PurePosixPath(member.name)
    if not member.isfile() or name.is_absolute() or ".." in name.parts:
        raise BackupDamaged(_("This backup holds something that is no plain file."))
    path = target / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    source = archive.extractfile(member)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while source and (chunk := source.read(1 << 20)):
            digest.update(chunk)
            size += file.write(chunk)
            count.add(len(chunk))
    return size, digest.hexdigest()


class _Digesting:
    """A file that digests and counts what is read from it."""

    def __init__(self, file: IO[bytes], count: Bytes) -> None:
        self.file, self.count, self.digest = file, count, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        self.digest.update(data)
        self.count.add(len(data))
        return data
