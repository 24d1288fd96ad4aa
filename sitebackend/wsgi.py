"""The WSGI application that `serve` runs."""

import logging
import os
from collections.abc import Iterable

from django.core.wsgi import get_wsgi_application

from sitebackend.backup.gate import Gate
from sitebackend.proxy import Application, Environ, StartResponse, TrustedProxies

logger = logging.getLogger(__name__)


class NothingEscapes:
    """The outermost: what fails outside Django's own handling is logged as we log, and answered 500.

    The HTTP server would write the exception's message into the log, and that may hold anybody's data.
    """

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            return self.application(environ, start_response)
        except Exception:
            logger.exception("request failed outside Django")
            start_response("500 Internal Server Error", [("Content-Type", "text/plain"), ("Cache-Control", "no-store")])
            return [b"Internal Server Error"]


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sitebackend.settings")

_django = get_wsgi_application()

from django.conf import settings  # noqa: E402 - from here on Django is set up
from django.db import DatabaseError  # noqa: E402
from django.http import parse_cookie  # noqa: E402

from consent import offer as offers  # noqa: E402
from consent.choice import read  # noqa: E402
from sitebackend.pages.fast_path import FastPath, Variant  # noqa: E402
from sitebackend.pages.version import Watcher  # noqa: E402


def cookie_choice(cookies: str, sec_gpc: str) -> Variant | None:
    """What a visitor's page depends on besides its address; None while the database does not answer."""
    cookie = parse_cookie(cookies).get(settings.COOKIE_CONSENT_NAME, "") if cookies else ""
    try:
        offer = offers.current()
    except DatabaseError:
        return None
    choice = read(cookie, is_signalled=sec_gpc == "1", offer=offer)
    return Variant(f"{offer.edition}|{'asks' if choice.asks else 'quiet'}", choice.accepted, choice.until)


# the fast path stands before the gate, and knows nothing while it is shut; it looks by itself for the true scheme
_slow_path = TrustedProxies(Gate(_django))
_version = Watcher(on_change=offers.forget)
application = NothingEscapes(FastPath(_slow_path, version=_version, variant=cookie_choice))
