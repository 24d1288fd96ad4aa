"""What rests on the contract is called so: no consent is read out, quoted, counted or confirmed that nobody gave."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers import health
from customers.forms.consents import ConsentForm, WithdrawalForm
from customers.models import Confirmation, Customer
from customers.personal_data.told import consent_line
from customers.refusals import NoConsent, Refused
from customers.services.confirmations import send_confirmation
from customers.services.consents import Statement, plan_withdrawal, record_consent, withdraw_consent
from sitebackend.mail.services import deliver_due
from tests.customers.conftest import MASTER_DATA, YESTERDAY

pytestmark = pytest.mark.django_db
NewCustomer = Callable[..., Customer]
AGREED = "Ich bin damit einverstanden"


@pytest.fixture
def by_contract(new_customer: NewCustomer) -> Customer:
    """Contract and invoicing rest on the contract; customer retention was agreed to by word of mouth."""
    customer = new_customer({"retention": "given"})
    said = Statement(purpose="invoicing", legal_basis="contract", given_at=timezone.now())
    record_consent(customer=customer, statement=said, recorded_by=None)
    return customer


def page(customer: Customer, name: str, *more: str) -> str:
    return reverse(f"admin:customers_customer_{name}", args=[customer.pk, *more])


def withdraw(customer: Customer, purpose: str = "invoicing") -> None:
    plan = plan_withdrawal(customer=customer, purpose=purpose).digest
    withdraw_consent(
        customer=customer, plan=plan, purpose=purpose, channel="phone", given_at=timezone.now(), recorded_by=None
    )


# --- quoted, counted, confirmed


def test_the_letter_quotes_the_one_consent_and_names_what_rests_on_the_contract(
    by_contract: Customer, admin_client: Client
) -> None:
    text = admin_client.get(page(by_contract, "confirmation")).content.decode()
    assert text.count(AGREED) == 1
    assert "Kundenpflege" in text or "Kundenbindung" in text
    send_confirmation(customer=by_contract, now=timezone.now())
    deliver_due(timezone.now())
    body = str(mail.outbox[0].body)
    assert body.count(AGREED) == 1
    assert "Pflege der Kundenbeziehung" in body
    assert "Vertrag" in body.split(AGREED)[1]


def test_a_letter_about_the_contract_alone_speaks_of_no_withdrawal(new_customer: NewCustomer) -> None:
    customer = new_customer()
    said = Statement(purpose="invoicing", legal_basis="contract", given_at=timezone.now())
    record_consent(customer=customer, statement=said, recorded_by=None)
    send_confirmation(customer=customer, now=timezone.now())
    deliver_due(timezone.now())
    body = str(mail.outbox[0].body)
    assert AGREED not in body
    assert "widerrufen" not in body


def test_only_the_oral_consent_waits_to_be_confirmed(by_contract: Customer, admin_client: Client) -> None:
    assert [entry.purpose for entry in by_contract.entries.unconfirmed()] == ["retention"]
    text = admin_client.get(page(by_contract, "page")).content.decode()
    assert "3 mündliche" not in text
    admin_client.post(page(by_contract, "confirmation"), {"means": "letter"})
    assert [done.entry.purpose for done in Confirmation.objects.all()] == ["retention"]
    assert list(health.oral_statements(timezone.now() + timedelta(days=8))) == []


def test_what_was_withdrawn_waits_for_no_confirmation(new_customer: NewCustomer) -> None:
    customer = new_customer({"retention": "given"})
    withdraw(customer, "retention")
    assert [entry.purpose for entry in customer.entries.unconfirmed()] == ["invoicing"]


def test_the_copy_quotes_no_consent_for_what_rests_on_the_contract(by_contract: Customer) -> None:
    lines = {entry.purpose: consent_line(entry) for entry in by_contract.entries.latest_by_purpose().values()}
    assert AGREED in lines["retention"]
    assert AGREED not in lines["contract"]
    assert AGREED not in lines["invoicing"]
    assert "„Ich" in lines["retention"]


def test_an_entry_on_the_contract_holds_no_wording_and_needs_none(customer: Customer) -> None:
    long_ago = timezone.now() - timedelta(days=9000)
    said = Statement(purpose="invoicing", legal_basis="contract", given_at=long_ago)
    assert record_consent(customer=customer, statement=said, recorded_by=None).wording is None
    with pytest.raises(Refused):
        record_consent(
            customer=customer,
            statement=Statement(purpose="contract", decision="refused", legal_basis="contract", given_at=YESTERDAY),
            recorded_by=None,
        )


# --- read out


@pytest.mark.parametrize("name", ["add", "import"])
def test_the_words_to_read_out_stand_at_the_answer_that_they_belong_to(admin_client: Client, name: str) -> None:
    if name == "import":
        from tests.customers.test_import import LIST, PAGE, SimpleUploadedFile

        response: Any = admin_client.post(
            PAGE, {"step": "file", "file": SimpleUploadedFile("kunden.csv", LIST.encode())}
        )
        form = response.context["form"]
    else:
        form = admin_client.get("/admin/customers/customer/add/").context["form"]
    for purpose in ("contract", "invoicing"):
        field = form.fields[purpose]
        told = dict(field.choices)
        assert AGREED not in str(told["contract"])
        assert AGREED in str(told["consent"])
        assert AGREED not in str(field.help_text)
    assert AGREED in str(dict(form.fields["retention"].choices)["given"])
    assert AGREED not in str(dict(form.fields["retention"].choices)["refused"])


def test_a_later_statement_reads_out_the_words_at_the_consent_only(db: None) -> None:
    form = ConsentForm(purpose="contract")
    told = dict(form.fields["legal_basis"].choices)  # type: ignore[attr-defined]
    assert AGREED in str(told["consent"])
    assert AGREED not in str(told["contract"])
    assert AGREED not in str(form.fields["decision"].help_text)
    assert AGREED in str(ConsentForm(purpose="retention").fields["decision"].help_text)


def test_a_contract_that_was_refused_is_said_at_the_form(customer: Customer, admin_client: Client) -> None:
    form = {"decision": "refused", "legal_basis": "contract", "channel": "phone", "form": "oral"}
    response = admin_client.post(
        page(customer, "consent", "invoicing"), form | {"given_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M")}
    )
    assert response.status_code == 422
    assert not customer.entries.filter(decision="refused", purpose="invoicing").exists()


# --- channels


def test_a_form_offers_only_ways_that_a_person_can_have_used(db: None) -> None:
    for form in (ConsentForm(purpose="retention"), ConsentForm(purpose="contract"), WithdrawalForm()):
        offered = form.fields["channel"].choices  # type: ignore[attr-defined]
        assert [value for value, _label in offered] == ["meeting", "phone", "mail", "letter", "website"]


def test_a_signed_paper_does_not_come_by_telephone(db: None) -> None:
    choices = ConsentForm(purpose="technical").fields["channel"].choices  # type: ignore[attr-defined]
    assert [value for value, _label in choices] == ["meeting", "mail", "letter"]


def test_a_posted_withdrawal_with_an_erasure_is_refused(customer: Customer, admin_client: Client) -> None:
    address = page(customer, "withdraw", "invoicing")
    plan = plan_withdrawal(customer=customer, purpose="invoicing").digest
    form = {"plan": plan, "channel": "erasure", "given_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M")}
    assert admin_client.post(address, form).status_code == 422


# --- the status follows the ledger


def change_form(client: Client, customer: Customer, **changes: str) -> Any:
    points = {"contact_points-TOTAL_FORMS": "0", "contact_points-INITIAL_FORMS": "0"}
    data = {**MASTER_DATA, "country": "Deutschland", "notes": "", "notes_purpose": "", "hold_reason": "", **points}
    return client.post(f"/admin/customers/customer/{customer.pk}/change/", data | changes)


@pytest.mark.parametrize("status", ["active", "former"])
def test_a_withdrawn_basis_is_not_undone_by_the_status(customer: Customer, admin_client: Client, status: str) -> None:
    withdraw(customer)
    customer.refresh_from_db()
    assert customer.status == "no_basis"
    change_form(admin_client, customer, status=status, city="Halle")
    customer.refresh_from_db()
    assert customer.city == "Halle"
    assert customer.status == "no_basis"
    assert list(Customer.objects.without_basis()) == [customer]


def test_no_way_through_the_program_undoes_it(customer: Customer) -> None:
    withdraw(customer)
    customer.refresh_from_db()
    for status in ("active", "former"):
        customer.status = status
        with pytest.raises(NoConsent):
            customer.save()
        with pytest.raises(NoConsent):
            customer.save(update_fields=["status"])
        with pytest.raises(NoConsent):
            Customer.objects.filter(pk=customer.pk).update(status=status)
    customer.refresh_from_db()
    assert customer.status == "no_basis"


def test_a_stale_page_that_is_saved_after_the_withdrawal_does_not_undo_it(customer: Customer) -> None:
    stale = Customer.objects.get(pk=customer.pk)
    withdraw(customer)
    with pytest.raises(NoConsent):
        stale.save()


def test_without_a_withdrawal_the_status_is_not_set_to_withdrawn(customer: Customer, admin_client: Client) -> None:
    assert change_form(admin_client, customer, status="no_basis").status_code == 200
    customer.refresh_from_db()
    assert customer.status == "active"
    change_form(admin_client, customer, status="former")
    customer.refresh_from_db()
    assert customer.status == "former"


def test_recording_the_contract_makes_the_customer_active_again(customer: Customer) -> None:
    withdraw(customer)
    said = Statement(purpose="invoicing", legal_basis="contract", given_at=timezone.now())
    record_consent(customer=customer, statement=said, recorded_by=None)
    customer.refresh_from_db()
    assert customer.status == "active"


def test_a_status_set_past_the_program_is_an_alarm_and_counts_for_no_invoice(
    customer: Customer, admin_client: Client
) -> None:
    withdraw(customer)
    QuerySet(Customer).update(status="active")
    (finding,) = health.bases(timezone.now())
    assert finding.code == "customers.without_basis"
    chosen = {"action": "export_for_invoicing", "_selected_action": [str(customer.pk)]}
    text = admin_client.post("/admin/customers/customer/", chosen).content.decode("utf-8-sig")
    assert MASTER_DATA["company"] not in text


# --- notes stay in


@pytest.fixture
def noted(customer: Customer) -> Customer:
    customer.notes, customer.notes_purpose = "zahlt immer spät", "Absprachen"
    customer.save()
    return customer


def test_notes_stay_in_unless_ticked(noted: Customer, admin_client: Client) -> None:
    assert "zahlt immer spät" not in admin_client.get(page(noted, "confirmation")).content.decode()
    admin_client.post(page(noted, "confirmation"), {"means": "mail"})
    deliver_due(timezone.now())
    assert "zahlt immer" not in str(mail.outbox[0].body)
    assert "Absprachen" not in str(mail.outbox[0].body)


def test_ticked_notes_are_shown_in_the_letter_before_they_go(noted: Customer, admin_client: Client) -> None:
    address = page(noted, "confirmation")
    shown = admin_client.get(address).context["letter"].digest
    asked = {"means": "mail", "with_notes": "on"}
    response: Any = admin_client.post(address, asked | {"shown": shown})
    assert response.status_code == 422
    assert "zahlt immer spät" in response.content.decode()
    assert deliver_due(timezone.now()) == 0
    admin_client.post(address, asked | {"shown": response.context["letter"].digest})
    deliver_due(timezone.now())
    assert "zahlt immer spät" in str(mail.outbox[0].body)


def test_a_letter_that_changed_since_it_was_shown_is_shown_again(noted: Customer, admin_client: Client) -> None:
    address = page(noted, "confirmation")
    shown = admin_client.get(address).context["letter"].digest
    noted.city = "Halle"
    noted.save()
    assert admin_client.post(address, {"means": "mail", "shown": shown}).status_code == 422
    assert deliver_due(timezone.now()) == 0


def test_the_letter_closes_as_german_letters_do(customer: Customer, admin_client: Client) -> None:
    assert "Mit freundlichen Grüßen" in admin_client.get(page(customer, "confirmation")).content.decode()
    send_confirmation(customer=customer, now=timezone.now())
    deliver_due(timezone.now())
    body = str(mail.outbox[0].body)
    assert "Mit freundlichen Grüßen" in body
    assert "„Ich bin damit einverstanden" in body
