"""The worker's rounds: jobs do not stand in each other's way, failures are known, logs hold no data."""

import logging
import signal
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
import time_machine
from django.db import IntegrityError, transaction

from sitebackend import findings
from sitebackend.findings import Finding, Level
from sitebackend.management.commands.worker import LONG, SHORT, run_beside_each_other
from sitebackend.management.rounds import Rounds, name_of
from sitebackend.models import WorkerJob
from tests.ops.conftest import Place
from tests.running_site import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)  # a round lets go of old connections, the test's own included
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def good(now: datetime) -> int:
    return 2


def bad(now: datetime) -> int:
    raise ValueError("Key (email)=(erika@example.de) already exists")


def also_bad(now: datetime) -> int:
    raise KeyError("erika@example.de")


def status_of_worker(now: datetime) -> list[Finding]:
    return [finding for finding in findings.collect(now) if finding.code.startswith("worker.")]


def test_a_round_gives_what_was_done() -> None:
    assert Rounds([good, good]).run_once() == 4


def test_a_failing_job_does_not_keep_the_others_from_running() -> None:
    rounds = Rounds([bad, good, also_bad, good])
    assert rounds.run_once() == 4
    assert rounds.failures == {name_of(bad): "ValueError", name_of(also_bad): "KeyError"}


def test_a_failure_is_logged_once_and_without_its_data(caplog: pytest.LogCaptureFixture) -> None:
    rounds = Rounds([bad])
    rounds.run_once()
    rounds.run_once()
    (record,) = caplog.records
    formatter = logging.getLogger().handlers[0].formatter
    assert record.getMessage() == f"job failed: {name_of(bad)}"
    assert formatter is None or "erika" not in record.getMessage()


def test_a_job_that_gets_well_is_no_longer_known_as_failing() -> None:
    ill = [True]

    def sometimes(now: datetime) -> int:
        return bad(now) if ill[0] else 1

    rounds = Rounds([sometimes])
    rounds.run_once()
    assert WorkerJob.objects.failing().get().failure == "ValueError"
    ill[0] = False
    rounds.run_once()
    assert not WorkerJob.objects.failing().exists()
    assert not rounds.failures


def test_a_job_is_given_the_present_time_in_utc() -> None:
    seen: list[datetime] = []

    def look(now: datetime) -> int:
        seen.append(now)
        return 0

    with time_machine.travel(NOON, tick=False):
        Rounds([look]).run_once()
    assert seen == [NOON]


def test_after_stop_no_further_job_begins() -> None:
    begun: list[str] = []
    rounds: Rounds

    def first(now: datetime) -> int:
        begun.append("first")
        rounds.stop.set()
        return 1

    def second(now: datetime) -> int:
        begun.append("second")
        return 1

    rounds = Rounds([first, second])
    rounds.run()
    assert begun == ["first"]


def test_runs_alike_are_written_down_once_a_minute() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        Rounds([good]).run_once()
        clock.shift(timedelta(seconds=59))
        Rounds([good]).run_once()
        assert WorkerJob.objects.get().last_run == NOON
        clock.shift(timedelta(seconds=1))
        Rounds([good]).run_once()
        assert WorkerJob.objects.get().last_run == NOON + timedelta(minutes=1)


def test_a_clock_that_went_back_does_not_stop_the_record() -> None:
    WorkerJob.objects.record("job", now=NOON + timedelta(days=400))
    WorkerJob.objects.record("job", now=NOON)
    assert WorkerJob.objects.get().last_run == NOON


def test_a_failure_keeps_the_time_it_began() -> None:
    WorkerJob.objects.record("job", now=NOON, failure="OSError")
    WorkerJob.objects.record("job", now=NOON + timedelta(hours=1), failure="ValueError")
    assert WorkerJob.objects.get().failing_since == NOON


def test_a_failure_without_its_time_cannot_be_stored() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        WorkerJob.objects.create(name="job", last_run=NOON, failure="OSError")


def test_a_worker_that_never_ran_is_an_alarm() -> None:
    (finding,) = status_of_worker(NOON)
    assert (finding.code, finding.level, finding.stops_intake) == ("worker.silent", Level.ALARM, False)


def test_a_worker_that_ran_just_now_is_fine() -> None:
    WorkerJob.objects.record("job", now=NOON)
    (finding,) = status_of_worker(NOON + timedelta(minutes=9))
    assert (finding.code, finding.level) == ("worker.runs", Level.FINE)


def test_a_silent_worker_is_an_alarm_with_its_minutes() -> None:
    WorkerJob.objects.record("job", now=NOON)
    (finding,) = status_of_worker(NOON + timedelta(minutes=42))
    assert (finding.code, finding.level, finding.figure) == ("worker.silent", Level.ALARM, 42)


def test_a_failing_job_is_an_alarm_that_names_job_and_class_only() -> None:
    Rounds([bad]).run_once()
    (finding,) = [one for one in status_of_worker(datetime.now(UTC)) if one.code == "worker.job_failing"]
    assert name_of(bad) in str(finding.text)
    assert "ValueError" in str(finding.text)
    assert "erika" not in f"{finding}"


@pytest.mark.django_db(transaction=True)
def test_a_long_job_holds_up_no_short_one_and_they_end_together() -> None:
    stop, ran, done = Event(), Event(), list[bool]()

    def short(now: datetime) -> int:
        ran.set()
        return 1

    def long(now: datetime) -> int:
        done.append(ran.wait(PATIENCE))
        stop.set()
        return 1

    run_beside_each_other(Rounds([short], stop), Rounds([long], stop))
    assert done == [True]


def test_every_job_of_the_command_has_a_name_of_its_own() -> None:
    assert SHORT
    assert len({name_of(job) for job in [*SHORT, *LONG]}) == len(SHORT) + len(LONG)


def test_one_round_ends_by_itself(made: Place) -> None:
    done = made.run("worker", "--once")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_one_round_with_a_failing_job_says_so_in_one_line(made: Place) -> None:
    with closing(sqlite3.connect(made.data / "site.sqlite3")) as database:
        database.execute("DROP TABLE contact_knownkey")
    done = made.run("worker", "--once")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("CommandError: Diese Aufgaben sind fehlgeschlagen: ")


def test_sigterm_ends_it_at_once(made: Place) -> None:
    process = made.start("worker")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE)
    assert process.returncode in (0, -signal.SIGTERM)
