"""Mails to the operator, with a real mail server at its best and at its worst."""

import socketserver
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from django.db import connection
from django.urls import reverse
from pytest_django import Settings

from contact import copies, message, services
from contact.models import MAIL_KIND, Submission
from sitebackend import findings
from sitebackend.crypto import openpgp
from sitebackend.mail import services as outbox
from sitebackend.mail import smtp
from sitebackend.mail.failures import Failure
from sitebackend.mail.kinds import GIVE_UP_AFTER
from sitebackend.mail.models import LEASE, OutgoingMail, State
from sitebackend.mail.services import deliver_due
from tests.conftest import PASSPHRASE
from tests.contact.conftest import FIELDS, NOON
from tests.contact.mailserver import Dripping, Handler, free_port, point_to

Received = Callable[..., Submission]
MINUTE = timedelta(minutes=1)


def row(submission: Submission) -> OutgoingMail:
    """Where the mail to the operator stands."""
    return OutgoingMail.objects.get(kind=MAIL_KIND, about=submission.pk)


def state(submission: Submission) -> str:
    return row(submission).state


def test_the_plain_mail_carries_every_field_reference_and_reply_address(
    received: Received, mail_server: Handler
) -> None:
    submission = received()
    assert deliver_due(NOON) == 1
    (mail,) = mail_server.mails()
    assert (mail["To"], mail["Reply-To"]) == ("operator@example.de", FIELDS["email"])
    assert mail["X-Reference"] == submission.reference
    assert mail["Subject"] == f"Kontaktformular {submission.reference}"
    text = mail.get_content().replace("\r\n", "\n")
    for name, label in message.LABELS.items():
        value = FIELDS[name].replace("\r\n", "\n")
        assert f"{label}:\n{value}" in text if name == "message" else f"{label}: {value}\n" in text


def test_ten_thousand_characters_on_one_line_arrive(received: Received, mail_server: Handler) -> None:
    received(message="€" * 10_000)
    deliver_due(NOON)
    assert "€" * 10_000 in mail_server.mails()[0].get_content()


def test_once_the_server_took_it_nothing_readable_is_left(received: Received, mail_server: Handler) -> None:
    submission = received()
    assert row(submission).payload
    deliver_due(NOON)
    assert state(submission) == State.SENT
    assert row(submission).payload is None
    assert row(submission).sent_at is not None
    assert deliver_due(NOON + timedelta(days=1)) == 0
    assert len(mail_server.received) == 1


def test_the_waiting_payload_opens_for_its_own_row_only(received: Received, mail_server: Handler) -> None:
    first, second = received(), received(message="anderes")
    OutgoingMail.objects.filter(about=second.pk).update(payload=row(first).payload)
    assert deliver_due(NOON) == 1
    assert state(second) == State.RETRYING
    assert "SealingError" in row(second).last_reply


def test_a_pgp_mail_opens_to_the_stored_message_and_shows_who_is_answered(
    received: Received, mail_server: Handler, settings: Settings, key_pair: tuple[bytes, bytes]
) -> None:
    settings.CONTACT_MAIL = "pgp"
    submission = received()
    assert row(submission).payload is None
    deliver_due(NOON)
    (mail,) = mail_server.mails()
    assert (mail.get_content_type(), mail.get_param("protocol")) == ("multipart/encrypted", "application/pgp-encrypted")
    version, content = mail.iter_parts()
    assert version.get_payload(decode=True).strip() == b"Version: 1"
    sealed = bytes(content.get_payload(decode=True))  # type: ignore[arg-type]
    inner = message_from_bytes(
        openpgp.decrypt(sealed, secret_key=key_pair[1], passphrase=PASSPHRASE), policy=policy.SMTP
    )
    assert (inner["X-Reference"], inner["Reply-To"]) == (submission.reference, FIELDS["email"])
    assert "Jürgen" in inner["Subject"]
    assert mail["X-Reference"] == submission.reference
    assert mail["Reply-To"] == FIELDS["email"]
    assert content["Content-Transfer-Encoding"] == "7bit"


def test_a_pgp_mail_as_it_came_opens_with_plain_gpg(
    received: Received, mail_server: Handler, settings: Settings, key_pair: tuple[bytes, bytes]
) -> None:
    settings.CONTACT_MAIL = "pgp"
    received()
    deliver_due(NOON)
    with openpgp.temporary_home() as home:
        gpg = ["gpg", "--homedir", str(home), "--batch", "--pinentry-mode", "loopback", "--passphrase", PASSPHRASE]
        subprocess.run([*gpg, "--import"], input=key_pair[1], check=True, capture_output=True)
        clear = subprocess.run([*gpg, "-d"], input=mail_server.received[0], check=True, capture_output=True).stdout
    assert message.fields_of(clear) == FIELDS


