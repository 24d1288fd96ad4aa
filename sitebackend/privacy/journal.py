"""The erasure journal: what must not come back by a restore, outside the database that is restored.

What must never happen: a backup brings back a person who was erased. So before anything is destroyed its
random keys stand in a numbered file beside the database, forced to the disk, copied to every backup medium
within reach, and mailed to the operator. It holds random UUIDs, holdings and times: nobody's data.

Everybody writes and reads lines here; what a line says is `journal_line`, where they are stored `journal_file`.
A changed, lost or inserted line is noticed.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from sitebackend import node, whole_file
from sitebackend.privacy.journal_file import JournalFile
from sitebackend.privacy.journal_line import FILE_NAME as FILE_NAME
from sitebackend.privacy.journal_line import Cause as Cause
from sitebackend.privacy.journal_line import Entry as Entry
from sitebackend.privacy.journal_line import JournalDamaged as JournalDamaged
from sitebackend.privacy.journal_line import Mark as Mark

ROWS_PER_LINE = 200
TOLD_FILE_NAME = "told"
_ERASING = 0x45524153  # PostgreSQL's advisory lock of those who erase: any number that nobody else takes


def path() -> Path:
    return Path(settings.DATA_DIR) / "journal" / FILE_NAME


def append(
    steps: Sequence[tuple[str, str, Collection[UUID]]],
    *,
    now: datetime,
    cause: Cause = Cause.PERSON,
    mark: Mark | None = None,
) -> int:
    """Write (source, action, rows) of each step to the disk; gives the journal's last number.

    `mark` is what was promised about these rows. Who names no cause acts on a person's word, which no restore may
    leave out. Raises OSError if the journal cannot be written, JournalDamaged if it is not whole, node.Elsewhere if
    the database is another folder's: nothing may be destroyed then.
    """
    if connection.in_atomic_block:  # whoever destroys rows is in a transaction
        node.require()
    _stay_until_the_transaction_ends()
    written_by = node.own_name()
    lines = [Entry(0, now, *piece, cause, written_by, mark) for piece in _in_pieces(steps)]
    with _store().locked():
        number = _store().add(lines)
        _copy_to_targets()
    return number


def _store() -> JournalFile:
    """Where this site keeps its lines. For a restore only the copies outside the database count."""
    return JournalFile(path())


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
    return (JournalFile(file) if file else _store()).entries()


def raw(first: int, last: int) -> bytes:
    """These lines as they stand in the file, to be kept elsewhere. Raises JournalDamaged."""
    entries()
    return b"".join(path().read_bytes().splitlines(keepends=True)[first - 1 : last])


def position() -> int:
    """The number of the last line; 0: nothing was ever erased."""
    known = entries()
    return known[-1].number if known else 0


def newest_number() -> int:
    """The number of the last line, the others unread: cheap enough to be asked every second. Raises JournalDamaged."""
    return _store().newest_number()


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
    with _store().locked():
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


def _in_pieces(
    steps: Sequence[tuple[str, str, Collection[UUID]]],
) -> Iterator[tuple[str, str, tuple[UUID, ...]]]:
    for source, action, rows in steps:
        ordered = sorted(rows)
        for start in range(0, len(ordered), ROWS_PER_LINE):
            yield source, action, tuple(ordered[start : start + ROWS_PER_LINE])
