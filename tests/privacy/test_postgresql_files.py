"""What was erased is gone from PostgreSQL's files, its log included; without the rights nobody says so."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import psycopg
import pytest
from django.db import connection

from sitebackend.models import Operator
from sitebackend.privacy import postgresql_files, traces
from sitebackend.privacy.models import RetentionRun
from sitebackend.privacy.services import execution

pytestmark = pytest.mark.django_db(transaction=True)
if connection.vendor != "postgresql":
    pytest.skip("only on PostgreSQL", allow_module_level=True)

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
CANARY = "Kuckucksuhrenwerkstatt"
LIMITED = "limited_site"


@pytest.fixture
def cluster() -> Path:
    with connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        return Path(cursor.fetchone()[0])


@pytest.fixture
def erased(cluster: Path) -> Path:
    """Eighty people among neighbours, of whom every other one is erased, as the statistics knew them too."""
    with connection.cursor() as cursor:
        for number in range(80):
            word = CANARY if number % 2 else "Nachbar"
            person(f"K-{number}", f"{word}-{number:03d}")
        cursor.execute("ANALYZE")
        cursor.execute("CHECKPOINT")
    Operator.objects.filter(last_name__startswith=CANARY).delete()
    return cluster


def person(name: str, last_name: str) -> None:
    Operator.objects.create(username=name, last_name=last_name)


def places(cluster: Path) -> dict[str, int]:
    """Files of tables and log, those kept to be used again included, with how often the word stands in them."""
    files = [file for folder in ("base", "global", "pg_wal") for file in (cluster / folder).rglob("*")]
    found = {str(file.relative_to(cluster)): _count(file) for file in files}
    return {name: count for name, count in found.items() if count}


def _count(file: Path) -> int:
    try:
        return file.read_bytes().count(CANARY.encode()) if file.is_file() else 0
    except FileNotFoundError:  # a temporary one of another test
        return 0


@contextmanager
def other_connection(statement: str) -> Iterator[psycopg.Connection]:
    facts = connection.get_connection_params()
    with psycopg.connect(**{key: facts[key] for key in ("dbname", "host", "port", "user") if key in facts}) as other:
        other.execute(statement)
        yield other


def test_a_plain_vacuum_leaves_words_in_table_and_log(erased: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        cursor.execute("CHECKPOINT")
    assert any(name.startswith("pg_wal") for name in places(erased))
    assert any(name.startswith("base") for name in places(erased))


def test_before_it_the_word_is_found_and_after_it_nowhere(erased: Path) -> None:
    assert places(erased)
    assert traces.wipe()
    assert places(erased) == {}
    assert Operator.objects.count() == 40


def test_a_changed_row_leaves_nothing_of_what_it_was(erased: Path) -> None:
    Operator.objects.filter(username="K-0").update(last_name=f"{CANARY}-changed")
    Operator.objects.filter(username="K-0").update(last_name="Nachbarin")
    assert traces.wipe()
    assert places(erased) == {}


def test_an_older_reader_is_named_holds_nobody_up_and_it_does_not_count_as_done(erased: Path) -> None:
    person("K-99", f"{CANARY}-99")
    with other_connection("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ") as reader:
        reader.execute("SELECT 1 FROM pg_class")
        Operator.objects.filter(username="K-99").delete()
        assert not traces.wipe()
        assert places(erased)
    assert traces.wipe()
    assert places(erased) == {}


def test_a_locked_table_is_not_waited_for_long_and_does_not_count_as_done(
    erased: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_files, "LOCK_WAIT", 0.2)
    with other_connection(f'LOCK TABLE "{Operator._meta.db_table}" IN ACCESS SHARE MODE'):
        assert not traces.wipe()
        person("K-100", "came meanwhile")
    assert traces.wipe()
    assert places(erased) == {}


def test_at_night_a_table_gets_the_time_that_its_size_needs(erased: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql_files, "BY_DAY", 0.001)
    monkeypatch.setattr(postgresql_files, "AT_NIGHT", 0.001)
    monkeypatch.setattr(postgresql_files, "SLOWEST", 10**9)
    assert not postgresql_files.wipe(at_night=True)
    monkeypatch.setattr(postgresql_files, "SLOWEST", 1000)
    assert not postgresql_files.wipe(at_night=False), "by day a form comes first"
    assert postgresql_files.wipe(at_night=True)
    assert places(erased) == {}


def test_without_the_rights_the_tables_are_not_rewritten_again_until_they_are_there(
    limited_role: str, erased: Path
) -> None:
    RetentionRun.objects.create(day=NOW.date(), receipt=[["contact", "delete", 1]])
    assert execution.wipe_after_retention(NOW) == 0
    file = operators_file()
    assert execution.wipe_after_retention(NOW) == 0
    assert operators_file() == file, "for nothing"
    grant_all(limited_role)
    assert execution.wipe_after_retention(NOW) == 1
    assert operators_file() != file
    assert places(erased) == {}


def operators_file() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_filenode('sitebackend_operator')")
        return int(cursor.fetchone()[0])


def grant_all(role: str) -> None:
    """What `missing_rights` names, typed by a superuser."""
    missing = traces.missing_rights()
    connection.close()
    connection.settings_dict["USER"] = "ci"
    with connection.cursor() as cursor:
        for line in missing:
            cursor.execute(line)
    connection.close()
    connection.settings_dict["USER"] = role


def test_it_ends_beside_readers_and_writers_that_never_rest(erased: Path) -> None:
    stop, begun = Event(), Event()

    def go_on() -> None:
        with other_connection("SELECT 1") as own:
            own.commit()
            own.autocommit = True
            while not stop.is_set():
                own.execute("SELECT count(*) FROM sitebackend_operator")
                own.execute("UPDATE sitebackend_operator SET last_name = 'Nachbarort' WHERE username = 'K-2'")
                begun.set()

    busy = Thread(target=go_on)
    busy.start()
    assert begun.wait(60)
    try:
        assert any(traces.wipe() for _again in range(20))
    finally:
        stop.set()
        busy.join()
    assert places(erased) == {}


@pytest.fixture
def limited_role(erased: Path) -> Iterator[str]:
    """The site's role owns its database, and may do no more, as providers make it."""
    role = f"{LIMITED}_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    settings, old = connection.settings_dict, connection.settings_dict["USER"]
    database = settings["NAME"]
    with connection.cursor() as cursor:
        cursor.execute(f"DROP ROLE IF EXISTS {role}")
        cursor.execute(f"CREATE ROLE {role} LOGIN")
        cursor.execute(f'ALTER DATABASE "{database}" OWNER TO {role}')
        cursor.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")
    connection.close()
    settings["USER"] = role
    yield role
    connection.close()
    settings["USER"] = old
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER DATABASE "{database}" OWNER TO "{old}"')
        cursor.execute(f"DROP OWNED BY {role}")
        cursor.execute(f"DROP ROLE {role}")


def test_without_the_rights_it_is_not_done_and_each_is_named_and_enough(limited_role: str, erased: Path) -> None:
    assert not traces.wipe()
    missing = traces.missing_rights()
    assert [line.split(" TO ")[0] for line in missing] == [
        "GRANT EXECUTE ON FUNCTION pg_switch_wal()",
        "GRANT EXECUTE ON FUNCTION pg_ls_waldir()",
        "GRANT pg_checkpoint",
    ]
    assert not [name for name in places(erased) if name.startswith("base")], "the tables need no more right"
    grant_all(limited_role)
    assert traces.missing_rights() == []
    assert traces.wipe()
    assert places(erased) == {}


def test_what_lies_outside_is_named() -> None:
    assert traces.outside()


def test_the_largest_table_is_measured() -> None:
    assert traces.size() > 0
