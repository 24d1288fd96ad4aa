"""Set up, seal, unlock, lock: what opens the vault, and all that must not."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from pytest_django import Settings

from sitebackend.crypto import sealing
from sitebackend.models import Operator
from sitebackend.vault import services
from sitebackend.vault.errors import (
    NoVault,
    PassphraseTooShort,
    TooManyTries,
    VaultExists,
    VaultKeyChanged,
    WrongPassphrase,
)
from sitebackend.vault.models import KeySlot, UnlockAttempt, UnlockSession, Vault, VaultEvent
from tests.vault.conftest import PASSPHRASE, request_of

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.fixture
def token(operator: Operator, recovery_key: str) -> str:
    return services.unlock(operator=operator, passphrase=PASSPHRASE)


# --- set up


def test_nothing_is_sealed_without_a_vault() -> None:
    with pytest.raises(NoVault):
        services.seal(b"x", context="c")


def test_a_second_vault_is_refused(recovery_key: str) -> None:
    before = services.public_key()
    with pytest.raises(VaultExists):
        services.set_up(passphrase=PASSPHRASE)
    assert services.public_key() == before


def test_a_short_passphrase_makes_no_vault() -> None:
    with pytest.raises(PassphraseTooShort):
        services.set_up(passphrase="elf zeichen")
    assert not Vault.objects.exists()


def test_neither_passphrase_nor_recovery_key_nor_private_key_is_stored(
    recovery_key: str, operator: Operator, token: str
) -> None:
    private = services.opened(request_of(operator, token))._private
    stored = b"".join(
        bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
        for model in (Vault, KeySlot, UnlockSession, UnlockAttempt, VaultEvent)
        for row in model.objects.values_list()
        for value in row
    )
    cookie_key = base64.urlsafe_b64decode(token.partition(".")[2])
    for secret in (PASSPHRASE.encode(), recovery_key.encode(), private, cookie_key):
        assert secret not in stored


def test_each_slot_keeps_the_cost_it_was_made_with(recovery_key: str, operator: Operator, settings: Settings) -> None:
    settings.VAULT_PASSPHRASE_COST = {"memory_kib": 128, "iterations": 2, "lanes": 1}
    assert KeySlot.objects.get(kind="passphrase").memory_kib == 64
    assert services.unlock(operator=operator, passphrase=PASSPHRASE)


# --- the pinned key


def test_the_pinned_fingerprint_is_accepted_however_it_is_written(recovery_key: str, settings: Settings) -> None:
    fingerprint = sealing.fingerprint(services.public_key()).upper()
    settings.VAULT_FINGERPRINT = f"{fingerprint[:32]} {fingerprint[32:]}"
    assert services.seal(b"x", context="c")


def test_a_swapped_public_key_is_refused_when_the_fingerprint_is_pinned(recovery_key: str, settings: Settings) -> None:
    settings.VAULT_FINGERPRINT = sealing.fingerprint(services.public_key())
    Vault.objects.update(public_key=sealing.new_key_pair()[0])
    with pytest.raises(VaultKeyChanged):
        services.seal(b"x", context="c")


def test_a_swapped_public_key_is_noticed_when_unlocking(recovery_key: str, operator: Operator) -> None:
    Vault.objects.update(public_key=sealing.new_key_pair()[0])
    with pytest.raises(VaultKeyChanged):
        services.unlock(operator=operator, passphrase=PASSPHRASE)
    assert not UnlockSession.objects.exists()


def test_a_public_key_swapped_while_open_is_noticed_at_the_next_use(operator: Operator, token: str) -> None:
    Vault.objects.update(public_key=sealing.new_key_pair()[0])
    with pytest.raises(VaultKeyChanged):
        services.opened(request_of(operator, token))


# --- opening


def test_what_was_sealed_while_locked_opens_after_unlocking(recovery_key: str, operator: Operator) -> None:
    sealed = services.seal("Schlüssel: 192.0.2.1 🔑".encode(), context="passphrase|1")
    token = services.unlock(operator=operator, passphrase=PASSPHRASE)
    vault = services.opened(request_of(operator, token))
    assert vault.unseal(sealed, context="passphrase|1").decode() == "Schlüssel: 192.0.2.1 🔑"
    with pytest.raises(sealing.SealingError):
        vault.unseal(sealed, context="passphrase|2")


def test_a_passphrase_typed_with_decomposed_umlauts_opens(recovery_key: str, operator: Operator) -> None:
    decomposed = PASSPHRASE.replace("ü", "u\u0308").replace("ö", "o\u0308")
    assert services.unlock(operator=operator, passphrase=decomposed)


def test_a_holders_key_opens_what_was_sealed_to_it_and_nothing_else(operator: Operator, token: str) -> None:
    public, sealed_private = services.new_holder_key(context="customer|1")
    other_public, _ = services.new_holder_key(context="customer|2")
    record = services.seal_to_holder(public, b"router", context="record|1")
    vault = services.opened(request_of(operator, token))
    holder = vault.holder(sealed_private, public, context="customer|1")
    assert holder.unseal(record, context="record|1") == b"router"
    with pytest.raises(sealing.SealingError):
        holder.unseal(services.seal_to_holder(other_public, b"router", context="record|1"), context="record|1")


def test_a_holders_key_moved_to_another_holder_does_not_open(operator: Operator, token: str) -> None:
    public, sealed_private = services.new_holder_key(context="customer|1")
    vault = services.opened(request_of(operator, token))
    with pytest.raises(sealing.SealingError):
        vault.holder(sealed_private, public, context="customer|2")


def test_a_holders_swapped_public_key_is_refused(operator: Operator, token: str) -> None:
    _, sealed_private = services.new_holder_key(context="customer|1")
    vault = services.opened(request_of(operator, token))
    with pytest.raises(VaultKeyChanged):
        vault.holder(sealed_private, sealing.new_key_pair()[0], context="customer|1")


def test_an_open_vault_does_not_show_its_key(operator: Operator, token: str) -> None:
    vault = services.opened(request_of(operator, token))
    assert vault._private.hex() not in repr(vault)
    assert repr(vault._private) not in repr(vault)


# --- cookie and row


def test_a_request_without_the_cookie_is_locked(operator: Operator, token: str) -> None:
    assert services.opened(request_of(operator)) is None


def test_a_cookie_without_its_row_is_locked(operator: Operator, token: str) -> None:
    UnlockSession.objects.all().delete()
    assert services.opened(request_of(operator, token)) is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda token: token[:-3] + ("AA=" if token[-3:] != "AA=" else "BB="),
        lambda token: token.partition(".")[0],
        lambda token: token.partition(".")[0] + "." + base64.urlsafe_b64encode(bytes(32)).decode(),
        lambda token: "." + token.partition(".")[2],
        lambda token: "00000000-0000-0000-0000-000000000000" + token[32:],
        lambda token: "é" * 40,
        lambda token: token + "=",
        lambda token: "x",
    ],
)
def test_a_damaged_cookie_is_locked(operator: Operator, token: str, damage: object) -> None:
    assert services.opened(request_of(operator, damage(token))) is None


def test_another_operators_cookie_is_locked(operator: Operator, token: str) -> None:
    other = Operator.objects.create_superuser("other", "other@example.de", "a long enough password")
    assert services.opened(request_of(other, token)) is None
    UnlockSession.objects.update(operator=other)
    assert services.opened(request_of(other, token)) is None


def test_somebody_who_is_not_logged_in_is_locked(operator: Operator, token: str) -> None:
    assert services.opened(request_of(AnonymousUser(), token)) is None


def test_an_operator_who_lost_the_admin_is_locked(operator: Operator, token: str) -> None:
    operator.is_staff = False
    operator.save()
    assert services.opened(request_of(operator, token)) is None


def test_a_row_alone_does_not_open(operator: Operator, token: str) -> None:
    row = UnlockSession.objects.get()
    guess = f"{row.id.hex}.{base64.urlsafe_b64encode(bytes(row.sealed_key)[:32]).decode()}"
    assert services.opened(request_of(operator, guess)) is None


# --- time


@pytest.mark.parametrize(
    ("steps", "is_open"),
    [
        ([9.9], True),
        ([10], False),
        ([9] * 6, True),
        ([9] * 6 + [6], False),
        ([5, -5], False),
        ([-0.05], True),
        ([-1], False),
        ([-60 * 24], False),
    ],
)
def test_idle_absolute_and_clock(recovery_key: str, operator: Operator, steps: list[float], is_open: bool) -> None:
    with time_machine.travel(START, tick=False) as clock:
        token = services.unlock(operator=operator, passphrase=PASSPHRASE)
        for minutes in steps:
            clock.shift(timedelta(minutes=minutes))
            vault = services.opened(request_of(operator, token))
        assert (vault is not None) is is_open
        assert UnlockSession.objects.exists() is is_open


def test_what_locked_when_the_clock_went_back_stays_locked_when_it_is_right_again(
    recovery_key: str, operator: Operator
) -> None:
    with time_machine.travel(START, tick=False) as clock:
        token = services.unlock(operator=operator, passphrase=PASSPHRASE)
        clock.shift(timedelta(hours=-1))
        services.opened(request_of(operator, token))
        clock.shift(timedelta(hours=1))
        assert services.opened(request_of(operator, token)) is None


def test_a_row_with_a_later_time_of_unlocking_does_not_open_longer(recovery_key: str, operator: Operator) -> None:
    with time_machine.travel(START, tick=False) as clock:
        token = services.unlock(operator=operator, passphrase=PASSPHRASE)
        clock.shift(timedelta(minutes=61))
        now = START + timedelta(minutes=61)
        UnlockSession.objects.update(unlocked_at=now, last_used_at=now)
        assert services.opened(request_of(operator, token)) is None


# --- locking


def test_locking_closes_every_browser_of_this_operator_only(operator: Operator, token: str) -> None:
    other = Operator.objects.create_superuser("other", "other@example.de", "a long enough password")
    others = services.unlock(operator=other, passphrase=PASSPHRASE)
    second = services.unlock(operator=operator, passphrase=PASSPHRASE)
    services.lock(operator=operator)
    assert services.opened(request_of(operator, token)) is None
    assert services.opened(request_of(operator, second)) is None
    assert services.opened(request_of(other, others)) is not None


def test_a_changed_password_locks(operator: Operator, token: str) -> None:
    operator.set_password("another long password")
    operator.save()
    assert services.opened(request_of(operator, token)) is None


def test_unlocking_sweeps_rows_that_are_over(operator: Operator, token: str) -> None:
    UnlockSession.objects.update(unlocked_at=START, last_used_at=START)
    services.unlock(operator=operator, passphrase=PASSPHRASE)
    assert UnlockSession.objects.count() == 1


# --- tries


def test_a_wrong_passphrase_is_refused_and_written_down(recovery_key: str, operator: Operator) -> None:
    with pytest.raises(WrongPassphrase):
        services.unlock(operator=operator, passphrase=PASSPHRASE + " ")
    event = VaultEvent.objects.get(kind="refused")
    assert event.operator == operator
    assert not UnlockSession.objects.exists()


def test_the_sixth_try_within_a_quarter_of_an_hour_is_refused_even_if_right(
    recovery_key: str, operator: Operator
) -> None:
    with time_machine.travel(START, tick=False) as clock:
        for _ in range(5):
            with pytest.raises(WrongPassphrase):
                services.unlock(operator=operator, passphrase="wrong")
            clock.shift(timedelta(minutes=1))
        with pytest.raises(TooManyTries) as refused:
            services.unlock(operator=operator, passphrase=PASSPHRASE)
        assert refused.value.until == START + timedelta(minutes=15)
        clock.move_to(refused.value.until)
        assert services.unlock(operator=operator, passphrase=PASSPHRASE)


def test_tries_refused_by_the_limit_do_not_prolong_it(recovery_key: str, operator: Operator) -> None:
    with time_machine.travel(START, tick=False) as clock:
        for _ in range(5):
            with pytest.raises(WrongPassphrase):
                services.unlock(operator=operator, passphrase="wrong")
        for _ in range(14):
            clock.shift(timedelta(minutes=1))
            with pytest.raises(TooManyTries):
                services.unlock(operator=operator, passphrase=PASSPHRASE)
        clock.shift(timedelta(minutes=1))
        assert services.unlock(operator=operator, passphrase=PASSPHRASE)


def test_a_clock_moved_back_gives_no_new_tries(recovery_key: str, operator: Operator) -> None:
    with time_machine.travel(START, tick=False) as clock:
        for _ in range(5):
            with pytest.raises(WrongPassphrase):
                services.unlock(operator=operator, passphrase="wrong")
        clock.shift(timedelta(days=-1))
        with pytest.raises(TooManyTries):
            services.unlock(operator=operator, passphrase=PASSPHRASE)


def test_a_success_clears_the_count(recovery_key: str, operator: Operator) -> None:
    for _ in range(4):
        with pytest.raises(WrongPassphrase):
            services.unlock(operator=operator, passphrase="wrong")
    services.unlock(operator=operator, passphrase=PASSPHRASE)
    assert not UnlockAttempt.objects.exists()
