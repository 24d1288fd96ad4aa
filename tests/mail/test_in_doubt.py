"""A mail that was handed over, and the server did not say that it has it: it may have arrived."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import Settings

from sitebackend import findings
from sitebackend.findings import Level
from sitebackend.mail import services, smtp
from sitebackend.mail.kinds import GIVE_UP_AFTER
from sitebackend.mail.models import MOST_COPIES, REPEAT_AFTER, OutgoingMail, State
from tests.contact.mailserver import Handler, free_port, point_to
from tests.mail.conftest import HER, NOON, Told

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What takes seconds and minutes in earnest takes parts of a second; no mail is left to the next test."""
    monkeypatch.setattr(services, "PATIENCE", 0.1)
    monkeypatch.setattr(smtp, "ANSWER_SECONDS", 3.0)
    yield
    for _mail, _facts, hand_over in services._awaited.mails:
        hand_over.join()
    services._awaited.mails = []


def queue(kind: str = "test.letter", **facts: object) -> OutgoingMail:
    about = uuid4()
    services.queue(kind, about=about, to=HER, facts={"words": "Kanarienvogel", "to": HER} | facts, now=NOON)
    return OutgoingMail.objects.get(about=about)


def state(mail: OutgoingMail) -> State:
    mail.refresh_from_db()
    return State(mail.state)


def deliver(now: datetime) -> int:
    """As the worker with `--once`: a server on a busy machine may take longer than the others wait for it."""
    return services.deliver_due(now) + services.await_answers(now)


def deliver_for(days: int) -> None:
    """As the worker would, every hour."""
    for hour in range(days * 24):
        deliver(NOON + hour * HOUR)


def finding(code: str) -> findings.Finding | None:
    return next((found for found in findings.collect(NOON + HOUR) if found.code == code), None)


def test_a_server_that_takes_longer_than_any_timeout_gets_it_once(
    told: Told, mail_server: Handler, settings: Settings
) -> None:
    port = settings.MAILERS["default"]["OPTIONS"]["port"] if hasattr(settings, "MAILERS") else settings.EMAIL_PORT
    point_to(settings, port, timeout=0.6)
    mail_server.answers_after = 1.5
    mail = queue()
    assert services.deliver_due(NOON) == 0
    assert state(mail) == State.UNCONFIRMED
    assert told == []
    assert services.await_answers(NOON) == 1
    assert (state(mail), mail.copies, len(told)) == (State.SENT, 1, 1)
    deliver_for(days=1)
    assert len(mail_server.received) == 1


def test_meanwhile_the_others_go_out(told: Told, mail_server: Handler) -> None:
    mail_server.answers_after = 2.5
    slow = queue(words="Schnecke")
    services.deliver_due(NOON)
    assert state(slow) == State.UNCONFIRMED
    mail_server.answers_after = 0.0
    for _ in range(5):
        queue()
    assert deliver(NOON) == 6
    assert ["Schnecke" in str(mail) for mail in mail_server.mails()] == [False] * 5 + [True]


def test_no_more_than_a_few_wait_at_once(told: Told, mail_server: Handler) -> None:
    mail_server.answers_after = 1.0
    for _ in range(services.MOST_AWAITED + 2):
        queue()
    services.deliver_due(NOON)
    assert OutgoingMail.objects.unconfirmed().count() == services.MOST_AWAITED
    assert services.await_answers(NOON) == services.MOST_AWAITED


def test_a_late_no_is_a_no(told: Told, mail_server: Handler) -> None:
    mail_server.answers_after, mail_server.answers_to_data = 0.5, ["451 4.3.0 not now", "554 5.6.0 never"]
    later, never = queue(), queue()
    services.deliver_due(NOON)
    services.await_answers(NOON)
    assert {state(later), state(never)} == {State.RETRYING, State.UNDELIVERABLE}
    assert (later.copies, never.copies) == (0, 0)


