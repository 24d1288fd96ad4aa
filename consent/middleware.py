"""Answers that depend on the cookie choice say so, so that no cache gives one visitor another's page."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class CookieChoiceMiddleware:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.META.get("consent.was_read"):
            patch_vary_headers(response, ["Cookie", "Sec-GPC"])
        return response
