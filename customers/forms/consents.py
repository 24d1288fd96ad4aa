"""Consents as the operator records them: who said what, when, how, to which wording."""

from datetime import date, datetime
from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from customers.forms.duplicates import AsksForDuplicates
from customers.models import Confirmation, Customer, Wording
from customers.models.consent import PERSONAL_CHANNELS, Channel, Decision, Form, LegalBasis, Purpose
from customers.models.customer import BASES, MASTER_DATA
from customers.services.confirmations import Letter, letter_to
from customers.services.consents import Statement
from sitebackend.formats.fields import CheckedFileField, DateTimeField
from sitebackend.formats.file_types import MAIL, SCANS


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
    channel = forms.ChoiceField(label=_("How did it reach you?"), choices=PERSONAL_CHANNELS)
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

    contract = forms.ChoiceField(label=_("(a) Performing the contract"), widget=forms.RadioSelect)
    invoicing = forms.ChoiceField(label=_("(c) Invoicing"), widget=forms.RadioSelect)
    retention = forms.ChoiceField(label=_("(b) Customer retention"), widget=forms.RadioSelect)

    class Meta:
        model = Customer
        fields = MASTER_DATA
        widgets = {"notes": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for purpose in (Purpose.CONTRACT, Purpose.INVOICING, Purpose.RETENTION):
            cast("forms.ChoiceField", self.fields[purpose]).choices = answers_to(purpose)

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
    legal_basis = forms.ChoiceField(label=_("Legal basis"), initial=LegalBasis.CONSENT, widget=forms.RadioSelect)
    evidence = UploadField(
        label=_("Evidence"),
        required=False,
        expected=(*SCANS, MAIL),
        help_text=_(
            "The signed paper as a scan or photo (PDF, JPEG, PNG, TIFF, WebP, HEIC) or the e-mail (.eml), at most "
            "10 MB. It is sealed at once."
        ),
    )
    field_order = ("legal_basis", "decision", "given_at", "channel", "form", "evidence")

    def __init__(self, *args: Any, purpose: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.purpose = purpose
        if purpose == Purpose.TECHNICAL:
            self._in_writing_only()
        if purpose in BASES.values():
            cast("forms.ChoiceField", self.fields["legal_basis"]).choices = answers_to(purpose)
        else:
            self.fields["decision"].help_text = quoted(purpose)
            del self.fields["legal_basis"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        by_contract = cleaned.get("legal_basis") == LegalBasis.CONTRACT
        if by_contract and cleaned.get("decision") == Decision.REFUSED:
            self.add_error("decision", _("What rests on the contract needs no agreement, and is not refused."))
        return cleaned

    def _in_writing_only(self) -> None:
        self.fields["form"] = forms.ChoiceField(label=_("In which form?"), choices=[(Form.WRITTEN, Form.WRITTEN.label)])
        self.fields["decision"] = forms.ChoiceField(
            label=_("What was said?"),
            choices=Decision.choices[:1],
            initial=Decision.GIVEN,
            widget=forms.RadioSelect,
        )
        signed = [choice for choice in PERSONAL_CHANNELS if choice[0] not in (Channel.PHONE, Channel.WEBSITE)]
        cast("forms.ChoiceField", self.fields["channel"]).choices = signed
        self.fields["evidence"].required = True

    def said(self) -> Statement:
        basis = self.cleaned_data.get("legal_basis", LegalBasis.CONSENT)
        return self.statement(self.purpose, self.cleaned_data["decision"], basis)


class ConfirmationForm(forms.Form):
    """What goes into the confirmation, and by which way it goes, or has gone, out.

    The page sends along which letter stood on it: another one does not go out unseen.
    """

    SHOWN = "shown"  #: digest of the letter on the page; without one it is the letter that the page begins with

    with_notes = forms.BooleanField(
        label=_("The notes go out too"),
        required=False,
        help_text=_("They were written for you. The letter is shown with them before it goes."),
    )
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

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customer = customer
        if not customer.notes:
            del self.fields["with_notes"]

    def letter(self) -> Letter:
        """The letter as it is asked for now."""
        asked = self.is_bound and "with_notes" in self.fields and bool(self["with_notes"].value())
        return letter_to(self.customer, with_notes=asked)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        shown = self.data.get(self.SHOWN) or letter_to(self.customer, with_notes=False).digest
        if shown != self.letter().digest:
            self.add_error(None, _("This is the letter as it would go out now. Please read it, then press once more."))
        return cleaned

    def clean_posted_on(self) -> date:
        posted_on: date = self.cleaned_data["posted_on"] or timezone.localdate()
        if posted_on > timezone.localdate():
            raise forms.ValidationError(_("The day lies in the past, or is today."))
        return posted_on


class WithdrawalForm(forms.Form):
    """Carries the preview's digest, so that only what was shown is done."""

    plan = forms.CharField(widget=forms.HiddenInput)
    given_at = DateTimeField(label=_("When was it said?"), widget=DateTimeInput, initial=timezone.localtime)
    channel = forms.ChoiceField(label=_("How did it reach you?"), choices=PERSONAL_CHANNELS)


def answers_to(purpose: str) -> list[tuple[str, str | Promise]]:
    """What may be answered to one purpose. The words to read out stand at the answer that they belong to."""
    agreed = _("has agreed, after this was read out: {words}")
    words = format_html(str(agreed), words=quoted(purpose))
    if purpose in BASES.values():
        return [
            (LegalBasis.CONTRACT, _("rests on the contract: nothing is read out, and no consent is needed")),
            (LegalBasis.CONSENT, words),
        ]
    return [(Decision.GIVEN, words), (Decision.REFUSED, _("no, or was not asked"))]


def quoted(purpose: str) -> SafeString:
    """The text in force, for the operator to read out."""
    return format_html("<q>{}</q>", Wording.objects.current(purpose, timezone.localdate()).text)
