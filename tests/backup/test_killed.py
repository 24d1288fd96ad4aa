"""Killed at any step, a backup costs nothing: what lay on the media is whole, and the next one cleans up."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from pytest_django import Settings

from sitebackend import whole_file
from sitebackend.backup import container, media, members, services, signing, snapshot, work
from sitebackend.backup.models import Backup

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BEFORE, AFTER = "before", "after"
#: Where the process dies: whose attribute, which, and on which side of the call.
DEATHS: dict[str, tuple[Any, str, str]] = {
    "before the database is copied": (snapshot, "take", BEFORE),
    "the database is copied": (snapshot, "take", AFTER),
    "half of the members are packed": (members, "_add", AFTER),
    "all is packed, gpg still runs": (members, "pack", AFTER),
    "encrypted, not signed": (signing, "sign", BEFORE),
    "signed": (container, "write", AFTER),
    "written to the first medium, under no name yet": (whole_file, "force", AFTER),
    "under its name on the first medium": (whole_file, "sync_folder", AFTER),
    "read back from the first, not yet on the second": (media, "put", AFTER),
    "on both, before its row": (services, "_distribute", AFTER),
}


def _die(death: str) -> None:
    connections["default"] = connections["default"].copy()  # a process never shares another one's connection
    place, name, side = DEATHS[death]
    original: Callable[..., Any] = getattr(place, name)

    def deadly(*args: Any, **kwargs: Any) -> None:
        if side == AFTER:
            original(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(place, name, deadly)
    services.create(now=NOW)


@pytest.mark.parametrize("death", DEATHS)
def test_killed_in_create(on_disk: Path, media: list[Path], settings: Settings, death: str) -> None:
    before = services.create(now=NOW - timedelta(days=1))
    process = multiprocessing.get_context("fork").Process(target=_die, args=(death,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert Backup.objects.get() == before
    for folder in media:
        assert before.name in [path.name for path in folder.glob("*.backup")]
        for path in folder.glob("*.backup"):
            container.check(path, public_key=signing.public_key())

    work.sweep(NOW)
    assert not (settings.DATA_DIR / "backup-work").exists()
    after = services.create(now=NOW + timedelta(minutes=1))
    assert after.media == [str(folder) for folder in media]
    for folder in media:
        assert [path.name for path in folder.iterdir() if path.suffix != ".backup"] == []
