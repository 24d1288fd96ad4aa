"""The end of the consent ledger's chain, noted beside the erasure journal, outside the database.

What must never happen: somebody with a database shell cuts the newest entries off, or computes every link anew, and
the chain that is left looks whole. So the worker notes number and hash of the newest link here, and the ledger must
hold just that link ever after. A backup holds what was noted before its copy of the database began: the note is never
ahead of the database that it comes back with, and a restore of an older one is no alarm.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from sitebackend import whole_file

FILE_NAME = "consent-ledger-head"
_HEAD = re.compile(rb"(\d+) ([0-9a-f]{64})\n")


@dataclass(frozen=True, slots=True)
class Head:
    """A link: its number, and the hash over everything up to it."""

    number: int
    chain: str


NOBODYS = Head(0, "")  #: what a file says that was changed: no link is like it


def path() -> Path:
    return Path(settings.DATA_DIR) / "journal" / FILE_NAME


def content() -> bytes:
    """As it is kept in a backup; empty before anything was noted."""
    return path().read_bytes() if path().exists() else b""


def read() -> Head | None:
    """What was noted last; None: nothing yet."""
    noted = content()
    found = _HEAD.fullmatch(noted)
    if not found:
        return NOBODYS if noted else None
    return Head(int(found[1]), found[2].decode())


def write(head: Head) -> None:
    path().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    whole_file.write(path(), f"{head.number} {head.chain}\n".encode())
