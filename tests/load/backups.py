"""Backups under writes, damaged backups, large backups: `uv run python -m tests.load.backups`.

100 backups, each under 50 writes a second: every one is restored in a place of its own, with its integrity
intact, every write inside that was acknowledged before it began, and everything else row by row and file by file
as in the source. Then a restore of each of 1,000 damaged or foreign files: all must be refused, the live data
untouched, nothing of the plaintext left. Prints what it counted and measured; exit code 1 if anything is not so.

`--backups 0 --damaged 0 --submissions 10000,1000000` measures instead how long making, trying and restoring a
backup of so many submissions takes, and how much memory each needs at most; `--folder` keeps the site, since to
make a million submissions takes minutes. With `DATABASE_URL=postgres://…`, an
empty database, the backups are PostgreSQL's.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from tests.backup.damage import damaged
from tests.running_site import ROOT

WRITES_PER_SECOND = 50
WRITTEN_BESIDE = "sitebackend_workerjob"  # where the writes go
OWN = ("backup_backup", "sqlite_sequence")  # written after the snapshot
FOREIGN = 20  # one of so many damaged files is whole, but a stranger's
Table = list[tuple[Any, ...]]


class Writer(threading.Thread):
    """Writes rows at a steady pace; `acknowledged` are those whose transaction was committed."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.acknowledged: list[str] = []
        self.ended = threading.Event()

    def run(self) -> None:
        from sitebackend.models import WorkerJob

        began = time.monotonic()
        while not self.ended.wait(max(0, began + len(self.acknowledged) / WRITES_PER_SECOND - time.monotonic())):
            name = f"write-{len(self.acknowledged)}"
            WorkerJob.objects.create(name=name, last_run=datetime.now(UTC))
            self.acknowledged.append(name)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backups", type=int, default=100)
    parser.add_argument("--damaged", type=int, default=1000)
    parser.add_argument("--folder", type=Path, help="keep the site here, and go on with one that is kept")
    parser.add_argument("--submissions", default="", help="so many, and then in all so many, comma between")
    arguments = parser.parse_args()
    if arguments.folder:
        return run(arguments.folder, arguments)
    with tempfile.TemporaryDirectory(prefix="sb-") as folder:
        return run(Path(folder), arguments)


def run(folder: Path, arguments: argparse.Namespace) -> int:
    secrets, faults = set_up(folder), 0
    import django

    django.setup()
    if arguments.backups:
        faults += back_up_under_writes(folder, secrets, arguments.backups)
    if arguments.damaged:
        faults += refuse_damaged(folder, secrets, arguments.damaged)
    for number in filter(None, arguments.submissions.split(",")):
        measure_large(folder, int(number))
    return 1 if faults else 0


def set_up(folder: Path) -> dict[str, Any]:
    """A site of its own, whose settings this process then has, with some pictures."""
    (folder / "disk").mkdir(parents=True, exist_ok=True)
    os.environ |= {
        "ENV_FILE": str(folder / ".env"),
        "DATA_DIR": str(folder / "var"),
        "BACKUP_TARGETS": str(folder / "disk"),
        "DJANGO_SETTINGS_MODULE": "sitebackend.settings",
    }
    kept = folder / "secrets.json"
    if not kept.exists():
        quickstart = [sys.executable, ROOT / "manage.py", "quickstart", "--no-serve", "--json"]
        kept.write_bytes(subprocess.run(quickstart, check=True, stdout=subprocess.PIPE).stdout)
    secrets: dict[str, Any] = json.loads(kept.read_bytes())
    os.environ["OPERATOR_KEY_PASSPHRASE"] = secrets["operator_key_passphrase"]
    (folder / "var" / "media").mkdir(exist_ok=True)
    for number in range(20):
        (folder / "var" / "media" / f"picture-{number}").write_bytes(os.urandom(50_000))
    return secrets


def key(folder: Path, secrets: dict[str, Any]) -> dict[str, Any]:
    from sitebackend.backup import signing

    return {
        "public_key": signing.public_key(),
        "secret_key": (folder / "var" / "keys" / "operator-secret.asc").read_bytes(),
        "passphrase": secrets["operator_key_passphrase"],
    }


def back_up_under_writes(folder: Path, secrets: dict[str, Any], count: int) -> int:
    from sitebackend.backup import services, trial

    writer = Writer()
    writer.start()
    seconds, faults, now, start = [], 0, datetime.now(UTC), time.monotonic()
    for number in range(count):
        promised = set(writer.acknowledged)
        began = time.perf_counter()
        backup = services.create(now=now + timedelta(seconds=number))
        seconds.append(time.perf_counter() - began)
        unpacked = Path(tempfile.mkdtemp(dir=folder))
        trial.unpack_checked(folder / "disk" / backup.name, unpacked, **key(folder, secrets))
        with restored(unpacked / "database") as copy:
            found = {"promise": promised - {row[0] for row in copy["names"]}, "rows": differs(copy)}
        found["files"] = files_differ(folder, unpacked)
        faults += any(found.values())
        shutil.rmtree(unpacked)
    writer.ended.set()
    pace = len(writer.acknowledged) / (time.monotonic() - start)
    print(  # noqa: T201
        f"{count} backups, {len(writer.acknowledged)} writes beside them ({pace:.0f} a second): {faults} without a "
        "promised write, or with a row or file that is not as in the source; "
        f"median {median(seconds):.2f} s, longest {max(seconds):.2f} s"
    )
    return faults


