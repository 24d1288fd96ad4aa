"""The outbox: row first, the worker sends, its state is there to be seen."""

import ast
import logging
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings as site
from django.db import connection, transaction
from pytest_django import Settings

from sitebackend import findings
from sitebackend.mail import kinds, services
from sitebackend.mail.kinds import Facts
from sitebackend.mail.models import FIRST_PAUSE, NOTHING, OutgoingMail, State
from sitebackend.privacy import erasure, registry
from sitebackend.privacy.registry import DataSubject
from sitebackend.privacy.restriction import services as restriction
from sitebackend.retention import SENT_MAIL
from tests.contact.mailserver import Handler, free_port, point_to
from tests.mail.conftest import HER, NOON, Told

pytestmark = pytest.mark.django_db
ABOUT = uuid4()
FACTS = {"words": "Kanarienvogel", "to": HER}


def queue(kind: str = "test.letter", **facts: object) -> OutgoingMail:
    services.queue(kind, about=ABOUT, to=HER, facts=FACTS | facts, now=NOON)
    return OutgoingMail.objects.get(kind=kind, about=ABOUT)


def test_what_waits_lies_nowhere_in_the_clear(told: Told) -> None:
    queue()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM mail_outgoingmail")
        row = repr([bytes(value) if isinstance(value, memoryview) else value for value in cursor.fetchone()])
    assert "Kanarienvogel" not in row
    assert "example.org" not in row


def test_what_the_server_took_is_wiped_and_then_told(told: Told, mail_server: Handler) -> None:
    mail = queue()
    assert told == []
    assert services.deliver_due(NOON) == 1
    mail.refresh_from_db()
    assert (mail.state, mail.payload, mail.recipient_digest, mail.next_attempt_at) == (State.SENT, None, "", None)
    [(about, facts, at)] = told
    assert (about, facts["words"], at) == (ABOUT, "Kanarienvogel", mail.sent_at)
    assert services.deliver_due(NOON + timedelta(days=1)) == 0


def test_what_was_rolled_back_is_not_mailed(told: Told, mail_server: Handler) -> None:
    with transaction.atomic():
        queue()
        transaction.set_rollback(True)
    assert services.deliver_due(NOON) == 0


def test_inside_a_transaction_nothing_is_sent(told: Told, mail_server: Handler) -> None:
    queue()
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        services.deliver_due(NOON)
    assert mail_server.received == []
    assert services.deliver_due(NOON) == 1


def test_queued_again_it_takes_the_place_of_the_one_that_waits(told: Told, mail_server: Handler) -> None:
    queue()
    queue(words="Neues")
    assert services.deliver_due(NOON) == 1
    assert "Neues" in mail_server.mails()[0].get_content()


def test_a_mail_that_has_nothing_to_say_any_more_goes_unsent(told: Told, mail_server: Handler) -> None:
    queue(is_over=True)
    services.deliver_due(NOON)
    assert (mail_server.received, told, OutgoingMail.objects.count()) == ([], [], 0)


def test_a_mail_that_cannot_be_made_holds_up_nobody_and_waits(told: Told, mail_server: Handler) -> None:
    services.queue("test.letter", about=uuid4(), facts={"no": "words"}, now=NOON - timedelta(hours=1))
    queue()
    assert services.deliver_due(NOON) == 1
    broken = OutgoingMail.objects.unsent().get()
    assert (broken.state, "KeyError" in broken.last_reply) == (State.RETRYING, True)


def test_if_a_delivery_cannot_be_noted_the_operator_hears_and_nobody_gets_it_twice(
    told: Told, mail_server: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Told, "__call__", lambda *_: {}["missing"])
    mail = queue()
    services.deliver_due(NOON)
    services.deliver_due(NOON + timedelta(hours=1))
    mail.refresh_from_db()
    assert (mail.state, len(mail_server.received)) == (State.UNDELIVERABLE, 1)


def test_a_payload_moved_to_another_row_does_not_open(told: Told, mail_server: Handler) -> None:
    mail = queue()
    OutgoingMail.objects.update(about=uuid4())
    services.deliver_due(NOON)
    mail.refresh_from_db()
    assert "SealingError" in mail.last_reply
    assert mail_server.received == []


def test_a_courtesy_that_nobody_takes_is_let_go(told: Told, mail_server: Handler) -> None:
    mail_server.answers_to_data = ["550 no"]
    queue("test.courtesy")
    services.deliver_due(NOON)
    assert not OutgoingMail.objects.exists()


