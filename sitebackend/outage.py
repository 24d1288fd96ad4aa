"""While the database does not answer: a calm page with status 503, made of what this process remembers."""

import sys
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.defaults import server_error

from sitebackend.models import SiteSettings

DATABASE_ERRORS = (OperationalError, InterfaceError)
RETRY_AFTER = 60  # seconds


@never_cache
def handler(request: HttpRequest) -> HttpResponse:
    """The project's handler500: an outage of the database is nobody's mistake and will pass."""
    if isinstance(sys.exc_info()[1], DATABASE_ERRORS):
        return page(request, "503.html", {})
    return server_error(request)


def page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """A page that asks the database nothing; telephone and address are there if they were ever seen."""
    context["site"] = SiteSettings.last_seen
    response = render(request, template, context, status=503)
    response.headers["Retry-After"] = str(RETRY_AFTER)
    return response
