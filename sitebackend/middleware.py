"""What happens to every request: language by path, cross-site judgement by URL, browser features off."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import add_never_cache_headers
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

GetResponse = Callable[[HttpRequest], HttpResponseBase]
View = Callable[..., HttpResponse]
_FROM_ELSEWHERE = _("This request came from another website and was not carried out.")
_FROM_NOWHERE = _(
    "Your browser did not say which page this request came from, so the choice was not saved. You need not "
    "decide: without a choice no external content is loaded and no cookie is set."
)
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


class AdminNotStoredMiddleware:
    """No browser and no proxy keeps a page of the admin: going back after logging out shows nothing."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.path_info.startswith("/admin/"):
            add_never_cache_headers(response)
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
    refused, for another site could make it in the visitor's name. Outside the admin Django's own part does
    not run at all: even a broken CSRF cookie would make it set a new one.

    A view with a long form names its own page of refusal (`refused_with`), in which what was typed is still there.
    """

    def process_request(self, request: HttpRequest) -> None:
        if _is_admin(request):
            super().process_request(request)

    def process_view(  # type: ignore[override]  # a view's own page of refusal is a response of any kind
        self, request: HttpRequest, callback: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if _is_admin(request):
            return super().process_view(request, callback, args, kwargs)
        if request.method in SAFE_METHODS:
            return None
        objection = self._objection(request)
        return _refused(request, callback, objection) if objection else None

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return super().process_response(request, response) if _is_admin(request) else response

    def _objection(self, request: HttpRequest) -> Promise | None:
        fetch_site = request.headers.get("Sec-Fetch-Site")
        origin = request.headers.get("Origin")
        if fetch_site is not None:
            return None if fetch_site in ("same-origin", "none") else _FROM_ELSEWHERE
        if origin is not None:
            return None if origin in own_origins(request) else _FROM_ELSEWHERE
        return _FROM_NOWHERE if "/cookies/" in request.path_info else None


def refused_with(refuse: View) -> Callable[[View], View]:
    """Decorator, the outermost: what is answered where the view must not run, as the request came from elsewhere."""

    def named(view: View) -> View:
        view.refuse_from_elsewhere = refuse  # type: ignore[attr-defined]
        return view

    return named


def own_origins(request: HttpRequest) -> set[str]:
    """What a browser calls this site. On loopback it has several names; ALLOWED_HOSTS has judged the Host header."""
    return {settings.SITE_URL} | (set() if settings.HTTPS else {f"http://{request.get_host()}"})


def _is_admin(request: HttpRequest) -> bool:
    return request.path_info.startswith("/admin/")


def _refused(request: HttpRequest, view: Any, objection: Promise) -> HttpResponse:
    if refuse := getattr(view, "refuse_from_elsewhere", None):
        answer: HttpResponse = refuse(request)
        return answer
    return HttpResponseForbidden(render_to_string("refused.html", {"message": objection}, request))
