"""A restricted message is kept and not used: not mailed, not acknowledged, not read, not swept."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from contact import reading
from contact import services as contact
from contact.models import Submission
from sitebackend import nonce
from sitebackend.crypto import sealing
from sitebackend.mail.services import deliver_due
from sitebackend.models import SiteSettings
from sitebackend.privacy import erasure
from sitebackend.privacy.restriction import services as restriction
from sitebackend.vault.opened import OpenVault

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journal_folder", "operator_key", "in_english")]
NOW = timezone.now()


@pytest.fixture(autouse=True)
def site() -> SiteSettings:
    return SiteSettings.objects.create(business_name="B", owner="O", email="k@example.de", federal_state="NW")


def _message(email: str) -> Submission:
    fields = dict.fromkeys(("name", "street", "postal_code", "city", "phone", "message"), "x") | {"email": email}
    return contact.receive(fields=fields, reply_to=email, nonce=nonce.issue(), now=NOW)


def _restricted() -> Submission:
    submission = _message("her@example.org")
    restriction.restrict("contact.submissions", [submission.pk], now=NOW)
    return submission


def test_a_restricted_message_waits_and_others_go_out() -> None:
    hers, other = _restricted(), _message("other@example.org")
    assert deliver_due(NOW + timedelta(minutes=1)) == 1
    assert other.reference in mail.outbox[0].subject
    assert contact.send_again(submissions=Submission.objects.filter(pk=hers.pk), now=NOW) == 0
    assert deliver_due(NOW + timedelta(days=1)) == 0


def test_a_restricted_message_is_not_acknowledged(settings: Settings) -> None:
    settings.CONTACT_ACKNOWLEDGE = "yes"
    _restricted()
    assert deliver_due(NOW + timedelta(hours=1)) == 0
    assert mail.outbox == []


def test_a_restricted_message_is_not_read() -> None:
    anybodys = OpenVault(sealing.new_key_pair()[1], locks_at=NOW).messages()
    with pytest.raises(reading.NotReadable, match="restricted"):
        reading.read(open_messages=anybodys, submission=_restricted())


def test_retention_keeps_what_is_restricted(settings: Settings) -> None:
    settings.CONTACT_RETENTION_DAYS = {"done": 10, "open": 10, "suspect": 10}
    hers, other = _restricted(), _message("other@example.org")
    due = erasure.due(timezone.localdate() + timedelta(days=20))
    gone, held = ({row for step in steps for row in step.rows} for steps in (due.destructive, due.retained))
    assert hers.pk not in gone
    assert other.pk in gone
    assert held == {hers.pk}
