"""What the registry tells, gives and erases of a customer; what must stay, stays findable."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from customers.models import BillingDocument, ConsentEntry, Customer, Evidence, Grant, TechnicalRecord
from customers.services.billing import file_billing_document
from customers.services.consents import plan_withdrawal, withdraw_consent
from customers.services.technical import add_technical_record, attach
from sitebackend.privacy import erasure, journal, registry
from sitebackend.privacy.registry import DataSubject
from sitebackend.vault.opened import OpenVault
from tests.customers.conftest import MASTER_DATA, SIGNED_PAPER, agree_to_technical_data

pytestmark = pytest.mark.django_db
HER = DataSubject(email="moeller@BAECKEREI.example.de")
ALL = ["customers.master_data", "customers.evidence", "customers.technical", "customers.billing"]
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def file_document(customer: Customer, number: str = "R-1", issued_on: date = date(2026, 2, 1)) -> BillingDocument:
    return file_billing_document(
        customer=customer,
        kind="invoice",
        number=number,
        issued_on=issued_on,
        amount=Decimal("119.00"),
        currency="EUR",
        file=SIGNED_PAPER,
    )


@pytest.fixture
def everything(record: TechnicalRecord, customer: Customer) -> Customer:
    """A customer with records, an attachment, evidence and an invoice."""
    attach(record=record, file=SIGNED_PAPER)
    file_document(customer)
    return customer


@pytest.mark.parametrize(
    ("said", "by"),
    [
        ({"email": " MOELLER@baeckerei.example.DE"}, "email"),
        ({"phone": "0341 901234"}, "phone"),
        ({"name": "Änne Möller", "postal_code": "04109"}, ""),
        ({"name": "möller-groß, änne", "postal_code": "0 4109"}, "name"),
        ({"customer_number": "k 00001"}, "customer_number"),
    ],
)
def test_a_customer_is_found_by_what_the_person_says(customer: Customer, said: dict[str, str], by: str) -> None:
    found = registry.find(DataSubject(**said))
    assert [(item.identifier, item.matched_by) for item in found] == ([(str(customer.pk), (by,))] if by else [])


def test_everything_of_a_customer_is_found_and_nothing_of_another(
    everything: Customer, new_customer: Callable[..., Customer]
) -> None:
    other = new_customer(email="andere@example.org", phone="040 1", last_name="Andere", postal_code="20095")
    agree_to_technical_data(other)
    add_technical_record(customer=other, kind="device", content={"name": "Drucker"})
    assert sorted(item.source for item in registry.find(HER)) == [
        "customers.billing",
        "customers.evidence",
        "customers.master_data",
        "customers.technical",
    ]


def test_a_person_who_says_nothing_finds_nothing(everything: Customer) -> None:
    assert registry.find(DataSubject()) == []


def test_the_copy_without_the_vault_has_the_master_data_and_says_what_is_sealed(everything: Customer) -> None:
    copies = {copy.item.source: copy for copy in registry.export(HER)}
    told = str(copies["customers.master_data"].values)
    for name in ("street", "city", "company", "email"):
        assert MASTER_DATA[name] in told
    assert "Ich bin damit einverstanden" in told
    assert [source for source, copy in copies.items() if copy.sealed] == [
        "customers.billing",
        "customers.evidence",
        "customers.technical",
    ]
    assert "Backstube" not in str(copies)


def test_the_copy_with_the_open_vault_has_all_of_it(everything: Customer, open_vault: OpenVault) -> None:
    copies = {copy.item.source: copy for copy in registry.export(HER, open_vault)}
    assert not any(copy.sealed for copy in copies.values())
    assert "Backstube" in copies["customers.technical"].values.values()
    for source in ("customers.technical", "customers.evidence", "customers.billing"):
        assert copies[source].files == (("einwilligung.pdf", SIGNED_PAPER.content),)


def test_erasing_takes_all_but_the_invoice_and_says_until_when_it_stays(everything: Customer) -> None:
    plan = erasure.plan(HER, ALL)
    assert [step.until for step in plan.retained] == [date(2034, 12, 31)]
    erasure.erase(HER, ALL, plan_hash=plan.hash, now=NOW)
    for model in (Customer, ConsentEntry, Evidence, Grant, TechnicalRecord):
        assert not model.objects.exists()
    assert erasure.verify(HER, ALL) == ()
    assert [item.source for item in registry.find(HER)] == ["customers.billing"]


def test_what_changed_after_the_preview_stops_the_erasure(everything: Customer) -> None:
    plan = erasure.plan(HER, ALL)
    add_technical_record(customer=everything, kind="device", content={"name": "Drucker"})
    with pytest.raises(erasure.PlanOutdated):
        erasure.erase(HER, ALL, plan_hash=plan.hash, now=NOW)
    assert Customer.objects.exists()


def test_erasing_the_technical_data_alone_ends_their_consent(everything: Customer) -> None:
    scope = ["customers.technical"]
    erasure.erase(HER, scope, plan_hash=erasure.plan(HER, scope).hash, now=NOW)
    assert not TechnicalRecord.objects.exists()
    assert not Grant.objects.exists()
    last_word = everything.entries.latest_by_purpose()["technical"]
    assert (last_word.decision, last_word.channel) == ("withdrawn", "erasure")


def test_between_law_and_promise_the_request_wins(customer: Customer) -> None:
    file_document(customer, "by law", date(2018, 3, 1))
    file_document(customer, "by promise", date(2017, 3, 1))
    erasure.erase(HER, ALL, plan_hash=erasure.plan(HER, ALL).hash, now=NOW)
    assert [document.number for document in BillingDocument.objects.all()] == ["by law"]


def test_a_withdrawal_is_in_the_journal_and_done_again_after_a_restore(record: TechnicalRecord) -> None:
    customer, before = record.grant.customer, journal.position()
    plan = plan_withdrawal(customer=customer, purpose="technical")
    about = {"channel": "mail", "given_at": timezone.now(), "recorded_by": None}
    withdraw_consent(customer=customer, plan=plan.digest, purpose="technical", **about)
    line = journal.entries()[before]
    assert (line.source, line.action) == ("customers.technical", "delete")
    assert record.pk in line.rows
    assert record.grant_id in line.rows


def test_after_a_restore_the_withdrawn_grant_goes_again(record: TechnicalRecord) -> None:
    customer = record.grant.customer
    line = journal.Entry(1, NOW, "customers.technical", "delete", (record.pk, record.grant_id))
    assert erasure.replay([line]).erased == 2
    assert erasure.replay([line]).erased == 0
    assert not Grant.objects.exists()
    assert customer.entries.latest_by_purpose()["technical"].decision == "withdrawn"


def test_after_a_restore_do_not_contact_and_the_lost_basis_hold_again(
    new_customer: Callable[..., Customer],
) -> None:
    customer = new_customer({"retention": "given"})
    lines = [
        journal.Entry(number, NOW, "customers.master_data", action, (customer.pk,))
        for number, action in enumerate(("restrict", "redact"), start=1)
    ]
    erasure.replay(lines)
    customer.refresh_from_db()
    assert customer.do_not_contact is True
    assert list(Customer.objects.without_basis()) == [customer]


def test_every_holding_is_described(db: None) -> None:
    for source in registry.sources():
        if source.name.startswith("customers."):
            description = source.describe()
            assert all(map(str, (description.title, description.legal_basis, description.retention)))


def test_stale_customers_are_not_everybodys_match(new_customer: Callable[..., Customer]) -> None:
    new_customer(email="", phone="", postal_code="")
    assert registry.find(DataSubject(email="x@example.de", name="Möller")) == []
