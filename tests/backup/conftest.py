"""A site whose backups go to two folders, as to two disks."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from sitebackend.backup import signing
from tests.privacy.conftest import on_disk as on_disk

SMALL = 8 * 2**20  # bytes
DOCKERS_OWN = Path("/dev/shm")  # 64 MB where nobody asked for more


@pytest.fixture
def media(settings: Settings, tmp_path: Path, operator_key: Path) -> list[Path]:
    """Two media in place, the site's keys beside them."""
    settings.DATA_DIR = tmp_path / "data"
    folders = [tmp_path / "disk-a", tmp_path / "disk-b"]
    for folder in [settings.DATA_DIR, *folders]:
        folder.mkdir()
    settings.BACKUP_TARGETS = folders
    signing.ensure()
    return folders


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a real file system of a few megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() == 0 and _mount(folder):
        yield folder
        subprocess.run(["umount", folder], check=True)
    elif shutil.disk_usage(DOCKERS_OWN).total <= 128 * 2**20:
        folder = DOCKERS_OWN / f"small-{os.getpid()}"
        folder.mkdir()
        yield folder
        shutil.rmtree(folder)
    else:
        pytest.skip("no right to mount a small disk")


def _mount(folder: Path) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"size={SMALL},mode=700", "small", folder]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def fill(folder: Path, *, leaving: int) -> Path:
    """Take away all room on the disk of `folder` but `leaving` bytes; gives the file to remove again."""
    ballast = folder / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(folder).free - leaving)
    return ballast
