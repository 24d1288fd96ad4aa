"""Marking messages as spam or not, learning from them, and their deletion by hand."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contact import health, reading
from contact.models import MessageFeatures, SpamModel, Submission, Verdict
from contact.spam import classifier, learning
from sitebackend import operator_key as keys
from sitebackend import retention
from sitebackend.crypto import sealing
from sitebackend.mail.models import OutgoingMail
from sitebackend.models import Act, Event, Operator
from sitebackend.privacy import erasure, journal, registry
from sitebackend.privacy.models import RetentionRun
from sitebackend.privacy.registry import DataSubject
from sitebackend.privacy.restriction.models import Restriction
from sitebackend.vault import services as vault
from sitebackend.vault import sessions
from sitebackend.vault.models import Lock, Vault
from sitebackend.vault.opened import OpenMessages, OpenVault
from tests.conftest import PASSPHRASE
from tests.contact.conftest import FIELDS, NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journal_folder")]
Received = Callable[..., Submission]
LIST = "/admin/contact/submission/"
VAULT_PASSPHRASE = "fünf würfel wörter im tresor"
PITCH = "Zebrastreifen und Giraffenhals zum Sonderpreis, jetzt Quietscheente bestellen"


@pytest.fixture
def vault_key(db: None) -> bytes:
    public, private = sealing.new_key_pair()
    Vault.objects.create(public_key=public, made_at=timezone.now())
    return private


@pytest.fixture
def open_messages(vault_key: bytes) -> OpenMessages:
    return OpenVault(vault_key, locks_at=timezone.now()).messages()


@pytest.fixture
def operator(client: Client, db: None) -> Client:
    client.force_login(Operator.objects.create_superuser("chefin", password="a long enough password"))
    return client


@pytest.fixture
def unlocked(operator: Client, vault_key: bytes) -> Client:
    token = sessions.start(operator=Operator.objects.get(), private=vault_key, now=timezone.now())
    operator.cookies[settings.VAULT_COOKIE_NAME] = token
    return operator


@pytest.fixture
def reads_here(operator_key: Path, key_pair: tuple[bytes, bytes], vault_key: bytes) -> Iterator[None]:
    path = keys.secret_key_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(key_pair[1])
    reading.allow(passphrase=PASSPHRASE)
    yield
    path.unlink(missing_ok=True)


def act(operator: Client, action: str, *chosen: Submission) -> Any:
    return operator.post(LIST, {"action": action, "_selected_action": [row.pk for row in chosen]}, follow=True)


def judge(operator: Client, submission: Submission, is_spam: str) -> Any:
    return operator.post(reverse("admin:contact_submission_judge", args=[submission.pk]), {"is_spam": is_spam})


def pitches(received: Received, number: int = 3) -> list[Submission]:
    return [received(message=f"{PITCH} {each}", email=f"{each}@example.org") for each in range(number)]


def tables() -> str:
    """Every row of the room's tables, as the database has it."""
    with connection.cursor() as cursor:
        rows = []
        for model in (Submission, MessageFeatures, SpamModel):
            cursor.execute(f"SELECT * FROM {model._meta.db_table}")  # noqa: S608 - our own names
            rows += cursor.fetchall()
    values = [value for row in rows for value in row]
    return " ".join(str(bytes(each) if isinstance(each, bytes | memoryview) else each) for each in values)


# --- marking


def test_many_are_marked_at_once_are_not_mailed_and_count_as_done(received: Received, operator: Client) -> None:
    chosen = pitches(received)
    act(operator, "mark_spam", *chosen)
    rows = Submission.objects.all()
    assert {(row.verdict, row.mail, row.done_at is None, row.told_at is None) for row in rows} == {
        (Verdict.SPAM, None, False, False)
    }
    act(operator, "send_again", *chosen)
    assert not OutgoingMail.objects.exists()


def test_the_list_has_a_button_for_each(received: Received, operator: Client) -> None:
    first, second = pitches(received, 2)
    page = operator.get(LIST).content.decode()
    assert page.index('value="mark_spam"') < page.index('name="index" value="1"') < page.index('name="index" value="2"')
    form: dict[str, Any] = {"action": ["", "mark_spam", "release"], "select_across": "0"}
    operator.post(LIST, form | {"index": "1", "_selected_action": [first.pk]})
    operator.post(LIST, form | {"index": "2", "_selected_action": [second.pk]})
    assert [Submission.objects.get(pk=row.pk).verdict for row in (first, second)] == [Verdict.SPAM, Verdict.RELEASED]


