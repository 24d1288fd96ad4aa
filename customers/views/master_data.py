"""A new customer, and everything of a customer on one screen."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.forms.consents import RegistrationForm
from customers.models import Customer, Grant, TechnicalRecord
from customers.models.consent import Purpose
from customers.models.technical import Kind
from customers.personal_data.subjects import elsewhere
from customers.services.register import confirm_master_data, register_customer
from customers.views.base import CustomerFormPage, CustomerPage, CustomersFormPage, log, page_of
from customers.views.technical import shown_records
from sitebackend.cockpit.pages import Crumbs
from sitebackend.privacy import registry


class Register(CustomersFormPage):
    """Master data are taken together with the consents they rest on, or not at all."""

    permission = "customers.add_customer"
    once = True
    form_class = RegistrationForm
    template_name = "admin/customers/register.html"
    title, done = _("New customer"), _("Saved, with the consents.")

    def get_success_url(self) -> str:
        return reverse("admin:customers_customer_changelist")

    def register(self, form: RegistrationForm) -> Customer:
        return register_customer(
            master_data=form.master_data(), statements=form.statements(), recorded_by=self.operator
        )

    def carry_out(self, form: RegistrationForm) -> HttpResponse:
        customer = self.register(form)
        admin.site.get_model_admin(Customer).log_addition(self.request, customer, [{"added": {}}])
        messages.success(self.request, str(self.done))
        return redirect(page_of(customer))


class Overview(CustomerPage):
    """Contacts, consents with their state, technical records (locked or open), documents."""

    permission = "customers.view_customer"
    template_name = "admin/customers/page.html"
    uses_data = False

    @property
    def crumbs(self) -> Crumbs:
        return super().crumbs[:-1]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Restricted data, shown once for a reason."""
        return self.get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if form := self.asked_first():
            hidden = {"title": self.customer.number, "show_form": form, "shown": []}
            return super().get_context_data(**kwargs) | hidden | {"restricted_since": self.customer.restricted_since}
        return super().get_context_data(**kwargs) | self._everything()

    def _everything(self) -> dict[str, Any]:
        last_words = self.customer.entries.select_related("wording", "recorded_by").latest_by_purpose()
        records = TechnicalRecord.objects.of_customer(self.customer)
        restricted_since = self.customer.restricted_since
        open_vault = None if restricted_since else self.open_vault
        return {
            "title": self.customer.display_name,
            "is_let_go": self.customer.goes_on
            and Customer.objects.let_go(timezone.localdate()).filter(pk=self.customer.pk).exists(),
            "restricted_since": restricted_since,
            "consents": [(purpose, last_words.get(purpose.value)) for purpose in Purpose],
            "unconfirmed": self.customer.entries.unconfirmed().count(),
            "history": self.customer.entries.select_related("wording", "recorded_by"),
            "grant": Grant.objects.filter(customer=self.customer).first(),
            "kinds": Kind,
            "records": records,
            "shown": shown_records(open_vault, records) if open_vault else [],
            "elsewhere": [
                (item, registry.source(item.source).page_of(item.identifier)) for item in elsewhere(self.customer)
            ],
            "documents": self.customer.documents.defer("sealed_file", "sealed_recipient"),
        }

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if context["shown"]:
            self.record_opening("customers.customer", self.customer.pk)
        return super().render_to_response(context, **kwargs)


class Confirm(CustomerFormPage):
    """The customer has looked at their data and found them right."""

    permission = "customers.change_customer"
    form_class = forms.Form
    title, button = _("Master data confirmed"), _("Confirmed today")
    intro = _("The customer has looked at the master data and found them right. You are reminded again in a year.")

    def carry_out(self, form: forms.Form) -> None:
        confirm_master_data(customer=self.customer)
        log(self.request, self.customer, Customer._meta.get_field("last_confirmed_at").verbose_name)
