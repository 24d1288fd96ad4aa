"""News: listed by date and topic, below the page that lists them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from sitebackend.pages.models import Category, Page, Post
from sitebackend.pages.views import POSTS_PER_PAGE
from tests.pages.conftest import MakePage

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def news(make_page: MakePage) -> Page:
    return make_page(slug="aktuelles", template=Page.Template.POSTS)


def make_post(slug: str, *, days_ago: int = 0, **fields: object) -> Post:
    time = NOW - timedelta(days=days_ago)
    post = Post(title=f"Beitrag {slug}", slug=slug, status="published", published_at=time, **fields)
    post.full_clean()
    post.save()
    return post


def titles(client: Client, address: str = "/aktuelles/") -> list[str]:
    html = client.get(address).content.decode()
    return [line.split(">")[-3].split("<")[0] for line in html.splitlines() if line.startswith("<h2><a")]


def test_posts_stand_below_their_list_the_newest_first(client: Client, news: Page) -> None:
    make_post("alt", days_ago=9)
    newest = make_post("neu")
    make_post("entwurf", days_ago=1).__class__.objects.filter(slug="entwurf").update(status="draft")
    assert newest.get_absolute_url() == "/aktuelles/neu/"
    assert titles(client) == ["Beitrag neu", "Beitrag alt"]


def test_a_post_shows_its_date_and_the_way_back(client: Client, news: Page) -> None:
    html = client.get(make_post("neu").get_absolute_url()).content.decode()
    assert '<time datetime="2026-11-23">23. November 2026</time>' in html
    assert '<a href="/aktuelles/">' in html.split("<main")[1]


def test_a_post_of_tomorrow_is_not_listed(client: Client, news: Page) -> None:
    make_post("morgen", days_ago=-20000)
    assert titles(client) == []


def test_posts_are_read_by_topic(client: Client, news: Page) -> None:
    topic = Category.objects.create(title="Sicherheit", slug="sicherheit")
    make_post("warnung").categories.add(topic)
    make_post("ausflug")
    assert titles(client, "/aktuelles/?thema=sicherheit") == ["Beitrag warnung"]
    assert len(titles(client, "/aktuelles/?thema=gibt-es-nicht")) == 2


def test_many_posts_are_paged_and_odd_page_numbers_do_no_harm(client: Client, news: Page) -> None:
    for number in range(POSTS_PER_PAGE + 1):
        make_post(f"nr-{number}", days_ago=number)
    assert len(titles(client)) == POSTS_PER_PAGE
    assert titles(client, "/aktuelles/?seite=2") == [f"Beitrag nr-{POSTS_PER_PAGE}"]
    for odd in ("0", "-1", "x", "99"):
        assert titles(client, f"/aktuelles/?seite={odd}")


def test_without_a_list_there_is_no_place_for_a_post(db: None) -> None:
    with pytest.raises(ValidationError):
        make_post("ohne-liste")


def test_a_post_goes_below_the_list_of_its_own_language(make_page: MakePage, news: Page) -> None:
    make_page(slug="news", language="en", template=Page.Template.POSTS)
    assert make_post("new", language="en").get_absolute_url() == "/en/news/new/"


def test_posts_and_pages_are_edited_in_lists_of_their_own(operator: Client, news: Page) -> None:
    make_post("beitrag")
    assert "Beitrag beitrag" in operator.get("/admin/pages/post/").content.decode()
    assert "Beitrag beitrag" not in operator.get("/admin/pages/page/").content.decode()


def test_the_operator_writes_a_post(operator: Client, news: Page) -> None:
    fields = {"title": "Neu", "slug": "neu", "language": "de", "status": "published", "body": "<p>Hallo</p>"}
    dates = {"published_at_0": "", "published_at_1": "", "description": "", "translation_of": ""}
    response = operator.post("/admin/pages/post/add/", fields | dates)
    assert response.status_code == 302
    assert Post.objects.get().path == "aktuelles/neu"