def test_a_line_that_drops_after_the_data_gets_it_three_times_hours_apart(told: Told, mail_server: Handler) -> None:
    mail_server.hangs_up_after_data = True
    mail, times = queue(), []
    for hour in range(6 * 24):
        before = len(mail_server.received)
        deliver(NOON + hour * HOUR)
        times += [hour] * (len(mail_server.received) - before)
    assert len(times) == MOST_COPIES
    assert all(later - earlier >= REPEAT_AFTER // HOUR for earlier, later in pairwise(times))
    assert (state(mail), mail.next_attempt_at, mail.copies) == (State.UNCONFIRMED, None, MOST_COPIES)
    assert mail.payload
    assert told == []


@pytest.mark.parametrize("words", ["garbage", "99", "300 what?"])
def test_an_answer_that_is_none_is_a_doubt(told: Told, mail_server: Handler, words: str) -> None:
    mail_server.answers_to_data = [words]
    mail = queue()
    deliver(NOON)
    assert state(mail) == State.UNCONFIRMED


def test_any_answer_that_begins_with_2_is_a_yes(told: Told, mail_server: Handler) -> None:
    mail_server.answers_to_data = ["251 2.6.0 queued as 4ZbX"]
    mail = queue()
    assert deliver(NOON) == 1
    assert (state(mail), mail.last_reply) == (State.SENT, "251 2.6.0 queued as 4ZbX")


def test_a_repeat_is_recognised_and_is_no_duplicate(told: Told, mail_server: Handler) -> None:
    mail_server.hangs_up_after_data = True
    queue()
    deliver_for(days=1)
    ids, references, subjects = zip(
        *((mail["Message-ID"], mail["References"], mail["Subject"]) for mail in mail_server.mails()), strict=True
    )
    assert len(set(ids)) == MOST_COPIES
    assert references == (None, ids[0], ids[0])
    assert subjects == ("Brief", "Brief (noch einmal gesendet)", "Brief (noch einmal gesendet)")
    assert OutgoingMail.objects.get().message_ids(ids[0]) == list(ids)


def test_what_was_refused_keeps_its_message_id(told: Told, mail_server: Handler) -> None:
    mail_server.answers_to_data = ["451 4.3.0 not now"] * 3
    queue()
    deliver_for(days=1)
    [mail] = mail_server.mails()
    assert (mail["References"], mail["Subject"], mail["Message-ID"].count(".2@")) == (None, "Brief", 0)


def test_sent_again_by_the_operator_it_is_a_copy_of_its_own(told: Told, mail_server: Handler) -> None:
    mail = queue()
    deliver(NOON)
    services.queue_again(mail.kind, about=[mail.about], now=NOON)
    OutgoingMail.objects.update(payload=mail.payload)  # what is sealed goes with the delivery; this kind needs it
    deliver(NOON)
    first, second = mail_server.mails()
    assert second["Message-ID"] == first["Message-ID"].replace("@", ".2@")
    assert second["References"] == first["Message-ID"]


def test_another_mail_of_this_kind_is_a_copy_of_its_own_and_no_repeat(told: Told, mail_server: Handler) -> None:
    mail = queue()
    deliver(NOON)
    services.queue(mail.kind, about=mail.about, facts={"words": "Neues"}, now=NOON)
    deliver(NOON)
    first, second = mail_server.mails()
    assert second["Message-ID"] != first["Message-ID"]
    assert (second["References"], second["Subject"]) == (None, "Brief")


def test_a_courtesy_in_doubt_is_not_repeated(told: Told, mail_server: Handler) -> None:
    mail_server.hangs_up_after_data = True
    queue("test.courtesy")
    deliver_for(days=2)
    assert len(mail_server.received) == 1
    assert not OutgoingMail.objects.exists()


def test_a_refusal_between_repeats_takes_nothing_of_the_doubt(
    told: Told, mail_server: Handler, settings: Settings
) -> None:
    mail_server.hangs_up_after_data = True
    mail = queue()
    deliver(NOON)
    point_to(settings, free_port())
    deliver(NOON + REPEAT_AFTER + HOUR)
    assert (state(mail), mail.copies, mail.attempts) == (State.UNCONFIRMED, 1, 2)
    while mail.next_attempt_at:
        deliver(mail.next_attempt_at)
        mail.refresh_from_db()
    assert (mail.state, mail.copies) == (State.UNCONFIRMED, 1)
    assert mail.attempts > GIVE_UP_AFTER / HOUR


def test_a_worker_that_ended_while_it_waited_leaves_a_doubt(told: Told, mail_server: Handler) -> None:
    mail_server.answers_after = 0.5
    mail = queue()
    services.deliver_due(NOON)
    [(_mail, _facts, hand_over)] = services._awaited.mails
    services._awaited.mails = []  # its memory is gone
    hand_over.join()
    mail_server.answers_after = 0.0
    assert services.deliver_due(NOON + REPEAT_AFTER - HOUR) == 0
    assert services.deliver_due(NOON + REPEAT_AFTER + HOUR) == 1
    assert (state(mail), mail.copies, len(mail_server.received)) == (State.SENT, 2, 2)


@pytest.mark.parametrize(
    ("state", "ahead"),
    [
        (State.WAITING, timedelta(minutes=30)),
        (State.RETRYING, timedelta(hours=2)),
        (State.RETRYING, timedelta(days=6)),
        (State.UNCONFIRMED, timedelta(hours=5)),
    ],
)
def test_no_time_in_the_future_stops_the_queue(
    told: Told, mail_server: Handler, state: State, ahead: timedelta
) -> None:
    queue()
    attempts = 0 if state == State.WAITING else 1
    OutgoingMail.objects.update(state=state, next_attempt_at=NOON + ahead, queued_at=NOON + ahead, attempts=attempts)
    assert deliver(NOON) == 1


# --- what the operator is told, and decides


def test_the_operator_is_told_from_the_first_doubt_on(told: Told, mail_server: Handler) -> None:
    mail_server.hangs_up_after_data = True
    services.queue("vault.event", about=uuid4(), now=NOON)
    OutgoingMail.objects.update(state=State.UNCONFIRMED, next_attempt_at=NOON + REPEAT_AFTER)
    first = finding("mail.unconfirmed")
    assert first
    assert (first.level, first.figure) == (Level.WARNING, 1)
    queue_finding = finding("mail.queue")
    assert queue_finding
    assert queue_finding.level == Level.FINE  # it does not wait for the server
    OutgoingMail.objects.update(next_attempt_at=None)
    last = finding("mail.unconfirmed")
    assert last
    assert (last.level, last.holds_up_mail) == (Level.ALARM, True)


def test_what_the_operator_saw_arrive_is_noted_as_sent(told: Told, mail_server: Handler, admin_client: Client) -> None:
    mail_server.hangs_up_after_data = True
    doubtful, waiting = queue(), queue()
    deliver(NOON)
    OutgoingMail.objects.filter(pk=waiting.pk).update(state=State.RETRYING)
    action = {"action": "confirm", "_selected_action": [doubtful.pk, waiting.pk]}
    admin_client.post("/admin/mail/outgoingmail/", action)
    assert (state(doubtful), doubtful.payload, doubtful.copies) == (State.SENT, None, 1)
    assert state(waiting) == State.RETRYING
    assert [about for about, _facts, _at in told] == [doubtful.about]


def test_sent_again_by_the_operator_a_doubtful_mail_goes_once(told: Told, mail_server: Handler) -> None:
    mail_server.hangs_up_after_data = True
    mail = queue()
    deliver_for(days=1)
    services.release(mails=OutgoingMail.objects.all(), now=NOON)
    deliver_for(days=1)
    assert (state(mail), mail.copies) == (State.UNCONFIRMED, MOST_COPIES + 1)
    assert len(mail_server.received) == MOST_COPIES + 1


def test_what_a_restore_held_may_have_gone_out_and_says_so(told: Told, mail_server: Handler) -> None:
    queue()
    OutgoingMail.objects.hold()
    services.release(mails=OutgoingMail.objects.all(), now=NOON)
    deliver(NOON)
    [mail] = mail_server.mails()
    assert mail["References"]
