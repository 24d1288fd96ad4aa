"""Further telephones, mail addresses and addresses: searched, found, told, invoiced to and erased like the first."""

import csv
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from customers import invoicing_list
from customers.models import BillingDocument, ContactPoint, Customer, RecipientDigest
from customers.refusals import Refused
from customers.services.billing import file_billing_document, read_recipient
from customers.services.register import register_customer
from sitebackend.privacy import erasure, registry
from sitebackend.privacy.registry import DataSubject
from sitebackend.vault.opened import OpenVault
from tests.customers.conftest import MASTER_DATA, SIGNED_PAPER, statements
from tests.customers.test_admin import further

pytestmark = pytest.mark.django_db
WORKSHOP = {"kind": "phone", "label": "Backstube", "value": "0171 / 55 66 77"}
ACCOUNTING = {"kind": "email", "label": "Buchhaltung", "value": "Rechnung@Steuerbüro.example.de", "for_invoices": True}
BRANCH = {
    "kind": "address",
    "label": "Filiale",
    "street": "Am Speicher 2",
    "postal_code": "06108",
    "city": "Halle",
    "country": "Deutschland",
}
HER = DataSubject(email="moeller@baeckerei.example.de")


@pytest.fixture
def reached(vault_key: bytes) -> Customer:
    """A customer with a second telephone, a mail address for invoices and a second address."""
    points = [ContactPoint(**point) for point in (WORKSHOP, ACCOUNTING, BRANCH)]
    return register_customer(master_data=MASTER_DATA, statements=statements(), recorded_by=None, further=points)


def an_invoice(customer: Customer) -> BillingDocument:
    return file_billing_document(
        customer=customer,
        kind="invoice",
        number="R-1",
        issued_on=date(2026, 2, 1),
        amount=Decimal(1),
        currency="EUR",
        file=SIGNED_PAPER,
    )


@pytest.mark.parametrize(
    "words", ["backstube", "0171 556677", "rechnung@steuerburo", "speicher halle", "möller 06108", "K00001 filiale"]
)
def test_the_search_knows_them(reached: Customer, new_customer: Callable[..., Customer], words: str) -> None:
    new_customer(last_name="Andere", company="Andere GmbH")
    assert list(Customer.objects.matching(words)) == [reached]


def test_words_of_two_customers_do_not_add_up(reached: Customer, new_customer: Callable[..., Customer]) -> None:
    new_customer(last_name="Andere", company="Andere GmbH")
    assert not Customer.objects.matching("andere filiale").exists()


@pytest.mark.parametrize(
    ("said", "by"),
    [
        ({"email": "rechnung@STEUERBÜRO.example.de"}, "email"),
        ({"phone": "+49 171 556677"}, "phone"),
        ({"name": "Möller-Groß Änne", "postal_code": "06108"}, "name"),
    ],
)
def test_a_person_is_found_by_them(reached: Customer, said: dict[str, str], by: str) -> None:
    an_invoice(reached)
    found = [(item.source, item.matched_by) for item in registry.find(DataSubject(**said))]
    assert sorted(found) == [("customers.billing", (by,)), ("customers.master_data", (by,))]


def test_a_changed_name_is_found_with_the_second_address(reached: Customer) -> None:
    reached.last_name = "Jürgens"
    reached.save()
    assert registry.find(DataSubject(name="Änne Jürgens", postal_code="06108"))
    assert not registry.find(DataSubject(name="Änne Möller-Groß", postal_code="06108"))


def test_the_copy_tells_them(reached: Customer) -> None:
    (copy,) = registry.export(HER)
    told = str(copy.values)
    for value in ("Backstube", "0171 / 55 66 77", "Rechnung@Steuerbüro.example.de", "Am Speicher 2, 06108 Halle"):
        assert value in told


def test_they_go_with_the_customer_but_for_the_digests_of_what_is_kept_by_law(reached: Customer) -> None:
    document = an_invoice(reached)
    erasure.erase(HER, plan_hash=erasure.plan(HER).hash, now=datetime(2026, 11, 23, tzinfo=UTC))
    assert not ContactPoint.objects.exists()
    for said in ({"phone": "0171 556677"}, {"email": "rechnung@steuerbüro.example.de"}, {"customer_number": "K00001"}):
        assert [item.identifier for item in registry.find(DataSubject(**said))] == [str(document.pk)]
    models = {label for label, count in _delete_past_every_rule(document).items() if count}
    assert models == {"customers.BillingDocument", "customers.RecipientDigest"}
    assert not RecipientDigest.objects.exists()


