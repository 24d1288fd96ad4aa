"""The public form of a request: what is needed to answer it, and nothing more."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from sitebackend import nonce as form_nonce
from sitebackend.privacy.models import Kind
from sitebackend.privacy.statement import Statement

QUESTIONS = {
    Kind.ACCESS: _("Access: what is stored about me?"),
    Kind.ERASURE: _("Erasure: my data are to be deleted"),
    Kind.OBJECTION: _("Objection: my data are not to be used any more"),
    Kind.RECTIFICATION: _("Rectification: something is wrong"),
    Kind.RESTRICTION: _("Restriction: my data are to be kept, but not used"),
    Kind.PORTABILITY: _("Portability: my data in a machine-readable format"),
}
CHOOSE = {"required": _("Please choose one of these.")}
NO_NAME = {"required": _("Please enter your name.")}
NO_ADDRESS = {
    "required": _("Please enter your e-mail address."),
    "invalid": _("Please enter a valid e-mail address."),
}


class RequestForm(forms.Form):
    """Kind, name, and where the answer goes; a number and a message help, and may be left out."""

    use_required_attribute = False  # our own errors help better than the browser's bubbles

    kind = forms.ChoiceField(
        label=_("What is it about?"), choices=QUESTIONS, widget=forms.RadioSelect, error_messages=CHOOSE
    )
    name = forms.CharField(
        label=_("Name"),
        max_length=200,
        error_messages=NO_NAME,
        widget=forms.TextInput({"autocomplete": "name", "maxlength": 200}),
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        help_text=_("Best the address that we have of you; we send the answer there."),
        error_messages=NO_ADDRESS,
        widget=forms.EmailInput({"autocomplete": "email", "maxlength": 254}),
    )
    number = forms.CharField(
        label=_("Customer number or reference (optional)"),
        help_text=_("If you have one; it helps to find everything."),
        max_length=50,
        required=False,
        widget=forms.TextInput({"autocomplete": "off", "maxlength": 50}),
    )
    message = forms.CharField(
        label=_("Anything else (optional)"),
        help_text=_("No reasons are needed. For a rectification: what is right?"),
        max_length=5_000,
        required=False,
        widget=forms.Textarea({"rows": 5, "maxlength": 5_000}),
    )
    nonce = forms.CharField(required=False, widget=forms.HiddenInput)
    extra = forms.CharField(
        label=_("Please leave this field empty"),
        required=False,
        widget=forms.TextInput({"autocomplete": "off", "tabindex": "-1"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        age = form_nonce.age(self.data.get("nonce", ""))
        if cleaned.get("extra") or age is not form_nonce.Age.FINE:
            self._renew(age)
            self.add_error(None, _("Please check what you wrote and send it once more."))
        self._lead_focus()
        return cleaned

    def said(self) -> Statement:
        told = {name: self.cleaned_data[name] for name in ("name", "email", "number", "message")}
        return Statement(language=get_language() or "de", **told)

    def _renew(self, age: form_nonce.Age) -> None:
        """A fresh nonce where the old one will never do; a person who was too fast may send the same again."""
        sent = self.data.get("nonce", "")
        kept = sent if age is form_nonce.Age.TOO_FAST else form_nonce.issue_after(sent)
        self.data = {name: self.data.get(name, "") for name in self.fields} | {"extra": "", "nonce": kept}

    def _lead_focus(self) -> None:
        """The page opens at the first field that needs a look."""
        if first := next((name for name in self.errors if name in self.fields), None):
            self.fields[first].widget.attrs["autofocus"] = True
