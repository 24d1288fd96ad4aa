"""What the operator is told: by mail, in `status` and the cockpit; and what the log forgets."""

import smtplib
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from pytest_django import Settings

from sitebackend.crypto import sealing
from sitebackend.findings import Level
from sitebackend.models import Operator, SiteSettings
from sitebackend.vault import health, maintenance, services
from sitebackend.vault.errors import TooManyTries, WrongPassphrase
from sitebackend.vault.models import UnlockAttempt, UnlockSession, Vault, VaultEvent
from tests.vault.conftest import PASSPHRASE

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


def guess_wrong(operator: Operator, times: int) -> None:
    for _ in range(times):
        with pytest.raises(WrongPassphrase):
            services.unlock(operator=operator, passphrase="wrong")


def codes(now: datetime) -> dict[str, Level]:
    reports = (health.key, health.refused, health.notices)
    return {finding.code: finding.level for report in reports for finding in report(now)}


# --- mail


def test_every_unlock_is_told_by_mail_and_once(recovery_key: str, operator: Operator) -> None:
    SiteSettings.objects.create(business_name="Netz & Gerät")
    with time_machine.travel(START, tick=False):
        services.unlock(operator=operator, passphrase=PASSPHRASE)
        assert services.mail_notices(START) == 1
        assert services.mail_notices(START + timedelta(days=1)) == 0
    message = mail.outbox[-1]
    assert message.to == ["operator@example.de"]
    assert message.subject == "Tresor: geöffnet (Netz & Gerät)"
    assert "09:30" in message.body
    assert "chef" in message.body
    assert "https://www.example.de/admin/vault/" in message.body
    assert PASSPHRASE not in message.body


def test_a_mail_server_that_is_away_does_not_hinder_unlocking(
    recovery_key: str, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(message: object) -> None:
        raise smtplib.SMTPServerDisconnected

    VaultEvent.objects.all().delete()
    with time_machine.travel(START, tick=False):
        services.unlock(operator=operator, passphrase=PASSPHRASE)
    with monkeypatch.context() as patch:
        patch.setattr(services, "send", away)
        assert services.mail_notices(START) == 0
        assert services.mail_notices(START + timedelta(minutes=4)) == 0
    assert services.mail_notices(START + timedelta(minutes=4)) == 0, "not before its time"
    assert services.mail_notices(START + timedelta(minutes=5)) == 1


def test_a_repeated_mail_is_recognisable(recovery_key: str) -> None:
    event = VaultEvent.objects.get()
    services.mail_notices(START + timedelta(days=999))
    VaultEvent.objects.update(announce_at=START)
    services.mail_notices(START + timedelta(days=999))
    identities = {message.extra_headers["Message-ID"] for message in mail.outbox}
    assert identities == {f"<vault.{event.id.hex}@www.example.de>"}


def test_locking_looking_and_single_typos_are_not_mailed(recovery_key: str, operator: Operator) -> None:
    VaultEvent.objects.all().delete()
    guess_wrong(operator, 1)
    services.record_opening(operator=operator, kind="customers.customer", key=operator.pk)
    assert not VaultEvent.objects.filter(announce_at__isnull=False).exists()


def test_running_into_the_limit_is_mailed_once(recovery_key: str, operator: Operator) -> None:
    guess_wrong(operator, 5)
    for _ in range(3):
        with pytest.raises(TooManyTries):
            services.unlock(operator=operator, passphrase="wrong")
    assert VaultEvent.objects.filter(kind="locked_out", announce_at__isnull=False).count() == 1


# --- findings


def test_without_a_vault_the_set_up_is_the_next_step() -> None:
    assert codes(START) == {"vault.missing": Level.WARNING}


def test_a_vault_that_is_pinned_and_confirmed_is_fine(recovery_key: str, settings: Settings) -> None:
    assert set(codes(START)) == {"vault.not_pinned", "vault.recovery_key_unconfirmed", "vault.last_opened"}
    settings.VAULT_FINGERPRINT = sealing.fingerprint(services.public_key())
    maintenance.confirm_recovery_key(operator=None, typed=recovery_key)
    assert codes(START) == {"vault.last_opened": Level.FINE}


def test_a_key_that_is_not_the_pinned_one_is_an_alarm(recovery_key: str, settings: Settings) -> None:
    settings.VAULT_FINGERPRINT = sealing.fingerprint(services.public_key())
    Vault.objects.update(public_key=sealing.new_key_pair()[0])
    assert codes(START)["vault.key_changed"] == Level.ALARM


def test_repeated_wrong_passphrases_are_a_warning_for_a_day(recovery_key: str, operator: Operator) -> None:
    with time_machine.travel(START, tick=False):
        guess_wrong(operator, 2)
        assert codes(START)["vault.refused"] == Level.FINE
        guess_wrong(operator, 1)
    assert codes(START + timedelta(hours=23))["vault.refused"] == Level.WARNING
    assert "vault.refused" not in codes(START + timedelta(hours=25))


def test_notices_that_stay_unsent_are_a_warning(recovery_key: str) -> None:
    made = VaultEvent.objects.get().at
    assert "vault.notices" not in codes(made + timedelta(minutes=59))
    assert codes(made + timedelta(minutes=61))["vault.notices"] == Level.WARNING


# --- what is forgotten


def test_the_log_forgets_after_the_next_years_end_but_not_what_is_still_to_be_told(recovery_key: str) -> None:
    VaultEvent.objects.update(at=datetime(2026, 3, 1, tzinfo=UTC))
    services.mail_notices(services.timezone.now())
    assert services.sweep(datetime(2027, 12, 31, 22, tzinfo=UTC)) == 0  # an hour before the year's end here
    VaultEvent.objects.update(announce_at=datetime(2027, 12, 31, tzinfo=UTC))
    later = datetime(2028, 1, 1, tzinfo=UTC)
    services.sweep(later)
    assert VaultEvent.objects.count() == 1
    services.mail_notices(later)
    assert services.sweep(later) == 1
    assert not VaultEvent.objects.exists()


def test_old_tries_and_ended_sessions_are_swept(recovery_key: str, operator: Operator) -> None:
    with time_machine.travel(START, tick=False):
        services.unlock(operator=operator, passphrase=PASSPHRASE)
        guess_wrong(operator, 1)
    services.sweep(START + timedelta(minutes=9))
    assert (UnlockSession.objects.count(), UnlockAttempt.objects.count()) == (1, 1)
    services.sweep(START + timedelta(minutes=16))
    assert (UnlockSession.objects.count(), UnlockAttempt.objects.count()) == (0, 0)


def test_the_log_says_whose_contents_were_opened_by_key_and_not_by_name(recovery_key: str, operator: Operator) -> None:
    services.record_opening(operator=operator, kind="customers.customer", key=operator.pk)
    assert VaultEvent.objects.first().holding == f"customers.customer|{operator.pk}"
