"""The choices page, and what its buttons and the banner's post to. No session, no CSRF cookie, no JavaScript needed."""

from collections.abc import Collection
from http import HTTPStatus
from urllib.parse import urlsplit

from cookie_consent.models import CookieGroup
from cookie_consent.views import is_ajax_like
from csp.constants import SELF
from django.conf import settings
from django.core.signing import BadSignature
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.cache import patch_cache_control
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consent import offer as offers
from consent import services
from consent.choice import choice_of
from consent.external import External, allow_content
from consent.forms import ChoiceForm
from consent.own_cookies import hours


@gzip_page
@require_http_methods(["GET", "HEAD", "POST"])
def choices(request: HttpRequest) -> HttpResponse:
    """GET shows every group; POST saves the ticked groups as accepted and all others as refused."""
    if request.method != "POST":
        return _page(request)
    form = ChoiceForm(request.POST)
    if not form.is_valid():
        return _page(request, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _decide(request, form, accept=form.get_cookie_groups(), refuse=form.get_other_groups())


@require_POST
def accept(request: HttpRequest) -> HttpResponse:
    form = ChoiceForm(request.POST)
    if not form.is_valid():
        return _page(request, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _decide(request, form, accept=form.get_cookie_groups())


@require_POST
def decline(request: HttpRequest) -> HttpResponse:
    form = ChoiceForm(request.POST)
    if not form.is_valid():
        return _page(request, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _decide(request, form, refuse=form.get_cookie_groups())


@require_safe
def external(request: HttpRequest, token: str) -> HttpResponse:
    """One look at external content, on a page of its own: nothing is remembered."""
    return _one_look(request, token, "consent/external.html")


@require_safe
@xframe_options_sameorigin
def external_frame(request: HttpRequest, token: str) -> HttpResponse:
    """The same without a page around it: what the script puts in the placeholder's place."""
    response = _one_look(request, token, "consent/external_frame.html")
    response._csp_replace = {"frame-ancestors": [SELF]}  # type: ignore[attr-defined] # django-csp's own way
    return response


def _one_look(request: HttpRequest, token: str, template: str) -> HttpResponse:
    try:
        content = External.from_token(token)
    except BadSignature as error:
        raise Http404 from error
    if not content.is_allowed or offers.current().provider_of(content.url, get_language()) is None:
        raise Http404
    allow_content(request, content)
    response = render(request, template, {"content": content, "asks_itself": True})
    response["X-Robots-Tag"] = "noindex"
    return response


def _page(request: HttpRequest, *, status: int = HTTPStatus.OK) -> HttpResponse:
    offer = offers.current()
    context = {
        "asks_itself": True,
        "choice": choice_of(request),
        "offer": offer.in_language(get_language()),
        "providers": offer.providers(get_language()),
        "edition": offer.edition,
        "lifetime": hours(settings.COOKIE_CONSENT_MAX_AGE),
        "is_invalid": status == HTTPStatus.UNPROCESSABLE_ENTITY,
    }
    response = render(request, "consent/choices.html", context, status=status)
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _decide(
    request: HttpRequest,
    form: ChoiceForm,
    *,
    accept: Collection[CookieGroup] = (),
    refuse: Collection[CookieGroup] = (),
) -> HttpResponse:
    offers.forget()
    offer = offers.current()
    is_outdated = bool(accept) and not form.was_asked(offer.edition)
    response = _answer(request, is_outdated=is_outdated)
    if not is_outdated:
        services.decide(request, response, offer=offer, accept=accept, refuse=refuse)
    patch_cache_control(response, no_store=True)
    return response


def _answer(request: HttpRequest, *, is_outdated: bool) -> HttpResponse:
    """Back to where the visitor was. Who agrees to words that have changed since is sent to the new ones."""
    if is_ajax_like(request):
        return HttpResponse(status=HTTPStatus.CONFLICT if is_outdated else HTTPStatus.NO_CONTENT)
    target = resolve_url(settings.COOKIE_CONSENT_SUCCESS_URL) if is_outdated else _where_from(request)
    return HttpResponseRedirect(target, status=HTTPStatus.SEE_OTHER)


def _where_from(request: HttpRequest) -> str:
    """The page with the buttons. `next` is part of pages that everybody shares, so only Referer knows the query."""
    asked = _safe(request, request.POST.get("next", ""))
    referer = _safe(request, request.headers.get("Referer", ""))
    if referer and asked in ("", urlsplit(referer).path):
        return referer
    return asked or resolve_url(settings.COOKIE_CONSENT_SUCCESS_URL)


def _safe(request: HttpRequest, url: str) -> str:
    """`url` as a path on this site, or nothing."""
    if not url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=settings.HTTPS):
        return ""
    parts = urlsplit(url)
    path = parts.path if parts.path.startswith("/") and not parts.path.startswith("//") else ""
    return f"{path}?{parts.query}" if path and parts.query else path
