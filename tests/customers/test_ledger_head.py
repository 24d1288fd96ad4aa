"""The end of the ledger's chain is noted outside the database: cut off or computed anew, it is told, also after a
restore; and neither a restore nor two writers at once are an alarm."""

from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from customers.models import ConsentEntry, Customer, LedgerLink
from customers.models.ledger import chained
from customers.services.consents import Statement, record_consent
from customers.services.ledger import broken_entries, note_head
from sitebackend.backup import restore, services, signing
from sitebackend.crypto import server_key
from sitebackend.privacy import chain_head, journal
from tests.backup.conftest import media as media
from tests.conftest import PASSPHRASE
from tests.customers.test_ledger import sql
from tests.privacy.conftest import on_disk as on_disk

NewCustomer = Callable[..., Customer]
NOW = timezone.now()


def agrees(customer: Customer, purpose: str = "retention") -> None:
    said = Statement(purpose=purpose, given_at=timezone.now())
    record_consent(customer=customer, statement=said, recorded_by=None)


def cut_off(number: int) -> None:
    """As a database shell can: the newest entries and their links, from this one on."""
    sql("DELETE FROM customers_consententry WHERE link_id >= %s", number)
    sql("DELETE FROM customers_ledgerlink WHERE number >= %s", number)


def compute_anew() -> None:
    """Every link, so that the chain is whole again."""
    chain = ""
    for link in LedgerLink.objects.order_by("number"):
        chain = chained(chain, link.number, link.customer_digest, link.entry_digest)
        sql("UPDATE customers_ledgerlink SET chain = %s WHERE number = %s", chain, link.number)


# --- the head


@pytest.fixture
def ledger(new_customer: NewCustomer, journal_folder: Path) -> Customer:
    """Five entries, the newest noted."""
    customer = new_customer()
    agrees(customer)
    agrees(customer)
    assert (note_head(NOW), note_head(NOW), broken_entries()) == (1, 0, 0)
    return customer


@pytest.mark.django_db
def test_newest_entries_that_are_cut_off_are_told_one_by_one(ledger: Customer) -> None:
    cut_off(4)
    assert broken_entries() == 2


@pytest.mark.django_db
def test_that_they_were_cut_off_does_not_end_with_the_next_entries(ledger: Customer) -> None:
    cut_off(4)
    for _again in range(3):
        agrees(ledger)
        assert note_head(NOW) == 0
        assert broken_entries() > 0


@pytest.mark.django_db
def test_a_chain_that_was_computed_anew_is_told(ledger: Customer) -> None:
    sql("UPDATE customers_ledgerlink SET customer_digest = %s WHERE number = 3", "f" * 64)
    sql("DELETE FROM customers_consententry WHERE link_id = 3")
    compute_anew()
    assert broken_entries() == 2  # the entry is gone, and the head is another one
    agrees(ledger)
    assert note_head(NOW) == 0


@pytest.mark.django_db
def test_a_note_that_nobody_here_wrote_is_told(ledger: Customer) -> None:
    chain_head.path().write_text("no head")
    assert broken_entries() > 0
    assert note_head(NOW) == 0


@pytest.mark.django_db
def test_an_emptied_ledger_is_told(ledger: Customer) -> None:
    sql("UPDATE customers_consententry SET link_id = NULL")
    sql("DELETE FROM customers_ledgerlink")
    assert broken_entries() == 5 + 5  # links that are cut off, and entries without one


# --- backup and restore


def brought_back(file: Path, secret_key: bytes) -> None:
    connection.close()
    restore.restore(
        file,
        public_key=signing.public_key(),
        secret_key=secret_key,
        passphrase=PASSPHRASE,
        journal_number=journal.position(),
    )


@pytest.fixture
def on_media(media: list[Path]) -> Path:
    """A site with real backups; gives the first medium."""
    server_key.ensure()
    return media[0]


@pytest.fixture
def on_files(request: pytest.FixtureRequest) -> None:
    if connection.vendor == "sqlite":
        request.getfixturevalue("on_disk")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("noted", [True, False])
def test_an_older_backup_is_no_alarm_and_what_is_done_to_it_then_is_told(
    on_files: None, on_media: Path, new_customer: NewCustomer, key_pair: tuple[bytes, bytes], noted: bool
) -> None:
    """`noted`: before the backup was made; otherwise it is as one of an earlier version."""
    customer = new_customer()
    if noted:
        note_head(NOW)
    file = on_media / services.create(now=timezone.now()).name
    agrees(customer)
    note_head(NOW)
    brought_back(file, key_pair[1])
    assert LedgerLink.objects.count() == 3
    assert broken_entries() == 0
    agrees(customer)
    assert (note_head(NOW), broken_entries()) == (1, 0)
    sql("UPDATE customers_consententry SET decision = 'given' WHERE decision = 'refused'")
    assert broken_entries() == 1


@pytest.mark.django_db(transaction=True)
def test_what_was_done_before_the_backup_is_told_after_its_restore(
    on_files: None, on_media: Path, new_customer: NewCustomer, key_pair: tuple[bytes, bytes]
) -> None:
    customer = new_customer()
    agrees(customer)
    note_head(NOW)
    sql("UPDATE customers_consententry SET channel = 'letter' WHERE link_id = 3")
    cut_off(4)
    file = on_media / services.create(now=timezone.now()).name
    assert broken_entries() == 2
    brought_back(file, key_pair[1])
    assert broken_entries() == 2


@pytest.mark.django_db(transaction=True)
def test_an_entry_between_snapshot_and_files_is_no_alarm_after_the_restore(
    on_files: None,
    on_media: Path,
    new_customer: NewCustomer,
    key_pair: tuple[bytes, bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The worker notes it while the backup is packed: the note in the backup must not be ahead of its database."""
    customer = new_customer()
    note_head(NOW)
    seal = services._seal

    def entry_comes(*arguments: Any) -> None:
        agrees(customer)
        assert note_head(NOW) == 1
        seal(*arguments)

    monkeypatch.setattr(services, "_seal", entry_comes)
    file = on_media / services.create(now=timezone.now()).name
    brought_back(file, key_pair[1])
    assert (LedgerLink.objects.count(), broken_entries()) == (3, 0)


# --- two at once


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("on_files", "operator_key")
def test_writers_at_once_leave_one_chain_without_a_gap(new_customer: NewCustomer, journal_folder: Path) -> None:
    customers = [new_customer(email=f"p{number}@example.org", phone=f"0341 {number}") for number in range(4)]
    begin, failed = Barrier(len(customers)), list[BaseException]()

    def write(customer: Customer, database: Any) -> None:
        connections["default"] = database
        try:
            begin.wait(10)
            for _again in range(8):
                agrees(customer)
        except BaseException as error:  # a thread's failure is this test's
            failed.append(error)
        finally:
            connections["default"].close()

    threads = []
    for customer in customers:
        own = connections["default"].copy()
        own.inc_thread_sharing()
        threads.append(Thread(target=write, args=(customer, own)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert list(LedgerLink.objects.values_list("number", flat=True)) == list(range(1, 12 + 32 + 1))
    assert ConsentEntry.objects.filter(link=None).count() == 0
    assert broken_entries() == 0
