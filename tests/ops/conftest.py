"""Sites in processes of their own, made once and copied: a set-up takes seconds."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.running_site import PATIENCE, ROOT


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"place", "made", "made_once"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.journey)


@dataclass
class Place:
    """A folder with a site's `.env` and data, and how `manage.py` runs there."""

    folder: Path
    tree: Path = ROOT
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def env_file(self) -> Path:
        return self.folder / ".env"

    @property
    def data(self) -> Path:
        return self.folder / "var"

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        own = {"HOME": str(self.folder), "ENV_FILE": str(self.env_file), "DATA_DIR": str(self.data)}
        return {**kept, **own, **self.extra}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, str(self.tree / "manage.py"), *arguments]

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            env=self.environment | settings,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments), env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An empty place."""
    return Place(tmp_path)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, subprocess.CompletedProcess[str]]:
    """A place where quickstart ran once, and what it printed; not to be changed."""
    place = Place(tmp_path_factory.mktemp("made"))
    done = place.run("quickstart", "--no-serve", "--json")
    assert done.returncode == 0, done.stderr
    return place, done


@pytest.fixture
def made(made_once: tuple[Place, subprocess.CompletedProcess[str]], tmp_path: Path) -> Iterator[Place]:
    """A copy of it, to do with as one likes. Paths in its `.env` are its own."""
    original, _done = made_once
    copy = Place(tmp_path / "copy")
    shutil.copytree(original.folder, copy.folder)
    text = copy.env_file.read_text().replace(str(original.folder), str(copy.folder))
    copy.env_file.write_text(text)
    yield copy
    shutil.rmtree(copy.folder)
