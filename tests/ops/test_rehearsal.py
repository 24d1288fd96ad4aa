"""Every night an invented person writes, asks and is erased; nothing of her stays, and nobody hears of her."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connections
from django.test import Client
from pytest_django import Settings

from contact.models import Submission
from sitebackend import findings
from sitebackend.backup import gate
from sitebackend.findings import Level
from sitebackend.mail import services as outbox
from sitebackend.mail.models import OutgoingMail
from sitebackend.management import rehearsal as jobs
from sitebackend.management.commands.worker import BY_TIME, LONG
from sitebackend.management.rounds import Rounds
from sitebackend.models import Event
from sitebackend.monitoring import clock
from sitebackend.pages import services
from sitebackend.privacy import journal, rehearsal, traces
from sitebackend.privacy.models import DataSubjectRequest, Rehearsal
from sitebackend.privacy.notice.models import NoticeVersion
from tests.privacy.conftest import on_disk as on_disk

pytestmark = pytest.mark.django_db(transaction=True)
NIGHT = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)  # 3:30 in Berlin
YESTERDAY = NIGHT - timedelta(days=1)


@pytest.fixture(autouse=True)
def reads_at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[time_machine.Traveller]:
    """She needs no time to read; the clock goes on as if she did."""
    with time_machine.travel(NIGHT, tick=True) as traveller:
        monkeypatch.setattr(jobs, "sleep", lambda seconds: traveller.shift(seconds))
        yield traveller


@pytest.fixture
def begun_before(operator_key: Path) -> None:
    Rehearsal.objects.create(begun_at=YESTERDAY, ended_at=YESTERDAY)


def row() -> Rehearsal:
    return Rehearsal.objects.get()


def found(code: str) -> list[findings.Finding]:
    return [finding for finding in findings.collect(NIGHT) if finding.code == code]


def counted() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Submission, DataSubjectRequest, OutgoingMail, Event))


def test_it_goes_well_and_leaves_nothing(begun_before: None) -> None:
    before, lines = counted(), journal.entries()
    assert jobs.rehearse_if_due(NIGHT) == 1
    assert (row().failure, row().proved_at, rehearsal.going_on()) == ("", NIGHT, None)
    assert counted() == before
    assert journal.entries() == lines
    assert mail.outbox == []
    (finding,) = found("privacy.rehearsal")
    assert finding.level is Level.FINE
    assert "24. November 2026" in str(finding.text)


def test_bytes_are_searched_on_a_real_disk(on_disk: Path, begun_before: None, settings: Settings) -> None:
    settings.DATABASE_FILE = on_disk
    assert jobs.rehearse_if_due(NIGHT) == 1
    assert row().failure == ""
    person = rehearsal.invented(NIGHT)
    assert person.digest.encode() not in on_disk.read_bytes()


def test_without_the_wipe_the_search_finds_her(
    on_disk: Path, begun_before: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATABASE_FILE = on_disk
    monkeypatch.setattr(traces, "wipe", lambda: True)
    jobs.rehearse_if_due(NIGHT)
    assert row().failure == Rehearsal.Failure.BYTES
    (finding,) = found("privacy.rehearsal")
    assert finding.level is Level.ALARM


def _lose_nothing(*args: Any, **kwargs: Any) -> tuple[()]:
    return ()


@pytest.mark.parametrize(
    ("place", "failure"),
    [
        ("keys/new.txt", Rehearsal.Failure.BYTES),
        ("media/new.jpg", Rehearsal.Failure.BYTES),
    ],
)
def test_a_file_that_holds_her_is_found(
    begun_before: None, data_dir: Path, place: str, failure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, wipe = data_dir / place, traces.wipe
    file.parent.mkdir(exist_ok=True)

    def leak() -> bool:
        file.write_bytes(b"x" * (jobs._BLOCK - 5) + rehearsal.invented(NIGHT).token.encode())
        os.utime(file, (NIGHT.timestamp(),) * 2)
        return wipe()

    monkeypatch.setattr(traces, "wipe", leak)
    try:
        jobs.rehearse_if_due(NIGHT)
    finally:
        file.unlink()
    assert row().failure == failure


def test_an_erasure_that_leaves_something_is_an_alarm(begun_before: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(jobs.erasure, "rehearse", _lose_nothing)
        jobs.rehearse_if_due(NIGHT)
    assert row().failure == Rehearsal.Failure.LEFT_OVER


def test_a_closed_form_is_an_alarm(begun_before: None, operator_key: Path) -> None:
    operator_key.unlink()
    jobs.rehearse_if_due(NIGHT)
    assert row().failure == Rehearsal.Failure.FORM
    assert counted()[:3] == (0, 0, 0)


def test_a_damaged_journal_is_an_alarm(begun_before: None, data_dir: Path) -> None:
    journal.path().parent.mkdir(exist_ok=True)
    journal.path().write_bytes(b"not a line\n")
    try:
        jobs.rehearse_if_due(NIGHT)
    finally:
        journal.path().unlink()
    assert row().failure == Rehearsal.Failure.JOURNAL


def test_nobody_hears_of_her_while_she_is_here(begun_before: None, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def look(person: rehearsal.Invented) -> None:
        assert Submission.objects.count() == DataSubjectRequest.objects.count() == 1
        assert OutgoingMail.objects.exists()
        seen.append(outbox.deliver_due(NIGHT + timedelta(hours=1)))
        seen.extend(found("contact.inbox")[0].figure for _once in "1")
        seen.extend(finding.figure for finding in found("privacy.requests"))
        seen.extend(found("privacy.acknowledgements"))

    monkeypatch.setattr(jobs, "_look_at_the_copy", look)
    jobs.rehearse_if_due(NIGHT)
    assert seen == [0, 0, 0]
    assert mail.outbox == []
    assert row().failure == ""


@pytest.mark.parametrize(
    ("now", "begun", "is_due"),
    [
        (NIGHT, YESTERDAY, True),
        (NIGHT, NIGHT - timedelta(minutes=20), False),
        (NIGHT + timedelta(hours=9), YESTERDAY, False),
        (NIGHT + timedelta(hours=13), YESTERDAY, True),
    ],
)
def test_once_a_night_or_by_day_where_nights_are_off(now: datetime, begun: datetime, is_due: bool) -> None:
    assert jobs._is_due(Rehearsal(begun_at=begun, ended_at=begun), now) == is_due


def test_a_new_site_waits_for_its_first_night(operator_key: Path) -> None:
    assert jobs.rehearse_if_due(NIGHT) == 0
    assert row().proved_at is None


def test_two_workers_do_not_both_rehearse(begun_before: None, monkeypatch: pytest.MonkeyPatch) -> None:
    others: list[int] = []
    monkeypatch.setattr(
        jobs, "_look_at_the_copy", lambda person: others.extend([jobs.rehearse_if_due(NIGHT), jobs.clean_up(NIGHT)])
    )
    assert jobs.rehearse_if_due(NIGHT) == 1
    assert others == [0, 0]
    assert row().failure == ""


def test_it_rests_while_the_clock_is_in_doubt_or_a_restore_is_unfinished(
    begun_before: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {jobs.rehearse_if_due} == BY_TIME & {jobs.rehearse_if_due, jobs.clean_up}
    assert jobs.rehearse_if_due in LONG
    rounds = Rounds([jobs.rehearse_if_due], by_time=BY_TIME)
    monkeypatch.setattr(clock, "is_trusted", lambda now: False)
    assert rounds.run_once() == 0
    monkeypatch.undo()
    monkeypatch.setattr(gate, "is_shut", lambda: True)
    assert rounds.run_once() == 0
    assert row().begun_at == YESTERDAY


DEATHS: dict[str, tuple[Any, str]] = {
    "her message is there": (jobs, "_look_at_the_copy"),
    "before she is erased": (jobs, "_erase"),
    "before the files are clean": (traces, "wipe"),
}


def _rehearse_and_die(death: str) -> None:
    connections["default"] = connections["default"].copy()
    place, name = DEATHS[death]
    setattr(place, name, lambda *args, **kwargs: os.kill(os.getpid(), signal.SIGKILL))
    jobs.rehearse_if_due(NIGHT)


@pytest.mark.parametrize("death", DEATHS)
def test_killed_in_the_middle_it_is_cleaned_up_at_the_next_start(
    on_disk: Path, begun_before: None, settings: Settings, death: str
) -> None:
    settings.DATABASE_FILE = on_disk
    process = multiprocessing.get_context("fork").Process(target=_rehearse_and_die, args=(death,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    person = rehearsal.going_on()
    assert person
    assert jobs.clean_up(NIGHT) == 1
    assert jobs.clean_up(NIGHT) == 0
    assert counted()[:3] == (0, 0, 0)
    assert person.digest.encode() not in on_disk.read_bytes()
    assert found("privacy.rehearsal")[0].level is not Level.ALARM


def test_the_notice_names_the_day_and_keeps_no_version_for_it(begun_before: None, client: Client) -> None:
    services.create_starter_pages()
    assert "zuletzt geprobt" not in client.get("/datenschutz/", secure=True).content.decode()
    versions = NoticeVersion.objects.count()
    jobs.rehearse_if_due(NIGHT)
    said = client.get("/datenschutz/", secure=True).content.decode()
    assert "Löschung zuletzt geprobt am 24. November 2026" in said
    assert NoticeVersion.objects.count() == versions
