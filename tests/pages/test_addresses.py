"""Old addresses lead on; dead links of our own are told; what visitors type is not kept."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from sitebackend.pages import services
from sitebackend.pages.models import DeadLink, Page, Redirect
from tests.pages.conftest import MakePage

pytestmark = pytest.mark.django_db


def where(client: Client, address: str) -> tuple[int, str]:
    response = client.get(address)
    return response.status_code, response.headers.get("Location", "")


def test_a_moved_page_redirects_from_its_old_address(client: Client, make_page: MakePage) -> None:
    page = make_page(slug="alt")
    page.slug = "neu"
    page.save()
    assert where(client, "/alt/") == (301, "/neu/")


def test_after_two_moves_both_old_addresses_lead_straight_to_the_page(client: Client, make_page: MakePage) -> None:
    page = make_page(slug="a")
    for slug in ("b", "c"):
        page.slug = slug
        page.save()
    assert where(client, "/a/") == (301, "/c/")
    assert where(client, "/b/") == (301, "/c/")


def test_a_page_moved_back_does_not_lead_in_a_circle(client: Client, make_page: MakePage) -> None:
    page = make_page(slug="a")
    for slug in ("b", "a"):
        page.slug = slug
        page.save()
    assert where(client, "/a/") == (200, "")
    assert where(client, "/b/") == (301, "/a/")


def test_pages_below_a_moved_page_redirect_too(client: Client, make_page: MakePage) -> None:
    top = make_page(slug="leistungen")
    make_page(slug="netz", parent=top)
    top.slug = "angebot"
    top.save()
    assert where(client, "/leistungen/netz/") == (301, "/angebot/netz/")


def test_a_page_that_changes_its_language_redirects(client: Client, make_page: MakePage) -> None:
    page = make_page(slug="services")
    page.language = "en"
    page.save()
    assert where(client, "/services/") == (301, "/en/services/")


def test_a_draft_leaves_no_redirect_for_nobody_has_seen_it(make_page: MakePage) -> None:
    page = make_page(slug="entwurf", status=Page.Status.DRAFT)
    page.slug = "anders"
    page.save()
    assert not Redirect.objects.exists()


def test_a_redirect_does_not_betray_a_page_that_was_withdrawn(client: Client, make_page: MakePage) -> None:
    page = make_page(slug="alt")
    page.slug = "neu"
    page.save()
    services.move_to_trash(page=page)
    assert client.get("/alt/").status_code == 404


def test_a_new_page_at_the_old_address_wins(client: Client, make_page: MakePage) -> None:
    page = make_page(slug="alt")
    page.slug = "neu"
    page.save()
    make_page(slug="alt", title="Nachfolger")
    assert "<h1>Nachfolger</h1>" in client.get("/alt/").content.decode()


def test_the_operator_leads_an_old_file_to_another_place(client: Client, operator: Client) -> None:
    operator.post("/admin/pages/redirect/add/", {"path": "/alt/Preise.html", "page": "", "target": "/kontakt/"})
    assert where(client, "/alt/Preise.html") == (301, "/kontakt/")


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/a/", "/a/"),
        ("/a/", ""),
        ("a", "/b/"),
        ("/a/?x=1", "/b/"),
        ("/a/", "//evil.example.org/"),
        ("/a/", "javascript:alert(1)"),
        ("/a/", "http://example.org/"),
    ],
)
def test_a_redirect_that_leads_nowhere_or_astray_is_refused(db: None, path: str, target: str) -> None:
    with pytest.raises(ValidationError):
        Redirect(path=path, target=target).full_clean()


def test_a_dead_link_of_our_own_is_noted_and_counted(client: Client, starter_site: None) -> None:
    for _ in range(2):
        client.get("/fehlt/?quelle=x", headers={"referer": "http://testserver/leistungen/"})
    assert list(DeadLink.objects.values_list("path", "count")) == [("/fehlt/", 2)]


@pytest.mark.parametrize("referrer", ["", "https://example.org/", "http://testserver/admin/pages/", "kaputt ::"])
def test_what_a_visitor_types_is_not_kept(client: Client, starter_site: None, referrer: str) -> None:
    client.get("/erika-mustermann/0301234567/", headers={"referer": referrer})
    assert not DeadLink.objects.exists()


def test_a_stranger_cannot_fill_the_list_of_dead_links(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(DeadLink.objects.all()), "LIMIT", 3)
    for number in range(5):
        DeadLink.objects.note(f"/{number}/")
    assert DeadLink.objects.count() == 3


def test_dead_links_that_nobody_follows_are_forgotten(db: None) -> None:
    DeadLink.objects.create(path="/alt/", last_seen=date(2026, 1, 1))
    DeadLink.objects.create(path="/neu/", last_seen=date(2026, 3, 31))
    services.forget_dead_links(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=91))
    assert [link.path for link in DeadLink.objects.newest()] == ["/neu/"]
