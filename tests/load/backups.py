"""Backups while the site is written to, and damaged backups: `uv run python -m tests.load.backups`.

100 backups, each under 50 writes a second: every one must restore with its integrity intact and hold every
write that was acknowledged before it began. Then 1,000 damaged copies of the last one: all must be refused,
with nothing of the plaintext left. Prints what it counted and measured; exit code 1 if anything is not so.
"""

import argparse
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from tests.backup.damage import damaged
from tests.running_site import ROOT

WRITES_PER_SECOND = 50


class Writer(threading.Thread):
    """Writes rows at a steady pace; `acknowledged` are those whose transaction was committed."""

    def __init__(self, database: Path) -> None:
        super().__init__(daemon=True)
        self.database = database
        self.acknowledged: list[str] = []
        self.ended = threading.Event()

    def run(self) -> None:
        with closing(sqlite3.connect(self.database, timeout=30, isolation_level=None)) as database:
            database.execute("PRAGMA synchronous=FULL")
            while not self.ended.wait(1 / WRITES_PER_SECOND):
                name = f"write-{len(self.acknowledged)}"
                database.execute(
                    "INSERT INTO sitebackend_workerjob (name, last_run, failure) VALUES (?, '2026-01-01 00:00:00', '')",
                    (name,),
                )
                self.acknowledged.append(name)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backups", type=int, default=100)
    parser.add_argument("--damaged", type=int, default=1000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sb-") as folder:
        secrets = set_up(Path(folder))
        import django

        django.setup()
        faults = back_up_under_writes(Path(folder), secrets, arguments.backups)
        faults += refuse_damaged(Path(folder), arguments.damaged)
    return 1 if faults else 0


def set_up(folder: Path) -> dict[str, Any]:
    """A site of its own, whose settings this process then has."""
    (folder / "disk").mkdir()
    os.environ |= {
        "ENV_FILE": str(folder / ".env"),
        "DATA_DIR": str(folder / "var"),
        "BACKUP_TARGETS": str(folder / "disk"),
        "DJANGO_SETTINGS_MODULE": "sitebackend.settings",
    }
    secrets: dict[str, Any] = json.loads(
        subprocess.run(
            [sys.executable, ROOT / "manage.py", "quickstart", "--no-serve", "--json"],
            check=True,
            stdout=subprocess.PIPE,
        ).stdout
    )
    return secrets


def back_up_under_writes(folder: Path, secrets: dict[str, Any], count: int) -> int:
    from sitebackend.backup import services, signing

    writer = Writer(folder / "var" / "site.sqlite3")
    writer.start()
    seconds, faults, now = [], 0, datetime.now(UTC)
    for number in range(count):
        promised = set(writer.acknowledged)
        began = time.perf_counter()
        backup = services.create(now=now + timedelta(seconds=number))
        seconds.append(time.perf_counter() - began)
        unpacked = Path(tempfile.mkdtemp(dir=folder))
        services.unpack_checked(
            folder / "disk" / backup.name,
            unpacked,
            public_key=signing.public_key(),
            secret_key=(folder / "var" / "keys" / "operator-secret.asc").read_bytes(),
            passphrase=secrets["operator_key_passphrase"],
        )
        faults += bool(promised - written(unpacked / "database"))
    writer.ended.set()
    print(  # noqa: T201
        f"{count} backups, {len(writer.acknowledged)} writes beside them: {faults} without a promised write; "
        f"median {median(seconds):.2f} s, longest {max(seconds):.2f} s"
    )
    return faults


def written(database: Path) -> set[str]:
    with closing(sqlite3.connect(database)) as snapshot:
        return {name for (name,) in snapshot.execute("SELECT name FROM sitebackend_workerjob")}


def refuse_damaged(folder: Path, count: int) -> int:
    from sitebackend.backup import services, signing

    whole = max((folder / "disk").glob("*.backup"))
    content, faults = whole.read_bytes(), 0
    for seed in range(count):
        whole.write_bytes(damaged(content, random.Random(seed)))  # noqa: S311 - repeatable on purpose
        try:
            services.verify(whole, public_key=signing.public_key())
            faults += 1
        except services.BackupFailed:
            pass
    left = (folder / "var" / "backup-work").exists()
    print(f"{count} damaged files: {faults} taken for whole; plaintext left: {left}")  # noqa: T201
    return faults + left


if __name__ == "__main__":
    sys.exit(main())
