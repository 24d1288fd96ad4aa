"""Inquiries that came another way, notes, and reading in the admin: sealed without the vault, open with it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from contact import reading
from contact.models import Note, ReadingKey, Submission
from customers.models import Customer
from customers.services.register import register_customer
from customers.services.technical import add_technical_record
from sitebackend import nonce
from sitebackend.cockpit.roles import Role, give_role
from sitebackend.crypto import lookup
from sitebackend.models import Operator
from sitebackend.privacy import registry
from sitebackend.privacy.registry import DataSubject
from sitebackend.privacy.services import answer
from sitebackend.vault import maintenance, messages_lock, sessions
from sitebackend.vault import services as vault
from sitebackend.vault.models import Lock, VaultEvent
from sitebackend.vault.opened import OpenMessages, OpenVault
from tests.conftest import PASSPHRASE
from tests.contact.conftest import FIELDS
from tests.customers.conftest import MASTER_DATA, agree_to_technical_data, statements

pytestmark = pytest.mark.django_db
Received = Callable[..., Submission]
CALL = {"name": "Änne <b>Groß</b>", "phone": "0341 901234", "message": "Drucker streikt {{ 7*7 }}"}
FOR_MESSAGES = "vier rote wörter im büro"
NOTE = "Rückruf am Dienstag; <script>alert(1)</script>"


def url(name: str, *keys: object) -> str:
    return reverse(f"admin:contact_submission_{name}", args=keys)


def record(operator: Client, **changes: str) -> Any:
    came = {"channel": "telephone", "received_at": "2026-11-20T09:30", "nonce": nonce.issue()}
    return operator.post(url("record"), came | CALL | changes)


def dump() -> str:
    """Every row of the room's tables, as the database has it."""
    with connection.cursor() as cursor:
        rows = []
        for model in (Submission, Note, ReadingKey):
            cursor.execute(f"SELECT * FROM {model._meta.db_table}")  # noqa: S608
            rows += [bytes(cell) if isinstance(cell, memoryview) else cell for row in cursor for cell in row]
    return repr(rows)


# --- what came another way


def test_a_call_is_stored_like_a_form_and_not_mailed(locked: Client, operator_key: Path, opened: Any) -> None:
    assert record(locked).status_code == 302
    submission = Submission.objects.get()
    assert {name: opened(submission)[name] for name in CALL} == CALL
    assert (submission.channel, submission.mail) == ("telephone", None)
    assert timezone.localtime(submission.received_at).isoformat() == "2026-11-20T09:30:00+01:00"
    assert not [value for value in CALL.values() if value in dump()]


def test_who_called_is_found_for_access_and_erasure(locked: Client, operator_key: Path) -> None:
    record(locked)
    assert [item.source for item in registry.find(DataSubject(phone="+49 341 901234"))] == ["contact.submissions"]


def test_a_double_click_records_one_inquiry(locked: Client, operator_key: Path) -> None:
    sent = nonce.issue()
    record(locked, nonce=sent)
    record(locked, nonce=sent)
    assert Submission.objects.count() == 1


@pytest.mark.parametrize(
    "changes", [{"message": ""}, {"channel": "form"}, {"received_at": "2099-01-01T00:00"}, {"email": "a@b.de, c@d.de"}]
)
def test_what_cannot_be_meant_stays_in_the_form(locked: Client, operator_key: Path, changes: dict[str, str]) -> None:
    answer = record(locked, **changes)
    assert answer.status_code == 422
    assert "0341 901234" in answer.content.decode()
    assert not Submission.objects.exists()


def test_without_a_key_nothing_is_recorded_and_nothing_lost(locked: Client, operator_key: Path) -> None:
    operator_key.unlink()
    answer = record(locked)
    assert answer.status_code == 422
    assert "Drucker streikt" in answer.content.decode()


# --- notes


def test_a_note_is_written_with_the_vault_locked_and_read_with_it_open(
    locked: Client, received: Received, vault_key: bytes
) -> None:
    submission = received()
    page = url("page", submission.pk)
    locked.post(page, {"text": NOTE})
    assert "Rückruf" not in dump()
    assert "Rückruf" not in locked.get(page).content.decode()
    token = sessions.start(operator=Operator.objects.get(), private=vault_key, now=timezone.now())
    locked.cookies[settings.VAULT_COOKIE_NAME] = token
    shown = locked.get(page).content.decode()
    assert "Rückruf am Dienstag; &lt;script&gt;" in shown


def test_a_note_moved_to_another_submission_does_not_open(unlocked: Client, received: Received) -> None:
    note, other = reading.add_note(submission=received(), text=NOTE), received(email="other@example.org")
    Note.objects.filter(pk=note.pk).update(submission=other)
    assert "Rückruf" not in unlocked.get(url("page", other.pk)).content.decode()


