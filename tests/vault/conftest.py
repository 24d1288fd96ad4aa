"""A vault that is set up, and an operator who may open it."""

import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from sitebackend.models import Operator
from sitebackend.vault import services
from tests.contact.conftest import received as received

PASSPHRASE = "fünf würfel wörter über allem"


@pytest.fixture
def operator(db: None) -> Operator:
    return Operator.objects.create_superuser("chef", "chef@example.de", "a long enough password")


@pytest.fixture
def recovery_key(db: None) -> str:
    """Sets the vault up; its printed recovery key."""
    return services.set_up(passphrase=PASSPHRASE)


def request_of(operator: Operator, token: str = "") -> HttpRequest:
    """A request as the admin's middleware hands it on."""
    request = RequestFactory().get("/admin/")
    request.user = operator
    request.COOKIES["__Host-vault"] = token
    return request
