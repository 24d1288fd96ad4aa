"""The lock for messages, for *Betrieb* to look after: set up, another passphrase, another key, taken away.

What must never happen: a step that is cut off leaves notes that neither lock opens, or some sealed to one lock and
some to the other. So every step needs the vault's passphrase, does what is slow before, and is one transaction in
which the vault's row is held: all values of messages change the lock in it, or none. And the passphrase is never
the vault's: whoever is given it would open everything.

A site without this lock, as every site begins, reads messages with the vault.
"""

from django.db import transaction
from django.utils import timezone

from sitebackend.crypto import sealing
from sitebackend.models import Operator
from sitebackend.vault import holdings, maintenance, services, slots
from sitebackend.vault.errors import MessagesKeyChanged, MessagesLockExists, SamePassphrase
from sitebackend.vault.models import KeySlot, Lock, UnlockSession, Vault, VaultEvent


def set_up(*, operator: Operator | None, passphrase: str, new: str) -> None:
    """Give messages a lock of their own that `new` opens. What is sealed already goes with it.

    Raises NotAllowed, NoVault, MessagesLockExists, PassphraseTooShort, SamePassphrase, TooManyTries, WrongPassphrase,
    VaultKeyChanged, or sealing.SealingError if a value was altered.
    """
    vault_key = _tested(operator, passphrase, new)
    public, private = sealing.new_key_pair()
    now = timezone.now()
    slot = slots.for_passphrase(private, new, now, lock=Lock.MESSAGES)
    with transaction.atomic():
        vault = maintenance.matching_vault(vault_key)
        if services.has_messages_lock():
            raise MessagesLockExists
        row = Vault(id=2, lock=Lock.MESSAGES, public_key=public, made_at=now)
        row.sealed_private_key = sealing.seal(bytes(vault.public_key), private, context=row.key_context)
        row.save(force_insert=True)
        _put_in_place(slot)
        _reseal(vault_key, Lock.VAULT, public, Lock.MESSAGES)
        services.record(VaultEvent.Kind.SET_UP, operator=operator, lock=Lock.MESSAGES)


def change_passphrase(*, operator: Operator | None, passphrase: str, new: str) -> None:
    """Let another passphrase open the lock, and close it everywhere; `passphrase` is the vault's.

    Raises NoMessagesLock, otherwise as `set_up`.
    """
    vault_key = _tested(operator, passphrase, new)
    private = _private_key(vault_key)
    slot = slots.for_passphrase(private, new, timezone.now(), lock=Lock.MESSAGES)
    with transaction.atomic():
        maintenance.matching_vault(vault_key)
        _matching_lock(private)
        _put_in_place(slot)
        services.record(VaultEvent.Kind.PASSPHRASE_CHANGED, operator=operator, lock=Lock.MESSAGES)


def rotate(*, operator: Operator | None, passphrase: str, new: str) -> None:
    """Another key pair for the lock, to which all messages are sealed anew, and another passphrase: for when somebody
    who knew the old one has left. VAULT_MESSAGES_FINGERPRINT, if set, must name the new key afterwards.

    Raises NoMessagesLock, otherwise as `set_up`.
    """
    vault_key = _tested(operator, passphrase, new)
    old = _private_key(vault_key)
    public, private = sealing.new_key_pair()
    now = timezone.now()
    slot = slots.for_passphrase(private, new, now, lock=Lock.MESSAGES)
    with transaction.atomic():
        vault = maintenance.matching_vault(vault_key)
        row = _matching_lock(old)
        _reseal(old, Lock.MESSAGES, public, Lock.MESSAGES)
        row.public_key, row.rotated_at = public, now
        row.sealed_private_key = sealing.seal(bytes(vault.public_key), private, context=row.key_context)
        row.save(force_update=True)
        _put_in_place(slot)
        services.record(VaultEvent.Kind.ROTATED, operator=operator, lock=Lock.MESSAGES)


def take_away(*, operator: Operator | None, passphrase: str) -> None:
    """Let the vault alone open messages again; everything is sealed back to it. Raises as `rotate`."""
    vault_key = services.tested(operator=operator, passphrase=passphrase, lock=Lock.VAULT)
    private = _private_key(vault_key)
    with transaction.atomic():
        vault = maintenance.matching_vault(vault_key)
        row = _matching_lock(private)
        _reseal(private, Lock.MESSAGES, bytes(vault.public_key), Lock.VAULT)
        row.delete()
        UnlockSession.objects.filter(lock=Lock.MESSAGES).delete()
        services.record(VaultEvent.Kind.REMOVED, operator=operator, lock=Lock.MESSAGES)


def _tested(operator: Operator | None, passphrase: str, new: str) -> bytes:
    """The vault's private key, if `new` can be the passphrase of this lock."""
    slots.check_length(new)
    private = services.tested(operator=operator, passphrase=passphrase, lock=Lock.VAULT)
    if slots.normal(new) == slots.normal(passphrase):
        raise SamePassphrase
    return private


def _private_key(vault_key: bytes) -> bytes:
    """The lock's private key, out of the open vault."""
    row = services.current_vault(Lock.MESSAGES)
    return sealing.unseal(vault_key, row.sealed_private_key or b"", context=row.key_context)


def _matching_lock(private: bytes) -> Vault:
    """The lock's row, held, if it has this private key's public half."""
    row = services.current_vault(Lock.MESSAGES)
    if bytes(row.public_key) != sealing.public_key_of(private):
        raise MessagesKeyChanged
    return row


def _put_in_place(slot: KeySlot) -> None:
    """Replace the lock's slot, and close it everywhere."""
    slot.vault_id = Vault.objects.of(Lock.MESSAGES).get().pk
    KeySlot.objects.of(Lock.MESSAGES).delete()
    slot.save(force_insert=True)
    UnlockSession.objects.filter(lock=Lock.MESSAGES).delete()


def _reseal(private: bytes, lock: Lock, public: bytes, to: Lock) -> None:
    for holding in holdings.of_messages():
        holding.reseal(private, public, lock=lock, to=to)
