"""Answers that depend on the cookie choice say so, and name external hosts only where they really show them."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from consent.external import sources_of

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class CookieChoiceMiddleware:
    """`Vary` keeps caches from giving one visitor another's page; django-csp writes the hosts into the policy."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.META.get("consent.was_read"):
            patch_vary_headers(response, ["Cookie", "Sec-GPC"])
        if sources := sources_of(request):
            response._csp_update = sources  # type: ignore[attr-defined] # django-csp's own way
        return response
