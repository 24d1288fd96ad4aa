"""An address that nobody could have made a page for is not found, and breaks nothing."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/%00/", "/kontakt%00/", "/cookies/inhalt/%00/", "/%FF%FE/", "/" + "x" * 3000 + "/"])
def test_a_broken_path_is_not_found(path: str) -> None:
    assert Client(headers={"Host": "www.example.de"}).get(path, secure=True).status_code == 404


@pytest.mark.parametrize("referer", ["http://[", "https://www.example.de:port/", "//", "\x00", "%"])
def test_a_broken_referer_costs_nobody_the_page(referer: str) -> None:
    client = Client(headers={"Host": "www.example.de", "Referer": referer})
    assert client.get("/gibt-es-nicht/", secure=True).status_code == 404
