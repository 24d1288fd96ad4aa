"""What is thrown away is gone for visitors at once, comes back for thirty days, then goes for good."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client

from sitebackend.pages import services
from sitebackend.pages.models import Page, Revision
from tests.pages.conftest import MakePage

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_page_in_the_trash_is_not_found_and_frees_its_address(client: Client, make_page: MakePage) -> None:
    services.move_to_trash(page=make_page(slug="angebot"))
    assert client.get("/angebot/").status_code == 404
    assert make_page(slug="angebot", title="Neues Angebot").is_visible
    assert "<h1>Neues Angebot</h1>" in client.get("/angebot/").content.decode()


def test_a_restored_page_is_a_draft(make_page: MakePage) -> None:
    page = make_page()
    services.move_to_trash(page=page)
    page.refresh_from_db()
    services.restore_from_trash(page=page)
    page.refresh_from_db()
    assert (page.trashed_at, page.status) == (None, Page.Status.DRAFT)


def test_a_page_whose_address_is_taken_is_not_restored(make_page: MakePage) -> None:
    page = make_page(slug="angebot")
    services.move_to_trash(page=page)
    make_page(slug="angebot")
    page.refresh_from_db()
    with pytest.raises(ValidationError, match="slug"):
        services.restore_from_trash(page=page)


def test_a_page_with_pages_below_is_not_thrown_away(make_page: MakePage) -> None:
    top = make_page(slug="oben")
    below = make_page(slug="unten", parent=top)
    with pytest.raises(ValidationError):
        services.move_to_trash(page=top)
    services.move_to_trash(page=below)
    services.move_to_trash(page=top)
    assert Page.objects.kept().count() == 0


def test_the_trash_is_emptied_after_thirty_days(make_page: MakePage) -> None:
    with time_machine.travel(NOW, tick=False):
        page = make_page()
        services.save_page(page=page, author=None)
        services.move_to_trash(page=page)
        make_page(slug="bleibt")
    assert services.empty_trash(NOW + timedelta(days=30)) == 0
    services.empty_trash(NOW + timedelta(days=30, seconds=1))
    assert [page.slug for page in Page.objects.all()] == ["bleibt"]
    assert not Revision.objects.exists()


def test_a_page_goes_for_good_before_the_one_above_it(make_page: MakePage) -> None:
    top = make_page(slug="oben")
    services.move_to_trash(page=make_page(slug="unten", parent=top))
    services.move_to_trash(page=top)
    later = datetime.now(UTC) + timedelta(days=31)
    services.empty_trash(later)
    services.empty_trash(later)
    assert not Page.objects.exists()


def test_the_operator_throws_away_and_brings_back(operator: Client, make_page: MakePage) -> None:
    page = make_page()
    operator.post("/admin/pages/page/", {"action": "move_to_trash", "_selected_action": [str(page.pk)]})
    assert page.title not in operator.get("/admin/pages/page/").content.decode().split('id="result_list"')[-1]
    trash = "/admin/pages/page/?trash=only"
    assert page.title in operator.get(trash).content.decode()
    operator.post(trash, {"action": "restore_from_trash", "_selected_action": [str(page.pk)]})
    assert Page.objects.kept().get() == page


def test_only_the_trash_deletes_for_good(operator: Client, make_page: MakePage) -> None:
    page = make_page()
    assert operator.post(f"/admin/pages/page/{page.pk}/delete/", {"post": "yes"}).status_code == 403
    assert "delete_selected" not in operator.get("/admin/pages/page/").content.decode()
    services.move_to_trash(page=page)
    operator.post(f"/admin/pages/page/{page.pk}/delete/", {"post": "yes"})
    assert not Page.objects.exists()
