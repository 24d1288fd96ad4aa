"""The erasure journal put together again from whatever copies of it are in reach.

What must never happen: a line that somebody's erasure stands on is missing, and nobody notices. So lines are
taken by their numbers from every copy, a whole journal or the pieces that were mailed, and each must fit the
chain from the first line on. A damaged line is no harm if another copy has it; a line that no copy has, or of
which two copies tell different things, is.
"""

import json
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from django.utils.translation import gettext as _

from sitebackend.privacy import journal_line
from sitebackend.privacy.journal_line import JournalDamaged

PATTERN = "erasures*.jsonl"  #: the journal itself, and what was saved from the mails


def beside(folder: Path) -> list[Path]:
    """The copies, and pieces of copies, in this folder."""
    return sorted(folder.glob(PATTERN)) if folder.is_dir() else []


def united(files: Iterable[Path]) -> bytes:
    """One whole journal; empty if nobody was ever erased. Raises JournalDamaged, OSError."""
    found = _by_number(files)
    whole: list[bytes] = []
    chain = ""
    while candidates := found.pop(len(whole) + 1, None):
        line, chain = _the_one(candidates, chain, len(whole) + 1)
        whole.append(line)
    if found:
        raise JournalDamaged(_("Line {number} of the erasure journal is in no copy.").format(number=len(whole) + 1))
    return b"".join(line + b"\n" for line in whole)


def _by_number(files: Iterable[Path]) -> dict[int, set[bytes]]:
    found: dict[int, set[bytes]] = {}
    for file in files:
        for line in _lines(file.read_bytes()):
            with suppress(ValueError, KeyError, TypeError):
                found.setdefault(int(json.loads(line)["number"]), set()).add(line)
    return found


def _lines(content: bytes) -> Iterator[bytes]:
    """Line ends as a mail program may have made them; the last one may be half-written."""
    return (line for line in content.replace(b"\r\n", b"\n").split(b"\n") if line)


def _the_one(candidates: Collection[bytes], chain: str, number: int) -> tuple[bytes, str]:
    fitting: list[tuple[bytes, str]] = []
    for line in candidates:
        with suppress(JournalDamaged):
            fitting.append((line, journal_line.parsed(line, chain, number)[1]))
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        words = _("Two copies of the erasure journal differ in line {number}. Put the wrong one out of reach.")
    else:
        words = _("Line {number} of the erasure journal was changed in every copy.")
    raise JournalDamaged(words.format(number=number))
