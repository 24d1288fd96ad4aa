"""The feed holds the newest visible posts with stable identities; heads name page, language and address."""

from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from django.test import Client

from sitebackend.pages.models import Page, Post

pytestmark = pytest.mark.django_db
ATOM = {"a": "http://www.w3.org/2005/Atom"}


def entries(client: Client, address: str = "/feed/") -> list[ElementTree.Element]:
    return ElementTree.fromstring(client.get(address).content).findall("a:entry", ATOM)


def test_the_feed_lists_visible_posts_of_its_language(client: Client, starter_site: None) -> None:
    Post(title="Entwurf", slug="entwurf").save()
    assert [entry.findtext("a:title", "", ATOM) for entry in entries(client)] == ["Unsere neue Website"]
    assert [entry.findtext("a:title", "", ATOM) for entry in entries(client, "/en/feed/")] == ["Our new website"]


def test_an_entry_keeps_its_identity_when_its_address_changes(client: Client, starter_site: None) -> None:
    before = entries(client)[0]
    post = Post.objects.get(language="de")
    post.slug = "anders"
    post.save()
    after = entries(client)[0]
    assert before.findtext("a:id", "", ATOM) == after.findtext("a:id", "", ATOM) == f"urn:uuid:{post.pk}"
    assert after.find("a:link", ATOM).get("href") == "https://www.example.de/aktuelles/anders/"


def test_the_feed_tells_when_a_post_was_published(client: Client, starter_site: None) -> None:
    Page.objects.filter(template="post").update(published_at=datetime(2026, 5, 1, 10, tzinfo=UTC))
    published = entries(client)[0].findtext("a:published", "", ATOM)
    assert datetime.fromisoformat(published) == datetime(2026, 5, 1, 10, tzinfo=UTC)


def test_the_list_of_posts_names_its_feed(client: Client, starter_site: None) -> None:
    assert (
        '<link rel="alternate" type="application/atom+xml" href="/feed/"' in client.get("/aktuelles/").content.decode()
    )


def test_the_head_tells_what_a_shared_link_shows(client: Client, starter_site: None) -> None:
    html = client.get("/en/services/").content.decode()
    assert '<meta property="og:title" content="Services">' in html
    assert '<meta property="og:url" content="https://www.example.de/en/services/">' in html
    assert '<meta property="og:locale" content="en_GB">' in html
