"""Somebody who is here already is noticed at the form, and taken all the same by whoever says so."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from customers.models import ContactPoint, Customer
from tests.customers.conftest import MASTER_DATA
from tests.customers.test_admin import further, registration, url

pytestmark = pytest.mark.django_db
OTHER = {"email": "x@example.de", "phone": "0711 99", "first_name": "Anna", "last_name": "Neu", "company": ""}


def answered(html: str) -> dict[str, list[str]]:
    return {"is_another": re.findall(r'name="is_another" value="(\w+)"', html)}


@pytest.mark.parametrize(
    "shared",
    [
        {"email": "MOELLER@baeckerei.example.de"},
        {"phone": "0341 901234"},
        {"first_name": "", "last_name": "Möller-Groß Änne"},
    ],
)
def test_a_second_customer_is_asked_about_and_registered_on_purpose(
    admin_client: Client, customer: Customer, shared: dict[str, str]
) -> None:
    typed = registration(**OTHER | shared)
    response = admin_client.post(url("add"), typed)
    html = response.content.decode()
    assert (response.status_code, Customer.objects.count()) == (422, 1)
    assert f'href="{url("page", customer.pk)}"' in html
    assert f"{customer.number} Bäckerei Möller &amp; Söhne" in html
    assert f'value="{typed["last_name"]}"' in html
    assert admin_client.post(url("add"), typed | answered(html)).status_code == 302
    assert Customer.objects.count() == 2


def test_an_answer_holds_for_those_who_were_shown_only(
    admin_client: Client, customer: Customer, new_customer: Callable[..., Customer]
) -> None:
    typed = registration(**OTHER | {"email": MASTER_DATA["email"]})
    answer = answered(admin_client.post(url("add"), typed).content.decode())
    new_customer(company="Noch eine", phone="0341 1")
    assert admin_client.post(url("add"), typed | answer).status_code == 422


def test_further_contact_details_lead_to_somebody_too(
    admin_client: Client, customer: Customer, vault_key: bytes
) -> None:
    ContactPoint.objects.create(customer=customer, kind="phone", value="0171 123456")
    assert admin_client.post(url("add"), registration(**OTHER | {"phone": "+49 171 123456"})).status_code == 422


def test_a_change_is_asked_about_once_and_an_old_likeness_not_again(
    admin_client: Client, customer: Customer, new_customer: Callable[..., Customer]
) -> None:
    other = new_customer(**OTHER)
    data = MASTER_DATA | OTHER | {"country": "Deutschland", "status": "active"}
    same = data | {"email": MASTER_DATA["email"]} | further()
    html = admin_client.post(url("change", other.pk), same).content.decode()
    assert customer.number in html
    assert admin_client.post(url("change", other.pk), same | answered(html)).status_code == 302
    assert admin_client.post(url("change", other.pk), same | {"city": "Halle"}).status_code == 302
    other.refresh_from_db()
    assert (other.city, other.email) == ("Halle", MASTER_DATA["email"])


def test_a_further_contact_detail_that_is_somebody_elses_is_asked_about(
    admin_client: Client, customer: Customer, new_customer: Callable[..., Customer]
) -> None:
    other = new_customer(**OTHER)
    data = MASTER_DATA | OTHER | {"country": "Deutschland", "status": "active"}
    point = further({"kind": "email", "value": MASTER_DATA["email"]})
    html = admin_client.post(url("change", other.pk), data | point).content.decode()
    assert customer.number in html
    assert admin_client.post(url("change", other.pk), data | point | answered(html)).status_code == 302
    assert other.contact_points.count() == 1


@pytest.mark.parametrize(("field", "value"), [("phone", "kein telefon"), ("postal_code", "ABC")])
def test_what_nobody_can_dial_or_post_to_is_refused_with_what_was_typed(
    admin_client: Client, vault_key: bytes, field: str, value: str
) -> None:
    response = admin_client.post(url("add"), registration(**{field: value}))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert f'value="{value}"' in response.content.decode()
