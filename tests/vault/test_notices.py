"""What the operator is told: by mail, in `status` and the cockpit; and what the log forgets."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from sitebackend.crypto import sealing
from sitebackend.findings import Level
from sitebackend.mail.models import FIRST_PAUSE, OutgoingMail
from sitebackend.mail.services import deliver_due
from sitebackend.models import Operator, SiteSettings
from sitebackend.vault import health, maintenance, services
from sitebackend.vault.errors import TooManyTries, WrongPassphrase
from sitebackend.vault.models import UnlockAttempt, UnlockSession, Vault, VaultEvent
from tests.contact.mailserver import free_port, point_to, use_backend
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
    deliver_due(timezone.now())  # that it was set up
    with time_machine.travel(START, tick=False):
        services.unlock(operator=operator, passphrase=PASSPHRASE)
        assert deliver_due(START) == 1
        assert deliver_due(START + timedelta(days=1)) == 0
    message = mail.outbox[-1]
    assert message.to == ["operator@example.de"]
    assert message.subject == "Tresor: geöffnet (Netz & Gerät)"
    assert "09:30" in message.body
    assert "chef" in message.body
    assert "https://www.example.de/admin/vault/" in message.body
    assert PASSPHRASE not in message.body


def test_a_mail_server_that_is_away_does_not_hinder_unlocking(
    recovery_key: str, operator: Operator, settings: Settings
) -> None:
    OutgoingMail.objects.all().delete()
    with time_machine.travel(START, tick=False):
        services.unlock(operator=operator, passphrase=PASSPHRASE)
    point_to(settings, free_port())
    assert deliver_due(START) == 0
    use_backend(settings, "django.core.mail.backends.locmem.EmailBackend")
    assert deliver_due(START + FIRST_PAUSE / 2) == 0, "not before its time"
    assert deliver_due(START + FIRST_PAUSE * 2) == 1


def test_a_repeated_mail_is_recognisable_and_no_duplicate(recovery_key: str) -> None:
    event = VaultEvent.objects.get()
    deliver_due(START + timedelta(days=999))
    OutgoingMail.objects.all().send_again(START)
    deliver_due(START + timedelta(days=999))
    first, second = (message.extra_headers for message in mail.outbox)
    assert first["Message-ID"] == second["References"] == f"<vault.{event.id.hex}@www.example.de>"
    assert second["Message-ID"] == f"<vault.{event.id.hex}.2@www.example.de>"


def test_locking_looking_and_single_typos_are_not_mailed(recovery_key: str, operator: Operator) -> None:
    OutgoingMail.objects.all().delete()
    guess_wrong(operator, 1)
    services.record_opening(operator=operator, kind="customers.customer", key=operator.pk)
    assert not OutgoingMail.objects.exists()


def test_running_into_the_limit_is_mailed_once(recovery_key: str, operator: Operator) -> None:
    guess_wrong(operator, 5)
    for _ in range(3):
        with pytest.raises(TooManyTries):
            services.unlock(operator=operator, passphrase="wrong")
    locked_out = VaultEvent.objects.filter(kind="locked_out").values("pk")
    assert OutgoingMail.objects.filter(about__in=locked_out).count() == 1


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
    deliver_due(services.timezone.now())
    assert services.sweep(datetime(2027, 12, 31, 22, tzinfo=UTC)) == 0  # an hour before the year's end here
    OutgoingMail.objects.all().send_again(datetime(2027, 12, 31, tzinfo=UTC))
    later = datetime(2028, 1, 1, tzinfo=UTC)
    services.sweep(later)
    assert VaultEvent.objects.count() == 1
    deliver_due(later)
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