def test_the_page_of_a_message_has_the_buttons_and_says_why_it_is_held(received: Received, operator: Client) -> None:
    suspect = received(honeypot="x")
    page = operator.get(reverse("admin:contact_submission_page", args=[suspect.pk])).content.decode()
    assert "das für Menschen unsichtbare Feld" in page
    judge(operator, suspect, "yes")
    assert Submission.objects.get().verdict == Verdict.SPAM
    judge(operator, suspect, "no")
    row = Submission.objects.get()
    assert (row.verdict, row.done_at, row.told_at) == (Verdict.RELEASED, None, None)
    assert row.mail is not None


def test_a_restricted_message_is_not_judged(received: Received, operator: Client) -> None:
    suspect = received(honeypot="x")
    Restriction.objects.create(holding="contact.submissions", row=suspect.pk, since=NOON)
    judge(operator, suspect, "yes")
    act(operator, "mark_spam", suspect)
    act(operator, "release", suspect)
    assert Submission.objects.get().verdict == Verdict.SUSPECT


# --- learning


def test_what_three_senders_brought_is_learned_and_judges_while_everything_is_locked(
    reads_here: None, received: Received, unlocked: Client
) -> None:
    before = classifier.score({"quietsc"}, learning.learned())
    act(unlocked, "mark_spam", *pitches(received))
    learned = learning.learned()
    assert learned.spam["quietsc"] == 3
    assert classifier.score({"quietsc"}, learned) > before


def test_what_fewer_senders_brought_does_not_count(reads_here: None, received: Received, unlocked: Client) -> None:
    same = [received(message=f"{PITCH} {number}") for number in range(5)]
    act(unlocked, "mark_spam", *same)
    assert MessageFeatures.objects.count() == 5
    assert "quietsc" not in learning.learned().spam


def test_nothing_of_it_lies_in_the_clear(reads_here: None, received: Received, unlocked: Client) -> None:
    act(unlocked, "mark_spam", *pitches(received))
    assert "quietsc" not in tables().lower()
    assert "giraff" not in tables().lower()


def test_while_locked_nothing_is_learned_and_the_next_opening_learns_it(
    reads_here: None, received: Received, operator: Client, open_messages: OpenMessages
) -> None:
    act(operator, "mark_spam", *pitches(received))
    assert not MessageFeatures.objects.exists()
    assert learning.learned() == classifier.NOTHING
    learning.catch_up(open_messages, timezone.now())
    assert learning.learned().spam["quietsc"] == 3