def _delete_past_every_rule(document: BillingDocument) -> dict[str, int]:
    return BillingDocument._base_manager.filter(pk=document.pk).delete()[1]


def test_a_telephone_added_after_the_preview_stops_the_erasure(reached: Customer) -> None:
    plan = erasure.plan(HER)
    ContactPoint.objects.create(customer=reached, kind="phone", value="040 1")
    with pytest.raises(erasure.PlanOutdated):
        erasure.erase(HER, plan_hash=plan.hash, now=datetime(2026, 11, 23, tzinfo=UTC))
    assert Customer.objects.exists()


def test_invoices_go_where_the_customer_wants_them(reached: Customer, open_vault: OpenVault) -> None:
    ContactPoint.objects.create(customer=reached, for_invoices=True, kind="address", street="Allee 1", city="Köln")
    _head, row = csv.reader(StringIO(invoicing_list.table(Customer.objects.all()).decode("utf-8-sig")), delimiter=";")
    assert {"Allee 1", "Köln", "Rechnung@Steuerbüro.example.de"} <= set(row)
    assert not {"Königsallee 7 b", "Leipzig", "Moeller@Baeckerei.example.de", "Am Speicher 2"} & set(row)
    recipient = read_recipient(open_vault=open_vault, document=an_invoice(reached))
    assert (recipient["street"], recipient["city"], recipient["postal_code"]) == ("Allee 1", "Köln", "")


def test_the_operator_adds_them_with_the_master_data(admin_client: Client, customer: Customer) -> None:
    document = an_invoice(customer)
    page = reverse("admin:customers_customer_change", args=[customer.pk])
    data = MASTER_DATA | {"country": "Deutschland", "status": "active"} | further(WORKSHOP, BRANCH)
    assert admin_client.post(page, data).status_code == 302
    assert customer.contact_points.count() == 2
    shown = admin_client.get(reverse("admin:customers_customer_page", args=[customer.pk])).content.decode()
    for told in ("Backstube", "0171 / 55 66 77", "Filiale", "Am Speicher 2"):
        assert told in shown
    assert [item.identifier for item in registry.find(DataSubject(phone="0171556677"))].count(str(document.pk)) == 1
    for entry in LogEntry.objects.all():
        assert "0171" not in entry.change_message + entry.object_repr
        assert "Filiale" not in entry.change_message + entry.object_repr


@pytest.mark.parametrize(
    "change",
    [
        WORKSHOP | {"value": ""},
        WORKSHOP | {"for_invoices": True},
        ACCOUNTING | {"value": "keine Adresse"},
        BRANCH | {"city": ""},
        BRANCH | {"value": "0171"},
    ],
)
def test_what_reaches_nobody_is_refused(customer: Customer, change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ContactPoint(customer=customer, **change).full_clean()


def test_the_schema_refuses_a_second_place_for_invoices(reached: Customer) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ContactPoint.objects.create(customer=reached, kind="email", value="b@example.de", for_invoices=True)


def test_they_are_not_changed_past_their_digests(reached: Customer) -> None:
    with pytest.raises(Refused):
        ContactPoint.objects.update(value="040 1")
    with pytest.raises(Refused):
        ContactPoint.objects.bulk_update(list(reached.contact_points.all()), ["value"])


def test_made_in_bulk_they_are_found_as_well(customer: Customer) -> None:
    ContactPoint.objects.bulk_create([ContactPoint(customer=customer, kind="phone", value="0171 1234")])
    assert list(Customer.objects.matching("0171 1234")) == [customer]
    assert registry.find(DataSubject(phone="+491711234"))


def test_the_longest_text_of_any_script_fits_the_search_index(new_customer: Callable[..., Customer]) -> None:
    """U+FDFA folds to eighteen signs, the last planes take four bytes each: PostgreSQL's index has an end."""
    customer = new_customer(company="\ufdfa" * 200, first_name="𠀀" * 100, city="𠀁" * 100)
    ContactPoint.objects.create(customer=customer, kind="address", street="\ufdfa" * 200, city="𠀁" * 100)
    assert list(Customer.objects.matching("K00001")) == [customer]
