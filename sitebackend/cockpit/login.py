"""The set-up of the second factor: open to those who have none yet, or have just shown it."""

from io import BytesIO

from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_totp.models import TOTPDevice

from sitebackend import second_factor
from sitebackend.cockpit import browsers, notices
from sitebackend.cockpit.forms import ConfirmationForm
from sitebackend.cockpit.proof import needs_proof
from sitebackend.models import Act, Operator


def may_set_up(request: HttpRequest) -> bool:
    """Operators who have no second factor yet, or have shown the one that they want to replace."""
    user = request.user
    if not (user.is_active and isinstance(user, Operator) and user.is_staff):
        return False
    return second_factor.is_satisfied(user) or second_factor.is_missing(user)


@needs_proof()
def set_up(request: HttpRequest) -> HttpResponse:
    """QR code and secret; a code from the telephone confirms them and brings the recovery codes."""
    if not may_set_up(request) or not isinstance(request.user, Operator):
        return redirect("admin:login")
    device = second_factor.pending_device(request.user)
    form = ConfirmationForm(request.POST or None, device=device)
    if request.method == "POST" and form.is_valid():
        return _show_codes(request, _confirmed(request, device))
    context = {
        **admin.site.each_context(request),
        "title": _("Set up the second factor"),
        "form": form,
        "secret": second_factor.secret_of(device),
        "replaces": not second_factor.is_missing(request.user) and request.user.otp_device,
    }
    return TemplateResponse(request, "admin/second_factor.html", context, status=422 if form.errors else 200)


@transaction.atomic
def _confirmed(request: HttpRequest, device: TOTPDevice) -> list[str]:
    """The recovery codes; whoever came in without a factor has shown it now, and their sign-in is complete."""
    codes = second_factor.confirm(request=request, device=device)
    notices.note_and_tell(Act.FACTOR_SET, by=device.user, account=device.user)
    browsers.recognise(request, device.user)
    return codes


def qr_code(request: HttpRequest) -> HttpResponse:
    """The pending device's secret as a picture, from an address that does not hold it."""
    if not may_set_up(request) or not isinstance(request.user, Operator):
        return redirect("admin:login")
    import segno

    picture = BytesIO()
    code = segno.make(second_factor.pending_device(request.user).config_url, error="m")
    code.save(picture, kind="svg", scale=5, border=3, dark="#000", light="#fff")
    return HttpResponse(picture.getvalue(), content_type="image/svg+xml")


@needs_proof()
def renew_codes(request: HttpRequest) -> HttpResponse:
    """New recovery codes, for an operator who has shown the second factor."""
    if request.method != "POST" or not isinstance(request.user, Operator) or not request.user.otp_device:
        return redirect("admin:second_factor")
    with transaction.atomic():
        codes = second_factor.renew_recovery_codes(operator=request.user)
        notices.note_and_tell(Act.CODES_RENEWED, by=request.user, account=request.user)
    return _show_codes(request, codes)


def _show_codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    context = {**admin.site.each_context(request), "title": _("Your recovery codes"), "codes": codes}
    return TemplateResponse(request, "admin/recovery_codes.html", context)
