"""What an unlocked vault, or an unlocked lock for messages, gives: values opened one by one, each in the context
that it was sealed for.

The private key lives in these objects for one request. They never show it: not in `repr`, not in an error. They
are two types on purpose: what takes an `OpenVault` cannot be given the lock for messages.
"""

from datetime import datetime

from sitebackend.crypto import sealing
from sitebackend.vault.errors import VaultKeyChanged
from sitebackend.vault.models import Lock


class Holder:
    """Somebody who has a key pair of their own (a customer, the archive), opened."""

    __slots__ = ("_private",)

    def __init__(self, private: bytes) -> None:
        self._private = sealing.private_key(private)

    def unseal(self, sealed: sealing.Stored, *, context: str) -> bytes:
        """Open what was sealed to this holder's public key. Raises sealing.SealingError."""
        return sealing.unseal(self._private, sealed, context=context)


class OpenMessages:
    """Messages, opened for the length of one request: by their own lock, or by the vault."""

    __slots__ = ("_lock", "_private", "locks_at")

    def __init__(self, private: bytes, *, lock: Lock, locks_at: datetime) -> None:
        self._private, self._lock = private, lock  #: whose key it is: the vault's while messages have no lock
        self.locks_at = locks_at  #: when it locks if it is not used again before

    @property
    def public_key(self) -> bytes:
        return sealing.public_key_of(self._private)

    def unseal(self, sealed: sealing.Stored, *, context: str) -> bytes:
        """Open what `services.seal_message` sealed. Raises sealing.SealingError."""
        return sealing.unseal(self._private, sealed, context=self._lock.bound(context))


class OpenVault:
    """The vault, opened by an operator for the length of one request."""

    __slots__ = ("_private", "locks_at")

    def __init__(self, private: bytes, *, locks_at: datetime) -> None:
        self._private = private
        self.locks_at = locks_at  #: when it locks if it is not used again before

    @property
    def public_key(self) -> bytes:
        return sealing.public_key_of(self._private)

    def unseal(self, sealed: sealing.Stored, *, context: str) -> bytes:
        """Open what was sealed to the vault itself. Raises sealing.SealingError."""
        return sealing.unseal(self._private, sealed, context=context)

    def holder(self, sealed_private: sealing.Stored, public: sealing.Stored, *, context: str) -> Holder:
        """Open a holder's key. Raises sealing.SealingError, or VaultKeyChanged if `public` was swapped."""
        return Holder(self._private_of(sealed_private, public, context=context))

    def messages(self) -> OpenMessages:
        """Messages, while they have no lock of their own."""
        return OpenMessages(self._private, lock=Lock.VAULT, locks_at=self.locks_at)

    def messages_lock(self, sealed_private: sealing.Stored, public: sealing.Stored, *, context: str) -> OpenMessages:
        """Messages that have a lock of their own: its private half is sealed to the vault. Raises as `holder`."""
        private = self._private_of(sealed_private, public, context=context)
        return OpenMessages(private, lock=Lock.MESSAGES, locks_at=self.locks_at)

    def _private_of(self, sealed_private: sealing.Stored, public: sealing.Stored, *, context: str) -> bytes:
        private = self.unseal(sealed_private, context=context)
        if sealing.public_key_of(private) != bytes(public):
            raise VaultKeyChanged
        return private


Unlocked = OpenVault | OpenMessages
