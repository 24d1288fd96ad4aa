"""The public side of a request: the form, its thanks page, the confirmation of an address, the answer's hand-over.

No cookie, no session; and no view asks whether the person is known, so no answer can tell.
"""

from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_safe

from sitebackend import nonce, retention, throttle
from sitebackend.formats.periods import spell_out
from sitebackend.formats.typed_text import length_of
from sitebackend.http import posted_form
from sitebackend.middleware import refused_with
from sitebackend.privacy.forms import RequestForm
from sitebackend.privacy.models import DataSubjectRequest
from sitebackend.privacy.services import answer, identity, intake

LONGEST_NUMBER = 50  # characters of a customer number, reference or postal code
_thanks = signing.Signer(salt="privacy.thanks")


@cache_control(private=True, no_cache=True)
def _from_elsewhere(request: HttpRequest) -> HttpResponse:
    """The form with what was typed in it, to be sent once more from this site itself."""
    typed = posted_form.typed(request)
    typed["nonce"] = nonce.kept_or_fresh(typed.get("nonce", ""))
    return _page(request, RequestForm(initial=typed), status=403, site_itself=settings.SITE_URL)


# not no-store: a browser may bring the form back as it was
@refused_with(_from_elsewhere)
@gzip_page  # nothing secret is in it: the nonce is anybody's
@cache_control(private=True, no_cache=True)
@require_http_methods(["GET", "HEAD", "POST"])
def request_form(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, _empty(kind=request.GET.get("kind", "")))
    try:
        form = RequestForm(posted_form.read(request))
    except posted_form.UnreadableFormError as error:
        return _page(request, _empty(), status=error.status)
    # twelve tries in one period are a person who corrects a form; the thirteenth is a machine
    if throttle.is_exceeded(request, "privacy-request", limit=12):
        return _page(request, form, status=429)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        received = intake.receive(
            kind=form.cleaned_data["kind"], said=form.said(), nonce=form.cleaned_data["nonce"], now=timezone.now()
        )
    except intake.IntakeClosed:
        return _page(request, form, status=503)
    return HttpResponseRedirect(reverse("privacy:thanks", args=[_thanks.sign(received.pk.hex)]), status=303)


@never_cache
@require_safe
def thanks(request: HttpRequest, token: str) -> HttpResponse:
    """Reference and deadline; the address holds a signed random key, nothing of the person."""
    try:
        received = get_object_or_404(DataSubjectRequest.objects.open(), pk=UUID(hex=_thanks.unsign(token)))
    except signing.BadSignature as error:
        raise Http404 from error
    response = render(request, "privacy/thanks.html", {"received": received})
    response.headers["X-Reference"] = received.reference
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a button, POST acts: programs that follow links in mails confirm nothing."""
    if request.method == "POST":
        added = {name: request.POST.get(name, "") for name in ("number", "postal_code")}
        if any(length_of(typed) > LONGEST_NUMBER for typed in added.values()):
            return render(request, "privacy/confirm.html", {"usable": True, "added": added, **_periods()}, status=422)
        confirmed = identity.confirm_by_link(token, now=timezone.now(), **added)
        return render(
            request, "privacy/confirm.html", {"confirmed": confirmed, **_periods()}, status=200 if confirmed else 410
        )
    usable = identity.request_behind(token) is not None
    return render(request, "privacy/confirm.html", {"usable": usable, **_periods()}, status=200 if usable else 410)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def fetch(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a button, POST hands the copy over, once."""
    if request.method != "POST":
        waiting = answer.waiting(token, timezone.now()) is not None
        return render(request, "privacy/fetch.html", {"waiting": waiting, **_periods()}, status=200 if waiting else 410)
    content = answer.hand_over(token, now=timezone.now())
    if content is None:
        return render(request, "privacy/fetch.html", {"waiting": False, **_periods()}, status=410)
    headers = {"Content-Disposition": f'attachment; filename="{_("answer")}.zip"'}
    return HttpResponse(content, content_type="application/zip", headers=headers)


def _periods() -> dict[str, int]:
    return {"longest": LONGEST_NUMBER, "link_days": retention.LINK_LIVES.days, "copy_days": retention.ANSWER_LIVES.days}


def _empty(*, kind: str = "") -> RequestForm:
    return RequestForm(initial={"nonce": nonce.issue(), "kind": kind})


def _page(request: HttpRequest, form: RequestForm, *, status: int = 200, site_itself: str = "") -> HttpResponse:
    context = {
        "form": form,
        "status": status,
        "site_itself": site_itself,
        "kept_for": retention.of_requests(),
        "wait": spell_out(throttle.PERIOD),
    }
    response = render(request, "privacy/request_form.html", context, status=status)
    if status in (429, 503):
        response.headers["Retry-After"] = throttle.retry_after()
    return response
