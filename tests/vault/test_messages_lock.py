"""The lock for messages opens messages and nothing else; whoever has the vault open reads them, too."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from contact import reading
from contact.models import Note, Submission
from customers.models import Customer, TechnicalRecord
from customers.services.register import register_customer
from customers.services.technical import add_technical_record, read_technical_record
from sitebackend.cockpit.roles import Role, give_role
from sitebackend.crypto import sealing
from sitebackend.mail.services import deliver_due
from sitebackend.models import Operator
from sitebackend.vault import health, holdings, maintenance, messages_lock, services, sessions
from sitebackend.vault.errors import (
    MessagesKeyChanged,
    MessagesLockExists,
    NoMessagesLock,
    NotAllowed,
    PassphraseTooShort,
    SamePassphrase,
    TooManyTries,
    VaultKeyChanged,
    WrongMessagesPassphrase,
    WrongPassphrase,
)
from sitebackend.vault.models import KeySlot, Lock, UnlockAttempt, UnlockSession, Vault, VaultEvent
from sitebackend.vault.opened import OpenMessages, OpenVault
from tests.customers.conftest import MASTER_DATA, agree_to_technical_data, statements
from tests.vault.conftest import PASSPHRASE, request_of

pytestmark = pytest.mark.django_db

FOR_MESSAGES = "vier rote wörter im büro"
START = datetime(2026, 3, 2, 8, tzinfo=UTC)
TEXT = "Rückruf am Dienstag"
COOKIE = "__Host-vault"


@pytest.fixture
def office(db: None) -> Operator:
    """Somebody who may open messages, and not the vault."""
    account = Operator.objects.create_user("büro", "buero@example.de", "a long enough password")
    give_role(account, Role.OFFICE)
    return fresh(account)


def fresh(account: Operator) -> Operator:
    """As the next request has it."""
    return Operator.objects.get(pk=account.pk)


@pytest.fixture
def submission(received: Callable[..., Submission]) -> Submission:
    return received()


@pytest.fixture
def note(recovery_key: str, submission: Submission) -> Note:
    """Written before the lock was set up: sealed to the vault then."""
    return reading.add_note(submission=submission, text=TEXT)


@pytest.fixture
def messages(recovery_key: str, operator: Operator) -> None:
    messages_lock.set_up(operator=operator, passphrase=PASSPHRASE, new=FOR_MESSAGES)


@pytest.fixture
def token(office: Operator, messages: None) -> str:
    return services.unlock(operator=office, passphrase=FOR_MESSAGES, lock=Lock.MESSAGES)


@pytest.fixture
def record(recovery_key: str) -> TechnicalRecord:
    customer = register_customer(master_data=MASTER_DATA, statements=statements(), recorded_by=None)
    agree_to_technical_data(customer)
    return add_technical_record(customer=customer, kind="network", content={"name": "Netz", "ssid": "Backstube"})


def by_office(office: Operator, token: str) -> OpenMessages:
    found = services.opened_messages(request_of(office, token))
    assert found is not None
    return found


def by_vault(operator: Operator) -> OpenVault:
    found = services.opened(request_of(operator, services.unlock(operator=operator, passphrase=PASSPHRASE)))
    assert found is not None
    return found


def texts(open_messages: OpenMessages, note: Note) -> list[str]:
    return [shown.text for shown in reading.notes(open_messages=open_messages, submission=note.submission)]


# --- what it opens


def test_a_site_without_the_lock_reads_notes_with_the_vault(operator: Operator, note: Note) -> None:
    assert texts(services.messages_of(by_vault(operator)), note) == [TEXT]
    with pytest.raises(NoMessagesLock):
        services.unlock(operator=operator, passphrase=PASSPHRASE, lock=Lock.MESSAGES)
    assert {finding.code for finding in health.messages_key(timezone.now())} == set()


def test_notes_written_before_the_lock_open_with_it_and_with_the_vault(
    operator: Operator, office: Operator, note: Note, token: str
) -> None:
    assert texts(by_office(office, token), note) == [TEXT]
    assert texts(services.messages_of(by_vault(operator)), note) == [TEXT]


def test_notes_written_later_open_with_both_and_need_nothing_open(
    operator: Operator, office: Operator, token: str, submission: Submission
) -> None:
    note = reading.add_note(submission=submission, text=TEXT)
    assert texts(by_office(office, token), note) == [TEXT]
    assert texts(services.messages_of(by_vault(operator)), note) == [TEXT]


def test_the_vaults_own_key_no_longer_opens_a_note_by_itself(operator: Operator, note: Note, messages: None) -> None:
    note.refresh_from_db()
    for context in (note.context, Lock.MESSAGES.bound(note.context)):
        with pytest.raises(sealing.SealingError):
            by_vault(operator).unseal(note.sealed, context=context)


# --- what it must not open


def test_an_open_lock_for_messages_is_no_open_vault(office: Operator, token: str) -> None:
    request = request_of(office, token)
    assert services.opened(request) is None
    assert isinstance(services.unlocked(request), OpenMessages)
    assert not hasattr(services.opened_messages(request), "holder")


def test_the_key_for_messages_opens_no_customer_and_no_record(
    office: Operator, record: TechnicalRecord, token: str
) -> None:
    found = by_office(office, token)
    customer = Customer.objects.get()
    forced = OpenVault(found._private, locks_at=timezone.now())
    with pytest.raises(sealing.SealingError):
        read_technical_record(open_vault=forced, record=record)
    for sealed in (customer.sealed_private_key, record.sealed, Vault.objects.get(lock="messages").sealed_private_key):
        for context in (customer.key_context, record.context, "lock-key|messages"):
            with pytest.raises(sealing.SealingError):
                found.unseal(sealed, context=context)


def test_every_value_of_the_vault_stays_closed_to_the_key_for_messages(
    office: Operator, record: TechnicalRecord, note: Note, token: str
) -> None:
    found = by_office(office, token)
    opened = []
    for holding in holdings.registered():
        for row in holding._filled():
            for lock in Lock:
                try:
                    sealing.unseal(
                        found._private, getattr(row, holding.field), context=lock.bound(holding.context(row))
                    )
                except sealing.SealingError:
                    continue
                opened.append(holding.model)
    assert opened == [Note]


@pytest.mark.parametrize(
    "verb",
    [
        lambda office, word: services.unlock(operator=office, passphrase=word),
        lambda office, word: maintenance.change_passphrase(operator=office, passphrase=word, new=f"{word} neu"),
        lambda office, word: maintenance.renew_recovery_key(operator=office, passphrase=word),
        lambda office, word: maintenance.rotate(operator=office, passphrase=word),
        lambda office, word: messages_lock.change_passphrase(operator=office, passphrase=word, new=f"{word} neu"),
        lambda office, word: messages_lock.rotate(operator=office, passphrase=word, new=f"{word} neu"),
        lambda office, word: messages_lock.take_away(operator=office, passphrase=word),
    ],
)
@pytest.mark.parametrize("word", [PASSPHRASE, FOR_MESSAGES])
def test_the_office_looks_after_neither_lock_whatever_passphrase_it_knows(
    office: Operator, messages: None, verb: Callable[[Operator, str], object], word: str
) -> None:
    before = list(KeySlot.objects.order_by("pk").values_list("pk", "sealed_key"))
    with pytest.raises(NotAllowed):
        verb(office, word)
    assert list(KeySlot.objects.order_by("pk").values_list("pk", "sealed_key")) == before
    assert not UnlockAttempt.objects.exists(), "and it cannot use up the tries of those who may"


@pytest.mark.parametrize("verb", [maintenance.recover, maintenance.confirm_recovery_key])
def test_the_office_cannot_use_a_recovery_key_that_it_found(
    office: Operator, recovery_key: str, verb: Callable[..., object]
) -> None:
    new = {"new": "a passphrase of the office"} if verb is maintenance.recover else {}
    with pytest.raises(NotAllowed):
        verb(operator=office, typed=recovery_key, **new)


def test_the_passphrase_for_messages_does_not_open_the_vault(operator: Operator, messages: None) -> None:
    with pytest.raises(WrongPassphrase):
        services.unlock(operator=operator, passphrase=FOR_MESSAGES)
    with pytest.raises(WrongMessagesPassphrase):
        services.unlock(operator=operator, passphrase=PASSPHRASE, lock=Lock.MESSAGES)


def test_an_operator_without_a_role_opens_neither(messages: None) -> None:
    nobody = Operator.objects.create_user("niemand", is_staff=True)
    for lock, word in ((Lock.VAULT, PASSPHRASE), (Lock.MESSAGES, FOR_MESSAGES)):
        with pytest.raises(NotAllowed):
            services.unlock(operator=nobody, passphrase=word, lock=lock)


def test_with_messages_open_the_pages_of_the_vault_stay_shut_to_betrieb_too(
    operator: Operator, record: TechnicalRecord, messages: None
) -> None:
    client = Client()
    client.force_login(operator)
    client.post(reverse("admin:vault_unlock_messages"), {"passphrase": FOR_MESSAGES})
    assert UnlockSession.objects.get().lock == Lock.MESSAGES
    customer = Customer.objects.get()
    search = client.get(reverse("admin:customers_customer_record_search"))
    assert search.headers["Location"].startswith(reverse("admin:vault_unlock"))
    page = client.get(reverse("admin:customers_customer_page", args=[customer.pk])).content.decode()
    assert "Backstube" not in page
    assert reverse("admin:vault_unlock") in page


# --- rows moved, swapped, widened


def test_slots_swapped_between_the_locks_open_neither(operator: Operator, messages: None) -> None:
    first, second = KeySlot.objects.filter(kind="passphrase").order_by("vault")
    taken = ("sealed_key", "salt", "memory_kib", "iterations", "lanes")
    for slot, other in ((first, second), (second, first)):
        KeySlot.objects.filter(pk=slot.pk).update(**{name: getattr(other, name) for name in taken})
    for lock in Lock:
        for word in (PASSPHRASE, FOR_MESSAGES):
            with pytest.raises(WrongPassphrase):
                services.unlock(operator=operator, passphrase=word, lock=lock)


def test_a_slot_moved_to_the_vault_does_not_open_it(operator: Operator, messages: None) -> None:
    KeySlot.objects.filter(vault__lock="vault", kind="passphrase").delete()
    KeySlot.objects.filter(vault__lock="messages").update(vault=1)
    with pytest.raises(WrongPassphrase):
        services.unlock(operator=operator, passphrase=FOR_MESSAGES)


def test_a_session_widened_in_its_row_opens_nothing(office: Operator, token: str) -> None:
    give_role(office, Role.OPERATIONS)  # even for somebody who may
    office = fresh(office)
    token = services.unlock(operator=office, passphrase=FOR_MESSAGES, lock=Lock.MESSAGES)
    UnlockSession.objects.update(lock=Lock.VAULT)
    assert services.unlocked(request_of(office, token)) is None


def test_the_office_gets_nothing_from_a_vaults_session(operator: Operator, office: Operator, messages: None) -> None:
    token = services.unlock(operator=operator, passphrase=PASSPHRASE)
    assert services.unlocked(request_of(office, token)) is None
    UnlockSession.objects.update(operator=office)
    assert services.unlocked(request_of(office, token)) is None


def test_neither_cookie_nor_row_opens_messages_alone(office: Operator, token: str) -> None:
    assert services.unlocked(request_of(office)) is None
    UnlockSession.objects.all().delete()
    assert services.unlocked(request_of(office, token)) is None


def test_a_note_moved_to_another_submission_does_not_open(
    office: Operator, token: str, note: Note, received: Callable[..., Submission]
) -> None:
    other = received(email="other@example.org")
    Note.objects.filter(pk=note.pk).update(submission=other)
    assert texts(by_office(office, token), Note.objects.get()) == [""]


def test_a_second_lock_of_a_kind_is_refused_by_the_database(messages: None) -> None:
    row = Vault.objects.get(lock="messages")
    for identifier, lock in ((3, "messages"), (1, "messages"), (2, "vault"), (3, "other")):
        with pytest.raises(IntegrityError), transaction.atomic():
            Vault.objects.filter(pk=row.pk).update(id=identifier, lock=lock)


# --- swapped keys


def test_a_key_for_messages_that_somebody_swaps_is_noticed_at_every_use(
    operator: Operator, office: Operator, token: str
) -> None:
    vault = services.unlock(operator=operator, passphrase=PASSPHRASE)
    Vault.objects.filter(lock="messages").update(public_key=sealing.new_key_pair()[0])
    for account, cookie in ((office, token), (operator, vault)):
        with pytest.raises(MessagesKeyChanged):
            services.opened_messages(request_of(account, cookie))
    with pytest.raises(MessagesKeyChanged):
        services.unlock(operator=office, passphrase=FOR_MESSAGES, lock=Lock.MESSAGES)


def test_with_the_key_pinned_nothing_is_sealed_to_a_swapped_one(
    messages: None, settings: Settings, submission: Submission
) -> None:
    settings.VAULT_MESSAGES_FINGERPRINT = sealing.fingerprint(services.messages_public_key())
    assert reading.add_note(submission=submission, text=TEXT)
    Vault.objects.filter(lock="messages").update(public_key=sealing.new_key_pair()[0])
    with pytest.raises(MessagesKeyChanged):
        reading.add_note(submission=submission, text=TEXT)
    assert [finding.code for finding in health.messages_key(timezone.now())] == ["vault.messages_key_changed"]


def test_with_the_vault_pinned_a_lock_that_somebody_adds_to_the_database_takes_no_note(
    recovery_key: str, settings: Settings, submission: Submission
) -> None:
    settings.VAULT_FINGERPRINT = sealing.fingerprint(services.public_key())
    strangers = sealing.new_key_pair()[0]
    row = Vault(id=2, lock="messages", public_key=strangers, sealed_private_key=b"x", made_at=timezone.now())
    row.save(force_insert=True)
    with pytest.raises(VaultKeyChanged):
        reading.add_note(submission=submission, text=TEXT)
    assert not Note.objects.exists()


def test_the_two_public_keys_swapped_are_refused(messages: None, settings: Settings, submission: Submission) -> None:
    vault, lock = Vault.objects.order_by("pk")
    settings.VAULT_FINGERPRINT = sealing.fingerprint(bytes(vault.public_key))
    settings.VAULT_MESSAGES_FINGERPRINT = sealing.fingerprint(bytes(lock.public_key))
    Vault.objects.filter(pk=1).update(public_key=lock.public_key)
    Vault.objects.filter(pk=2).update(public_key=vault.public_key)
    with pytest.raises(VaultKeyChanged):
        services.seal(b"x", context="c")
    with pytest.raises(VaultKeyChanged):
        reading.add_note(submission=submission, text=TEXT)


def test_a_pin_without_a_lock_is_told(recovery_key: str, settings: Settings) -> None:
    settings.VAULT_MESSAGES_FINGERPRINT = "ab" * 32
    assert [finding.code for finding in health.messages_key(timezone.now())] == ["vault.messages_missing"]


# --- limits, the same as the vault's


@pytest.mark.parametrize(
    ("steps", "is_open"),
    [([9.9], True), ([10], False), ([9] * 6, True), ([9] * 6 + [6], False), ([5, -5], False), ([-1], False)],
)
def test_idle_absolute_and_clock(office: Operator, messages: None, steps: list[float], is_open: bool) -> None:
    with time_machine.travel(START, tick=False) as clock:
        token = services.unlock(operator=office, passphrase=FOR_MESSAGES, lock=Lock.MESSAGES)
        for minutes in steps:
            clock.shift(timedelta(minutes=minutes))
            found = services.opened_messages(request_of(office, token))
        assert (found is not None) is is_open
        assert UnlockSession.objects.exists() is is_open


def test_five_tries_and_each_lock_counts_its_own(operator: Operator, office: Operator, messages: None) -> None:
    for _ in range(5):
        with pytest.raises(WrongPassphrase):
            services.unlock(operator=office, passphrase="wrong", lock=Lock.MESSAGES)
    with pytest.raises(TooManyTries):
        services.unlock(operator=office, passphrase=FOR_MESSAGES, lock=Lock.MESSAGES)
    assert services.unlock(operator=operator, passphrase=PASSPHRASE)
    with pytest.raises(TooManyTries):
        services.unlock(operator=office, passphrase=FOR_MESSAGES, lock=Lock.MESSAGES)


def test_every_unlocking_is_logged_and_mailed_and_says_which_lock(office: Operator, messages: None) -> None:
    VaultEvent.objects.all().delete()
    services.unlock(operator=office, passphrase=FOR_MESSAGES, lock=Lock.MESSAGES)
    assert list(VaultEvent.objects.values_list("lock", "kind", "operator")) == [("messages", "unlocked", office.pk)]
    assert deliver_due(timezone.now())
    assert mail.outbox[-1].subject == "Schloss für Nachrichten: geöffnet"
    assert "büro" in mail.outbox[-1].body
    assert FOR_MESSAGES not in mail.outbox[-1].body


@pytest.mark.parametrize(
    "change",
    [
        lambda office: office.groups.clear(),
        lambda office: give_role(office, Role.EDITORIAL),
        lambda office: Group.objects.filter(name="Büro").delete(),
        lambda office: Operator.objects.filter(pk=office.pk).update(is_staff=False),
        lambda office: Operator.objects.filter(pk=office.pk).update(is_active=False),
        lambda office: (office.set_password("another long password"), office.save()),
        lambda office: services.lock(operator=office),
        lambda office: Operator.groups.through.objects.all().delete(),
    ],
)
def test_a_role_or_account_that_is_taken_away_locks_at_once(
    office: Operator, token: str, change: Callable[[Operator], object]
) -> None:
    assert services.unlocked(request_of(fresh(office), token))
    change(office)
    assert services.unlocked(request_of(fresh(office), token)) is None


# --- looking after it


def test_the_lock_needs_a_passphrase_of_its_own(operator: Operator, recovery_key: str) -> None:
    decomposed = PASSPHRASE.replace("ü", "u\u0308")
    for new, error in ((PASSPHRASE, SamePassphrase), (decomposed, SamePassphrase), ("kurz", PassphraseTooShort)):
        with pytest.raises(error):
            messages_lock.set_up(operator=operator, passphrase=PASSPHRASE, new=new)
    assert not services.has_messages_lock()


def test_the_vault_does_not_take_the_passphrase_for_messages(messages: None, recovery_key: str) -> None:
    with pytest.raises(SamePassphrase):
        maintenance.change_passphrase(operator=None, passphrase=PASSPHRASE, new=FOR_MESSAGES)
    with pytest.raises(SamePassphrase):
        maintenance.recover(operator=None, typed=recovery_key, new=FOR_MESSAGES)


def test_it_is_set_up_once(operator: Operator, messages: None) -> None:
    with pytest.raises(MessagesLockExists):
        messages_lock.set_up(operator=operator, passphrase=PASSPHRASE, new="noch ein ganz anderes")


def test_another_passphrase_opens_and_the_old_one_does_not(
    operator: Operator, office: Operator, token: str, note: Note
) -> None:
    messages_lock.change_passphrase(operator=operator, passphrase=PASSPHRASE, new="sechs blaue wörter")
    assert services.unlocked(request_of(office, token)) is None
    with pytest.raises(WrongPassphrase):
        services.unlock(operator=office, passphrase=FOR_MESSAGES, lock=Lock.MESSAGES)
    fresh = services.unlock(operator=office, passphrase="sechs blaue wörter", lock=Lock.MESSAGES)
    assert texts(by_office(office, fresh), note) == [TEXT]


def test_a_renewed_key_opens_old_notes_and_the_old_key_none(
    operator: Operator, office: Operator, token: str, note: Note
) -> None:
    before = by_office(office, token)
    messages_lock.rotate(operator=operator, passphrase=PASSPHRASE, new="sechs blaue wörter")
    fresh = services.unlock(operator=office, passphrase="sechs blaue wörter", lock=Lock.MESSAGES)
    assert texts(by_office(office, fresh), note) == [TEXT]
    assert texts(services.messages_of(by_vault(operator)), note) == [TEXT]
    note.refresh_from_db()
    with pytest.raises(sealing.SealingError):
        before.unseal(note.sealed, context=note.context)


def test_taken_away_the_vault_alone_opens_notes_again(
    operator: Operator, office: Operator, token: str, note: Note
) -> None:
    messages_lock.take_away(operator=operator, passphrase=PASSPHRASE)
    assert services.unlocked(request_of(office, token)) is None
    assert texts(services.messages_of(by_vault(operator)), note) == [TEXT]
    assert list(Vault.objects.values_list("lock", flat=True)) == ["vault"]


def test_after_a_rotation_of_the_vault_both_still_open(
    operator: Operator, office: Operator, note: Note, messages: None, record: TechnicalRecord
) -> None:
    maintenance.rotate(operator=operator, passphrase=PASSPHRASE)
    token = services.unlock(operator=office, passphrase=FOR_MESSAGES, lock=Lock.MESSAGES)
    assert texts(by_office(office, token), note) == [TEXT]
    vault = by_vault(operator)
    assert texts(services.messages_of(vault), note) == [TEXT]
    record = TechnicalRecord.objects.get(pk=record.pk)
    assert read_technical_record(open_vault=vault, record=record)["ssid"] == "Backstube"


def test_the_recovery_key_brings_messages_back_too(
    operator: Operator, recovery_key: str, messages: None, note: Note
) -> None:
    maintenance.recover(operator=None, typed=recovery_key, new="sechs andere wörter")
    token = services.unlock(operator=operator, passphrase="sechs andere wörter")
    found = services.opened_messages(request_of(operator, token))
    assert found is not None
    assert texts(found, note) == [TEXT]


@pytest.mark.parametrize("verb", ["set_up", "rotate", "take_away"])
def test_a_step_that_is_cut_off_changes_nothing(
    operator: Operator, office: Operator, note: Note, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    if verb != "set_up":
        messages_lock.set_up(operator=operator, passphrase=PASSPHRASE, new=FOR_MESSAGES)

    def cut_off(*args: Any, **options: Any) -> None:
        if args == (getattr(VaultEvent.Kind, {"set_up": "SET_UP", "rotate": "ROTATED"}.get(verb, "REMOVED")),):
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(services, "record", cut_off)
        new = {} if verb == "take_away" else {"new": "sechs blaue wörter"}
        with pytest.raises(KeyboardInterrupt):
            getattr(messages_lock, verb)(operator=operator, passphrase=PASSPHRASE, **new)
    assert services.has_messages_lock() is (verb != "set_up")
    assert texts(services.messages_of(by_vault(operator)), note) == [TEXT]
    if verb != "set_up":
        token = services.unlock(operator=office, passphrase=FOR_MESSAGES, lock=Lock.MESSAGES)
        assert texts(by_office(office, token), note) == [TEXT]


def test_one_altered_note_stops_the_step_and_nothing_has_changed(
    operator: Operator, note: Note, received: Callable[..., Submission]
) -> None:
    other = reading.add_note(submission=received(email="other@example.org"), text="anderes")
    Note.objects.filter(pk=other.pk).update(sealed=note.sealed)
    with pytest.raises(sealing.SealingError):
        messages_lock.set_up(operator=operator, passphrase=PASSPHRASE, new=FOR_MESSAGES)
    assert not services.has_messages_lock()
    assert texts(services.messages_of(by_vault(operator)), note) == [TEXT]


# --- in the browser


@pytest.fixture
def at_office(office: Operator) -> Client:
    client = Client()
    client.force_login(office)
    return client


def test_the_office_opens_messages_from_the_header_and_locks_them(at_office: Client, messages: None) -> None:
    chip = re.search(r'<div class="vault-chip.*?</div>', at_office.get("/admin/").content.decode(), re.DOTALL)
    assert chip
    assert reverse("admin:vault_unlock_messages") in chip[0]
    assert f'href="{reverse("admin:vault_overview")}"' not in chip[0]
    assert "Nachrichten geschlossen" in chip[0]
    form = {"passphrase": FOR_MESSAGES, "next": "/admin/"}
    assert at_office.post(reverse("admin:vault_unlock_messages"), form).headers["Location"] == "/admin/"
    assert "is-open" in at_office.get("/admin/").content.decode()
    assert at_office.post(reverse("admin:vault_lock"), {"next": "/admin/"}).status_code == 302
    assert not UnlockSession.objects.exists()


def test_the_office_reaches_no_other_page_of_the_vault(at_office: Client, messages: None, token: str) -> None:
    at_office.cookies[COOKIE] = token
    names = ["overview", "set_up", "unlock", "passphrase", "recovery_key", "confirm_recovery_key", "recover", "rotate"]
    names += ["set_up_messages", "messages_passphrase", "rotate_messages", "take_away_messages"]
    for name in names:
        for answer in (at_office.get(reverse(f"admin:vault_{name}")), at_office.post(reverse(f"admin:vault_{name}"))):
            assert answer.status_code == 403, name


def test_the_vaults_page_sets_the_lock_up_and_shows_the_line_for_the_settings(
    operator: Operator, recovery_key: str, settings: Settings
) -> None:
    settings.VAULT_FINGERPRINT = sealing.fingerprint(services.public_key())
    client = Client()
    client.force_login(operator)
    assert reverse("admin:vault_set_up_messages") in client.get(reverse("admin:vault_overview")).content.decode()
    form = {"passphrase": PASSPHRASE, "new": FOR_MESSAGES, "repeated": FOR_MESSAGES}
    answer = client.post(reverse("admin:vault_set_up_messages"), form, follow=True)
    public = bytes(Vault.objects.get(lock="messages").public_key)
    assert f"VAULT_MESSAGES_FINGERPRINT={sealing.fingerprint(public)}" in answer.content.decode()


def test_a_refusal_stands_at_the_form_and_shows_no_secret(operator: Operator, recovery_key: str) -> None:
    client = Client()
    client.force_login(operator)
    form = {"passphrase": PASSPHRASE, "new": PASSPHRASE, "repeated": PASSPHRASE}
    answer = client.post(reverse("admin:vault_set_up_messages"), form)
    assert answer.status_code == 422
    assert PASSPHRASE not in answer.content.decode()
    assert "zwei verschiedene" in answer.content.decode()


def test_a_session_of_before_the_role_changed_is_swept_by_the_worker(office: Operator, token: str) -> None:
    assert services.sweep(timezone.now()) == 0
    Operator.objects.filter(pk=office.pk).update(is_staff=False)
    assert services.sweep(timezone.now()) == 1


def test_a_session_of_before_the_role_changed_is_deleted_at_its_next_use(office: Operator, token: str) -> None:
    Operator.groups.through.objects.all().delete()
    assert sessions.resume(token, operator=fresh(office), now=timezone.now()) is None
    assert not UnlockSession.objects.exists()


def test_who_only_looks_as_the_office_opens_nothing_and_stays_open(operator: Operator, messages: None) -> None:
    token = services.unlock(operator=operator, passphrase=PASSPHRASE)
    looking = fresh(operator)
    looking.seen_as, looking.is_superuser = Role.OFFICE, False
    assert services.unlocked(request_of(looking, token)) is None
    assert services.opened(request_of(fresh(operator), token)) is not None
