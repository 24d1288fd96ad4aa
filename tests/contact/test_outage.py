"""The database is wholly down: no page is a 500, and what was typed stays in the form."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client

from sitebackend import nonce
from sitebackend.models import SiteSettings
from tests.contact.conftest import FIELDS

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[OperationalError, InterfaceError])
def down(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every query fails, whoever asks, as when the server behind it was switched off."""
    SiteSettings.objects.update_or_create(id=1, defaults={"email": "post@example.de", "phone": "0711 99"})
    SiteSettings.current()

    def fail(*args: Any) -> None:
        raise request.param("the connection was closed")

    with connection.execute_wrapper(fail):
        yield


@pytest.fixture
def visitor() -> Client:
    """Sees what a visitor sees, failures too."""
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("path", ["/", "/kontakt/", "/en/kontakt/", "/impressum/", "/no/such/page/"])
def test_every_page_says_calmly_that_it_will_be_back(visitor: Client, down: None, path: str) -> None:
    answer = visitor.get(path)
    page = answer.content.decode()
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert "no-store" in answer["Cache-Control"]
    assert "mailto:post@example.de" in page
    assert ("Back in a moment" in page) == path.startswith("/en/")
    assert "Content-Security-Policy" in answer
    assert not answer.cookies


@pytest.mark.parametrize("changes", [{}, {"name": ""}])
def test_what_was_typed_stays_in_the_form(
    visitor: Client, operator_key: object, down: None, changes: dict[str, str]
) -> None:
    answer = visitor.post("/kontakt/", FIELDS | {"nonce": nonce.issue()} | changes)
    page = answer.content.decode()
    assert answer.status_code == 503
    assert FIELDS["email"] in page
    assert "Königstraße 1 „Hinterhaus“" in page
    assert "tel:071199" in page


def test_another_failure_is_still_a_failure(visitor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("contact.views._page", broken)
    assert visitor.get("/kontakt/").status_code == 500
