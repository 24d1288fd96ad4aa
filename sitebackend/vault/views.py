"""The vault in the admin: open, lock, set up, look after. Every page asks for a session with the second factor."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from django.views.generic import FormView

from sitebackend.crypto import sealing
from sitebackend.models import Operator
from sitebackend.vault import maintenance, services
from sitebackend.vault.errors import RecoveryKeyMistyped, VaultError, WrongRecoveryKey
from sitebackend.vault.forms import (
    ChangePassphraseForm,
    ConfirmRecoveryKeyForm,
    NewPassphraseForm,
    RecoverForm,
    UnlockForm,
)
from sitebackend.vault.models import ABSOLUTE, KeySlot, Vault


class VaultFormView(FormView):  # type: ignore[type-arg]
    """One form, one verb: subclasses say which, and what to answer. A refusal stands at the form, with status 422."""

    template_name = "vault/form.html"
    title: str | Promise
    button: str | Promise
    intro: str | Promise = ""

    def carry_out(self, cleaned: dict[str, Any]) -> HttpResponse:
        raise NotImplementedError

    @property
    def operator(self) -> Operator:
        return cast("Operator", self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = {"title": self.title, "button": self.button, "intro": self.intro, "next": _next(self.request)}
        return super().get_context_data(**admin.site.each_context(self.request), **page, **kwargs)

    def form_valid(self, form: forms.Form) -> HttpResponse:
        try:
            return self.carry_out(form.cleaned_data)
        except VaultError as error:
            about_the_key = isinstance(error, RecoveryKeyMistyped | WrongRecoveryKey)
            form.add_error("recovery_key" if about_the_key else None, str(error))
            return self.form_invalid(form)

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


class SetUp(VaultFormView):
    form_class = NewPassphraseForm
    title, button = _("Set up the vault"), _("Set up")
    intro = _(
        "Technical records, evidence and billing files are sealed to the vault. Writing needs nothing; reading needs "
        "this passphrase. The server cannot open them while the vault is locked."
    )

    def carry_out(self, cleaned: dict[str, Any]) -> HttpResponse:
        printed = services.set_up(passphrase=cleaned["new"], operator=self.operator)
        return _show_recovery_key(self.request, printed)


class Unlock(VaultFormView):
    form_class = UnlockForm
    template_name = "vault/unlock.html"
    title, button = _("Open the vault"), _("Open")

    def carry_out(self, cleaned: dict[str, Any]) -> HttpResponse:
        token = services.unlock(operator=self.operator, passphrase=cleaned["passphrase"])
        response = redirect(_next(self.request))
        response.set_cookie(
            settings.VAULT_COOKIE_NAME,
            token,
            max_age=ABSOLUTE,
            secure=settings.HTTPS,
            httponly=True,
            samesite="Strict",
        )
        return response


class ChangePassphrase(VaultFormView):
    needs_proof = True
    form_class = ChangePassphraseForm
    title, button = _("Change the passphrase"), _("Change")
    intro = _("The vault is locked everywhere afterwards. The recovery key stays as it is.")

    def carry_out(self, cleaned: dict[str, Any]) -> HttpResponse:
        maintenance.change_passphrase(operator=self.operator, passphrase=cleaned["passphrase"], new=cleaned["new"])
        return _done(self.request, _("The passphrase was changed. The vault is locked."))


class RenewRecoveryKey(VaultFormView):
    needs_proof = True
    form_class = UnlockForm
    title, button = _("Make a new recovery key"), _("Make it")
    intro = _("The present recovery key works until the new one was typed back.")

    def carry_out(self, cleaned: dict[str, Any]) -> HttpResponse:
        printed = maintenance.renew_recovery_key(operator=self.operator, passphrase=cleaned["passphrase"])
        return _show_recovery_key(self.request, printed)


class ConfirmRecoveryKey(VaultFormView):
    form_class = ConfirmRecoveryKeyForm
    title, button = _("Type the recovery key back"), _("Check")
    intro = _("From the paper, so that you know it can be read.")

    def carry_out(self, cleaned: dict[str, Any]) -> HttpResponse:
        maintenance.confirm_recovery_key(operator=self.operator, typed=cleaned["recovery_key"])
        return _done(
            self.request, _("The recovery key is right. Keep the paper in a safe place, away from this server.")
        )


class Recover(VaultFormView):
    needs_proof = True
    form_class = RecoverForm
    title, button = _("Passphrase forgotten"), _("Set the new passphrase")
    intro = _(
        "The printed recovery key sets a new passphrase. If passphrase and recovery key are both lost, nobody can "
        "open what was sealed: neither we nor the host, and no backup helps."
    )

    def carry_out(self, cleaned: dict[str, Any]) -> HttpResponse:
        maintenance.recover(operator=self.operator, typed=cleaned["recovery_key"], new=cleaned["new"])
        return _done(self.request, _("The new passphrase opens the vault from now on."))


class Rotate(VaultFormView):
    needs_proof = True
    form_class = UnlockForm
    title, button = _("Renew the vault's key"), _("Renew the key")
    intro = _(
        "Everything is sealed to a new key, in one step. The passphrase stays; the recovery key is replaced by a new "
        "one. If VAULT_FINGERPRINT is set, it must then name the new key."
    )

    def carry_out(self, cleaned: dict[str, Any]) -> HttpResponse:
        printed = maintenance.rotate(operator=self.operator, passphrase=cleaned["passphrase"])
        return _show_recovery_key(self.request, printed)


def overview(request: HttpRequest) -> HttpResponseBase:
    """How the vault stands, and what can be done with it."""
    vault = Vault.objects.first()
    if vault is None:
        return redirect("vault:set_up")
    context = {
        **admin.site.each_context(request),
        "title": _("Vault"),
        "vault": vault,
        "fingerprint": sealing.fingerprint(bytes(vault.public_key)),
        "pinned": bool(settings.VAULT_FINGERPRINT),
        "recovery_slot": KeySlot.objects.filter(kind=KeySlot.Kind.RECOVERY).order_by("-made_at").first(),
    }
    return TemplateResponse(request, "vault/overview.html", context)


@require_POST
def lock(request: HttpRequest) -> HttpResponseBase:
    services.lock(operator=cast("Operator", request.user))
    response = redirect(_next(request))
    response.delete_cookie(settings.VAULT_COOKIE_NAME, samesite="Strict")
    return response


def _show_recovery_key(request: HttpRequest, printed: str) -> HttpResponse:
    """The only time that it is shown; a form to type it back stands below."""
    fingerprint = sealing.fingerprint(bytes(Vault.objects.get().public_key))
    context = {
        **admin.site.each_context(request),
        "title": _("Your recovery key"),
        "groups": printed.split("-"),
        "form": ConfirmRecoveryKeyForm(),
        "new_fingerprint": fingerprint if settings.VAULT_FINGERPRINT not in ("", fingerprint) else "",
    }
    return TemplateResponse(request, "vault/recovery_key.html", context)


def _done(request: HttpRequest, message: str | Promise) -> HttpResponse:
    messages.success(request, str(message))
    return redirect("vault:overview")


def _next(request: HttpRequest) -> str:
    """Where the operator came from, if that is below /admin/ of this site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith("/admin/")
    return wanted if safe else reverse("vault:overview")
