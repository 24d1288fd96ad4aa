"""What can go wrong with the vault, in words for the operator. No message holds a secret or a person's data."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _


class VaultError(Exception):
    """Base of all below; `str()` of each is a sentence that can be shown."""


class NoVault(VaultError):
    def __str__(self) -> str:
        return _("There is no vault yet. Set it up first.")


class VaultExists(VaultError):
    def __str__(self) -> str:
        return _("There is a vault already. A second one would make the first one's contents unreadable.")


class NoMessagesLock(VaultError):
    def __str__(self) -> str:
        return _("There is no lock for messages. They are read with the vault open.")


class MessagesLockExists(VaultError):
    def __str__(self) -> str:
        return _("There is a lock for messages already.")


class NotAllowed(VaultError):
    """The account's role does not go with this lock, whoever knows its passphrase."""

    def __str__(self) -> str:
        return _("The role of your account does not open this.")


class SamePassphrase(VaultError):
    def __str__(self) -> str:
        return _(
            "Vault and lock for messages need two different passphrases: "
            "otherwise whoever may read messages could open everything."
        )


class VaultLocked(VaultError):
    def __str__(self) -> str:
        return _("The vault is locked.")


class VaultKeyChanged(VaultError):
    """The public key is not the one that the settings pin, or does not belong to the private one."""

    def __str__(self) -> str:
        return _(
            "The vault's key is not the one that is expected. Nothing is sealed or opened until this is explained: "
            "either the key was rotated and VAULT_FINGERPRINT still names the old one, or the database was altered."
        )


class MessagesKeyChanged(VaultKeyChanged):
    """As above, of the lock for messages. Where the vault's key is pinned, this one must be, too."""

    def __str__(self) -> str:
        return _(
            "The key of the lock for messages is not the one that is expected. No note is sealed or opened until this "
            "is explained: either it is new and VAULT_MESSAGES_FINGERPRINT does not name it yet, or the database was "
            "altered."
        )


class PassphraseTooShort(VaultError):
    def __init__(self, least: int) -> None:
        self.least = least
        super().__init__()

    def __str__(self) -> str:
        return _("The passphrase is too short: at least {least} characters, better five random words.").format(
            least=self.least
        )


class WrongPassphrase(VaultError):
    def __str__(self) -> str:
        return _("This passphrase does not open the vault.")


class WrongMessagesPassphrase(WrongPassphrase):
    def __str__(self) -> str:
        return _("This passphrase does not open the lock for messages.")


class WrongRecoveryKey(VaultError):
    def __str__(self) -> str:
        return _(
            "This recovery key is typed correctly, but it does not open this vault. "
            "It may belong to another one, or was replaced by a newer key."
        )


class TooManyTries(VaultError):
    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__()

    def __str__(self) -> str:
        local = timezone.localtime(self.until)
        return _("Too many tries. The next one is possible at {time}.").format(time=time_format(local.time(), "H:i:s"))


class RecoveryKeyMistyped(VaultError):
    """The typed recovery key has a typo; groups and signs are counted from 1, 0 means unknown."""

    def __init__(self, problem: str, *, group: int = 0, sign: int = 0) -> None:
        self.problem, self.group, self.sign = problem, group, sign
        super().__init__()

    def __str__(self) -> str:
        return self.problem
