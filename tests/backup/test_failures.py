"""What is not as it should be is said in one clear line, and costs nothing that was there before."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from pytest_django import Settings

from sitebackend.backup import restore, services, signing, trial, work
from sitebackend.backup.failures import BackupFailed, Busy
from sitebackend.backup.models import Backup
from sitebackend.crypto import openpgp
from tests.backup.conftest import fill
from tests.conftest import PASSPHRASE

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)


def failure_of_create() -> str:
    with pytest.raises(BackupFailed) as failure:
        services.create(now=NOW)
    assert "\n" not in str(failure.value)
    assert Backup.objects.get().failure == str(failure.value)
    return str(failure.value)


@pytest.fixture
def on_small_disk(media: list[Path], settings: Settings, small_disk: Path) -> Path:
    """The site's own files on a disk on which hardly anything has room; gives what takes the room."""
    shutil.move(settings.DATA_DIR / "keys", small_disk / "keys")
    settings.DATA_DIR = small_disk
    return fill(small_disk, leaving=256 * 1024)


def test_no_room_for_the_copy_of_the_database(on_small_disk: Path, media: list[Path], settings: Settings) -> None:
    said = failure_of_create()
    assert "voll" in said or "No space left" in said  # PostgreSQL's program says it in its own words
    assert list(media[0].iterdir()) == []
    assert not (settings.DATA_DIR / "backup-work").exists()


def test_no_room_to_try_a_backup_is_not_taken_for_damage(
    on_small_disk: Path, media: list[Path], key_pair: tuple[bytes, bytes], settings: Settings
) -> None:
    on_small_disk.unlink()
    path = media[0] / services.create(now=NOW).name
    fill(settings.DATA_DIR, leaving=64 * 1024)
    with pytest.raises(BackupFailed, match="voll"):
        trial.drill(path, public_key=signing.public_key(), secret_key=key_pair[1], passphrase=PASSPHRASE)
    assert not (settings.DATA_DIR / "backup-work").exists()


def test_an_expired_key(media: list[Path], settings: Settings) -> None:
    public, _secret = openpgp.generate("Operator <operator@example.de>", passphrase=PASSPHRASE, days=1)
    settings.OPERATOR_KEY_FILE[0].write_bytes(public)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2)):
        assert "abgelaufen" in failure_of_create()
    assert list(media[0].iterdir()) == []


def test_no_medium_at_all(media: list[Path], settings: Settings, tmp_path: Path) -> None:
    settings.BACKUP_TARGETS = [tmp_path / "absent"]
    assert "Sicherungsziel" in failure_of_create()


def test_a_file_that_is_not_there(media: list[Path], tmp_path: Path) -> None:
    with pytest.raises(BackupFailed, match="nowhere"):
        trial.verify(tmp_path / "nowhere.backup", public_key=signing.public_key())


def test_two_at_once_do_not_empty_each_others_folder(media: list[Path]) -> None:
    with work.folder() as folder:
        with pytest.raises(Busy):
            services.create(now=NOW)
        assert folder.exists()
    assert Backup.objects.count() == 0
    assert services.create(now=NOW).media


def test_the_worker_lets_another_run_finish(media: list[Path]) -> None:
    with work.alone():
        assert services.create_if_due(NOW) == 0
        assert work.sweep(NOW) == 0
    assert services.create_if_due(NOW) == 1


def test_the_worker_removes_what_a_killed_run_left_in_plaintext(media: list[Path], settings: Settings) -> None:
    for name in ("backup-work", "restore"):
        (settings.DATA_DIR / name).mkdir()
        (settings.DATA_DIR / name / "database").write_bytes(b"everybody")
    assert work.sweep(NOW) == 2
    assert not (settings.DATA_DIR / "backup-work").exists()
    assert not (settings.DATA_DIR / "restore").exists()
    assert work.sweep(NOW) == 0


def test_no_room_to_restore(
    on_small_disk: Path, media: list[Path], key_pair: tuple[bytes, bytes], settings: Settings
) -> None:
    on_small_disk.unlink()
    path = media[0] / services.create(now=NOW).name
    fill(settings.DATA_DIR, leaving=64 * 1024)
    with pytest.raises(BackupFailed, match="voll"):
        restore.restore(
            path,
            public_key=signing.public_key(),
            secret_key=key_pair[1],
            passphrase=PASSPHRASE,
            journal_number=0,
        )
    assert not (settings.DATA_DIR / "restore").exists()
