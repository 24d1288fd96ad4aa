"""Placeable parts stand where they were written; what means nothing stays text."""

import pytest
from django.test import Client

from sitebackend.models import SiteSettings
from sitebackend.pages.blocks import fill
from tests.pages.conftest import MakePage

pytestmark = pytest.mark.django_db
SITE = {"site": SiteSettings(business_name="Müller & Co", street="Gasse 1", opening_hours="Mo 8–12\nDi 9–13")}


def test_facts_of_the_business_are_looked_up_anew(client: Client, starter_site: None, make_page: MakePage) -> None:
    make_page(slug="wann", body="<p>[Öffnungszeiten]</p>")
    SiteSettings.objects.update(opening_hours="Nur sonntags")
    assert "Nur sonntags" in client.get("/wann/").content.decode()


def test_several_parts_stand_in_their_order_between_the_text() -> None:
    html = fill("<p>Davor</p><p>[Anschrift]</p><p>Mitte</p><p>[Öffnungszeiten]</p>", SITE)
    places = [html.index(words) for words in ("Davor", "Gasse 1", "Mitte", "Mo 8–12<br>Di 9–13")]
    assert places == sorted(places)
    assert "Müller &amp; Co" in html


def test_questions_open_their_answers_up_to_the_next_heading() -> None:
    markup = (
        "<p>[Fragen]</p><h3>Wann?</h3><p>Heute.</p><h3>Wo?</h3><p>Hier.</p><p>Und da.</p><h2>Danach</h2><h3>Frei</h3>"
    )
    assert fill(markup, SITE) == (
        "<details><summary>Wann?</summary><p>Heute.</p></details>"
        "<details><summary>Wo?</summary><p>Hier.</p><p>Und da.</p></details><h2>Danach</h2><h3>Frei</h3>"
    )


def test_a_line_ends_the_questions_and_is_not_shown() -> None:
    html = fill("<p>[Fragen]</p><h3>Wann?</h3><p>Heute.</p><hr><h3>Frei</h3><hr><p>Ende</p>", SITE)
    assert html == "<details><summary>Wann?</summary><p>Heute.</p></details><h3>Frei</h3><hr><p>Ende</p>"


@pytest.mark.parametrize("address", ["/kontakt/", "https://example.org/termin"])
def test_a_button_leads_where_it_says(address: str) -> None:
    html = fill(f"<p>[Knopf: Termin vereinbaren {address}]</p>", SITE)
    assert html.strip() == f'<p><a class="button" href="{address}">Termin vereinbaren</a></p>'


@pytest.mark.parametrize(
    "line",
    [
        "[Unbekannt]",
        "[Bild: gibt-es-nicht]",
        "[Bild]",
        "[Knopf: ohne Ziel]",
        "[Knopf: x javascript:alert(1)]",
        "[Knopf: x //example.org/]",
        "[Öffnungszeiten: heute]",
        "Heute [Öffnungszeiten] beachten",
    ],
)
def test_what_means_nothing_stays_text(line: str) -> None:
    assert fill(f"<p>{line}</p>", SITE) == f"<p>{line}</p>"


def test_words_in_a_part_cannot_become_markup() -> None:
    html = fill('<p>[Knopf: a" onclick="x /kontakt/]</p>', SITE)
    assert 'onclick="' not in html


def test_a_call_to_action_leads_to_the_form_of_the_pages_language(client: Client, make_page: MakePage) -> None:
    make_page(slug="news", language="en", body="<p>[Kontakt]</p>")
    assert 'href="/en/kontakt/">Get in touch' in client.get("/en/news/").content.decode()
