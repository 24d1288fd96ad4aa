"""Who gave no mail address is told by letter: acknowledged, extended, answered; and the page says what to post."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from customers.models import Customer
from sitebackend.mail.services import deliver_due
from sitebackend.models import Operator, SiteSettings
from sitebackend.privacy.documents import pdf
from sitebackend.privacy.health import letters_to_post, untold_extensions
from sitebackend.privacy.models import Channel, DataSubjectRequest, Identity, Kind, Outcome
from sitebackend.privacy.refusals import Refused
from sitebackend.privacy.services import answer, deadline, execution, identity, intake, letters
from sitebackend.privacy.statement import Statement
from tests.customers.conftest import MASTER_DATA

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journal_folder", "in_english")]
PAGE = "/admin/privacy/datasubjectrequest/"
NOW = timezone.now()


@pytest.fixture(autouse=True)
def site() -> SiteSettings:
    return SiteSettings.objects.create(
        business_name="Netz & Gerät",
        owner="Jule Ostermann",
        street="Am Deich 3",
        postal_code="26721",
        city="Emden",
        email="k@example.de",
        federal_state="NW",
    )


def _asked(kind: Kind = Kind.ERASURE, **said: str) -> DataSubjectRequest:
    request = DataSubjectRequest(kind=kind, channel=Channel.LETTER, received_on=timezone.localdate())
    told = {"name": "Änne Möller", "address": "Königsallee 7 b\n04109 Leipzig", "phone": MASTER_DATA["phone"]}
    intake.record(request, said=Statement(**told | said), now=NOW)
    return request


def _text(content: bytes) -> str:
    return " ".join(PdfReader(io.BytesIO(content)).pages[0].extract_text().split())


def test_a_letter_has_both_addresses_and_says_what_the_mail_would_say() -> None:
    request = _asked(Kind.ACCESS)
    text = _text(letters.as_pdf(request, "acknowledged"))
    for words in ("Am Deich 3", "Änne Möller Königsallee 7 b 04109 Leipzig", request.reference, "Jule Ostermann"):
        assert words in text


def test_the_address_stands_where_the_envelopes_window_is() -> None:
    page = PdfReader(io.BytesIO(letters.as_pdf(_asked(), "acknowledged"))).pages[0]
    places: dict[str, tuple[float, float]] = {}

    def note(text: str, matrix: Any, place: Any, font: Any, size: Any) -> None:
        if "Königsallee" in text:
            places["street"] = (place[4] * 25.4 / 72, 297 - place[5] * 25.4 / 72)

    page.extract_text(visitor_text=note)
    left, top = places["street"]
    assert 24 <= left <= 30  # millimetres; DIN 5008, form B: 25 from the left, 62.7 to 90 from the top
    assert 62.7 <= top <= 90


def test_no_line_ends_between_a_paragraph_of_a_law_and_its_number() -> None:
    sender = dict.fromkeys(letters.SENDER, "B")
    body = " ".join(f"{'x' * length} (Art. 17 Abs. 3 Buchst. b DSGVO, § 147 AO)" for length in range(1, 60))
    content = pdf.letter(sender=sender, recipient="A", subject="S", body=body, day="heute", language="de")
    lines = PdfReader(io.BytesIO(content)).pages[0].extract_text().splitlines()
    assert len(lines) > 20
    assert not [line for line in lines if line.rstrip().endswith(("§", "Art.", "Abs.", "Buchst."))]


@pytest.mark.parametrize("lines", range(20, 48, 3))
def test_the_signature_never_stands_alone_on_a_page(lines: int) -> None:
    sender = dict.fromkeys(("business_name", "street", "postal_code", "city", "owner", "phone", "email"), "x")
    close = "You may complain to an authority.\n\nKind regards\n\nJule Ostermann\nNetz & Gerät"
    body = "\n".join(["line"] * lines) + f"\n\n{close}\n"
    letter = pdf.letter(sender=sender, recipient="x", subject="s", body=body, day="1 May", language="en")
    last = PdfReader(io.BytesIO(letter)).pages[-1].extract_text()
    assert all(words in last for words in ("complain", "Kind regards", "Netz & Gerät"))


def test_a_name_that_stands_in_the_address_is_not_written_twice() -> None:
    text = _text(letters.as_pdf(_asked(address="Änne Möller\nWeg 1\n1 Ort"), "acknowledged"))
    assert text.count("Änne Möller") == 1


@pytest.mark.parametrize("name", ["extended", "outcome", "nonsense"])
def test_there_is_no_letter_about_what_did_not_happen(name: str) -> None:
    with pytest.raises(Refused, match="no such letter"):
        letters.as_pdf(_asked(), name)


def test_an_extension_without_mail_address_is_told_by_letter_and_watched_until_then(
    operator: Operator, admin_client: Client
) -> None:
    request = _asked(Kind.ACCESS)
    deadline.extend(request, by=operator, now=NOW)
    assert mail.outbox == []
    assert [finding.figure for finding in untold_extensions(NOW)] == [1]
    response = admin_client.get(f"{PAGE}{request.pk}/letter/extended/")
    assert response.headers["Content-Type"] == "application/pdf"
    assert "Art. 12" in _text(response.content)
    assert "step/extension-told/" in admin_client.get(f"{PAGE}{request.pk}/change/").content.decode()
    admin_client.post(f"{PAGE}{request.pk}/step/extension-told/")
    assert list(untold_extensions(NOW)) == []


def test_an_extension_that_went_by_mail_is_told(operator: Operator) -> None:
    request = _asked(email="anna@example.org")
    deadline.extend(request, by=operator, now=NOW)
    assert list(untold_extensions(NOW)) == []
    assert len(list(untold_extensions(NOW + timedelta(hours=2)))) == 1
    deliver_due(NOW)
    assert list(untold_extensions(NOW + timedelta(hours=2))) == []
    assert len(mail.outbox) == 2


def test_the_answer_is_a_letter_until_its_text_goes(operator: Operator, admin_client: Client) -> None:
    request = _asked(Kind.ACCESS)
    identity.settle(request, identity=Identity.NOTHING_HELD, now=NOW)
    answer.finish(request, outcome=Outcome.NOTHING_HELD, by=operator, now=NOW)
    assert request.reference in _text(admin_client.get(f"{PAGE}{request.pk}/letter/outcome/").content)
    assert [finding.figure for finding in letters_to_post(NOW)] == [1]
    posted = f"{PAGE}{request.pk}/step/posted/"
    tomorrow = timezone.localdate(NOW) + timedelta(days=1)
    for wrong in ("1999-01-01", tomorrow.isoformat(), "neulich"):
        admin_client.post(posted, {"day": wrong})
        request.refresh_from_db()
        assert request.answer_sent_at is None
    assert "step/posted/" in admin_client.get(f"{PAGE}{request.pk}/change/").content.decode()
    admin_client.post(posted, {"day": timezone.localdate(NOW).isoformat()})
    request.refresh_from_db()
    assert request.answer_sent_at
    assert list(letters_to_post(NOW)) == []
    assert "step/posted/" not in admin_client.get(f"{PAGE}{request.pk}/change/").content.decode()
    execution.run_retention(NOW + timedelta(days=40))
    assert admin_client.get(f"{PAGE}{request.pk}/letter/outcome/").status_code == 302


def test_letters_are_for_the_operator_alone(client: Client) -> None:
    assert client.get(f"{PAGE}{_asked().pk}/letter/acknowledged/").status_code == 302


# --- S16: what the loss means for the contract is said before it happens


@pytest.mark.parametrize(("kind", "told"), [(Kind.ERASURE, True), (Kind.OBJECTION, True), (Kind.ACCESS, False)])
def test_who_asks_for_erasure_is_told_at_once_what_it_means_for_a_contract(kind: Kind, told: bool) -> None:
    _asked(kind, email="anna@example.org", language="en")
    deliver_due(NOW)
    assert ("no order can be carried out" in str(mail.outbox[0].body)) is told


def test_a_customer_is_not_erased_before_they_were_told(customer: Customer, operator: Operator) -> None:
    request = _asked()
    identity.settle(request, identity=Identity.MATCHED, now=NOW)
    plan = execution.preview(request).hash
    with pytest.raises(Refused, match="contract"):
        execution.erase(request, plan_hash=plan, by=operator, now=NOW)
    assert Customer.objects.filter(pk=customer.pk).exists()
    intake.mark_acknowledged(request, at=NOW)
    request.refresh_from_db()
    execution.erase(request, plan_hash=execution.preview(request).hash, by=operator, now=NOW)
    assert not Customer.objects.exists()


def test_the_answer_to_a_restriction_says_that_its_end_will_be_told(operator: Operator) -> None:
    request = _asked(Kind.RESTRICTION, email="anna@example.org", language="en")
    identity.settle(request, identity=Identity.MATCHED, now=NOW)
    request.carried_out_at, request.carried_out_by, request.carried_out = NOW, operator, [["x", "art-18-restrict", 1]]
    request.save()
    answer.finish(request, outcome=Outcome.GRANTED, by=operator, now=NOW)
    deliver_due(NOW)
    assert "Art. 18(3)" in str(mail.outbox[-1].body)
