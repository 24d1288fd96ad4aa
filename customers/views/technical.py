"""Technical records: written at any time, read while the vault is open. While it is locked these views have
nothing to show: the key that opens a record is in the operator's cookie, not on the server."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from customers.forms.technical import FORMS, RecordForm, SearchForm, labelled
from customers.models import Attachment, TechnicalRecord
from customers.models.technical import Kind
from customers.services.technical import (
    add_technical_record,
    attach,
    delete_technical_record,
    read_attachment,
    read_technical_record,
    revise_technical_record,
    search_technical_records,
)
from customers.uploads import received
from customers.views.base import CustomerFormPage, CustomerPage, CustomersFormPage, download, locked, log
from sitebackend.crypto.sealing import SealingError
from sitebackend.uploads import LARGEST
from sitebackend.vault import services as vault
from sitebackend.vault.opened import OpenVault

MOST_RESULTS = 100


@dataclass(frozen=True, slots=True)
class ShownRecord:
    """A record as it stands on the screen; `damaged`: it was altered or moved and does not open."""

    record: TechnicalRecord
    name: str
    values: Sequence[tuple[str, str, bool]]
    damaged: bool = False


def shown_records(open_vault: OpenVault, records: Iterable[TechnicalRecord]) -> list[ShownRecord]:
    """All of a customer's records, opened; a damaged one does not hide the others."""
    return [_shown(open_vault, record) for record in records]


def _shown(open_vault: OpenVault, record: TechnicalRecord) -> ShownRecord:
    try:
        content = read_technical_record(open_vault=open_vault, record=record)
    except SealingError:
        return ShownRecord(record, "", (), damaged=True)
    return ShownRecord(record, content.get("name", ""), labelled(record.kind, content))


class RecordFormPage(CustomerFormPage):
    """The typed form of one kind."""

    largest_upload = LARGEST
    template_name = "admin/customers/record.html"

    @cached_property
    def record(self) -> TechnicalRecord:
        records = TechnicalRecord.objects.select_related("grant__customer").prefetch_related("attachments")
        return get_object_or_404(records, pk=self.kwargs["record"], grant__customer=self.customer)

    @property
    def kind(self) -> Kind:
        return Kind(self.record.kind)

    def get_form_class(self) -> type[RecordForm]:
        return FORMS[self.kind]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"title": self.kind.label.capitalize()}

    def keep_attachment(self, record: TechnicalRecord, form: RecordForm) -> None:
        if upload := form.cleaned_data.get("attachment"):
            attach(record=record, file=received(upload))


class Add(RecordFormPage):
    """A new record; refused without the customer's written consent."""

    permission = "customers.add_technicalrecord"
    once = True

    @property
    def kind(self) -> Kind:
        try:
            return Kind(self.kwargs["kind"])
        except ValueError as error:
            raise Http404 from error

    def carry_out(self, form: RecordForm) -> None:
        record = add_technical_record(customer=self.customer, kind=self.kind, content=form.content())
        self.keep_attachment(record, form)
        log(self.request, self.customer, TechnicalRecord._meta.verbose_name or "", "added")


class Change(RecordFormPage):
    """Read and change one record, with the vault open."""

    permission = "customers.change_technicalrecord"
    edits = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return locked(request) if self.open_vault is None else super().dispatch(request, *args, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        if self.open_vault is None:
            return {}
        self.record_opening("customers.technicalrecord", self.record.pk)
        return read_technical_record(open_vault=self.open_vault, record=self.record)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs | {"record": self.record})

    def carry_out(self, form: RecordForm) -> None:
        record = revise_technical_record(record=self.record, content=form.content())
        self.keep_attachment(record, form)
        log(self.request, self.customer, TechnicalRecord._meta.verbose_name or "")


class Delete(CustomerFormPage):
    """One record goes, for good."""

    permission = "customers.delete_technicalrecord"
    once = True
    form_class = forms.Form
    title, button, done = _("Delete this record"), _("Delete for good"), _("Deleted.")
    intro = _("The record and its attachments are erased. Nobody can bring them back.")

    def carry_out(self, form: Any) -> None:
        record = get_object_or_404(TechnicalRecord, pk=self.kwargs["record"], grant__customer=self.customer)
        delete_technical_record(record=record)
        log(self.request, self.customer, TechnicalRecord._meta.verbose_name or "", "deleted")


class AttachmentFile(CustomerPage):
    """A record's file, while the vault is open."""

    permission = "customers.view_attachment"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        attachments = Attachment.objects.select_related("record__grant__customer")
        attachment = get_object_or_404(
            attachments, pk=kwargs["attachment"], record=kwargs["record"], record__grant__customer=self.customer
        )
        if self.open_vault is None:
            return locked(request)
        self.record_opening("customers.attachment", attachment.pk)
        return download(read_attachment(open_vault=self.open_vault, attachment=attachment))


class Search(CustomersFormPage):
    """Through all records of all customers. The words travel in the request's body, never in an address."""

    permission = "customers.view_technicalrecord"
    form_class = SearchForm
    template_name = "admin/customers/search.html"
    title = _("Search the technical data")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.open_vault = vault.opened(request)
        return locked(request) if self.open_vault is None else super().dispatch(request, *args, **kwargs)

    def get_success_url(self) -> str:
        return reverse("admin:customers_customer_record_search")

    def form_valid(self, form: forms.Form) -> HttpResponse:
        if self.open_vault is None:
            return locked(self.request)
        found = search_technical_records(open_vault=self.open_vault, words=form.cleaned_data["words"])
        results = [(record, content.get("name", "")) for record, content in islice(found, MOST_RESULTS)]
        for customer in {record.grant.customer_id for record, _name in results}:
            vault.record_opening(operator=self.operator, kind="customers.customer", key=customer)
        return self.render_to_response(self.get_context_data(form=form, searched=True, results=results))


class EmergencySheet(CustomerPage):
    """Everything that helps, on one page to print or to read on the telephone."""

    permission = "customers.view_technicalrecord"
    template_name = "admin/customers/emergency.html"
    title = _("Emergency sheet")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.open_vault is None:
            return locked(request)
        records = TechnicalRecord.objects.of_customer(self.customer)
        shown = shown_records(self.open_vault, records)
        self.record_opening("customers.customer", self.customer.pk)
        return self.render_to_response(self.get_context_data(shown=shown))
