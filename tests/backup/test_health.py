"""What the operator reads about the backups."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from sitebackend.backup import health
from sitebackend.backup.models import Backup
from sitebackend.findings import Level

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def levels() -> dict[str, Level]:
    return {finding.code: finding.level for finding in health.backups(NOW)}


@pytest.fixture(autouse=True)
def _one_medium(settings: Settings, tmp_path: Path) -> None:
    settings.BACKUP_TARGETS = [tmp_path]


def made(age: timedelta, **changes: object) -> Backup:
    moment = NOW - age
    return Backup.objects.create(**({"created_at": moment, "name": str(moment), "verified_at": moment} | changes))


def test_a_site_in_use_without_a_medium_is_warned(settings: Settings) -> None:
    settings.BACKUP_TARGETS = []
    assert levels() == {"backup.no_target": Level.WARNING}


def test_while_trying_out_no_medium_is_needed(settings: Settings) -> None:
    settings.BACKUP_TARGETS, settings.HTTPS = [], False
    assert levels() == {"backup.no_target": Level.FINE}


def test_without_any_backup_there_is_an_alarm() -> None:
    assert levels() == {"backup.late": Level.ALARM}


def test_a_fresh_backup_is_well_but_wants_a_trial_restore() -> None:
    made(timedelta(hours=3))
    assert levels() == {"backup.age": Level.FINE, "backup.drill_due": Level.WARNING}


def test_after_a_trial_restore_all_is_well() -> None:
    made(timedelta(hours=3), drilled_at=NOW - timedelta(hours=1))
    assert levels() == {"backup.age": Level.FINE, "backup.drill": Level.FINE}


def test_a_failed_one_after_a_whole_one_is_an_alarm() -> None:
    made(timedelta(hours=30), drilled_at=NOW)
    made(timedelta(hours=6), verified_at=None, failure="No space left on device")
    assert levels()["backup.failed"] == Level.ALARM


def test_a_backup_older_than_two_days_is_an_alarm() -> None:
    made(timedelta(days=2, minutes=1), drilled_at=NOW)
    assert levels()["backup.late"] == Level.ALARM
