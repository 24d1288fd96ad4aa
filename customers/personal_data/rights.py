"""What of a customer can be corrected, and which purposes an objection closes."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from customers.models.consent import Channel, Decision, LegalBasis, Purpose
from customers.models.customer import MASTER_DATA
from customers.personal_data.subjects import customers_of
from customers.refusals import Refused
from customers.services.consents import close_purpose, plan_withdrawal
from customers.services.register import correct_master_data
from sitebackend.models import Operator
from sitebackend.privacy import refusals
from sitebackend.privacy.registry import Closable, Correctable, DataSubject

#: how a request came → how the ledger calls that way
CHANNELS = {
    "form": Channel.WEBSITE,
    "mail": Channel.MAIL,
    "telephone": Channel.PHONE,
    "letter": Channel.LETTER,
    "meeting": Channel.MEETING,
}


def correctable(source: str, subject: DataSubject) -> Iterator[Correctable]:
    """The master data of each customer that this may be."""
    labels = {field.name: field.verbose_name for field in Customer._meta.concrete_fields}
    for customer in customers_of(subject):
        values = {name: (labels[name], getattr(customer, name)) for name in MASTER_DATA if name != "salutation"}
        title = _("Customer {number}").format(number=customer.number)
        yield Correctable(source=source, row=customer.pk, title=title, values=values)


def correct(row: UUID, values: Mapping[str, str]) -> None:
    """Raises ValidationError."""
    correct_master_data(customer=Customer.objects.get(pk=row), values=values)


def closable(source: str, subject: DataSubject) -> Iterator[Closable]:
    """Purposes that rest on a consent in force; what rests on the contract ends with an erasure."""
    for customer in customers_of(subject):
        for purpose, entry in customer.entries.latest_by_purpose().items():
            if entry.decision == Decision.GIVEN and entry.legal_basis == LegalBasis.CONSENT:
                yield Closable(
                    source=source,
                    row=customer.pk,
                    purpose=purpose,
                    title=Purpose(purpose).label,
                    consequences=tuple(plan_withdrawal(customer=customer, purpose=purpose).consequences),
                )


def close(row: UUID, purpose: str, *, by: Operator | None, channel: str, at: datetime) -> None:
    """Raises the privacy room's Refused with the reason of ours."""
    customer = Customer.objects.get(pk=row)
    try:
        close_purpose(customer=customer, purpose=purpose, channel=CHANNELS[channel], at=at, recorded_by=by)
    except Refused as refusal:
        raise refusals.Refused(str(refusal)) from refusal
