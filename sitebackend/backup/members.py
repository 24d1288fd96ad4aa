"""What goes into a backup, as a tar stream whose last member lists the others with their digests.

    database          the snapshot
    files/…           everything in DATA_DIR that is no database, no temporary file and no mail for trying out
    env               the settings file
    manifest.json     the format's version, migrations, row counts; of every member name, length and SHA-256

What must never happen: something of the backup is missing and nobody notices. So reading back compares every
member with the manifest, and a member that the manifest does not list is refused as well.
"""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, Any

from django.conf import settings

from sitebackend.backup import snapshot
from sitebackend.backup.container import BackupDamaged

FORMAT = 1
MANIFEST = "manifest.json"
#: Below DATA_DIR: what can be made again, belongs to this run only, or holds mail in the clear.
LEFT_OUT = ("static", "mail", "backup-work", "restore", "before-restore", "keys/keyring", "serve.lock")


def pack(target: IO[bytes], database: Path, counts: Mapping[str, int]) -> None:
    """Write every member to `target`, one after the other."""
    with tarfile.open(fileobj=target, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        listed = [_add(archive, name, path) for name, path in _members(database)]
        manifest = {
            "format": FORMAT,
            "engine": snapshot.engine(),
            "migrations": snapshot.migrations(),
            "rows": dict(counts),
            "members": listed,
        }
        _add_bytes(archive, MANIFEST, json.dumps(manifest).encode())


def unpack(source: Path, target: Path) -> Mapping[str, Any]:
    """Extract a packed file below `target`, an empty private folder; gives the manifest.

    Raises BackupDamaged if a member is missing, too many, or not as listed.
    """
    found: dict[str, tuple[int, str]] = {}
    try:
        with tarfile.open(source, mode="r:") as archive:
            for member in archive:
                found[member.name] = _extract(archive, member, target)
        manifest: Mapping[str, Any] = json.loads((target / MANIFEST).read_bytes())
    except (tarfile.TarError, OSError, ValueError) as error:
        raise BackupDamaged("The content of this backup cannot be read.") from error
    if manifest["format"] > FORMAT:
        raise BackupDamaged("A newer version of this program made this backup; restore it with that version.")
    found.pop(MANIFEST)
    if found != {member["name"]: (member["size"], member["sha256"]) for member in manifest["members"]}:
        raise BackupDamaged("The content of this backup is not what its list says.")
    return manifest


def _members(database: Path) -> Iterator[tuple[str, Path]]:
    yield snapshot.MEMBER, database
    if (env := Path(settings.ENV_FILE)).is_file():
        yield "env", env
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


def _add(archive: tarfile.TarFile, name: str, path: Path) -> dict[str, Any]:
    """Add one file as it is at this moment, not a byte longer than when its length was read."""
    with path.open("rb") as file:
        member = tarfile.TarInfo(name)
        member.size, member.mode = os.fstat(file.fileno()).st_size, 0o600
        reader = _Digesting(file)
        archive.addfile(member, reader)
    return {"name": name, "size": member.size, "sha256": reader.digest.hexdigest()}


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    archive.addfile(member, io.BytesIO(content))


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> tuple[int, str]:
    name = PurePosixPath(member.name)
    if not member.isfile() or name.is_absolute() or ".." in name.parts:
        raise BackupDamaged("This backup holds something that is no plain file.")
    path = target / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    source = archive.extractfile(member)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while source and (chunk := source.read(1 << 20)):
            digest.update(chunk)
            size += file.write(chunk)
    return size, digest.hexdigest()


class _Digesting:
    """A file that digests what is read from it."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.digest = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        self.digest.update(data)
        return data
