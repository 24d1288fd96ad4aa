"""Who is meant: from what a person says of themselves to the rows that may be theirs."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model, Q
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


def any_of(digests: Mapping[str, str]) -> Q:
    """Condition: one of the digest columns holds its digest. Nothing said finds nobody."""
    found = Q(pk__in=[])
    for name, digest in digests.items():
        found |= Q(**{f"{name}_digest": digest})
    return found


def matched_by(row: Any, digests: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(name for name, digest in digests.items() if getattr(row, f"{name}_digest") == digest)


def customers_of(subject: DataSubject) -> dict[Customer, tuple[str, ...]]:
    """The customers that this may be, each with the statements that led there."""
    wanted, number = digests_of(subject), "".join(subject.customer_number.split())
    same_number = Q(number__iexact=number) if number else Q(pk__in=[])
    found = Customer.objects.filter(any_of(wanted) | same_number)
    return {customer: (*matched_by(customer, wanted), *_by_number(customer, number)) for customer in found}


def _by_number(customer: Customer, number: str) -> tuple[str, ...]:
    return ("customer_number",) if customer.number.casefold() == number.casefold() else ()
