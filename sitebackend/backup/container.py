"""The file that a backup is: a readable header, the OpenPGP message, a signature over both.

    sitebackend backup 1\\n
    {"created_at": …, "journal_number": …, …}\\n
    OpenPGP message (binary, to the operator key)
    64 bytes: Ed25519 signature over the SHA-256 of everything before

What must never happen: a damaged, shortened, lengthened or foreign file is taken for a backup. The signature
covers every byte before it and must be the file's very end, so each of these changes breaks it. The header
stands in the clear, for what it says must be known without the secret key; it names no person.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from django.utils.translation import gettext as _

from sitebackend import operator_key
from sitebackend.backup import signing
from sitebackend.backup.progress import Bytes, Share
from sitebackend.crypto import openpgp
from sitebackend.crypto.openpgp import CHUNK

MAGIC = b"sitebackend backup 1\n"
LONGEST_HEADER = 64 * 1024  # bytes


class BackupDamaged(Exception):
    """The file is no whole backup of this site; the message says what was found."""


@dataclass(frozen=True, slots=True)
class Header:
    """What can be known of a backup without its key. `created_at` is ISO 8601 in UTC."""

    created_at: str
    journal_number: int  #: the last line of the erasure journal when the backup was made
    engine: str  #: sqlite or postgresql
    fingerprints: list[str]  #: the certificates that open it


class _Hashing:
    """A file that digests what is written to it."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.digest = file, hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        return self.file.write(data)


def write(
    file: IO[bytes], *, created_at: str, journal_number: int, engine: str, content: Callable[[IO[bytes]], None]
) -> Header:
    """Write one backup to `file`; `content` puts the plaintext into what it is given, and nothing keeps it.

    Raises OperatorKeyUnusable, OpenPGPError, OSError (a full disk); the file is of no use then.
    """
    keyring, fingerprints = operator_key.keyring()
    header = Header(created_at, journal_number, engine, fingerprints)
    target = _Hashing(file)
    target.write(MAGIC + json.dumps(asdict(header)).encode() + b"\n")
    openpgp.encrypt_stream(content, target, keyring=keyring, fingerprints=fingerprints)  # type: ignore[arg-type]
    file.write(signing.sign(target.digest.digest()))
    return header


def check(path: Path, *, public_key: str) -> Header:
    """Read the whole file and judge its signature; needs no secret. Raises BackupDamaged."""
    length = path.stat().st_size - signing.SIGNATURE_LENGTH
    digest = hashlib.sha256()
    with path.open("rb") as file:
        header = _header(file)
        file.seek(0)
        while chunk := file.read(min(CHUNK, length - file.tell())):
            digest.update(chunk)
        if not signing.is_ours(digest.digest(), file.read(), public_key=public_key):
            raise BackupDamaged(_("{name} is damaged, or was not made by this site.").format(name=path.name))
    return header


def read(
    path: Path, target: IO[bytes], *, public_key: str, secret_key: bytes | None, passphrase: str, on_share: Share
) -> Header:
    """Check the file, then decrypt its content to `target`.

    Raises BackupDamaged or OpenPGPError; `target` is of no use then.
    """
    header = check(path, public_key=public_key)
    with path.open("rb") as file:
        _header(file)
        length = path.stat().st_size - signing.SIGNATURE_LENGTH - file.tell()
        message = _Window(file, length, Bytes(length, on_share))
        openpgp.decrypt_stream(message, target, secret_key=secret_key, passphrase=passphrase)  # type: ignore[arg-type]
    return header


class _Window:
    """The next `length` bytes of a file, as a file that counts."""

    def __init__(self, file: IO[bytes], length: int, count: Bytes) -> None:
        self.file, self.left, self.count = file, length, count

    def read(self, size: int) -> bytes:
        data = self.file.read(min(size, self.left))
        self.left -= len(data)
        self.count.add(len(data))
        return data


def _header(file: IO[bytes]) -> Header:
    magic = file.readline(len(MAGIC))
    line = file.readline(LONGEST_HEADER)
    if magic != MAGIC or not line.endswith(b"\n"):
        raise BackupDamaged(_("This file does not begin as a backup does."))
    try:
        return Header(**json.loads(line))
    except (ValueError, TypeError) as error:
        words = _("The header of this backup cannot be read; a newer version may have made it.")
        raise BackupDamaged(words) from error
