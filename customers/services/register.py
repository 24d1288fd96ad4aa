"""A customer comes, is corrected, and goes."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from customers.models import ContactPoint, Customer, NumberRange
from customers.models.consent import Decision, Purpose
from customers.models.customer import BASES, MASTER_DATA
from customers.services.consents import Statement
from sitebackend.models import Operator
from sitebackend.privacy import high_water
from sitebackend.vault import services as vault


@transaction.atomic
def register_customer(
    *,
    master_data: Mapping[str, Any],
    statements: Iterable[Statement],
    recorded_by: Operator | None,
    further: Iterable[ContactPoint] = (),
) -> Customer:
    """Keep master data, with further contact details, together with what the customer agreed to.

    Raises NoConsent unless contract and invoicing are among the statements and given, ValidationError if the
    master data are not plausible, vault.VaultError if nothing can be sealed.
    """
    customer = Customer(number=next_numbers()[0], **master_data)
    customer.public_key, customer.sealed_private_key = vault.new_holder_key(context=customer.key_context)
    entries = {
        statement.purpose: statement.as_entry(customer=customer, recorded_by=recorded_by) for statement in statements
    }
    for field, purpose in BASES.items():
        setattr(customer, field, entries.get(purpose))
    retention = entries.get(Purpose.RETENTION)
    customer.do_not_contact = retention is None or retention.decision != Decision.GIVEN
    for entry in entries.values():
        entry.save(force_insert=True)
    customer.full_clean(exclude=["search_text", "email_digest", "phone_digest", "name_digest", *BASES])
    customer.save(force_insert=True)
    for point in further:
        point.customer = customer
        point.full_clean()
        point.save(force_insert=True)
    return customer


@transaction.atomic
def confirm_master_data(*, customer: Customer, at: datetime | None = None) -> None:
    """The customer looked at their master data and found them right (Art. 5(1)(d) GDPR)."""
    customer.last_confirmed_at = at or timezone.now()
    customer.save(update_fields=["last_confirmed_at"])


@transaction.atomic
def correct_master_data(*, customer: Customer, values: Mapping[str, str]) -> None:
    """Take over what the customer says is right (Art. 16 GDPR). Raises ValidationError, and nothing has changed."""
    current = Customer.objects.select_for_update().get(pk=customer.pk)
    for name in set(values) & set(MASTER_DATA):
        setattr(current, name, values[name])
    current.last_confirmed_at = timezone.now()
    current.full_clean(exclude=["search_text", "email_digest", "phone_digest", "name_digest", *BASES])
    current.save()


@transaction.atomic
def erase_customer(*, customer: Customer) -> None:
    """Delete everything on the customer but filed billing documents, which stay restricted."""
    customer.delete()


@transaction.atomic
def next_numbers(count: int = 1) -> list[str]:
    """Numbers that were never given before, and never will be again, not even after a restore."""
    numbers = NumberRange.objects.select_for_update().get()
    numbers.highest = max(numbers.highest, high_water.read(high_water.CUSTOMER_NUMBER))
    given: list[str] = []
    while len(given) < count:
        numbers.highest += 1
        shown = numbers.shown(numbers.highest)
        if not Customer.objects.filter(number=shown).exists():  # imported with a number of its own
            given.append(shown)
    high_water.rise(high_water.CUSTOMER_NUMBER, numbers.highest)
    numbers.save(update_fields=["highest"])
    return given
