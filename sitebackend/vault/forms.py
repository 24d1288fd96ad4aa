"""The vault's forms. Secrets are never put back into a page: password fields render empty."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sitebackend.vault import slots
from sitebackend.vault.errors import PassphraseTooShort


def _secret(label: Any, *, new: bool = False, focus: bool = False) -> forms.CharField:
    attributes: dict[str, Any] = {"autocomplete": "new-password" if new else "off"}
    if focus:
        attributes["autofocus"] = True
    return forms.CharField(label=label, strip=False, widget=forms.PasswordInput(attrs=attributes))


class UnlockForm(forms.Form):
    passphrase = _secret(_("Vault passphrase"), focus=True)


class UnlockMessagesForm(forms.Form):
    passphrase = _secret(_("Passphrase of the lock for messages"), focus=True)


class NewPassphraseForm(forms.Form):
    """A new passphrase, typed twice."""

    new = _secret(_("New passphrase"), new=True)
    repeated = _secret(_("New passphrase, once more"), new=True)

    def clean_new(self) -> str:
        new: str = self.cleaned_data["new"]
        try:
            slots.check_length(new)
        except PassphraseTooShort as error:
            raise forms.ValidationError(str(error)) from error
        return new

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "new" in cleaned and cleaned.get("repeated") != cleaned["new"]:
            self.add_error("repeated", _("This is not the same passphrase as above."))
        return cleaned


class ChangePassphraseForm(NewPassphraseForm):
    passphrase = _secret(_("Present passphrase"), focus=True)
    field_order = ("passphrase", "new", "repeated")


class MessagesPassphraseForm(NewPassphraseForm):
    """A new passphrase of the lock for messages; the vault's proves who may set it."""

    passphrase = _secret(_("Vault passphrase"), focus=True)
    field_order = ("passphrase", "new", "repeated")


def _recovery_key() -> forms.CharField:
    attributes = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "rows": 3}
    return forms.CharField(
        label=_("Recovery key"),
        widget=forms.Textarea(attrs=attributes),
        help_text=_("Twelve groups of five signs. Capitals, spaces and dashes do not matter."),
    )


class ConfirmRecoveryKeyForm(forms.Form):
    recovery_key = _recovery_key()


class RecoverForm(NewPassphraseForm):
    recovery_key = _recovery_key()
    field_order = ("recovery_key", "new", "repeated")
