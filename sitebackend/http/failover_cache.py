"""The shared cache, and this process's own memory while the shared one is away.

What must never happen: a cache that is dead, slow, full or locked costs a submission, or opens a gate that it was
to guard. So nothing here raises for the cache's sake. What is counted is counted in this process's memory as well:
while the shared cache fails, a network that was locked out stays locked out, limits go on counting, each process
for itself, and marks such as "tried a minute ago" hold within their process. A cache that hangs is waited for
ANSWER_SECONDS once, and left alone for PAUSE_SECONDS then; it counts as back when it takes a write again.
"""

import logging
from threading import Lock
from time import monotonic
from typing import Any

from django.core.cache import caches
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache

ANSWER_SECONDS = 0.2  # for a connection, and for an answer
PAUSE_SECONDS = 10.0  # until a cache that failed is tried again
MOST_ENTRIES = 100_000  # far above Django's 300: whoever fills the memory would push out failed logins and limits
_PROBE = "failover.probe"

logger = logging.getLogger(__name__)


class Outage:
    """Whether the shared cache is away, for all threads of this process."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.until: float | None = None  #: monotonic time of the next try; None: it is not away

    def begin(self, error: Exception) -> None:
        with self.lock:
            if self.until is None:
                logger.warning("the shared cache fails (%s): limits are counted per process", type(error).__name__)
            self.until = monotonic() + PAUSE_SECONDS

    def end(self) -> None:
        with self.lock:
            if self.until is not None:
                logger.warning("the shared cache answers again")
            self.until = None

    def is_ours_to_try(self) -> bool:
        """Whether it is time to try again; the others go on without until this one knows."""
        with self.lock:
            if self.until is None or monotonic() < self.until:
                return False
            self.until = monotonic() + PAUSE_SECONDS
            return True


class FailoverCache(BaseCache):
    """Redis or Valkey at `location`, with this process's memory beside it."""

    outage = Outage()

    def __init__(self, location: str | list[str], params: dict[str, Any]) -> None:
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        patience = {"socket_timeout": ANSWER_SECONDS, "socket_connect_timeout": ANSWER_SECONDS}
        options = {**patience, "retry": Retry(NoBackoff(), 0), **params.get("OPTIONS", {})}
        super().__init__(params)
        self.shared = RedisCache(location, {**params, "OPTIONS": options})
        self.own = LocMemCache("failover", {**params, "OPTIONS": {"MAX_ENTRIES": MOST_ENTRIES}})

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        added, answered = self._asked("add", key, value, timeout=timeout, version=version)
        if not answered:
            return self.own.add(key, value, timeout, version)
        if added:
            self.own.set(key, value, timeout, version)
        return bool(added)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        found, answered = self._asked("get", key, default, version=version)
        return found if answered else self.own.get(key, default, version)

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._asked("set", key, value, timeout=timeout, version=version)
        self.own.set(key, value, timeout, version)

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        touched, answered = self._asked("touch", key, timeout=timeout, version=version)
        own = self.own.touch(key, timeout, version)
        return bool(touched) if answered else own

    def delete(self, key: str, version: int | None = None) -> bool:
        deleted, answered = self._asked("delete", key, version=version)
        own = self.own.delete(key, version)
        return bool(deleted) if answered else own

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Never raises: a key that the shared cache lost meanwhile is counted on from what is known here."""
        count, answered = self._asked("incr", key, delta, version=version)
        own = self._incr_own(key, delta, version)
        return int(count) if answered else own

    def clear(self) -> None:
        self._asked("clear")
        self.own.clear()

    def answers(self) -> bool:
        """Whether the shared cache takes a write; one that failed within PAUSE_SECONDS is not asked."""
        return self._asked("set", _PROBE, 1, timeout=PAUSE_SECONDS)[1]

    def _incr_own(self, key: str, delta: int, version: int | None) -> int:
        """Another process may have begun the count that this one goes on with."""
        self.own.add(key, 0, version=version)
        return self.own.incr(key, delta, version)

    def _asked(self, verb: str, *given: Any, **named: Any) -> tuple[Any, bool]:
        """What the shared cache says, and whether it said anything."""
        if not self._is_there():
            return None, False
        try:
            return getattr(self.shared, verb)(*given, **named), True
        except ValueError:  # no such key to count
            return None, False
        except Exception as error:  # whatever the client raises: the cache is never in the way
            self.outage.begin(error)
            return None, False

    def _is_there(self) -> bool:
        if self.outage.until is None:
            return True
        if not self.outage.is_ours_to_try():
            return False
        try:
            self.shared.set(_PROBE, 1, timeout=PAUSE_SECONDS)  # a full one still reads
        except Exception as error:
            self.outage.begin(error)
            return False
        self.outage.end()
        return True


def shared() -> FailoverCache | None:
    """The site's cache if it is a shared one."""
    cache = caches["default"]
    return cache if isinstance(cache, FailoverCache) else None
