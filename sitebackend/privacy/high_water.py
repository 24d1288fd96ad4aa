"""Numbers that only rise, kept outside the database: a restore must not give one of them a second time.

A customer number that was given after the backup was made may stand on an invoice. So the highest one lies
beside the erasure journal and on every backup medium within reach, and whoever gives numbers asks here first.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from sitebackend import node, whole_file

CUSTOMER_NUMBER = "highest-customer-number"
NAMES = (CUSTOMER_NUMBER,)


def read(name: str, also: Sequence[Path] = ()) -> int:
    """The highest number that any copy in reach, or in the folders `also`, knows of; 0: none was ever given."""
    return max(_read(folder / name) for folder in (*_folders(), *also))


def rise(name: str, number: int) -> None:
    """Write the number down before it is used.

    Raises OSError if the site's own copy cannot be written, node.Elsewhere if the database is another folder's.
    """
    node.require()
    own, *media = _folders()
    own.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(own / name, number)
    for folder in media:
        try:
            _write(folder / name, number)
        except OSError:  # an absent medium gets it with the next number
            continue


def carry_over(folder: Path, also: Sequence[Path] = ()) -> None:
    """Before a restore: let the restored copies in `folder` know at least what is known now, and in `also`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in NAMES:
        _write(folder / name, read(name, also))


def _folders() -> list[Path]:
    return [Path(settings.DATA_DIR) / "journal", *settings.BACKUP_TARGETS]


def _read(path: Path) -> int:
    try:
        content = path.read_text()
    except OSError:
        return 0
    return int(content) if re.fullmatch(r"\d+\n", content) else 0


def _write(path: Path, number: int) -> None:
    if _read(path) >= number:
        return
    whole_file.write(path, f"{number}\n".encode())