def test_without_a_vault_a_note_is_refused_and_kept_in_the_form(locked: Client, received: Received) -> None:
    answer = locked.post(url("page", received().pk), {"text": NOTE})
    assert answer.status_code == 422
    assert "Rückruf" in answer.content.decode()


# --- reading


def test_a_message_is_read_with_the_vault_open_and_the_reading_is_logged(
    unlocked: Client, received: Received, allowed: None
) -> None:
    submission = received()
    answer = unlocked.get(url("page", submission.pk))
    page = answer.content.decode()
    assert "Königstraße 1 „Hinterhaus“" in page
    assert "&lt;b&gt;kein&lt;/b&gt; {{ Befehl }}" in page
    assert "no-store" in answer["Cache-Control"]
    assert list(VaultEvent.objects.values_list("lock", "kind", "holding")) == [
        ("vault", "opened", f"contact.submission|{submission.pk}")
    ]


@pytest.mark.parametrize("closed", ["vault", "choice", "file"])
def test_a_message_stays_closed_if_one_of_three_is_missing(
    unlocked: Client, received: Received, allowed: None, secret_key: Path, closed: str
) -> None:
    submission = received()
    if closed == "vault":
        del unlocked.cookies[settings.VAULT_COOKIE_NAME]
    elif closed == "choice":
        unlocked.post(url("reading"), {"forbid": "x"})
    else:
        secret_key.unlink()
    answer = unlocked.get(url("page", submission.pk))
    assert answer.status_code == 200
    assert not [value for value in FIELDS.values() if value in answer.content.decode()]


@pytest.mark.parametrize(("typed", "status"), [(PASSPHRASE, 302), ("wrong", 422)])
def test_only_the_right_passphrase_is_kept_and_never_in_the_clear(
    locked: Client, secret_key: Path, vault_key: bytes, typed: str, status: int
) -> None:
    answer = locked.post(url("reading"), {"passphrase": typed})
    assert answer.status_code == status
    assert ReadingKey.objects.count() == (status == 302)
    assert typed not in dump()
    assert typed not in answer.content.decode()


def test_notes_and_passphrase_go_with_a_rotation_of_the_vault(
    operator_key: Path, secret_key: Path, received: Received
) -> None:
    vault.set_up(passphrase=PASSPHRASE)
    submission = received()
    reading.allow(passphrase=PASSPHRASE)
    reading.add_note(submission=submission, text=NOTE)
    maintenance.rotate(operator=None, passphrase=PASSPHRASE)
    operator = Operator.objects.create_superuser("chefin")
    token = vault.unlock(operator=operator, passphrase=PASSPHRASE)
    open_vault = sessions.resume(token, operator=operator, now=timezone.now())
    assert open_vault is not None
    messages = vault.messages_of(open_vault)
    assert reading.read(open_messages=messages, submission=submission) == FIELDS
    assert [note.text for note in reading.notes(open_messages=messages, submission=submission)] == [NOTE]


def test_a_message_is_found_by_what_it_says_once_it_was_opened(
    unlocked: Client, received: Received, allowed: None
) -> None:
    """As an earlier version left it: an e-mail digest of then, and none that tells senders apart."""
    as_today, submission = received(), received(email="anna@faß.example")
    before = lookup._digest("email", "anna@fass.example")
    Submission.objects.filter(pk=submission.pk).update(email_digest=before, sender_digest="")
    [item] = registry.find(DataSubject(email="anna@fass.example"))
    assert item.matched_by == (registry.UNCLEAR,)
    unlocked.get(url("page", submission.pk))
    submission.refresh_from_db()
    assert submission.email_digest == lookup.email("anna@faß.example")
    assert submission.sender_digest == as_today.sender_digest
    assert registry.find(DataSubject(email="anna@fass.example")) == []
    [item] = registry.find(DataSubject(email="anna@faß.example"))
    assert (item.identifier, item.matched_by) == (str(submission.pk), ("email",))


def test_what_is_indexed_as_today_is_not_written_when_it_is_opened(
    unlocked: Client, received: Received, allowed: None
) -> None:
    submission = received()
    with CaptureQueriesContext(connection) as queries:
        assert "Königstraße" in unlocked.get(url("page", submission.pk)).content.decode()
    assert not [query for query in queries if 'UPDATE "contact_submission"' in query["sql"]]


def test_a_message_whose_ciphertext_does_not_open_keeps_its_digests(
    unlocked: Client, received: Received, allowed: None
) -> None:
    submission = received()
    Submission.objects.filter(pk=submission.pk).update(sender_digest="")
    type(submission.message).objects.update(armoured="-----BEGIN PGP MESSAGE-----")
    assert unlocked.get(url("page", submission.pk)).status_code == 200
    submission.refresh_from_db()
    assert (submission.email_digest, submission.sender_digest) == (lookup.email(FIELDS["email"]), "")


# --- a customer of it