@contextmanager
def restored(copy: Path) -> Iterator[dict[str, Table]]:
    """The tables of a snapshot."""
    from sitebackend.backup import postgresql, snapshot

    if snapshot.engine() == "sqlite":
        yield tables_of_sqlite(copy)
        return
    with postgresql._trial_database() as name:
        postgresql._load(copy, before="", database=name)
        yield tables_of_postgresql(name)


def tables_of_sqlite(file: Path) -> dict[str, Table]:
    with closing(sqlite3.connect(file)) as database:
        return tables(database.cursor(), "SELECT name FROM sqlite_master WHERE type = 'table'")


def tables_of_postgresql(name: str) -> dict[str, Table]:
    import psycopg
    from django.db import connection

    with psycopg.connect(**connection.get_connection_params() | {"dbname": name}) as database:
        return tables(database.cursor(), "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")


def tables(cursor: Any, names: str) -> dict[str, Table]:
    cursor.execute(names)
    found: dict[str, Table] = {name: [] for (name,) in cursor.fetchall() if name not in OWN}
    for name in found:
        cursor.execute(f'SELECT * FROM "{name}"')  # noqa: S608 - the database's own names
        found[name] = sorted(map(tuple, cursor.fetchall()), key=repr)
    cursor.execute(f"SELECT name FROM {WRITTEN_BESIDE}")  # noqa: S608 - a name from above
    return found | {"names": cursor.fetchall()}


def differs(copy: dict[str, Table]) -> bool:
    """Every table as it is in the source; of the one that is written to, each row."""
    from django.db import connection

    from sitebackend.backup import snapshot

    file = snapshot.live_file()
    live = tables_of_sqlite(file) if file else tables_of_postgresql(connection.settings_dict["NAME"])
    moving = (WRITTEN_BESIDE, "names")
    still = all(copy[name] == live[name] for name in live if name not in moving)
    return not still or copy.keys() != live.keys() or not set(copy[WRITTEN_BESIDE]) <= set(live[WRITTEN_BESIDE])


def files_differ(folder: Path, unpacked: Path) -> bool:
    copies = {path.relative_to(unpacked / "files"): path for path in (unpacked / "files").rglob("*") if path.is_file()}
    pictures = {path.relative_to(folder / "var") for path in (folder / "var" / "media").iterdir()}
    return not pictures <= copies.keys() or any(
        copy.read_bytes() != (folder / "var" / name).read_bytes() for name, copy in copies.items()
    )


def refuse_damaged(folder: Path, secrets: dict[str, Any], count: int) -> int:
    from django.db import connections

    from sitebackend.backup import restore, services, signing
    from sitebackend.backup.failures import BackupFailed

    whole = folder / "disk" / services.create(now=datetime.now(UTC) + timedelta(days=1)).name
    content, faults, ours = whole.read_bytes(), 0, key(folder, secrets)
    connections.close_all()
    before = live_state(folder)
    for seed in range(count):
        dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
        whole.write_bytes(a_strangers(content, signing) if seed % FOREIGN == 0 else damaged(content, dice))
        try:
            restore.restore(whole, journal_number=0, **ours)
            faults += 1
        except BackupFailed:
            pass
        faults += any((folder / "var" / name).exists() for name in ("restore", "backup-work", "before-restore"))
    touched = live_state(folder) != before
    words = "damaged or foreign files: {} taken for whole or with plaintext left; live data touched: {}"
    print(count, words.format(faults, touched))  # noqa: T201
    return faults + touched


def a_strangers(content: bytes, signing: Any) -> bytes:
    """The same, encrypted to the right key and signed as it should be, with another signing key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    body = content[: -signing.SIGNATURE_LENGTH]
    return body + Ed25519PrivateKey.generate().sign(signing._message(hashlib.sha256(body).digest()))


def live_state(folder: Path) -> dict[str, str]:
    left_out = (".lock", "-wal", "-shm")
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (folder / "var").rglob("*")
        if path.is_file() and not path.name.endswith(left_out)
    }


def measure_large(folder: Path, submissions: int) -> None:
    from contact.models import Submission

    if missing := submissions - Submission.objects.count():
        manage("demo_data", "--submissions", str(missing))
    for old in (folder / "disk").glob("*.backup"):
        old.unlink()
    figures = [f"{submissions} submissions"]
    figures.append(f"create {manage('backup', 'create')}")
    [file] = (folder / "disk").glob("*.backup")
    figures.append(f"file {file.stat().st_size / 1e6:.0f} MB")
    figures.append(f"verify {manage('backup', 'verify', str(file))}")
    figures.append(f"verify --full {manage('backup', 'verify', '--full', str(file))}")
    figures.append(f"restore {manage('backup', 'restore', str(file), '--journal-number', '0', '--yes')}")
    print("; ".join(figures))  # noqa: T201


def manage(*arguments: str) -> str:
    """Run a command; gives how long it took and the most memory that it, or a program it ran, had at a time."""
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, ROOT / "manage.py", *arguments], stdout=subprocess.DEVNULL)
    _pid, status, usage = os.wait4(process.pid, 0)
    assert status == 0, arguments
    return f"{time.perf_counter() - began:.1f} s, {usage.ru_maxrss / 1024:.0f} MB of memory at most"


if __name__ == "__main__":
    sys.exit(main())
