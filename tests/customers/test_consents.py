"""The ledger is appended to, takes effect at once, and withdrawals do exactly what their preview said."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from customers.models import ConsentEntry, Customer, Evidence, Grant, TechnicalRecord, Wording
from customers.refusals import AppendOnly, Changed, NoConsent, Refused
from customers.services.consents import Statement, WithdrawalPlan, plan_withdrawal, record_consent, withdraw_consent
from customers.services.technical import add_technical_record, read_evidence, read_technical_record
from sitebackend.vault.opened import OpenVault
from tests.customers.conftest import SIGNED_PAPER, YESTERDAY, agree_to_technical_data

pytestmark = pytest.mark.django_db


def say(customer: Customer, purpose: str, decision: str = "given", **about: object) -> ConsentEntry:
    statement = Statement(purpose=purpose, decision=decision, **{"given_at": timezone.now(), **about})
    return record_consent(customer=customer, statement=statement, recorded_by=None)


def withdraw(customer: Customer, plan: WithdrawalPlan) -> ConsentEntry:
    return withdraw_consent(
        customer=customer,
        plan=plan.digest,
        purpose=plan.purpose,
        channel="mail",
        given_at=timezone.now(),
        recorded_by=None,
    )


def test_an_entry_is_never_changed_and_never_deleted(customer: Customer) -> None:
    entry = customer.contract_consent
    entry.decision = "refused"
    with pytest.raises(AppendOnly):
        entry.save()
    with pytest.raises(AppendOnly):
        entry.delete()
    with pytest.raises(AppendOnly):
        ConsentEntry.objects.all().delete()
    with pytest.raises(AppendOnly):
        ConsentEntry.objects.update(decision="refused")
    with pytest.raises(AppendOnly):
        ConsentEntry.objects.bulk_update([entry], ["decision"])
    entry.refresh_from_db()
    assert entry.decision == "given"


def test_an_entry_holds_the_wording_of_its_day(customer: Customer) -> None:
    Wording.objects.create(purpose="retention", version=2, valid_from=timezone.localdate(), text="Neu")
    Wording.objects.create(
        purpose="retention", version=3, valid_from=timezone.localdate() + timedelta(days=1), text="Morgen"
    )
    assert say(customer, "retention", given_at=YESTERDAY).words != "Neu"
    assert say(customer, "retention").words == "Neu"


def test_a_wording_that_somebody_agreed_to_stays_as_it_is(customer: Customer) -> None:
    used = customer.invoicing_consent.wording
    assert used is not None
    used.text = "Etwas anderes"
    with pytest.raises(AppendOnly):
        used.save()
    unused = Wording.objects.get(purpose="technical")
    unused.text = "Etwas anderes"
    unused.save()


def test_agreeing_to_retention_later_allows_contact_and_withdrawing_ends_it(customer: Customer) -> None:
    say(customer, "retention")
    customer.refresh_from_db()
    assert customer.do_not_contact is False
    withdraw(customer, plan_withdrawal(customer=customer, purpose="retention"))
    customer.refresh_from_db()
    assert customer.do_not_contact is True


def test_an_older_statement_recorded_late_changes_nothing(customer: Customer) -> None:
    say(customer, "retention", given_at=YESTERDAY - timedelta(days=30))
    customer.refresh_from_db()
    assert customer.do_not_contact is True


def test_what_is_said_tomorrow_is_not_recorded_today(customer: Customer) -> None:
    with pytest.raises(Refused):
        say(customer, "retention", given_at=timezone.now() + timedelta(hours=1))


@pytest.mark.parametrize("form", ["oral", "web", "written"])
def test_technical_data_need_writing_and_its_evidence(customer: Customer, form: str) -> None:
    with pytest.raises(NoConsent):
        say(customer, "technical", form=form)
    assert not Grant.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", ["form = 'oral'", "evidence_id = NULL", "legal_basis = 'contract'"])
def test_the_schema_wants_writing_and_evidence_too(granting_customer: Customer, change: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE customers_consententry SET {change} WHERE purpose = 'technical'")  # noqa: S608 - written here


def test_the_evidence_comes_back_as_it_was_and_only_from_the_vault(
    granting_customer: Customer, open_vault: OpenVault
) -> None:
    evidence = Evidence.objects.get()
    assert b"signed" not in bytes(evidence.sealed)
    assert b"einwilligung.pdf" not in bytes(evidence.sealed)
    assert read_evidence(open_vault=open_vault, evidence=evidence) == SIGNED_PAPER


def test_withdrawing_erases_the_technical_records_and_the_grant(record: TechnicalRecord) -> None:
    customer = record.grant.customer
    add_technical_record(customer=customer, kind="device", content={"name": "Drucker"})
    plan = plan_withdrawal(customer=customer, purpose="technical")
    assert plan.records == 2
    entry = withdraw(customer, plan)
    assert (entry.decision, entry.channel) == ("withdrawn", "mail")
    assert not TechnicalRecord.objects.exists()
    assert not Grant.objects.exists()
    assert Evidence.objects.count() == 1
    assert [entry.decision for entry in customer.entries.filter(purpose="technical")] == ["withdrawn", "given"]


def test_a_withdrawal_spares_other_customers(record: TechnicalRecord, new_customer: Callable[..., Customer]) -> None:
    other = new_customer()
    agree_to_technical_data(other)
    add_technical_record(customer=other, kind="device", content={"name": "Drucker"})
    withdraw(record.grant.customer, plan_withdrawal(customer=record.grant.customer, purpose="technical"))
    assert [left.grant.customer for left in TechnicalRecord.objects.all()] == [other]


def test_a_withdrawal_is_refused_if_something_changed_since_the_preview(record: TechnicalRecord) -> None:
    customer = record.grant.customer
    plan = plan_withdrawal(customer=customer, purpose="technical")
    add_technical_record(customer=customer, kind="device", content={"name": "Drucker"})
    with pytest.raises(Changed):
        withdraw(customer, plan)
    assert TechnicalRecord.objects.count() == 2


def test_a_consent_in_force_is_not_taken_back_without_the_preview(granting_customer: Customer) -> None:
    for decision in ("withdrawn", "refused"):
        with pytest.raises(Refused):
            say(granting_customer, "technical", decision, form="written")
    assert Grant.objects.exists()


def test_what_rests_on_the_contract_is_not_withdrawn_like_a_consent(customer: Customer) -> None:
    with pytest.raises(Refused):
        plan_withdrawal(customer=customer, purpose="contract")


def test_what_nobody_agreed_to_cannot_be_withdrawn(customer: Customer) -> None:
    for purpose in ("retention", "technical"):
        with pytest.raises(NoConsent):
            plan_withdrawal(customer=customer, purpose=purpose)


def test_withdrawing_invoicing_leaves_a_customer_without_basis_until_the_contract_is_recorded(
    customer: Customer,
) -> None:
    withdraw(customer, plan_withdrawal(customer=customer, purpose="invoicing"))
    assert list(Customer.objects.without_basis()) == [customer]
    say(customer, "invoicing", legal_basis="contract")
    customer.refresh_from_db()
    assert customer.status == "active"
    assert customer.invoicing_consent.legal_basis == "contract"
    assert not Customer.objects.without_basis().exists()


def test_a_renewed_consent_keeps_the_records(record: TechnicalRecord, open_vault: OpenVault) -> None:
    customer = record.grant.customer
    agree_to_technical_data(customer, given_at=timezone.now())
    grant = Grant.objects.get()
    assert grant.entry == customer.entries.filter(purpose="technical").newest_first().first()
    assert read_technical_record(open_vault=open_vault, record=TechnicalRecord.objects.get())["ssid"] == "Backstube"


def test_after_a_withdrawal_a_new_consent_starts_empty(record: TechnicalRecord) -> None:
    customer = record.grant.customer
    withdraw(customer, plan_withdrawal(customer=customer, purpose="technical"))
    agree_to_technical_data(customer, given_at=timezone.now())
    assert Grant.objects.get().records.count() == 0


def test_recording_a_consent_does_not_undo_what_somebody_else_changed_meanwhile(customer: Customer) -> None:
    stale = Customer.objects.get(pk=customer.pk)
    Customer.objects.filter(pk=customer.pk).update(city="Halle")
    say(stale, "retention")
    say(stale, "invoicing", legal_basis="contract")
    customer.refresh_from_db()
    assert (customer.city, customer.do_not_contact) == ("Halle", False)
