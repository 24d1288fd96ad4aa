"""The second stage of an erasure beside readers and writers: `uv run python -m tests.load.physical_erasure`.

For a database of each size (`--megabytes`): three processes read all the time, one holds each read open for a
second, and one stores a row, in its turn as a form does, every 20 ms. Prints how long the stage took until it
succeeded, over all tries, and the longest that a writer waited. The goal is 10 s; no writer is ever refused.
"""

import argparse
import multiprocessing
import sqlite3
import tempfile
import time
from collections.abc import Callable
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

PAGE = 3800  # bytes: each row fills a page


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabytes", type=int, nargs="+", default=[10, 200])
    for size in parser.parse_args().megabytes:
        with tempfile.TemporaryDirectory(prefix="sb-load-") as folder:
            _measure(Path(folder), size)


def _measure(folder: Path, size: int) -> None:
    connection = _site_in(folder)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bulk (id INTEGER PRIMARY KEY, bytes BLOB)")
        cursor.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s) "
            "INSERT INTO bulk (bytes) SELECT randomblob(%s) FROM n",
            [size * 2**20 // 4096, PAGE],
        )
        cursor.execute("DELETE FROM bulk WHERE id %% 50 = 0", [])
    connection.close()
    stop, waits = multiprocessing.Event(), multiprocessing.Queue()  # type: ignore[var-annotated]
    beside = [_start(_read, folder, stop, 0.0) for _ in range(3)]
    beside += [_start(_read, folder, stop, 1.0), _start(_write, folder, stop, waits)]
    took, tries = _wipe()
    stop.set()
    stored, refused, longest = waits.get()
    for process in beside:
        process.join()
    print(  # noqa: T201
        f"{size} MB: {took:.1f} s in {tries} tries; meanwhile {stored} rows stored, {refused} refused, "
        f"the longest wait {longest:.2f} s"
    )


def _site_in(folder: Path) -> Any:
    import django
    from django.conf import settings
    from django.db import connection

    import tests.settings  # noqa: F401 - settings of its own, whatever `.env` says

    if not settings.configured:
        import os

        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
        django.setup()
    connection.close()
    connection.settings_dict["NAME"] = str(folder / "site.sqlite3")
    settings.DATA_DIR = folder
    return connection


def _start(work: Callable[..., None], *arguments: Any) -> multiprocessing.Process:
    process = multiprocessing.Process(target=work, args=arguments)
    process.start()
    return process


def _wipe() -> tuple[float, int]:
    from sitebackend.privacy import traces
    from sitebackend.privacy.services.execution import PAUSE_AFTER_READER

    start, tries = time.perf_counter(), 1
    while not traces.wipe():
        time.sleep(PAUSE_AFTER_READER)
        tries += 1
    return time.perf_counter() - start, tries


def _read(folder: Path, stop: Event, seconds: float) -> None:
    database = sqlite3.connect(folder / "site.sqlite3", timeout=20, isolation_level=None)
    while not stop.is_set():
        database.execute("BEGIN")
        database.execute("SELECT count(*) FROM bulk WHERE id < 50").fetchone()
        stop.wait(seconds)
        database.execute("COMMIT")


def _write(folder: Path, stop: Event, waits: Any) -> None:
    from django.db import OperationalError, connection

    from sitebackend.turns import transaction_in_turn

    stored = refused = 0
    longest = 0.0
    while not stop.wait(0.02):
        start = time.perf_counter()
        try:
            with transaction_in_turn(), connection.cursor() as cursor:
                cursor.execute("INSERT INTO bulk (bytes) VALUES (randomblob(300))")
            stored += 1
        except OperationalError:
            refused += 1
        longest = max(longest, time.perf_counter() - start)
    waits.put((stored, refused, longest))


if __name__ == "__main__":
    main()
