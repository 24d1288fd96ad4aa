"""Who is meant: from what a person says of themselves to the rows that may be theirs."""

from collections.abc import Iterator, Mapping

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from sitebackend.crypto import lookup
from sitebackend.privacy import registry
from sitebackend.privacy.registry import DataSubject, Item, PersonRecord

SEALED = _("Sealed. It is opened with the vault's passphrase, not by the server alone.")


def everything(model: type[Model]) -> tuple[str, ...]:
    """All fields: whatever stands in a customer's row leads to the customer."""
    return tuple(field.name for field in model._meta.concrete_fields)


def digests_of(subject: DataSubject) -> dict[str, str]:
    """Which statement → the digest under which a customer is looked for; what was not said is left out."""
    digests = {
        "email": lookup.email(subject.email),
        "phone": lookup.phone(subject.phone),
        "name": lookup.name_and_postal_code(subject.name, subject.postal_code),
    }
    return {name: digest for name, digest in digests.items() if digest}


def customers_of(subject: DataSubject) -> dict[Customer, tuple[str, ...]]:
    """The customers that this may be and who are meant, each with the statements that led there."""
    wanted, number = digests_of(subject), "".join(subject.customer_number.split())
    led = Customer.objects.led_to_by(wanted)
    found = {customer.pk: customer for rows in (led, Customer.objects.numbered(number)) for customer in rows}
    found = {key: customer for key, customer in found.items() if subject.means(key)}
    return {customer: (*_by_digest(customer, wanted), *_by_number(customer, number)) for customer in found.values()}


def record_of(customer: Customer) -> PersonRecord:
    """By what somebody is told to be this customer."""
    digests, points = customer.found_by(), customer.contact_points.filter(kind="address")
    codes = {customer.postal_code, *points.values_list("postal_code", flat=True)}
    return PersonRecord(
        key=str(customer.pk),
        kind=_("Customer"),
        number=customer.number,
        name=customer.display_name,
        names=frozenset({lookup.name(customer.full_name), lookup.name(customer.company)} - {""}),
        places=frozenset(digests["name"]),
        emails=frozenset(digests["email"]),
        phones=frozenset(digests["phone"]),
        postal_codes=frozenset("".join(code.split()).casefold() for code in codes) - {""},
        is_anchor=True,
        at=customer.created_at,
    )


def elsewhere(customer: Customer) -> list[Item]:
    """What other rooms hold on somebody who may be this customer (messages, requests), the newest first."""
    found = {
        (item.source, item.identifier): item
        for subject in _as_subjects(customer)
        for holding in registry.sources()
        if not holding.name.startswith("customers.")
        for item in holding.find(subject)
    }
    return sorted(found.values(), key=lambda item: item.recorded_at, reverse=True)


def _as_subjects(customer: Customer) -> Iterator[DataSubject]:
    """What the customer could say of themselves, once for each place where they are reached."""
    name = customer.full_name
    yield DataSubject(email=customer.email, phone=customer.phone, name=name, postal_code=customer.postal_code)
    for point in customer.contact_points.all():
        if point.kind == "address":
            yield DataSubject(name=name, postal_code=point.postal_code)
        else:
            is_phone = point.kind == "phone"
            yield DataSubject(phone=point.value) if is_phone else DataSubject(email=point.value)


def _by_digest(customer: Customer, wanted: Mapping[str, str]) -> tuple[str, ...]:
    held = {digest for digests in customer.found_by().values() for digest in digests}
    return tuple(statement for statement, digest in wanted.items() if digest in held)


def _by_number(customer: Customer, number: str) -> tuple[str, ...]:
    return ("customer_number",) if customer.number.casefold() == number.casefold() else ()
