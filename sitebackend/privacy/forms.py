"""The public form of a request: what is needed to answer it, and nothing more."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from sitebackend import nonce as form_nonce
from sitebackend.formats.fields import EmailAddressField
from sitebackend.formats.typed_text import UncutField, mark_required, never_cut
from sitebackend.mail.smtputf8 import check_offered
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
LONGEST_MESSAGE = 100_000  # characters
NO_NAME = {"required": _("Please enter your name.")}
NO_ADDRESS = {"required": _("Please enter your e-mail address.")}


class Choices(forms.RadioSelect):
    """Of the choices the first takes the focus: one place of a page can have it."""

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(*args, **kwargs)
        if option["index"] != "0":
            option["attrs"].pop("autofocus", None)
        return option


class RequestForm(forms.Form):
    """Kind, name, and where the answer goes; a number and a message help, and may be left out."""

    use_required_attribute = False  # our own errors help better than the browser's bubbles

    kind = forms.ChoiceField(label=_("What is it about?"), choices=QUESTIONS, widget=Choices, error_messages=CHOOSE)
    name = UncutField(
        label=_("Name"),
        longest=200,
        error_messages=NO_NAME,
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    email = EmailAddressField(
        label=_("E-mail address"),
        help_text=_("Best the address that we have of you; we send the answer there."),
        error_messages=NO_ADDRESS,
        validators=[check_offered],
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
    number = UncutField(
        label=_("Customer number or reference"),
        help_text=_("If you have one; it helps to find everything."),
        longest=50,
        required=False,
        widget=forms.TextInput(),
    )
    message = UncutField(
        label=_("Anything else"),
        help_text=_("No reasons are needed. For a rectification: what is right?"),
        longest=LONGEST_MESSAGE,
        required=False,
        widget=forms.Textarea({"rows": 5}),
    )
    nonce = forms.CharField(required=False, widget=forms.HiddenInput)
    extra = forms.CharField(
        label=_("Please leave this field empty"),
        required=False,
        widget=forms.TextInput({"autocomplete": "off", "tabindex": "-1"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        never_cut(self.fields.values())
        mark_required(self.fields[name] for name in ("name", "email"))  # of a group of choices the group says it

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("extra") or form_nonce.age(self.data.get("nonce", "")) is not form_nonce.Age.FINE:
            self._renew()
            self.add_error(None, _("Please check what you wrote and send it once more."))
        self._lead_focus()
        return cleaned

    def said(self) -> Statement:
        told = {name: self.cleaned_data[name] for name in ("name", "email", "number", "message")}
        return Statement(language=get_language() or "de", **told)

    def _renew(self) -> None:
        """A fresh nonce where the old one will never do; a person who was too fast may send the same again."""
        kept = form_nonce.kept_or_fresh(self.data.get("nonce", ""))
        self.data = {name: self.data.get(name, "") for name in self.fields} | {"extra": "", "nonce": kept}

    def _lead_focus(self) -> None:
        """The page opens at the first field that needs a look."""
        if first := next((name for name in self.errors if name in self.fields), None):
            self.fields[first].widget.attrs["autofocus"] = True
