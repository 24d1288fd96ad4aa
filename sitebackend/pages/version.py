"""The present version of all that visitors' pages are made of, known in every process within half a second.

One row holds a random token that changes with every change, in the same transaction. A thread in each
process reads it; whoever asks gets what it read last, and None if that is older than a second, or while a
restore is unfinished.
"""

import threading
import time
from collections.abc import Callable
from uuid import uuid4

from django.db import DatabaseError, connection

from sitebackend.backup import gate
from sitebackend.pages.models import SiteVersion

PAUSE = 0.4  # seconds between two looks
TRUSTED_FOR = 1.0  # seconds


def renew() -> None:
    """Everything kept so far is outdated, once the present transaction is committed."""
    SiteVersion.objects.update_or_create(pk=1, defaults={"token": uuid4()})


def read() -> str | None:
    token = SiteVersion.objects.values_list("token", flat=True).first()
    return token.hex if token else None


class Watcher:
    """Calling it gives the version; the first call starts the thread, so each server process has its own.

    `on_change` is called before a new version is given out: whatever else is remembered can be forgotten then.
    """

    def __init__(self, *, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._seen: tuple[float, str | None] = (0.0, None)

    def __call__(self) -> str | None:
        seen_at, version = self._seen
        if time.monotonic() - seen_at < TRUSTED_FOR:
            return version
        self._start()
        return None

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="site-version", daemon=True)
                self._thread.start()

    def _watch(self) -> None:
        while True:
            self._look()
            time.sleep(PAUSE)

    def _look(self) -> None:
        began = time.monotonic()
        try:
            version = None if gate.is_shut() else read()
        except DatabaseError:
            connection.close()  # the next look opens another
            return
        if version != self._seen[1]:
            self._on_change()
        self._seen = (began, version)
