"""The table for invoicing holds what an invoice needs, and no cell that a spreadsheet would carry out."""

import csv
from collections.abc import Callable
from io import StringIO

import pytest
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from customers.models import Customer
from sitebackend.spreadsheets import safe

pytestmark = pytest.mark.django_db


def export(client: Client, *customers: Customer) -> list[list[str]]:
    data = {"action": "export_for_invoicing", "_selected_action": [str(customer.pk) for customer in customers]}
    response = client.post(reverse("admin:customers_customer_changelist"), data)
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert "no-store" in response.headers["Cache-Control"]
    return list(csv.reader(StringIO(response.content.decode("utf-8-sig")), delimiter=";"))


def test_the_table_has_the_address_and_neither_notes_nor_telephone(
    admin_client: Client, new_customer: Callable[..., Customer]
) -> None:
    customer = new_customer(notes="geheim", notes_purpose="Anfahrt", vat_number="DE136695976")
    head, row = export(admin_client, customer)
    assert len(head) == len(row)
    assert {"K00001", "Königsallee 7 b", "Leipzig", "Frau", "DE136695976"} <= set(row)
    assert not {"geheim", customer.phone} & set(row)


def test_typed_formulas_come_out_as_text(admin_client: Client, new_customer: Callable[..., Customer]) -> None:
    typed = ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", " =1"]
    customers = [new_customer(company=company, city='"; =1') for company in typed]
    for row, company in zip(export(admin_client, *customers)[1:], typed, strict=True):
        assert row[1] == f"'{company}"


def test_customers_without_a_basis_are_not_invoiced(admin_client: Client, customer: Customer) -> None:
    QuerySet(Customer).update(status="no_basis")
    assert len(export(admin_client, customer)) == 1


@given(st.text())
def test_no_cell_begins_like_a_formula(text: str) -> None:
    assert safe(text).lstrip(" ")[:1] not in set("=+-@\t\r\n|%＝＋－＠")
