"""What the thanks page promised survives kill -9 of everything at the worst moment: the mail still goes out."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.running_site import RunningSite, site

FIELDS = {
    "name": "Hauke Brömmelmeier",
    "street": "Am Wehr 3",
    "postal_code": "31785",
    "city": "Hameln",
    "phone": "05151 5550123",
    "email": "hauke@example.org",
    "message": "Nach dem Gewitter ist das Netz weg.\r\nBitte „dringend“ melden 🙏",
}
STORED = """
from contact.models import Submission
print(*Submission.objects.values_list("reference", flat=True))
"""


@pytest.fixture
def running() -> Iterator[RunningSite]:
    """A site of its own: it is killed."""
    with site() as made:
        yield made


def family(running: RunningSite) -> list[int]:
    """The server that listens at the site's address, its web process and its worker."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(maxsplit=2) for line in listed.splitlines()]
    servers = {int(pid) for pid, _parent, command in rows if f"serve --bind {running.address}" in command}
    return sorted(servers | {int(pid) for pid, parent, _command in rows if int(parent) in servers})


def worker_of(running: RunningSite) -> int:
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(maxsplit=2) for line in listed.splitlines() if " worker --supervised-by=" in line]
    return next(int(pid) for pid, parent, _command in rows if int(parent) in family(running))


def kill_everything(running: RunningSite) -> None:
    for pid in family(running):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:  # it went with its parent
            continue
    running.stop(signal.SIGKILL)


def mails_about(running: RunningSite, reference: str) -> list[str]:
    return [text for text in map(bytes.decode, running.mails) if f"X-Reference: {reference}" in text]


def test_a_submission_whose_mail_had_not_gone_out_is_mailed_after_the_restart(running: RunningSite) -> None:
    os.kill(running.wait_for(lambda: worker_of(running)), signal.SIGSTOP)
    reference = running.send(FIELDS).headers["X-Reference"]
    kill_everything(running)
    assert mails_about(running, reference) == []
    assert running.shell(STORED).split() == [reference]

    running.start()
    (mail,) = running.wait_for(lambda: mails_about(running, reference))
    assert "hauke@example.org" in mail


def test_killed_right_after_each_thanks_page_nothing_is_lost(running: RunningSite) -> None:
    references = []
    for _attempt in range(3):
        references.append(running.send(FIELDS).headers["X-Reference"])
        kill_everything(running)
        running.start()
    assert sorted(running.shell(STORED).split()) == sorted(references)
    for reference in references:
        assert running.wait_for(lambda wanted=reference: mails_about(running, wanted))


def test_after_the_kill_nobody_of_the_family_is_left(running: RunningSite) -> None:
    before = family(running)
    assert len(before) == 3
    os.kill(before[0], signal.SIGKILL)  # the server itself, the eldest
    running.stop(signal.SIGKILL)
    running.wait_for(lambda: not [pid for pid in before if is_alive(pid)])


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that ended and waits to be collected has no command line any more."""
    with suppress(OSError):
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    return False
