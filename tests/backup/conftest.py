"""A site whose backups go to two folders, as to two disks."""

from pathlib import Path

import pytest
from pytest_django import Settings

from sitebackend.backup import signing


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
