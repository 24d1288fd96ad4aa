"""One style sheet, in the operator's colours, and never a stale one."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from sitebackend.models import SiteSettings
from sitebackend.pages import theme

pytestmark = pytest.mark.django_db


def linked_style_sheets(client: Client) -> list[str]:
    html = client.get("/").content.decode()
    return [line.split('href="')[1].split('"')[0] for line in html.splitlines() if 'rel="stylesheet"' in line]


def test_the_colours_as_delivered_come_from_the_static_file(client: Client, starter_site: None) -> None:
    assert linked_style_sheets(client) == ["/static/css/site.css"]


def test_colours_of_ones_own_give_one_style_sheet_that_holds_them(client: Client, starter_site: None) -> None:
    SiteSettings.objects.update(brand_colour="#123456", accent_colour="#abcdef")
    (address,) = linked_style_sheets(client)
    response = client.get(address)
    css = response.content.decode()
    assert response.headers["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in response.headers["Cache-Control"]
    assert "--brand: #123456;" in css
    assert "--accent: #abcdef;" in css
    assert "#0e5a60" not in css


def test_an_address_of_an_older_style_sheet_is_not_answered_with_the_new_one(client: Client) -> None:
    assert client.get("/theme/000000000000-123456-abcdef.css").status_code == 404


@pytest.mark.parametrize("colours", ["12345g-abcdef", "12345-abcdef", "123456-abcdef%7D"])
def test_nothing_but_two_colours_gets_into_the_style_sheet(client: Client, colours: str) -> None:
    assert client.get(f"/theme/{theme.version()}-{colours}.css").status_code == 404


@pytest.mark.parametrize("colour", ["red", "#12345", "#1234567", "#12345G", "#123456;}"])
def test_a_colour_that_is_none_is_refused(colour: str) -> None:
    site = SiteSettings(business_name="x", owner="x", street="x", postal_code="x", city="x", email="x@example.de")
    site.brand_colour = colour
    with pytest.raises(ValidationError, match="brand_colour"):
        site.full_clean()
