"""The production server: granian in front, the worker as a supervised child, both gone with this process.

What must never happen: a part that died stays dead unseen, a part outlives this process, or a request that
runs is cut off by an ordinary stop. So granian starts its own processes anew, a thread here does so for the
worker, the kernel kills children whose parent is gone, and SIGTERM lets requests and the running job finish.

granian's processes are forked from this one, which has Django loaded already: one that crashed is replaced
within a fraction of a second.
"""

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import connections
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

from sitebackend import node
from sitebackend.instance import Address, die_with

logger = logging.getLogger(__name__)

THREADS = 64  # per process: so many slow senders are waited for before others have to wait
BACKLOG = 4096  # connections that wait to be accepted
HEADER_SECONDS = 10  # a sender of headers that takes longer is let go
STOP_SECONDS = 30  # what runs at SIGTERM has so long to finish

# Popen waits until nobody holds the pipe any more that tells of the program's start. A web process that is forked in
# between inherits it and keeps it: then this process would never hear that the worker has died.
_no_fork = Lock()
os.register_at_fork(before=_no_fork.acquire, after_in_parent=_no_fork.release, after_in_child=_no_fork.release)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to serve: where, with how many processes, with or without worker and TLS."""

    address: Address
    processes: int = 1
    worker: bool = True
    certificate: Path | None = None
    key: Path | None = None


def serve(plan: Plan, *, on_start: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT. Raises OSError (ssl.SSLError too) if the certificate cannot be used."""
    server = _server(plan)
    server.on_startup(on_start)
    worker = SupervisedWorker()
    if plan.worker:
        server.on_startup(worker.start)
    connections.close_all()  # a forked process must not share them
    try:
        server.serve(target_loader=partial(_load, parent=os.getpid()))
    finally:
        worker.stop()
        node.leave()


class SupervisedWorker:
    """The `worker` command as a child process that is started again, more slowly each time it dies young."""

    COMMAND = (sys.executable, str(settings.BASE_DIR / "manage.py"), "worker")
    LONGEST_PAUSE = 60.0  # seconds; also the age from which a worker counts as having run well

    def __init__(self) -> None:
        self.stopping = Event()
        self.process: subprocess.Popen[bytes] | None = None
        self.thread = Thread(target=self._keep_running, name="worker-supervisor", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        """Let the running job finish, for STOP_SECONDS at most."""
        self.stopping.set()
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()

    def _keep_running(self) -> None:
        pause = 1.0
        while not self.stopping.is_set():
            started = monotonic()
            with _no_fork:
                self.process = subprocess.Popen([*self.COMMAND, f"--supervised-by={os.getpid()}"])
            code = self.process.wait()
            pause = 1.0 if monotonic() - started > self.LONGEST_PAUSE else min(pause * 2, self.LONGEST_PAUSE)
            if not self.stopping.wait(0):
                logger.error("the worker ended (code %d); it starts again in %d seconds", code, pause)
            self.stopping.wait(pause)


def _server(plan: Plan) -> Any:
    return Server(
        "sitebackend.wsgi:application",
        plan.address.host,
        plan.address.port,
        interface=Interfaces.WSGI,
        websockets=False,
        workers=plan.processes,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
        blocking_threads=THREADS,
        backlog=BACKLOG,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000),
        log_level=LogLevels.error,
        log_dictconfig=settings.LOGGING,
        log_access=False,
        ssl_cert=plan.certificate,
        ssl_key=plan.key,
    )


def _load(target: str, *, parent: int) -> Any:
    """Runs first in each of granian's processes."""
    die_with(parent)
    from sitebackend.wsgi import application  # where processes are spawned, not forked, this is what loads Django

    return application
