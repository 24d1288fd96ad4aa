"""Limits per network, and no address kept."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import RequestFactory

from sitebackend import throttle

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def network(address: str) -> str:
    return throttle.network_of(RequestFactory(REMOTE_ADDR=address).get("/"))


def exceeded(address: str, *, limit: int = 2) -> bool:
    return throttle.is_exceeded(RequestFactory(REMOTE_ADDR=address).get("/"), "form", limit=limit)


def test_the_limit_is_reached_by_one_more_than_it() -> None:
    assert [exceeded("192.0.2.1") for _ in range(4)] == [False, False, True, True]


def test_another_network_has_a_limit_of_its_own() -> None:
    assert [exceeded("192.0.2.1") for _ in range(3)][-1]
    assert not exceeded("198.51.100.1")


def test_another_scope_has_a_limit_of_its_own() -> None:
    assert [exceeded("192.0.2.1") for _ in range(3)][-1]
    request = RequestFactory(REMOTE_ADDR="192.0.2.1").get("/")
    assert not throttle.is_exceeded(request, "request", limit=2)


def test_after_its_time_the_limit_starts_anew() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        assert [exceeded("192.0.2.1") for _ in range(3)][-1]
        clock.shift(timedelta(seconds=601))
        assert not exceeded("192.0.2.1")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.254", True),
        ("192.0.2.1", "192.0.3.1", False),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "192.0.2.9", True),
        ("not an address", "", True),
    ],
)
def test_neighbours_are_one_network(one: str, other: str, same: bool) -> None:
    assert (network(one) == network(other)) is same


def test_tomorrow_nobody_can_tell_whose_digest_it_was() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        today = network("192.0.2.1")
        clock.shift(timedelta(days=1, seconds=1))
        assert network("192.0.2.1") != today
        assert cache.get("throttle-salt:2026-11-23") is None  # gone, not only out of use


def test_the_digest_is_no_plain_hash_of_the_network() -> None:
    first = network("192.0.2.1")
    cache.clear()
    assert network("192.0.2.1") != first


def test_the_cache_holds_no_address() -> None:
    exceeded("192.0.2.77")
    stored = getattr(cache, "_cache", {})
    assert stored
    assert not [key for key in stored if "192.0" in key]
