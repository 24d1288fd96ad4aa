"""Who is meant: from what a person says of themselves to the rows that may be theirs."""

from collections.abc import Mapping

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from sitebackend.crypto import lookup
from sitebackend.privacy.registry import DataSubject

SEALED = _("Sealed. It is opened with the vault's passphrase, not by the server alone.")


def everything(model: type[Model]) -> tuple[str, ...]:
    """All fields: whatever stands in a customer's row leads to the customer."""
    return tuple(field.name for field in model._meta.concrete_fields)


def digests_of(subject: DataSubject) -> dict[str, str]:
    """Which statement → the digest under which it is looked for; what was not said is left out."""
    digests = {
        "email": lookup.email(subject.email),
        "phone": lookup.phone(subject.phone),
        "name": lookup.name_and_postal_code(subject.name, subject.postal_code),
    }
    return {name: digest for name, digest in digests.items() if digest}


def customers_of(subject: DataSubject) -> dict[Customer, tuple[str, ...]]:
    """The customers that this may be, each with the statements that led there."""
    wanted, number = digests_of(subject), "".join(subject.customer_number.split())
    led = Customer.objects.led_to_by(wanted)
    found = {customer.pk: customer for rows in (led, Customer.objects.numbered(number)) for customer in rows}
    return {customer: (*_by_digest(customer, wanted), *_by_number(customer, number)) for customer in found.values()}


def _by_digest(customer: Customer, wanted: Mapping[str, str]) -> tuple[str, ...]:
    held = {digest for digests in customer.found_by().values() for digest in digests}
    return tuple(statement for statement, digest in wanted.items() if digest in held)


def _by_number(customer: Customer, number: str) -> tuple[str, ...]:
    return ("customer_number",) if customer.number.casefold() == number.casefold() else ()
