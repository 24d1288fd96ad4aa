"""Finding a person among a million looks no table through: every question about a person is answered by an index."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
from sitebackend.privacy import erasure, registry
from sitebackend.privacy.registry import DataSubject

pytestmark = pytest.mark.django_db
LARGE = ("contact_", "customers_")  # the tables that grow with the business
HER = DataSubject(
    email="moeller@baeckerei.example.de",
    phone="0341 901234",
    name="Änne Möller-Groß",
    postal_code="04109",
    customer_number="k00001",
    reference="K7M4QX9PT",
)


def looked_through(queries: CaptureQueriesContext) -> list[str]:
    """The large tables that SQLite would read from end to end."""
    found = set()
    for query in queries.captured_queries:
        sql = query["sql"]
        if not sql.startswith(("SELECT", "DELETE", "UPDATE")) or "sqlite_" in sql:
            continue
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            steps = " ".join(row[3] for row in cursor.fetchall())
        found |= {table for table in re.findall(r"SCAN (\w+)", steps) if table.startswith(LARGE)}
    return sorted(found)


@pytest.fixture(autouse=True)
def _on_sqlite() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("only on SQLite")


def test_what_is_held_on_a_person_is_found_by_indexes(customer: Customer) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        items = registry.find(HER)
        registry.export(HER)
    assert {item.source for item in items} == {"customers.master_data"}
    assert looked_through(queries) == []


def test_an_erasure_is_previewed_and_done_by_indexes(customer: Customer) -> None:
    with CaptureQueriesContext(connection) as queries:
        plan = erasure.plan(HER)
        erasure.erase(HER, plan_hash=plan.hash, now=customer.created_at)
    assert not Customer.objects.exists()
    assert looked_through(queries) == []


def test_a_search_without_an_index_would_be_noticed(customer: Customer) -> None:
    with CaptureQueriesContext(connection) as queries:
        list(Customer.objects.filter(number__iexact="k00001"))
    assert looked_through(queries) == ["customers_customer"]
