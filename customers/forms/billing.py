"""Filing a billing document, and holding it back from the sweep."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.forms.consents import UploadField
from customers.models import BillingDocument
from customers.models.billing import HoldGround
from sitebackend.formats.fields import AmountField, DateField
from sitebackend.formats.file_types import INVOICE, PDF
from sitebackend.formats.numbers import names_euro

DOCUMENTS = (PDF, INVOICE)


class DateInput(forms.DateInput):
    """The browser's own field for a day."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class CurrencyField(forms.CharField):
    """Three letters, in capitals."""

    default_validators = [RegexValidator(r"^[A-Z]{3}\Z", _("Three letters, as in EUR."))]

    def __init__(self) -> None:
        super().__init__(label=_("Currency"), max_length=3, initial="EUR")

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).upper()


class DocumentForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=BillingDocument.Kind)
    number = forms.CharField(label=_("Number"), max_length=50)
    issued_on = DateField(label=_("Date of the document"), widget=DateInput, initial=timezone.localdate)
    amount = AmountField(label=_("Amount"), min_value=0)
    currency = CurrencyField()
    file = UploadField(
        label=_("File"),
        expected=DOCUMENTS,
        help_text=_("PDF or electronic invoice (XML), at most 10 MB. It is sealed at once."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("currency", "EUR") != "EUR" and names_euro(self.data.get("amount", "")):
            self.add_error("amount", _("The amount says euros, the currency something else."))
        return cleaned


class SeveralFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class SeveralFilesField(UploadField):
    """At least one file; gives the list of them."""

    widget = SeveralFilesInput

    def clean(self, data: Any, initial: Any = None) -> Any:
        files = data or [None]
        return [super(SeveralFilesField, self).clean(file, initial) for file in files]


class SeveralDocumentsForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=BillingDocument.Kind)
    currency = CurrencyField()
    documents = SeveralFilesField(
        label=_("Files"),
        help_text=_("Up to 20, named as in “R-2026-017 2026-02-01 119,00.pdf”: number, date, amount."),
    )


class HoldForm(forms.Form):
    ground = forms.ChoiceField(label=_("What it is still needed for"), choices=HoldGround, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Reason, in your words"),
        max_length=300,
        help_text=_("For example an open tax assessment. It keeps the document past every date."),
    )
