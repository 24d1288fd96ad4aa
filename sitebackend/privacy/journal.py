"""The erasure journal: what must not come back by a restore, outside the database that is restored.

What must never happen: a backup brings back a person who was erased. So before anything is destroyed its
random keys stand in a numbered file beside the database, forced to the disk, copied to every backup medium
within reach, and mailed to the operator. It holds random UUIDs, holdings and times: nobody's data.

One JSON object a line. `chain` is a hash over the line and the one before it: a changed, lost or inserted
line is noticed. A line that a power cut left half-written was never acted upon, and is cut off.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from sitebackend import node, whole_file

ROWS_PER_LINE = 200
LONGEST_LINE = 32 * 1024  # bytes: so many rows are 8 KB
FILE_NAME = "erasures.jsonl"
TOLD_FILE_NAME = "told"
_ERASING = 0x45524153  # PostgreSQL's advisory lock of those who erase: any number that nobody else takes


class JournalDamaged(Exception):
    """The journal is not what was written; the message names file and line."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: `action` (of registry.Action) was done to these rows of the holding `source`."""

    number: int
    at: datetime
    source: str
    action: str
    rows: tuple[UUID, ...]


def path() -> Path:
    return Path(settings.DATA_DIR) / "journal" / FILE_NAME


def append(steps: Sequence[tuple[str, str, Collection[UUID]]], *, now: datetime) -> int:
    """Write (source, action, rows) of each step to the disk; gives the journal's last number.

    Raises OSError if the journal cannot be written, JournalDamaged if it is not whole, node.Elsewhere if the
    database is another folder's: nothing may be destroyed then.
    """
    if connection.in_atomic_block:  # whoever destroys rows is in a transaction
        node.require()
    _stay_until_the_transaction_ends()
    with _locked() as file:
        lines = _lines(file)
        number, chain = (lines[-1][0].number, lines[-1][1]) if lines else (0, "")
        for source, action, rows in _in_pieces(steps):
            number += 1
            chain = _write(file, chain, number=number, at=now, source=source, action=action, rows=rows)
        whole_file.force(file)
        _copy_to_targets()
    return number


@contextmanager
def standing_still() -> Iterator[Callable[[], None]]:
    """While this is open nobody is between a line of the journal and the end of the transaction it belongs to.

    So whoever begins to read the database here sees every line up to `position` carried out, or given up. It
    ends with the block, or before it by calling what is given. Others who erase wait meanwhile.
    """
    if connection.vendor == "sqlite":  # whoever erases has had the one right to write since before the line
        with transaction.atomic():
            yield lambda: None
        return
    with ExitStack() as lock, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_ERASING])
        lock.callback(cursor.execute, "SELECT pg_advisory_unlock(%s)", [_ERASING])
        yield lock.close


def _stay_until_the_transaction_ends() -> None:
    """Let `standing_still` wait for this transaction."""
    if connection.vendor == "postgresql" and connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_ERASING])


def entries(file: Path | None = None) -> list[Entry]:
    """The lines of the journal, or of a copy of it. Raises JournalDamaged."""
    file = file or path()
    if not file.exists():
        return []
    with file.open("rb") as opened:
        return [entry for entry, _chain in _lines(opened)]


def raw(first: int, last: int) -> bytes:
    """These lines as they stand in the file, to be kept elsewhere. Raises JournalDamaged."""
    entries()
    return b"".join(path().read_bytes().splitlines(keepends=True)[first - 1 : last])


def position() -> int:
    """The number of the last line; 0: nothing was ever erased."""
    known = entries()
    return known[-1].number if known else 0


def newest_number() -> int:
    """The number on the last whole line, the others unread: cheap enough to be asked every second.

    Raises JournalDamaged if that is no line.
    """
    if not path().exists():
        return 0
    with path().open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 2 * LONGEST_LINE))
        whole = file.read().rpartition(b"\n")[0]
    try:
        return int(json.loads(whole.rpartition(b"\n")[2])["number"]) if whole else 0
    except (ValueError, KeyError, TypeError) as error:
        raise JournalDamaged(f"{FILE_NAME}: the last line is not a line of the journal") from error


def told_position() -> int:
    """The number up to which the operator was told by mail."""
    told = path().with_name(TOLD_FILE_NAME)
    return int(told.read_text()) if told.exists() else 0


def mark_told(number: int) -> None:
    whole_file.write(path().with_name(TOLD_FILE_NAME), str(number).encode())


def copy_to_targets() -> list[Path]:
    """Bring the copy on every backup medium up to date; gives the media that are out of reach.

    A copy that knows more than the journal is left alone: it is what a restore needs.
    """
    if not path().exists():
        return []
    with _locked():
        return _copy_to_targets()


def _copy_to_targets() -> list[Path]:
    """With the journal locked: of two that copy at the same time, the one with less must not come last."""
    content = path().read_bytes()
    return [folder for folder in settings.BACKUP_TARGETS if content and not _copied(content, folder / FILE_NAME)]


def _copied(content: bytes, target: Path) -> bool:
    try:
        old = target.read_bytes() if target.exists() else b""
        if old != content and content.startswith(old):
            whole_file.sweep(target.parent, target.name)
            whole_file.write(target, content)
    except OSError:
        return False
    return content.startswith(old)


@contextmanager
def _locked() -> Iterator[IO[bytes]]:
    path().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path(), os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _lines(file: IO[bytes]) -> list[tuple[Entry, str]]:
    """The whole lines, each with its chain; a half-written last one is cut off if the file is open for writing."""
    content = file.read()
    whole = content[: content.rfind(b"\n") + 1]
    if file.writable():
        file.truncate(len(whole))
        file.seek(len(whole))
    found: list[tuple[Entry, str]] = []
    for line in whole.splitlines():
        found.append(parsed(line, found[-1][1] if found else "", len(found) + 1))
    return found


def parsed(line: bytes, chain: str, number: int) -> tuple[Entry, str]:
    """One line and its chain, if it is line `number` and `chain` that of the line before. Raises JournalDamaged."""
    try:
        facts = json.loads(line)
        claimed = facts.pop("chain")
        fits = facts["number"] == number and claimed == _chain(chain, facts)
        rows = tuple(UUID(row) for row in facts["rows"])
        at = datetime.fromisoformat(facts["at"])
    except (ValueError, KeyError, TypeError) as error:
        raise JournalDamaged(f"{FILE_NAME}, line {number}: not a line of the journal") from error
    if not fits:
        raise JournalDamaged(f"{FILE_NAME}, line {number}: changed, lost or inserted")
    return Entry(number=number, at=at, source=facts["source"], action=facts["action"], rows=rows), claimed


def _in_pieces(
    steps: Sequence[tuple[str, str, Collection[UUID]]],
) -> Iterator[tuple[str, str, list[UUID]]]:
    for source, action, rows in steps:
        ordered = sorted(rows)
        for start in range(0, len(ordered), ROWS_PER_LINE):
            yield source, action, ordered[start : start + ROWS_PER_LINE]


def _write(
    file: IO[bytes], chain: str, *, number: int, at: datetime, source: str, action: str, rows: list[UUID]
) -> str:
    facts = {
        "number": number,
        "at": at.isoformat(),
        "source": source,
        "action": str(action),
        "rows": [str(row) for row in rows],
    }
    chain = _chain(chain, facts)
    file.write(json.dumps(facts | {"chain": chain}).encode() + b"\n")
    return chain


def _chain(before: str, facts: dict[str, object]) -> str:
    return hashlib.sha256(f"{before}\n{json.dumps(facts, sort_keys=True)}".encode()).hexdigest()
