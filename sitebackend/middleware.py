"""What happens to every request: language by path, cross-site judgement by URL, browser features off."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseForbidden
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

GetResponse = Callable[[HttpRequest], HttpResponseBase]
SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")


class BrowserFeaturesMiddleware:
    """Switches off, for us and anything embedded, what a business site never needs."""

    POLICY = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=(), browsing-topics=()"

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", self.POLICY)
        return response


class PathLanguageMiddleware:
    """The path alone decides the language (`/en/…` is English), so that one path is one page for everybody."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        language = "en" if request.path_info.startswith("/en/") else settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class CrossSiteRequestMiddleware(CsrfViewMiddleware):
    """Django's token protects the admin; public forms carry no cookie, so the browser's own word is judged.

    `Sec-Fetch-Site` decides if present (same-origin, or none: typed or bookmarked); else `Origin` must be
    ours. With both absent a form is accepted, for there is no authority to abuse, and a cookie choice is
    refused, for another site could make it in the visitor's name.
    """

    def process_view(self, request: HttpRequest, callback: Any, args: Any, kwargs: Any) -> HttpResponseForbidden | None:
        if request.path_info.startswith("/admin/"):
            return super().process_view(request, callback, args, kwargs)
        if request.method in SAFE_METHODS or self._is_from_here(request):
            return None
        return _refused(request)

    def _is_from_here(self, request: HttpRequest) -> bool:
        fetch_site = request.headers.get("Sec-Fetch-Site")
        if fetch_site is not None:
            return fetch_site in ("same-origin", "none")
        origin = request.headers.get("Origin")
        if origin is not None:
            return origin in self._own_origins(request)
        return "/cookies/" not in request.path_info

    def _own_origins(self, request: HttpRequest) -> set[str]:
        # on loopback the site answers to several names; ALLOWED_HOSTS has judged the Host header already
        return {settings.SITE_URL} | (set() if settings.HTTPS else {f"http://{request.get_host()}"})


def _refused(request: HttpRequest) -> HttpResponseForbidden:
    message = _("This request came from another website and was not carried out.")
    return HttpResponseForbidden(render_to_string("refused.html", {"message": message}, request))
