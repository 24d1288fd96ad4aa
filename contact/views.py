"""The form and the thanks page. No cookie, no session; whatever goes wrong, what was typed stays in the form."""

from uuid import UUID

from django.conf import settings
from django.core import signing
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.core.files.uploadhandler import FileUploadHandler
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_safe

from contact import services
from contact.forms import LONGEST_MESSAGE, ContactForm
from contact.models import Submission
from sitebackend import nonce, operator_key, outage, retention, throttle
from sitebackend.crypto.certificate import Certificate
from sitebackend.formats.periods import spell_out

_thanks = signing.Signer(salt="contact.thanks")


class NoFiles(FileUploadHandler):
    """The form has no files: what comes as one is read past, so that nothing of it reaches a disk."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        return None

    def file_complete(self, file_size: int) -> None:
        return None


# not no-store: going back must show the form as it was, so that it is recognised when it is sent again
@gzip_page  # nothing secret is in it: the nonce is anybody's
@cache_control(private=True, no_cache=True)
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, ContactForm(initial={"nonce": nonce.issue()}))
    try:
        form = ContactForm(_posted(request))
    except RequestDataTooBig:
        return _page(request, ContactForm(initial={"nonce": nonce.issue()}), status=413)
    except (BadRequest, SuspiciousOperation, MultiPartParserError, UnreadablePostError):
        return _page(request, ContactForm(initial={"nonce": nonce.issue()}), status=400)
    return _answer(request, form)


@never_cache
@require_safe
def thanks(request: HttpRequest, token: str) -> HttpResponse:
    """Shows the reference; the address holds a signed random key, nothing of the sender."""
    try:
        submission = get_object_or_404(Submission, pk=UUID(hex=_thanks.unsign(token)))
    except signing.BadSignature as error:
        raise Http404 from error
    response = render(request, "contact/thanks.html", {"submission": submission})
    response.headers["X-Reference"] = submission.reference
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


def _page(request: HttpRequest, form: ContactForm, *, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "status": status,
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


def _posted(request: HttpRequest) -> QueryDict:
    """The posted fields. Raises what Django raises about bodies that are too large or make no sense."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise RequestDataTooBig("larger than any form")
    request.upload_handlers = [NoFiles(request)]
    request.encoding = "utf-8"
    return request.POST
