"""Customers come with their bases, get numbers that never return, and go without a trace."""

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from customers.models import ConsentEntry, Customer, Evidence, Grant, NumberRange, TechnicalRecord
from customers.refusals import NoConsent
from customers.services.register import erase_customer, register_customer
from sitebackend.vault.errors import NoVault
from tests.customers.conftest import MASTER_DATA, statements

pytestmark = pytest.mark.django_db


def test_a_customer_comes_with_the_entries_that_are_its_bases(customer: Customer) -> None:
    customer.refresh_from_db()
    assert customer.number == "K00001"
    assert customer.contract_consent.legal_basis == "contract"
    assert customer.invoicing_consent.legal_basis == "consent"
    assert {entry.purpose: entry.decision for entry in customer.entries.all()} == {
        "contract": "given",
        "invoicing": "given",
        "retention": "refused",
    }


def test_refusing_retention_does_not_block_a_customer_but_contact(new_customer: Callable[..., Customer]) -> None:
    assert new_customer({"retention": "refused"}).do_not_contact is True
    assert new_customer({"retention": ""}).do_not_contact is True
    assert new_customer({"retention": "given"}).do_not_contact is False


@pytest.mark.parametrize("purpose", ["contract", "invoicing"])
@pytest.mark.parametrize("answer", ["refused", "withdrawn", ""])
def test_without_contract_or_invoicing_nothing_at_all_is_kept(vault_key: bytes, purpose: str, answer: str) -> None:
    with pytest.raises(NoConsent):
        register_customer(master_data=MASTER_DATA, statements=statements(**{purpose: answer}), recorded_by=None)
    assert not Customer.objects.exists()
    assert not ConsentEntry.objects.exists()
    assert NumberRange.objects.get().highest == 0


def test_without_a_vault_no_customer_is_taken(db: None) -> None:
    with pytest.raises(NoVault):
        register_customer(master_data=MASTER_DATA, statements=statements(), recorded_by=None)


def test_a_customer_cannot_rest_on_somebody_elses_consent(new_customer: Callable[..., Customer]) -> None:
    first, second = new_customer(), new_customer()
    second.contract_consent = first.contract_consent
    with pytest.raises(NoConsent):
        second.save()
    with pytest.raises(NoConsent):
        Customer.objects.filter(pk=second.pk).update(invoicing_consent=first.invoicing_consent)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("column", ["contract_consent_id", "invoicing_consent_id"])
def test_the_schema_itself_refuses_a_customer_without_a_basis(customer: Customer, column: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE customers_customer SET {column} = NULL")  # noqa: S608 - written here
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM customers_consententry")


def test_a_number_is_never_given_twice(new_customer: Callable[..., Customer]) -> None:
    erase_customer(customer=new_customer())
    assert new_customer().number == "K00002"


def test_a_restored_database_goes_on_behind_the_numbers_given_since(new_customer: Callable[..., Customer]) -> None:
    for _ in range(3):
        new_customer()
    NumberRange.objects.update(highest=1)  # as the backup knew it
    assert new_customer().number == "K00004"


def test_erasing_takes_everything_along(record: TechnicalRecord) -> None:
    erase_customer(customer=record.grant.customer)
    for model in (Customer, ConsentEntry, Evidence, Grant, TechnicalRecord):
        assert not model.objects.exists()


def test_somebody_without_any_name_is_refused(vault_key: bytes) -> None:
    with pytest.raises(ValidationError):
        register_customer(
            master_data=MASTER_DATA | {"last_name": "", "company": ""}, statements=statements(), recorded_by=None
        )


def test_notes_need_their_purpose(vault_key: bytes) -> None:
    with pytest.raises(ValidationError):
        register_customer(master_data=MASTER_DATA | {"notes": "x"}, statements=statements(), recorded_by=None)


@pytest.mark.parametrize(("number", "right"), [("DE136695976", True), ("DE136695978", False), ("ATU13585627", True)])
def test_vat_numbers_are_checked_by_their_check_digit(vault_key: bytes, number: str, right: bool) -> None:
    data = MASTER_DATA | {"vat_number": number}
    if right:
        assert register_customer(master_data=data, statements=statements(), recorded_by=None).vat_number == number
    else:
        with pytest.raises(ValidationError):
            register_customer(master_data=data, statements=statements(), recorded_by=None)


@pytest.mark.parametrize(
    "words",
    ["moller", "MÖLLER-GROSS", "söhne bäckerei", "04109", "0341 901234", "+49 341 9012", "k00001", "baeckerei.example"],
)
def test_searching_does_not_mind_spelling(customer: Customer, words: str) -> None:
    assert list(Customer.objects.matching(words)) == [customer]


@pytest.mark.parametrize("words", ["möllers", "04108", "bäckerei berlin", "0341 999"])
def test_searching_finds_only_what_matches(customer: Customer, words: str) -> None:
    assert not Customer.objects.matching(words).exists()
