"""A fresh site has a whole example; a site in use is left alone."""

import pytest

from sitebackend.models import SiteSettings
from sitebackend.pages.markup import sanitise
from sitebackend.pages.models import Page
from sitebackend.pages.services import create_starter_pages
from sitebackend.pages.starter import STARTER_PAGES
from tests.pages.conftest import MakePage

pytestmark = pytest.mark.django_db


def test_a_fresh_site_gets_every_page_in_both_languages() -> None:
    assert create_starter_pages() == 2 * len(STARTER_PAGES)
    german = {page.path for page in Page.objects.filter(language="de")}
    assert {"", "leistungen", "leistungen/netzwerke", "kontakt", "impressum", "datenschutz"} <= german
    assert Page.objects.filter(language="en", translation_of=None).count() == 0
    assert SiteSettings.current().email == "operator@example.de"


def test_a_second_run_changes_nothing() -> None:
    create_starter_pages()
    Page.objects.filter(path="kontakt", language="de").update(title="Mein Titel")
    assert create_starter_pages() == 0
    assert Page.objects.get(path="kontakt", language="de").title == "Mein Titel"


def test_a_site_with_a_page_of_its_own_is_left_alone(make_page: MakePage) -> None:
    SiteSettings.objects.create(business_name="Eigene Firma", email="firma@example.de")
    make_page(slug="eigene-seite")
    assert create_starter_pages() == 0
    assert SiteSettings.current().business_name == "Eigene Firma"


@pytest.mark.parametrize("starter", STARTER_PAGES, ids=lambda starter: starter.name)
@pytest.mark.parametrize("language", ["de", "en"])
def test_starter_texts_are_what_the_editor_itself_would_make(starter: object, language: str) -> None:
    body = starter.body(language).replace("\n", "")
    assert sanitise(body) == body
