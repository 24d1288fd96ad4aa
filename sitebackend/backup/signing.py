"""The site's own signature under its backups: Ed25519, so that a foreign or altered file is refused.

OpenPGP encryption to the operator proves nothing about the writer: anybody can encrypt to a public key.
The private half lies beside the server key; the public half is printed for the recovery sheet.
"""

from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from sitebackend import whole_file

SIGNATURE_LENGTH = 64  # bytes


def path() -> Path:
    return Path(settings.DATA_DIR) / "keys" / "backup-signing.key"


def ensure() -> None:
    """Make the key if there is none. Mode 0600, never overwritten."""
    path().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    whole_file.write_new(path(), Ed25519PrivateKey.generate().private_bytes_raw())


def public_key() -> str:
    """What the recovery sheet shows: 64 hex digits. Raises OSError if this site has no key yet."""
    return _private().public_key().public_bytes_raw().hex()


def sign(digest: bytes) -> bytes:
    """Signature over a file's digest."""
    return _private().sign(_message(digest))


def is_ours(digest: bytes, signature: bytes, *, public_key: str) -> bool:
    """Whether whoever holds the private half of `public_key` (hex) signed this digest."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(signature, _message(digest))
    except (InvalidSignature, ValueError):
        return False
    return True


def _private() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(path().read_bytes())


def _message(digest: bytes) -> bytes:
    return b"sitebackend backup 1\n" + digest
