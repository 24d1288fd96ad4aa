"""Nothing written is lost by a wrong click, and what must be forgotten can be."""

import pytest
from django.test import Client

from sitebackend.comparison import Piece
from sitebackend.models import Operator
from sitebackend.pages import services
from sitebackend.pages.comparison import compare
from sitebackend.pages.models import Page, Revision
from tests.pages.conftest import MakePage

pytestmark = pytest.mark.django_db


def save(page: Page, **fields: str) -> Revision:
    for name, value in fields.items():
        setattr(page, name, value)
    services.save_page(page=page, author=None)
    return Revision.objects.of(page)[0]


def test_each_new_text_is_kept_once(make_page: MakePage) -> None:
    page = make_page(body="<p>Eins</p>")
    save(page)
    save(page)
    save(page, body="<p>Zwei</p>")
    save(page, menu="main")
    assert [revision.content["body"] for revision in Revision.objects.of(page)] == ["<p>Zwei</p>", "<p>Eins</p>"]


def test_a_restored_version_says_what_it_said_and_loses_nothing(make_page: MakePage) -> None:
    page = make_page()
    first = save(page, title="Alt", body="<p>Älterer Text</p>", description="a")
    save(page, title="Neu", body="<p>Neuer Text</p>", description="b")
    services.restore_version(revision=first, author=None)
    page.refresh_from_db()
    assert (page.title, page.body, page.description) == ("Alt", "<p>Älterer Text</p>", "a")
    assert [revision.content["title"] for revision in Revision.objects.of(page)] == ["Alt", "Neu", "Alt"]


def test_only_the_newest_versions_are_kept(make_page: MakePage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Revision, "KEPT", 3)
    page = make_page()
    for number in range(5):
        save(page, title=f"Titel {number}")
    assert [revision.content["title"] for revision in Revision.objects.of(page)] == ["Titel 4", "Titel 3", "Titel 2"]


def test_versions_of_one_page_leave_the_others_alone(make_page: MakePage) -> None:
    one, other = make_page(slug="eine"), make_page(slug="andere")
    save(one, title="A")
    save(other, title="B")
    save(one, title="C")
    assert services.forget_versions(page=one) == 1
    assert Revision.objects.of(one).count() == 1
    assert Revision.objects.of(other).count() == 1


def test_what_changed_is_told_word_by_word() -> None:
    before = "<h2>Preise</h2><p>Wir kommen am Montag.</p>"
    after = "<h2>Preise</h2><p>Wir kommen am <strong>Dienstag</strong>.</p><p>Neu &amp; gut</p>"
    assert compare(before, after) == [
        Piece("same", "Preise\nWir kommen am "),
        Piece("removed", "Montag."),
        Piece("added", "Dienstag.\nNeu & gut"),
    ]


def test_equal_texts_have_no_difference() -> None:
    assert compare("<p>a b</p>", "<p>a b</p>") == [Piece("same", "a b")]


def test_the_operator_compares_and_restores_in_the_cockpit(operator: Client, make_page: MakePage) -> None:
    page = make_page()
    first = save(page, title="Alt", body="<p>Früher <script>alert(1)</script>&lt;b&gt;</p>")
    save(page, title="Neu", body="<p>Heute</p>")
    address = f"/admin/pages/page/{page.pk}/versions/"
    html = operator.get(address, {"version": str(first.pk)}).content.decode()
    assert "<del>Früher &lt;b&gt;</del><ins>Heute</ins>" in html
    response = operator.post(f"{address}restore/", {"version": str(first.pk)})
    page.refresh_from_db()
    assert (response.status_code, page.title) == (302, "Alt")
    assert Revision.objects.of(page)[0].author == Operator.objects.get()


def test_a_version_of_another_page_cannot_be_restored_here(operator: Client, make_page: MakePage) -> None:
    page, other = make_page(slug="eine"), make_page(slug="andere")
    foreign = save(other, title="Fremd")
    response = operator.post(f"/admin/pages/page/{page.pk}/versions/restore/", {"version": str(foreign.pk)})
    assert response.status_code == 404


def test_a_link_alone_restores_nothing(operator: Client, make_page: MakePage) -> None:
    assert operator.get(f"/admin/pages/page/{make_page().pk}/versions/restore/").status_code == 405


def test_earlier_versions_are_deleted_on_request(operator: Client, make_page: MakePage) -> None:
    page = make_page()
    save(page, body="<p>Erika Mustermann war hier.</p>")
    save(page, body="<p>Niemand war hier.</p>")
    operator.post(f"/admin/pages/page/{page.pk}/versions/forget/")
    assert "Erika" not in str([revision.content for revision in Revision.objects.all()])


def test_strangers_see_no_versions(client: Client, make_page: MakePage) -> None:
    response = client.get(f"/admin/pages/page/{make_page().pk}/versions/")
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/admin/login/")
