"""The link that proves who asks: whom it may reach, what it proves, and what an imposter gets out of it."""

from collections.abc import Callable

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from contact import services as contact
from customers.models import Customer
from customers.services import register
from sitebackend import nonce
from sitebackend.formats.email_address import wire_of
from sitebackend.mail.services import deliver_due
from sitebackend.models import Operator, SiteSettings
from sitebackend.privacy.models import Channel, DataSubjectRequest, Identity, Kind, Outcome
from sitebackend.privacy.refusals import Refused
from sitebackend.privacy.restriction import services as restriction
from sitebackend.privacy.services import answer, execution, identity, intake
from sitebackend.privacy.statement import Statement

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journal_folder", "operator_key", "vault_key")]
NOW = timezone.now()
STORED = "Moeller@Baeckerei.example.de"
EVIL = "boese@example.org"


@pytest.fixture(autouse=True)
def site() -> SiteSettings:
    return SiteSettings.objects.create(business_name="B", owner="O", email="k@example.de", federal_state="NW")


def _asked(kind: Kind = Kind.ACCESS, **said: str) -> DataSubjectRequest:
    request = DataSubjectRequest(kind=kind, channel=Channel.LETTER, received_on=timezone.localdate())
    intake.record(request, said=Statement(**said), now=NOW)
    return request


def _link(request: DataSubjectRequest) -> str:
    identity.ask_by_link(request, now=NOW)
    assert deliver_due(NOW)
    return next(line for line in str(mail.outbox[-1].body).splitlines() if "://" in line).partition("example.de")[2]


def _confirmed(request: DataSubjectRequest) -> DataSubjectRequest:
    assert Client().post(_link(request)).status_code == 200
    return DataSubjectRequest.objects.get(pk=request.pk)


def _wrote(email: str) -> None:
    fields = {"name": "Bodo Böse", "street": "Weg 1", "postal_code": "1", "city": "X", "phone": "1", "message": "?"}
    contact.receive(fields=fields | {"email": email}, reply_to=email, nonce=nonce.issue(), now=NOW)


def _sources(request: DataSubjectRequest) -> set[str]:
    return {copy.item.source for copy in answer.copies(request)}


def test_a_customer_known_by_number_is_asked_at_the_stored_address(customer: Customer) -> None:
    _link(_asked(name="Änne Möller", number=customer.number))
    assert mail.outbox[-1].to == [wire_of(STORED)]


def test_who_gives_a_new_address_and_anothers_number_gets_neither_link_nor_answer(customer: Customer) -> None:
    request = _asked(name="Änne Möller", email=EVIL, number=customer.number)
    link = _link(request)
    assert mail.outbox[-1].to == [wire_of(STORED)]
    Client().post(link)
    request.refresh_from_db()
    assert request.statement.email == STORED
    assert "customers.master_data" in _sources(request)
    answer.finish(request, outcome=Outcome.REFUSED, ground="So.", by=Operator.objects.create_user("otto"), now=NOW)
    deliver_due(NOW)
    assert mail.outbox[-1].to == [wire_of(STORED)]


def test_who_proves_an_own_address_does_not_get_what_anothers_number_leads_to(customer: Customer) -> None:
    _wrote(EVIL)
    request = _confirmed(_asked(email=EVIL, number=customer.number, phone=customer.phone))
    assert request.identity == Identity.CONFIRMED
    assert _sources(request) == {"contact.submissions", "privacy.requests"}
    assert {item.source for item in identity.unproved(request, identity.held(request))} == {"customers.master_data"}


def test_nor_is_what_anothers_number_leads_to_erased(customer: Customer) -> None:
    _wrote(EVIL)
    request = _confirmed(_asked(Kind.ERASURE, email=EVIL, number=customer.number))
    request.acknowledged_at = NOW
    by = Operator.objects.create_user("otto")
    execution.erase(request, plan_hash=execution.preview(request).hash, by=by, now=NOW)
    assert Customer.objects.filter(pk=customer.pk).exists()


def test_the_operator_may_compare_the_rest_and_add_it(customer: Customer) -> None:
    _wrote(EVIL)
    request = _confirmed(_asked(email=EVIL, number=customer.number))
    identity.settle(request, identity=Identity.MATCHED, now=NOW)
    assert "customers.master_data" in _sources(request)
    assert identity.unproved(request, identity.held(request)) == []
    with pytest.raises(Refused):
        identity.settle(request, identity=Identity.MATCHED, now=NOW)


def test_two_who_may_be_meant_get_no_link(customer: Customer, new_customer: Callable[..., Customer]) -> None:
    namesake = new_customer(email="andere@example.de", phone="0221 1")
    with pytest.raises(Refused, match="gespeichert"):
        identity.ask_by_link(_asked(name=customer.full_name, postal_code=namesake.postal_code), now=NOW)


def test_a_customer_whose_data_are_restricted_is_not_mailed(customer: Customer) -> None:
    restriction.restrict("customers.master_data", [customer.pk], now=NOW)
    with pytest.raises(Refused):
        identity.ask_by_link(_asked(number=customer.number), now=NOW)


def test_a_link_proves_the_address_that_it_went_to_and_no_later_one(customer: Customer) -> None:
    request = _asked(number=customer.number)
    first = _link(request)
    register.correct_master_data(customer=customer, values={"email": "neu@example.de"})
    second = _link(request)
    assert mail.outbox[-1].to == ["neu@example.de"]
    assert [Client().post(link).status_code for link in (first, second)] == [410, 200]
    request.refresh_from_db()
    assert request.statement.email == "neu@example.de"


def test_the_page_warns_of_an_address_that_is_not_held(customer: Customer, admin_client: Client) -> None:
    request = _asked(email=EVIL, number=customer.number)
    page = admin_client.get(f"/admin/privacy/datasubjectrequest/{request.pk}/change/").content.decode()
    assert "ist hier nicht gespeichert" in page
    assert f"Mit einem Link an {STORED} nachfragen" in page


def test_the_page_shows_what_the_link_did_not_prove(customer: Customer, admin_client: Client) -> None:
    _wrote(EVIL)
    request = _confirmed(_asked(email=EVIL, number=customer.number))
    page = f"/admin/privacy/datasubjectrequest/{request.pk}/"
    assert "Der Link hat nur die Adresse bewiesen" in admin_client.get(f"{page}change/").content.decode()
    admin_client.post(f"{page}step/matched/")
    request.refresh_from_db()
    assert request.identity == Identity.MATCHED
