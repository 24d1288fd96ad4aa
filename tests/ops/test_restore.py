"""A site restored by its own commands, over a live one and on a bare machine."""

import json
import os
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing
from email import message_from_bytes, policy
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
    """Every row of every table, some aside: the backup's own and the trail's are written after the snapshot.

    What waits in the outbox is held by a restore, and the database's home is this folder, whatever the backup says.
    """
    with closing(sqlite3.connect(database)) as opened:
        tables = [name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        own = ("backup_backup", "sitebackend_event", "mail_outgoingmail", "sitebackend_databasehome", "sqlite_sequence")
        tables = [name for name in tables if name not in own]
        return {name: sorted(opened.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr) for name in tables}  # noqa: S608 - its own names


def files(folder: Path) -> dict[str, bytes]:
    left_out = (
        "site.sqlite3",
        "serve.lock",
        "node-id",
        "backup.lock",
        "static",
        "before-restore",
        "keyring",
        "empty-home",
    )
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
    with closing(sqlite3.connect(site.data / "before-restore" / "database")) as old:
        assert old.execute("SELECT business_name FROM sitebackend_sitesettings").fetchone() == ("After",)
    assert not (site.data / "restore").exists()


def mails(site: Place) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(site.data / "site.sqlite3")) as database:
        return database.execute("SELECT kind, state, next_attempt_at IS NULL FROM mail_outgoingmail").fetchall()


def test_a_restored_outbox_sends_nothing_until_it_is_asked_to(site: Place) -> None:
    assert mails(site) == [("vault.event", "waiting", 0)]  # of the set-up
    backup = back_up(site)
    assert site.run("worker", "--once").returncode == 0
    sent = list((site.data / "mail").iterdir())
    assert sent
    assert restore(site, str(backup)).returncode == 0
    assert mails(site) == [("vault.event", "held", 1)]
    assert site.run("worker", "--once").returncode == 0
    assert list((site.data / "mail").iterdir()) == sent
    found = json.loads(site.run("status", "--json").stdout)["findings"]
    assert [finding["figure"] for finding in found if finding["code"] == "mail.held"] == [1]
    release = "from sitebackend.mail import models, services; from django.utils import timezone as t;"
    release += "services.release(mails=models.OutgoingMail.objects.held(), now=t.now())"
    assert site.run("shell", "--no-imports", "--command", release).returncode == 0
    assert site.run("worker", "--once").returncode == 0
    assert len(list((site.data / "mail").iterdir())) > len(sent)


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
    content, public_key, settings = files(site.data), signing_key(site), site.env_file.read_text().splitlines()
    bare = Place(tmp_path / "bare", extra=dict(site.extra))
    bare.folder.mkdir()
    assert bare.run("quickstart", "--no-serve").returncode == 0
    (bare.data / "keys" / "operator-secret.asc").write_bytes((site.data / "keys" / "operator-secret.asc").read_bytes())
    shutil.rmtree(site.data)
    done = restore(bare, str(backup), "--public-key", public_key, "--with-settings")
    assert done.returncode == 0, done.stderr
    assert name_of(bare) == "Abgebrannt"
    assert files(bare.data) == content
    assert bare.env_file.read_text().splitlines()[: len(settings)] == settings
    assert f'BACKUP_TARGETS="{site.folder / "disk"}"' in bare.env_file.read_text()  # it was in the environment


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


def test_an_older_schema_is_brought_up_to_date(site: Place) -> None:
    assert site.run("migrate", "otp_static", "0002").returncode == 0
    backup = back_up(site)
    assert site.run("migrate").returncode == 0
    done = restore(site, str(backup))
    assert done.returncode == 0, done.stderr
    assert "[ ]" not in site.run("showmigrations", "--plan").stdout


def test_if_the_new_state_does_not_pass_everything_is_put_back(site: Place) -> None:
    rename(site, "Before")
    with closing(sqlite3.connect(site.data / "site.sqlite3")) as database, database:
        migration = database.execute("SELECT * FROM django_migrations WHERE app = 'otp_static' AND name LIKE '0001%'")
        row = migration.fetchone()
        database.execute("DELETE FROM django_migrations WHERE id = ?", row[:1])  # its tables will be in the way
    backup = back_up(site)
    with closing(sqlite3.connect(site.data / "site.sqlite3")) as database, database:
        database.execute("INSERT INTO django_migrations VALUES (?, ?, ?, ?)", row)
    rename(site, "After")
    content, before = files(site.data), rows(site.data / "site.sqlite3")
    done = restore(site, str(backup))
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "wie vorher" in done.stderr
    assert rows(site.data / "site.sqlite3") == before
    assert files(site.data) == content
    assert not (site.data / "restore").exists()
    assert not (site.data / "before-restore").exists()


