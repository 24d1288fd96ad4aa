"""Numbers that only rise, whatever happens to the database and to one of the disks."""

from pathlib import Path

import pytest
from pytest_django import Settings

from sitebackend.privacy import high_water

NAME = high_water.CUSTOMER_NUMBER


@pytest.fixture
def disks(settings: Settings, tmp_path: Path) -> list[Path]:
    settings.DATA_DIR = tmp_path / "data"
    settings.BACKUP_TARGETS = [tmp_path / "disk-a", tmp_path / "disk-b"]
    for folder in settings.BACKUP_TARGETS:
        folder.mkdir()
    return settings.BACKUP_TARGETS


def test_before_the_first_number_it_is_zero(disks: list[Path]) -> None:
    assert high_water.read(NAME) == 0


def test_it_never_falls(disks: list[Path]) -> None:
    high_water.rise(NAME, 12)
    high_water.rise(NAME, 7)
    assert high_water.read(NAME) == 12


def test_it_outlives_the_machine_on_one_of_the_media(disks: list[Path], settings: Settings, tmp_path: Path) -> None:
    high_water.rise(NAME, 12)
    settings.DATA_DIR = tmp_path / "a new machine"
    (disks[0] / NAME).unlink()
    assert high_water.read(NAME) == 12


def test_an_absent_medium_is_no_obstacle(disks: list[Path]) -> None:
    disks[0].rmdir()
    high_water.rise(NAME, 3)
    assert (disks[1] / NAME).read_text() == "3\n"


def test_a_damaged_copy_counts_as_none(disks: list[Path]) -> None:
    high_water.rise(NAME, 3)
    (disks[0] / NAME).write_text("9999999")
    assert high_water.read(NAME) == 3


def test_a_restore_is_told_what_is_known_now(disks: list[Path], tmp_path: Path) -> None:
    high_water.rise(NAME, 30)
    restored = tmp_path / "restored"
    restored.mkdir()
    (restored / NAME).write_text("4\n")
    high_water.carry_over(restored)
    assert (restored / NAME).read_text() == "30\n"
