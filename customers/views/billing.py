"""Filing billing documents, seeing them with the vault open, holding them back from the sweep."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _

from customers.forms.billing import DocumentForm
from customers.models import BillingDocument
from customers.services.billing import file_billing_document, read_billing_file
from customers.uploads import received
from customers.views.base import CustomerForm, download, locked, log, operator_of
from sitebackend.vault import services as vault


class File(CustomerForm):
    """File one document of a customer."""

    form_class = DocumentForm
    title, button, done = _("File a billing document"), _("File"), _("Filed.")
    intro = _("Once filed, a document is never changed. File a correction as a document of its own.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(has_file=True, **kwargs)

    def carry_out(self, form: forms.Form) -> None:
        values = {name: value for name, value in form.cleaned_data.items() if name != "file"}
        file_billing_document(customer=self.customer, file=received(form.cleaned_data["file"]), **values)
        log(self.request, self.customer, BillingDocument._meta.verbose_name or "", "added")


def document_file(request: HttpRequest, document: Any) -> HttpResponse:
    """The file as filed, while the vault is open; also of customers who are gone."""
    found = get_object_or_404(BillingDocument, pk=document)
    open_vault = vault.opened(request)
    if open_vault is None:
        return locked(request)
    vault.record_opening(operator=operator_of(request), kind="customers.billingdocument", key=found.pk)
    return download(read_billing_file(open_vault=open_vault, document=found))
