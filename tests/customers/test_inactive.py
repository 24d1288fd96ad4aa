"""A customer of whom nothing was heard for long is asked about: kept for a reason, or let go."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from contact import services as contact
from contact.models import Submission
from customers import health
from customers.models import ContactPoint, Customer, TechnicalRecord
from customers.models.consent import Decision, Purpose
from customers.services import register
from customers.services.billing import file_billing_document
from customers.services.consents import Statement, follow_ledger, record_consent, withdraw_again
from customers.services.register import keep_inactive, let_go_inactive
from sitebackend import nonce
from sitebackend.cockpit.roles import Role
from sitebackend.crypto import lookup
from sitebackend.models import Operator
from sitebackend.privacy import registry
from sitebackend.privacy.models import DataSubjectRequest, RetentionRun
from sitebackend.privacy.registry import DataSubject
from sitebackend.privacy.restriction.models import Restriction
from sitebackend.privacy.services import execution, intake
from sitebackend.privacy.statement import Statement as Said
from sitebackend.retention import years_before
from tests.customers.conftest import MASTER_DATA, SIGNED_PAPER, agree_to_technical_data, statements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("operator_key")]
LIST = "/admin/customers/customer/inactive/"
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
LONG_AGO = datetime(2023, 11, 26, 12, tzinfo=UTC)
LAST_DAY = datetime(2023, 11, 27, 12, tzinfo=UTC)  # the three years of this day end with 27 November 2026
Make = Callable[..., Customer]


def asked(now: datetime = NOON) -> int:
    return sum(int(finding.figure or 0) for finding in health.inactive(now))


def said(at: datetime, **decisions: str) -> list[Statement]:
    return [
        Statement(
            purpose=each.purpose, decision=each.decision, legal_basis=each.legal_basis, given_at=at, form=each.form
        )
        for each in statements(**decisions)
    ]


@pytest.fixture
def make(vault_key: bytes) -> Make:
    """Whoever is made was recorded then, and said everything then."""

    def made(at: datetime = LONG_AGO, **master_data: Any) -> Customer:
        customer = register.register_customer(
            master_data=MASTER_DATA | master_data, statements=said(at), recorded_by=None
        )
        Customer.objects.filter(pk=customer.pk).update(created_at=at, last_confirmed_at=at)
        customer.refresh_from_db()
        return customer

    return made


def write(at: datetime, **fields: str) -> Submission:
    typed = dict.fromkeys(("name", "street", "postal_code", "city", "phone", "email", "message"), "") | fields
    return contact.receive(fields=typed, reply_to=typed["email"], nonce=nonce.issue(), now=at)


def file(customer: Customer, day: date) -> None:
    document = {"kind": "invoice", "number": "R-1", "issued_on": day, "amount": Decimal(119), "currency": "EUR"}
    file_billing_document(customer=customer, file=SIGNED_PAPER, **document)


def change_record(customer: Customer, at: datetime) -> None:
    agree_to_technical_data(customer, given_at=LONG_AGO)
    key = uuid4()
    sealed = b"\x01" + bytes(1023)
    record = TechnicalRecord(id=key, grant=customer.grant, kind="network", sealed=sealed, created_at=LONG_AGO)
    record.updated_at = at
    record.save()


def ask_for_a_copy(at: datetime) -> None:
    row = DataSubjectRequest(kind="access", channel="mail", received_on=at.date())
    intake.record(row, said=Said(email=MASTER_DATA["email"]), now=at)


SIGNS: dict[str, Callable[[Customer, datetime], object]] = {
    "recorded": lambda customer, at: Customer.objects.update(created_at=at),
    "data last confirmed": lambda customer, at: register.confirm_master_data(customer=customer, at=at),
    "word on a consent": lambda customer, at: record_consent(
        customer=customer,
        statement=Statement(purpose=Purpose.RETENTION, decision=Decision.GIVEN, given_at=at),
        recorded_by=None,
    ),
    "billing document": lambda customer, at: file(customer, at.date()),
    "technical data changed": change_record,
    "Messages through the contact form": lambda customer, at: write(at, email="moeller@baeckerei.example.de"),
    "by telephone": lambda customer, at: write(at, phone="0341 9012-34"),
    "Requests about data": lambda customer, at: ask_for_a_copy(at),
}


@pytest.mark.parametrize("sign", SIGNS)
def test_one_sign_of_life_alone_keeps_a_customer_out_to_its_last_day(make: Make, sign: str) -> None:
    customer = make()
    assert asked() == 1
    SIGNS[sign](customer, LAST_DAY)
    assert asked() == 0
    assert asked(NOON + timedelta(days=1)) == 1


@pytest.mark.parametrize("further", ["email", "phone"])
def test_a_message_from_a_further_address_is_a_sign(make: Make, further: str) -> None:
    value = {"email": "werkstatt@example.org", "phone": "0172 99887766"}[further]
    customer, _other = make(), make(email="other@example.org", phone="0511 1")
    ContactPoint.objects.create(customer=customer, kind=further, value=value)
    write(LAST_DAY, **{further: value})
    assert list(Customer.objects.inactive(NOON)) == [_other]


@pytest.mark.parametrize(
    "address", ["moeller@baeckerei.example.de", "moeller@strasse.example", "moeller@straße.example"]
)
@pytest.mark.parametrize("further", [False, True])
def test_a_message_from_before_today_s_digests_is_a_sign(make: Make, address: str, further: bool) -> None:
    """Closed it keeps the digest that it was stored with: `strasse` and `straße` were one then."""
    customer = make(email="" if further else address)
    if further:
        ContactPoint.objects.create(customer=customer, kind="email", value=address)
    other = make(email="other@example.org", phone="0511 1")
    message = write(LAST_DAY, email=address)
    Submission.objects.filter(pk=message.pk).update(email_digest=lookup._digest("email", address.casefold()))
    assert list(Customer.objects.inactive(NOON)) == [other]
    assert set(Customer.objects.inactive(NOON + timedelta(days=1))) == {customer, other}


def test_who_has_no_address_is_not_taken_for_whoever_wrote_without_one(make: Make) -> None:
    make(email="", phone="")
    write(NOON, email="somebody@example.org")
    write(NOON, phone="0511 2")
    assert asked() == 1


def test_what_the_program_wrote_into_the_ledger_is_no_sign(make: Make) -> None:
    customer = make()
    statement = Statement(
        purpose=Purpose.RETENTION, decision=Decision.WITHDRAWN, given_at=NOON - timedelta(days=9), channel="restore"
    )
    record_consent(customer=customer, statement=statement, recorded_by=None)
    assert asked() == 1


@pytest.mark.parametrize(
    ("years", "today", "first"),
    [
        (3, date(2027, 2, 28), date(2024, 2, 28)),
        (3, date(2027, 3, 1), date(2024, 3, 1)),
        (3, date(2028, 2, 29), date(2025, 3, 1)),
        (4, date(2028, 2, 29), date(2024, 2, 29)),
        (1, date(2026, 11, 27), date(2025, 11, 27)),
    ],
)
def test_years_are_counted_by_the_calendar(years: int, today: date, first: date) -> None:
    assert years_before(today, years) == first


def test_the_years_of_29_february_end_with_the_28th(make: Make) -> None:
    make(datetime(2024, 2, 29, 12, tzinfo=UTC))
    assert asked(datetime(2027, 2, 28, 12, tzinfo=UTC)) == 0
    assert asked(datetime(2027, 3, 1, 0, 30, tzinfo=UTC)) == 1


def test_the_day_is_the_operators_not_utcs(make: Make) -> None:
    make(datetime(2023, 11, 26, 23, 30, tzinfo=UTC))  # half past midnight of the 27th in Berlin
    assert asked(NOON) == 0
    assert asked(datetime(2026, 11, 27, 23, 30, tzinfo=UTC)) == 1


@pytest.mark.parametrize(("years", "count"), [(1, 1), (3, 1), (4, 0), (10, 0)])
def test_the_setting_decides(make: Make, settings: Settings, years: int, count: int) -> None:
    settings.CUSTOMER_INACTIVE_YEARS = years
    make()
    assert asked() == count


def restrict(customer: Customer) -> None:
    Restriction.objects.create(row=customer.pk, holding="customers.master_data", since=NOON)


def withdraw(customer: Customer) -> None:
    withdraw_again(customer=customer, purposes=[Purpose.INVOICING])
    follow_ledger(customer)


def hold(customer: Customer) -> None:
    Customer.objects.filter(pk=customer.pk).update(hold_reason="dispute")


@pytest.mark.parametrize("reason", [restrict, withdraw, hold])
def test_who_is_answered_elsewhere_is_not_asked_about_and_does_not_go(
    make: Make, reason: Callable[[Customer], None]
) -> None:
    customer = make()
    let_go_inactive(customer=customer, now=timezone.now())
    Customer.objects.update(goes_on=NOON.date())
    assert Customer.objects.going(NOON.date()).count() == 1
    reason(customer)
    assert asked() == 0
    assert Customer.objects.going(NOON.date()).count() == 0


def test_former_customers_are_asked_about(make: Make) -> None:
    customer = make()
    customer.status = Customer.Status.FORMER
    customer.save()
    assert asked() == 1


def test_a_kept_customer_is_asked_about_again_after_a_year(make: Make) -> None:
    keep_inactive(customer=make(), because="Wartungsvertrag auf Papier", now=NOON)
    assert asked(NOON) == 0
    assert asked(datetime(2027, 11, 27, 12, tzinfo=UTC)) == 0
    assert asked(datetime(2027, 11, 28, 12, tzinfo=UTC)) == 1


def test_nobody_is_kept_without_a_reason(make: Make) -> None:
    customer = make()
    with pytest.raises(register.Refused):
        keep_inactive(customer=customer, because="  ", now=NOON)
    with pytest.raises(IntegrityError), transaction.atomic():
        Customer.objects.update(kept_at=NOON)


def test_the_reason_is_in_the_persons_copy(make: Make) -> None:
    keep_inactive(customer=make(), because="Wartungsvertrag auf Papier", now=NOON)
    (copy,) = (
        copy
        for copy in registry.export(DataSubject(email=MASTER_DATA["email"]))
        if copy.item.source == "customers.master_data"
    )
    assert copy.values["behalten, weil"] == "Wartungsvertrag auf Papier"
    assert copy.values["nach langer Zeit ohne Lebenszeichen behalten"] == NOON


# --- the pages


def gone_silent(make: Make, **master_data: Any) -> Customer:
    return make(timezone.now() - timedelta(days=4 * 366), **master_data)


def test_the_page_says_who_when_and_by_which_sign(admin_client: Client, make: Make) -> None:
    customer, other = (
        gone_silent(make),
        make(timezone.now(), email="o@example.org", phone="0511 1234", last_name="Other"),
    )
    file(customer, timezone.localdate() - timedelta(days=3 * 366))
    page = admin_client.get(LIST).content.decode()
    assert customer.number in page
    assert "Möller-Groß" in page
    assert "Beleg" in page
    assert other.number not in page


def test_the_number_of_queries_does_not_grow(admin_client: Client, make: Make) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert admin_client.get(LIST).status_code == 200
        return sum("customers_" in query["sql"] for query in seen)

    gone_silent(make)
    admin_client.get(LIST)
    one = queries()
    for place in range(4):
        gone_silent(make, email=f"{place}@example.org")
    assert queries() == one


def test_keeping_needs_a_reason_and_stands_in_the_history(admin_client: Client, make: Make) -> None:
    customer = gone_silent(make)
    address = reverse("admin:customers_customer_keep", args=[customer.pk])
    assert admin_client.post(address, {"because": " "}).status_code == 422
    assert admin_client.post(address, {"because": "Garantie bis 2029"})["Location"] == LIST
    assert customer.number not in admin_client.get(LIST).content.decode()
    assert (
        "Garantie bis 2029"
        in admin_client.get(reverse("admin:customers_customer_page", args=[customer.pk])).content.decode()
    )
    assert admin_client.get(reverse("admin:customers_customer_history", args=[customer.pk])).status_code == 200
    history = LogEntry.objects.get().get_change_message()
    assert "ach langer Zeit ohne Lebenszeichen behalten" in history
    assert "Garantie" not in history


def test_who_is_let_go_goes_with_the_next_days_retention(make: Make) -> None:
    now = timezone.now()
    going, kept, back = (gone_silent(make, email=f"{name}@example.org", phone="") for name in "abc")
    file(going, timezone.localdate() - timedelta(days=4 * 366))
    RetentionRun.objects.create(day=timezone.localdate(now))
    for customer in (going, back):
        let_go_inactive(customer=customer, now=now)
    keep_inactive(customer=back, because="doch noch", now=now)
    assert list(Customer.objects.inactive(now)) == [kept]
    assert execution.erase_due(now) == 0
    assert execution.erase_due(now + timedelta(days=1)) > 0
    assert set(Customer.objects.all()) == {kept, back}
    assert going.documents.model.objects.get().customer is None


def test_with_technical_data_and_evidence_everything_goes(make: Make) -> None:
    now = timezone.now()
    customer = gone_silent(make)
    change_record(customer, LONG_AGO - timedelta(days=99))
    RetentionRun.objects.create(day=timezone.localdate(now))
    if not Customer.objects.silent(timezone.localdate(now)).exists():
        pytest.fail("still heard of")
    let_go_inactive(customer=customer, now=now)
    execution.erase_due(now + timedelta(days=1))
    assert not Customer.objects.exists()
    assert not TechnicalRecord.objects.exists()


def test_a_message_after_the_answer_keeps_the_customer_and_the_answer_is_used_up(make: Make) -> None:
    now = timezone.now()
    let_go_inactive(customer=gone_silent(make), now=now)
    write(now, email=MASTER_DATA["email"])
    tomorrow = timezone.localdate(now) + timedelta(days=1)
    assert not Customer.objects.going(tomorrow).exists()
    later = now + timedelta(days=3 * 366)
    assert not Customer.objects.going(timezone.localdate(later)).exists()
    assert asked(later) == 1


def test_who_is_heard_of_cannot_be_let_go(make: Make) -> None:
    with pytest.raises(register.Refused):
        let_go_inactive(customer=make(timezone.now()), now=timezone.now())


@pytest.mark.parametrize(("role", "keeps", "lets_go"), [(Role.OFFICE, 302, 403), (Role.EDITORIAL, 403, 403)])
def test_what_a_role_may_answer(client: Client, make: Make, role: Role, keeps: int, lets_go: int) -> None:
    customer = gone_silent(make)
    who = Operator.objects.create_user("somebody", is_staff=True)
    who.groups.add(Group.objects.get(name=role))
    client.force_login(who)
    assert client.get(LIST).status_code == (200 if keeps == 302 else 403)
    pages = [reverse(f"admin:customers_customer_{name}", args=[customer.pk]) for name in ("keep", "let_go")]
    assert [client.post(page, {"because": "Vertrag"}).status_code for page in pages] == [keeps, lets_go]
    customer.refresh_from_db()
    assert customer.goes_on is None


def test_a_line_of_the_history_that_an_earlier_version_wrote_is_mended(make: Make, operator: Operator) -> None:
    """Django's own `get_change_message` raised KeyError for it: no history, no copy."""
    customer = make()
    kind = ContentType.objects.get_for_model(Customer)
    for said in ('[{"changed": {"name": "Kunde", "object": "–"}}]', '[{"changed": {}}]'):
        LogEntry.objects.create(
            user=operator, content_type=kind, object_id=customer.pk, action_flag=2, change_message=said
        )
    mend = import_module("customers.migrations.0014_history_lines_name_what_changed").name_what_changed
    mend(apps, None)
    assert {entry.get_change_message() for entry in LogEntry.objects.all()} == {"Kunde geändert.", "– geändert."}


@pytest.mark.parametrize("page", ["keep", "let_go"])
def test_of_a_customer_who_was_heard_of_nothing_is_answered(make: Make, admin_client: Client, page: str) -> None:
    customer = make(timezone.now())
    answered = admin_client.post(
        reverse(f"admin:customers_customer_{page}", args=[customer.pk]), {"because": "Wartung"}
    )
    assert answered.status_code == 409
    assert "etwas von diesem Kunden gehört" in answered.content.decode()
    assert (Customer.objects.get().kept_at, Customer.objects.get().goes_on) == (None, None)
