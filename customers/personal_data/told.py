"""What a customer is told of their master data and of everything that they agreed to."""

from collections.abc import Mapping
from typing import Any

from django.contrib.admin.models import LogEntry
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from customers.models import ConsentEntry, ContactPoint, Customer

#: beside what the customer told: how it is kept
STATE = (
    "status",
    "do_not_contact",
    "hold_reason",
    "last_confirmed_at",
    "created_at",
    "kept_at",
    "kept_because",
    "goes_on",
)
CARD = ("first_name", "last_name", "company", "street", "postal_code", "city", "country", "phone", "email")


def master_data(customer: Customer) -> Mapping[str, Any]:
    """Everything in the customer's rows, labelled; empty fields left out."""
    labels = {field.name: str(field.verbose_name) for field in Customer._meta.concrete_fields}
    state = {name: getattr(customer, name) for name in STATE} | {"status": customer.get_status_display()}
    entries = customer.entries.select_related("wording", "confirmation").order_by("given_at", "recorded_at")
    told = {
        labels["number"]: customer.number,
        **customer.master_data(),
        **{labels[name]: value for name, value in state.items()},
        labels["source"]: source_line(customer),
        _("Further contact details"): [point_line(point) for point in customer.contact_points.all()],
        _("Consents"): [consent_line(entry) for entry in entries],
        _("What was done with these data"): _deeds(customer),
    }
    return {label: value for label, value in told.items() if value not in ("", [], None)}


def card(customer: Customer) -> Mapping[str, Any]:
    """The contact data, as `documents.forms` makes a vCard of them."""
    own = {name: getattr(customer, name) for name in CARD if getattr(customer, name)}
    return own | {"name": customer.full_name, "further": [_further(point) for point in customer.contact_points.all()]}


def _further(point: ContactPoint) -> dict[str, str]:
    """One more telephone, address or mail, by the same names."""
    if point.kind == "address":
        return {name: getattr(point, name) for name in ("street", "postal_code", "city", "country")}
    return {point.kind: point.value}


def source_line(customer: Customer) -> str:
    """Where the master data came from, and when (Art. 15(1)(g) GDPR)."""
    day = date_format(timezone.localdate(customer.created_at))
    return _("{source}, on {day}").format(source=customer.get_source_display(), day=day)


def point_line(point: ContactPoint) -> str:
    told = f"{point.get_kind_display()} ({point.label}): {point.shown}" if point.label else point.shown
    for_invoices = _("invoices go here")
    return f"{told}, {for_invoices}" if point.for_invoices else told


def consent_line(entry: ConsentEntry) -> str:
    """One entry of the ledger: what, when, how, recorded, proved and confirmed how, to which words."""
    if entry.rests_on_contract:
        recorded = _("recorded {moment}").format(moment=_moment(entry.recorded_at))
        return (
            f"{entry.get_purpose_display()}: {entry.get_legal_basis_display()}, {_moment(entry.given_at)}, {recorded}."
        )
    parts = [
        f"{entry.get_purpose_display()}: {entry.get_decision_display()}",
        entry.get_legal_basis_display(),
        _moment(entry.given_at),
        f"{entry.get_form_display()} {entry.get_channel_display()}",
        _("recorded {moment}").format(moment=_moment(entry.recorded_at)),
    ]
    if entry.evidence_id:
        parts.append(_("with evidence"))
    if confirmation := getattr(entry, "confirmation", None):
        sent = f"{confirmation.get_means_display()} {_moment(confirmation.sent_at)}"
        parts.append(_("confirmed in writing {how}").format(how=sent))
    quote = _("“{text}”").format(text=entry.words)
    return f"{', '.join(parts)}. {quote}"


def _deeds(customer: Customer) -> list[str]:
    """The admin's own history: exports, mails, changes; whose hand it was is not the customer's."""
    entries = LogEntry.objects.filter(object_id=str(customer.pk), content_type__model="customer")
    return [f"{_moment(entry.action_time)}: {entry.get_change_message()}" for entry in entries.order_by("action_time")]


def _moment(moment: Any) -> str:
    return date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")
