"""Consents as the operator records them: who said what, when, how, to which wording."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from customers.forms.duplicates import AsksForDuplicates
from customers.models import Confirmation, Customer, Wording
from customers.models.consent import Channel, Decision, Form, LegalBasis, Purpose
from customers.models.customer import MASTER_DATA
from customers.services.consents import Statement
from sitebackend.formats.fields import CheckedFileField, DateTimeField
from sitebackend.formats.file_types import MAIL, SCANS

BASIS = [(LegalBasis.CONTRACT, _("rests on the contract")), (LegalBasis.CONSENT, _("has agreed"))]
YES_NO = [(Decision.GIVEN, _("yes, has agreed")), (Decision.REFUSED, _("no, or was not asked"))]


class DateTimeInput(forms.DateTimeInput):
    """The browser's own field for a day and a time."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class WhenAndHow(forms.Form):
    """When it was said, by which way it came, in which form."""

    given_at = DateTimeField(
        label=_("When was it said?"), widget=DateTimeInput, initial=timezone.localtime, help_text=_("Date and time.")
    )
    channel = forms.ChoiceField(label=_("How did it reach you?"), choices=Channel)
    form = forms.ChoiceField(label=_("In which form?"), choices=Form)

    def clean_given_at(self) -> datetime:
        given_at: datetime = self.cleaned_data["given_at"]
        if given_at > timezone.now():
            raise forms.ValidationError(_("The time of a consent lies in the past."))
        return given_at

    def statement(self, purpose: str, decision: str, legal_basis: str = LegalBasis.CONSENT) -> Statement:
        about = {name: self.cleaned_data[name] for name in ("given_at", "channel", "form")}
        return Statement(purpose=purpose, decision=decision, legal_basis=legal_basis, **about)


class RegistrationForm(WhenAndHow, AsksForDuplicates):
    """Master data, and in the same breath what the customer agreed to."""

    contract = forms.ChoiceField(label=_("(a) Performing the contract"), choices=BASIS, widget=forms.RadioSelect)
    invoicing = forms.ChoiceField(label=_("(c) Invoicing"), choices=BASIS, widget=forms.RadioSelect)
    retention = forms.ChoiceField(label=_("(b) Customer retention"), choices=YES_NO, widget=forms.RadioSelect)

    class Meta:
        model = Customer
        fields = MASTER_DATA
        widgets = {"notes": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for purpose in (Purpose.CONTRACT, Purpose.INVOICING, Purpose.RETENTION):
            self.fields[purpose].help_text = wording_of(purpose)

    def master_data(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in MASTER_DATA}

    def statements(self) -> list[Statement]:
        bases = [
            self.statement(purpose, Decision.GIVEN, self.cleaned_data[purpose])
            for purpose in (Purpose.CONTRACT, Purpose.INVOICING)
        ]
        return [*bases, self.statement(Purpose.RETENTION, self.cleaned_data["retention"])]


class UploadField(CheckedFileField):
    """A file that is sealed in memory the moment it arrives."""

    def __init__(self, **kwargs: Any) -> None:
        messages = {"required": _("No file has arrived, or it is larger than 10 MB.")}
        super().__init__(error_messages=messages, **kwargs)


class ConsentForm(WhenAndHow):
    """One later statement of a customer."""

    decision = forms.ChoiceField(label=_("What was said?"), choices=Decision.choices[:2], widget=forms.RadioSelect)
    legal_basis = forms.ChoiceField(label=_("Legal basis"), choices=LegalBasis, initial=LegalBasis.CONSENT)
    evidence = UploadField(
        label=_("Evidence"),
        required=False,
        expected=(*SCANS, MAIL),
        help_text=_(
            "The signed paper as a scan or photo (PDF, JPEG, PNG, TIFF, WebP, HEIC) or the e-mail (.eml), at most "
            "10 MB. It is sealed at once."
        ),
    )
    field_order = ("decision", "legal_basis", "given_at", "channel", "form", "evidence")

    def __init__(self, *args: Any, purpose: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.purpose = purpose
        self.fields["decision"].help_text = wording_of(purpose)
        if purpose == Purpose.TECHNICAL:
            self._in_writing_only()
        if purpose not in (Purpose.CONTRACT, Purpose.INVOICING):
            del self.fields["legal_basis"]

    def _in_writing_only(self) -> None:
        self.fields["form"] = forms.ChoiceField(label=_("In which form?"), choices=[(Form.WRITTEN, Form.WRITTEN.label)])
        self.fields["decision"] = forms.ChoiceField(
            label=_("What was said?"),
            choices=Decision.choices[:1],
            initial=Decision.GIVEN,
            widget=forms.RadioSelect,
            help_text=wording_of(self.purpose),
        )
        self.fields["evidence"].required = True

    def said(self) -> Statement:
        basis = self.cleaned_data.get("legal_basis", LegalBasis.CONSENT)
        return self.statement(self.purpose, self.cleaned_data["decision"], basis)


class ConfirmationForm(forms.Form):
    """By which way the confirmation goes, or has gone, out."""

    means = forms.ChoiceField(
        label=_("How does it go out?"),
        widget=forms.RadioSelect,
        choices=[
            (Confirmation.Means.MAIL, _("send it now by e-mail")),
            (Confirmation.Means.LETTER, _("I have printed and posted the letter")),
        ],
    )
    posted_on = forms.DateField(
        label=_("Letter posted on"),
        required=False,
        initial=timezone.localdate,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )

    def clean_posted_on(self) -> date:
        posted_on: date = self.cleaned_data["posted_on"] or timezone.localdate()
        if posted_on > timezone.localdate():
            raise forms.ValidationError(_("The day lies in the past, or is today."))
        return posted_on


class WithdrawalForm(forms.Form):
    """Carries the preview's digest, so that only what was shown is done."""

    plan = forms.CharField(widget=forms.HiddenInput)
    given_at = DateTimeField(label=_("When was it said?"), widget=DateTimeInput, initial=timezone.localtime)
    channel = forms.ChoiceField(label=_("How did it reach you?"), choices=Channel)


def wording_of(purpose: str) -> str | SafeString:
    """The text in force, for the operator to read out."""
    text = Wording.objects.current(purpose, timezone.localdate()).text
    return format_html("<q>{}</q>", text)
