"""Recording what a customer says later, withdrawing it after a preview, and seeing its evidence."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.forms.consents import ConfirmationForm, ConsentForm, WithdrawalForm
from customers.models import Confirmation, Evidence
from customers.models.consent import Purpose
from customers.refusals import Refused
from customers.services.confirmations import MAIL_KIND, note_confirmation, send_confirmation
from customers.services.consents import WithdrawalPlan, plan_withdrawal, record_consent, withdraw_consent
from customers.services.technical import read_evidence
from customers.uploads import received
from customers.views.base import CustomerFormPage, CustomerPage, download, locked, log
from sitebackend.mail.services import mail_about
from sitebackend.retention import midnight
from sitebackend.uploads import LARGEST


def _purpose(value: str) -> Purpose:
    try:
        return Purpose(value)
    except ValueError as error:
        raise Http404 from error


class Record(CustomerFormPage):
    """A consent or a refusal for one purpose."""

    permission = "customers.add_consententry"
    once = True
    largest_upload = LARGEST
    form_class = ConsentForm
    uses_data = False

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "purpose": _purpose(self.kwargs["purpose"])}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        purpose = _purpose(self.kwargs["purpose"])
        return super().get_context_data(subject=purpose.label, **kwargs) | {
            "title": _("Record consent: {purpose}").format(purpose=purpose.label)
        }

    def carry_out(self, form: ConsentForm) -> None:
        upload = form.cleaned_data.get("evidence")
        record_consent(
            customer=self.customer,
            statement=form.said(),
            evidence=received(upload) if upload else None,
            recorded_by=self.operator,
        )
        log(self.request, self.customer, _("consent"), "added")


class Withdraw(CustomerFormPage):
    """GET shows what will happen; POST does exactly that, or shows what has changed since."""

    permission = "customers.add_consententry"
    once = True
    needs_proof = True  # what rests on the consent is erased
    form_class = WithdrawalForm
    template_name = "admin/customers/withdraw.html"
    button, done = _("Withdraw the consent now"), _("The consent is withdrawn.")
    uses_data = False

    def has_permission(self) -> bool:
        """What rests on the written consent goes with it, for good."""
        destroys = self.kwargs["purpose"] == Purpose.TECHNICAL
        return super().has_permission() and (not destroys or self.operator.has_perm("customers.delete_grant"))

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except Refused as refusal:
            self.title = _("Withdraw consent")
            return self.refused(refusal)

    def plan(self) -> WithdrawalPlan:
        return plan_withdrawal(customer=self.customer, purpose=_purpose(self.kwargs["purpose"]))

    def get_initial(self) -> dict[str, Any]:
        return super().get_initial() | {"plan": self.plan().digest}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        purpose = _purpose(self.kwargs["purpose"])
        title = _("Withdraw consent: {purpose}").format(purpose=purpose.label)
        return super().get_context_data(plan=self.plan(), **kwargs) | {"title": title}

    def carry_out(self, form: WithdrawalForm) -> None:
        withdraw_consent(
            customer=self.customer,
            purpose=self.kwargs["purpose"],
            recorded_by=self.operator,
            **form.cleaned_data,
        )
        log(self.request, self.customer, _("withdrawal"), "added")


class Confirm(CustomerFormPage):
    """The letter to print, or the same as a mail; noted as sent."""

    permission = "customers.add_confirmation"
    form_class = ConfirmationForm
    template_name = "admin/customers/confirmation.html"
    title = _("Confirm in writing")
    button = _("Confirm in writing")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(mail=mail_about(self.customer.pk, MAIL_KIND), **kwargs)
        form: ConfirmationForm = context["form"]
        return context | {"letter": form.letter()}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "customer": self.customer}

    def carry_out(self, form: ConfirmationForm) -> None:
        if form.cleaned_data["means"] == Confirmation.Means.MAIL:
            with_notes = form.cleaned_data.get("with_notes", False)
            send_confirmation(customer=self.customer, now=timezone.now(), with_notes=with_notes)
            self.done = _("The mail waits to be sent. It counts once the mail server took it; this page shows when.")
        else:
            at = midnight(form.cleaned_data["posted_on"])
            note_confirmation(entries=self.customer.entries.all(), means=form.cleaned_data["means"], at=at)
            self.done = _("Noted as posted.")
        log(self.request, self.customer, Confirmation._meta.verbose_name or "", "added")


class EvidenceFile(CustomerPage):
    """The signed paper, while the vault is open."""

    permission = "customers.view_evidence"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        evidence = get_object_or_404(Evidence, pk=kwargs["evidence"], customer=self.customer)
        if self.open_vault is None:
            return locked(request)
        self.record_opening("customers.evidence", evidence.pk)
        return download(read_evidence(open_vault=self.open_vault, evidence=evidence))
