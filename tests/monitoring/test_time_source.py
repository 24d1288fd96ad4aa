"""Another machine's time, asked for by a real request, decides whether the clock is right."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
import time_machine
from django.core.cache import cache
from pytest_django import Settings

from sitebackend.monitoring import clock
from sitebackend.setting_parsers import web_address

pytestmark = pytest.mark.django_db
TODAY = datetime.now(UTC).replace(microsecond=0)


class TimeServer(HTTPServer):
    """Says `shown`, with the given status, and counts how often it was asked."""

    shown: str = format_datetime(TODAY, usegmt=True)
    status = 200
    asked = 0


class Answer(BaseHTTPRequestHandler):
    server: TimeServer

    def do_HEAD(self) -> None:
        self.server.asked += 1
        self.send_response_only(self.server.status)
        self.send_header("Date", self.server.shown)
        self.send_header("Location", "http://127.0.0.1:9/")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server(settings: Settings) -> Iterator[TimeServer]:
    cache.clear()
    with TimeServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        settings.TIME_SOURCE = f"http://127.0.0.1:{server.server_port}/"
        yield server
        server.shutdown()
        thread.join()
    cache.clear()


@pytest.mark.parametrize("status", [200, 302, 404, 500])
def test_a_source_that_agrees_needs_no_word_after_months_off(server: TimeServer, status: int) -> None:
    assert clock.is_trusted(TODAY)
    later = TODAY + timedelta(days=200)
    server.status, server.shown = status, format_datetime(later, usegmt=True)
    cache.clear()
    assert clock.is_trusted(later)


@pytest.mark.parametrize("days", [3, 30, -3, 5000])
def test_a_source_that_disagrees_stops_it_even_for_a_few_days(server: TimeServer, days: int) -> None:
    assert clock.is_trusted(TODAY)
    doubted = clock.doubt(TODAY + timedelta(days=days))
    assert doubted
    assert doubted.known - TODAY < timedelta(minutes=5)


def test_it_is_asked_once_an_hour_and_at_once_after_a_jump(server: TimeServer) -> None:
    with time_machine.travel(TODAY, tick=False):
        for _again in range(5):
            assert clock.doubt(TODAY) is None
        assert server.asked == 1
        assert clock.doubt(TODAY + timedelta(days=30))
        assert clock.doubt(TODAY - timedelta(days=30))
        assert server.asked == 3


@pytest.mark.parametrize("said", ["", "yesterday", "Mon, 30 Feb 2026 25:61:00 GMT"])
def test_a_source_that_says_nothing_sensible_leaves_it_to_the_site(server: TimeServer, said: str) -> None:
    assert clock.is_trusted(TODAY)
    server.shown = said
    cache.clear()
    assert clock.doubt(TODAY) is None
    assert clock.doubt(TODAY + timedelta(days=30))


def test_a_source_that_is_away_leaves_it_to_the_site(settings: Settings) -> None:
    cache.clear()
    settings.TIME_SOURCE = "http://127.0.0.1:9/"
    assert clock.is_trusted(TODAY)
    assert clock.doubt(TODAY + timedelta(days=30))
    cache.clear()


@pytest.mark.parametrize("value", ["file:///etc/passwd", "ftp://example.org/", "example.org", "https://"])
def test_only_a_web_address_is_taken(value: str) -> None:
    with pytest.raises(ValueError, match="https"):
        web_address(value)