def test_what_a_crash_left_beside_the_old_database_does_not_touch_the_new_one(site: Place) -> None:
    rename(site, "Before")
    backup = back_up(site)
    before = rows(site.data / "site.sqlite3")
    with closing(sqlite3.connect(site.data / "site.sqlite3")) as crashed:
        crashed.execute("PRAGMA wal_autocheckpoint=0")
        with crashed:
            crashed.execute("UPDATE sitebackend_sitesettings SET business_name = 'In the log only'")
        log = (site.data / "site.sqlite3-wal").read_bytes()
    (site.data / "site.sqlite3-wal").write_bytes(log)
    (site.data / "site.sqlite3-shm").write_bytes(b"\0" * 32768)
    assert restore(site, str(backup)).returncode == 0
    assert rows(site.data / "site.sqlite3") == before


def test_after_the_loss_of_every_copy_the_mails_give_the_journal_back(site: Place) -> None:
    append = (
        "from uuid import uuid4; from django.utils import timezone; from sitebackend.privacy import journal;"
        "journal.append([('contact.submissions', 'delete', [uuid4()])], now=timezone.now())"
    )
    for _line in range(2):
        assert site.run("shell", "--no-imports", "--command", append).returncode == 0
    backup = back_up(site)
    assert site.run("shell", "--no-imports", "--command", append).returncode == 0
    assert site.run("worker", "--once").returncode == 0
    mails = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in (site.data / "mail").iterdir()]
    whole = (site.data / "journal" / "erasures.jsonl").read_bytes()
    for copy in (site.data / "journal" / "erasures.jsonl", backup.parent / "erasures.jsonl"):
        copy.unlink()
    refused = site.run("backup", "restore", str(backup), "--journal-number", "3", "--yes")
    assert refused.returncode == 1
    assert str(backup.parent) in refused.stderr

    for attached in (part for mail in mails for part in mail.iter_attachments()):
        (backup.parent / attached.get_filename()).write_bytes(attached.get_content())
    done = site.run("backup", "restore", str(backup), "--journal-number", "3", "--yes")
    assert done.returncode == 0, done.stderr
    assert (site.data / "journal" / "erasures.jsonl").read_bytes() == whole


def test_a_damaged_database_stops_backups_and_rotation_in_one_line_and_shows(site: Place) -> None:
    backup = back_up(site)
    database = site.data / "site.sqlite3"
    with closing(sqlite3.connect(database)) as opened:
        opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        name = "SELECT rootpage FROM sqlite_master WHERE name = 'django_content_type'"
        (page,), (size,) = opened.execute(name).fetchone(), opened.execute("PRAGMA page_size").fetchone()
    with database.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    done = site.run("backup", "create")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "beschädigt" in done.stderr
    assert site.run("backup", "prune", "--yes").returncode == 1
    status = site.run("status", "--json")
    assert status.returncode == 1
    assert "backup.database_damaged" in status.stdout
    assert list(backup.parent.glob("*.backup")) == [backup]


@pytest.mark.parametrize(("wait", "way_out"), [(0.9, "--undo"), (1.5, "--resume"), (2.2, "--undo")])
def test_killed_at_any_moment_the_old_state_is_whole_or_the_new_completes(
    site: Place, wait: float, way_out: str
) -> None:
    rename(site, "Before")
    backup = back_up(site)
    rename(site, "After")
    content, before = files(site.data), rows(site.data / "site.sqlite3")
    process = site.start("backup", "restore", str(backup), "--journal-number", "0", "--yes")
    time.sleep(wait)  # the moment to kill at is the test's subject; tests/backup/test_swap.py has every rename
    process.kill()
    process.communicate()
    if (site.data / "restore" / "ready.json").exists():
        assert site.run("status").returncode == 1
        assert site.run("backup", "restore", way_out).returncode == 0
        assert name_of(site) == ("Before" if way_out == "--resume" else "After")
    if name_of(site) == "After":
        assert rows(site.data / "site.sqlite3") == before
        assert site.run("worker", "--once").returncode == 0  # it removes what was unpacked
        assert not (site.data / "restore").exists()
        assert {name: files(site.data)[name] for name in content} == content
    assert restore(site, str(backup)).returncode == 0
    assert name_of(site) == "Before"
    assert os.listdir(site.data / "before-restore")
