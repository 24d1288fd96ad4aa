"""The new state takes the place of the old one; killed at any rename, it can be completed and taken back."""

import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from sitebackend.backup import gate, snapshot, swap

OLD = {"site.sqlite3": "old", "site.sqlite3-wal": "old log", "keys/a": "old key", "media/gone-from-backup": "stays"}
NEW = {"database": "new", "files/keys/a": "new key", "files/media/b": "new picture", "env": "new settings"}
AFTERWARDS = {
    "site.sqlite3": "new",
    "keys/a": "new key",
    "media/b": "new picture",
    "media/gone-from-backup": "stays",
    "settings": "new settings",
}


@pytest.fixture
def data(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A live state, and a staged one beside it."""
    folder = tmp_path / "data"
    settings.DATA_DIR, settings.ENV_FILE = folder, folder / "settings"
    monkeypatch.setattr(snapshot, "live_file", lambda: folder / "site.sqlite3")
    monkeypatch.setattr(snapshot, "engine", lambda: "sqlite")
    monkeypatch.setattr(swap.connections, "close_all", lambda: None)  # the test's own database is another one
    write(folder, OLD)
    write(gate.folder(), NEW)
    return folder


def write(folder: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)


def live(folder: Path) -> dict[str, str]:
    beside = ("restore", "before-restore")
    names = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_text() for name, path in names.items() if not name.startswith(beside)}


def killed_after(number: int, step: Callable[[Any], None], places: Any) -> bool:
    """Run `step` in a process that dies after so many renames; False if it ended before that."""

    def run() -> None:
        left, rename = [number], os.replace

        def deadly(source: Any, target: Any) -> None:
            rename(source, target)
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

        os.replace = deadly  # type: ignore[assignment]
        step(places)

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    process.join()
    return process.exitcode == -signal.SIGKILL


def test_forwards_everything_is_new_and_the_old_state_lies_beside(data: Path) -> None:
    swap.forwards(swap.prepare())
    assert live(data) == AFTERWARDS
    assert (swap.kept_folder() / "database").read_text() == "old"
    assert (swap.kept_folder() / "database-wal").read_text() == "old log"


def test_backwards_everything_is_old_again(data: Path) -> None:
    places = swap.prepare()
    swap.forwards(places)
    (data / "site.sqlite3-wal").write_text("log of the new one")
    swap.backwards(places)
    assert live(data) == OLD


@pytest.mark.parametrize("number", range(1, 8))
def test_killed_forwards_it_can_be_completed_and_taken_back(data: Path, tmp_path: Path, number: int) -> None:
    places = swap.prepare()
    assert killed_after(number, swap.forwards, places) == (number < 8)
    shutil.copytree(data, tmp_path / "as killed")
    swap.backwards(places)
    assert live(data) == OLD

    shutil.rmtree(data)
    shutil.move(tmp_path / "as killed", data)
    swap.forwards(places)
    assert live(data) == AFTERWARDS


@pytest.mark.parametrize("number", range(1, 4))
def test_killed_backwards_it_is_taken_back_by_the_next_try(data: Path, number: int) -> None:
    places = swap.prepare()
    swap.forwards(places)
    (data / "site.sqlite3-wal").write_text("log of the new one")
    assert killed_after(number, swap.backwards, places)
    swap.backwards(places)
    assert live(data) == OLD


def test_where_there_was_no_database_there_is_none_again(data: Path) -> None:
    for name in ("site.sqlite3", "site.sqlite3-wal"):
        (data / name).unlink()
    places = swap.prepare()
    swap.forwards(places)
    (data / "site.sqlite3-shm").write_text("of the new one")
    swap.backwards(places)
    assert live(data) == {name: content for name, content in OLD.items() if "sqlite3" not in name}