def test_a_notice_says_only_that_something_waits(received: Received, mail_server: Handler, settings: Settings) -> None:
    settings.CONTACT_MAIL = "notice"
    submission = received()
    deliver_due(NOON)
    (mail,) = mail_server.mails()
    address = reverse("admin:contact_submission_change", args=[submission.pk])
    assert f"https://www.example.de{address}" in mail.get_content()
    assert not [value for value in FIELDS.values() if value in mail.get_content()]
    assert mail["Reply-To"] is None


def test_a_temporary_no_is_repeated_later_under_the_same_message_id(received: Received, mail_server: Handler) -> None:
    submission = received()
    mail_server.answers_to_data = ["451 4.3.0 try later"]
    assert deliver_due(NOON) == 0
    assert state(submission) == State.RETRYING
    assert row(submission).last_reply == "451 4.3.0 try later"
    assert (row(submission).next_attempt_at or NOON) > NOON
    assert deliver_due(NOON + 2 * MINUTE) == 1
    assert mail_server.mails()[0]["Message-ID"] == f"<submission.{submission.pk.hex}@www.example.de>"


@pytest.mark.parametrize("where", ["recipient", "data"])
def test_a_final_no_is_undeliverable_and_never_dropped(received: Received, mail_server: Handler, where: str) -> None:
    submission = received()
    if where == "recipient":
        mail_server.answer_to_recipient = "550 5.1.1 no such mailbox"
    else:
        mail_server.answers_to_data = ["554 5.6.0 not with us"]
    deliver_due(NOON)
    assert state(submission) == State.UNDELIVERABLE
    assert row(submission).last_reply.startswith("55")
    assert row(submission).payload
    assert "contact.undeliverable" in {finding.code for finding in findings.collect(NOON)}


def test_one_refused_mail_does_not_hold_up_the_next(received: Received, mail_server: Handler) -> None:
    old, new = received(), received(message="neu", now=NOON + MINUTE)
    mail_server.answers_to_data = ["451 greylisted"]
    assert deliver_due(NOON + MINUTE) == 1
    assert (state(old), state(new)) == (State.RETRYING, State.SENT)


def test_after_three_days_without_a_server_everything_arrives(received: Received, settings: Settings) -> None:
    port = free_port()
    point_to(settings, port)
    waiting = [received(message=f"Nummer {number}") for number in range(3)]
    now = NOON
    while now < NOON + timedelta(hours=72):
        deliver_due(now)
        now = min(mail.next_attempt_at for mail in OutgoingMail.objects.waiting() if mail.next_attempt_at) + MINUTE
    assert {state(submission) for submission in waiting} == {State.RETRYING}
    assert row(waiting[0]).attempts > 50
    handler = Handler()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    assert deliver_due(now + timedelta(hours=1)) == 3
    controller.stop()
    assert {state(submission) for submission in waiting} == {State.SENT}


def test_after_five_days_of_attempts_the_mail_waits_for_the_operator(received: Received, settings: Settings) -> None:
    point_to(settings, free_port())
    submission = received()
    while (mail := row(submission)).next_attempt_at:
        deliver_due(mail.next_attempt_at)
    assert mail.state == State.UNDELIVERABLE
    assert GIVE_UP_AFTER / timedelta(hours=1) < mail.attempts < GIVE_UP_AFTER / timedelta(hours=1) + 10


def test_a_clock_that_jumped_six_days_gives_up_nothing_and_stops_nothing(
    received: Received, settings: Settings
) -> None:
    """It is too small a jump for the clock to be in doubt."""
    point_to(settings, free_port())
    submission = received()
    for now in (NOON, NOON + timedelta(days=6), NOON + timedelta(hours=1)):
        before = row(submission).attempts
        deliver_due(now)
        assert (state(submission), row(submission).attempts) == (State.RETRYING, before + 1)


def test_a_server_out_of_reach_costs_one_attempt_for_each_pass(received: Received, settings: Settings) -> None:
    point_to(settings, free_port())
    waiting = [received(message=str(number)) for number in range(3)]
    deliver_due(NOON)
    assert sorted(map(state, waiting)) == [State.RETRYING, State.WAITING, State.WAITING]


