"""Argon2: one run at a time on this machine, never inside a transaction, fast enough at full strength."""

import fcntl
import threading
from pathlib import Path

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from sitebackend import settings as real_settings
from sitebackend.crypto import sealing
from sitebackend.models import Operator
from sitebackend.vault import services, slots
from sitebackend.vault.errors import WrongPassphrase
from sitebackend.vault.models import KeySlot
from tests.vault.conftest import PASSPHRASE


def test_the_cost_is_as_strong_as_promised() -> None:
    assert real_settings.VAULT_PASSPHRASE_COST == {"memory_kib": 262144, "iterations": 3, "lanes": 4}


@pytest.mark.django_db
def test_a_run_waits_while_another_process_is_at_it(recovery_key: str, data_dir: Path) -> None:
    slot = KeySlot.objects.get(kind="passphrase")
    opened: list[bytes] = []
    with (data_dir / "vault.lock").open("w") as elsewhere:
        fcntl.flock(elsewhere, fcntl.LOCK_EX)
        waiting = threading.Thread(target=lambda: opened.append(slots.open_with_passphrase(slot, PASSPHRASE)))
        waiting.start()
        waiting.join(timeout=0.3)
        assert waiting.is_alive()
        assert not opened
        fcntl.flock(elsewhere, fcntl.LOCK_UN)
        waiting.join(timeout=10)
    assert len(opened[0]) == sealing.KEY_LENGTH


@pytest.mark.django_db(transaction=True)
def test_unlocking_inside_a_transaction_is_refused(recovery_key: str, operator: Operator) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError):
        services.unlock(operator=operator, passphrase=PASSPHRASE)


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_the_database_while_argon2_runs(
    recovery_key: str, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside: list[bool] = []
    stretch = sealing.key_from_passphrase

    def watched(*args: object, **options: object) -> bytes:
        inside.append(connection.in_atomic_block)
        return stretch(*args, **options)

    monkeypatch.setattr(sealing, "key_from_passphrase", watched)
    services.unlock(operator=operator, passphrase=PASSPHRASE)
    with pytest.raises(WrongPassphrase):
        services.unlock(operator=operator, passphrase="wrong")
    assert inside == [False, False]


@pytest.mark.django_db
def test_a_slot_moved_to_another_kind_or_row_does_not_open(recovery_key: str) -> None:
    slot = KeySlot.objects.get(kind="passphrase")
    slot.id = KeySlot.objects.get(kind="recovery").id
    with pytest.raises(WrongPassphrase):
        slots.open_with_passphrase(slot, PASSPHRASE)


@pytest.mark.django_db
def test_at_full_strength_the_passphrase_still_opens(operator: Operator, settings: Settings) -> None:
    settings.VAULT_PASSPHRASE_COST = real_settings.VAULT_PASSPHRASE_COST
    services.set_up(passphrase=PASSPHRASE)
    assert services.unlock(operator=operator, passphrase=PASSPHRASE)
