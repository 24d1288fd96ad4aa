"""Retention takes by itself what fell due since its last run; what was due before waits for the operator's word."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from sitebackend import findings
from sitebackend.models import Operator
from sitebackend.privacy import journal
from sitebackend.privacy.models import RetentionRun
from sitebackend.privacy.services import execution

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journal_folder", "in_english", "accounts")]
PAGE = "/admin/retention/overdue/"


@pytest.fixture
def overdue() -> Operator:
    """An account whose year was over when retention ran yesterday, and that is here nevertheless."""
    RetentionRun.objects.create(day=timezone.localdate() - timedelta(days=1))
    account = Operator.objects.create_user(username="anna", email="anna@example.org")
    Operator.objects.filter(pk=account.pk).update(date_joined=datetime(2020, 1, 1, tzinfo=UTC))
    return account


def codes() -> set[str]:
    return {finding.code for finding in findings.collect(timezone.now())}


def shown(page: str) -> str:
    return page.partition('name="plan_hash" value="')[2].partition('"')[0]


def test_it_stays_and_is_a_finding(overdue: Operator) -> None:
    assert execution.run_retention(timezone.now()) == 0
    assert Operator.objects.filter(pk=overdue.pk).exists()
    assert "privacy.overdue" in codes()


def test_the_page_shows_both_times_and_what_would_go_and_only_that_goes(
    overdue: Operator, admin_client: Client
) -> None:
    page = admin_client.get(PAGE).content.decode()
    assert "Accounts" in page
    assert "its year is over" in page
    assert admin_client.post(PAGE, {"plan_hash": "0" * 64}).status_code == 422
    assert Operator.objects.filter(pk=overdue.pk).exists()
    assert admin_client.post(PAGE, {"plan_hash": shown(page)}).status_code == 302
    assert not Operator.objects.filter(pk=overdue.pk).exists()
    assert "privacy.overdue" not in codes()
    assert journal.entries()[-1].cause == journal.Cause.RETENTION
    assert "Nichts ist überfällig. Hier ist nichts zu tun." in admin_client.get(PAGE).content.decode()


def test_it_needs_a_fresh_proof_and_the_role(overdue: Operator, admin_client: Client) -> None:
    plan_hash = shown(admin_client.get(PAGE).content.decode())
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert admin_client.post(PAGE, {"plan_hash": plan_hash}).status_code == 403
    nobody = Client()
    nobody.force_login(Operator.objects.create_user("aushilfe", is_staff=True))
    assert nobody.get(PAGE).status_code in (302, 403)
    assert Operator.objects.filter(pk=overdue.pk).exists()


def test_a_run_that_a_wrong_clock_dated_ahead_counts_for_nothing(overdue: Operator) -> None:
    RetentionRun.objects.create(day=timezone.localdate() + timedelta(days=5000))
    assert RetentionRun.objects.last_day(timezone.localdate()) == timezone.localdate() - timedelta(days=1)
    assert execution.run_retention(timezone.now()) == 0
    [finding] = [finding for finding in findings.collect(timezone.now()) if finding.code == "privacy.retention"]
    assert finding.level == findings.Level.FINE
