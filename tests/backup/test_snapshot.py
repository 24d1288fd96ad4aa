"""A snapshot knows of every erasure up to the line of the journal that it names."""

import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction

from sitebackend.backup import postgresql, snapshot, sqlite
from sitebackend.models import WorkerJob
from sitebackend.privacy import journal
from tests.privacy.conftest import NOON

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)


def rows_of_jobs(taken: snapshot.Taken) -> int:
    return taken.rows[WorkerJob._meta.db_table]


def erase_slowly(database: Any, line_written: threading.Event, may_go_on: threading.Event) -> None:
    connections["default"] = database
    with transaction.atomic():
        journal.append([("test.jobs", "delete", [uuid4()])], now=NOON)
        line_written.set()
        may_go_on.wait(5)
        WorkerJob.objects.all().delete()
    connections["default"].close()


@pytest.fixture
def database(request: pytest.FixtureRequest) -> None:
    """One that several connections can write to at a time: PostgreSQL, or SQLite in a file."""
    if connection.vendor == "sqlite":
        request.getfixturevalue("on_disk")


def test_no_line_counts_whose_rows_are_still_there(media: list[Path], database: None, tmp_path: Path) -> None:
    WorkerJob.objects.create(name="somebody", last_run=NOW)
    line_written, may_go_on = threading.Event(), threading.Event()
    own_connection = connections["default"].copy()
    own_connection.inc_thread_sharing()
    eraser = threading.Thread(target=erase_slowly, args=(own_connection, line_written, may_go_on))
    eraser.start()
    assert line_written.wait(5)
    threading.Timer(0.3, may_go_on.set).start()  # the eraser is in the middle when the snapshot is asked for
    taken = snapshot.take(tmp_path / "copy")
    eraser.join()
    assert (taken.journal_number, rows_of_jobs(taken)) == (1, 0)


def test_the_counts_are_those_of_the_copy(media: list[Path], tmp_path: Path) -> None:
    for number in range(3):
        WorkerJob.objects.create(name=str(number), last_run=NOW)
    taken = snapshot.take(tmp_path / "copy")
    assert rows_of_jobs(taken) == 3
    assert "backup.0001_initial" in taken.migrations
    if snapshot.engine() == "sqlite":
        assert sqlite.check(tmp_path / "copy") == taken.rows
    else:
        assert postgresql.restored_for_trial(tmp_path / "copy") == taken.rows


def test_only_the_owner_can_read_it(media: list[Path], tmp_path: Path) -> None:
    snapshot.take(tmp_path / "copy")
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o600
