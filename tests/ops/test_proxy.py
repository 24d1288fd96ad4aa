"""Who is at the other end: nobody chooses that for himself."""

from ipaddress import ip_network
from typing import Any

import pytest
from pytest_django import Settings

from sitebackend.proxy import TrustedProxies

PROXY, VISITOR, STRANGER = "127.0.0.1", "203.0.113.9", "198.51.100.7"


def seen_by_the_site(environ: dict[str, Any]) -> dict[str, Any]:
    seen: dict[str, Any] = {}

    def site(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.update(environ)
        return []

    TrustedProxies(site)({"wsgi.url_scheme": "http", **environ}, lambda *_: None)
    return seen


@pytest.fixture(autouse=True)
def _trusted(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = [ip_network("127.0.0.1/32"), ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


def test_a_trusted_proxy_says_who_the_visitor_is_and_how_he_came() -> None:
    seen = seen_by_the_site({"REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_FOR": VISITOR, "HTTP_X_FORWARDED_PROTO": "https"})
    assert (seen["REMOTE_ADDR"], seen["wsgi.url_scheme"]) == (VISITOR, "https")


def test_a_stranger_says_nothing_about_himself() -> None:
    seen = seen_by_the_site(
        {"REMOTE_ADDR": STRANGER, "HTTP_X_FORWARDED_FOR": VISITOR, "HTTP_X_FORWARDED_PROTO": "https"}
    )
    assert (seen["REMOTE_ADDR"], seen["wsgi.url_scheme"]) == (STRANGER, "http")


@pytest.mark.parametrize(
    ("chain", "address"),
    [
        (f"1.2.3.4, {VISITOR}", VISITOR),  # what the visitor claimed stands first, what the proxy saw last
        (f"{VISITOR}, 10.0.0.5", VISITOR),  # a second proxy of ours in between
        (f"1.2.3.4,{VISITOR} ,10.0.0.5, 10.0.0.6", VISITOR),
        ("2001:db8::7", "2001:db8::7"),
        ("2001:db8::7, fd00::1", "2001:db8::7"),
        ("", PROXY),
        ("unknown", PROXY),
        (f"{VISITOR}, nonsense", PROXY),
        (f"{VISITOR}:443", PROXY),
        ("10.0.0.5", "10.0.0.5"),
        (",,", PROXY),
    ],
)
def test_only_the_last_hop_that_is_no_proxy_counts(chain: str, address: str) -> None:
    assert seen_by_the_site({"REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_FOR": chain})["REMOTE_ADDR"] == address


@pytest.mark.parametrize("scheme", ["", "ftp", "https,http", "HTTPS", "on"])
def test_a_scheme_that_is_none_changes_nothing(scheme: str) -> None:
    seen = seen_by_the_site({"REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_PROTO": scheme})
    assert seen["wsgi.url_scheme"] == "http"


@pytest.mark.parametrize("peer", [PROXY, STRANGER, "", "not an address"])
def test_no_forwarded_header_reaches_the_site(peer: str) -> None:
    names = ("X_FORWARDED_FOR", "X_FORWARDED_PROTO", "X_FORWARDED_HOST", "X_FORWARDED_PORT", "FORWARDED")
    seen = seen_by_the_site({"REMOTE_ADDR": peer, **{f"HTTP_{name}": VISITOR for name in names}})
    assert [name for name in seen if "FORWARDED" in name] == []


def test_the_process_environment_does_not_reach_the_site(monkeypatch: pytest.MonkeyPatch) -> None:
    inherited = {"SECRET_KEY": "a secret", "HTTP_PROXY": "http://user:password@proxy.example.de", "EMPTY": ""}
    for name, value in inherited.items():
        monkeypatch.setenv(name, value)
    seen = seen_by_the_site({"REMOTE_ADDR": STRANGER, **inherited, "PATH_INFO": "/"})
    assert seen == {"REMOTE_ADDR": STRANGER, "PATH_INFO": "/", "wsgi.url_scheme": "http"}


def test_a_header_that_is_called_like_a_variable_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_ACCEPT", "something else")
    assert seen_by_the_site({"REMOTE_ADDR": STRANGER, "HTTP_ACCEPT": "text/html"})["HTTP_ACCEPT"] == "text/html"
