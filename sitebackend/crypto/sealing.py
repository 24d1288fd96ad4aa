"""Sealing: everything that is encrypted here and is not OpenPGP.

What must never happen: a sealed value opens in another place than it was made for, opens after a change, or
is taken for text when it does not open. So every value is bound to a context (what, whose, which revision)
that opening must repeat, everything is authenticated, and a failure raises. Base-mode HPKE does not
authenticate the writer: who can write the database can add values of his own, and we claim no more.

    public, private = new_key_pair()
    sealed = seal(public, b"192.0.2.1", context="technical-record|…")
    assert unseal(private, sealed, context="technical-record|…") == b"192.0.2.1"

Format: one version byte, then HPKE's encapsulated key and ciphertext (RFC 9180, X25519 / HKDF-SHA256 /
AES-256-GCM), or for `wrap` a 12-byte nonce and AES-256-GCM's ciphertext.
"""

import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

Stored = bytes | memoryview  # what a database driver gives back for a binary column
PrivateKey = X25519PrivateKey

KEY_LENGTH = 32  # bytes, of every key here
BLOCK = 1024  # bytes: lengths are rounded up to it, for they leak content
_SEALED = b"\x01"
_WRAPPED = b"\x11"
_NONCE_LENGTH = 12
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class SealingError(Exception):
    """A value does not open: wrong key, wrong context, altered, or not sealed by this module."""


def new_key_pair() -> tuple[bytes, bytes]:
    """A fresh X25519 pair as raw (public, private) bytes."""
    private = X25519PrivateKey.generate()
    return private.public_key().public_bytes_raw(), private.private_bytes_raw()


def public_key_of(private: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def fingerprint(public: bytes) -> str:
    """SHA-256 of a raw public key, as 64 hex digits."""
    return hashlib.sha256(public).hexdigest()


def seal(public: bytes, plaintext: bytes, *, context: str) -> bytes:
    """Seal to a public key; needs no secret."""
    padded = _pad(plaintext)
    return _SEALED + _SUITE.encrypt(padded, X25519PublicKey.from_public_bytes(public), info=_info(context))


def private_key(private: bytes) -> PrivateKey:
    """A raw private key made ready: worth it for whoever opens thousands of values with one."""
    return X25519PrivateKey.from_private_bytes(private)


def unseal(private: bytes | PrivateKey, sealed: Stored, *, context: str) -> bytes:
    """Open what `seal` made for the same context. Raises SealingError."""
    _expect(sealed, _SEALED)
    key = private_key(private) if isinstance(private, bytes) else private
    try:
        return _unpad(_SUITE.decrypt(bytes(sealed[1:]), key, info=_info(context)))
    except (InvalidTag, ValueError) as error:
        raise SealingError(f"“{context.partition('|')[0]}” does not open: altered, moved, or another key") from error


def wrap(key: bytes, plaintext: bytes, *, context: str) -> bytes:
    """Encrypt under a symmetric key (AES-256-GCM)."""
    nonce = secrets.token_bytes(_NONCE_LENGTH)
    return _WRAPPED + nonce + AESGCM(key).encrypt(nonce, _pad(plaintext), _info(context))


def unwrap(key: bytes, wrapped: Stored, *, context: str) -> bytes:
    """Open what `wrap` made for the same context. Raises SealingError."""
    _expect(wrapped, _WRAPPED)
    nonce, ciphertext = bytes(wrapped[1 : 1 + _NONCE_LENGTH]), bytes(wrapped[1 + _NONCE_LENGTH :])
    try:
        return _unpad(AESGCM(key).decrypt(nonce, ciphertext, _info(context)))
    except (InvalidTag, ValueError) as error:
        raise SealingError(f"“{context.partition('|')[0]}” does not open: altered, moved, or another key") from error


def key_from_passphrase(passphrase: str, salt: bytes, *, memory_kib: int, iterations: int, lanes: int) -> bytes:
    """Argon2id (RFC 9106). Slow and large on purpose: run one at a time."""
    function = Argon2id(salt=salt, length=KEY_LENGTH, iterations=iterations, lanes=lanes, memory_cost=memory_kib)
    return function.derive(passphrase.encode())


def _info(context: str) -> bytes:
    return f"sitebackend|{context}".encode()


def _expect(value: Stored, version: bytes) -> None:
    if bytes(value[:1]) != version:
        raise SealingError("this value was not sealed here, or by a newer version")


def _pad(plaintext: bytes) -> bytes:
    """ISO/IEC 7816-4: one 0x80, then zeros up to the block."""
    return plaintext + b"\x80" + b"\0" * (-(len(plaintext) + 1) % BLOCK)


def _unpad(padded: bytes) -> bytes:
    plaintext, mark, zeros = padded.rpartition(b"\x80")
    if not mark or zeros.strip(b"\0"):
        raise ValueError("padding is damaged")
    return plaintext
