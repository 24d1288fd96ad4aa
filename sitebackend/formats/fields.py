"""The fields of forms for addresses, numbers, days and files. After an error they show what was typed, as it was typed.

Their inputs are plain text: a browser's own number input swallows `1.234,56` before the server has seen it.
"""

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from sitebackend.formats import email_address, file_types, numbers
from sitebackend.formats.email_address import AddressError, Problem

#: What a person is told.
WRONG_ADDRESS = {
    Problem.SEVERAL: _("Please enter one e-mail address, for example name@example.org."),
    Problem.ENCODED: _(
        "This is an address as it stands in the header of a mail. Please write it as people do: name@example.org."
    ),
    Problem.LITERAL: _("Please write the domain after the @, for example name@example.org: not its number."),
    Problem.NOT_FROM_OUTSIDE: _(
        "No mail from outside reaches this address. Please enter one with a full domain, as in name@example.org."
    ),
    Problem.DOMAIN: _("What stands after the @ is no domain. Please look at it once more, as in name@example.org."),
    Problem.INVALID: _("Please enter a valid e-mail address."),
}


def check_email_address(text: str) -> None:
    """Raise ValidationError for what is not one address that mail can be sent to. Empty is nothing to check."""
    try:
        if text:
            email_address.parse(text)
    except AddressError as error:
        raise ValidationError(WRONG_ADDRESS[error.problem], code="invalid") from error


def check_ascii_before_at(address: str) -> None:
    """For the addresses of the business itself: everybody's mail server must take them (RFC 6531 is not everywhere)."""
    if not address.rpartition("@")[0].isascii():
        raise ValidationError(_("Letters such as ä or ß before the @ do not work with every mail server."))


class EmailAddressField(forms.EmailField):
    """An e-mail address for reading, as it was typed, without signs that nobody sees; empty if none was given."""

    default_validators = [check_email_address]  # Django's knows no local part beyond ASCII, and takes `a@localhost`

    def to_python(self, value: Any) -> str:
        return email_address.without_invisible_signs(super().to_python(value) or "")


class AmountField(forms.DecimalField):
    """A sum of money, or another number with decimals."""

    widget = forms.TextInput

    def __init__(self, *, max_digits: int = 12, decimal_places: int = 2, **kwargs: Any) -> None:
        super().__init__(max_digits=max_digits, decimal_places=decimal_places, **kwargs)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, Decimal):
            return value
        if value in self.empty_values:
            return None
        try:
            return numbers.read_amount(str(value), places=self.decimal_places or 0)
        except numbers.NumberError as error:
            raise ValidationError(str(error), code="invalid") from error

    def prepare_value(self, value: Any) -> Any:
        """A stored amount as people here write it; what was typed as it is."""
        return number_format(value, self.decimal_places) if isinstance(value, Decimal) else value

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"inputmode": "decimal", "autocomplete": "off"}


class WholeNumberField(forms.IntegerField):
    widget = forms.TextInput

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        try:
            return numbers.read_whole_number(str(value))
        except numbers.NumberError as error:
            raise ValidationError(str(error), code="invalid") from error

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"inputmode": "numeric", "autocomplete": "off"}


class PlainDigits(forms.Field):
    """Mixin: Python reads a day in the digits of every script; people who read it later do not."""

    def clean(self, value: Any) -> Any:
        for part in value if isinstance(value, list | tuple) else [value]:
            try:
                numbers.refuse_foreign_digits(part if isinstance(part, str) else "")
            except numbers.NumberError as error:
                raise ValidationError(str(error), code="invalid") from error
        return super().clean(value)


class DateField(PlainDigits, forms.DateField):
    pass


class TimeField(PlainDigits, forms.TimeField):
    pass


class DateTimeField(PlainDigits, forms.DateTimeField):
    pass


class SplitDateTimeField(PlainDigits, forms.SplitDateTimeField):
    pass


class CheckedFileField(forms.FileField):
    """A file of one of the expected types (keys of `file_types.NAMES`), told by its content. None: of any."""

    def __init__(self, *, expected: Collection[str] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.expected = expected

    def to_python(self, data: Any) -> Any:
        file = super().to_python(data)
        if file and self.expected is not None:
            try:
                file_types.check(file.read(), self.expected)
            except file_types.FileError as error:
                raise ValidationError(str(error), code="invalid") from error
            file.seek(0)
        return file
