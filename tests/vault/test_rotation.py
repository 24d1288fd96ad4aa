"""Rotation in one process: everything sealed to the vault opens with the new key, and only with it."""

from typing import Any

import pytest
from django.db.models import QuerySet

from contact.models import MessageFeatures, Note, Preview, ReadingKey
from customers.models import Archive, Customer
from customers.services.register import register_customer
from customers.services.technical import add_technical_record, read_technical_record
from sitebackend.crypto import sealing
from sitebackend.models import Operator
from sitebackend.vault import holdings, maintenance, services
from sitebackend.vault.errors import WrongRecoveryKey
from sitebackend.vault.models import KeySlot, UnlockSession, Vault
from tests.customers.conftest import MASTER_DATA, agree_to_technical_data, statements
from tests.vault.conftest import PASSPHRASE, request_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(recovery_key: str) -> Customer:
    customer = register_customer(master_data=MASTER_DATA, statements=statements(), recorded_by=None)
    agree_to_technical_data(customer)
    return customer


def test_records_open_with_the_new_key_and_not_with_the_old(operator: Operator, customer: Customer) -> None:
    record = add_technical_record(customer=customer, kind="network", content={"name": "Netz", "ssid": "Backstube"})
    before = services.opened(request_of(operator, services.unlock(operator=operator, passphrase=PASSPHRASE)))
    maintenance.rotate(operator=operator, passphrase=PASSPHRASE)
    after = services.opened(request_of(operator, services.unlock(operator=operator, passphrase=PASSPHRASE)))
    customer.refresh_from_db()
    record.grant.customer.refresh_from_db()
    assert read_technical_record(open_vault=after, record=record)["ssid"] == "Backstube"
    with pytest.raises(sealing.SealingError):
        before.holder(customer.sealed_private_key, customer.public_key, context=customer.key_context)


def test_the_new_recovery_key_opens_and_the_old_does_not(recovery_key: str) -> None:
    fresh = maintenance.rotate(operator=None, passphrase=PASSPHRASE)
    with pytest.raises(WrongRecoveryKey):
        maintenance.recover(operator=None, typed=recovery_key, new=PASSPHRASE)
    maintenance.recover(operator=None, typed=fresh, new=PASSPHRASE)


def test_a_rotation_locks_and_changes_the_fingerprint(operator: Operator, recovery_key: str) -> None:
    services.unlock(operator=operator, passphrase=PASSPHRASE)
    before = services.public_key()
    maintenance.rotate(operator=operator, passphrase=PASSPHRASE)
    assert services.public_key() != before
    assert Vault.objects.get().rotated_at
    assert not UnlockSession.objects.exists()
    assert KeySlot.objects.count() == 2


def test_one_altered_value_stops_the_whole_rotation(recovery_key: str) -> None:
    people = [register_customer(master_data=MASTER_DATA, statements=statements(), recorded_by=None) for _ in range(3)]
    first, last = sorted(people, key=lambda person: person.pk)[0], sorted(people, key=lambda person: person.pk)[-1]
    QuerySet(Customer).filter(pk=last.pk).update(sealed_private_key=first.sealed_private_key)
    before, public = bytes(first.sealed_private_key), services.public_key()
    with pytest.raises(sealing.SealingError):
        maintenance.rotate(operator=None, passphrase=PASSPHRASE)
    assert bytes(Customer.objects.get(pk=first.pk).sealed_private_key) == before
    assert services.public_key() == public


def test_every_field_that_is_sealed_to_the_vault_is_registered() -> None:
    registered = {(holding.model, holding.field) for holding in holdings.registered()}
    holders = {(model, "sealed_private_key") for model in (Customer, Archive, Vault)}
    messages = {(model, "sealed") for model in (Note, Preview, MessageFeatures)} | {(ReadingKey, "sealed_passphrase")}
    assert registered == holders | messages
    assert {(holding.model, holding.field) for holding in holdings.of_messages()} == messages


def test_many_values_are_resealed_in_batches(
    recovery_key: str, operator: Operator, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr(holdings, "BATCH", 4)
    people = [register_customer(master_data=MASTER_DATA, statements=statements(), recorded_by=None) for _ in range(9)]
    with django_assert_max_num_queries(40):
        maintenance.rotate(operator=None, passphrase=PASSPHRASE)
    vault = services.opened(request_of(operator, services.unlock(operator=operator, passphrase=PASSPHRASE)))
    for person in Customer.objects.all():
        assert vault.holder(person.sealed_private_key, person.public_key, context=person.key_context)
    assert len(people) == Customer.objects.count()