def test_the_log_names_kinds_and_never_addresses(
    told: Told, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    point_to(settings, free_port())
    queue()
    with caplog.at_level(logging.DEBUG, logger="sitebackend"):
        services.deliver_due(NOON)
    assert [record.getMessage() for record in caplog.records] == [
        "a mail was not taken (test.letter): ConnectionRefusedError"
    ]


@pytest.mark.parametrize("words", ["<roswitha@example.org> is unknown", "no such user: Roswitha", "roswitha@else.org?"])
def test_the_servers_words_are_kept_and_the_person_in_them_is_not(told: Told, mail_server: Handler, words: str) -> None:
    mail_server.answer_to_recipient = f"550 5.1.1 {words}"
    mail = queue()
    services.deliver_due(NOON)
    mail.refresh_from_db()
    assert mail.last_reply.startswith("550 5.1.1")
    assert "roswitha" not in mail.last_reply.lower()


def test_the_dates_of_what_was_sent_go_after_their_time(told: Told, mail_server: Handler) -> None:
    mail = queue()
    services.deliver_due(NOON)
    mail.refresh_from_db()
    assert mail.sent_at
    assert services.sweep(mail.sent_at + SENT_MAIL - timedelta(minutes=1)) == 0
    assert services.sweep(mail.sent_at + SENT_MAIL) == 1


# --- persons


def test_a_person_is_found_by_the_digest_of_the_address_and_erased_before_the_mail_goes(
    told: Told, mail_server: Handler, journal_folder: Path
) -> None:
    queue()
    her = DataSubject(email=HER.upper())
    [item] = registry.find(her)
    assert (item.source, item.matched_by) == ("mail.outbox", ("email",))
    [copy] = registry.export(her)
    assert "letter" in copy.values.values()
    erasure.erase(her, plan_hash=erasure.plan(her).hash, now=NOON)
    assert services.deliver_due(NOON) == 0
    assert registry.find(her) == []


def test_mails_about_a_row_go_with_it(told: Told) -> None:
    queue()
    services.queue("test.courtesy", facts=FACTS, now=NOON)
    services.forget([ABOUT, NOTHING])
    assert OutgoingMail.objects.get().about == NOTHING  # what is about nothing belongs to nobody


def test_a_restricted_row_is_not_mailed_about_until_it_is_released(
    told: Told, mail_server: Handler, journal_folder: Path
) -> None:
    queue()
    restriction.restrict("test", [ABOUT], now=NOON)
    assert services.deliver_due(NOON) == 0
    restriction.forget([ABOUT])
    assert services.deliver_due(NOON) == 1


# --- what the operator must know and decide


def levels() -> dict[str, findings.Level]:
    return {found.code: found.level for found in findings.collect(NOON + timedelta(hours=5))}


def test_a_queue_that_does_not_move_and_a_final_no_are_told(
    told: Told, mail_server: Handler, settings: Settings
) -> None:
    OutgoingMail.objects.all().delete()
    services.queue("vault.event", about=ABOUT, now=NOON)
    assert levels()["mail.queue"] == findings.Level.ALARM
    assert levels()["contact.queue"] == findings.Level.FINE
    OutgoingMail.objects.update(state=State.UNDELIVERABLE, next_attempt_at=None)
    assert levels()["mail.undeliverable"] == findings.Level.ALARM


def test_what_a_restore_holds_is_sent_or_given_up_by_the_operator_alone(told: Told, mail_server: Handler) -> None:
    queue(), queue("test.courtesy")
    assert OutgoingMail.objects.hold() == 2
    assert services.deliver_due(NOON + timedelta(days=9)) == 0
    assert levels()["mail.held"] == findings.Level.WARNING
    letter, courtesy = (OutgoingMail.objects.filter(kind=f"test.{name}") for name in ("letter", "courtesy"))
    assert services.release(mails=letter, now=NOON) == 1
    assert services.give_up(mails=courtesy) == 1
    assert services.deliver_due(NOON) == 1
    assert services.release(mails=OutgoingMail.objects.all(), now=NOON) == 0  # what was sent stays sent


def test_after_a_failure_it_waits_longer_and_longer_up_to_an_hour(told: Told, settings: Settings) -> None:
    point_to(settings, free_port())
    mail, now, pauses = queue(), NOON, []
    for _attempt in range(9):
        services.deliver_due(now)
        mail.refresh_from_db()
        assert mail.next_attempt_at
        pauses.append(round((mail.next_attempt_at - now) / FIRST_PAUSE))
        now = mail.next_attempt_at
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]


# --- one way to send


def test_nothing_but_the_outbox_hands_a_mail_to_a_server() -> None:
    """`.send(` of a message, `send_mail`, `get_connection`: whoever needs one of them goes around the outbox."""
    names = {
        "send_mail",
        "send_mass_mail",
        "mail_admins",
        "mail_managers",
        "get_connection",
        "smtplib",
        "send_messages",
    }
    found = set()
    for path in sorted(Path(site.BASE_DIR).glob("*/**/*.py")):
        place = path.relative_to(site.BASE_DIR).as_posix()
        if place.startswith(("tests/", ".venv/", "var/")):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            is_sending = isinstance(node, ast.keyword) and node.arg == "fail_silently"
            imported = {alias.name for alias in getattr(node, "names", []) if isinstance(alias, ast.alias)}
            called = {getattr(node, "attr", ""), getattr(node, "id", "")}
            if is_sending or names & (imported | called):
                found.add(place)
    assert found == {"sitebackend/mail/smtp.py", "sitebackend/mail/failures.py"}  # this one explains smtplib's words


def test_nobody_but_the_worker_delivers() -> None:
    """A page that delivered would wait for the mail server, and with it whoever looks at the page."""
    places = {
        path.relative_to(site.BASE_DIR).as_posix()
        for app in ("sitebackend", "contact", "consent", "customers")
        for path in (Path(site.BASE_DIR) / app).rglob("*.py")
        if "deliver_due" in path.read_text()
    }
    assert places == {"sitebackend/mail/services.py", "sitebackend/management/commands/worker.py"}


def test_every_kind_says_what_it_is(told: Told) -> None:
    facts: Facts = {}
    assert len(kinds.registered()) > 12
    assert all(str(kind.label) and callable(kind.compose) for kind in kinds.registered()), facts
