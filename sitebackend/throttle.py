"""Limits per network, without keeping an address.

A network (IPv4 /24, IPv6 /64) is counted under a keyed digest whose salt is random, lives in the cache only
and is thrown away with its day: after that nobody, the operator included, can tell which network it was.
"""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, cast

from django.core.cache import cache
from django.http import HttpRequest

PERIOD = timedelta(minutes=10)  # within which a network's requests are counted, and may have to wait
DAY = 24 * 60 * 60  # seconds: how long a digest can live at most


def network_of(request: HttpRequest) -> str:
    """Keyed digest of the visitor's network, different every day. An unknown peer is a network of its own."""
    return hmac.new(_salt_of_today(), _network(request.META.get("REMOTE_ADDR", "")), hashlib.sha256).hexdigest()[:32]


def is_exceeded(request: HttpRequest, scope: str, *, limit: int) -> bool:
    """Count this request in `scope`; True if its network made more than `limit` within `PERIOD`."""
    key = f"throttle:{scope}:{network_of(request)}"
    cache.add(key, 0, timeout=_seconds())
    try:
        return cache.incr(key) > limit
    except ValueError:  # it ran out between the two lines
        cache.add(key, 1, timeout=_seconds())
        return False


def retry_after() -> str:
    """The header's value for whoever has to wait: by then the count starts anew."""
    return str(_seconds())


def nobody(*args: Any) -> str:
    """What a log line calls the client: nothing that tells who it was."""
    return "a client"


def _seconds() -> int:
    return int(PERIOD.total_seconds())


def _salt_of_today() -> bytes:
    key = f"throttle-salt:{datetime.now(UTC).date().isoformat()}"
    return cast(bytes, cache.get_or_set(key, lambda: secrets.token_bytes(32), timeout=DAY))


def _network(address: str) -> bytes:
    try:
        peer = ip_address(address)
    except ValueError:
        return b"unknown"
    if isinstance(peer, IPv6Address) and peer.ipv4_mapped:
        peer = peer.ipv4_mapped
    return str(ip_network(f"{peer}/{24 if peer.version == 4 else 64}", strict=False)).encode()
