"""A site restored by its own commands, over a live one and on a bare machine."""

import json
import os
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from sitebackend.instance import hold_folder
from tests.ops.conftest import Place


@pytest.fixture
def site(made: Place, made_once: tuple[Place, subprocess.CompletedProcess[str]]) -> Place:
    """A site with one medium, whose secret key's passphrase is at hand."""
    disk = made.folder / "disk"
    disk.mkdir()
    passphrase = json.loads(made_once[1].stdout)["operator_key_passphrase"]
    made.extra = {"BACKUP_TARGETS": str(disk), "OPERATOR_KEY_PASSPHRASE": passphrase}
    return made


def back_up(site: Place) -> Path:
    done = site.run("backup", "create")
    assert done.returncode == 0, done.stderr
    return max((site.folder / "disk").glob("*.backup"))


def restore(site: Place, *arguments: str) -> subprocess.CompletedProcess[str]:
    return site.run("backup", "restore", *arguments, "--journal-number", "0", "--yes")


def rename(site: Place, name: str) -> None:
    with closing(sqlite3.connect(site.data / "site.sqlite3")) as database, database:
        database.execute("UPDATE sitebackend_sitesettings SET business_name = ?", (name,))


def name_of(site: Place) -> str:
    with closing(sqlite3.connect(site.data / "site.sqlite3")) as database:
        return str(database.execute("SELECT business_name FROM sitebackend_sitesettings").fetchone()[0])


def rows(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, the backup's own row aside: it is written after the snapshot."""
    with closing(sqlite3.connect(database)) as opened:
        tables = [name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        own = ("backup_backup", "sqlite_sequence")
        tables = [name for name in tables if name not in own]
        return {name: sorted(opened.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr) for name in tables}  # noqa: S608 - its own names


def files(folder: Path) -> dict[str, bytes]:
    left_out = ("site.sqlite3", "serve.lock", "static", "before-restore", "keyring", "empty-home")
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith(left_out) for part in path.relative_to(folder).parts)
    }


def test_a_restore_over_a_live_site_brings_back_every_row_and_keeps_the_old_state(site: Place) -> None:
    rename(site, "Before")
    backup = back_up(site)
    before = rows(site.data / "site.sqlite3")
    rename(site, "After")
    done = restore(site, str(backup))
    assert done.returncode == 0, done.stderr
    assert rows(site.data / "site.sqlite3") == before
    with closing(sqlite3.connect(site.data / "before-restore" / "site.sqlite3")) as old:
        assert old.execute("SELECT business_name FROM sitebackend_sitesettings").fetchone() == ("After",)
    assert not (site.data / "restore").exists()


def test_without_yes_nothing_happens(site: Place) -> None:
    rename(site, "Before")
    backup = back_up(site)
    rename(site, "After")
    done = site.run("backup", "restore", str(backup), "--journal-number", "0")
    assert done.returncode == 0
    assert name_of(site) == "After"


def test_a_bare_machine_gets_everything_back_with_the_recovery_sheet(site: Place, tmp_path: Path) -> None:
    rename(site, "Abgebrannt")
    backup = back_up(site)
    content, public_key, settings = files(site.data), signing_key(site), site.env_file.read_text()
    bare = Place(tmp_path / "bare", extra=dict(site.extra))
    bare.folder.mkdir()
    assert bare.run("quickstart", "--no-serve").returncode == 0
    (bare.data / "keys" / "operator-secret.asc").write_bytes((site.data / "keys" / "operator-secret.asc").read_bytes())
    shutil.rmtree(site.data)
    done = restore(bare, str(backup), "--public-key", public_key, "--with-settings")
    assert done.returncode == 0, done.stderr
    assert name_of(bare) == "Abgebrannt"
    assert files(bare.data) == content
    assert bare.env_file.read_text() == settings


def signing_key(site: Place) -> str:
    shown = site.run("backup", "public_key")
    assert shown.returncode == 0, shown.stderr
    return shown.stdout.strip()


def test_a_damaged_file_costs_nothing_and_leaves_no_plaintext(site: Place) -> None:
    rename(site, "Canary of the backup")
    backup = back_up(site)
    rename(site, "After")
    content = bytearray(backup.read_bytes())
    content[len(content) // 2] ^= 1
    backup.write_bytes(content)
    done = restore(site, str(backup))
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert name_of(site) == "After"
    assert not (site.data / "restore").exists()


def test_a_journal_that_ends_too_early_is_refused(site: Place) -> None:
    backup = back_up(site)
    done = site.run("backup", "restore", str(backup), "--journal-number", "7", "--yes")
    assert done.returncode == 1
    assert "7" in done.stderr
    assert not (site.data / "restore").exists()


def test_a_running_site_is_not_restored(site: Place) -> None:
    backup = back_up(site)
    with hold_folder(site.data):
        done = restore(site, str(backup))
    assert done.returncode == 1
    assert "läuft" in done.stderr


def test_a_backup_of_a_newer_version_is_refused(site: Place) -> None:
    with closing(sqlite3.connect(site.data / "site.sqlite3")) as database, database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) "
            "VALUES ('contact', '9999_from_the_future', '2026-01-01')"
        )
    backup = back_up(site)
    done = restore(site, str(backup))
    assert done.returncode == 1
    assert "9999_from_the_future" in done.stderr


@pytest.mark.parametrize("wait", [0.4, 0.9, 1.3, 1.7, 2.2, 3.0])
def test_killed_at_any_moment_the_site_is_the_old_one_or_completes_the_new(site: Place, wait: float) -> None:
    rename(site, "Before")
    backup = back_up(site)
    rename(site, "After")
    process = site.start("backup", "restore", str(backup), "--journal-number", "0", "--yes")
    time.sleep(wait)  # the moment to kill at is the test's subject
    process.kill()
    process.communicate()
    if (site.data / "restore" / "ready.json").exists():
        assert site.run("backup", "restore", "--resume").returncode == 0
        assert name_of(site) == "Before"
    else:
        assert name_of(site) in ("After", "Before")
        assert rows(site.data / "site.sqlite3")
    assert restore(site, str(backup)).returncode == 0
    assert name_of(site) == "Before"
    assert os.listdir(site.data / "before-restore")
