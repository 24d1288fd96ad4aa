"""Billing documents are filed once and stay until law and promise are fulfilled."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from pytest_django import Settings

from customers.clear_file import ClearFile
from customers.models import BillingDocument, Customer
from customers.refusals import AppendOnly, Kept, Refused
from customers.services import billing
from customers.services.register import erase_customer
from sitebackend.crypto import lookup, sealing
from sitebackend.privacy import erasure
from sitebackend.vault.opened import OpenVault

pytestmark = pytest.mark.django_db
INVOICE = ClearFile("R-2026-017.pdf", "application/pdf", b"%PDF-1.7 total 119,00 \xe2\x82\xac")


@pytest.fixture
def file_one(customer: Customer) -> Callable[..., BillingDocument]:
    def file(**about: object) -> BillingDocument:
        values = {"kind": "invoice", "number": "R-2026-017", "issued_on": date(2026, 2, 1)} | about
        return billing.file_billing_document(
            customer=customer, amount=Decimal("119.00"), currency="EUR", file=INVOICE, **values
        )

    return file


def test_periods_run_from_the_end_of_the_calendar_year(file_one: Callable[..., BillingDocument]) -> None:
    first_day, last_day = (file_one(number=str(day), issued_on=day) for day in (date(2025, 1, 1), date(2025, 12, 31)))
    for document in (first_day, last_day):
        assert document.statutory_until == date(2033, 12, 31)
        assert document.kept_until == date(2035, 12, 31)


def test_a_setting_below_the_law_does_not_shorten_the_law(
    file_one: Callable[..., BillingDocument], settings: Settings
) -> None:
    settings.BILLING_RETENTION_YEARS = 3
    document = file_one()
    assert document.kept_until == document.statutory_until == date(2034, 12, 31)


def test_file_and_recipient_come_back_from_the_vault_only(
    file_one: Callable[..., BillingDocument], open_vault: OpenVault
) -> None:
    document = BillingDocument.objects.get(pk=file_one().pk)
    assert b"119,00" not in bytes(document.sealed_file)
    assert "Möller".encode() not in bytes(document.sealed_recipient)
    assert billing.read_billing_file(open_vault=open_vault, document=document) == INVOICE
    assert billing.read_recipient(open_vault=open_vault, document=document)["street"] == "Königsallee 7 b"


def test_the_recipient_stays_as_it_was_on_the_document(
    file_one: Callable[..., BillingDocument], customer: Customer, open_vault: OpenVault
) -> None:
    document = file_one()
    customer.street = "Neue Straße 1"
    customer.save()
    assert billing.read_recipient(open_vault=open_vault, document=document)["street"] == "Königsallee 7 b"


def test_a_filed_document_is_never_changed(file_one: Callable[..., BillingDocument]) -> None:
    document = file_one()
    document.amount = Decimal("0.01")
    with pytest.raises(AppendOnly):
        document.save()
    with pytest.raises(AppendOnly):
        BillingDocument.objects.update(amount=Decimal("0.01"))
    with pytest.raises(AppendOnly):
        BillingDocument.objects.bulk_update([document], ["amount"])
    document.refresh_from_db()
    assert document.amount == Decimal("119.00")


def test_deleting_early_is_refused_with_both_dates(file_one: Callable[..., BillingDocument]) -> None:
    document = file_one()
    for delete in (document.delete, BillingDocument.objects.all().delete):
        with pytest.raises(Kept, match=r"31\. Dezember 2034.*31\. Dezember 2036"):
            delete()
    assert BillingDocument.objects.exists()


def test_a_document_outlives_its_customer_restricted_and_findable(
    file_one: Callable[..., BillingDocument], customer: Customer, open_vault: OpenVault
) -> None:
    document = file_one()
    erase_customer(customer=customer)
    document = BillingDocument.objects.restricted().get(pk=document.pk)
    for digest in (lookup.customer_number("k 00001"), lookup.email("moeller@baeckerei.example.de")):
        assert list(BillingDocument.objects.led_to_by([digest])) == [document]
    assert billing.read_recipient(open_vault=open_vault, document=document)["last_name"] == "Möller-Groß"


def test_a_number_is_filed_once_per_kind(file_one: Callable[..., BillingDocument]) -> None:
    file_one()
    file_one(kind="credit_note")
    with pytest.raises(ValidationError):
        file_one()


def test_a_document_from_the_future_is_refused(file_one: Callable[..., BillingDocument]) -> None:
    with time_machine.travel(datetime(2026, 1, 31, tzinfo=UTC)), pytest.raises(Refused):
        file_one()


def sweep(today: date) -> int:
    """What the worker's retention run does."""
    receipt = erasure.erase_due(today, plan_hash=erasure.due(today).hash, now=datetime(2026, 1, 1, tzinfo=UTC))
    return sum(count for source, _action, count, *_named in receipt.done if source == "customers.billing")


@pytest.mark.usefixtures("in_english")
def test_the_sweep_takes_what_is_due_and_nothing_else(file_one: Callable[..., BillingDocument]) -> None:
    with time_machine.travel(datetime(2016, 1, 2, 12, tzinfo=UTC)):  # a document is filed within its period
        file_one(number="old", issued_on=date(2015, 12, 31))
        file_one(number="young", issued_on=date(2016, 1, 1))
        held = file_one(number="held", issued_on=date(2010, 1, 1))
    billing.hold(document=held, reason="Außenprüfung 2010")
    held.refresh_from_db()
    assert [(step.rows, step.reason) for step in erasure.due(date(2026, 1, 1)).retained] == [
        ((held.pk,), "as long as this is open, and no longer: Außenprüfung 2010")
    ]
    assert sweep(date(2026, 1, 1)) == 1
    assert set(BillingDocument.objects.values_list("number", flat=True)) == {"young", "held"}
    with time_machine.travel(datetime(2026, 1, 1, 12, tzinfo=UTC)):
        billing.release(document=held)
    assert sweep(date(2026, 1, 1)) == 0
    assert sweep(date(2026, 1, 2)) == 1


def test_a_hold_has_its_reason(file_one: Callable[..., BillingDocument]) -> None:
    document = file_one()
    with pytest.raises(Refused):
        billing.hold(document=document, reason="  ")
    with pytest.raises(IntegrityError), transaction.atomic():
        BillingDocument.objects.update(legal_hold=True)


def test_a_request_wins_between_the_law_and_the_promise(file_one: Callable[..., BillingDocument]) -> None:
    file_one(number="by law", issued_on=date(2018, 1, 1))
    file_one(number="by promise", issued_on=date(2017, 12, 31))
    billing.hold(document=file_one(number="held", issued_on=date(2017, 12, 31)), reason="Einspruch")
    assert BillingDocument.objects.erase_on_request(date(2026, 2, 1)) == 1
    assert set(BillingDocument.objects.values_list("number", flat=True)) == {"by law", "held"}


def test_documents_do_not_exchange_their_files(file_one: Callable[..., BillingDocument], open_vault: OpenVault) -> None:
    first, second = file_one(), file_one(number="R-2026-018")
    second.sealed_file = first.sealed_file
    with pytest.raises(sealing.SealingError):
        billing.read_billing_file(open_vault=open_vault, document=second)
