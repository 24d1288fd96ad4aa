"""A backup is made, read back, restored for trial; and everything that is wrong with one is noticed."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from pytest_django import Settings

from sitebackend.backup import container, services, signing, snapshot, trial
from sitebackend.backup.failures import BackupFailed
from sitebackend.backup.media import available
from sitebackend.backup.models import Backup
from sitebackend.crypto import openpgp
from sitebackend.models import SiteSettings
from tests.backup.damage import damaged
from tests.conftest import PASSPHRASE

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def site() -> SiteSettings:
    return SiteSettings.objects.create(business_name="Kanarienvogel GmbH & Söhne 🙂")


def drill(path: Path, key_pair: tuple[bytes, bytes], **changes: Any) -> trial.Checked:
    arguments = {"public_key": signing.public_key(), "secret_key": key_pair[1], "passphrase": PASSPHRASE}
    return trial.drill(path, **(arguments | changes))


def test_a_backup_lies_on_every_medium_and_restores_for_trial(
    media: list[Path], key_pair: tuple[bytes, bytes], site: SiteSettings
) -> None:
    backup = services.create(now=NOW)
    assert [folder / backup.name for folder in media] == [path for path, _ in available()]
    checked = drill(media[1] / backup.name, key_pair)
    assert checked.rows > 0
    assert checked.files >= 2  # the database and the keys
    backup.refresh_from_db()
    assert backup.drilled_at is not None


def test_the_file_says_nothing_in_the_clear(media: list[Path], site: SiteSettings) -> None:
    backup = services.create(now=NOW)
    content = (media[0] / backup.name).read_bytes()
    assert site.business_name.encode() not in content
    assert signing.path().read_bytes() not in content


def test_the_content_is_the_database_and_the_keys(
    media: list[Path], key_pair: tuple[bytes, bytes], site: SiteSettings, tmp_path: Path
) -> None:
    backup = services.create(now=NOW)
    folder = tmp_path / "unpacked"
    folder.mkdir()
    trial.unpack_checked(
        media[0] / backup.name,
        folder,
        public_key=signing.public_key(),
        secret_key=key_pair[1],
        passphrase=PASSPHRASE,
    )
    assert (folder / "files/keys/backup-signing.key").read_bytes() == signing.path().read_bytes()
    if snapshot.engine() == "sqlite":
        assert site.business_name.encode() in (folder / snapshot.MEMBER).read_bytes()
    assert not (folder / "content.tar").exists()


def test_no_plaintext_stays_behind(media: list[Path], key_pair: tuple[bytes, bytes], site: SiteSettings) -> None:
    backup = services.create(now=NOW)
    drill(media[0] / backup.name, key_pair)
    assert not (Path(django_settings.DATA_DIR) / "backup-work").exists()


def test_what_an_interrupted_run_left_goes_with_the_next(media: list[Path], site: SiteSettings) -> None:
    leftover = Path(django_settings.DATA_DIR) / "backup-work" / "database"
    leftover.parent.mkdir()
    leftover.write_bytes(b"left by a run that was killed")
    services.create(now=NOW)
    assert not leftover.exists()


def test_a_damaged_file_is_refused(media: list[Path], site: SiteSettings) -> None:
    path = media[0] / services.create(now=NOW).name
    whole = path.read_bytes()
    for seed in range(40):
        path.write_bytes(damaged(whole, random.Random(seed)))  # noqa: S311 - repeatable on purpose
        with pytest.raises(BackupFailed):
            trial.verify(path, public_key=signing.public_key())


def test_a_file_that_a_stranger_encrypted_to_the_right_key_is_refused(
    media: list[Path], key_pair: tuple[bytes, bytes], site: SiteSettings
) -> None:
    ours = signing.public_key()
    signing.path().unlink()
    signing.ensure()
    foreign = services.create(now=NOW)
    with pytest.raises(BackupFailed, match="nicht von dieser Website"):
        drill(media[0] / foreign.name, key_pair, public_key=ours)


def test_a_wrong_passphrase_is_said_and_leaves_nothing(
    media: list[Path], key_pair: tuple[bytes, bytes], site: SiteSettings
) -> None:
    backup = services.create(now=NOW)
    with pytest.raises(BackupFailed):
        drill(media[0] / backup.name, key_pair, passphrase="wrong")
    assert not (Path(django_settings.DATA_DIR) / "backup-work").exists()


def test_without_a_medium_nothing_is_made_and_the_row_says_why(
    media: list[Path], settings: Settings, site: SiteSettings, tmp_path: Path
) -> None:
    settings.BACKUP_TARGETS = [tmp_path / "absent"]
    with pytest.raises(BackupFailed, match="Kein Sicherungsmedium"):
        services.create(now=NOW)
    assert Backup.objects.get().failure


def test_without_the_operator_key_nothing_is_made(media: list[Path], operator_key: Path, site: SiteSettings) -> None:
    operator_key.unlink()
    with pytest.raises(BackupFailed):
        services.create(now=NOW)
    assert list(media[0].iterdir()) == []


def test_a_writer_that_fails_stops_gpg_and_is_heard(media: list[Path], tmp_path: Path) -> None:
    def fail(target: Any) -> None:
        target.write(b"x" * openpgp.CHUNK)
        raise snapshot.DatabaseDamaged("a page is torn")

    with (tmp_path / "file").open("wb") as file, pytest.raises(snapshot.DatabaseDamaged, match="torn"):
        container.write(file, created_at=NOW.isoformat(), journal_number=0, engine="sqlite", content=fail)


def test_the_worker_makes_one_a_day(media: list[Path], site: SiteSettings) -> None:
    """Midnight at the site is 23:00 UTC: NOW is 13 o'clock there."""
    assert services.create_if_due(NOW) == 1
    assert services.create_if_due(NOW + timedelta(hours=11) - timedelta(seconds=1)) == 0
    assert services.create_if_due(NOW + timedelta(hours=11)) == 1
    assert services.create_if_due(NOW + timedelta(hours=24)) == 0


def test_a_timer_that_comes_a_second_earlier_than_yesterday_skips_no_day(media: list[Path], site: SiteSettings) -> None:
    for day in range(3):
        assert services.create_if_due(NOW + timedelta(days=day, seconds=-day)) == 1
