"""What an unlocked vault gives: values opened one by one, each in the context that it was sealed for.

The private key lives in these objects for one request. They never show it: not in `repr`, not in an error.
"""

from datetime import datetime

from sitebackend.crypto import sealing
from sitebackend.vault.errors import VaultKeyChanged


class Holder:
    """Somebody who has a key pair of their own (a customer, the archive), opened."""

    __slots__ = ("_private",)

    def __init__(self, private: bytes) -> None:
        self._private = sealing.private_key(private)

    def unseal(self, sealed: sealing.Stored, *, context: str) -> bytes:
        """Open what was sealed to this holder's public key. Raises sealing.SealingError."""
        return sealing.unseal(self._private, sealed, context=context)


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
        private = self.unseal(sealed_private, context=context)
        if sealing.public_key_of(private) != bytes(public):
            raise VaultKeyChanged
        return Holder(private)
