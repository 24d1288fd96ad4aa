"""Another passphrase, another recovery key, another key pair: what opens before and after."""

import pytest

from sitebackend.crypto import sealing
from sitebackend.mail.models import OutgoingMail
from sitebackend.models import Operator
from sitebackend.vault import maintenance, services
from sitebackend.vault import recovery_key as paper
from sitebackend.vault.errors import (
    NoVault,
    PassphraseTooShort,
    RecoveryKeyMistyped,
    VaultKeyChanged,
    WrongPassphrase,
    WrongRecoveryKey,
)
from sitebackend.vault.mail import EVENT
from sitebackend.vault.models import KeySlot, UnlockSession, Vault, VaultEvent
from tests.vault.conftest import PASSPHRASE, request_of

pytestmark = pytest.mark.django_db

NEW = "sechs andere wörter an einer wand"


def opens(operator: Operator, passphrase: str) -> bool:
    try:
        return bool(services.unlock(operator=operator, passphrase=passphrase))
    except WrongPassphrase:
        return False


def rows() -> list[tuple[object, ...]]:
    """Vault and slots, byte for byte."""
    return [
        tuple(bytes(value) if isinstance(value, memoryview) else value for value in row)
        for model in (Vault, KeySlot)
        for row in model.objects.order_by("pk").values_list()
    ]


# --- passphrase


def test_a_new_passphrase_replaces_the_old_one_and_locks(operator: Operator, recovery_key: str) -> None:
    sealed = services.seal(b"x", context="c")
    services.unlock(operator=operator, passphrase=PASSPHRASE)
    maintenance.change_passphrase(operator=operator, passphrase=PASSPHRASE, new=NEW)
    assert not UnlockSession.objects.exists()
    assert not opens(operator, PASSPHRASE)
    vault = services.opened(request_of(operator, services.unlock(operator=operator, passphrase=NEW)))
    assert vault.unseal(sealed, context="c") == b"x"


def test_the_recovery_key_outlives_a_change_of_passphrase(operator: Operator, recovery_key: str) -> None:
    maintenance.change_passphrase(operator=operator, passphrase=PASSPHRASE, new=NEW)
    maintenance.recover(operator=operator, typed=recovery_key, new=PASSPHRASE)
    assert opens(operator, PASSPHRASE)


def test_a_wrong_or_short_passphrase_changes_nothing(operator: Operator, recovery_key: str) -> None:
    before = rows()
    with pytest.raises(WrongPassphrase):
        maintenance.change_passphrase(operator=operator, passphrase="wrong", new=NEW)
    with pytest.raises(PassphraseTooShort):
        maintenance.change_passphrase(operator=operator, passphrase=PASSPHRASE, new="kurz")
    assert rows() == before


def test_without_a_vault_there_is_nothing_to_look_after(db: None) -> None:
    with pytest.raises(NoVault):
        maintenance.change_passphrase(operator=None, passphrase=PASSPHRASE, new=NEW)
    with pytest.raises(NoVault):
        maintenance.recover(operator=None, typed=paper.printed(paper.new()), new=NEW)


# --- recovery key


def test_a_new_recovery_key_counts_once_typed_back_and_the_old_one_until_then(recovery_key: str) -> None:
    maintenance.confirm_recovery_key(operator=None, typed=recovery_key)
    fresh = maintenance.renew_recovery_key(operator=None, passphrase=PASSPHRASE)
    maintenance.recover(operator=None, typed=recovery_key, new=NEW)
    maintenance.confirm_recovery_key(operator=None, typed=fresh)
    with pytest.raises(WrongRecoveryKey):
        maintenance.recover(operator=None, typed=recovery_key, new=PASSPHRASE)
    maintenance.recover(operator=None, typed=fresh, new=PASSPHRASE)


def test_typing_the_old_recovery_key_back_does_not_void_the_new_one(recovery_key: str) -> None:
    maintenance.confirm_recovery_key(operator=None, typed=recovery_key)
    fresh = maintenance.renew_recovery_key(operator=None, passphrase=PASSPHRASE)
    maintenance.confirm_recovery_key(operator=None, typed=recovery_key)
    maintenance.confirm_recovery_key(operator=None, typed=fresh)
    assert KeySlot.objects.confirmed_recovery().count() == 1


def test_a_second_new_recovery_key_replaces_the_first_that_was_never_typed_back(recovery_key: str) -> None:
    first = maintenance.renew_recovery_key(operator=None, passphrase=PASSPHRASE)
    maintenance.renew_recovery_key(operator=None, passphrase=PASSPHRASE)
    with pytest.raises(WrongRecoveryKey):
        maintenance.confirm_recovery_key(operator=None, typed=first)


def test_another_vaults_recovery_key_is_told_apart_from_a_typo(recovery_key: str) -> None:
    with pytest.raises(WrongRecoveryKey):
        maintenance.recover(operator=None, typed=paper.printed(paper.new()), new=NEW)
    with pytest.raises(RecoveryKeyMistyped):
        maintenance.recover(operator=None, typed=recovery_key[:-1], new=NEW)


def test_recovering_locks_and_is_written_down(operator: Operator, recovery_key: str) -> None:
    services.unlock(operator=operator, passphrase=PASSPHRASE)
    maintenance.recover(operator=operator, typed=recovery_key, new=NEW)
    assert not UnlockSession.objects.exists()
    assert not opens(operator, PASSPHRASE)
    event = VaultEvent.objects.get(kind="recovered")
    assert OutgoingMail.objects.filter(kind=EVENT.name, about=event.pk).exists()


def test_a_public_key_swapped_meanwhile_is_not_overwritten(recovery_key: str) -> None:
    Vault.objects.update(public_key=sealing.new_key_pair()[0])
    for verb in (maintenance.renew_recovery_key, maintenance.rotate):
        with pytest.raises(VaultKeyChanged):
            verb(operator=None, passphrase=PASSPHRASE)
    with pytest.raises(VaultKeyChanged):
        maintenance.recover(operator=None, typed=recovery_key, new=NEW)
