"""Operators at their desks: clients that keep the site's rules for cookies and tokens, and a clock to move."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.http import HttpResponse
from django.test import Client

from sitebackend.models import Operator
from sitebackend.vault import services

PASSWORD = "a long enough password"
PASSPHRASE = "a long enough passphrase for the vault"
NOW = "2026-03-02T08:00:00Z"


class Desk(Client):
    """A browser on the site: tokens are checked, and every POST says where it comes from, as browsers do."""

    def __init__(self) -> None:
        https = {"SERVER_NAME": "www.example.de", "wsgi.url_scheme": "https"}
        super().__init__(enforce_csrf_checks=True, headers={"origin": settings.SITE_URL}, **https)

    def sign_in(self, name: str = "chef", *, code: str = "", password: str = PASSWORD) -> HttpResponse:
        self.cookies.pop(settings.SESSION_COOKIE_NAME, None)
        fields = {"username": name, "password": password, "code": code, "next": "/admin/"}
        return self.post("/admin/login/", fields | {"csrfmiddlewaretoken": self.token("/admin/login/")})

    def token(self, page: str) -> str:
        return hidden(self.get(page))["csrfmiddlewaretoken"]

    def end_session(self) -> None:
        Session.objects.all().delete()

    def forget_cookies(self) -> None:
        for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
            del self.cookies[name]


def hidden(response: HttpResponse) -> dict[str, Any]:
    """What the page's form would send by itself: its hidden fields, several of one name as a list."""
    forms = re.findall(r"<form.*?</form>", response.content.decode(), re.DOTALL)
    form = next(form for form in forms if "csrfmiddlewaretoken" in form and not re.search("logout|vault/lock", form))
    found: dict[str, Any] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form):
        found.setdefault(unescape(name), []).append(unescape(value))
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def proved(response: HttpResponse, **fields: Any) -> dict[str, Any]:
    """The page's form with what it asks for: `proved(page, password=…)`."""
    return hidden(response) | {f"sign-in-{name}": value for name, value in fields.items()}


@pytest.fixture
def chef(db: None) -> Operator:
    return Operator.objects.create_superuser("chef", "chef@example.de", PASSWORD)


@pytest.fixture
def other(db: None) -> Operator:
    return Operator.objects.create_superuser("other", "other@example.de", PASSWORD)


@pytest.fixture
def desk(chef: Operator) -> Desk:
    """The operator has just signed in."""
    desk = Desk()
    assert desk.sign_in().status_code == 302
    return desk


@pytest.fixture
def vault(db: None) -> str:
    """A vault; its passphrase."""
    services.set_up(passphrase=PASSPHRASE)
    return PASSPHRASE


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def paper(content: bytes = b"%PDF-1.7 signed", name: str = "auftrag.pdf") -> ContentFile:
    return ContentFile(content, name)
