"""Paths follow the tree; what would make an address unreachable or ambiguous is refused with a reason."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from sitebackend.pages.models import RESERVED, Page
from tests.pages.conftest import MakePage


def test_a_path_is_made_of_the_slugs_above(make_page: MakePage) -> None:
    top = make_page(slug="leistungen")
    below = make_page(slug="netzwerke", parent=top)
    assert make_page(slug="wlan", parent=below).path == "leistungen/netzwerke/wlan"


def test_pages_below_move_along_when_a_page_above_is_renamed(make_page: MakePage) -> None:
    top = make_page(slug="leistungen")
    leaf = make_page(slug="wlan", parent=make_page(slug="netzwerke", parent=top))
    top.slug = "leistungen-neu"
    top.save()
    leaf.refresh_from_db()
    assert leaf.path == "leistungen-neu/netzwerke/wlan"


def test_a_page_moved_to_another_language_takes_the_pages_below_along(make_page: MakePage) -> None:
    top = make_page(slug="services")
    leaf = make_page(slug="wifi", parent=top)
    top.language = "en"
    top.save()
    leaf.refresh_from_db()
    assert leaf.get_absolute_url() == "/en/services/wifi/"


def test_the_same_path_is_free_once_per_language(make_page: MakePage) -> None:
    make_page(slug="kontakt")
    assert make_page(slug="kontakt", language="en").get_absolute_url() == "/en/kontakt/"
    with pytest.raises(ValidationError, match="slug"):
        make_page(slug="kontakt")
    with pytest.raises(IntegrityError), transaction.atomic():
        Page.objects.bulk_create([Page(title="Zweite", slug="kontakt", path="kontakt")])


@pytest.mark.parametrize("slug", ["Über-uns", "zwei worte", "a--b", "-a", "a/b", "a.b", "ä"])
def test_a_slug_that_would_need_escaping_is_refused(make_page: MakePage, slug: str) -> None:
    with pytest.raises(ValidationError, match="slug"):
        make_page(slug=slug)


@pytest.mark.parametrize("slug", sorted(RESERVED))
def test_an_address_of_the_site_itself_is_refused_for_a_page(make_page: MakePage, slug: str) -> None:
    with pytest.raises(ValidationError, match="slug"):
        make_page(slug=slug)


def test_only_the_home_page_has_no_slug(make_page: MakePage) -> None:
    home = make_page(slug="")
    assert home.get_absolute_url() == "/"
    with pytest.raises(ValidationError, match="slug"):
        make_page(slug="", parent=home)


def test_a_page_lies_below_a_page_of_its_own_language(make_page: MakePage) -> None:
    german = make_page(slug="leistungen")
    with pytest.raises(ValidationError, match="parent"):
        make_page(slug="wifi", language="en", parent=german)


def test_a_page_cannot_lie_below_itself_or_its_own_children(make_page: MakePage) -> None:
    top = make_page(slug="a")
    below = make_page(slug="b", parent=top)
    for parent in (top, below):
        top.parent = parent
        with pytest.raises(ValidationError, match="parent"):
            top.full_clean()


def test_a_translation_is_in_the_other_language(make_page: MakePage) -> None:
    german = make_page(slug="a")
    with pytest.raises(ValidationError, match="translation_of"):
        make_page(slug="b", translation_of=german)


def test_a_draft_and_a_page_of_tomorrow_are_invisible(make_page: MakePage) -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        make_page(slug="entwurf", status=Page.Status.DRAFT)
        make_page(slug="morgen", published_at=now + timedelta(days=1))
        seen = make_page(slug="jetzt")
        assert list(Page.objects.published()) == [seen]
        assert [page.slug for page in Page.objects.all() if page.is_visible] == ["jetzt"]
    with time_machine.travel(now + timedelta(days=1), tick=False):
        assert {page.slug for page in Page.objects.published()} == {"jetzt", "morgen"}


def test_a_published_page_always_has_its_time(make_page: MakePage) -> None:
    page = make_page()
    assert page.published_at is not None
    with pytest.raises(IntegrityError), transaction.atomic():
        Page.objects.filter(pk=page.pk).update(published_at=None)


def test_the_text_is_cleaned_whichever_way_it_is_saved(make_page: MakePage) -> None:
    page = Page.objects.create(title="x", slug="x", body="<p onclick=alert(1)>Text<script>1</script></p>")
    assert page.body == "<p>Text</p>"


def test_a_page_with_pages_below_is_not_deleted_away_from_above_them(make_page: MakePage) -> None:
    top = make_page(slug="a")
    make_page(slug="b", parent=top)
    with pytest.raises(IntegrityError):
        top.delete()
