"""Suspects are named by mail, and go only if that mail was taken."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from contact import health, services, suspects_digest
from contact.models import Submission, Verdict
from contact.suspects_digest import EVERY, report_suspects
from sitebackend.mail.models import OutgoingMail
from sitebackend.mail.services import deliver_due
from sitebackend.models import SiteSettings
from sitebackend.privacy import erasure
from sitebackend.privacy.models import Rehearsal
from sitebackend.privacy.rehearsal import invented
from sitebackend.privacy.restriction.models import Restriction
from tests.contact.conftest import FIELDS, NOON
from tests.contact.mailserver import Handler

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journal_folder")]
Received = Callable[..., Submission]
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def site(db: None) -> SiteSettings:
    return SiteSettings.objects.create(business_name="Netz & Gerät", owner="Jule Ostermann", email="hallo@example.de")


def reported(now: datetime) -> int:
    """Report and deliver; gives how many suspects are told then."""
    report_suspects(now)
    deliver_due(now)
    return Submission.objects.exclude(told_at=None).count()


def goes(suspect: Submission, days: int) -> bool:
    steps = erasure.due(NOON.date() + timedelta(days=days)).destructive
    return any(suspect.pk in step.rows for step in steps)


def test_the_first_is_named_at_once_with_its_reasons_and_nothing_of_what_it_says(
    received: Received, mail_server: Handler
) -> None:
    suspect = received(honeypot="x")
    assert reported(NOON) == 1
    (mail,) = mail_server.mails()
    text = mail.get_content()
    assert mail["Subject"].strip() == "1 Nachricht wurde als Spam-Verdacht zurückgehalten"
    assert suspect.reference in text
    assert "das für Menschen unsichtbare Feld" in text
    assert "90 Tage" in text
    assert not [value for value in FIELDS.values() if value in text]


def test_those_that_follow_are_named_together_within_the_hour(received: Received, mail_server: Handler) -> None:
    received(honeypot="x")
    reported(NOON)
    others = [received(honeypot="x", message=str(number), now=NOON + timedelta(minutes=number)) for number in (5, 50)]
    assert reported(NOON + HOUR - timedelta(seconds=1)) == 1
    assert reported(NOON + HOUR) == 3
    _first, second = mail_server.mails()
    assert all(other.reference in second.get_content() for other in others)
    assert reported(NOON + 2 * HOUR) == 3
    assert len(mail_server.mails()) == 2


def test_a_mail_that_was_not_taken_told_nobody_and_names_those_that_came_meanwhile(
    received: Received, mail_server: Handler
) -> None:
    first = received(honeypot="x")
    mail_server.answers_to_data = ["451 later", "451 later"]
    assert reported(NOON) == 0
    assert not goes(first, 5000)
    second = received(honeypot="x", message="zwei")
    assert reported(NOON + EVERY) == 0
    mail_server.answers_to_data = []
    deliver_due(NOON + 3 * HOUR)
    (mail,) = mail_server.mails()
    assert all(row.reference in mail.get_content() for row in (first, second))
    assert Submission.objects.filter(told_at=None).count() == 0


def test_a_mail_that_waits_and_names_them_all_is_left_alone(received: Received, mail_server: Handler) -> None:
    received(honeypot="x")
    mail_server.answers_to_data = ["451 later"]
    reported(NOON)
    assert report_suspects(NOON + 5 * HOUR) == 0
    OutgoingMail.objects.update(payload=b"altered")
    assert report_suspects(NOON + 5 * HOUR) == 1


def test_it_goes_ninety_days_after_the_mail_and_a_setting_says_otherwise(
    received: Received, mail_server: Handler, settings: Settings
) -> None:
    suspect = received(honeypot="x", now=NOON - timedelta(days=400))
    assert not goes(suspect, 0)
    reported(NOON)
    assert not goes(suspect, 90)
    assert goes(suspect, 91)
    settings.CONTACT_RETENTION_DAYS = {"suspect": 10}
    assert not goes(suspect, 10)
    assert goes(suspect, 11)


def test_what_the_operator_calls_spam_is_known_and_goes_too_and_what_is_no_spam_stays(
    received: Received, mail_server: Handler
) -> None:
    spam, suspect = received(), received(honeypot="x", message="zwei")
    reported(NOON)
    services.mark_spam(submissions=Submission.objects.filter(pk=spam.pk), now=NOON)
    services.release(submissions=Submission.objects.filter(pk=suspect.pk), now=NOON)
    assert goes(spam, 91)
    assert not goes(suspect, 5000)


def test_a_released_and_a_restricted_one_are_not_named(received: Received, mail_server: Handler) -> None:
    released, restricted = received(honeypot="x"), received(honeypot="x", message="zwei")
    Submission.objects.filter(pk=released.pk).update(verdict=Verdict.RELEASED)
    Restriction.objects.create(holding="contact.submissions", row=restricted.pk, since=NOON)
    assert reported(NOON) == 0
    assert mail_server.mails() == []


def test_one_released_while_the_mail_waited_is_not_named_and_not_told(received: Received, mail_server: Handler) -> None:
    suspect = received(honeypot="x")
    report_suspects(NOON)
    Submission.objects.filter(pk=suspect.pk).update(verdict=Verdict.RELEASED)
    deliver_due(NOON)
    assert mail_server.mails() == []
    assert Submission.objects.get().told_at is None


def test_the_invented_person_of_the_rehearsal_is_not_named(received: Received, mail_server: Handler) -> None:
    Rehearsal.objects.create(id=1, begun_at=NOON)
    received(honeypot="x", email=invented(NOON).email)
    assert reported(NOON) == 0


def test_a_flood_is_named_in_several_mails(
    received: Received, mail_server: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suspects_digest, "MOST", 2)
    for number in range(3):
        received(honeypot="x", message=str(number))
    assert reported(NOON) == 2
    assert reported(NOON + HOUR) == 3


def test_the_cockpit_says_that_the_mail_has_not_gone_out(received: Received, mail_server: Handler) -> None:
    received(honeypot="x")
    assert list(health.suspects(NOON + HOUR)) == []
    (finding,) = health.suspects(NOON + 4 * HOUR)
    assert (finding.code, finding.figure) == ("contact.suspects_untold", 1)
    reported(NOON + 4 * HOUR)
    assert list(health.suspects(NOON + 5 * HOUR)) == []
