"""The menus are arranged on one page, with numbers that work without a mouse or a script."""

import re
from html import unescape

import pytest
from django.test import Client

from sitebackend.pages.models import Page

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/pages/page/menus/"


def fields(html: str) -> dict[str, str]:
    """The form as the browser would send it back."""
    inputs = re.findall(r'<input type="(?:hidden|text)" name="(form-[\w-]+)" value="([^"]*)"', html)
    selects = re.findall(r'<select name="(form-[\w-]+)".*?</select>', html, re.DOTALL)
    chosen = re.findall(r'<option value="(\w*)" selected>', html)
    return dict(inputs) | dict(zip(selects, chosen, strict=True))


def row_of(page: Page, form: dict[str, str]) -> str:
    return next(name.removesuffix("-id") for name, value in form.items() if value == str(page.pk))


def test_numbers_and_selects_arrange_the_menus(operator: Client, client: Client, starter_site: None) -> None:
    news, imprint = Page.objects.get(path="aktuelles"), Page.objects.get(path="impressum", language="de")
    form = fields(operator.get(ADDRESS).content.decode())
    form |= {f"{row_of(news, form)}-menu_order": "5", f"{row_of(imprint, form)}-menu": "main"}
    form |= {f"{row_of(imprint, form)}-menu_order": "95"}
    assert operator.post(ADDRESS, form).status_code == 302
    assert [page.path for page in Page.objects.in_menu("main", "de")] == [
        "aktuelles",
        "leistungen",
        "kontakt",
        "impressum",
    ]
    html = client.get("/").content.decode().partition('class="site-nav"')[2]
    assert html.index(">Aktuelles</a>") < html.index(">Leistungen</a>") < html.index(">Impressum</a>")


def test_what_cannot_be_read_is_shown_again(operator: Client, starter_site: None) -> None:
    form = fields(operator.get(ADDRESS).content.decode())
    answer = operator.post(ADDRESS, form | {"form-0-menu_order": "viele"})
    assert answer.status_code == 422
    assert "Das ist keine Zahl." in answer.content.decode()
    assert 'value="viele"' in answer.content.decode()


def test_posts_and_what_was_thrown_away_stand_in_no_menu(operator: Client, starter_site: None) -> None:
    html = operator.get(ADDRESS).content.decode()
    assert "/aktuelles/" in html
    assert "/aktuelles/neue-website/" not in html


def test_the_list_of_pages_leads_there(operator: Client, client: Client, starter_site: None) -> None:
    assert f'href="{ADDRESS}"' in operator.get("/admin/pages/page/").content.decode()
    assert client.get(ADDRESS).status_code == 302


def test_a_page_below_another_one_of_the_menu_stands_below_it_there(
    operator: Client, client: Client, starter_site: None
) -> None:
    Page.objects.filter(path="leistungen/netzwerke").update(menu="main", menu_order=1)
    nav = client.get("/kontakt/").content.decode().partition('class="site-nav"')[2].partition("</nav>")[0]
    top, below = nav.index('href="/leistungen/"'), nav.index('href="/leistungen/netzwerke/"')
    assert top < nav.index('<summary aria-label="Mehr zu „Leistungen“">') < below < nav.index("</details>")
    assert nav.count("<details") == 1
    html = operator.get(ADDRESS).content.decode()
    assert html.index("<small>/leistungen/<") < html.index("<small>/leistungen/netzwerke/") < html.index("/aktuelles/<")


def test_without_its_upper_page_it_stands_on_top(client: Client, starter_site: None) -> None:
    Page.objects.filter(path="leistungen/netzwerke").update(menu="main")
    Page.objects.filter(path="leistungen").update(status="draft")
    nav = client.get("/kontakt/").content.decode().partition('class="site-nav"')[2].partition("</nav>")[0]
    assert "<details" not in nav
    assert 'href="/leistungen/netzwerke/"' in nav


def test_menus_are_not_saved_over_what_another_window_has_moved(operator: Client, starter_site: None) -> None:
    html = operator.get(ADDRESS).content.decode()
    stale = unescape(re.findall(r'name="form_version" value="([^"]*)"', html)[0])
    moved = Page.objects.kept().filter(menu=Page.Menu.MAIN).order_by("menu_order")[0]
    Page.objects.filter(pk=moved.pk).update(menu_order=77)
    answer = operator.post(ADDRESS, fields(html) | {"form_version": stale})
    moved.refresh_from_db()
    assert (answer.status_code, moved.menu_order) == (409, 77)
    fresh = unescape(re.findall(r'name="form_version" value="([^"]*)"', answer.content.decode())[0])
    assert operator.post(ADDRESS, fields(html) | {"form_version": fresh}).status_code == 302
