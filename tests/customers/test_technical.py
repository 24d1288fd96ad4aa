"""Technical records are sealed to their place and open nowhere else."""

from collections.abc import Callable

import pytest
from django.test import Client

from customers.models import Customer, TechnicalRecord
from customers.refusals import Changed
from customers.services.technical import add_technical_record, read_technical_record, revise_technical_record
from sitebackend.crypto import sealing
from sitebackend.vault.errors import VaultKeyChanged
from sitebackend.vault.opened import OpenVault
from tests.customers.conftest import agree_to_technical_data

pytestmark = pytest.mark.django_db


def test_what_was_written_comes_back(record: TechnicalRecord, open_vault: OpenVault) -> None:
    content = read_technical_record(open_vault=open_vault, record=record)
    assert content == {"name": "Büro-WLAN", "ssid": "Backstube", "passphrase": "heiße Brötchen 5€"}


def test_a_revision_replaces_the_content_and_the_old_seal_is_gone(
    record: TechnicalRecord, open_vault: OpenVault
) -> None:
    revised = revise_technical_record(record=record, content={"name": "Gäste-WLAN"})
    assert (revised.revision, TechnicalRecord.objects.count()) == (2, 1)
    assert read_technical_record(open_vault=open_vault, record=revised) == {"name": "Gäste-WLAN"}
    assert bytes(revised.sealed) != bytes(record.sealed)


def test_two_who_revise_at_once_do_not_overwrite_each_other(record: TechnicalRecord) -> None:
    revise_technical_record(record=record, content={"name": "first"})
    with pytest.raises(Changed):
        revise_technical_record(record=record, content={"name": "second"})


@pytest.mark.parametrize("change", [{"kind": "device"}, {"revision": 7}])
def test_a_record_whose_clear_columns_were_changed_does_not_open(
    record: TechnicalRecord, open_vault: OpenVault, change: dict[str, object]
) -> None:
    TechnicalRecord.objects.update(**change)
    with pytest.raises(sealing.SealingError):
        read_technical_record(open_vault=open_vault, record=TechnicalRecord.objects.get())


def test_an_older_revision_put_back_does_not_open(record: TechnicalRecord, open_vault: OpenVault) -> None:
    old = bytes(record.sealed)
    revise_technical_record(record=record, content={"name": "new password"})
    TechnicalRecord.objects.update(sealed=old)
    with pytest.raises(sealing.SealingError):
        read_technical_record(open_vault=open_vault, record=TechnicalRecord.objects.get())


def test_the_seal_of_another_customers_record_does_not_open(
    record: TechnicalRecord, new_customer: Callable[..., Customer], open_vault: OpenVault
) -> None:
    other = new_customer()
    agree_to_technical_data(other)
    copy = add_technical_record(customer=other, kind="network", content={"name": "x"})
    TechnicalRecord.objects.filter(pk=copy.pk).update(sealed=record.sealed)
    copy.refresh_from_db()
    with pytest.raises(sealing.SealingError):
        read_technical_record(open_vault=open_vault, record=copy)


def test_a_swapped_customer_key_is_refused_loudly(record: TechnicalRecord, open_vault: OpenVault) -> None:
    customer = record.grant.customer
    customer.public_key = sealing.new_key_pair()[0]
    customer.save()
    with pytest.raises(VaultKeyChanged):
        read_technical_record(open_vault=open_vault, record=TechnicalRecord.objects.get())


def test_two_customers_keys_cannot_be_exchanged(
    record: TechnicalRecord, new_customer: Callable[..., Customer], open_vault: OpenVault
) -> None:
    other, customer = new_customer(), record.grant.customer
    customer.public_key, customer.sealed_private_key = other.public_key, other.sealed_private_key
    customer.save()
    with pytest.raises(sealing.SealingError):
        read_technical_record(open_vault=open_vault, record=TechnicalRecord.objects.get())


def test_sizes_do_not_tell_a_short_password_from_a_long_one(granting_customer: Customer) -> None:
    contents = ({"password": "x"}, {"password": "x" * 400})
    lengths = {
        len(add_technical_record(customer=granting_customer, kind="credential", content=content).sealed)
        for content in contents
    }
    assert len(lengths) == 1


def test_a_record_that_was_altered_says_so_on_its_page(record: TechnicalRecord, unlocked_client: Client) -> None:
    page = f"/admin/customers/customer/{record.grant.customer_id}/records/{record.pk}/"
    assert unlocked_client.get(page).status_code == 200
    sealed = bytes(record.sealed)
    TechnicalRecord.objects.update(sealed=sealed[:-1] + bytes([sealed[-1] ^ 1]))
    answer = unlocked_client.get(page)
    assert answer.status_code == 409
    assert "verändert oder verschoben" in answer.content.decode()
