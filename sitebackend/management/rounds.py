"""The worker's rounds: every job in turn, none in the way of another.

What must never happen: one job's failure stops the others, a failure goes unnoticed, or a log line carries
somebody's data. So each job runs for itself, its failure is written down by class and time (`status` and the
cockpit show it), and the log gets it once, when it begins. And a job that destroys by time runs only while the
clock can be right (`monitoring.clock`): one wrong clock would let everything go at once.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from threading import Event

from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from sitebackend.backup import gate
from sitebackend.models import WorkerJob
from sitebackend.monitoring import clock

logger = logging.getLogger(__name__)

Job = Callable[[datetime], int]
PAUSE = 1.0  # seconds between two rounds


class Rounds:
    """Runs the jobs, once or until `stop` is set; the job that is running then is finished.

    Rounds that share a `stop` end together. `by_time`: the jobs among them that destroy what has had its time.
    """

    def __init__(self, jobs: Sequence[Job], stop: Event | None = None, *, by_time: Collection[Job] = ()) -> None:
        self.jobs, self.by_time = jobs, by_time
        self.stop = stop or Event()
        self.failures: dict[str, str] = {}  #: name of the job → class of its exception, as of the last round

    def run(self) -> None:
        try:
            self.run_once()
            while not self.stop.wait(PAUSE):
                self.run_once()
        finally:
            self.stop.set()

    def run_once(self) -> int:
        """One round; gives the number of things done. While a restore is unfinished nothing is."""
        if gate.is_shut():
            return 0
        close_old_connections()
        resting = () if _clock_is_trusted() else self.by_time  # judged before any job writes down what the clock says
        return sum(self._run(job) for job in self.jobs if job not in resting and not self.stop.is_set())

    def _run(self, job: Job) -> int:
        name, done = name_of(job), 0
        try:
            done = job(timezone.now())
        except Exception as error:
            self._failed(name, type(error).__qualname__)
        else:
            self.failures.pop(name, None)
        _record(name, self.failures.get(name, ""))
        return done

    def _failed(self, name: str, failure: str) -> None:
        if self.failures.get(name) != failure:
            logger.exception("job failed: %s", name)
        self.failures[name] = failure


def _clock_is_trusted() -> bool:
    try:
        return clock.is_trusted(timezone.now())
    except DatabaseError:  # the database itself is away; its own report says so
        return False


def name_of(job: Job) -> str:
    return f"{job.__module__}.{job.__qualname__}"


def _record(name: str, failure: str) -> None:
    try:
        WorkerJob.objects.record(name, now=timezone.now(), failure=failure)
    except DatabaseError:  # the database itself is away; its own report says so
        logger.debug("run not recorded: %s", name)
