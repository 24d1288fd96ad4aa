"""Customers of whom nothing was heard for long: who they are, and what the operator answers about each."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.forms.inactive import KeepForm
from customers.models import Customer
from customers.models.sign_of_life import last_sign, signs
from customers.refusals import NotSilent
from customers.services.register import keep_inactive, let_go_inactive
from customers.views.base import CustomerFormPage, CustomersPage, log

SHOWN = 50


class Inactive(CustomersPage):
    """Who they are, with the last sign and which it was."""

    permission = "customers.view_customer"
    template_name = "admin/customers/inactive.html"
    title = _("Customers not heard of for long")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = Customer.objects.inactive(timezone.now())
        asked = signs()
        rows = found.for_lists().with_last_signs()[:SHOWN]
        return super().get_context_data(**kwargs) | {
            "years": settings.CUSTOMER_INACTIVE_YEARS,
            "rows": [(customer, *last_sign(customer, asked)) for customer in rows],
            "others": max(found.count() - SHOWN, 0),
            "may_let_go": self.operator.has_perm(LetGo.permission),
        }


class _Answer(CustomerFormPage):
    """Given only while it is asked for; then back to the others."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not Customer.objects.silent(timezone.localdate()).filter(pk=self.customer.pk).exists():
            return self.refused(NotSilent())
        return super().dispatch(request, *args, **kwargs)

    def get_success_url(self) -> str:
        return reverse("admin:customers_customer_inactive")


class Keep(_Answer):
    permission = "customers.change_customer"
    form_class = KeepForm
    title, button, done = _("Keep the data"), _("Keep for another year"), _("Kept, with the reason.")

    def carry_out(self, form: forms.Form) -> None:
        keep_inactive(customer=self.customer, because=form.cleaned_data["because"], now=timezone.now())
        log(self.request, self.customer, Customer._meta.get_field("kept_at").verbose_name)


class LetGo(_Answer):
    """Retention erases them, as whatever else it is told to; who may say so is who may erase."""

    permission = "privacy.carry_out_erasure"
    needs_proof = True
    form_class = forms.Form
    template_name = "admin/customers/let_go.html"
    title, button = _("Let the data go"), _("Delete tomorrow")
    done = _("They go tomorrow, with the daily deletion. Until then “keep” takes it back.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        points = self.customer.contact_points.count()
        grant = getattr(self.customer, "grant", None)
        going = [
            (_("Further contact details"), points),
            (_("Consents"), self.customer.entries.count()),
            (_("Evidence of a consent"), self.customer.evidence.count()),
            (_("Technical records"), grant.records.count() if grant else 0),
        ]
        documents = self.customer.documents.count()
        return super().get_context_data(**kwargs) | {"going": going, "documents": documents}

    def carry_out(self, form: forms.Form) -> None:
        let_go_inactive(customer=self.customer, now=timezone.now())
        log(self.request, self.customer, Customer._meta.get_field("goes_on").verbose_name)
