"""Access is handed over or it is not done: the printed copy, its enclosures, the card, and the words in between."""

import io
from datetime import date
from decimal import Decimal

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from fpdf import FPDF
from pypdf import PdfReader

from customers.clear_file import ClearFile
from customers.models import ContactPoint, Customer
from customers.services.billing import file_billing_document
from sitebackend.mail.models import OutgoingMail
from sitebackend.mail.services import deliver_due
from sitebackend.mail.services import queue as queue_mail
from sitebackend.models import Operator, SiteSettings
from sitebackend.privacy import documents, registry
from sitebackend.privacy.models import Channel, DataSubjectRequest, Identity, Kind, Outcome
from sitebackend.privacy.refusals import Refused
from sitebackend.privacy.registry import DataSubject
from sitebackend.privacy.services import answer, execution, identity, intake, letters, outcomes
from sitebackend.privacy.statement import Statement
from sitebackend.vault.opened import OpenVault

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journal_folder")]
NOW = timezone.now()
PAGE = "/admin/privacy/datasubjectrequest/"


@pytest.fixture(autouse=True)
def _site() -> None:
    SiteSettings.objects.create(business_name="B", owner="Jule Ostermann", email="k@example.de", federal_state="NW")


def asked(customer: Customer, kind: Kind, *, by_mail: bool = False) -> DataSubjectRequest:
    request = DataSubjectRequest(kind=kind, channel=Channel.LETTER, received_on=timezone.localdate())
    address = "Königsallee 7 b\n04109 Leipzig"
    said = Statement(name=customer.full_name, number=customer.number, address=address)
    if by_mail:
        said = Statement(name=customer.full_name, email=customer.email)
    intake.record(request, said=said, now=NOW)
    identity.settle(request, identity=Identity.MATCHED, now=NOW)
    return request


def _invoice(customer: Customer, name: str, content: bytes) -> None:
    file_billing_document(
        customer=customer,
        kind="invoice",
        number=name,
        issued_on=date(2026, 2, 1),
        amount=Decimal("1119.00"),
        currency="EUR",
        file=ClearFile(name, "application/pdf", content),
    )


def _paper(words: str) -> bytes:
    page = FPDF()
    page.add_page()
    page.set_font("helvetica", size=12)
    page.cell(text=words)
    return bytes(page.output())


def _text(content: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def test_a_printed_copy_has_its_invoices_and_the_letter_lists_what_is_enclosed(
    granting_customer: Customer, operator: Operator, open_vault: OpenVault
) -> None:
    _invoice(granting_customer, "rechnung.pdf", _paper("Netz eingerichtet"))
    _invoice(granting_customer, "rechnung.xml", b"<?xml version='1.0'?><Invoice/>")
    request = asked(granting_customer, Kind.ACCESS)
    paper = _text(answer.as_file(request, vault=open_vault, by=operator, now=NOW))
    assert "Netz eingerichtet" in paper
    assert "1.119,00 €" in paper
    request.refresh_from_db()
    assert "rechnung.xml" in request.statement.apart  # the page asks the operator to add it
    assert "rechnung.pdf" not in request.statement.apart
    answer.finish(request, outcome=Outcome.GRANTED, by=operator, now=NOW)
    letter = _text(letters.as_pdf(request, "outcome"))
    enclosures = letter.split("Anlagen:")[1]
    for name in ("Kopie Ihrer Daten", "rechnung.pdf", "einwilligung.pdf", "rechnung.xml"):
        assert name in enclosures
    assert letter.index("Mit freundlichen Grüßen") < letter.index("Jule Ostermann", letter.index("Mit freundlichen"))


def test_a_file_that_claims_to_be_a_pdf_hinders_no_copy(
    customer: Customer, operator: Operator, open_vault: OpenVault
) -> None:
    _invoice(customer, "kaputt.pdf", b"%PDF-1.7 nothing more")
    request = asked(customer, Kind.ACCESS)
    answer.as_file(request, vault=open_vault, by=operator, now=NOW)
    assert "kaputt.pdf" in request.statement.apart


def test_the_card_has_every_telephone_address_and_mail(customer: Customer) -> None:
    ContactPoint.objects.create(customer=customer, kind="phone", value="0341 998877")
    ContactPoint.objects.create(customer=customer, kind="email", value="werkstatt@example.org")
    ContactPoint.objects.create(customer=customer, kind="address", street="Hof 9", postal_code="20457", city="Hamburg")
    copies = registry.export(DataSubject(email=customer.email))
    cards = documents.as_vcards(documents.collect(asked(customer, Kind.ACCESS), copies))
    for value in ("0341 998877", "werkstatt@example.org", "Hof 9", "20457", "Hamburg", customer.email, customer.street):
        assert value in cards


@pytest.mark.usefixtures("in_english")
def test_access_without_a_copy_is_not_carried_out(customer: Customer, operator: Operator) -> None:
    request = asked(customer, Kind.ACCESS, by_mail=True)
    deliver_due(NOW)
    mail.outbox.clear()
    assert Outcome.GRANTED not in outcomes.possible(request)
    with pytest.raises(Refused, match="No copy was handed over"):
        answer.finish(request, outcome=Outcome.GRANTED, by=operator, now=NOW)
    assert mail.outbox == []


@pytest.mark.usefixtures("in_english")
def test_an_erasure_that_was_never_started_is_not_said_to_be_on_its_way(customer: Customer, operator: Operator) -> None:
    request = asked(customer, Kind.ERASURE, by_mail=True)
    with pytest.raises(Refused, match="Erase first"):
        answer.finish(request, outcome=Outcome.GRANTED, by=operator, now=NOW)


def test_the_page_of_an_access_has_one_way_that_is_green(customer: Customer, unlocked_client: Client) -> None:
    request = asked(customer, Kind.ACCESS, by_mail=True)
    page = unlocked_client.get(f"{PAGE}{request.pk}/change/").content.decode()
    assert page.count('class="button default"') == 1
    assert "step/access/" in page


def test_a_mail_that_goes_out_after_the_preview_does_not_make_it_outdated(
    customer: Customer, operator: Operator
) -> None:
    """The sender's own acknowledgement waits in the outbox when the preview is made, and the worker sends it."""
    request = asked(customer, Kind.ERASURE, by_mail=True)
    deliver_due(NOW)
    facts = {"language": "de", "to": customer.email}
    queue_mail("customers.confirmation", about=customer.pk, to=customer.email, facts=facts, now=NOW)
    seen = execution.preview(request).hash
    assert any(step.source == "mail.outbox" and step.rows for step in execution.preview(request).steps)
    mail_row = OutgoingMail.objects.get(about=customer.pk)
    OutgoingMail.objects.filter(pk=mail_row.pk).update(**mail_row.delivered(NOW))
    request.refresh_from_db()
    execution.erase(request, plan_hash=seen, by=operator, now=NOW)
    assert not Customer.objects.filter(pk=customer.pk).exists()
