"""A request of the public form reaches the operator at once, and what came by mail is not forgotten there."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core import mail

from contact import services as contact
from contact.models import Channel, Submission
from customers.clear_file import ClearFile
from customers.models import Customer
from customers.refusals import Refused
from customers.services.billing import file_billing_document
from sitebackend import findings
from sitebackend.findings import Level
from sitebackend.mail import services as outbox
from sitebackend.privacy import erasure
from sitebackend.privacy.models import DataSubjectRequest, Kind
from sitebackend.privacy.registry import DataSubject
from sitebackend.privacy.services import intake
from sitebackend.privacy.statement import Statement
from tests.formats import files
from tests.privacy.conftest import NOON

ERIKA = Statement(name="Erika Beispiel", email="erika@example.org", message="Bitte löschen")


@pytest.mark.django_db(transaction=True)
def test_a_request_of_the_form_is_mailed_to_the_operator_at_once_and_names_nobody() -> None:
    request = intake.receive(kind=Kind.ERASURE, said=ERIKA, nonce="a", now=NOON)
    assert intake.receive(kind=Kind.ERASURE, said=ERIKA, nonce="a", now=NOON) == request
    outbox.deliver_due(NOON)
    (told,) = [message for message in mail.outbox if message.to == ["operator@example.de"]]
    assert request.reference in told.subject
    assert f"/admin/privacy/datasubjectrequest/{request.pk}/change/" in str(told.body)
    assert "Erika" not in str(told.message()) + told.subject
    assert "erika@" not in str(told.message())


@pytest.mark.django_db(transaction=True)
def test_what_the_operator_recorded_is_not_mailed_to_the_operator() -> None:
    intake.record(DataSubjectRequest(kind=Kind.ACCESS, received_on=NOON.date()), said=ERIKA, now=NOON)
    outbox.deliver_due(NOON)
    assert [message.to for message in mail.outbox] == [["erika@example.org"]]


@pytest.mark.django_db
def test_it_needs_the_operator_from_its_first_day() -> None:
    intake.receive(kind=Kind.ACCESS, said=ERIKA, nonce="b", now=NOON)
    (finding,) = [one for one in findings.collect(NOON) if one.code == "privacy.requests"]
    assert finding.level is Level.WARNING


@pytest.mark.django_db
def test_an_inquiry_that_came_by_mail_is_on_the_list_of_what_is_deleted_by_hand(operator_key: Path) -> None:
    fields = dict.fromkeys(("name", "street", "postal_code", "city", "phone", "message"), "")
    fields |= {"email": "erika@example.org", "message": "Guten Tag"}
    for channel in (Channel.MAIL, Channel.TELEPHONE):
        contact.record_inquiry(fields=fields, channel=channel, received_at=NOON, nonce=channel)
    came = Submission.objects.get(channel=Channel.MAIL)
    called = Submission.objects.get(channel=Channel.TELEPHONE)
    by_hand = " ".join(str(step.by_hand) for step in erasure.plan(DataSubject(email="erika@example.org")).steps)
    assert came.reference in by_hand
    assert called.reference not in by_hand


@pytest.mark.parametrize(("issued_on", "is_taken"), [(date(2015, 12, 31), False), (date(2016, 1, 1), True)])
@pytest.mark.django_db
def test_a_document_filed_after_its_period_is_refused(
    customer: Customer, issued_on: date, is_taken: bool, time_machine: Any
) -> None:
    time_machine.move_to(datetime(2026, 11, 23, 12, tzinfo=UTC) + timedelta(0))

    def file() -> Any:
        return file_billing_document(
            customer=customer, kind="invoice", number="R-1", issued_on=issued_on, amount=Decimal(1), currency="EUR",
            file=ClearFile("r.pdf", "application/pdf", files.pdf(words="Rechnung")),
        )  # fmt: skip

    if is_taken:
        assert file().kept_until == date(2026, 12, 31)
    else:
        with pytest.raises(Refused):
            file()
    assert customer.documents.count() == is_taken
