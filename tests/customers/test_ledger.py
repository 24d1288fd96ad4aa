"""The consent ledger is chained: whatever is done to it past the program is an alarm, and an erasure is none."""

import importlib
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.utils import timezone

from customers import health
from customers.models import ConsentEntry, Customer, LedgerLink
from customers.models.ledger import SEALED_FIELDS, chained, digest
from customers.refusals import AppendOnly
from customers.services.consents import Statement, record_consent
from customers.services.ledger import broken_entries
from sitebackend.privacy import erasure
from sitebackend.privacy.registry import DataSubject

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journal_folder", "operator_key")]
NewCustomer = Callable[..., Customer]


@pytest.fixture
def ledger(new_customer: NewCustomer) -> Customer:
    """Two customers, the first with a later statement."""
    customer = new_customer()
    new_customer(email="other@example.org", phone="0341 99", company="Andere GmbH", last_name="Groß")
    said = Statement(purpose="retention", given_at=timezone.now())
    record_consent(customer=customer, statement=said, recorded_by=None)
    assert broken_entries() == 0
    return customer


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        assert cursor.rowcount != 0


def test_every_entry_has_its_link_in_the_order_of_recording(ledger: Customer) -> None:
    assert LedgerLink.objects.count() == ConsentEntry.objects.count() == 7
    assert list(LedgerLink.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6, 7]
    assert ledger.entries.latest_by_purpose()["retention"].link_id == 7


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE customers_consententry SET decision = 'given' WHERE decision = 'refused'",
        "UPDATE customers_consententry SET legal_basis = 'contract' WHERE purpose = 'invoicing'",
        "UPDATE customers_consententry SET form = 'written'",
        "UPDATE customers_consententry SET channel = 'letter'",
        "UPDATE customers_consententry SET given_at = '2024-01-01 00:00:00+00:00'",
        "UPDATE customers_consententry SET recorded_at = '2024-01-01 00:00:00+00:00'",
        "UPDATE customers_consententry SET salt = 'x'",
        "UPDATE customers_consententry SET link_id = NULL",
        "UPDATE customers_wording SET text = 'Alles ist erlaubt' WHERE purpose = 'invoicing'",
        "UPDATE customers_ledgerlink SET entry_digest = 'x' WHERE number = 3",
        "UPDATE customers_ledgerlink SET customer_digest = 'x' WHERE number = 3",
        "UPDATE customers_ledgerlink SET chain = 'x' WHERE number = 7",
        "DELETE FROM customers_consententry WHERE link_id = 7",
        "UPDATE customers_consententry SET customer_id ="
        " (SELECT id FROM customers_customer WHERE company = 'Andere GmbH')"
        " WHERE link_id = 7",
    ],
)
def test_whatever_is_changed_past_the_program_is_an_alarm(ledger: Customer, change: str) -> None:
    sql(change)
    assert broken_entries() > 0
    (finding,) = health.ledger(timezone.now())
    assert finding.code == "customers.ledger_broken"


def test_a_link_out_of_the_middle_is_missed(ledger: Customer) -> None:
    sql("UPDATE customers_consententry SET link_id = NULL WHERE link_id = 3")
    sql("DELETE FROM customers_ledgerlink WHERE number = 3")
    assert broken_entries() > 0


def test_an_entry_with_a_forged_link_tears_the_chain(ledger: Customer) -> None:
    """Whoever also computes the digest anew must compute every link behind it."""
    entry = ConsentEntry.objects.get(link=3)
    sql("UPDATE customers_consententry SET decision = 'withdrawn' WHERE link_id = 3")
    entry.refresh_from_db()
    forged = digest([getattr(entry, name) for name in SEALED_FIELDS], entry.words or None)
    link = LedgerLink.objects.get(number=3)
    before = LedgerLink.objects.get(number=2).chain
    sql(
        "UPDATE customers_ledgerlink SET entry_digest = %s, chain = %s WHERE number = 3",
        forged,
        chained(before, 3, link.customer_digest, forged),
    )
    assert broken_entries() > 0


def test_a_link_is_never_changed_or_deleted_through_the_program(ledger: Customer) -> None:
    with pytest.raises(AppendOnly):
        LedgerLink.objects.update(chain="x")
    with pytest.raises(AppendOnly):
        LedgerLink.objects.all().delete()


def test_the_cockpit_and_status_say_so(ledger: Customer, admin_client: Client, capsys: Any) -> None:
    sql("UPDATE customers_consententry SET decision = 'given' WHERE decision = 'refused'")
    assert "Einwilligungen" in admin_client.get("/admin/").content.decode()
    with pytest.raises(SystemExit):
        call_command("status", "--json")
    assert "customers.ledger_broken" in capsys.readouterr().out


def test_an_erased_customer_leaves_links_that_lead_nowhere_and_no_alarm(ledger: Customer) -> None:
    her = DataSubject(customer_number=ledger.number)
    scope = ["customers.master_data"]
    plan = erasure.plan(her, scope)
    erasure.erase(her, scope, plan_hash=plan.hash, now=timezone.now())
    assert not Customer.objects.filter(pk=ledger.pk).exists()
    assert LedgerLink.objects.count() == 7
    assert broken_entries() == 0
    stored = "".join(map(str, LedgerLink.objects.values_list()))
    assert str(ledger.pk) not in stored
    assert ledger.pk.hex not in stored


def test_a_customer_deleted_past_the_program_is_an_alarm(ledger: Customer) -> None:
    ledger.delete()  # as raw SQL would: no line of the journal says so
    assert broken_entries() == 4


def test_entries_from_before_the_chain_are_chained(ledger: Customer) -> None:
    sql("UPDATE customers_consententry SET link_id = NULL, salt = 'same'")
    sql("DELETE FROM customers_ledgerlink")
    assert broken_entries() == 7
    as_then = MigrationExecutor(connection).loader.project_state(("customers", "0011_chain_entries")).apps
    importlib.import_module("customers.migrations.0011_chain_entries").chain(as_then, None)
    assert broken_entries() == 0
    assert len(set(ConsentEntry.objects.values_list("salt", flat=True))) == 7
