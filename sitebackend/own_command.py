"""Programs of the operator's own, as the settings name them.

What must never happen: a shell reads what stands in a name, a program hangs for ever, or it inherits our secrets.
So it is called with words, in a process group that ends with its time, with an environment without our settings.
"""

import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence

from django.conf import settings
from django.utils.translation import gettext as _

LONGEST_REASON = 160  # bytes


class CommandFailed(Exception):
    """It could not be run, took too long, or said no; the message ends with its last line."""


def run(command: Sequence[str], *, seconds: float, given: bytes = b"") -> None:
    """Run it with `given` on its standard input. Raises CommandFailed."""
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(
                command,
                env=_environment(),
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise CommandFailed(f"{command[0]}: {error.strerror}") from error
        try:
            process.communicate(given, timeout=seconds)
        except subprocess.TimeoutExpired as error:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            words = _("{command} took longer than {seconds:.0f} seconds")
            raise CommandFailed(words.format(command=command[0], seconds=seconds)) from error
        if process.returncode:
            said.seek(max(said.tell() - LONGEST_REASON, 0))
            last = said.read().decode(errors="replace").strip().rpartition("\n")[2]
            words = _("{command} ended with code {code}: {last}")
            raise CommandFailed(words.format(command=command[0], code=process.returncode, last=last or "–"))


def _environment() -> dict[str, str]:
    secret = {name for setting in settings.SETTING_NAMES for name in (setting, f"{setting}_FILE")}
    return {name: value for name, value in os.environ.items() if name not in secret}
