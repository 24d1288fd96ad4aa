"""A command of the operator's own as a medium: run without a shell, without our secrets, its failure heard."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.cache import cache
from pytest_django import Settings

from sitebackend.backup import container, health, services, signing, upload
from sitebackend.backup.failures import BackupFailed
from sitebackend.findings import Level
from sitebackend.privacy import journal
from sitebackend.setting_parsers import upload_command
from tests.privacy.conftest import NOON

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cloud(media: list[Path], settings: Settings, tmp_path: Path) -> Path:
    """A folder that only the command reaches, with a name that a shell would trip over."""
    folder = tmp_path / "cloud $(touch tripped) ; x"
    folder.mkdir()
    settings.BACKUP_UPLOAD_COMMAND = ["cp", "{file}", f"{folder}/{{name}}"]
    return folder


def running(program: str) -> list[str]:
    return [sys.executable, "-c", program, "{file}"]


def codes() -> dict[str, Level]:
    return {finding.code: finding.level for finding in health.backups(NOW)}


def test_the_backup_and_the_journal_arrive_there_as_they_are(cloud: Path, media: list[Path]) -> None:
    journal.append([("a", "delete", [uuid4()])], now=NOON)
    backup = services.create(now=NOW)
    assert backup.media == [*map(str, media), upload.MEDIUM]
    assert (cloud / backup.name).read_bytes() == (media[0] / backup.name).read_bytes()
    container.check(cloud / backup.name, public_key=signing.public_key())
    assert (cloud / journal.FILE_NAME).read_bytes() == journal.path().read_bytes()


def test_it_may_be_the_only_medium(cloud: Path, settings: Settings) -> None:
    settings.BACKUP_TARGETS = []
    assert services.create_if_due(NOW) == 1
    assert len(list(cloud.glob("*.backup"))) == 1


def test_its_failure_is_told_and_is_no_obstacle_to_the_folders(
    cloud: Path, media: list[Path], settings: Settings
) -> None:
    settings.BACKUP_UPLOAD_COMMAND = running("import sys; print('connecting'); sys.exit('no route to the cloud')")
    backup = services.create(now=NOW)
    assert backup.media == [*map(str, media)]
    assert backup.missed == {upload.MEDIUM: f"{sys.executable} endete mit Code 1: no route to the cloud"}
    assert codes()["backup.medium"] == Level.WARNING


def test_as_the_only_medium_its_failure_is_the_backups(cloud: Path, settings: Settings) -> None:
    settings.BACKUP_TARGETS, settings.BACKUP_UPLOAD_COMMAND = [], ["no-such-program", "{file}"]
    with pytest.raises(BackupFailed, match="no-such-program"):
        services.create(now=NOW)
    assert codes()["backup.failed"] == Level.ALARM


def test_one_that_hangs_is_ended(cloud: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "LONGEST", 0.1)
    settings.BACKUP_UPLOAD_COMMAND = running("import time; time.sleep(600)")
    assert "länger als" in services.create(now=NOW).missed[upload.MEDIUM]


def test_it_does_not_learn_the_sites_secrets(cloud: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "canary-1")
    monkeypatch.setenv("EMAIL_URL_FILE", "canary-2")
    monkeypatch.setenv("RCLONE_CONFIG", "its own affair")
    told = cloud / "told"
    settings.BACKUP_UPLOAD_COMMAND = running(f"import os; open({str(told)!r}, 'w').write(repr(dict(os.environ)))")
    services.create(now=NOW)
    assert "canary" not in told.read_text()
    assert "its own affair" in told.read_text()


def test_between_backups_the_journal_follows_once_it_has_grown(cloud: Path) -> None:
    assert upload.carry_journal_if_grown(NOW) == 0
    journal.append([("a", "delete", [uuid4()])], now=NOON)
    assert upload.carry_journal_if_grown(NOW) == 1
    assert upload.carry_journal_if_grown(NOW) == 0
    assert (cloud / journal.FILE_NAME).read_bytes() == journal.path().read_bytes()


def test_a_journal_that_cannot_be_carried_waits_and_is_told(cloud: Path, settings: Settings) -> None:
    services.create(now=NOW)
    journal.append([("a", "delete", [uuid4()])], now=NOON)
    works, settings.BACKUP_UPLOAD_COMMAND = settings.BACKUP_UPLOAD_COMMAND, ["false", "{file}"]
    assert upload.carry_journal_if_grown(NOW) == 0
    assert codes()["backup.journal_upload"] == Level.WARNING
    settings.BACKUP_UPLOAD_COMMAND = works
    assert upload.carry_journal_if_grown(NOW + timedelta(seconds=1)) == 0  # not every second
    cache.clear()
    assert upload.carry_journal_if_grown(NOW) == 1
    assert "backup.journal_upload" not in codes()


def test_the_setting_is_cut_into_words_as_a_shell_would_and_nothing_more() -> None:
    assert upload_command("scp -q '{file}' me@host:/back\\ ups/$(id)/{name}") == [
        "scp", "-q", "{file}", "me@host:/back ups/$(id)/{name}",
    ]  # fmt: skip


@pytest.mark.parametrize("value", ["rclone copy somewhere", "{file}", "scp '{file}"])
def test_a_command_that_could_not_work_is_refused_at_the_start(value: str) -> None:
    with pytest.raises(ValueError, match=r"file|quotation"):
        upload_command(value)
