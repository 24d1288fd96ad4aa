"""Periods are counted from the right day, over leap years, month ends and the change of clocks."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.utils import timezone, translation
from pytest_django import Settings

from sitebackend import retention
from sitebackend.models import Operator
from sitebackend.privacy import trail
from sitebackend.vault.models import VaultEvent


@pytest.mark.parametrize(
    ("caused", "days", "gone"),
    [
        (date(2026, 11, 23), 30, date(2026, 12, 24)),
        (date(2028, 1, 30), 30, date(2028, 3, 1)),  # through a leap year's February
        (date(2027, 1, 30), 30, date(2027, 3, 2)),
        (date(2026, 12, 2), 30, date(2027, 1, 2)),
    ],
)
def test_whole_days_lie_between_the_cause_and_the_going(caused: date, days: int, gone: date) -> None:
    assert retention.goes_on(caused, days) == gone
    assert (gone - caused).days == days + 1


@pytest.mark.parametrize("caused", [date(2026, 1, 1), date(2026, 6, 30), date(2026, 12, 31)])
def test_calendar_years_start_with_the_end_of_the_year(caused: date) -> None:
    last = retention.end_of_calendar_years(caused, 3)
    assert last == date(2029, 12, 31)
    assert retention.first_kept_day(last, 3) <= caused
    assert retention.first_kept_day(last + timedelta(days=1), 3) > caused


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25), date(2026, 12, 31)])
def test_a_day_begins_at_the_operators_midnight_whatever_the_clocks_do(day: date) -> None:
    begins = timezone.localtime(retention.midnight(day))
    assert (begins.date(), begins.hour) == (day, 0)


@pytest.mark.parametrize(("setting", "kept"), [(5, 8), (8, 8), (10, 10)])
def test_billing_documents_are_never_kept_shorter_than_the_law_wants(
    settings: Settings, setting: int, kept: int
) -> None:
    settings.BILLING_RETENTION_YEARS = setting
    assert retention.billing_years() == kept


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_period_says_what_how_long_from_when_and_why(language: str) -> None:
    with translation.override(language):
        told = list(retention.periods())
    assert len({period.what for period in told}) == len(told) >= 12
    assert all(period.length and period.counted_from and period.reason for period in told)


@pytest.mark.django_db
class TestTrail:
    @pytest.fixture
    def actions(self) -> list[LogEntry]:
        """One of the last hour of 2024 and one of the first of 2025, in the operator's time."""
        operator = Operator.objects.create_user("otto")
        kind = ContentType.objects.get_for_model(VaultEvent)
        times = [datetime(2024, 12, 31, 22, 30, tzinfo=UTC), datetime(2024, 12, 31, 23, 30, tzinfo=UTC)]
        return [
            LogEntry.objects.create(user=operator, content_type=kind, action_flag=CHANGE, action_time=at)
            for at in times
        ]

    def test_actions_are_known_until_the_end_of_the_year_after(self, actions: list[LogEntry]) -> None:
        assert trail.sweep(datetime(2025, 12, 31, 22, 59, tzinfo=UTC)) == 0
        cache.clear()
        assert trail.sweep(datetime(2025, 12, 31, 23, 1, tzinfo=UTC)) == 1
        assert list(LogEntry.objects.all()) == actions[1:]

    def test_sessions_that_are_over_go_and_others_stay(self) -> None:
        now = datetime(2026, 11, 23, tzinfo=UTC)
        for key, hours in (("over", -1), ("running", 1)):
            Session.objects.create(session_key=key, session_data="", expire_date=now + timedelta(hours=hours))
        assert [trail.sweep(now), trail.sweep(now)] == [1, 0]
        assert Session.objects.get().session_key == "running"
