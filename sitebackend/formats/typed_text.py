"""Text that people type or paste into a form: nothing of it is cut.

Browsers cut what is pasted beyond `maxlength` without a word, so no field of these has that attribute. What is too
long is told, with by how much, and stays in the form. Both sides count alike (`static/js/counter.js` is the other),
or the server refuses what the page called short enough: by code points, so that an emoji is one, and a line end is
one although a form sends two signs for it (CR LF).
"""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import ngettext


def length_of(text: str) -> int:
    return len(text) - text.count("\r\n")


class UncutField(forms.CharField):
    """Takes `longest` signs, and says of more how much is too much."""

    def __init__(self, *, longest: int, **options: Any) -> None:
        super().__init__(**options)
        self.longest = longest

    def clean(self, value: Any) -> Any:
        """Its length first, as it was sent: the counter counts blanks at the ends too."""
        check_length(str(value or ""), self.longest)
        return super().clean(value)


def check_length(text: str, longest: int) -> None:
    """Raise ValidationError with the words that a person needs to shorten it."""
    length = length_of(text)
    if length <= longest:
        return
    too_many = length - longest
    words = ngettext(
        "This is {n} character too long: it has {length}, and at most {longest} are possible.",
        "This is {n} characters too long: it has {length}, and at most {longest} are possible.",
        too_many,
    )
    raise ValidationError(words.format(n=_said(too_many), length=_said(length), longest=_said(longest)))


def mark_required(fields: Iterable[forms.Field]) -> None:
    """Say it to screen readers. The attribute `required` would have the browser speak before our own words do."""
    for field in fields:
        field.widget.attrs.pop("aria-required", None)
        if field.required:
            field.widget.attrs["aria-required"] = "true"


def never_cut(fields: Iterable[forms.Field]) -> None:
    """Where a field has to be another kind of field, which sets `maxlength`."""
    for field in fields:
        field.widget.attrs.pop("maxlength", None)


def _said(number: int) -> str:
    return number_format(number, force_grouping=True)
