"""A shared cache that is dead, hanging, full or locked costs no submission and opens no gate. A real redis-server."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from axes.handlers.proxy import AxesProxyHandler
from django.core.cache import cache
from django.test import Client, RequestFactory
from pytest_django import Settings

from sitebackend import nonce, throttle
from sitebackend.http import failover_cache
from sitebackend.http.failover_cache import FailoverCache, Outage
from sitebackend.models import Operator
from sitebackend.setting_parsers import cache_url
from tests.contact.conftest import FIELDS
from tests.contact.mailserver import free_port
from tests.ops.test_serve import until
from tests.ops.test_settings import SOUND
from tests.running_site import ROOT

REQUEST = {"kind": "access", "name": "Änne Beispiel", "email": "aenne@example.org", "message": "Bitte alles"}


class Redis:
    """A redis-server on a free port, which can be hurt."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"rediscache://127.0.0.1:{self.port}/1"
        self.start()

    def start(self, *options: str) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", *options]
        self.process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL)
        until(lambda: self.say("PING") in ("PONG", "NOAUTH Authentication required."))

    def say(self, *words: str) -> str:
        command = ["redis-cli", "-p", str(self.port), "-n", "1", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()

    def hang(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def fill(self) -> None:
        self.say("CONFIG", "SET", "maxmemory-policy", "noeviction")
        self.say("CONFIG", "SET", "maxmemory", "1")

    def lock(self) -> None:
        """Another password than ours, also for those who are connected."""
        self.kill()
        self.start("--requirepass", "another")


HURT: list[Callable[[Redis], None]] = [Redis.kill, Redis.hang, Redis.fill, Redis.lock]
hurt_in_every_way = pytest.mark.parametrize("hurt", HURT, ids=lambda hurt: hurt.__name__)


@pytest.fixture
def redis(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Redis]:
    """The site counts in it."""
    if not shutil.which("redis-server"):
        pytest.skip("needs redis-server")
    server = Redis(tmp_path)
    monkeypatch.setattr(FailoverCache, "outage", Outage())
    settings.CACHES = {**settings.CACHES, "default": cache_url(server.url)}
    AxesProxyHandler.get_implementation(force=True)
    assert shared().answers()
    yield server
    shared().own.clear()
    server.kill()


@pytest.fixture(autouse=True)
def _axes_forgets_the_cache() -> Iterator[None]:
    yield
    AxesProxyHandler.implementation = None


def shared() -> FailoverCache:
    found = failover_cache.shared()
    assert found
    return found


def exceeded(*, limit: int = 2) -> bool:
    return throttle.is_exceeded(RequestFactory(REMOTE_ADDR="192.0.2.1").get("/"), "form", limit=limit)


def a_minutes_old_nonce() -> str:
    with time_machine.travel(datetime.now(UTC) - timedelta(minutes=1)):
        return nonce.issue()


def send(client: Client) -> Any:
    return client.post("/kontakt/", FIELDS | {"nonce": a_minutes_old_nonce(), "extra": ""})


def log_in(client: Client, password: str) -> int:
    return client.post("/admin/login/", {"username": "chefin", "password": password}).status_code


def test_readmes_example_counts_in_the_server(redis: Redis) -> None:
    assert [exceeded() for _ in range(4)] == [False, False, True, True]
    assert "throttle" in redis.say("KEYS", "*")
    shared().own.clear()
    assert exceeded(), "another process sees the same count"


@hurt_in_every_way
def test_limits_go_on_counting(redis: Redis, hurt: Callable[[Redis], None]) -> None:
    assert [exceeded(limit=3) for _ in range(2)] == [False, False]
    hurt(redis)
    assert [exceeded(limit=3) for _ in range(3)] == [False, True, True]


@hurt_in_every_way
@pytest.mark.django_db
def test_no_submission_and_no_request_is_lost(
    redis: Redis, hurt: Callable[[Redis], None], client: Client, operator_key: object
) -> None:
    hurt(redis)
    assert send(client).status_code == 303
    answer = client.post("/datenschutz/anfrage/", REQUEST | {"nonce": a_minutes_old_nonce()})
    assert answer.status_code == 303
    ready = client.get("/readyz").json()
    assert (ready["ready"], ready["degraded"]) == (True, ["cache.unreachable"])


@hurt_in_every_way
@pytest.mark.django_db
def test_a_lockout_holds_and_begins_without_the_cache(
    redis: Redis, hurt: Callable[[Redis], None], client: Client
) -> None:
    Operator.objects.create_superuser("chefin", email="chefin@example.de", password="right and long")
    assert [log_in(client, "wrong") for _ in range(3)] == [200, 200, 200]
    hurt(redis)
    assert [log_in(client, "wrong") for _ in range(2)] == [200, 429]
    assert log_in(client, "right and long") == 429


@pytest.mark.django_db
def test_what_came_back_counts_again(redis: Redis, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    redis.kill()
    exceeded()
    assert not shared().answers()
    redis.start()
    assert not shared().answers(), "left alone for a while"
    monkeypatch.setattr(shared().outage, "until", 0.0)  # the while is over
    assert shared().answers()
    assert client.get("/readyz").json()["degraded"] == []


def test_a_count_that_the_server_lost_is_no_failure(redis: Redis) -> None:
    """As when it was started anew between two questions."""
    cache.add("count", 1)
    redis.say("FLUSHALL")
    assert cache.incr("count") == 2


@pytest.mark.parametrize(
    "url",
    [
        "memcache://127.0.0.1:11211",
        "pymemcache://127.0.0.1:11211",
        "pylibmc://127.0.0.1:11211",
        "dbcache://cache_table",
        "filecache:///var/tmp/cache",
        "dummycache://",
        "locmemcache://",
        "nonsense",
        "rediscache://",
        "rediscache://:geheim/x@127.0.0.1/1",
        "rediscache://127.0.0.1/database",
        "redis://127.0.0.1:port/1",
    ],
)
def test_what_cannot_count_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"no shared cache|no server|told apart") as refused:
        cache_url(url)
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("rediscache://127.0.0.1:6379/1", "redis://127.0.0.1:6379/1"),
        ("redis://:geheim@cache.example.de", "redis://:geheim@cache.example.de"),
        ("rediss://cache.example.de:6380/2", "rediss://cache.example.de:6380/2"),
        ("valkey://127.0.0.1/1", "redis://127.0.0.1/1"),
        ("valkeys://cache.example.de/1", "rediss://cache.example.de/1"),
        ("rediscache:///run/redis.sock", "unix:///run/redis.sock"),
    ],
)
def test_redis_and_valkey_are_taken_by_all_their_names(url: str, location: str) -> None:
    assert cache_url(url)["LOCATION"] == location


def test_without_its_client_library_the_start_ends_with_one_line() -> None:
    program = "import sys, manage; sys.modules['redis'] = None; sys.exit(manage.main())"  # as if not installed
    ended = subprocess.run(
        [sys.executable, "-c", program, "check"],
        env=SOUND | {"CACHE_URL": "rediscache://127.0.0.1:6379/1", "PYTHONPATH": os.fspath(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    (line,) = ended.stderr.splitlines()
    assert ended.returncode == 1
    assert line.startswith("CACHE_URL: ")
    assert "uv sync --extra redis" in line
