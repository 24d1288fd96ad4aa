"""The server hears when its worker dies, whatever else it starts at the same moment."""

import os
import subprocess
from threading import Event
from typing import Any

import pytest

from sitebackend.management import serving
from sitebackend.management.serving import SupervisedWorker


@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_no_web_process_is_forked_while_the_worker_is_being_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would keep a pipe open that the supervisor waits for: seen as a worker that was killed and never replaced."""
    supervisor, is_begun, is_forked = SupervisedWorker(), Event(), Event()
    order = []

    class Starting:
        def __init__(self, command: list[str]) -> None:
            is_begun.set()
            is_forked.wait(0.5)
            order.append("started")

        def wait(self) -> int:
            supervisor.stopping.set()
            return 0

    monkeypatch.setattr(serving, "subprocess", _with(Starting))
    supervisor.start()
    is_begun.wait()
    child = os.fork()
    if not child:
        os._exit(0)
    order.append("forked")
    is_forked.set()
    os.waitpid(child, 0)
    supervisor.thread.join()
    assert order == ["started", "forked"]


def _with(starting: Any) -> Any:
    changed = type(subprocess)("subprocess")
    changed.__dict__.update(vars(subprocess) | {"Popen": starting})
    return changed
