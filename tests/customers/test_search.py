"""Customers are found by what the operator types, and what is typed never stands in an address."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from customers.admin import BillingDocumentAdmin
from customers.models import Customer
from customers.views import search

pytestmark = pytest.mark.django_db
LIST = reverse("admin:customers_customer_changelist")
SEARCH = reverse("admin:customers_customer_search")


def numbers(client: Client, **typed: object) -> list[str]:
    response = client.post(SEARCH, typed)
    assert response.status_code == 200
    assert "no-store" in response.headers["Cache-Control"]
    return [customer.number for customer in response.context["found"]]


def test_a_customer_is_found_by_what_was_typed(admin_client: Client, customer: Customer) -> None:
    assert numbers(admin_client, words="MÖLLER leipzig") == [customer.number]
    assert numbers(admin_client, words="berlin") == []


def test_nothing_of_what_was_typed_stands_in_an_address(admin_client: Client, customer: Customer) -> None:
    page = admin_client.post(SEARCH, {"words": "Möller-Groß"}).content.decode()
    addresses = [part.split('"')[0] for part in page.replace('action="', 'href="').split('href="')[1:]]
    assert reverse("admin:customers_customer_page", args=[customer.pk]) in addresses
    assert not [address for address in addresses if "?q=" in address or "ller" in address]
    assert 'name="q"' not in admin_client.get(LIST).content.decode()


def test_words_in_an_address_find_nobody(admin_client: Client, customer: Customer) -> None:
    """Whoever puts them there by hand is told nothing, so nobody gets used to it."""
    assert b"Leipzig" not in admin_client.get(SEARCH, {"words": "möller"}).content


def test_many_hits_come_page_by_page(
    admin_client: Client, new_customer: Callable[..., Customer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "PER_PAGE", 2)
    for _ in range(3):
        new_customer()
    assert numbers(admin_client, words="möller") == ["K00001", "K00002"]
    assert numbers(admin_client, words="möller", page=2) == ["K00003"]
    assert numbers(admin_client, words="möller", page=99) == ["K00003"]


def test_an_empty_search_is_asked_for_words(admin_client: Client, customer: Customer) -> None:
    response = admin_client.post(SEARCH, {"words": " "})
    assert response.status_code == 422
    assert b"Leipzig" not in response.content


def test_hits_are_exported_for_invoicing(admin_client: Client, customer: Customer) -> None:
    page = admin_client.post(SEARCH, {"words": "möller"}).content.decode()
    assert f'name="_selected_action" value="{customer.pk}" form="found-for-invoicing"' in page
    data = {"action": "export_for_invoicing", "_selected_action": [str(customer.pk)]}
    assert b"Leipzig" in admin_client.post(LIST, data).content


def test_a_refused_contact_is_marked_among_the_hits(admin_client: Client, customer: Customer) -> None:
    assert customer.do_not_contact
    assert "nicht ansprechen" in admin_client.post(SEARCH, {"words": "möller"}).content.decode()


def test_documents_are_searched_by_their_number_and_not_by_names() -> None:
    assert BillingDocumentAdmin.search_fields == ("number",)
