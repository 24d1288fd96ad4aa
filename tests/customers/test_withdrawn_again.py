"""After a restore: what the journal says was withdrawn or erased is so in the ledger and the archive as well."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from customers.models import BillingDocument, Customer
from customers.models.consent import Channel, Decision, Purpose
from customers.models.sealed import VERSION
from customers.services.confirmations import consents_in_force
from sitebackend.privacy import erasure, journal, registry
from sitebackend.privacy.registry import Action

NewCustomer = Callable[..., Customer]
SEALED = VERSION + bytes(1024)
pytestmark = pytest.mark.django_db


def again(source: str, action: Action, row: object) -> int:
    entry = journal.Entry(1, timezone.now(), source, action, (row,))  # type: ignore[arg-type]
    return erasure.replay([entry]).erased


def last_words(customer: Customer) -> dict[str, tuple[str, str]]:
    return {purpose: (word.decision, word.channel) for purpose, word in customer.entries.latest_by_purpose().items()}


def test_a_withdrawn_contact_is_withdrawn_in_the_ledger_too(new_customer: NewCustomer) -> None:
    customer = new_customer({"retention": "given"})
    for _once_or_twice in range(2):
        again("customers.master_data", Action.RESTRICT, customer.pk)
    customer.refresh_from_db()
    assert customer.do_not_contact
    assert last_words(customer)[Purpose.RETENTION] == (Decision.WITHDRAWN, Channel.RESTORE)
    assert Purpose.RETENTION not in [entry.purpose for entry in consents_in_force(customer)]
    assert customer.entries.filter(purpose=Purpose.RETENTION).count() == 2


def test_a_withdrawn_basis_is_withdrawn_in_the_ledger_too_and_the_contract_stays(new_customer: NewCustomer) -> None:
    customer = new_customer()
    again("customers.master_data", Action.REDACT, customer.pk)
    customer.refresh_from_db()
    assert customer.status == Customer.Status.NO_BASIS
    assert last_words(customer)[Purpose.INVOICING] == (Decision.WITHDRAWN, Channel.RESTORE)
    assert last_words(customer)[Purpose.CONTRACT][0] == Decision.GIVEN


def test_a_document_that_was_erased_goes_although_the_backup_knows_a_hold(customer: Customer) -> None:
    document = BillingDocument.objects.create(
        number="R-1",
        issued_on=date(2000, 1, 1),
        amount=Decimal(1),
        statutory_until=date(2008, 12, 31),
        kept_until=date(2010, 12, 31),
        sealed_file=SEALED,
        sealed_recipient=SEALED,
        legal_hold=True,
        hold_reason="audit",
        customer=customer,
    )
    entry = journal.Entry(1, timezone.now(), "customers.billing", Action.DELETE, (document.pk,))
    assert erasure.left_after([entry]) == 1
    assert erasure.replay([entry]).erased == 1
    assert erasure.left_after([entry]) == 0


def test_what_is_left_is_counted_in_every_table_of_a_holding(granting_customer: Customer) -> None:
    grant = granting_customer.grant
    assert registry.source("customers.technical").left_of([grant.pk]) == 1
