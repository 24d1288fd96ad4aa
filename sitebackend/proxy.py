"""Who is at the other end: forwarded headers count only if a trusted proxy sent them.

What must never happen: a visitor chooses the address that throttles judge by or makes plain http look like
https. So every forwarded header is dropped unless the peer is in TRUSTED_PROXIES, underscore spellings
(`X_Forwarded_Proto`) included, and of the address chain only the last hop that is not a proxy counts.
The process environment, which the HTTP server copies into each request, is dropped as well.

One thing cannot be seen from here: WSGI writes `X_Forwarded_For` and `X-Forwarded-For` as the same name, and
the last one counts. The trusted proxy must drop every spelling with an underscore (deploy/apache.conf does).
"""

import os
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any

from django.conf import settings

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT")


class TrustedProxies:
    """WSGI middleware: sets REMOTE_ADDR and wsgi.url_scheme to the visitor's, removes what nobody may claim."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.inherited = tuple(os.environ.items())

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        for name, value in self.inherited:
            if environ.get(name) == value:
                del environ[name]
        environ["wsgi.url_scheme"] = scheme_of(environ)
        claims = {name: environ.pop(name, "") for name in _FORWARDED}
        environ.pop("HTTP_FORWARDED", None)
        if _is_trusted(environ.get("REMOTE_ADDR", "")):
            environ["REMOTE_ADDR"] = _last_untrusted(claims["HTTP_X_FORWARDED_FOR"], environ["REMOTE_ADDR"])
        return self.application(environ, start_response)


def scheme_of(environ: Environ) -> str:
    """http or https: as the visitor came, which a trusted proxy in front may know better than the server."""
    claimed: str | None = environ.get("HTTP_X_FORWARDED_PROTO")
    if claimed and claimed.strip() in ("http", "https") and _is_trusted(environ.get("REMOTE_ADDR", "")):
        return claimed.strip()
    scheme: str = environ["wsgi.url_scheme"]
    return scheme


def _is_trusted(address: str) -> bool:
    if not settings.TRUSTED_PROXIES:
        return False
    try:
        peer = ip_address(address)
    except ValueError:
        return False
    return any(peer in network for network in settings.TRUSTED_PROXIES)


def _last_untrusted(chain: str, peer: str) -> str:
    for hop in reversed([part.strip() for part in chain.split(",") if part.strip()]):
        try:
            ip_address(hop)
        except ValueError:
            return peer
        if not _is_trusted(hop):
            return hop
        peer = hop
    return peer
