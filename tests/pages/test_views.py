"""What visitors and machines are given."""

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from sitebackend.models import SiteSettings
from sitebackend.pages.models import Page
from tests.pages.conftest import MakePage

pytestmark = pytest.mark.django_db
SITEMAP = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}


def text_of(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, url
    return response.content.decode().replace("\xa0", " ")  # a line may not end after "Art."


def test_every_starter_page_answers_in_its_language(client: Client, starter_site: None) -> None:
    for page in Page.objects.all():
        response = client.get(page.get_absolute_url())
        if response.resolver_match.namespace != "pages":
            continue
        assert response.status_code == 200, page.path
        assert response.headers["Content-Language"] == page.language
        assert f"<h1>{page.title}</h1>" in response.content.decode()


def test_a_public_page_sets_no_cookie_and_has_no_script_and_no_foreign_address(
    client: Client, starter_site: None
) -> None:
    response = client.get("/")
    html = response.content.decode()
    assert not response.cookies
    assert "Set-Cookie" not in response.headers
    assert not re.findall(r"style=|<style|javascript:|\son\w+=", html)
    assert set(re.findall(r'(?:src|href)="https?://([^/"]+)', html)) <= {"www.example.de"}


def test_a_draft_is_not_found_by_visitors(client: Client, make_page: MakePage) -> None:
    page = make_page(slug="geheim", status=Page.Status.DRAFT)
    assert client.get("/geheim/").status_code == 404
    page.status = Page.Status.PUBLISHED
    page.save()
    assert client.get("/geheim/").status_code == 200


def test_a_scheduled_page_appears_on_time(client: Client, make_page: MakePage) -> None:
    start = datetime(2026, 12, 24, 18, tzinfo=UTC)
    make_page(slug="frohes-fest", published_at=start)
    with time_machine.travel(start - timedelta(seconds=1), tick=False):
        assert client.get("/frohes-fest/").status_code == 404
    with time_machine.travel(start, tick=False):
        assert client.get("/frohes-fest/").status_code == 200


def test_the_other_language_is_linked_in_the_head_and_for_people(client: Client, starter_site: None) -> None:
    html = text_of(client, "/leistungen/netzwerke/")
    assert '<link rel="canonical" href="https://www.example.de/leistungen/netzwerke/">' in html
    assert '<link rel="alternate" hreflang="en" href="https://www.example.de/en/services/networks/">' in html
    assert '<a href="/en/services/networks/" lang="en" hreflang="en">English</a>' in html
    back = text_of(client, "/en/services/networks/")
    assert '<link rel="alternate" hreflang="de" href="https://www.example.de/leistungen/netzwerke/">' in back


def test_a_translation_that_is_a_draft_is_not_linked(client: Client, starter_site: None) -> None:
    Page.objects.filter(path="services/networks").update(status=Page.Status.DRAFT)
    assert "services/networks" not in text_of(client, "/leistungen/netzwerke/")


def test_the_canonical_address_ignores_host_and_query(client: Client, starter_site: None, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    html = client.get("/?utm_source=x", headers={"host": "evil.example.org"}).content.decode()
    assert '<link rel="canonical" href="https://www.example.de/">' in html
    assert "evil.example.org" not in html
    assert "utm_source" not in html


def test_the_menu_marks_where_the_visitor_is(client: Client, starter_site: None) -> None:
    assert '<a href="/leistungen/" aria-current="page">' in text_of(client, "/leistungen/")
    assert '<a href="/leistungen/" aria-current="true">' in text_of(client, "/leistungen/netzwerke/")
    assert 'aria-current="page"' not in text_of(client, "/")


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_every_page_links_imprint_notice_cookies_and_contact(client: Client, starter_site: None, prefix: str) -> None:
    footer = text_of(client, f"{prefix}/").split("<footer")[1]
    for path in ("impressum", "datenschutz", "cookies", "kontakt"):
        assert f'href="{prefix}/{path}/"' in footer


def test_the_imprint_says_what_the_settings_say(client: Client, starter_site: None) -> None:
    SiteSettings.objects.update(owner="Änne Beispiel", vat_number="DE123456789", phone="", city="Köln & Bonn")
    html = text_of(client, "/impressum/")
    for fact in ("Änne Beispiel", "DE123456789", "Köln &amp; Bonn", "operator@example.de", "§ 5 DDG"):
        assert fact in html
    assert "tel:" not in html


@pytest.mark.parametrize(
    ("kept_by", "sentence"),
    [
        ("none", "kein Zugriffsprotokoll"),
        ("provider", "haben keinen Zugriff"),
        ("own", "Art. 6 Abs. 1 Buchst. f DSGVO"),
    ],
)
def test_the_notice_says_truly_who_keeps_an_access_log(
    client: Client, starter_site: None, settings: Settings, kept_by: str, sentence: str
) -> None:
    settings.ACCESS_LOG = kept_by
    assert sentence in text_of(client, "/datenschutz/")


def test_an_unknown_address_gets_help_in_the_right_language(client: Client, starter_site: None) -> None:
    german = client.get("/gibt-es-nicht/")
    english = client.get("/en/no-such-page/")
    assert (german.status_code, english.status_code) == (404, 404)
    assert 'href="/leistungen/"' in german.content.decode()
    assert 'href="/en/services/"' in english.content.decode()
    assert "canonical" not in german.content.decode()


def test_the_not_found_page_repeats_nothing_that_was_typed(client: Client, starter_site: None) -> None:
    html = client.get("/kunde-erika-mustermann/?tel=0301234567").content.decode()
    assert "erika" not in html.split("<main")[1]
    assert "0301234567" not in html


def test_an_address_without_its_slash_leads_to_the_page(client: Client, starter_site: None) -> None:
    response = client.get("/impressum")
    assert (response.status_code, response.headers["Location"]) == (301, "/impressum/")


def test_a_fault_is_answered_without_database_or_settings(client: Client) -> None:
    from django.views.defaults import server_error

    response = server_error(client.request().wsgi_request)
    assert response.status_code == 500
    assert "liegt bei uns" in response.content.decode()


def test_the_sitemap_lists_what_is_visible_with_its_other_language(client: Client, starter_site: None) -> None:
    Page.objects.filter(path="services/backups").update(status=Page.Status.DRAFT)
    root = ElementTree.fromstring(client.get("/sitemap.xml").content)
    found = {url.findtext("s:loc", "", SITEMAP): url for url in root.findall("s:url", SITEMAP)}
    assert "https://www.example.de/" in found
    assert "https://www.example.de/en/services/" in found
    assert "https://www.example.de/en/services/backups/" not in found
    alternates = found["https://www.example.de/leistungen/"].findall("x:link", SITEMAP)
    assert [link.get("hreflang") for link in alternates] == ["de", "en"]
    assert found["https://www.example.de/leistungen/datensicherung/"].findall("x:link", SITEMAP) == []


def test_the_sitemap_tells_when_a_page_was_changed(client: Client, make_page: MakePage) -> None:
    with time_machine.travel(datetime(2026, 3, 14, 12, tzinfo=UTC), tick=False):
        make_page(slug="seite")
    sitemap = client.get("/sitemap.xml").content.decode()
    assert "<lastmod>2026-03-14</lastmod>" in sitemap


def test_robots_are_kept_from_the_admin_only(client: Client) -> None:
    text = text_of(client, "/robots.txt")
    assert "Disallow: /admin/" in text
    assert "Sitemap: https://www.example.de/sitemap.xml" in text


def test_security_txt_names_a_contact_and_has_not_expired(client: Client, starter_site: None) -> None:
    text = text_of(client, "/.well-known/security.txt")
    expires = re.search(r"^Expires: (.+)$", text, re.MULTILINE)
    assert "Contact: mailto:operator@example.de" in text
    assert expires
    assert datetime.fromisoformat(expires[1]) > datetime.now(UTC) + timedelta(days=30)


def test_pages_are_read_only(client: Client, starter_site: None) -> None:
    assert client.post("/", headers={"sec-fetch-site": "same-origin"}).status_code == 405


@pytest.mark.parametrize("path", ["/sitemap.xml", "/feed/", "/en/feed/"])
def test_files_for_machines_are_only_read(client: Client, path: str) -> None:
    refused = client.delete(path, headers={"sec-fetch-site": "same-origin"})
    assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD")
