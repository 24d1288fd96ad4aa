"""What the operator reads about the backups."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from sitebackend.backup import gate, health
from sitebackend.backup.models import Backup
from sitebackend.findings import Level

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ON_OUR_DISK = {"backup.same_disk": Level.WARNING}  # as tests are
pytestmark = pytest.mark.django_db


def levels() -> dict[str, Level]:
    return {finding.code: finding.level for finding in health.backups(NOW)}


def text(code: str) -> str:
    return next(f"{finding.text} {finding.next_step}" for finding in health.backups(NOW) if finding.code == code)


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
    assert levels() == ON_OUR_DISK | {"backup.age": Level.FINE, "backup.drill_due": Level.WARNING}


def test_after_a_trial_restore_all_is_well() -> None:
    made(timedelta(hours=3), drilled_at=NOW - timedelta(hours=1))
    assert levels() == ON_OUR_DISK | {"backup.age": Level.FINE, "backup.drill": Level.FINE}


def test_a_failed_one_after_a_whole_one_is_an_alarm() -> None:
    made(timedelta(hours=30), drilled_at=NOW)
    made(timedelta(hours=6), verified_at=None, failure="No space left on device")
    assert levels()["backup.failed"] == Level.ALARM


def test_a_backup_older_than_two_days_is_an_alarm() -> None:
    made(timedelta(days=2, minutes=1), drilled_at=NOW)
    assert levels()["backup.late"] == Level.ALARM


def test_the_reminder_says_when_the_last_trial_was_and_when_the_next_is_due() -> None:
    backup = made(timedelta(hours=3), drilled_at=NOW - timedelta(days=3))
    assert "20. November 2026" in text("backup.drill")
    assert "21. Dezember 2026" in text("backup.drill")
    backup.drilled_at = NOW - timedelta(days=32)
    backup.save()
    assert "22. Oktober 2026" in text("backup.drill_due")


def test_a_damaged_database_is_an_alarm_of_its_own() -> None:
    made(timedelta(hours=30), drilled_at=NOW)
    made(timedelta(hours=6), verified_at=None, failure="Die Datenbank ist beschädigt.", database_damaged=True)
    assert levels()["backup.database_damaged"] == Level.ALARM
    assert "Die Datenbank ist beschädigt." in text("backup.database_damaged")
    assert "stellen Sie die letzte Sicherung wieder her" in text("backup.database_damaged")


def test_a_medium_that_is_there_and_failed_is_told_at_once(tmp_path: Path) -> None:
    made(timedelta(hours=3), drilled_at=NOW, missed={str(tmp_path): "voll"})
    assert levels()["backup.medium"] == Level.WARNING
    assert "voll" in text("backup.medium")


def test_a_medium_that_is_elsewhere_is_missed_after_two_weeks(settings: Settings, tmp_path: Path) -> None:
    usb = str(tmp_path / "usb")
    made(timedelta(hours=3), drilled_at=NOW, missed={usb: "nicht da"})
    was_there = made(timedelta(days=13), media=[usb])
    assert "backup.medium" not in levels()
    was_there.delete()
    made(timedelta(days=15), media=[usb])
    assert levels()["backup.medium"] == Level.WARNING


def test_an_interrupted_restore_is_an_alarm_that_names_both_ways_out(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    assert list(health.unfinished_restore(NOW)) == []
    gate.folder().mkdir()
    gate.shut({})
    [finding] = health.unfinished_restore(NOW)
    assert finding.level == Level.ALARM
    assert finding.stops_intake
    assert "Vollenden Sie" in finding.next_step
    assert "brechen Sie sie ab" in finding.next_step
