"""The operator's inbox."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contact import services
from contact.models import Submission, Verdict
from sitebackend.mail.kinds import GIVE_UP_AFTER
from sitebackend.mail.models import State
from sitebackend.mail.services import deliver_due
from sitebackend.models import Operator
from tests.contact.conftest import FIELDS, NOON
from tests.contact.mailserver import Handler

LIST = "/admin/contact/submission/"
Received = Callable[..., Submission]


@pytest.fixture
def operator(client: Client, db: None) -> Client:
    client.force_login(Operator.objects.create_superuser("operator"))
    return client


def find(operator: Client, typed: str) -> Any:
    return operator.post(f"{LIST}find/", {"words": typed}, follow=True)


def act(operator: Client, action: str, *chosen: Submission) -> Any:
    return operator.post(LIST, {"action": action, "_selected_action": [row.pk for row in chosen]}, follow=True)


@pytest.mark.parametrize(
    "typed",
    ["juergen.weiss@example.org", "Juergen.Weiss@EXAMPLE.org", "0711 123456", "+49 711-123456", "0049711123456"],
)
def test_a_sender_is_found_by_what_they_say_of_themselves(received: Received, operator: Client, typed: str) -> None:
    submission, other = received(), received(email="other@example.org", phone="030 99")
    page = find(operator, typed).content.decode()
    assert submission.reference in page
    assert other.reference not in page


def test_a_reference_is_found_in_any_spelling(received: Received, operator: Client) -> None:
    submission = received()
    typed = submission.reference.lower().replace("-", " ")
    assert submission.reference in find(operator, typed).content.decode()


def test_what_was_looked_for_stands_in_no_address(received: Received, operator: Client) -> None:
    submission = received()
    answer = find(operator, FIELDS["email"])
    assert [place for place, _status in answer.redirect_chain] == [f"{LIST}?reference__in={submission.reference}"]
    operator.get(LIST, {"q": FIELDS["email"]})  # an old bookmark finds nothing, and is no error


def test_what_finds_nothing_stays_in_the_form(received: Received, operator: Client) -> None:
    assert received().reference not in (page := find(operator, "juergen").content.decode())
    assert 'value="juergen"' in page


def test_the_inbox_shows_nothing_that_was_typed(received: Received, operator: Client) -> None:
    submission = received(message="<script>alert(1)</script>")
    pages = operator.get(LIST).content + operator.get(f"{LIST}{submission.pk}/change/").content
    assert not [value for value in FIELDS.values() if value.encode() in pages]
    assert b"alert(1)" not in pages


def test_the_ciphertext_can_be_taken_away(received: Received, operator: Client) -> None:
    submission = received()
    answer = operator.get(reverse("admin:contact_submission_message", args=[submission.pk]))
    assert answer.content.decode() == submission.message.armoured
    assert answer["Content-Disposition"] == f'attachment; filename="{submission.reference}.asc"'


def test_a_stranger_gets_no_ciphertext(received: Received, client: Client) -> None:
    answer = client.get(reverse("admin:contact_submission_message", args=[received().pk]))
    assert answer.status_code == 302


def test_a_released_suspect_is_mailed_as_it_lies_there(
    received: Received, operator: Client, mail_server: Handler
) -> None:
    suspect = received(honeypot="x")
    act(operator, "release", suspect)
    suspect.refresh_from_db()
    assert suspect.verdict == Verdict.RELEASED
    assert suspect.mail is not None
    assert deliver_due(suspect.mail.queued_at) == 1
    assert mail_server.mails()[0].get_content_type() == "multipart/encrypted"


def test_what_is_called_no_spam_is_not_mailed_twice(received: Received, operator: Client, mail_server: Handler) -> None:
    sent = received()
    deliver_due(NOON)
    act(operator, "release", sent)
    sent.refresh_from_db()
    assert sent.mail is not None
    assert (sent.verdict, sent.mail.state) == (Verdict.RELEASED, State.SENT)


def test_a_mail_can_be_sent_again_and_is_recognisable_as_a_repeat(
    received: Received, operator: Client, mail_server: Handler
) -> None:
    submission = received()
    deliver_due(NOON)
    act(operator, "send_again", submission)
    assert submission.mail is not None
    assert deliver_due(submission.mail.queued_at) == 1
    first, second = mail_server.mails()
    assert second["References"] == first["Message-ID"] != second["Message-ID"]  # no mailbox hides it as a duplicate
    assert second["X-Reference"] == first["X-Reference"]
    assert second.get_content_type() == "multipart/encrypted"


def test_an_undeliverable_mail_sent_again_has_five_days_anew(
    received: Received, operator: Client, mail_server: Handler
) -> None:
    submission = received()
    mail_server.answers_to_data = ["554 no", "451 later"]
    deliver_due(NOON)
    later = NOON + GIVE_UP_AFTER * 2
    services.send_again(submissions=Submission.objects.filter(pk=submission.pk), now=later)
    deliver_due(later)
    assert submission.mail is not None
    assert submission.mail.state == State.RETRYING


def test_a_suspect_is_not_mailed_by_sending_again(received: Received, operator: Client) -> None:
    suspect = received(honeypot="x")
    act(operator, "send_again", suspect)
    suspect.refresh_from_db()
    assert suspect.mail is None


def test_done_and_not_done_again(received: Received, operator: Client) -> None:
    submission = received()
    act(operator, "mark_done", submission)
    submission.refresh_from_db()
    assert submission.done_at is not None
    act(operator, "reopen", submission)
    submission.refresh_from_db()
    assert submission.done_at is None


def test_nothing_is_added_changed_or_deleted_in_the_inbox(received: Received, operator: Client) -> None:
    submission = received()
    assert operator.get(f"{LIST}add/").status_code == 403
    assert operator.post(f"{LIST}{submission.pk}/delete/", {"post": "yes"}).status_code == 403
    operator.post(f"{LIST}{submission.pk}/change/", {"verdict": "released", "reference": "AAA-AAA-AAA"})
    before = submission.reference
    submission.refresh_from_db()
    assert submission.reference == before


def test_what_is_done_and_what_is_not_can_be_told_apart(received: Received, operator: Client) -> None:
    done, waiting = received(), received(message="zwei")
    Submission.objects.filter(pk=done.pk).mark_done(NOON)
    shown = {word: operator.get(LIST, {"done": word}).content.decode() for word in ("yes", "no")}
    assert (done.reference in shown["yes"], waiting.reference in shown["yes"]) == (True, False)
    assert (done.reference in shown["no"], waiting.reference in shown["no"]) == (False, True)
    assert "<h1>Nachrichten</h1>" in shown["no"]
