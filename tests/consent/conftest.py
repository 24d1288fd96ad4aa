"""A visitor's browser on our own pages: https, our host, and the headers that a browser sends by itself."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from cookie_consent.models import CookieGroup
from cookie_consent.util import dict_to_cookie_str
from django.http import HttpResponse
from django.test import Client

from consent import choice, offer, providers
from consent.models import ExternalHost, GroupWording

HOST = "www.example.de"
PAGE = "/cookies/"
KARTEN = providers.Provider(
    varname="external",
    name="Karten AG",
    company={"de": "Karten AG, Irland", "en": "Karten AG, Ireland"},
    what=providers.MAPS,
    privacy_url="https://maps.example.org/p",
    hosts={"maps.example.org": ""},
)


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


def sealed_cookie(*, hours_ago: float = 0, **decisions: bool) -> str:
    """The cookie of who decided so about these providers: `sealed_cookie(youtube=True)`."""
    at = int(time.time() - hours_ago * 3600)
    times = {group: at if is_accepted else -at for group, is_accepted in decisions.items()}
    return dict_to_cookie_str(choice.sealed({choice.TIME: at} | times, offer.current()))


@pytest.fixture
def external(db: None) -> CookieGroup:
    """A provider that is not among those known beforehand."""
    group: CookieGroup = providers.write(
        KARTEN,
        varname=KARTEN.varname,
        ordering=2,
        cookie_group=CookieGroup,
        group_wording=GroupWording,
        external_host=ExternalHost,
    )
    offer.forget()
    return group


@pytest.fixture
def visitor(external: CookieGroup) -> Visitor:
    return Visitor()


@pytest.fixture(autouse=True)
def _fresh_offer() -> Iterator[None]:
    offer.forget()
    yield
    offer.forget()
