"""The contact form: it refuses only what cannot be meant, and gives out every byte as it was typed."""

import unicodedata
from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from contact.message import LABELS
from sitebackend import nonce
from sitebackend.formats import email_address
from sitebackend.formats.fields import EmailAddressField
from sitebackend.formats.typed_text import UncutField, mark_required, never_cut
from sitebackend.mail.smtputf8 import check_offered

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
#: What a field is for: said below it, whether it must be filled in or not. The address's three share one.
PURPOSES = {
    "name": _("So that we know whom we answer."),
    "phone": _("For questions that are sooner settled by telephone."),
    "email": _("Our answer goes there."),
    "message": _("So that we know what it is about."),
}
LONGEST_MESSAGE = 100_000  # characters
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


def _line(length: int, autocomplete: str, *validators: Validator, kind: str = "text") -> forms.CharField:
    widget = forms.TextInput({"type": kind, "autocomplete": autocomplete})
    return UncutField(longest=length, validators=[storable, visible, one_line, *validators], widget=widget)


class ContactForm(forms.Form):
    """Every field of the privacy notice's promise; which must be filled in is the operator's setting.

    The longest possible form stays below DATA_UPLOAD_MAX_MEMORY_SIZE, also if every sign takes 12 bytes.
    """

    use_required_attribute = False  # our own messages help more than the browser's, and work without scripts

    name = _line(200, "name")
    street = _line(200, "address-line1")
    postal_code = _line(20, "postal-code", with_a_letter_or_digit)
    city = _line(100, "address-level2")
    phone = _line(60, "tel", with_digits, kind="tel")
    email = EmailAddressField(
        max_length=254,
        validators=[one_line, check_offered],
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
    message = UncutField(
        longest=LONGEST_MESSAGE,
        validators=[storable, visible],
        widget=forms.Textarea({"rows": 8}),  # no `autocomplete`: browsers then bring back what was typed
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
            self.fields[name].help_text = PURPOSES.get(name, "")
            self.fields[name].error_messages["required"] = MISSING[name]
            self.fields[name].required = name in settings.CONTACT_REQUIRED_FIELDS
        never_cut(self.fields.values())
        mark_required(self.fields.values())

    def clean(self) -> None:
        sent = self.data.get("nonce", "")
        if nonce.age(sent) in (nonce.Age.FORGED, nonce.Age.TOO_OLD):
            self.data = {name: self.data.get(name, "") for name in self.fields} | {"nonce": nonce.kept_or_fresh(sent)}
            self.add_error(None, _("This form was open for a long time. Please check it and send it once more."))
        self._lead_focus()

    def asks_for_something(self) -> bool:
        """Whether any field must be filled in: the page says what that means."""
        return any(field.required for field in self.fields.values())

    def typed(self) -> dict[str, str]:
        """What was sent, byte for byte."""
        return {name: str(self.data.get(name, "")) for name in LABELS}

    def reply_to(self) -> str:
        """The checked address for the wire, its domain in ASCII; empty if none was given."""
        return email_address.wire_of(self.cleaned_data["email"])

    def _lead_focus(self) -> None:
        """The page opens at the first field that needs a look."""
        if first := next((name for name in self.errors if name in self.fields), None):
            self.fields[first].widget.attrs["autofocus"] = True
