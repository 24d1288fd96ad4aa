"""The ways to get a technical record in without written consent: every one is refused, on both databases."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import Error, connection, transaction
from django.db.models import Model, RestrictedError
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.forms.importing import MappingForm
from customers.importing.columns import AGREED
from customers.importing.rows import Agreement
from customers.importing.table import read_csv
from customers.models import ConsentEntry, Customer, Evidence, Grant, TechnicalRecord
from customers.refusals import Refused
from customers.services.consents import Statement, keep_evidence, plan_withdrawal, record_consent, withdraw_consent
from customers.services.imports import Order, preview
from customers.services.technical import add_technical_record, read_technical_record
from sitebackend.crypto import sealing
from sitebackend.models import Operator
from sitebackend.vault.opened import OpenVault
from tests.customers.conftest import SIGNED_PAPER, YESTERDAY, agree_to_technical_data

pytestmark = pytest.mark.django_db
SEALED = sealing.seal(sealing.new_key_pair()[0], b'{"ssid": "Backstube"}', context="anything")


def an_entry(customer: Customer, **changes: object) -> ConsentEntry:
    """A written yes to technical data, unsaved and complete, with the changes."""
    said = Statement(purpose="technical", form="written", given_at=YESTERDAY)
    entry = said.as_entry(customer=customer, recorded_by=None)
    for name, value in changes.items():
        setattr(entry, name, value)
    return entry


@contextmanager
def committed() -> Iterator[None]:
    """A transaction that ends as a commit does: with the deferred references checked."""
    with transaction.atomic():
        yield
        connection.check_constraints()


def insert(model: type[Model], **values: object) -> None:
    """One row by raw SQL, past every line of Python here."""
    shown = {name: value.hex if isinstance(value, uuid.UUID) else value for name, value in values.items()}
    names = ", ".join(f'"{name}"' for name in shown)
    marks = ", ".join(["%s"] * len(shown))
    with connection.cursor() as cursor:
        cursor.execute(f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({marks})', list(shown.values()))  # noqa: S608 - written here


def insert_record(**changes: object) -> None:
    now = timezone.now().replace(tzinfo=None)
    row = {"id": uuid.uuid4(), "kind": "network", "revision": 1, "created_at": now, "updated_at": now}
    insert(TechnicalRecord, **(row | {"sealed": SEALED, "grant_id": uuid.uuid4()} | changes))


def insert_grant(customer: Customer, **changes: object) -> None:
    row = {"id": uuid.uuid4(), "customer_id": customer.pk, "entry_id": uuid.uuid4(), "evidence_id": uuid.uuid4()}
    insert(Grant, **(row | changes))


def withdraw(customer: Customer) -> None:
    withdraw_consent(
        customer=customer,
        plan=plan_withdrawal(customer=customer, purpose="technical").digest,
        purpose="technical",
        channel="letter",
        given_at=timezone.now(),
        recorded_by=None,
    )


def a_withdrawn_grant(customer: Customer) -> Grant:
    agree_to_technical_data(customer)
    grant = Grant.objects.get(customer=customer)
    withdraw(customer)
    return grant


def by_service(customer: Customer) -> None:
    add_technical_record(customer=customer, kind="network", content={"ssid": "Backstube"})


def by_service_after_refusal(customer: Customer) -> None:
    said = Statement(purpose="technical", decision="refused", form="oral", given_at=YESTERDAY)
    record_consent(customer=customer, statement=said, recorded_by=None)
    by_service(customer)


def by_service_after_withdrawal(customer: Customer) -> None:
    a_withdrawn_grant(customer)
    by_service(customer)


def by_service_on_oral_consent(customer: Customer) -> None:
    said = Statement(purpose="technical", form="oral", given_at=YESTERDAY)
    record_consent(customer=customer, statement=said, evidence=SIGNED_PAPER, recorded_by=None)


def by_service_on_written_consent_without_evidence(customer: Customer) -> None:
    said = Statement(purpose="technical", form="written", given_at=YESTERDAY)
    record_consent(customer=customer, statement=said, recorded_by=None)


def by_service_on_the_contract_as_basis(customer: Customer) -> None:
    said = Statement(purpose="technical", form="written", legal_basis="contract", given_at=YESTERDAY)
    record_consent(customer=customer, statement=said, evidence=SIGNED_PAPER, recorded_by=None)


def by_create_without_grant(customer: Customer) -> None:
    TechnicalRecord.objects.create(kind="network", sealed=SEALED)


def by_create_with_unsaved_grant(customer: Customer) -> None:
    TechnicalRecord.objects.create(kind="network", sealed=SEALED, grant=Grant(customer=customer))


def by_create_with_withdrawn_grant(customer: Customer) -> None:
    TechnicalRecord.objects.create(kind="network", sealed=SEALED, grant_id=a_withdrawn_grant(customer).pk)


def by_saving_a_stale_record(customer: Customer) -> None:
    agree_to_technical_data(customer)
    record = add_technical_record(customer=customer, kind="network", content={})
    withdraw(customer)
    record.save()


def by_save_base(customer: Customer) -> None:
    TechnicalRecord(kind="network", sealed=SEALED, grant_id=uuid.uuid4()).save_base(raw=True)


def by_bulk_create_without_grant(customer: Customer) -> None:
    TechnicalRecord.objects.bulk_create([TechnicalRecord(kind="network", sealed=SEALED)])


def by_bulk_create_with_foreign_key_of_nothing(customer: Customer) -> None:
    TechnicalRecord.objects.bulk_create([TechnicalRecord(kind="network", sealed=SEALED, grant_id=uuid.uuid4())])


def by_bulk_create_with_withdrawn_grant(customer: Customer) -> None:
    grant = a_withdrawn_grant(customer)
    TechnicalRecord.objects.bulk_create([TechnicalRecord(kind="network", sealed=SEALED, grant=grant)])


def by_update_or_create(customer: Customer) -> None:
    TechnicalRecord.objects.update_or_create(kind="network", defaults={"sealed": SEALED, "grant_id": uuid.uuid4()})


def by_base_manager(customer: Customer) -> None:
    TechnicalRecord._base_manager.bulk_create([TechnicalRecord(kind="device", sealed=SEALED, grant_id=uuid.uuid4())])


def by_raw_sql_without_grant(customer: Customer) -> None:
    insert_record(grant_id=None)


def by_raw_sql_with_invented_grant(customer: Customer) -> None:
    insert_record()


def by_raw_sql_with_the_customer_as_grant(customer: Customer) -> None:
    insert_record(grant_id=customer.pk)


def by_raw_sql_with_withdrawn_grant(customer: Customer) -> None:
    insert_record(grant_id=a_withdrawn_grant(customer).pk)


def by_raw_sql_in_the_clear(customer: Customer) -> None:
    agree_to_technical_data(customer)
    insert_record(grant_id=Grant.objects.get().pk, sealed=b'{"ssid": "Backstube"}' * 100)


def by_grant_without_entry(customer: Customer) -> None:
    Grant.objects.create(customer=customer, evidence=keep_evidence(customer=customer, file=SIGNED_PAPER))


def by_grant_on_another_purpose(customer: Customer) -> None:
    evidence = keep_evidence(customer=customer, file=SIGNED_PAPER)
    Grant.objects.create(customer=customer, entry=customer.contract_consent, evidence=evidence)


def by_grant_on_a_refusal(customer: Customer) -> None:
    evidence = keep_evidence(customer=customer, file=SIGNED_PAPER)
    refusal = an_entry(customer, decision="refused", evidence=evidence)
    refusal.save()
    Grant.objects.create(customer=customer, entry=refusal, evidence=evidence)


def by_grant_on_a_withdrawn_entry(customer: Customer) -> None:
    entry = a_withdrawn_grant(customer).entry
    Grant.objects.create(customer=customer, entry=entry, evidence=entry.evidence)


def by_bulk_created_grant(customer: Customer) -> None:
    entry = a_withdrawn_grant(customer).entry
    Grant.objects.bulk_create([Grant(customer=customer, entry=entry, evidence=entry.evidence)])


def by_raw_sql_grant_without_entry(customer: Customer) -> None:
    insert_grant(customer, entry_id=None, evidence_id=keep_evidence(customer=customer, file=SIGNED_PAPER).pk)


def by_raw_sql_grant_without_evidence(customer: Customer) -> None:
    insert_grant(customer, entry_id=customer.contract_consent_id, evidence_id=None)


def by_raw_sql_grant_with_invented_entry_and_evidence(customer: Customer) -> None:
    insert_grant(customer)


def by_entry_without_evidence(customer: Customer) -> None:
    an_entry(customer).save()


def by_bulk_created_entry_on_oral_consent(customer: Customer) -> None:
    evidence = keep_evidence(customer=customer, file=SIGNED_PAPER)
    ConsentEntry.objects.bulk_create([an_entry(customer, form="oral", evidence=evidence)])


def by_turning_a_refusal_into_a_yes(customer: Customer) -> None:
    an_entry(customer, decision="refused").save()
    ConsentEntry.objects.filter(purpose="technical").update(decision="given")


def by_admin_post(customer: Customer) -> None:
    """The form answers with what is missing instead of raising."""
    page = reverse("admin:customers_customer_record_add", args=[customer.pk, "network"])
    raise_refusal(operator_client().post(page, {"name": "Büro", "ssid": "Backstube"}))


def by_admin_post_after_withdrawal(customer: Customer) -> None:
    a_withdrawn_grant(customer)
    by_admin_post(customer)


def by_admin_post_of_a_consent_without_evidence(customer: Customer) -> None:
    page = reverse("admin:customers_customer_consent", args=[customer.pk, "technical"])
    said = {"given_at": "2026-02-01T10:00", "channel": "letter", "form": "written", "decision": "given"}
    raise_refusal(operator_client().post(page, said))


def by_import(customer: Customer) -> None:
    table = read_csv("Nachname;SSID\nNeu;Backstube\n")
    answers = {"contract": "contract", "invoicing": "contract", "retention": "refused", "packed": "x"}
    said = {"given_at": "2026-02-01T10:00", "channel": "letter", "form": "written", "column_0": "last_name"}
    form = MappingForm(answers | said | {"column_1": "ssid"}, table=table)
    if not form.is_valid():
        raise Refused(str(form.errors))


def by_import_through_an_order_made_by_hand(customer: Customer) -> None:
    """Past the form: whatever is no field of a customer's own is not taken over."""
    agreement = Agreement(dict.fromkeys(AGREED, "refused"), YESTERDAY, "letter", "written")
    order = Order(table=read_csv("Nachname;SSID\nNeu;Backstube\n"), targets=["last_name", "ssid"], agreement=agreement)
    shown = preview(order)
    if not shown.accepted:
        raise Refused(shown.refused[0].problem)


