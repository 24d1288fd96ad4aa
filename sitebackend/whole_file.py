"""A file appears whole or not at all, and what it replaces is there until then.

What must never happen: a power cut or a kill leaves half a file under a name that counts. So the content is
written beside, forced to the disk, and only then renamed; the folder is forced to the disk as well. What a
killed writer leaves beside has a name that begins with a dot and ends in `.part`: `sweep` takes it away.

Standard library only: the set-up writes files before there are settings.
"""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

_CANNOT_SYNC = (errno.EINVAL, errno.ENOTSUP)  # what some file systems of removable media say of a folder


def write(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Make `path` hold just this. Raises OSError; what was there is untouched then."""
    with replacing(path, mode=mode) as file:
        file.write(content)


def write_new(path: Path, content: bytes) -> bool:
    """The same (mode 0600) unless there is such a file already; False: there is, and it stays as it is."""
    if path.exists():
        return False
    name = _beside(path)
    try:
        with open(name, "wb") as file:
            file.write(content)
            force(file)
        os.link(name, path)
    except FileExistsError:
        return False
    finally:
        os.unlink(name)
    sync_folder(path.parent)
    return True


@contextmanager
def replacing(path: Path, *, mode: int = 0o600) -> Iterator[IO[bytes]]:
    """A file to fill, which takes the place of `path` once it is whole. Raises OSError, and what the filler raises."""
    name = _beside(path)
    try:
        with open(name, "wb") as file:
            os.chmod(name, mode)
            yield file
            force(file)
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
    sync_folder(path.parent)


def force(file: IO[bytes]) -> None:
    """What was written is on the disk when this returns. Raises OSError."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """The names in `folder` are on the disk when this returns. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC:
            raise
    finally:
        os.close(descriptor)


def sweep(folder: Path, names: str) -> None:
    """Remove what killed writers of files with such `names` (a glob pattern) left. Nobody else may be writing one."""
    for stray in folder.glob(f".{names}.*.part"):
        stray.unlink(missing_ok=True)


def _beside(path: Path) -> str:
    """The name of a new, empty file (mode 0600). The folder is never made: an absent medium is absent."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    os.close(descriptor)
    return name
