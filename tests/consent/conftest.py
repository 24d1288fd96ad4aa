"""A visitor's browser on our own pages: https, our host, and the headers that a browser sends by itself."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from consent import offer

HOST = "www.example.de"
PAGE = "/cookies/"


class Visitor(Client):
    """Posts as a browser does from a page of this site. `origin` can be another site's."""

    def __init__(self, *, origin: str | None = f"https://{HOST}", **defaults: Any) -> None:
        headers = {"Host": HOST} | ({"Origin": origin} if origin else {}) | defaults.pop("headers", {})
        super().__init__(headers=headers, **defaults)

    def request(self, **request: Any) -> Any:
        return super().request(**request | {"wsgi.url_scheme": "https", "SERVER_PORT": "443"})

    def accept_all(self, **data: str) -> HttpResponse:
        return self.post("/cookies/accept/", {"all_groups": "true"} | data)

    def refuse_all(self, **data: str) -> HttpResponse:
        return self.post("/cookies/decline/", {"all_groups": "true"} | data)


@pytest.fixture
def visitor(db: None) -> Visitor:
    return Visitor()


@pytest.fixture(autouse=True)
def _fresh_offer() -> None:
    offer.forget()
