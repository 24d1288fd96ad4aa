"""The one place where two rooms meet: a submission becomes a customer.

What must never happen: master data are taken from a message without the consents they rest on. So the page is
the customers' own registration, with its consents, and the message only fills in what the operator then checks.
The message itself stays where it is.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from contact import admin_pages, reading
from contact.models import Submission
from customers.forms.consents import RegistrationForm
from customers.models import Customer
from customers.services.consents import Statement
from customers.services.register import register_customer
from customers.views.master_data import Register
from sitebackend.cockpit.pages import hang
from sitebackend.models import Operator
from sitebackend.vault import services as vault

SAME_FIELDS = ("street", "postal_code", "city", "phone", "email")


@transaction.atomic
def make_customer(
    *, submission: Submission, master_data: Mapping[str, Any], statements: Iterable[Statement], recorded_by: Operator
) -> Customer:
    """Register the customer and mark the submission as done. Raises what `register_customer` raises."""
    customer = register_customer(
        master_data=master_data, statements=statements, recorded_by=recorded_by, source=Customer.Source.MESSAGE
    )
    Submission.objects.filter(pk=submission.pk).mark_done(timezone.now())
    return customer


def master_data_of(fields: Mapping[str, str]) -> dict[str, str]:
    """What the registration form can begin with; the last word of the name is taken for the last name."""
    first, _space, last = " ".join(fields.get("name", "").split()).rpartition(" ")
    return {"first_name": first, "last_name": last} | {name: fields.get(name, "") for name in SAME_FIELDS}


class FromSubmission(Register):
    """The registration of a new customer, filled in from a submission while messages are open."""

    def has_permission(self) -> bool:
        return super().has_permission() and self.operator.has_perm("contact.view_submission")

    @cached_property
    def submission(self) -> Submission:
        return get_object_or_404(Submission.objects.select_related("message"), pk=self.kwargs["submission"])

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except reading.NotReadable:
            return self._the_submission()

    def get_initial(self) -> dict[str, Any]:
        submission = self.submission  # sent or opened: where none is, nothing is found
        if self.request.method == "POST":
            return {}
        open_messages = vault.opened_messages(self.request)
        if open_messages is None:
            raise reading.NotReadable
        fields = reading.read(open_messages=open_messages, submission=submission)
        admin_pages.record_opening(self.request, submission)
        return master_data_of(fields)

    def register(self, form: RegistrationForm) -> Customer:
        return make_customer(
            submission=self.submission,
            master_data=form.master_data(),
            statements=form.statements(),
            recorded_by=self.operator,
        )

    def _the_submission(self) -> HttpResponse:
        """Its page says what is in the way: locked messages, or reading that is not set up."""
        return redirect(reverse("admin:contact_submission_page", args=[self.submission.pk]))


hang("contact/submission/", [("<uuid:submission>/customer/", FromSubmission, "customer_from_submission")])
