"""A customer comes, is corrected, and goes."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import ConsentEntry, ContactPoint, Customer, NumberRange
from customers.models.consent import Decision, Purpose
from customers.models.customer import BASES, MASTER_DATA, NO_BASIS
from customers.refusals import NoConsent, NotSilent, Refused
from customers.services.billing import keep_findable
from customers.services.consents import Statement
from sitebackend.models import Operator
from sitebackend.privacy import high_water
from sitebackend.vault import services as vault

NUMBER = re.compile(r"[\w./ -]{1,30}")


@transaction.atomic
def register_customer(
    *,
    master_data: Mapping[str, Any],
    statements: Iterable[Statement],
    recorded_by: Operator | None,
    further: Iterable[ContactPoint] = (),
    number: str = "",
    source: Customer.Source = Customer.Source.TOLD,
) -> Customer:
    """Keep master data, with further contact details, together with what the customer agreed to.

    The number is the next one unless given. Raises NoConsent unless contract and invoicing are among the statements
    and given, ValidationError if the data are not plausible, Refused for a number that was given before,
    vault.VaultError if nothing can be sealed.
    """
    customer, entries = prepared_customer(master_data=master_data, statements=statements, recorded_by=recorded_by)
    customer.source = source
    customer.number = _own_number(number) if number else next_numbers()[0]
    customer.public_key, customer.sealed_private_key = vault.new_holder_key(context=customer.key_context)
    for entry in entries:
        entry.save(force_insert=True)
    customer.save(force_insert=True)
    for point in further:
        point.customer = customer
        point.full_clean()
        point.save(force_insert=True)
    return customer


def prepared_customer(
    *, master_data: Mapping[str, Any], statements: Iterable[Statement], recorded_by: Operator | None
) -> tuple[Customer, list[ConsentEntry]]:
    """The customer with the entries it will rest on, checked and not kept: without number and keys. Raises as above."""
    customer = Customer(**master_data)
    entries = {
        statement.purpose: statement.as_entry(customer=customer, recorded_by=recorded_by) for statement in statements
    }
    for field, purpose in BASES.items():
        entry = entries.get(purpose)
        if entry is None or not entry.is_basis_of(customer, purpose):
            raise NoConsent(NO_BASIS)
        setattr(customer, field, entry)
    retention = entries.get(Purpose.RETENTION)
    customer.do_not_contact = retention is None or retention.decision != Decision.GIVEN
    customer.full_clean(exclude=["number", "search_text", "email_digest", "phone_digest", "name_digest", *BASES])
    return customer, list(entries.values())


@transaction.atomic
def confirm_master_data(*, customer: Customer, at: datetime | None = None) -> None:
    """The customer looked at their master data and found them right (Art. 5(1)(d) GDPR)."""
    customer.last_confirmed_at = at or timezone.now()
    customer.save(update_fields=["last_confirmed_at"])


@transaction.atomic
def keep_inactive(*, customer: Customer, because: str, now: datetime) -> None:
    """Nothing was heard of the customer for long, and the data are needed still: asked about again in a year."""
    if not because.strip():
        raise Refused(_("Say what the data are still needed for."))
    Customer.objects.filter(pk=customer.pk).update(kept_at=now, kept_because=because.strip(), goes_on=None)


@transaction.atomic
def let_go_inactive(*, customer: Customer, now: datetime) -> None:
    """Not needed any more: retention erases the customer tomorrow, unless something is heard till then."""
    today = timezone.localdate(now)
    if not Customer.objects.silent(today).filter(pk=customer.pk).update(goes_on=today + timedelta(days=1)):
        raise NotSilent()


@transaction.atomic
def correct_master_data(*, customer: Customer, values: Mapping[str, str]) -> None:
    """Take over what the customer says is right (Art. 16 GDPR). Raises ValidationError, and nothing has changed."""
    current = Customer.objects.select_for_update().get(pk=customer.pk)
    for name in set(values) & set(MASTER_DATA):
        setattr(current, name, values[name])
    current.last_confirmed_at = timezone.now()
    current.full_clean(exclude=["search_text", "email_digest", "phone_digest", "name_digest", *BASES])
    current.save()
    keep_findable(customer=current)


@transaction.atomic
def erase_customer(*, customer: Customer) -> None:
    """Delete everything on the customer but filed billing documents, which stay restricted and tell whose they are."""
    keep_findable(customer=customer)
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


def check_number(number: str) -> None:
    """Raise Refused for a number of somebody's own that is taken, was given before, or is none."""
    if Customer.objects.filter(number=number).exists():
        raise Refused(_("A customer has this number already."))
    if not NUMBER.fullmatch(number):
        raise Refused(_("A customer number has at most 30 letters, digits, dots, slashes and dashes."))
    numbers = NumberRange.objects.get()
    if counted(number) <= numbers.highest and number == numbers.shown(counted(number)):
        raise Refused(_("This number was given before. Leave the column out, or import the lowest numbers first."))


def counted(number: str) -> int:
    """The number that a customer number ends with; 0 if it ends with none."""
    digits = re.search(r"\d{0,10}$", number)
    return int(digits[0] or 0) if digits else 0


def _own_number(number: str) -> str:
    """A number that the customer has from elsewhere; those given from now on are higher, so it never comes again."""
    check_number(number)
    numbers = NumberRange.objects.select_for_update().get()
    numbers.highest = max(numbers.highest, high_water.read(high_water.CUSTOMER_NUMBER), counted(number))
    high_water.rise(high_water.CUSTOMER_NUMBER, numbers.highest)
    numbers.save(update_fields=["highest"])
    return number
