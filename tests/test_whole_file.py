"""A file is whole or was never there, whatever happens to its writer."""

import multiprocessing
import os
import signal
from pathlib import Path
from typing import IO

import pytest

from sitebackend import whole_file


def test_it_holds_just_what_was_given_and_only_the_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    whole_file.write(path, b"longer than what comes")
    whole_file.write(path, b"short")
    assert path.read_bytes() == b"short"
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["file"]


def _fill(path: Path, full: IO[bytes]) -> None:
    with whole_file.replacing(path) as file:
        file.write(b"half")
        full.write(b"no room for this")


def test_a_writer_that_fails_leaves_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    whole_file.write(path, b"before")
    with open("/dev/full", "wb", buffering=0) as full, pytest.raises(OSError, match="No space left"):
        _fill(path, full)
    assert path.read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["file"]


def _die_writing(path: Path) -> None:
    with whole_file.replacing(path) as file:
        file.write(b"half")
        file.flush()
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_writer_leaves_what_was_there_and_a_stray_that_is_swept(tmp_path: Path) -> None:
    path, other = tmp_path / "file", tmp_path / ".other.abc.part"
    whole_file.write(path, b"before")
    other.write_bytes(b"of somebody who writes just now")
    process = multiprocessing.get_context("fork").Process(target=_die_writing, args=(path,))
    process.start()
    process.join()
    assert path.read_bytes() == b"before"
    assert len(os.listdir(tmp_path)) == 3
    whole_file.sweep(tmp_path, "file")
    assert sorted(os.listdir(tmp_path)) == [".other.abc.part", "file"]


def test_what_is_new_never_takes_the_place_of_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "key"
    assert whole_file.write_new(path, b"first") is True
    assert whole_file.write_new(path, b"second") is False
    assert path.read_bytes() == b"first"
    assert os.listdir(tmp_path) == ["key"]


def test_no_folder_is_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        whole_file.write(tmp_path / "absent" / "file", b"")
    assert os.listdir(tmp_path) == []
