"""What is staged takes the place of what is live, file by file, and can be taken back file by file.

What must never happen: a run that was killed leaves a mixture that nobody can sort out. So all the places are
written down before the first file is moved, each with whether something was there. Every step is a rename that
a repeated run finds done or does: forwards the live file moves to the old state and the staged one into its
place; backwards the old state moves into its place again. At any moment each file of the old state is either
where it was or in the old state's folder.
"""

import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections

from sitebackend.backup import gate, postgresql, snapshot

FILES, ENV = "files", "env"


@dataclass(frozen=True, slots=True)
class Place:
    """One file: its name among the staged and among the old ones, where it belongs, and whether one was there."""

    name: str
    live: str
    was_there: bool

    @property
    def staged(self) -> Path:
        return gate.folder() / self.name

    @property
    def kept(self) -> Path:
        return kept_folder() / self.name

    def forwards(self) -> None:
        if self.staged.exists():
            self.keep()
            Path(self.live).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.replace(self.staged, self.live)

    def keep(self) -> None:
        """What a first try kept is not overwritten by a second: what is live then came in between."""
        if not Path(self.live).exists():
            return
        if self.kept.exists():
            Path(self.live).unlink()
            return
        self.kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.replace(self.live, self.kept)

    def backwards(self) -> None:
        if not self.was_there:
            Path(self.live).unlink(missing_ok=True)
        elif self.kept.exists():
            os.replace(self.kept, self.live)


def kept_folder() -> Path:
    """Where the state before the restore lies."""
    return Path(settings.DATA_DIR) / "before-restore"


def prepare() -> list[dict[str, Any]]:
    """Make room for the old state and write down every place. A PostgreSQL database is dumped there.

    Raises what a snapshot raises.
    """
    shutil.rmtree(kept_folder(), ignore_errors=True)
    kept_folder().mkdir(mode=0o700)
    if snapshot.engine() == "postgresql":
        snapshot.take(kept_folder() / snapshot.MEMBER)
    return [asdict(place) for place in _places()]


def forwards(recorded: Iterable[dict[str, Any]]) -> None:
    """Put everything staged into place. Raises OSError, ToolFailed."""
    connections.close_all()
    staged, live = gate.folder() / snapshot.MEMBER, snapshot.live_file()
    if staged.exists() and live is None:
        postgresql.put_back(staged)
        staged.unlink()
    elif staged.exists() and live:
        for place in _beside_database(live):
            place.keep()
    for facts in recorded:
        Place(**facts).forwards()


def backwards(recorded: Iterable[dict[str, Any]]) -> None:
    """Put everything back as it was. Raises OSError, ToolFailed."""
    connections.close_all()
    kept, live = kept_folder() / snapshot.MEMBER, snapshot.live_file()
    if live is None:
        postgresql.put_back(kept)
    elif kept.exists():
        for place in _beside_database(live):  # what lies there now belongs to the restored database
            Path(place.live).unlink(missing_ok=True)
    for facts in recorded:
        Place(**facts).backwards()


def _places() -> list[Place]:
    """SQLite's database first: the pages that it keeps beside the file belong to just this file."""
    places: list[Place] = []
    if live := snapshot.live_file():
        places = [_place(snapshot.MEMBER, live), *_beside_database(live)]
    for path in sorted((gate.folder() / FILES).rglob("*")):
        if path.is_file():
            inside = path.relative_to(gate.folder() / FILES)
            places.append(_place(f"{FILES}/{inside}", Path(settings.DATA_DIR) / inside))
    if (gate.folder() / ENV).exists():
        places.append(_place(ENV, Path(settings.ENV_FILE)))
    return places


def _beside_database(live: Path) -> list[Place]:
    return [_place(snapshot.MEMBER + end, live.with_name(live.name + end)) for end in ("-wal", "-shm")]


def _place(name: str, live: Path) -> Place:
    return Place(name, str(live), live.exists())
