"""Importing customers: which file, what its columns are, what these people agreed to."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from customers.forms.consents import UploadField, WhenAndHow, answers_to
from customers.importing import columns
from customers.importing.rows import Agreement
from customers.importing.table import Table, unpack
from customers.models.consent import Decision, LegalBasis, Purpose
from customers.refusals import Refused
from customers.services.imports import Order

QUESTIONS: dict[str, Any] = {
    Purpose.CONTRACT: _("(a) Performing the contract"),
    Purpose.RETENTION: _("(b) Customer retention"),
    Purpose.INVOICING: _("(c) Invoicing"),
}


class ImportFileForm(forms.Form):
    file = UploadField(
        label=_("File"),
        help_text=_(
            "A table as CSV (a spreadsheet saves it under “Save as”), or contacts as vCard (.vcf); at most 1 MB and "
            "2000 people."
        ),
    )


class MappingForm(WhenAndHow):
    """One question per column, and what everybody agreed to unless a column says it row by row."""

    packed = forms.CharField(widget=forms.HiddenInput)
    notes_purpose = forms.CharField(
        label=_("What are the notes for?"),
        max_length=200,
        required=False,
        help_text=_("Needed if a column holds notes. Passwords and device data do not belong there."),
    )
    similar_too = forms.BooleanField(
        label=_("Also take rows that look like a customer who is here already"), required=False
    )

    def __init__(self, *args: Any, table: Table, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.table = table
        choices = [("", _("leave out")), *((target, columns.label(target)) for target in columns.LABELS)]
        guessed = table.targets or columns.guess(table.headers)
        for place, target in enumerate(guessed):
            self.fields[self._name(place)] = forms.ChoiceField(
                label=table.headers[place] or _("(without a name)"), choices=choices, required=False, initial=target
            )
        for purpose, question in QUESTIONS.items():
            self.fields[purpose] = forms.ChoiceField(
                label=question, choices=answers_to(purpose), widget=forms.RadioSelect, required=False
            )
        self.fields["given_at"].required, self.fields["given_at"].initial = False, None
        self.fields["given_at"].help_text = _("Needed where they agreed, unless a column holds the day. Date and time.")

    def columns(self) -> Iterator[tuple[BoundField, list[str]]]:
        """Each column's question, with samples of what stands in it."""
        for place in range(len(self.table.headers)):
            yield self[self._name(place)], self.table.samples(place)

    def questions(self) -> Iterator[BoundField]:
        """What these people agreed to, when and how."""
        for name in (*QUESTIONS, "given_at", "channel", "form"):
            yield self[name]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        targets = self._targets(cleaned)
        for target in {target for target in targets if target and targets.count(target) > 1} - {*columns.REPEATED}:
            message = _("Two columns are “{target}”. Only one can be.")
            self.add_error(None, str(message).format(target=columns.label(target)))
        if not {"last_name", "company", columns.NAME} & {*targets}:
            self.add_error(None, _("One column must be the name or the company."))
        for purpose in QUESTIONS:
            if purpose not in targets and not cleaned.get(purpose):
                self.add_error(purpose, _("Say what these people agreed to, or assign a column that says it."))
        if _agreed({cleaned.get(purpose) for purpose in QUESTIONS}) and not self._when(cleaned, targets):
            self.add_error("given_at", _("Say when these people agreed, or assign a column that holds the day."))
        if "notes" in targets and not cleaned.get("notes_purpose"):
            self.add_error("notes_purpose", _("Say what the notes are for."))
        return cleaned

    def clean_given_at(self) -> Any:
        """Checked where it was said: what rests on the contract needs no day."""
        return super().clean_given_at() if self.cleaned_data["given_at"] else None

    @staticmethod
    def _when(cleaned: dict[str, Any], targets: list[str]) -> bool:
        """Whether the day is said, for all or in a column; a day that is refused has its own line."""
        return bool(cleaned.get("given_at", "refused")) or "given_on" in targets

    def order(self) -> Order:
        """What is to be imported, and how."""
        cleaned = self.cleaned_data
        return Order(
            table=self.table,
            targets=self._targets(cleaned),
            agreement=Agreement(
                decisions={purpose: cleaned[purpose] for purpose in QUESTIONS},
                given_at=cleaned["given_at"],
                channel=cleaned["channel"],
                form=cleaned["form"],
            ),
            notes_purpose=cleaned["notes_purpose"],
            similar_too=cleaned["similar_too"],
        )

    def _targets(self, cleaned: dict[str, Any]) -> list[str]:
        return [cleaned.get(self._name(place), "") for place in range(len(self.table.headers))]

    @staticmethod
    def _name(place: int) -> str:
        return f"column_{place}"


def _agreed(answers: set[Any]) -> bool:
    return bool(answers & {LegalBasis.CONSENT, Decision.GIVEN})


def content_of(packed: str) -> bytes:
    """The file that the page carries. Raises Refused."""
    if not packed:
        raise Refused(_("The page does not hold the uploaded file any more. Choose the file again."))
    return unpack(packed)
