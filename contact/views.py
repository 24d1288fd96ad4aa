"""The form and the thanks page. No cookie, no session; whatever goes wrong, what was typed stays in the form."""

from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_safe

from contact import intake, services, withdrawal
from contact.forms import LONGEST_MESSAGE, ContactForm
from contact.models import Submission
from sitebackend import nonce, operator_key, outage, retention, throttle
from sitebackend.crypto.certificate import Certificate
from sitebackend.formats.periods import spell_out
from sitebackend.http import posted_form
from sitebackend.middleware import refused_with

_thanks = signing.Signer(salt="contact.thanks")


@cache_control(private=True, no_cache=True)
def _from_elsewhere(request: HttpRequest) -> HttpResponse:
    """The form with what was typed in it, to be sent once more from this site itself."""
    typed = posted_form.typed(request)
    typed["nonce"] = nonce.kept_or_fresh(typed.get("nonce", ""))
    return _page(request, ContactForm(initial=typed), status=403, site_itself=settings.SITE_URL)


# not no-store: going back must show the form as it was, so that it is recognised when it is sent again
@refused_with(_from_elsewhere)
@gzip_page  # nothing secret is in it: the nonce is anybody's
@cache_control(private=True, no_cache=True)
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, _empty())
    try:
        form = ContactForm(posted_form.read(request))
    except posted_form.UnreadableFormError as error:
        return _page(request, _empty(), status=error.status)
    return _answer(request, form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def thanks(request: HttpRequest, token: str) -> HttpResponse:
    """Shows the reference, and takes the message back at a POST; the address holds a signed random key, nothing else.

    While the message can be taken back that address is as good as a key: no other page is told it.
    """
    submission = _sent(token)
    if submission is None:
        response = _taken_back(request, None)
    elif request.method == "POST":
        response = _take_back(request, submission)
    else:
        response = _thank(request, submission)
    # not no-referrer: the browser would hide as well that the button's request comes from this site
    response.headers["Referrer-Policy"] = "strict-origin"
    return response


@require_safe
def public_key(request: HttpRequest) -> HttpResponse:
    """The operator's public key, for those who would rather write encrypted mail."""
    try:
        armoured = operator_key.export_armoured()
    except operator_key.OperatorKeyUnusable as error:
        raise Http404 from error
    return HttpResponse(armoured, content_type="application/pgp-keys")


def _keys() -> tuple[Certificate, ...]:
    try:
        return operator_key.usable_certificates()
    except operator_key.OperatorKeyUnusable:
        return ()


def _empty() -> ContactForm:
    return ContactForm(initial={"nonce": nonce.issue()})


def _answer(request: HttpRequest, form: ContactForm) -> HttpResponse:
    if throttle.is_exceeded(request, "contact-post", limit=120):
        return _page(request, form, status=429)
    if not form.is_valid():
        return _page(request, form, status=422)
    if throttle.is_exceeded(request, "contact-submission", limit=30):
        return _page(request, form, status=429)
    try:
        submission = _receive(form)
    except services.IntakeClosed:
        return _page(request, form, status=503)
    address = reverse("contact:thanks", args=[_thanks.sign(submission.pk.hex)])
    return HttpResponseRedirect(address, status=303)


def _receive(form: ContactForm) -> Submission:
    return services.receive(
        fields=form.typed(),
        reply_to=form.reply_to(),
        nonce=form.cleaned_data["nonce"],
        honeypot=form.cleaned_data["extra"],
        now=timezone.now(),
    )


def _sent(token: str) -> Submission | None:
    """The message behind the address of a thanks page; None: it is not here any more. Raises Http404."""
    try:
        return Submission.objects.filter(pk=UUID(hex=_thanks.unsign(token))).first()
    except signing.BadSignature as error:
        raise Http404 from error


def _thank(request: HttpRequest, submission: Submission, *, status: int = 200) -> HttpResponse:
    until = withdrawal.possible_until(submission, timezone.now())
    context = {"submission": submission, "kept_for": retention.of_messages(), "until": until, "status": status}
    response = render(request, "contact/thanks.html", context, status=status)
    response.headers["X-Reference"] = submission.reference
    return response


def _take_back(request: HttpRequest, submission: Submission) -> HttpResponse:
    try:
        mailed = withdrawal.take_back(submission=submission, now=timezone.now())
    except withdrawal.TooLate:
        return _thank(request, submission, status=410)
    except withdrawal.NotNow:
        return _thank(request, submission, status=503)
    return _taken_back(request, mailed)


def _taken_back(request: HttpRequest, mailed: withdrawal.Mailed | None) -> HttpResponse:
    context = {"mailed": mailed, "is_notice": settings.CONTACT_MAIL == "notice"}
    return render(request, "contact/taken_back.html", context, status=200 if mailed else 410)


def _page(request: HttpRequest, form: ContactForm, *, status: int = 200, site_itself: str = "") -> HttpResponse:
    context = {
        "form": form,
        "status": status,
        "site_itself": site_itself,
        "is_open": intake.is_open(),
        "kept_for": retention.of_messages(),
        "longest": number_format(LONGEST_MESSAGE, force_grouping=True),
        "operator_keys": _keys(),
        "wait": spell_out(throttle.PERIOD),
        "mail_is_plain": settings.CONTACT_MAIL == "plain",
    }
    try:
        response = render(request, "contact/form.html", context, status=status)
    except outage.DATABASE_ERRORS:
        if not form.is_bound:
            raise
        status = 503
        response = outage.page(request, "contact/outage.html", context | {"status": status})
    if status in (429, 503):
        response.headers["Retry-After"] = throttle.retry_after()
    return response