def operator_client() -> Client:
    client = Client()
    client.force_login(Operator.objects.create_superuser("chefin", "chefin@example.de", "a long enough password"))
    return client


def raise_refusal(answer: HttpResponse) -> None:
    if answer.status_code == 422:
        raise Refused("the form refused")


WAYS = [way for name, way in list(globals().items()) if name.startswith("by_")]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_no_technical_record_without_written_consent(customer: Customer, way: Callable[[Customer], None]) -> None:
    before = set(TechnicalRecord.objects.values_list("pk"))
    with pytest.raises((Refused, Error, ValueError)), committed():
        way(customer)
    assert set(TechnicalRecord.objects.values_list("pk")) == before
    assert not Grant.objects.unfounded().exists()


def test_there_are_at_least_twenty_five_ways() -> None:
    assert len(WAYS) >= 25


@pytest.fixture
def two_grants(new_customer: Callable[..., Customer]) -> list[Grant]:
    customers = [new_customer(), new_customer()]
    for customer in customers:
        agree_to_technical_data(customer)
    return [Grant.objects.get(customer=customer) for customer in customers]


def test_a_record_never_moves_to_a_foreign_grant(two_grants: list[Grant]) -> None:
    record = add_technical_record(customer=two_grants[0].customer, kind="network", content={})
    with pytest.raises(Refused):
        TechnicalRecord.objects.filter(pk=record.pk).update(grant=two_grants[1])


