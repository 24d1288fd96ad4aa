"""Editing in the cockpit: what is saved, what is refused, and that it works under the strict policy."""

import re

import pytest
from django.test import Client

from sitebackend.models import SiteSettings
from sitebackend.pages.models import Category, Page
from tests.pages.conftest import MakePage

pytestmark = pytest.mark.django_db


def form_of(page: Page, **changes: str) -> dict[str, str]:
    fields = {
        "title": page.title,
        "description": page.description,
        "body": page.body,
        "status": page.status,
        "published_at_0": "",
        "published_at_1": "",
        "language": page.language,
        "parent": str(page.parent_id or ""),
        "slug": page.slug,
        "menu": page.menu,
        "menu_order": str(page.menu_order),
        "navigation_title": page.navigation_title,
        "template": page.template,
        "translation_of": str(page.translation_of_id or ""),
    }
    return fields | changes


def test_a_text_is_saved_clean(operator: Client, make_page: MakePage) -> None:
    page = make_page()
    changed = form_of(page, title="Neu", body="<h1>Groß</h1><p style='color:red'>Text</p><script>alert(1)</script>")
    response = operator.post(f"/admin/pages/page/{page.pk}/change/", changed)
    page.refresh_from_db()
    assert response.status_code == 302
    assert (page.title, page.body) == ("Neu", "<h2>Groß</h2><p>Text</p>")


def test_an_address_that_is_taken_is_refused_with_words(operator: Client, make_page: MakePage) -> None:
    make_page(slug="vergeben")
    page = make_page(slug="frei")
    response = operator.post(f"/admin/pages/page/{page.pk}/change/", form_of(page, slug="vergeben"))
    assert response.status_code == 200
    assert "Unter dieser Adresse gibt es schon eine Seite." in response.content.decode()


def test_the_editor_is_allowed_by_its_nonce_and_nothing_is_unsafe(operator: Client, make_page: MakePage) -> None:
    response = operator.get(f"/admin/pages/page/{make_page().pk}/change/")
    policy = response.headers["Content-Security-Policy"]
    (nonce,) = set(re.findall(r"'nonce-([^']+)'", policy))
    inline = re.findall(r"<(script|style)\b([^>]*)>", response.content.decode())
    assert "unsafe" not in policy
    assert all(f'nonce="{nonce}"' in attributes or "src=" in attributes for _tag, attributes in inline)
    assert any("importmap" in attributes for _tag, attributes in inline)


def test_the_nonce_is_another_one_each_time(operator: Client, make_page: MakePage) -> None:
    address = f"/admin/pages/page/{make_page().pk}/change/"
    first, second = (operator.get(address).headers["Content-Security-Policy"] for _ in range(2))
    assert first != second


def test_a_page_of_the_editor_offers_preview_and_versions(operator: Client, make_page: MakePage) -> None:
    page = make_page(status=Page.Status.DRAFT)
    html = operator.get(f"/admin/pages/page/{page.pk}/change/").content.decode()
    assert 'href="/vorschau/' in html
    assert f'href="/admin/pages/page/{page.pk}/versions/"' in html


def test_the_editor_speaks_german(operator: Client) -> None:
    assert "Alternativer Text" in operator.get("/admin/jsi18n/").content.decode()


def test_the_list_of_pages_shows_addresses_in_german(operator: Client, starter_site: None) -> None:
    html = operator.get("/admin/pages/page/").content.decode()
    assert "/leistungen/netzwerke/" in html
    assert "veröffentlicht" in html


def test_the_business_data_are_one_form(operator: Client, starter_site: None) -> None:
    response = operator.get("/admin/sitebackend/sitesettings/", follow=True)
    assert response.redirect_chain == [("/admin/sitebackend/sitesettings/1/change/", 302)]
    assert 'type="color"' in response.content.decode()
    assert operator.get("/admin/sitebackend/sitesettings/add/").status_code == 403
    assert operator.post("/admin/sitebackend/sitesettings/1/delete/").status_code == 403


def test_a_site_without_business_data_is_led_to_enter_them(operator: Client) -> None:
    SiteSettings.objects.all().delete()
    response = operator.get("/admin/sitebackend/sitesettings/", follow=True)
    assert response.redirect_chain == [("/admin/sitebackend/sitesettings/add/", 302)]
    assert response.status_code == 200


def test_a_new_page_and_a_new_topic_take_their_address_from_the_title(operator: Client) -> None:
    new = form_of(Page(title="Über uns & Größe", language="de"), slug="")
    assert operator.post("/admin/pages/page/add/", new).status_code == 302
    assert operator.post("/admin/pages/category/add/", {"title": "Büro", "language": "de"}).status_code == 302
    assert Page.objects.get().path == "ueber-uns-groesse"
    assert Category.objects.get().slug == "buero"


def test_the_home_page_and_a_page_that_is_there_keep_what_was_typed(operator: Client, make_page: MakePage) -> None:
    home = form_of(Page(title="Start", language="de", template="home"), slug="")
    assert operator.post("/admin/pages/page/add/", home).status_code == 302
    assert Page.objects.get(title="Start").path == ""
    page = make_page(slug="bleibt", title="Anderer Titel")
    operator.post(f"/admin/pages/page/{page.pk}/change/", form_of(page, title="Noch ein Titel"))
    page.refresh_from_db()
    assert page.slug == "bleibt"
