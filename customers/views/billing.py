"""Filing billing documents, seeing them with the vault open, holding them back from the sweep."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.clear_file import ClearFile
from customers.forms.billing import DOCUMENTS, DocumentForm, HoldForm, SeveralDocumentsForm
from customers.models import BillingDocument
from customers.refusals import Refused
from customers.services.billing import file_billing_document, file_by_name, hold, read_billing_file, release
from customers.uploads import received
from customers.views.base import CustomerFormPage, CustomersFormPage, CustomersPage, download, locked, log, page_of
from sitebackend.cockpit.pages import Crumbs
from sitebackend.formats import file_types
from sitebackend.formats.file_types import FileError
from sitebackend.privacy.restriction.showing import asked_first
from sitebackend.uploads import LARGEST
from sitebackend.vault import services as vault
from sitebackend.vault.errors import VaultError


class File(CustomerFormPage):
    """File one document of a customer."""

    permission = "customers.add_billingdocument"
    once = True
    largest_upload = LARGEST
    form_class = DocumentForm
    title, button = _("File a billing document"), _("File it")
    intro = _("Once filed, a document is never changed. File a correction as a document of its own.")

    def carry_out(self, form: forms.Form) -> None:
        values = {name: value for name, value in form.cleaned_data.items() if name != "file"}
        document = file_billing_document(customer=self.customer, file=received(form.cleaned_data["file"]), **values)
        self.done = _("Filed: {number}, {amount}.").format(number=document.number, amount=document.shown_amount)
        log(self.request, self.customer, BillingDocument._meta.verbose_name or "", "added")


class FileSeveral(CustomerFormPage):
    """File many at once; each that cannot be filed is named with the reason, the others are filed."""

    permission = "customers.add_billingdocument"
    once = True
    largest_upload = LARGEST
    form_class = SeveralDocumentsForm
    template_name = "admin/customers/several_documents.html"
    title, button = _("File several documents"), _("File them")

    def form_valid(self, form: forms.Form) -> HttpResponse:
        about = {"kind": form.cleaned_data["kind"], "currency": form.cleaned_data["currency"]}
        results = [self._filed(received(upload), about) for upload in form.cleaned_data["documents"]]
        log(self.request, self.customer, BillingDocument._meta.verbose_name_plural or "", "added")
        return self.render_to_response(self.get_context_data(form=self.form_class(initial=about), results=results))

    def leads_to(self, response: HttpResponse) -> str:
        results = getattr(response, "context_data", {}).get("results", [])
        return page_of(self.customer) if any(document for _name, document, _reason in results) else ""

    def _filed(self, file: ClearFile, about: dict[str, str]) -> tuple[str, BillingDocument | None, str]:
        try:
            file_types.check(file.content, DOCUMENTS)
            return file.name, file_by_name(customer=self.customer, file=file, **about), ""
        except ValidationError as error:
            return file.name, None, " ".join(error.messages)
        except (Refused, VaultError, FileError) as error:
            return file.name, None, str(error)


class Hold(CustomersFormPage):
    """Keep a document past every date, for a reason; or let it go again. Also of customers who are gone."""

    permission = "customers.change_billingdocument"
    once = True
    title, button = _("Hold this document"), _("Hold")

    @cached_property
    def document(self) -> BillingDocument:
        return get_object_or_404(BillingDocument.objects.select_related("customer"), pk=self.kwargs["document"])

    @property
    def crumbs(self) -> Crumbs:
        customer = self.document.customer
        return [*super().crumbs, (customer.number, page_of(customer))] if customer else self._all_documents()

    def get_success_url(self) -> str:
        customer = self.document.customer
        if customer:
            return page_of(customer)
        return reverse("admin:customers_billingdocument_change", args=[self.document.pk])

    @staticmethod
    def _all_documents() -> Crumbs:
        name = BillingDocument._meta.verbose_name_plural or ""
        return [(name, reverse("admin:customers_billingdocument_changelist"))]

    def get_form_class(self) -> type[forms.Form]:
        return forms.Form if self.document.legal_hold else HoldForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["intro"] = f"{self.document}. {self.document.why_kept()}"
        if self.document.legal_hold:
            context |= {"title": _("End the hold"), "button": _("End the hold")}
            context["intro"] += f"\n\n{self._without_hold()}"
        return context

    def _without_hold(self) -> str:
        end = self.document.ends_on
        if end < timezone.localdate():
            return gettext("Its period is over: once the hold ends it is deleted in the following night.")
        return gettext("Once the hold ends it is kept until {until}.").format(until=date_format(end))

    def carry_out(self, form: forms.Form) -> None:
        if self.document.legal_hold:
            release(document=self.document)
        else:
            hold(document=self.document, **form.cleaned_data)
        if self.document.customer:
            log(self.request, self.document.customer, BillingDocument._meta.verbose_name or "")
        else:
            log(self.request, self.document, BillingDocument._meta.get_field("legal_hold").verbose_name)


class DocumentFile(CustomersPage):
    """The file as filed, while the vault is open; also of customers who are gone."""

    permission = "customers.open_billingdocument"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The file of a restricted customer, for a reason."""
        return self.get(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        found = get_object_or_404(BillingDocument.objects.select_related("customer"), pk=kwargs["document"])
        if found.customer and found.customer.restricted_since:
            kind = BillingDocument._meta.label_lower
            if form := asked_first(request, by=self.operator, kind=kind, key=found.pk):
                context = self.frame() | {"title": str(found), "show_form": form}
                return TemplateResponse(request, "admin/customers/restricted_file.html", context, status=409)
        open_vault = vault.opened(request)
        if open_vault is None:
            return locked(request)
        vault.record_opening(operator=self.operator, kind="customers.billingdocument", key=found.pk)
        return download(read_billing_file(open_vault=open_vault, document=found))
