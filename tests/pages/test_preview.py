"""A draft is seen by whoever has its link, for seven days, and by nobody else."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from sitebackend.pages import preview, services
from sitebackend.pages.models import Page
from tests.pages.conftest import MakePage

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_draft_is_shown_by_its_link_and_kept_by_nobody(client: Client, make_page: MakePage) -> None:
    page = make_page(slug="entwurf", title="Geheimer Plan", status=Page.Status.DRAFT)
    response = client.get(preview.link(page))
    html = response.content.decode()
    assert "<h1>Geheimer Plan</h1>" in html
    assert "Besucher sehen diese Seite noch nicht" in html
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert "canonical" not in html
    assert not response.cookies


def test_an_english_page_is_previewed_in_english(client: Client, make_page: MakePage) -> None:
    page = make_page(slug="draft", language="en", status=Page.Status.DRAFT)
    response = client.get(preview.link(page))
    assert preview.link(page).startswith("/en/vorschau/")
    assert 'lang="en"' in response.content.decode()


def test_the_link_ends_after_seven_days(client: Client, make_page: MakePage) -> None:
    with time_machine.travel(NOW, tick=False):
        link = preview.link(make_page(status=Page.Status.DRAFT))
    with time_machine.travel(NOW + timedelta(days=7, seconds=-1), tick=False):
        assert client.get(link).status_code == 200
    with time_machine.travel(NOW + timedelta(days=7, seconds=2), tick=False):
        assert client.get(link).status_code == 404


@pytest.mark.parametrize("token", ["x", "a:b:c", "IjEyMyI:1vNdUJ:aaaa"])
def test_a_made_up_link_is_not_found(client: Client, token: str) -> None:
    assert client.get(f"/vorschau/{token}/").status_code == 404


def test_a_page_in_the_trash_has_no_preview(client: Client, make_page: MakePage) -> None:
    page = make_page()
    services.move_to_trash(page=page)
    assert client.get(preview.link(page)).status_code == 404
