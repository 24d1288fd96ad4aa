"""The mails of a site that is tried out: its mailer writes them into a folder."""

import re
from pathlib import Path

_END = re.compile(rb"^-{79}\n", re.MULTILINE)


def mails_in(folder: Path) -> list[bytes]:
    """Every mail by itself: Django names a file by the second and an object's address, so two may share one."""
    files = sorted(folder.glob("*"))
    return [mail for file in files for mail in _END.split(file.read_bytes()) if mail.strip()]
