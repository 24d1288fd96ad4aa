"""The vault in the admin: open, lock, set up, look after. Every page asks for a session with the second factor."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from sitebackend.cockpit.pages import Crumbs, OperatorFormPage, OperatorPage, hang
from sitebackend.crypto import sealing
from sitebackend.formats.periods import spell_out
from sitebackend.vault import maintenance, messages_lock, services
from sitebackend.vault.errors import RecoveryKeyMistyped, VaultError, WrongRecoveryKey
from sitebackend.vault.forms import (
    ChangePassphraseForm,
    ConfirmRecoveryKeyForm,
    MessagesPassphraseForm,
    NewPassphraseForm,
    RecoverForm,
    UnlockForm,
    UnlockMessagesForm,
)
from sitebackend.vault.models import ABSOLUTE, IDLE, KeySlot, Lock, Vault


class VaultPage(OperatorPage):
    """Around the vault; `overview` says what can be done there."""

    permission = Lock.VAULT.permission
    body_class = "vault-page"

    @property
    def crumbs(self) -> Crumbs:
        may_look = services.may_open(self.operator, Lock.VAULT)
        return [(_("Vault"), reverse("admin:vault_overview"))] if may_look else []


class VaultFormPage(VaultPage, OperatorFormPage):
    """One form, one verb."""

    template_name = "vault/form.html"
    refusals = (VaultError,)

    def refusal(self, error: Exception) -> tuple[str | None, str]:
        about_the_key = isinstance(error, RecoveryKeyMistyped | WrongRecoveryKey)
        return "recovery_key" if about_the_key else None, str(error)

    def get_success_url(self) -> str:
        return _next(self.request)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(next=_next(self.request), **kwargs)


class SetUp(VaultFormPage):
    form_class = NewPassphraseForm
    title, button = _("Set up the vault"), _("Set up")
    intro = _(
        "Technical records, evidence and billing files are sealed to the vault. Writing needs nothing; reading needs "
        "this passphrase. The server cannot open them while the vault is locked."
    )

    def carry_out(self, form: forms.Form) -> HttpResponse:
        printed = services.set_up(passphrase=form.cleaned_data["new"], operator=self.operator)
        return _show_recovery_key(self.request, printed)


class Unlock(VaultFormPage):
    lock = Lock.VAULT
    form_class: type[forms.Form] = UnlockForm
    template_name = "vault/unlock.html"
    title, button = _("Open the vault"), _("Open")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(idle=spell_out(IDLE), longest=spell_out(ABSOLUTE), **kwargs)

    def carry_out(self, form: forms.Form) -> HttpResponse:
        passphrase = form.cleaned_data["passphrase"]
        token = services.unlock(operator=self.operator, passphrase=passphrase, lock=self.lock)
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


class UnlockMessages(Unlock):
    """Messages alone: what *Büro* may open."""

    lock = Lock.MESSAGES
    permission = Lock.MESSAGES.permission
    form_class = UnlockMessagesForm
    title = _("Open messages")


class ChangePassphrase(VaultFormPage):
    needs_proof = True
    form_class = ChangePassphraseForm
    title, button = _("Change the passphrase"), _("Change")
    intro = _("The vault is locked everywhere afterwards. The recovery key stays as it is.")

    def carry_out(self, form: forms.Form) -> HttpResponse:
        maintenance.change_passphrase(
            operator=self.operator, passphrase=form.cleaned_data["passphrase"], new=form.cleaned_data["new"]
        )
        return _done(self.request, _("The passphrase was changed. The vault is locked."))


class RenewRecoveryKey(VaultFormPage):
    needs_proof = True
    form_class = UnlockForm
    title, button = _("Make a new recovery key"), _("Make it")
    intro = _("The present recovery key works until the new one was typed back.")

    def carry_out(self, form: forms.Form) -> HttpResponse:
        printed = maintenance.renew_recovery_key(operator=self.operator, passphrase=form.cleaned_data["passphrase"])
        return _show_recovery_key(self.request, printed)


class ConfirmRecoveryKey(VaultFormPage):
    form_class = ConfirmRecoveryKeyForm
    title, button = _("Type the recovery key back"), _("Check")
    intro = _("From the paper, so that you know it can be read.")

    def carry_out(self, form: forms.Form) -> HttpResponse:
        maintenance.confirm_recovery_key(operator=self.operator, typed=form.cleaned_data["recovery_key"])
        return _done(
            self.request, _("The recovery key is right. Keep the paper in a safe place, away from this server.")
        )


class Recover(VaultFormPage):
    needs_proof = True
    form_class = RecoverForm
    title, button = _("Passphrase forgotten"), _("Set the new passphrase")
    intro = _(
        "The printed recovery key sets a new passphrase. If passphrase and recovery key are both lost, nobody can "
        "open what was sealed: neither we nor the host, and no backup helps."
    )

    def carry_out(self, form: forms.Form) -> HttpResponse:
        maintenance.recover(
            operator=self.operator, typed=form.cleaned_data["recovery_key"], new=form.cleaned_data["new"]
        )
        return _done(self.request, _("The new passphrase opens the vault from now on."))


class Rotate(VaultFormPage):
    needs_proof = True
    form_class = UnlockForm
    title, button = _("Renew the vault's key"), _("Renew the key")
    intro = _(
        "Everything is sealed to a new key, in one step. The passphrase stays; the recovery key is replaced by a new "
        "one. If VAULT_FINGERPRINT is set, it must then name the new key."
    )

    def carry_out(self, form: forms.Form) -> HttpResponse:
        printed = maintenance.rotate(operator=self.operator, passphrase=form.cleaned_data["passphrase"])
        return _show_recovery_key(self.request, printed)


class SetUpMessages(VaultFormPage):
    needs_proof = True
    form_class = MessagesPassphraseForm
    title, button = _("Set up the lock for messages"), _("Set up")
    intro = _(
        "Messages and their notes get a passphrase of their own, for people who read them and must not open the vault. "
        "Tell them this passphrase. Whoever opens the vault still reads messages, too."
    )

    def carry_out(self, form: forms.Form) -> HttpResponse:
        typed = form.cleaned_data
        messages_lock.set_up(operator=self.operator, passphrase=typed["passphrase"], new=typed["new"])
        return _done(self.request, _("The lock for messages is set up. Tell its passphrase to who may read them."))


class ChangeMessagesPassphrase(VaultFormPage):
    needs_proof = True
    form_class = MessagesPassphraseForm
    title, button = _("Change the passphrase for messages"), _("Change")
    intro = _("Messages are locked everywhere afterwards. Nobody needs the old passphrase for it.")

    def carry_out(self, form: forms.Form) -> HttpResponse:
        typed = form.cleaned_data
        messages_lock.change_passphrase(operator=self.operator, passphrase=typed["passphrase"], new=typed["new"])
        return _done(self.request, _("The passphrase for messages was changed."))


class RotateMessages(VaultFormPage):
    needs_proof = True
    form_class = MessagesPassphraseForm
    title, button = _("Renew the key for messages"), _("Renew the key")
    intro = _(
        "For when somebody has left who knew the passphrase: messages are sealed to a new key, in one step, which a "
        "new passphrase opens. If VAULT_MESSAGES_FINGERPRINT is set, it must then name the new key."
    )

    def carry_out(self, form: forms.Form) -> HttpResponse:
        typed = form.cleaned_data
        messages_lock.rotate(operator=self.operator, passphrase=typed["passphrase"], new=typed["new"])
        return _done(self.request, _("The key for messages was renewed; the new passphrase opens them."))


class TakeAwayMessages(VaultFormPage):
    needs_proof = True
    form_class = UnlockForm
    title, button = _("Take the lock for messages away"), _("Take it away")
    intro = _("Messages then open with the vault only, as on a site without this lock. Nothing of them is lost.")

    def carry_out(self, form: forms.Form) -> HttpResponse:
        messages_lock.take_away(operator=self.operator, passphrase=form.cleaned_data["passphrase"])
        return _done(self.request, _("The lock for messages is gone: the vault opens them."))


class Overview(VaultPage):
    """How the vault stands, and what can be done with it."""

    template_name = "vault/overview.html"
    title = _("Vault")
    crumbs = ()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        vault = Vault.objects.of(Lock.VAULT).first()
        if vault is None:
            return redirect("admin:vault_set_up")
        row = Vault.objects.of(Lock.MESSAGES).first()
        context = {
            "vault": vault,
            "fingerprint": sealing.fingerprint(bytes(vault.public_key)),
            "pinned": bool(settings.VAULT_FINGERPRINT),
            "messages_lock": row,
            "messages_fingerprint": sealing.fingerprint(bytes(row.public_key)) if row else "",
            "messages_pinned": bool(settings.VAULT_MESSAGES_FINGERPRINT),
            "recovery_slot": KeySlot.objects.filter(kind=KeySlot.Kind.RECOVERY).order_by("-made_at").first(),
        }
        return self.render_to_response(self.get_context_data(**context))


class Close(VaultPage):
    """Lock whatever is open; for everybody who may open something."""

    permission = Lock.MESSAGES.permission
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        services.lock(operator=self.operator)
        response = redirect(_next(request))
        response.delete_cookie(settings.VAULT_COOKIE_NAME, samesite="Strict")
        return response


def _show_recovery_key(request: HttpRequest, printed: str) -> HttpResponse:
    """The only time that it is shown; a form to type it back stands below."""
    fingerprint = sealing.fingerprint(bytes(Vault.objects.of(Lock.VAULT).get().public_key))
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
    return redirect("admin:vault_overview")


def _next(request: HttpRequest) -> str:
    """Where the operator came from, if that is below /admin/ of this site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith("/admin/")
    may_look = services.may_open(request.user, Lock.VAULT)
    return wanted if safe else reverse("admin:vault_overview" if may_look else "admin:index")


hang(
    "vault/",
    [
        ("", Overview, "vault_overview"),
        ("set-up/", SetUp, "vault_set_up"),
        ("unlock/", Unlock, "vault_unlock"),
        ("lock/", Close, "vault_lock"),
        ("passphrase/", ChangePassphrase, "vault_passphrase"),
        ("recovery-key/", RenewRecoveryKey, "vault_recovery_key"),
        ("recovery-key/check/", ConfirmRecoveryKey, "vault_confirm_recovery_key"),
        ("recover/", Recover, "vault_recover"),
        ("rotate/", Rotate, "vault_rotate"),
        ("messages/unlock/", UnlockMessages, "vault_unlock_messages"),
        ("messages/set-up/", SetUpMessages, "vault_set_up_messages"),
        ("messages/passphrase/", ChangeMessagesPassphrase, "vault_messages_passphrase"),
        ("messages/rotate/", RotateMessages, "vault_rotate_messages"),
        ("messages/take-away/", TakeAwayMessages, "vault_take_away_messages"),
    ],
)
