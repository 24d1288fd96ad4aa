"""Who received the data of a person hears of their change: found, ticked off, named in the letter (Art. 19 GDPR)."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from contact import services as contact
from contact.models import Submission
from customers.clear_file import ClearFile
from customers.models import Customer
from customers.services.billing import file_billing_document
from sitebackend import nonce
from sitebackend.mail.models import OutgoingMail
from sitebackend.mail.services import deliver_due
from sitebackend.models import Operator, SiteSettings
from sitebackend.privacy import erasure, registry
from sitebackend.privacy.models import Channel, DataSubjectRequest, Identity, Kind, Outcome
from sitebackend.privacy.registry import DataSubject
from sitebackend.privacy.services import answer, execution, identity, intake, rights
from sitebackend.privacy.statement import Statement
from tests.privacy.people import is_one

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journal_folder", "operator_key", "vault_key")]
NOW = timezone.now()


@pytest.fixture(autouse=True)
def site() -> SiteSettings:
    return SiteSettings.objects.create(business_name="B", owner="O", email="k@example.de", federal_state="NW")


@pytest.fixture
def by() -> Operator:
    return Operator.objects.create_user("otto")


def _settled(kind: Kind, customer: Customer) -> DataSubjectRequest:
    request = DataSubjectRequest(kind=kind, channel=Channel.LETTER, received_on=timezone.localdate())
    intake.record(request, said=Statement(email=customer.email), now=NOW)
    is_one(request)
    identity.settle(request, identity=Identity.MATCHED, now=NOW)
    intake.mark_acknowledged(request, at=NOW)
    request.refresh_from_db()
    return request


def _wrote(email: str) -> str:
    fields = {"name": "Änne Möller", "street": "Weg 1", "postal_code": "1", "city": "X", "phone": "1", "message": "?"}
    contact.receive(fields=fields | {"email": email}, reply_to=email, nonce=nonce.issue(), now=NOW)
    OutgoingMail.objects.filter(kind="contact.submission").update(**OutgoingMail().delivered(NOW))
    return Submission.objects.get().reference


def _invoiced(customer: Customer, number: str, issued_on: date) -> None:
    """Filed on its day, and so within its period."""
    file = ClearFile("r.pdf", "application/pdf", b"%PDF-1.7")
    with time_machine.travel(datetime.combine(issued_on, time(12), tzinfo=UTC)):
        file_billing_document(
            customer=customer, kind="invoice", number=number, issued_on=issued_on, amount=Decimal(1), currency="EUR",
            file=file,
        )  # fmt: skip


def _listed(client: Client, *customers: Customer) -> None:
    data = {"action": "export_for_invoicing", "_selected_action": [str(customer.pk) for customer in customers]}
    assert client.post(reverse("admin:customers_customer_changelist"), data).status_code == 200


def _told_of(request: DataSubjectRequest) -> list[str]:
    return request.statement.received_by.splitlines()


def test_nobody_received_what_never_left(customer: Customer) -> None:
    assert registry.recipients(DataSubject(email=customer.email)) == []


def test_the_mailbox_the_tax_adviser_and_the_table_for_invoicing_are_found(
    customer: Customer, new_customer: Callable[..., Customer], admin_client: Client
) -> None:
    reference = _wrote(customer.email)
    _invoiced(customer, "2026-1", date(2026, 2, 1))
    _listed(admin_client, customer)
    mailbox, adviser, table = sorted(registry.recipients(DataSubject(email=customer.email)))
    assert reference in mailbox
    assert "2026-1" in adviser
    assert "Rechnung" in table
    other = new_customer(email="andere@example.de", phone="0221 1")
    assert registry.recipients(DataSubject(email=other.email)) == []


def test_a_mail_that_says_nothing_told_nobody_anything(customer: Customer, settings: Settings) -> None:
    _wrote(customer.email)
    settings.CONTACT_MAIL = "notice"
    assert registry.recipients(DataSubject(email=customer.email)) == []


def test_what_an_erasure_took_away_is_still_known_to_have_been_passed_on(customer: Customer, by: Operator) -> None:
    reference = _wrote(customer.email)
    _invoiced(customer, "2010-1", date(2010, 2, 1))
    request = _settled(Kind.ERASURE, customer)
    execution.erase(request, plan_hash=execution.preview(request).hash, by=by, now=NOW)
    assert registry.recipients(request.subject()) == []
    request.refresh_from_db()
    assert [what for what in (reference, "2010-1") if what not in request.statement.received_by] == []
    assert len(_told_of(request)) == 2


@pytest.mark.parametrize("kind", [Kind.RECTIFICATION, Kind.RESTRICTION])
def test_a_correction_and_a_restriction_name_them_too(customer: Customer, by: Operator, kind: Kind) -> None:
    _invoiced(customer, "2026-1", date(2026, 2, 1))
    request = _settled(kind, customer)
    deeds: dict[Kind, Callable[[DataSubject], list[rights.Done]]] = {
        Kind.RESTRICTION: lambda subject: rights.restrict(subject, now=NOW),
        Kind.RECTIFICATION: lambda subject: rights.correct(
            subject, row=customer.pk, values={"city": "Bonn", "email": "neu@example.de"}, now=NOW
        ),
    }
    for _again in range(2 if kind == Kind.RESTRICTION else 1):
        rights.carry_out(request, deeds[kind], by=by, now=NOW)
    assert len(_told_of(request)) == 1


def test_the_operator_ticks_off_who_was_told_and_the_letter_names_those(
    customer: Customer, admin_client: Client
) -> None:
    reference = _wrote(customer.email)
    _invoiced(customer, "2026-1", date(2026, 2, 1))
    request = _settled(Kind.RESTRICTION, customer)
    page = f"/admin/privacy/datasubjectrequest/{request.pk}/"
    assert "Art. 19" not in admin_client.get(f"{page}change/").content.decode()
    admin_client.post(f"{page}step/restrict/")
    request.refresh_from_db()
    shown = admin_client.get(f"{page}change/").content.decode()
    adviser, mailbox = sorted(_told_of(request), key=lambda line: reference in line)
    assert adviser in shown
    assert mailbox in shown
    told = {"outcome": Outcome.GRANTED, "told": [adviser], "told_too": "Druckerei Groß\r\n\r\n"}
    admin_client.post(f"{page}step/finish/", told)
    deliver_due(timezone.now())
    letter = str(mail.outbox[-1].body)
    assert f"- {adviser}\n- Druckerei Groß\n" in letter
    assert reference not in letter
    request.refresh_from_db()
    assert _copy_of(request)["Wurde von der Änderung benachrichtigt"] == f"{adviser}\nDruckerei Groß"


def _copy_of(request: DataSubjectRequest) -> dict[str, object]:
    copies = answer.copies(request)
    return next(dict(copy.values) for copy in copies if copy.item.source == "privacy.requests")


def test_nobody_told_is_nobody_named(customer: Customer, by: Operator) -> None:
    request = _settled(Kind.RESTRICTION, customer)
    rights.carry_out(request, lambda subject: rights.restrict(subject, now=NOW), by=by, now=NOW)
    answer.finish(request, outcome=Outcome.GRANTED, by=by, now=NOW)
    deliver_due(NOW)
    assert "Art. 19" not in str(mail.outbox[-1].body)


def test_the_terminal_names_them_as_well(customer: Customer, capsys: pytest.CaptureFixture[str]) -> None:
    _invoiced(customer, "2010-1", date(2010, 2, 1))
    call_command("subject", "restrict", email=customer.email, yes=True)
    assert "2010-1" in capsys.readouterr().out
    call_command("subject", "erase", email=customer.email, yes=_hash(customer))
    assert "2010-1" in capsys.readouterr().out


def _hash(customer: Customer) -> str:
    return erasure.plan(DataSubject(email=customer.email)).hash
