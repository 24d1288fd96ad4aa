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

application = NothingEscapes(Gate(TrustedProxies(get_wsgi_application())))