def test_a_submission_becomes_a_customer_together_with_the_consents(
    unlocked: Client, received: Received, allowed: None
) -> None:
    submission = received()
    page = reverse("admin:customer_from_submission", args=[submission.pk])
    form = unlocked.get(page).context["form"].initial
    assert (form["first_name"], form["last_name"]) == ("Jürgen", "Weiß-O'Brien")
    said = {"given_at": f"{timezone.localtime() - timedelta(days=1):%Y-%m-%dT%H:%M}", "channel": "phone"}
    agreed = {"form": "oral", "contract": "contract", "invoicing": "consent", "retention": "refused"}
    assert unlocked.post(page, form | {"country": "Deutschland"} | agreed).status_code == 422
    assert unlocked.post(page, form | {"country": "Deutschland"} | agreed | said).status_code == 302
    assert Customer.objects.get().email == FIELDS["email"]
    submission.refresh_from_db()
    assert submission.done_at is not None


def test_a_locked_vault_makes_no_customer_and_says_why(locked: Client, received: Received) -> None:
    answer = locked.get(reverse("admin:customer_from_submission", args=[received().pk]))
    assert answer.status_code == 302
    assert locked.get(answer["Location"]).status_code == 200


# --- with a lock of their own


@pytest.fixture
def office(secret_key: Path) -> Client:
    """Somebody of *Büro*, with messages open by their own lock; what lay in the vault went with it."""
    vault.set_up(passphrase=PASSPHRASE)
    reading.allow(passphrase=PASSPHRASE)
    messages_lock.set_up(operator=None, passphrase=PASSPHRASE, new=FOR_MESSAGES)
    account = Operator.objects.create_user("büro")
    give_role(account, Role.OFFICE)
    client = Client()
    client.force_login(Operator.objects.get())
    form = {"passphrase": FOR_MESSAGES, "next": "/admin/"}
    assert client.post(reverse("admin:vault_unlock_messages"), form).status_code == 302
    return client


def test_the_office_reads_with_its_own_lock_and_each_reading_is_logged(office: Client, received: Received) -> None:
    submission = received()
    page = office.get(url("page", submission.pk)).content.decode()
    assert "Königstraße 1 „Hinterhaus“" in page
    opening = VaultEvent.objects.get(kind="opened")
    assert (opening.lock, opening.operator) == ("messages", Operator.objects.get())
    office.post(reverse("admin:vault_lock"), {"next": "/admin/"})
    page = office.get(url("page", submission.pk)).content.decode()
    assert "Königstraße" not in page
    assert reverse("admin:vault_unlock_messages") in page
    assert reverse("admin:vault_unlock") + "?" not in page


def test_the_office_makes_a_customer_of_a_message_with_its_own_lock(office: Client, received: Received) -> None:
    form = office.get(reverse("admin:customer_from_submission", args=[received().pk])).context["form"].initial
    assert (form["first_name"], form["last_name"]) == ("Jürgen", "Weiß-O'Brien")


def test_a_copy_gets_the_message_with_this_lock_and_of_a_customer_nothing_that_is_sealed(
    office: Client, received: Received
) -> None:
    submission = received()
    reading.add_note(submission=submission, text=NOTE)
    customer = register_customer(
        master_data=MASTER_DATA | {"email": FIELDS["email"]}, statements=statements(), recorded_by=None
    )
    agree_to_technical_data(customer)
    add_technical_record(customer=customer, kind="network", content={"name": "Netz", "ssid": "Backstube"})
    person = DataSubject(email=FIELDS["email"])
    copies = registry.export(person)
    assert {answer.needs_lock(copy, None) for copy in copies} == {None, Lock.MESSAGES, Lock.VAULT}
    private = vault.tested(operator=None, passphrase=FOR_MESSAGES, lock=Lock.MESSAGES)
    messages = OpenMessages(private, lock=Lock.MESSAGES, locks_at=timezone.now())
    assert {answer.needs_lock(copy, messages) for copy in copies} == {None, Lock.VAULT}
    shown = repr(registry.opened(copies, messages))
    assert FIELDS["message"].splitlines()[0] in shown
    assert "Rückruf am Dienstag" in shown
    assert "Backstube" not in shown
    whole = repr(registry.opened(copies, OpenVault(_vault_key(), locks_at=timezone.now())))
    assert "Rückruf am Dienstag" in whole
    assert "Backstube" in whole


def _vault_key() -> bytes:
    return vault.tested(operator=None, passphrase=PASSPHRASE, lock=Lock.VAULT)


def test_a_stranger_reaches_none_of_these_pages(client: Client, received: Received) -> None:
    submission = received()
    pages = [
        url("page", submission.pk),
        url("record"),
        url("reading"),
        reverse("admin:customer_from_submission", args=[submission.pk]),
    ]
    assert {client.get(page).status_code for page in pages} == {302}
    assert all("login" in client.get(page)["Location"] for page in pages)
