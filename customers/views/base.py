"""What the customers' pages share: whose page it is, the vault if it is open, one form that does one verb."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.encoding import iri_to_uri
from django.utils.functional import Promise, cached_property
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _

from customers.clear_file import ClearFile
from customers.models import Customer
from customers.refusals import Refused, Restricted
from sitebackend.cockpit.pages import Crumbs, OperatorFormPage, OperatorPage
from sitebackend.privacy.restriction.forms import ShowForm
from sitebackend.privacy.restriction.showing import asked_first
from sitebackend.vault import services as vault
from sitebackend.vault.errors import VaultError
from sitebackend.vault.opened import OpenVault


def page_of(customer: Customer) -> str:
    return reverse("admin:customers_customer_page", args=[customer.pk])


def log(request: HttpRequest, row: Model, what: str | Promise, action: str = "changed") -> None:
    """A line in the admin's history: what kind of thing was added, changed or deleted, never what it holds."""
    said = {"fields": [str(what)]} if action == "changed" else {"name": str(what), "object": "–"}
    admin.site.get_model_admin(type(row)).log_change(request, row, [{action: said}])


class CustomersPage(OperatorPage):
    """A page of the customers' part of the cockpit."""

    list_of, list_title = "customers_customer", _("Customers")
    styles, scripts, body_class = ("css/customers.css",), ("js/customers.js",), "customers-page"


class CustomersFormPage(CustomersPage, OperatorFormPage):
    """The same, with a form."""

    refusals = (Refused, VaultError)


class CustomerPage(CustomersPage):
    """Below `<customer's key>/`: the customer, and the vault if it is open."""

    uses_data = True  #: False: what a person's rights or the law ask for, also while their data are restricted

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.uses_data and self.customer.restricted_since:
            return self.refused(Restricted())
        return super().dispatch(request, *args, **kwargs)

    def refused(self, refusal: Refused) -> HttpResponse:
        """The page that says why not."""
        context = self.frame() | {"refusal": refusal}
        return TemplateResponse(self.request, "admin/customers/refused.html", context, status=409)

    @cached_property
    def customer(self) -> Customer:
        return get_object_or_404(Customer, pk=self.kwargs["customer"])

    def asked_first(self) -> ShowForm | None:
        """The question that stands in the place of restricted data. None: they may be shown."""
        if not self.customer.restricted_since:
            return None
        return asked_first(self.request, by=self.operator, kind=Customer._meta.label_lower, key=self.customer.pk)

    @cached_property
    def open_vault(self) -> OpenVault | None:
        """None: locked."""
        return vault.opened(self.request)

    @property
    def crumbs(self) -> Crumbs:
        return [*super().crumbs, (self.customer.number, page_of(self.customer))]

    def frame(self) -> dict[str, Any]:
        return super().frame() | {"customer": self.customer, "is_open": self.open_vault is not None}

    def record_opening(self, kind: str, key: UUID) -> None:
        vault.record_opening(operator=self.operator, kind=kind, key=key)


class CustomerFormPage(CustomerPage, CustomersFormPage):
    """One form, one verb, of one customer."""

    def get_success_url(self) -> str:
        return page_of(self.customer)


def locked(request: HttpRequest) -> HttpResponse:
    """Where the way to a sealed file leads while the vault is locked."""
    return redirect(f"{reverse('admin:vault_unlock')}?next={iri_to_uri(request.path)}")


def download(file: ClearFile) -> HttpResponse:
    """The file, to be saved: whatever it claims to be, the browser never shows it as a page of this site."""
    disposition = content_disposition_header(as_attachment=True, filename=file.name)
    headers = {"Content-Disposition": disposition or "attachment", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(file.content, content_type="application/octet-stream", headers=headers)
