"""The short mail to the sender."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from contact.acknowledgements import MOST_PER_HOUR
from contact.models import Submission
from sitebackend.mail.models import FIRST_PAUSE, OutgoingMail
from sitebackend.mail.services import deliver_due
from sitebackend.models import SiteSettings
from sitebackend.retention import ACKNOWLEDGEMENT_WAITS
from tests.contact.conftest import FIELDS, NOON
from tests.contact.mailserver import Handler

pytestmark = pytest.mark.django_db
Received = Callable[..., Submission]


def acknowledgements() -> Any:
    return OutgoingMail.objects.filter(kind="contact.acknowledgement")


def acknowledge_due(now: datetime) -> int:
    """The worker's job, with nothing else in the outbox."""
    OutgoingMail.objects.exclude(kind="contact.acknowledgement").delete()
    return deliver_due(now)


@pytest.fixture
def acknowledging(settings: Settings, db: None) -> None:
    settings.CONTACT_ACKNOWLEDGE = "yes"
    SiteSettings.objects.create(business_name="Netz & Gerät", owner="Jule Ostermann", email="hallo@example.de")


def test_without_the_setting_no_sender_gets_a_mail(received: Received, mail_server: Handler) -> None:
    received()
    assert acknowledge_due(NOON) == 0
    assert not acknowledgements().unsent().exists()


def test_a_sender_gets_the_reference_and_nothing_of_what_was_typed(
    acknowledging: None, received: Received, mail_server: Handler
) -> None:
    submission = received()
    assert acknowledge_due(NOON) == 1
    (mail,) = mail_server.mails()
    assert (mail["To"], mail["Reply-To"]) == (FIELDS["email"], "hallo@example.de")
    assert mail["Auto-Submitted"] == "auto-replied"
    assert submission.reference in mail["Subject"]
    assert submission.reference in mail.get_content()
    assert not [value for name, value in FIELDS.items() if name != "email" and value in mail.as_string()]
    assert "Weiß" not in mail.get_content()
    assert acknowledge_due(NOON + timedelta(days=1)) == 0


def test_the_waiting_address_lies_nowhere_in_the_clear(acknowledging: None, received: Received) -> None:
    received()
    with connection.cursor() as cursor:
        cursor.execute("SELECT payload FROM mail_outgoingmail WHERE kind = 'contact.acknowledgement'")
        (payload,) = cursor.fetchone()
    assert b"example.org" not in bytes(payload)


def test_who_wrote_on_the_english_page_is_answered_in_english(
    acknowledging: None, send: Callable[..., object], mail_server: Handler, client: Client
) -> None:
    Submission.objects.all().delete()
    send("/en/kontakt/")
    row = acknowledgements().get()
    assert acknowledge_due(row.next_attempt_at) == 1
    assert mail_server.mails()[0]["Subject"].startswith("Your message has arrived")


@pytest.mark.parametrize("first", ["juergen.weiss@example.org", "JUERGEN.WEISS@Example.org"])
def test_one_address_gets_one_a_day_however_it_is_spelled(acknowledging: None, received: Received, first: str) -> None:
    received(email=first)
    received(message="another")
    assert acknowledgements().count() == 1
    received(message="the day after", now=NOON + timedelta(days=1, seconds=1))
    assert acknowledgements().count() == 2


def test_a_suspect_and_a_flood_get_nothing(acknowledging: None, received: Received) -> None:
    received(honeypot="x")
    assert not acknowledgements().unsent().exists()
    template = Submission.objects.get()
    for number in range(MOST_PER_HOUR):
        template.pk, template.reference, template.idempotency_digest = None, f"AAA-AAA-{number:03}", str(number)
        template.email_digest = str(number)
        Submission.objects.bulk_create([template])
    received()
    assert not acknowledgements().unsent().exists()


def test_what_is_not_taken_is_tried_again_and_given_up_after_a_day(
    acknowledging: None, received: Received, mail_server: Handler
) -> None:
    received()
    mail_server.answers_to_data = ["451 later", "451 later"]
    assert acknowledge_due(NOON) == 0
    assert acknowledge_due(NOON + FIRST_PAUSE / 2) == 0
    assert mail_server.answers_to_data == ["451 later"]
    assert acknowledge_due(NOON + ACKNOWLEDGEMENT_WAITS + FIRST_PAUSE) == 0
    assert not acknowledgements().unsent().exists()


def test_a_final_no_ends_it(acknowledging: None, received: Received, mail_server: Handler) -> None:
    received()
    mail_server.answers_to_data = ["550 no such user"]
    assert acknowledge_due(NOON) == 0
    assert not acknowledgements().unsent().exists()
