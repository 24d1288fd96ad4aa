"""PostgreSQL's own way: dumped under writes, tried in a database of its own, put back as one transaction."""

import multiprocessing
import os
import signal
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from sitebackend.backup import members, postgresql, services, signing, snapshot, trial
from sitebackend.backup.failures import BackupFailed
from sitebackend.models import SiteSettings, WorkerJob
from tests.conftest import PASSPHRASE

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)
if connection.vendor != "postgresql":
    pytest.skip("only on PostgreSQL", allow_module_level=True)


def everything() -> dict[str, list[Any]]:
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        return {table: _rows(cursor, table) for table in tables}


def _rows(cursor: Any, table: str) -> list[Any]:
    cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - the database's own names
    return sorted(cursor.fetchall(), key=repr)


def databases() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'trial%'")
        return [name for (name,) in cursor.fetchall()]


def test_what_is_put_back_is_row_by_row_what_was_dumped(tmp_path: Path) -> None:
    SiteSettings.objects.create(business_name="Vorher 🙂")
    snapshot.take(tmp_path / "copy")
    before = everything()
    SiteSettings.objects.update(business_name="Nachher")
    WorkerJob.objects.create(name="new", last_run=NOW)
    postgresql.put_back(tmp_path / "copy")
    assert everything() == before


def test_a_table_of_a_newer_version_is_not_in_the_way(tmp_path: Path) -> None:
    snapshot.take(tmp_path / "copy")
    before = everything()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE from_the_future (id serial PRIMARY KEY)")
    postgresql.put_back(tmp_path / "copy")
    assert everything() == before


def test_a_dump_that_fails_half_way_changes_nothing(tmp_path: Path) -> None:
    snapshot.take(tmp_path / "copy")
    SiteSettings.objects.create(business_name="Nachher")
    before = everything()
    content = (tmp_path / "copy").read_bytes()
    (tmp_path / "copy").write_bytes(content[: len(content) // 2])
    with pytest.raises(snapshot.ToolFailed):
        postgresql.put_back(tmp_path / "copy")
    assert everything() == before


def test_killed_while_it_is_put_back_the_database_is_the_old_one(tmp_path: Path) -> None:
    snapshot.take(tmp_path / "copy")
    SiteSettings.objects.create(business_name="Nachher")
    before = everything()
    process = multiprocessing.get_context("fork").Process(target=_die_loading, args=(tmp_path / "copy",))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert everything() == before


def _die_loading(source: Path) -> None:
    """psql gets the whole script but never its end; then it and its parent are killed."""
    connections["default"] = connections["default"].copy()  # a process never shares another one's connection
    run = subprocess.run

    def deadly(arguments: list[str], **options: Any) -> Any:
        if "--single-transaction" in arguments:
            _kill_within_the_transaction(arguments, options["env"])
        return run(arguments, **options)

    subprocess.run = deadly  # type: ignore[assignment]
    postgresql.put_back(source)


def _kill_within_the_transaction(arguments: list[str], environment: dict[str, str]) -> None:
    script = Path(arguments[-1])
    endless = script.with_suffix(".endless")
    os.mkfifo(endless)
    process = subprocess.Popen([*arguments[:-1], str(endless)], env=environment)
    with endless.open("wb") as pipe:
        pipe.write(script.read_bytes())
        pipe.flush()
        process.kill()
        process.wait()
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_trial_restores_and_counts_in_a_database_of_its_own(media: list[Path], key_pair: tuple[bytes, bytes]) -> None:
    path = media[0] / services.create(now=NOW).name
    checked = trial.drill(path, public_key=signing.public_key(), secret_key=key_pair[1], passphrase=PASSPHRASE)
    assert checked.rows == sum(len(rows) for rows in everything().values()) - 1  # its own row came after
    assert databases() == []


def test_a_trial_that_finds_other_rows_fails_and_leaves_no_database(
    media: list[Path], key_pair: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = members.pack

    def lie(target: Any, database: Path, taken: snapshot.Taken, **options: Any) -> None:
        pack(target, database, snapshot.Taken(taken.journal_number, taken.migrations, taken.rows | {"x": 1}), **options)

    monkeypatch.setattr(members, "pack", lie)
    path = media[0] / services.create(now=NOW + timedelta(seconds=1)).name
    with pytest.raises(BackupFailed, match="andere Zeilen"):
        trial.drill(path, public_key=signing.public_key(), secret_key=key_pair[1], passphrase=PASSPHRASE)
    assert databases() == []
