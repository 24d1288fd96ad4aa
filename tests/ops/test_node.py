"""One database, one data folder: a second one is refused before it does anything, and handed over on purpose."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings

from sitebackend import findings, node
from sitebackend.backup import restore, services
from sitebackend.backup.failures import BackupFailed
from sitebackend.backup.models import Backup
from sitebackend.privacy import high_water, journal
from tests.ops.conftest import Place
from tests.running_site import PATIENCE

Enter = Callable[[str], Path]


@pytest.fixture
def enter(settings: Settings, tmp_path: Path, db: None) -> Enter:
    """Be a site with the data folder of this name, and a database that lies elsewhere."""
    settings.DATABASE_FILE = None

    def enter(name: str) -> Path:
        settings.DATA_DIR = tmp_path / name
        settings.DATA_DIR.mkdir(exist_ok=True)
        return settings.DATA_DIR

    return enter


def erase() -> int:
    return journal.append([("contact.submissions", "delete", [uuid4()])], now=timezone.now())


def test_a_second_folder_is_refused_and_the_first_goes_on(enter: Enter) -> None:
    enter("first")
    node.claim()
    enter("second")
    with pytest.raises(node.Elsewhere, match="node take_over"):
        node.claim()
    enter("first")
    node.claim()


def test_a_second_folder_writes_no_journal_and_gives_no_number(enter: Enter) -> None:
    enter("first")
    node.claim()
    second = enter("second")
    for act in (erase, lambda: high_water.rise(high_water.CUSTOMER_NUMBER, 5)):
        with pytest.raises(node.Elsewhere):
            act()
    assert not (second / "journal").exists()


def test_a_second_folder_makes_no_backup_and_restores_none(enter: Enter, tmp_path: Path) -> None:
    enter("first")
    node.claim()
    enter("second")
    with pytest.raises(BackupFailed, match="node take_over"):
        services.create(now=timezone.now())
    with pytest.raises(node.Elsewhere):
        restore.restore(tmp_path / "backup", public_key="", secret_key=None, passphrase="", journal_number=0)


def test_its_cockpit_tells(enter: Enter) -> None:
    enter("first")
    node.claim()
    assert "database.elsewhere" not in {finding.code for finding in findings.collect(timezone.now())}
    enter("second")
    assert "database.elsewhere" in {finding.code for finding in findings.collect(timezone.now())}


def test_after_a_crash_the_same_folder_goes_on_and_its_copy_does_not(enter: Enter) -> None:
    first = enter("first")
    node.occupy()
    shutil.copytree(first, first.with_name("copy"))
    enter("copy")
    with pytest.raises(node.Elsewhere):
        node.occupy()
    enter("first")
    node.occupy()


def test_a_folder_moved_after_a_proper_end_is_the_site_and_the_old_one_is_not(enter: Enter) -> None:
    first = enter("first")
    node.occupy()
    node.leave()
    shutil.copytree(first, first.with_name("moved"))
    enter("moved")
    node.occupy()
    node.occupy()
    assert erase() == 1
    node.leave()
    enter("first")
    for act in (node.occupy, node.require, erase):
        with pytest.raises(node.Elsewhere):
            act()
    assert (first / node.NAME).exists()


def test_a_database_inside_the_folder_moves_with_it(enter: Enter, settings: Settings) -> None:
    enter("first")
    node.occupy()
    copy = enter("copy")  # as after a crash, or out of somebody's own backup
    settings.DATABASE_FILE = copy / "site.sqlite3"
    node.require()
    node.occupy()
    assert not node.found_elsewhere()


@pytest.mark.usefixtures("in_english")
def test_the_database_is_handed_over_with_its_whole_journal_or_not_at_all(enter: Enter) -> None:
    first = enter("first")
    node.occupy()
    for _ in range(3):
        erase()
    whole = journal.path().read_bytes()
    enter("second")
    with pytest.raises(BackupFailed, match="before line 3"):
        restore.take_over(first / "nothing here", journal_number=3)
    with pytest.raises(node.Elsewhere):
        node.claim()
    assert restore.take_over(first / "journal", journal_number=3, dry=True) == 3
    with pytest.raises(node.Elsewhere):
        node.claim()
    assert restore.take_over(first / "journal", journal_number=3) == 3
    assert journal.path().read_bytes() == whole
    node.occupy()
    assert erase() == 4
    enter("first")
    with pytest.raises(node.Elsewhere):
        erase()
    assert journal.position() == 3


@pytest.mark.usefixtures("in_english")
def test_a_journal_shorter_than_a_backup_knew_it_is_not_enough(enter: Enter) -> None:
    first = enter("first")
    node.claim()
    erase()
    Backup.objects.create(created_at=timezone.now(), name="b", journal_number=2)
    enter("second")
    with pytest.raises(BackupFailed, match="before line 2"):
        restore.take_over(first / "journal", journal_number=0)


# --- real processes


@pytest.fixture
def two(made: Place, tmp_path: Path) -> tuple[Place, Place]:
    """Two sites with folders of their own, one database outside of both. Neither was ever started."""
    shared = tmp_path / "shared.sqlite3"
    shutil.move(made.data / "site.sqlite3", shared)
    (made.data / node.NAME).unlink()
    with closing(sqlite3.connect(shared)) as database, database:
        database.execute("DELETE FROM sitebackend_databasehome")
    extra = {"DATABASE_URL": f"sqlite:///{shared}"}
    other = Place(tmp_path / "other", extra=extra)
    shutil.copytree(made.folder, other.folder)
    return Place(made.folder, extra=extra), other


def test_of_two_that_start_at_once_one_is_refused(two: tuple[Place, Place]) -> None:
    started = [place.start("worker", "--once") for place in two]
    ended = [(process.communicate(timeout=PATIENCE)[1], process.returncode) for process in started]
    assert sorted("node take_over" in said for said, _code in ended) == [False, True], ended
    winner = next(place for place, (said, _code) in zip(two, ended, strict=True) if "node take_over" not in said)
    loser = next(place for place in two if place is not winner)
    for typed in (["serve", "--bind", "127.0.0.1:1"], ["quickstart", "--no-serve"], ["node", "show"], ["worker"]):
        refused = loser.run(*typed)
        assert refused.returncode == 1
        assert "node take_over" in refused.stderr.splitlines()[-1]
    assert loser.run("node", "take_over", "--journal-number", "0", "--yes").returncode == 0
    assert loser.run("node", "show").returncode == 0
    assert "node take_over" in winner.run("node", "show").stderr
