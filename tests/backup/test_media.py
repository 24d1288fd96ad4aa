"""Several media: one that fails is no obstacle, no half file has a backup's name, and what is old goes in time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from sitebackend.backup import media as media_
from sitebackend.backup import services, signing
from sitebackend.backup.failures import BackupFailed
from sitebackend.backup.models import Backup
from tests.backup.conftest import fill

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
#: Where nobody may write, not even root.
UNWRITABLE = Path("/sys/kernel")
pytestmark = pytest.mark.django_db(transaction=True)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_an_absent_medium_is_no_obstacle_and_is_not_made(media: list[Path], settings: Settings, tmp_path: Path) -> None:
    settings.BACKUP_TARGETS = [tmp_path / "absent", media[1]]
    backup = services.create(now=NOW)
    assert backup.media == [str(media[1])]
    assert backup.missed == {str(tmp_path / "absent"): f"{tmp_path / 'absent'} ist nicht da."}
    assert not (tmp_path / "absent").exists()


def test_a_full_medium_is_no_obstacle_and_keeps_no_half_file(
    media: list[Path], settings: Settings, small_disk: Path
) -> None:
    fill(small_disk, leaving=8192)
    settings.BACKUP_TARGETS = [small_disk, media[1]]
    backup = services.create(now=NOW)
    assert backup.media == [str(media[1])]
    assert backup.missed == {str(small_disk): f"Der Datenträger ist voll: {small_disk}"}
    assert names(small_disk) == ["ballast"]


def test_a_medium_that_is_write_protected_is_no_obstacle(media: list[Path], settings: Settings) -> None:
    settings.BACKUP_TARGETS = [UNWRITABLE, media[1]]
    backup = services.create(now=NOW)
    assert backup.media == [str(media[1])]
    assert list(backup.missed) == [str(UNWRITABLE)]


def test_if_every_medium_fails_each_is_named_in_one_line(
    media: list[Path], settings: Settings, small_disk: Path
) -> None:
    ballast = fill(small_disk, leaving=8192)
    settings.BACKUP_TARGETS = [small_disk, UNWRITABLE]
    with pytest.raises(BackupFailed) as failure:
        services.create(now=NOW)
    assert "\n" not in str(failure.value)
    assert str(small_disk) in str(failure.value)
    assert str(UNWRITABLE) in str(failure.value)
    assert Backup.objects.get().failure == str(failure.value)
    ballast.unlink()
    assert services.create(now=NOW + timedelta(hours=1)).media == [str(small_disk)]


def test_what_a_killed_run_left_on_a_medium_goes_with_the_next(media: list[Path]) -> None:
    stray = media[0] / ".20261122T120000Z.backup.x1y2.part"
    stray.write_bytes(b"half")
    foreign = media[0] / "somebody's file"
    foreign.write_bytes(b"")
    services.create(now=NOW)
    assert not stray.exists()
    assert foreign.exists()


def test_past_the_maximum_age_the_file_goes_from_every_medium(media: list[Path]) -> None:
    old = services.create(now=NOW - timedelta(days=200))
    new = services.create(now=NOW)
    assert services.prune(now=NOW, dry=True) == services.prune(now=NOW)
    assert [(folder / old.name).exists() for folder in media] == [False, False]
    assert [(folder / new.name).exists() for folder in media] == [True, True]


def test_nothing_is_pruned_before_a_newer_one_was_read_back(media: list[Path]) -> None:
    old = services.create(now=NOW - timedelta(days=200))
    Backup.objects.create(created_at=NOW, name="failed.backup", failure="the disk was full")
    assert services.prune(now=NOW) == []
    assert (media[0] / old.name).exists()


def test_a_newer_one_that_rotted_on_its_medium_is_no_successor(media: list[Path]) -> None:
    old = services.create(now=NOW - timedelta(days=200))
    new = services.create(now=NOW)
    rotten = media[0] / new.name
    rotten.write_bytes(rotten.read_bytes()[:-1])
    assert services.prune(now=NOW) == [media[1] / old.name]


def test_a_successor_on_another_medium_does_not_count_here(
    media: list[Path], settings: Settings, tmp_path: Path
) -> None:
    old = services.create(now=NOW - timedelta(days=200))
    settings.BACKUP_TARGETS = [media[1]]
    services.create(now=NOW)
    settings.BACKUP_TARGETS = media
    assert services.prune(now=NOW) == [media[1] / old.name]


def test_a_file_that_is_not_whole_goes_when_its_time_is_over_and_not_before(media: list[Path]) -> None:
    for days in (100, 10):
        moment = NOW - timedelta(days=days)
        (media[0] / moment.strftime(media_.NAME)).write_bytes(b"half a backup of somebody")
    services.create(now=NOW)
    assert [path.name for path in services.prune(now=NOW)] == ["20260815T120000Z.backup"]


def test_while_the_live_database_is_damaged_rotation_rests(media: list[Path]) -> None:
    old = services.create(now=NOW - timedelta(days=200))
    services.create(now=NOW - timedelta(days=1))
    Backup.objects.create(created_at=NOW, name="none", failure="damaged", database_damaged=True)
    with pytest.raises(BackupFailed, match="beschädigt"):
        services.prune(now=NOW)
    assert (media[0] / old.name).exists()
    services.create(now=NOW + timedelta(hours=1))
    assert len(services.prune(now=NOW + timedelta(hours=1))) == 2


def test_a_foreign_signature_does_not_make_a_successor(media: list[Path]) -> None:
    old = services.create(now=NOW - timedelta(days=200))
    ours = signing.path().read_bytes()
    signing.path().unlink()
    signing.ensure()
    services.create(now=NOW)
    Backup.objects.all().delete()
    signing.path().write_bytes(ours)
    assert services.prune(now=NOW) == []
    assert (media[0] / old.name).exists()
