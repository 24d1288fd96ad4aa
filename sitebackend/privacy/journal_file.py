"""The lines of the erasure journal in a file: one way to store them, behind what `journal` needs.

What must never happen: two processes write a line of the same number, or a line that a power cut left
half-written counts. So whoever writes holds the file's lock, and a half-written last line, which was never
acted upon, is cut off.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO

from sitebackend import whole_file
from sitebackend.privacy import journal_line
from sitebackend.privacy.journal_line import Entry


class JournalFile:
    """The journal in this file, which need not exist yet."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self) -> list[Entry]:
        """All lines, each judged by the chain. Raises JournalDamaged."""
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            return [entry for entry, _chain in _lines(file)]

    def newest_number(self) -> int:
        """The number on the last whole line, without a look at the others. Raises JournalDamaged."""
        if not self.path.exists():
            return 0
        with self.path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 2 * journal_line.LONGEST))
            whole = file.read().rpartition(b"\n")[0]
        return journal_line.number_of(whole.rpartition(b"\n")[2]) if whole else 0

    def add(self, entries: list[Entry]) -> int:
        """Write these after the last line, numbered on, to the disk; gives the last number.

        Within `locked`. Raises OSError, JournalDamaged.
        """
        with self.path.open("r+b") as file:
            known = _lines(file)
            number, chain = (known[-1][0].number, known[-1][1]) if known else (0, "")
            for entry in entries:
                number += 1
                line, chain = journal_line.written(replace(entry, number=number), chain)
                file.write(line)
            whole_file.force(file)
        return number

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else writes, or copies, meanwhile."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _lines(file: IO[bytes]) -> list[tuple[Entry, str]]:
    """The whole lines, each with its chain; a half-written last one is cut off if the file is open for writing."""
    content = file.read()
    whole = content[: content.rfind(b"\n") + 1]
    if file.writable():
        file.truncate(len(whole))
        file.seek(len(whole))
    return journal_line.chained(whole)
