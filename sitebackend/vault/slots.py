"""Key slots: a lock's private key under a passphrase (Argon2id) or, the vault's, under the printed recovery key.

A slot is bound to its lock: moved to the other one it does not open, whatever passphrase is typed.

Argon2 takes 256 MiB and a second on purpose. One run at a time on this machine, whichever process wants it:
the others wait at a file lock. It must never run inside a transaction, which would hold up all writers.
"""

import fcntl
import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.conf import settings

from sitebackend.crypto import sealing
from sitebackend.vault.errors import PassphraseTooShort, WrongPassphrase, WrongRecoveryKey
from sitebackend.vault.models import KeySlot, Lock

LEAST_LENGTH = 12  # characters of a new passphrase
_SALT_LENGTH = 16  # bytes (RFC 9106, section 3.1)


def for_passphrase(private: bytes, passphrase: str, now: datetime, *, lock: Lock = Lock.VAULT) -> KeySlot:
    """A new slot of this lock, not saved and in no vault yet. Raises PassphraseTooShort."""
    check_length(passphrase)
    slot = KeySlot(kind=KeySlot.Kind.PASSPHRASE, salt=secrets.token_bytes(_SALT_LENGTH), made_at=now, confirmed_at=now)
    for name, value in settings.VAULT_PASSPHRASE_COST.items():
        setattr(slot, name, value)
    slot.sealed_key = sealing.wrap(_stretched(slot, passphrase), private, context=_context(slot, lock))
    return slot


def for_recovery_key(private: bytes, secret: bytes, now: datetime) -> KeySlot:
    """A new, unsaved slot of the vault that is not confirmed yet."""
    slot = KeySlot(kind=KeySlot.Kind.RECOVERY, salt=b"", made_at=now)
    slot.sealed_key = sealing.wrap(secret, private, context=_context(slot, Lock.VAULT))
    return slot


def open_with_passphrase(slot: KeySlot, passphrase: str, *, lock: Lock = Lock.VAULT) -> bytes:
    """The lock's private key. Raises WrongPassphrase."""
    try:
        return sealing.unwrap(_stretched(slot, passphrase), slot.sealed_key, context=_context(slot, lock))
    except sealing.SealingError as error:
        raise WrongPassphrase from error


def open_with_recovery_key(slot: KeySlot, secret: bytes) -> bytes:
    """The vault's private key. Raises WrongRecoveryKey."""
    try:
        return sealing.unwrap(secret, slot.sealed_key, context=_context(slot, Lock.VAULT))
    except sealing.SealingError as error:
        raise WrongRecoveryKey from error


def check_length(passphrase: str) -> None:
    if len(passphrase) < LEAST_LENGTH:
        raise PassphraseTooShort(LEAST_LENGTH)


def normal(passphrase: str) -> str:
    """One spelling of “ü”, whichever keyboard typed it."""
    return unicodedata.normalize("NFC", passphrase)


def _context(slot: KeySlot, lock: Lock) -> str:
    return lock.bound(f"vault-slot|{slot.kind}|{slot.id}")


def _stretched(slot: KeySlot, passphrase: str) -> bytes:
    with _one_at_a_time():
        return sealing.key_from_passphrase(
            normal(passphrase),
            bytes(slot.salt),
            memory_kib=slot.memory_kib,
            iterations=slot.iterations,
            lanes=slot.lanes,
        )


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    folder = Path(settings.DATA_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "vault.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # closing the file lets go of it
        yield
