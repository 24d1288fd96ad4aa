"""What the customers' pages share: whose page it is, the vault if it is open, one form that does one verb."""

from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.encoding import iri_to_uri
from django.utils.functional import Promise, cached_property
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, TemplateView
from django.views.generic.base import ContextMixin, View

from customers.clear_file import ClearFile
from customers.models import Customer
from customers.refusals import Refused, Restricted
from sitebackend.models import Operator
from sitebackend.vault import services as vault
from sitebackend.vault.errors import VaultError
from sitebackend.vault.opened import OpenVault


def operator_of(request: HttpRequest) -> Operator:
    return cast("Operator", request.user)


def page_of(customer: Customer) -> str:
    return reverse("admin:customers_customer_page", args=[customer.pk])


def log(request: HttpRequest, customer: Customer, what: str | Promise, action: str = "changed") -> None:
    """A line in the admin's history: what kind of thing was added, changed or deleted, never what it holds."""
    line = {action: {"name": str(what), "object": "–"}}
    admin.site.get_model_admin(Customer).log_change(request, customer, [line])


class CustomerMixin(ContextMixin, View):
    """Below `<customer's key>/`: the customer, and what the admin's frame needs."""

    title: str | Promise = ""
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

    @cached_property
    def open_vault(self) -> OpenVault | None:
        """None: locked."""
        return vault.opened(self.request)

    def frame(self) -> dict[str, Any]:
        shared = {"title": self.title, "customer": self.customer, "is_open": self.open_vault is not None}
        return admin.site.each_context(self.request) | shared

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | self.frame()

    def record_opening(self, kind: str, key: UUID) -> None:
        vault.record_opening(operator=operator_of(self.request), kind=kind, key=key)


class CustomerPage(CustomerMixin, TemplateView):
    """A page to read."""


class CustomerForm(CustomerMixin, FormView):  # type: ignore[type-arg]
    """One form, one verb: subclasses say what to carry out. A refusal stands at the form, with status 422."""

    template_name = "admin/customers/form.html"
    button: str | Promise = _("Save")
    intro: str | Promise = ""
    done: str | Promise = _("Saved.")

    def carry_out(self, form: Any) -> None:
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(button=self.button, intro=self.intro, back=self.get_success_url(), **kwargs)

    def get_success_url(self) -> str:
        return page_of(self.customer)

    def form_valid(self, form: forms.Form) -> HttpResponse:
        try:
            self.carry_out(form)
        except ValidationError as error:
            form.add_error(None, error.messages)
            return self.form_invalid(form)
        except (Refused, VaultError) as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        messages.success(self.request, str(self.done))
        return redirect(self.get_success_url())

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


def locked(request: HttpRequest) -> HttpResponse:
    """Where the way to a sealed file leads while the vault is locked."""
    return redirect(f"{reverse('vault:unlock')}?next={iri_to_uri(request.path)}")


def download(file: ClearFile) -> HttpResponse:
    """The file, to be saved: whatever it claims to be, the browser never shows it as a page of this site."""
    disposition = content_disposition_header(as_attachment=True, filename=file.name)
    headers = {"Content-Disposition": disposition or "attachment", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(file.content, content_type="application/octet-stream", headers=headers)