def test_a_grant_never_moves_to_another_customer(
    two_grants: list[Grant], new_customer: Callable[..., Customer]
) -> None:
    grant, stranger = two_grants[0], new_customer()
    with pytest.raises(Refused):
        Grant.objects.filter(pk=grant.pk).update(customer=stranger)
    grant.customer = stranger
    with pytest.raises(Refused):
        grant.save()


def test_a_grant_moved_by_raw_sql_opens_nothing_and_is_reported(
    two_grants: list[Grant], new_customer: Callable[..., Customer], open_vault: OpenVault
) -> None:
    add_technical_record(customer=two_grants[0].customer, kind="network", content={"ssid": "Backstube"})
    stranger = new_customer().pk
    with connection.cursor() as cursor:
        mine, theirs = (value.hex for value in (two_grants[0].pk, stranger))
        cursor.execute("UPDATE customers_grant SET customer_id = %s WHERE id = %s", [theirs, mine])
    with pytest.raises(sealing.SealingError):
        read_technical_record(open_vault=open_vault, record=TechnicalRecord.objects.get())
    assert [grant.pk for grant in Grant.objects.unfounded()] == [two_grants[0].pk]


def test_the_grant_cannot_lose_its_evidence(two_grants: list[Grant]) -> None:
    with pytest.raises(RestrictedError), committed():
        Evidence.objects.all().delete()


def test_an_older_consent_recorded_after_the_withdrawal_gives_no_grant(customer: Customer) -> None:
    a_withdrawn_grant(customer)
    agree_to_technical_data(customer, given_at=YESTERDAY - timedelta(days=9))
    assert not Grant.objects.exists()


def test_the_same_ways_are_open_with_a_grant(two_grants: list[Grant]) -> None:
    """The control: what was refused above was refused for want of consent, not for a slip in the test."""
    grant = two_grants[0]
    with committed():
        insert_record(grant_id=grant.pk)
        TechnicalRecord.objects.create(kind="network", sealed=SEALED, grant=grant)
        TechnicalRecord.objects.bulk_create([TechnicalRecord(kind="network", sealed=SEALED, grant=grant)])
        by_service(grant.customer)
    assert grant.records.count() == 4