def test_silence_after_data_leaves_the_mail_in_doubt_and_it_is_repeated(
    received: Received, mail_server: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail_server.is_silent_after_data = True
    monkeypatch.setattr(smtp, "ANSWER_SECONDS", 0.3)
    submission = received()
    assert deliver_due(NOON) == 0
    assert state(submission) == State.UNCONFIRMED
    assert row(submission).payload
    told = copies.state(submission)
    assert "An den Betreiber gemailt, unbestätigt" in told
    assert "Wartet darauf, an den Betreiber gemailt zu werden" not in told
    mail_server.is_silent_after_data = False
    assert deliver_due(NOON + timedelta(hours=3)) == 0
    assert deliver_due(NOON + timedelta(hours=5)) == 1


@pytest.fixture
def dripping_server(settings: Settings) -> Iterator[None]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Dripping) as server:
        threading.Thread(target=server.serve_forever).start()
        point_to(settings, server.server_address[1])
        yield
        server.shutdown()


def test_a_server_that_answers_byte_by_byte_is_left(
    received: Received, dripping_server: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "SECONDS", 0.3)
    submission = received()
    assert deliver_due(NOON) == 0
    assert state(submission) == State.RETRYING


def test_a_conversation_ends_long_before_its_lease() -> None:
    assert timedelta(seconds=smtp.SECONDS) < LEASE


def test_without_the_tls_that_was_asked_for_nothing_is_sent(
    received: Received, mail_server: Handler, settings: Settings
) -> None:
    port = settings.MAILERS["default"]["OPTIONS"]["port"] if hasattr(settings, "MAILERS") else settings.EMAIL_PORT
    point_to(settings, port, use_tls=True)
    submission = received()
    assert deliver_due(NOON) == 0
    assert state(submission) == State.RETRYING
    assert "TLS" in row(submission).last_reply
    assert not mail_server.received


def test_a_leased_mail_is_nobody_elses_until_the_lease_ends(received: Received) -> None:
    submission = received()
    mail = row(submission)
    assert OutgoingMail.objects.lease_next(NOON) == mail
    assert OutgoingMail.objects.lease_next(NOON) is None
    assert OutgoingMail.objects.lease_next(NOON + LEASE) == mail
    assert state(submission) == State.WAITING
    assert row(submission).attempts == 2


@pytest.mark.django_db(transaction=True)
def test_four_workers_at_once_send_each_mail_once(received: Received, mail_server: Handler) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("only on PostgreSQL")  # in memory SQLite locks whole tables; test_kill has workers on a file
    references = {received(message=f"Nummer {number}").reference for number in range(20)}

    def work(_number: int) -> int:
        try:
            return deliver_due(NOON)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        assert sum(workers.map(work, range(4))) == 20
    assert sorted(mail["X-Reference"] for mail in mail_server.mails()) == sorted(references)


def test_a_worker_that_lost_its_lease_changes_nothing(received: Received) -> None:
    submission = received()
    late = OutgoingMail.objects.lease_next(NOON)
    OutgoingMail.objects.lease_next(NOON + LEASE)
    assert late is not None
    outbox._note_failure(late, Failure("554 no", for_good=True), NOON + LEASE)
    outbox._note_delivery(late, {}, NOON + LEASE, late.delivered(NOON))
    assert state(submission) == State.WAITING


def test_a_suspect_is_never_mailed(received: Received, mail_server: Handler) -> None:
    received(honeypot="x")
    assert deliver_due(NOON + timedelta(days=1)) == 0
    assert not mail_server.received


def test_the_operator_hears_of_a_queue_that_does_not_move(received: Received) -> None:
    received()
    codes = {f.code: f.level for f in findings.collect(NOON + timedelta(minutes=14))}
    assert codes["contact.queue"] == findings.Level.FINE
    later = {f.code: f for f in findings.collect(NOON + timedelta(hours=5))}
    assert later["contact.queue"].level == findings.Level.ALARM
    assert later["contact.queue"].holds_up_mail


def test_an_old_message_sent_again_is_no_old_queue(received: Received) -> None:
    received()
    later = NOON + timedelta(days=400)
    services.send_again(submissions=Submission.objects.all(), now=later)
    assert {f.code: f.level for f in findings.collect(later)}["contact.queue"] == findings.Level.FINE
