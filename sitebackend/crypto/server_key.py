"""The server's own secret: 32 random bytes in a file beside the database, made by the set-up.

It opens what the server must be able to open without the operator: mails that wait to be sent, and the
digests by which a submission is found. It opens nothing in the vault. Every use derives a key of its own.
"""

import secrets
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from sitebackend import whole_file

LENGTH = 32  # bytes


def path() -> Path:
    return Path(settings.DATA_DIR) / "keys" / "server.key"


def ensure() -> bool:
    """Make the key if there is none; True if one was made. Mode 0600, never overwritten."""
    path().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return whole_file.write_new(path(), secrets.token_bytes(LENGTH))


def derive(purpose: str) -> bytes:
    """A 32-byte key for one `purpose` (HKDF-SHA256, RFC 5869).

    Raises ImproperlyConfigured if the key file is missing or damaged.
    """
    return _derive(path(), purpose)


def read_again() -> None:
    """After the file was replaced in this process's lifetime: by a restore."""
    _derive.cache_clear()


@cache
def _derive(file: Path, purpose: str) -> bytes:
    try:
        secret = file.read_bytes()
    except OSError as error:
        raise ImproperlyConfigured(
            f"The server key {file} cannot be read ({error.strerror}). Run `manage.py quickstart --no-serve` "
            "on a new machine; on an old one bring the file back from a backup."
        ) from error
    if len(secret) != LENGTH:
        raise ImproperlyConfigured(f"The server key {file} is damaged. Bring the file back from a backup.")
    return HKDF(algorithm=SHA256(), length=LENGTH, salt=None, info=f"sitebackend {purpose}".encode()).derive(secret)
