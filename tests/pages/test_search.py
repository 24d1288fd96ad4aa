"""Search finds what a visitor may see, whichever way its umlauts are written."""

import pytest
from django.db import connection
from django.test import Client

from sitebackend.pages import search, services
from sitebackend.pages.models import Page
from tests.pages.conftest import MakePage

pytestmark = pytest.mark.django_db


def found(query: str, language: str = "de") -> list[str]:
    return [page.slug for page in Page.objects.matching(query, language)]


@pytest.mark.parametrize("query", ["Müller", "mueller", "MÜLLER", "Mu\u0308ller", "Straße", "strasse", "cafe", "Café"])
def test_umlauts_and_accents_are_found_either_way(make_page: MakePage, query: str) -> None:
    make_page(slug="hit", body="<p>Herr Müller wohnt in der Straße beim Café.</p>")
    make_page(slug="miss", body="<p>Herr Moller.</p>")
    assert found(query) == ["hit"]


def test_every_word_must_be_there_and_its_end_may_be_missing(make_page: MakePage) -> None:
    make_page(slug="beide", body="<p>Netzwerke und Drucker</p>")
    make_page(slug="eins", body="<p>Netzwerke</p>")
    assert found("netzwerk druck") == ["beide"]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only on PostgreSQL")
@pytest.mark.parametrize("query", ["Häusern", "haeusern", "Sicherungen"])
def test_other_forms_of_a_german_word_are_found_where_the_database_knows_german(
    make_page: MakePage, query: str
) -> None:
    make_page(slug="hit", body="<p>Wir betreuen Häuser und machen eine Sicherung.</p>")
    assert found(query) == ["hit"]


def test_a_hit_in_the_title_comes_first(make_page: MakePage) -> None:
    make_page(slug="text", title="Anderes", body="<p>Sicherung. " + "Viele andere Worte stehen hier. " * 30 + "</p>")
    make_page(slug="titel", title="Sicherung", body="<p>Kurz.</p>")
    assert found("sicherung") == ["titel", "text"]


def test_only_what_a_visitor_may_see_is_found(make_page: MakePage) -> None:
    make_page(slug="entwurf", title="Geheimnis", status=Page.Status.DRAFT)
    services.move_to_trash(page=make_page(slug="weg", title="Geheimnis"))
    make_page(slug="english", title="Geheimnis", language="en")
    assert found("geheimnis") == []
    assert found("geheimnis", "en") == ["english"]


def test_a_changed_text_is_found_by_its_new_words_only(make_page: MakePage) -> None:
    page = make_page(slug="seite", body="<p>Apfel</p>")
    page.body = "<p>Birne</p>"
    page.save()
    assert (found("apfel"), found("birne")) == ([], ["seite"])


def test_a_deleted_page_leaves_nothing_in_the_index(make_page: MakePage) -> None:
    make_page(slug="a", title="Einmalig")
    Page.objects.all().delete()
    make_page(slug="b", title="Anderes")
    assert found("einmalig") == []


@pytest.mark.parametrize(
    "query", ["", "   ", '"', "a OR b*", "NEAR(", "x' OR 1=1 --", "title:", "%", "\\", "&|!", "-", "*" * 300]
)
def test_signs_with_a_meaning_to_databases_do_no_harm(client: Client, starter_site: None, query: str) -> None:
    assert client.get("/suche/", {"q": query}).status_code == 200


def test_the_page_of_results_links_hits_and_is_no_hit_itself(client: Client, starter_site: None) -> None:
    html = client.get("/suche/", {"q": "firewall"}).content.decode()
    assert '<a href="/leistungen/netzwerke/">' in html
    assert 'name="robots" content="noindex"' in html
    assert "canonical" not in html


def test_what_was_searched_for_is_shown_as_text(client: Client, starter_site: None) -> None:
    html = client.get("/suche/", {"q": "<script>alert(1)</script>"}).content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_the_english_search_finds_english_pages(client: Client, starter_site: None) -> None:
    assert '<a href="/en/services/networks/">' in client.get("/en/suche/", {"q": "firewalls"}).content.decode()


def test_folding_makes_one_spelling_of_many() -> None:
    assert search.fold("ÄÖÜ äöü ß Éà Ǆ") == "aeoeue aeoeue ss ea dz"
