"""The server hears when its worker dies, whatever else it starts at the same moment."""

import os
import subprocess
from threading import Event

import pytest

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

    monkeypatch.setattr(subprocess, "Popen", Starting)
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
