"""What an answer costs the database is the same among many pages as among few, counted in its own steps."""

from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from sitebackend.pages.models import Page

# PostgreSQL's plans follow sizes that no test has, and it does not count steps
pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="only on SQLite")

MANY = 1000
UNIT = 20  # steps of SQLite's virtual machine between two counts
Cost = Callable[[str], int]


@pytest.fixture
def cost(starter_site: None, client: Client) -> Iterator[Cost]:
    """`cost("/")`: how much SQLite does for this answer."""
    counts: list[None] = []

    def spent(path: str) -> int:
        client.get(path)  # what is remembered from here on is not counted
        return min(once(path) for _try in range(3))  # the cookie question is read anew once a second

    def once(path: str) -> int:
        counts.clear()
        client.get(path)
        return len(counts)

    connection.connection.set_progress_handler(lambda: counts.append(None), UNIT)
    yield spent
    connection.connection.set_progress_handler(None, UNIT)


@pytest.mark.parametrize(
    "path",
    ["/", "/en/", "/leistungen/", "/leistungen/netzwerke/", "/aktuelles/", "/kontakt/", "/feed/", "/gibt-es-nicht/"],
)
def test_an_answer_costs_the_same_among_many_pages(cost: Cost, path: str) -> None:
    among_few = cost(path)
    Page.objects.bulk_create([a_page(number) for number in range(MANY)])
    among_many = cost(path)
    assert among_few > 0
    assert among_many <= among_few + MANY // UNIT // 2  # half a step for each of them would be seen


def a_page(number: int) -> Page:
    name = f"seite-{number}"
    return Page(slug=name, path=name, title=name, status=Page.Status.PUBLISHED, published_at=timezone.now())
