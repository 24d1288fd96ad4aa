"""Looking after the vault: another passphrase, another recovery key, another key pair, the way back in.

What must never happen: a step that is cut off leaves a vault that neither the old nor the new secret opens. So
everything slow is done before, and each step is one transaction, in which the vault's row is locked and its
public key compared with the private one at hand: what another process rotated meanwhile is not overwritten.
"""

from django.db import transaction
from django.utils import timezone

from sitebackend.crypto import sealing
from sitebackend.models import Operator
from sitebackend.vault import holdings, recovery_key, services, slots
from sitebackend.vault.errors import (
    NoVault,
    SamePassphrase,
    VaultKeyChanged,
    WrongPassphrase,
    WrongRecoveryKey,
)
from sitebackend.vault.models import KeySlot, Lock, UnlockSession, Vault, VaultEvent


def change_passphrase(*, operator: Operator | None, passphrase: str, new: str) -> None:
    """Let another passphrase open the vault; closes it everywhere.

    Raises NotAllowed, NoVault, PassphraseTooShort, TooManyTries, WrongPassphrase, SamePassphrase, VaultKeyChanged.
    """
    slots.check_length(new)
    private = services.tested(operator=operator, passphrase=passphrase, lock=Lock.VAULT)
    _refuse_that_of_messages(new)
    slot = slots.for_passphrase(private, new, timezone.now())
    with transaction.atomic():
        _put_in_place(slot, private)
        services.record(VaultEvent.Kind.PASSPHRASE_CHANGED, operator=operator)


def renew_recovery_key(*, operator: Operator | None, passphrase: str) -> str:
    """A new printed recovery key; the old one works until the new one was typed back. Raises as above."""
    private, secret = services.tested(operator=operator, passphrase=passphrase, lock=Lock.VAULT), recovery_key.new()
    slot = slots.for_recovery_key(private, secret, timezone.now())
    with transaction.atomic():
        matching_vault(private)
        KeySlot.objects.of(Lock.VAULT).pending().delete()
        _add(slot)
        services.record(VaultEvent.Kind.RECOVERY_KEY_MADE, operator=operator)
    return recovery_key.printed(secret)


def confirm_recovery_key(*, operator: Operator | None, typed: str) -> None:
    """Typed back, the new recovery key counts and the older one is gone. One that counts already is fine too.

    Raises NotAllowed, NoVault, RecoveryKeyMistyped, WrongRecoveryKey.
    """
    services.require(operator, Lock.VAULT)
    slot, _private = _opened_by(recovery_key.parse(typed))
    if slot.confirmed_at:
        return
    with transaction.atomic():
        KeySlot.objects.of(Lock.VAULT).filter(kind=KeySlot.Kind.RECOVERY).exclude(id=slot.id).delete()
        KeySlot.objects.filter(id=slot.id).update(confirmed_at=timezone.now())
        services.record(VaultEvent.Kind.RECOVERY_KEY_CONFIRMED, operator=operator)


def recover(*, operator: Operator | None, typed: str, new: str) -> None:
    """The passphrase is forgotten: the recovery key sets another one; closes the vault everywhere.

    Raises NotAllowed, NoVault, PassphraseTooShort, RecoveryKeyMistyped, WrongRecoveryKey, SamePassphrase,
    VaultKeyChanged.
    """
    services.require(operator, Lock.VAULT)
    slots.check_length(new)
    _slot, private = _opened_by(recovery_key.parse(typed))
    _refuse_that_of_messages(new)
    fresh = slots.for_passphrase(private, new, timezone.now())
    with transaction.atomic():
        _put_in_place(fresh, private)
        services.record(VaultEvent.Kind.RECOVERED, operator=operator)


def rotate(*, operator: Operator | None, passphrase: str) -> str:
    """Another key pair for the vault, to which everything is sealed anew; gives the new printed recovery key.

    The passphrase stays, and so do key and passphrase of the lock for messages, whose private half is sealed anew.
    VAULT_FINGERPRINT, if set, must name the new key afterwards.
    Raises NotAllowed, NoVault, TooManyTries, WrongPassphrase, VaultKeyChanged, or sealing.SealingError if a value was
    altered.
    """
    old = services.tested(operator=operator, passphrase=passphrase, lock=Lock.VAULT)
    public, private = sealing.new_key_pair()
    secret, now = recovery_key.new(), timezone.now()
    fresh = [slots.for_passphrase(private, passphrase, now), slots.for_recovery_key(private, secret, now)]
    with transaction.atomic():
        vault = matching_vault(old)
        for holding in holdings.of_vault():
            holding.reseal(old, public)
        Vault.objects.filter(pk=vault.pk).update(public_key=public, rotated_at=now)
        KeySlot.objects.of(Lock.VAULT).delete()
        for slot in fresh:
            _add(slot)
        UnlockSession.objects.all().delete()
        services.record(VaultEvent.Kind.ROTATED, operator=operator)
    return recovery_key.printed(secret)


def _opened_by(secret: bytes) -> tuple[KeySlot, bytes]:
    """The recovery slot that this secret opens, and the private key in it."""
    found = list(KeySlot.objects.of(Lock.VAULT).filter(kind=KeySlot.Kind.RECOVERY))
    if not found:
        raise NoVault
    for slot in found:
        try:
            return slot, slots.open_with_recovery_key(slot, secret)
        except WrongRecoveryKey:
            continue
    raise WrongRecoveryKey


def _put_in_place(slot: KeySlot, private: bytes) -> None:
    """Replace the passphrase slot, and close the vault everywhere."""
    matching_vault(private)
    KeySlot.objects.of(Lock.VAULT).filter(kind=KeySlot.Kind.PASSPHRASE).delete()
    _add(slot)
    UnlockSession.objects.all().delete()


def _add(slot: KeySlot) -> None:
    slot.vault_id = Vault.objects.of(Lock.VAULT).get().pk
    slot.save(force_insert=True)


def _refuse_that_of_messages(new: str) -> None:
    """Takes about a second where messages have a lock. Raises SamePassphrase."""
    for slot in KeySlot.objects.of(Lock.MESSAGES).filter(kind=KeySlot.Kind.PASSPHRASE):
        try:
            slots.open_with_passphrase(slot, new, lock=Lock.MESSAGES)
        except WrongPassphrase:
            continue
        raise SamePassphrase


def matching_vault(private: bytes) -> Vault:
    """The vault's row, locked, if it has this private key's public half."""
    vault = services.current_vault()
    if bytes(vault.public_key) != sealing.public_key_of(private):
        raise VaultKeyChanged
    return vault
