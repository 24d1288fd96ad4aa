"""The operator's own command that carries a backup elsewhere: to a rented server, a cloud, whatever it knows.

What must never happen: a name is taken for a command, or the command learns the site's secrets. So the setting
is cut into words once, without a shell (sitebackend.own_command), and `{file}` and `{name}` are replaced inside
the words. What it carries is encrypted and signed; whether it arrived only the command's exit code tells. What
lies there goes after BACKUP_MAX_AGE_DAYS by that place's own rules.
"""

import re
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.cache import cache

from sitebackend import own_command, whole_file
from sitebackend.backup.failures import BackupFailed
from sitebackend.privacy import journal

MEDIUM = "BACKUP_UPLOAD_COMMAND"  #: how it is called among the media
LONGEST = 6 * 60 * 60  # seconds
UPLOADED_FILE_NAME = "uploaded"
_PAUSE, PAUSE_AFTER_FAILURE = "backup.upload.pause", 10 * 60  # seconds


def is_set() -> bool:
    return bool(settings.BACKUP_UPLOAD_COMMAND)


def carry(backup: Path) -> None:
    """Hand over the erasure journal, then the backup. Raises BackupFailed."""
    _carry_journal()
    _run(backup)


def carry_journal_if_grown(now: datetime) -> int:
    """Worker job: what was erased must be known wherever backups lie; gives 1 if the journal was handed over."""
    if not is_set() or cache.get(_PAUSE) or journal_position() >= journal.position():
        return 0
    try:
        _carry_journal()
    except BackupFailed:
        cache.set(_PAUSE, 1, PAUSE_AFTER_FAILURE)
        return 0
    return 1


def journal_position() -> int:
    """The last line of the erasure journal that was handed over."""
    file = journal.path().with_name(UPLOADED_FILE_NAME)
    return int(file.read_text()) if file.exists() else 0


def _carry_journal() -> None:
    if number := journal.position():
        _run(journal.path())
        whole_file.write(journal.path().with_name(UPLOADED_FILE_NAME), str(number).encode())


def _run(file: Path) -> None:
    command = [_filled_in(word, file) for word in settings.BACKUP_UPLOAD_COMMAND]
    try:
        own_command.run(command, seconds=LONGEST)
    except own_command.CommandFailed as error:
        raise BackupFailed(str(error)) from error


def _filled_in(word: str, file: Path) -> str:
    """In one go: what stands in a file's name is never filled in again."""
    values = {"{file}": str(file), "{name}": file.name}
    return re.sub(r"\{(?:file|name)\}", lambda match: values[match[0]], word)
