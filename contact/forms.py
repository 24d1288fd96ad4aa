"""The contact form: it refuses only what cannot be meant, and gives out every byte as it was typed."""

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.encoding import punycode
from django.utils.translation import gettext_lazy as _

from contact.message import LABELS
from sitebackend import nonce

#: What a field says that was left empty.
MISSING = {
    "name": _("Please enter your name."),
    "street": _("Please enter your street and house number."),
    "postal_code": _("Please enter your postal code."),
    "city": _("Please enter your city."),
    "phone": _("Please enter your telephone number."),
    "email": _("Please enter your e-mail address."),
    "message": _("Please enter your message."),
}
LONGEST_MESSAGE = 20_000  # characters
Validator = Callable[[str], None]


def storable(value: str) -> None:
    if any(unicodedata.category(sign) == "Cs" for sign in value):
        raise ValidationError(_("This contains signs that cannot be stored."))


def visible(value: str) -> None:
    """Refuse what only looks filled in: zero-width signs, direction marks, blanks."""
    if value and all(unicodedata.category(sign)[0] in "CZ" for sign in value):
        raise ValidationError(_("This field only contains invisible signs."))


def one_line(value: str) -> None:
    if len(value.splitlines()) > 1:
        raise ValidationError(_("Please write this on one line."))


def with_digits(value: str) -> None:
    if sum(sign.isdecimal() for sign in value) < 3:
        raise ValidationError(_("Please enter a telephone number, for example 0711 123456."))


def with_a_letter_or_digit(value: str) -> None:
    if not any(sign.isalnum() for sign in value):
        raise ValidationError(_("Please enter a postal code, for example 70173."))


def one_plain_address(value: str) -> None:
    if re.search(r"[\s\"\\,;<>()\x00-\x1f\x7f]", value):
        raise ValidationError(_("Please enter one e-mail address, for example name@example.org."))


def _line(length: int, autocomplete: str, *validators: Validator, kind: str = "text") -> forms.CharField:
    widget = forms.TextInput({"type": kind, "autocomplete": autocomplete})
    return forms.CharField(max_length=length, validators=[storable, visible, one_line, *validators], widget=widget)


class ContactForm(forms.Form):
    """Every field of the privacy notice's promise; which must be filled in is the operator's setting.

    The longest possible form stays below DATA_UPLOAD_MAX_MEMORY_SIZE, also if every sign takes 12 bytes.
    """

    use_required_attribute = False  # our own messages help more than the browser's, and work without scripts

    name = _line(200, "name")
    street = _line(200, "street-address")
    postal_code = _line(20, "postal-code", with_a_letter_or_digit)
    city = _line(100, "address-level2")
    phone = _line(60, "tel", with_digits, kind="tel")
    email = forms.EmailField(
        error_messages={"invalid": _("Please enter a valid e-mail address.")},
        max_length=254,
        validators=[one_plain_address],
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
    message = forms.CharField(
        max_length=LONGEST_MESSAGE,
        validators=[storable, visible],
        widget=forms.Textarea({"rows": 8, "autocomplete": "off"}),
    )
    nonce = forms.CharField(required=False, widget=forms.HiddenInput)
    extra = forms.CharField(
        required=False,
        label=_("Please leave this field empty"),
        widget=forms.TextInput({"autocomplete": "off", "tabindex": "-1"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in LABELS.items():
            self.fields[name].label = str(label)
            self.fields[name].error_messages["required"] = MISSING[name]
            self.fields[name].required = name in settings.CONTACT_REQUIRED_FIELDS

    def clean(self) -> None:
        sent = self.data.get("nonce", "")
        if nonce.age(sent) in (nonce.Age.FORGED, nonce.Age.TOO_OLD):
            self.data = {name: self.data.get(name, "") for name in self.fields} | {"nonce": nonce.issue_after(sent)}
            self.add_error(None, _("This form was open for a long time. Please check it and send it once more."))
        self._lead_focus()

    def typed(self) -> dict[str, str]:
        """What was sent, byte for byte."""
        return {name: str(self.data.get(name, "")) for name in LABELS}

    def reply_to(self) -> str:
        """The checked address as ASCII (its domain by RFC 5891); empty if none was given."""
        local, at, domain = self.cleaned_data["email"].rpartition("@")
        return f"{local}@{punycode(domain)}" if at else ""

    def _lead_focus(self) -> None:
        """The page opens at the first field that needs a look."""
        if first := next((name for name in self.errors if name in self.fields), None):
            self.fields[first].widget.attrs["autofocus"] = True
