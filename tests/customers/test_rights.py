"""Rectification, restriction and objection: each changes the data, and no restore undoes it."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core import mail
from django.db import models
from django.test import Client
from django.utils import timezone

from customers.models import Customer
from customers.models.consent import Decision, Purpose
from customers.refusals import Restricted
from customers.services.confirmations import send_confirmation
from customers.services.technical import add_technical_record, search_technical_records
from sitebackend.models import Operator, SiteSettings
from sitebackend.privacy import erasure, journal, registry
from sitebackend.privacy.models import Channel, DataSubjectRequest, Identity, Kind, Outcome
from sitebackend.privacy.refusals import Refused
from sitebackend.privacy.registry import DataSubject
from sitebackend.privacy.restriction import services as restriction
from sitebackend.privacy.restriction.health import brought_back
from sitebackend.privacy.restriction.models import Reason, Restriction
from sitebackend.privacy.services import answer, identity, intake, rights
from sitebackend.privacy.statement import Statement
from sitebackend.vault.opened import OpenVault
from tests.customers.conftest import MASTER_DATA, agree_to_technical_data

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journal_folder", "operator_key", "in_english")]
EMAIL = MASTER_DATA["email"]
HER = DataSubject(email=EMAIL)
NOW = timezone.now()


@pytest.fixture(autouse=True)
def site() -> SiteSettings:
    return SiteSettings.objects.create(business_name="B", owner="O", email="k@example.de", federal_state="NW")


def _asked(kind: Kind, email: str = EMAIL) -> DataSubjectRequest:
    request = DataSubjectRequest(kind=kind, channel=Channel.LETTER, received_on=timezone.localdate())
    intake.record(request, said=Statement(name="Änne", email=email), now=NOW)
    identity.settle(request, identity=Identity.MATCHED, now=NOW)
    return request


def _restrict(request: DataSubjectRequest, by: Operator) -> None:
    rights.carry_out(request, partial(rights.restrict, now=NOW), by=by, now=NOW)


def _close(request: DataSubjectRequest, by: Operator, keys: list[str]) -> None:
    now = timezone.now()
    deed = partial(rights.close, keys=keys, by=by, channel=request.channel, now=now)
    rights.carry_out(request, deed, by=by, now=now)


# --- restriction


@pytest.fixture
def restricted(customer: Customer, operator: Operator) -> Customer:
    request = _asked(Kind.RESTRICTION)
    _restrict(request, operator)
    assert request.carried_out == [["customers.master_data", "art-18-restrict", 1]]
    return customer


def test_a_restricted_customer_gets_no_mail(restricted: Customer) -> None:
    with pytest.raises(Restricted):
        send_confirmation(customer=restricted, now=timezone.now())
    assert mail.outbox == []


def test_a_restricted_customer_is_left_out_of_the_table_for_invoicing(
    restricted: Customer,
    new_customer: Callable[..., Customer],
    admin_client: Client,
) -> None:
    other = new_customer(email="other@example.org", company="Andere GmbH")
    chosen = {"action": "export_for_invoicing", "_selected_action": [str(restricted.pk), str(other.pk)]}
    text = admin_client.post("/admin/customers/customer/", chosen).content.decode("utf-8-sig")
    assert "Andere GmbH" in text
    assert MASTER_DATA["company"] not in text


@pytest.mark.parametrize("page", ["confirmed/", "confirmation/", "emergency-sheet/", "records/add/network/"])
def test_the_pages_that_use_a_customers_data_are_shut(
    restricted: Customer,
    unlocked_client: Client,
    page: str,
) -> None:
    response: Any = unlocked_client.get(f"/admin/customers/customer/{restricted.pk}/{page}")
    assert response.status_code == 409
    assert isinstance(response.context["refusal"], Restricted)


def test_a_restricted_customer_cannot_be_changed_and_their_page_says_why(
    restricted: Customer,
    admin_client: Client,
) -> None:
    changed = admin_client.post(f"/admin/customers/customer/{restricted.pk}/change/", {"last_name": "Neu"})
    assert changed.status_code == 403
    text = admin_client.get(f"/admin/customers/customer/{restricted.pk}/").content.decode()
    assert "Art. 18" in text


def test_restricted_technical_data_are_neither_shown_nor_found(
    customer: Customer,
    operator: Operator,
    open_vault: OpenVault,
    unlocked_client: Client,
) -> None:
    agree_to_technical_data(customer)
    add_technical_record(customer=customer, kind="network", content={"name": "Backstube"})
    page = f"/admin/customers/customer/{customer.pk}/"
    assert "Backstube" in unlocked_client.get(page).content.decode()
    _restrict(_asked(Kind.RESTRICTION), operator)
    assert "Backstube" not in unlocked_client.get(page).content.decode()
    assert list(search_technical_records(open_vault=open_vault, words="Backstube")) == []


def test_a_withdrawal_is_still_possible_while_the_data_are_restricted(
    restricted: Customer,
    admin_client: Client,
) -> None:
    assert admin_client.get(f"/admin/customers/customer/{restricted.pk}/withdraw/invoicing/").status_code == 200


def test_a_restore_brings_no_restricted_row_back_into_use(restricted: Customer) -> None:
    Restriction.objects.all().delete()  # as in a backup made before
    erasure.replay(journal.entries())
    assert restricted.restricted_since == NOW


def test_what_was_lifted_stays_lifted_after_a_restore(restricted: Customer) -> None:
    restriction.release(Restriction.objects.get(), now=NOW + timedelta(days=3))
    assert restricted.restricted_since is None
    erasure.replay(journal.entries())
    assert restricted.restricted_since is None


def test_lifting_is_done_from_the_list_of_restrictions(restricted: Customer, admin_client: Client) -> None:
    row = Restriction.objects.get()
    shown = admin_client.get("/admin/restriction/restriction/").content.decode()
    assert str(restricted.pk) in shown
    admin_client.post("/admin/restriction/restriction/", {"action": "lift", "_selected_action": [str(row.pk)]})
    assert not Restriction.objects.exists()


def test_the_person_is_told_that_their_data_are_restricted(restricted: Customer) -> None:
    told = [copy for copy in registry.export(DataSubject(email=EMAIL)) if copy.item.source == "privacy.restrictions"]
    assert [list(copy.values.values()) for copy in told] == [[NOW, "asked for by the person"]]


def test_an_erasure_takes_the_restriction_with_it(restricted: Customer) -> None:
    subject = DataSubject(email=EMAIL)
    erasure.erase(subject, plan_hash=erasure.plan(subject).hash, now=NOW)
    assert not Restriction.objects.exists()


def test_a_restriction_of_somebody_who_was_erased_is_not_made_again(restricted: Customer) -> None:
    subject = DataSubject(email=EMAIL)
    erasure.erase(subject, plan_hash=erasure.plan(subject).hash, now=NOW)
    erasure.replay(journal.entries())
    assert not Restriction.objects.exists()


def test_nothing_to_restrict_is_said(operator: Operator) -> None:
    with pytest.raises(Refused, match="Nothing is held"):
        _restrict(_asked(Kind.RESTRICTION), operator)


# --- rectification


def _correct(request: DataSubjectRequest, customer: Customer, operator: Operator, **values: str) -> None:
    rights.carry_out(request, partial(rights.correct, row=customer.pk, values=values, now=NOW), by=operator, now=NOW)


def test_what_the_person_says_is_right_stands_in_the_row_and_is_found(
    customer: Customer,
    operator: Operator,
) -> None:
    request = _asked(Kind.RECTIFICATION)
    _correct(request, customer, operator, street="Neuer Weg 1", phone="0221 555")
    changed = Customer.objects.get()
    assert (changed.street, changed.city) == ("Neuer Weg 1", MASTER_DATA["city"])
    assert registry.find(DataSubject(phone="0221/555"))
    assert request.carried_out == [["customers.master_data", "art-16-correct", 1]]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"street": MASTER_DATA["street"]}, "different"),
        ({"number": "K1", "status": "former"}, "different"),
    ],
)
def test_a_correction_that_corrects_nothing_is_refused(
    customer: Customer,
    operator: Operator,
    values: dict[str, str],
    words: str,
) -> None:
    with pytest.raises(Refused, match=words):
        _correct(_asked(Kind.RECTIFICATION), customer, operator, **values)
    assert journal.position() == 0


def test_somebody_elses_row_is_not_corrected(
    customer: Customer,
    new_customer: Callable[..., Customer],
    operator: Operator,
) -> None:
    other = new_customer(email="other@example.org", phone="0711 1", last_name="Andere", first_name="")
    with pytest.raises(Refused, match="no such record"):
        _correct(_asked(Kind.RECTIFICATION), other, operator, street="Neuer Weg 1")


def test_an_old_value_that_a_restore_brings_back_is_used_by_nobody_until_it_is_corrected_again(
    customer: Customer,
    operator: Operator,
) -> None:
    request = _asked(Kind.RECTIFICATION)
    _correct(request, customer, operator, street="Neuer Weg 1")
    Customer.objects.update(street=MASTER_DATA["street"])  # as in a backup made before
    erasure.replay(journal.entries())
    with pytest.raises(Restricted):
        send_confirmation(customer=customer, now=timezone.now())
    [finding] = brought_back(NOW)
    assert finding.figure == 1
    _correct(request, customer, operator, street="Neuer Weg 1")
    assert customer.restricted_since is None
    assert list(brought_back(NOW)) == []


def test_a_correction_after_a_restore_does_not_lift_what_the_person_had_restricted(restricted: Customer) -> None:
    restriction.again(journal.Entry(9, NOW, "customers.master_data", "art-16-correct", (restricted.pk,)))
    restriction.corrected([restricted.pk])
    assert [row.reason for row in Restriction.objects.all()] == [Reason.ASKED]


# --- objection


def test_an_objection_closes_the_chosen_purpose_and_no_other(
    new_customer: Callable[..., Customer],
    operator: Operator,
) -> None:
    kept = new_customer({"retention": "given"})
    request = _asked(Kind.OBJECTION)
    offered = rights.closable(HER)
    assert {purpose.purpose for purpose in offered} == {"retention", "invoicing"}  # the contract is no consent
    [key] = [purpose.key for purpose in offered if purpose.purpose == "retention"]
    _close(request, operator, [key])
    kept.refresh_from_db()
    assert kept.do_not_contact
    last_words = kept.entries.latest_by_purpose()
    assert last_words[Purpose.RETENTION].decision == Decision.WITHDRAWN
    assert last_words[Purpose.INVOICING].decision == Decision.GIVEN
    assert request.carried_out == [["customers.master_data", "art-21-retention", 1]]


def test_a_closed_purpose_stays_closed_after_a_restore(
    new_customer: Callable[..., Customer],
    operator: Operator,
) -> None:
    kept = new_customer({"retention": "given"})
    request = _asked(Kind.OBJECTION)
    _close(request, operator, [found.key for found in rights.closable(HER)])
    as_before = models.QuerySet(Customer).update
    as_before(do_not_contact=False, status=Customer.Status.ACTIVE)  # as in a backup made before
    erasure.replay(journal.entries())
    kept.refresh_from_db()
    assert kept.do_not_contact
    assert kept.status == Customer.Status.NO_BASIS


@pytest.mark.parametrize("keys", [[], ["customers.master_data|x|retention"]])
def test_only_what_is_shown_can_be_closed(
    customer: Customer,
    operator: Operator,
    keys: list[str],
) -> None:
    with pytest.raises(Refused, match="Choose"):
        _close(_asked(Kind.OBJECTION), operator, keys)


# --- the answer


@pytest.mark.parametrize("kind", [Kind.RECTIFICATION, Kind.RESTRICTION, Kind.OBJECTION])
def test_nothing_is_reported_as_carried_out_that_was_not(
    customer: Customer,
    operator: Operator,
    kind: Kind,
) -> None:
    request = _asked(kind)
    with pytest.raises(Refused, match="not carried out"):
        answer.finish(request, outcome=Outcome.GRANTED, by=operator, now=NOW)
    answer.finish(request, outcome=Outcome.REFUSED, ground="So.", by=operator, now=NOW)
    assert request.outcome == Outcome.REFUSED


def test_without_a_settled_identity_or_after_the_answer_no_right_is_carried_out(
    customer: Customer, operator: Operator
) -> None:
    request = DataSubjectRequest(kind=Kind.RESTRICTION, received_on=timezone.localdate())
    intake.record(request, said=Statement(email=EMAIL), now=NOW)
    with pytest.raises(Refused, match="who asks"):
        _restrict(request, operator)
    identity.settle(request, identity=Identity.MATCHED, now=NOW)
    answer.finish(request, outcome=Outcome.WITHDRAWN, by=operator, now=NOW)
    with pytest.raises(Refused, match="answered"):
        _restrict(request, operator)
    assert customer.restricted_since is None


PAGE = "/admin/privacy/datasubjectrequest/"


@pytest.mark.parametrize(
    ("kind", "verb", "fields"),
    [
        (Kind.RESTRICTION, "restrict", {}),
        (Kind.RECTIFICATION, "correct", {"value-street": "Neuer Weg 1"}),
        (Kind.OBJECTION, "close", {}),
    ],
)
def test_each_right_is_one_button_on_the_requests_page(
    customer: Customer,
    admin_client: Client,
    kind: Kind,
    verb: str,
    fields: dict[str, str],
) -> None:
    request = _asked(kind)
    shown = admin_client.get(f"{PAGE}{request.pk}/change/").content.decode()
    assert f"/step/{verb}/" in shown
    sent = {"row": str(customer.pk), "purpose": [found.key for found in rights.closable(HER)], **fields}
    admin_client.post(f"{PAGE}{request.pk}/step/{verb}/", sent)
    request.refresh_from_db()
    assert request.carried_out_at is not None


def test_an_implausible_correction_is_told_and_changes_nothing(
    customer: Customer,
    admin_client: Client,
) -> None:
    request = _asked(Kind.RECTIFICATION)
    sent = {"row": str(customer.pk), "value-email": "no address"}
    answered: Any = admin_client.post(f"{PAGE}{request.pk}/step/correct/", sent, follow=True)
    assert [message.level_tag for message in answered.context["messages"]] == ["error"]
    customer.refresh_from_db()
    assert customer.email == EMAIL
    assert journal.position() == 0
