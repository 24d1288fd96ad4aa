"""Once a year somebody looks which messages can go: the notice says so, so the cockpit asks for it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from contact import health
from contact.models import Submission
from sitebackend.models import Operator
from sitebackend.privacy.models import RetentionRun
from sitebackend.privacy.services import execution
from tests.contact.conftest import NOON

LIST = "/admin/contact/submission/"
YEAR = timedelta(days=366)
Received = Callable[..., Submission]


def asked(now: Any = NOON) -> int:
    return sum(int(finding.figure or 0) for finding in health.to_look_through(now))


@pytest.fixture
def operations(client: Client, db: None) -> Client:
    client.force_login(Operator.objects.create_superuser("operator"))
    return client


def act(client: Client, action: str, *chosen: Submission) -> Any:
    return client.post(LIST, {"action": action, "_selected_action": [row.pk for row in chosen]}, follow=True)


def test_a_closed_message_is_asked_about_a_year_after_it_was_closed(received: Received) -> None:
    submission = received(now=NOON - 2 * YEAR)
    submission.done_at = NOON - timedelta(days=364)
    submission.save()
    assert asked() == 0
    assert asked(NOON + timedelta(days=2)) == 1


def test_what_nobody_ever_closed_is_asked_about_too(received: Received) -> None:
    received(now=NOON - YEAR)
    received(now=NOON - YEAR, message="zwei", honeypot="x")  # a suspect has its period
    received(now=NOON - timedelta(days=364), message="drei")
    assert asked() == 1


@pytest.mark.parametrize(("periods", "count"), [({"done": 900}, 1), ({"open": 900}, 1), ({"suspect": 5}, 2)])
def test_what_a_period_ends_is_not_asked_about(
    received: Received, settings: Settings, periods: dict[str, int], count: int
) -> None:
    settings.CONTACT_RETENTION_DAYS = periods
    received(now=NOON - YEAR)
    done = received(now=NOON - 3 * YEAR, message="zwei")
    Submission.objects.filter(pk=done.pk).mark_done(NOON - 2 * YEAR)
    assert asked() == count


def test_what_is_kept_is_asked_about_again_in_a_year(received: Received, operations: Client) -> None:
    now = timezone.now()
    submission, other = received(now=now - YEAR), received(now=now, message="zwei")
    page = operations.get(f"{LIST}?look=due").content.decode()
    assert submission.reference in page
    assert other.reference not in page
    act(operations, "keep", submission)
    assert asked(now) == 0
    assert asked(now + YEAR) == 2


def test_what_is_let_go_goes_with_the_next_days_retention(received: Received, operations: Client) -> None:
    now = timezone.now()
    going, kept, changed = (received(now=now - YEAR, message=word) for word in ("eins", "zwei", "drei"))
    RetentionRun.objects.create(day=timezone.localdate(now))
    act(operations, "let_go", going, changed)
    act(operations, "keep", changed)
    assert asked(now) == 1
    assert execution.erase_due(now) == 0
    assert execution.erase_due(now + timedelta(days=1)) == 1
    assert set(Submission.objects.values_list("pk", flat=True)) == {kept.pk, changed.pk}


def test_what_is_opened_again_does_not_go(received: Received, operations: Client) -> None:
    submission = received(now=timezone.now() - YEAR)
    act(operations, "let_go", submission)
    act(operations, "reopen", submission)
    assert execution.erase_due(timezone.now() + timedelta(days=3)) == 0
    assert Submission.objects.get() == submission
