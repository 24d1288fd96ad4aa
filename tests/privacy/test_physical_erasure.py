"""What was erased is physically gone, whoever reads or writes meanwhile: real readers, in processes of their own."""

import fcntl
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
from django.conf import settings as site
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from sitebackend.privacy import traces

CANARY = "Kuckucksuhrenwerkstatt"
#: A program that says so once it reads, and goes on until its standard input is closed.
READS = {
    "an open transaction": "c.execute('BEGIN'); c.execute('SELECT count(*) FROM people').fetchone()",
    "a cursor in its middle": "cursor = c.execute('SELECT * FROM people'); cursor.fetchone()",
}
PROGRAM = """
import sqlite3, sys
c = sqlite3.connect(sys.argv[1], isolation_level=None)
{read}
print('reads', flush=True)
sys.stdin.read()
"""


@pytest.fixture
def database(on_disk: Path) -> Path:
    """People, of whom every other one is erased, in pages that were moved about before."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, word TEXT)")
        for start in (0, 1):
            words = [
                (number, f"{CANARY if number % 2 else 'Nachbar'}-{number}" * 5) for number in range(start, 4000, 2)
            ]
            cursor.executemany("INSERT INTO people VALUES (%s, %s)", words)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM people WHERE id %% 2 = 1", [])
    return on_disk


def _places(database: Path) -> list[str]:
    """The files beside the database, whatever they are called, that hold the word still."""
    files = [file for file in database.parent.rglob("*") if file.is_file()]
    return sorted(file.name for file in files if CANARY.encode() in file.read_bytes())


@contextmanager
def _reader(database: Path, read: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", PROGRAM.format(read=read), str(database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "reads\n"
        yield process
        _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    process.wait()


def test_before_it_the_word_is_found_and_after_it_nowhere(database: Path) -> None:
    assert _places(database)
    assert traces.wipe()
    assert _places(database) == []


@pytest.mark.parametrize("read", READS)
def test_a_reader_that_ends_is_waited_for(database: Path, read: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []

    def look(seconds: float) -> None:
        looks.append(seconds)
        _end(process)

    with _reader(database, READS[read]) as process:
        monkeypatch.setattr(traces, "sleep", look)
        assert traces.wipe()
    assert looks, "it was in the way"
    assert _places(database) == []


@pytest.mark.parametrize("read", READS)
def test_a_reader_that_stays_is_named_and_holds_nobody_up(
    database: Path, read: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traces, "PATIENCE", 0.3)
    with _reader(database, READS[read]) as process:
        assert not traces.wipe()
        before = _rewritten(database)
        assert not traces.wipe()
        assert _rewritten(database) == before, "nothing is rewritten in vain again and again"
        assert [name.rpartition(" ")[2] for name in traces.readers()] == [f"{process.pid})"]
        with sqlite3.connect(database, timeout=0) as writer:
            writer.execute("INSERT INTO people (word) VALUES ('came meanwhile')")
        writer.close()
    assert traces.readers() == []
    assert traces.wipe()
    assert _places(database) == []


def _rewritten(database: Path) -> int:
    """Pages of the log, which all of the database goes through when it is rewritten."""
    return database.with_name(f"{database.name}-wal").stat().st_size


def test_it_ends_beside_readers_and_writers_that_never_rest(database: Path) -> None:
    stop = Event()
    busy = [_without_rest(database, stop, work) for work in (_read, _read, _write)]
    try:
        assert traces.wipe()
    finally:
        stop.set()
        for thread in busy:
            thread.join()
    assert _places(database) == []


def _without_rest(database: Path, stop: Event, work: Callable[[sqlite3.Connection], None]) -> Thread:
    begun = Event()

    def go_on() -> None:
        with sqlite3.connect(database, timeout=60, isolation_level=None) as own:
            own.execute("PRAGMA secure_delete=ON")
            while not stop.is_set():
                work(own)
                begun.set()
        own.close()

    thread = Thread(target=go_on)
    thread.start()
    assert begun.wait(60)
    return thread


def _read(own: sqlite3.Connection) -> None:
    own.execute("SELECT count(*) FROM people").fetchone()


def _write(own: sqlite3.Connection) -> None:
    own.execute("INSERT INTO people (word) VALUES ('a neighbour')")


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux tells who reads")
def test_nobody_is_named_while_nobody_reads(database: Path) -> None:
    assert traces.readers() == []


def test_it_takes_its_turn_so_that_a_form_waits_for_it_and_is_not_refused(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, turns = traces._copy_on_disk, []

    @contextmanager
    def rewriting(cursor: CursorWrapper) -> Iterator[None]:
        with copy(cursor):
            turns.append(_is_free(Path(site.DATA_DIR) / "write.lock"))
            yield

    monkeypatch.setattr(traces, "_copy_on_disk", rewriting)
    assert traces.wipe()
    assert turns == [False]
    assert _is_free(Path(site.DATA_DIR) / "write.lock")


def _is_free(path: Path) -> bool:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
