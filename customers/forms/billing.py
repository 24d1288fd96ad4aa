"""Filing a billing document, and holding it back from the sweep."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.forms.consents import EvidenceField
from customers.models import BillingDocument


class DateInput(forms.DateInput):
    """The browser's own field for a day."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class DocumentForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=BillingDocument.Kind)
    number = forms.CharField(label=_("Number"), max_length=50)
    issued_on = forms.DateField(label=_("Date of the document"), widget=DateInput, initial=timezone.localdate)
    amount = forms.DecimalField(label=_("Amount"), min_value=0, max_digits=12, decimal_places=2, localize=True)
    currency = forms.CharField(label=_("Currency"), min_length=3, max_length=3, initial="EUR")
    file = EvidenceField(
        label=_("File"), help_text=_("PDF or electronic invoice (XML), at most 10 MB. It is sealed at once.")
    )


class SeveralFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class SeveralFilesField(EvidenceField):
    """At least one file; gives the list of them."""

    widget = SeveralFilesInput

    def clean(self, data: Any, initial: Any = None) -> Any:
        files = data or [None]
        return [super(SeveralFilesField, self).clean(file, initial) for file in files]


class SeveralDocumentsForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=BillingDocument.Kind)
    currency = forms.CharField(label=_("Currency"), min_length=3, max_length=3, initial="EUR")
    documents = SeveralFilesField(
        label=_("Files"),
        help_text=_("Up to 20, named as in “R-2026-017 2026-02-01 119,00.pdf”: number, date, amount."),
    )


class HoldForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        help_text=_("For example an open tax assessment. It keeps the document past every date."),
    )
