"""What a wrong clock dated ahead keeps nothing waiting once the clock is right, and what is known leads on."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone

from sitebackend import findings
from sitebackend.backup.models import Backup
from sitebackend.mail.models import OutgoingMail, State
from sitebackend.models import Act, Actor, ClockMark, Event, WorkerJob
from sitebackend.monitoring import clock
from sitebackend.privacy import journal
from sitebackend.vault.models import Lock, UnlockAttempt
from tests.backup.conftest import media as media

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journal_folder")]  # no other test's lines
TODAY = timezone.now().replace(microsecond=0)
AHEAD = TODAY + timedelta(days=4936)


def found(code: str) -> findings.Finding | None:
    return next((finding for finding in findings.collect(TODAY) if finding.code == code), None)


def test_a_mail_whose_next_try_lies_years_ahead_is_due() -> None:
    mail = {"kind": "x", "state": State.RETRYING, "queued_at": TODAY}
    late = OutgoingMail.objects.create(**mail, next_attempt_at=AHEAD)
    OutgoingMail.objects.create(**mail, about=late.pk, next_attempt_at=TODAY + timedelta(hours=1))
    assert list(OutgoingMail.objects.due(TODAY)) == [late]


def test_a_backup_of_the_future_counts_as_none(media: list[Path]) -> None:
    Backup.objects.create(created_at=AHEAD, name="x", verified_at=AHEAD, drilled_at=AHEAD, media=[str(media[0])])
    assert found("backup.late")
    assert found("backup.age") is None


def test_a_worker_that_ran_in_the_future_does_not_count_as_running() -> None:
    WorkerJob.objects.record("x", now=AHEAD)
    assert found("worker.runs") is None
    assert found("worker.silent")


def test_tries_of_the_future_lock_nobody_out() -> None:
    UnlockAttempt.objects.create(lock=Lock.VAULT, tried_at=AHEAD)
    UnlockAttempt.objects.create(lock=Lock.VAULT, tried_at=TODAY + timedelta(minutes=5))
    assert UnlockAttempt.objects.counting(TODAY, Lock.VAULT).count() == 1


def test_they_are_an_alarm_until_they_are_noted_and_more_of_them_again() -> None:
    Event.objects.create(at=AHEAD, actor=Actor.SHELL, act=Act.EXPORTED)
    finding = found("clock.dated_ahead")
    assert finding
    assert finding.level == findings.Level.ALARM
    clock.confirm(TODAY, actor=Actor.SHELL)
    assert found("clock.dated_ahead") is None
    Event.objects.create(at=AHEAD, actor=Actor.SHELL, act=Act.EXPORTED)
    assert found("clock.dated_ahead")


def test_after_a_restore_the_journal_and_the_backups_on_the_media_lead_on(
    journal_folder: Path, media: list[Path]
) -> None:
    then = TODAY - timedelta(days=20)
    ClockMark.objects.create(id=1, newest=then)
    assert clock.doubt(TODAY)
    journal.append([("a", "delete", [uuid4()])], now=then + timedelta(days=6))
    (media[0] / f"{then + timedelta(days=12):%Y%m%dT%H%M%SZ}.backup").write_bytes(b"")
    (media[1] / f"{then + timedelta(days=18):%Y%m%dT%H%M%SZ}.backup").write_bytes(b"")
    assert clock.doubt(TODAY) is None


def test_what_was_written_after_a_jump_leads_nowhere() -> None:
    ClockMark.objects.create(id=1, newest=TODAY)
    for days in range(30):
        Event.objects.create(at=AHEAD + timedelta(days=days), actor=Actor.SHELL, act=Act.EXPORTED)
    assert clock.doubt(AHEAD + timedelta(days=29))
    assert clock.believed(AHEAD) == TODAY
    assert clock.doubt(TODAY) is None