def test_opening_the_vault_is_such_an_opening_and_what_fails_in_it_keeps_nobody_out(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.set_up(passphrase=VAULT_PASSPHRASE)
    operator = Operator.objects.create_superuser("chefin")
    asked: list[OpenMessages] = []

    def fails(open_messages: OpenMessages, now: object) -> None:
        asked.append(open_messages)
        raise OSError

    monkeypatch.setattr("sitebackend.vault.at_unlock._works", [fails, lambda opened, now: asked.append(opened)])
    assert vault.unlock(operator=operator, passphrase=VAULT_PASSPHRASE)
    assert [each.unseal(vault.seal_message(b"x", context="c"), context="c") for each in asked] == [b"x", b"x"]


def test_without_reading_here_nothing_is_learned_and_giving_it_up_forgets_everything(
    reads_here: None, received: Received, unlocked: Client, open_messages: OpenMessages
) -> None:
    act(unlocked, "mark_spam", *pitches(received))
    reading.forbid()
    assert not MessageFeatures.objects.exists()
    assert not SpamModel.objects.exists()
    learning.catch_up(open_messages, timezone.now())
    assert not MessageFeatures.objects.exists()


def test_an_erasure_takes_the_features_and_the_next_opening_counts_anew(
    reads_here: None, received: Received, unlocked: Client, open_messages: OpenMessages
) -> None:
    act(unlocked, "mark_spam", *pitches(received, 3))
    him = DataSubject(email="1@example.org")
    erasure.erase(him, plan_hash=erasure.plan(him).hash, now=timezone.now())
    assert MessageFeatures.objects.count() == 2
    assert SpamModel.objects.get().stale_since is not None
    learning.catch_up(open_messages, timezone.now())
    assert "quietsc" not in learning.learned().spam
    assert SpamModel.objects.get().stale_since is None


def test_who_never_opens_messages_is_told_and_loses_the_counts(
    reads_here: None, received: Received, unlocked: Client
) -> None:
    act(unlocked, "mark_spam", *pitches(received))
    learning.note_change(NOON)
    assert list(health.spam_model(NOON + timedelta(days=13))) == []
    (finding,) = health.spam_model(NOON + timedelta(days=15))
    assert finding.code == "contact.spam_model"
    assert learning.forget_overdue(NOON + retention.SPAM_MODEL) == 0
    assert learning.forget_overdue(NOON + retention.SPAM_MODEL + timedelta(seconds=1)) == 1
    assert learning.learned() == classifier.NOTHING


def test_an_altered_model_counts_for_nothing_and_stops_no_message(received: Received) -> None:
    SpamModel.objects.create(sealed=b"altered")
    assert received().verdict == Verdict.CLEAN


def test_the_senders_own_copy_holds_the_words(
    reads_here: None, received: Received, unlocked: Client, vault_key: bytes
) -> None:
    act(unlocked, "mark_spam", *pitches(received))
    him = DataSubject(email="1@example.org")
    locked = registry.export(him)[0]
    assert locked.in_vault
    opened = registry.export(him, OpenVault(vault_key, locks_at=timezone.now()))[0]
    assert "quietsc" in json.dumps({str(name): str(value) for name, value in opened.values.items()})


def test_features_change_the_lock_with_the_notes(reads_here: None, received: Received, unlocked: Client) -> None:
    from sitebackend.vault import holdings

    assert any(holding.model is MessageFeatures and holding.of_messages for holding in holdings.registered())
    assert registry.source("contact.submissions").lock == Lock.MESSAGES


# --- deletion by hand


def delete_page(submission: Submission) -> str:
    return reverse("admin:contact_submission_delete_by_hand", args=[submission.pk])


def delete(operator: Client, submission: Submission, **changes: str) -> Any:
    shown = operator.get(delete_page(submission)).context["form"]["plan_hash"].value()
    return operator.post(delete_page(submission), {"reason": "trial", "plan_hash": shown} | changes)


def test_a_message_is_deleted_by_hand_with_a_reason_in_journal_and_trail(received: Received, operator: Client) -> None:
    going, staying = received(), received(message="zwei")
    RetentionRun.objects.create(day=timezone.localdate(), wiped_at=timezone.now())
    assert delete(operator, going).status_code == 302
    assert list(Submission.objects.all()) == [staying]
    (line,) = journal.entries()
    assert (line.source, line.action, line.rows) == ("contact.submissions", "delete", (going.pk,))
    event = Event.objects.get(act=Act.ERASED)
    assert (event.kind, event.key, event.reason) == ("contact.submission", str(going.pk), "trial")
    assert list(RetentionRun.objects.to_wipe()) == list(RetentionRun.objects.all())


def test_deleting_needs_a_reason_and_what_was_shown(received: Received, operator: Client) -> None:
    submission = received()
    assert delete(operator, submission, reason="").status_code == 422
    assert delete(operator, submission, reason="because").status_code == 422
    assert delete(operator, submission, plan_hash="0" * 64).status_code == 422
    assert Submission.objects.exists()


def test_a_restricted_message_is_not_deleted_by_hand(received: Received, operator: Client) -> None:
    submission = received()
    Restriction.objects.create(holding="contact.submissions", row=submission.pk, since=NOON)
    assert delete(operator, submission).status_code == 422
    assert Submission.objects.exists()


def test_the_page_says_what_is_in_the_mailbox(received: Received, operator: Client) -> None:
    submission = received()
    OutgoingMail.objects.update(
        state="sent", sent_at=NOON, copies=1, payload=None, next_attempt_at=None, recipient_digest=""
    )
    page = operator.get(delete_page(submission)).content.decode()
    assert "in Ihrem Postfach" in page
    assert FIELDS["city"] not in page
