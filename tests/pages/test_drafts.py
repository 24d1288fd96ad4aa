"""A published page is worked on in peace: visitors see the new text when it is published, and not before."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from sitebackend.pages import preview, services
from sitebackend.pages.models import Category, Page, Revision
from tests.pages.conftest import MakePage
from tests.pages.test_admin import form_of

pytestmark = pytest.mark.django_db


def change(operator: Client, page: Page, button: str, **changes: str) -> str:
    """The page that the operator sees after pressing `button`."""
    form = form_of(page, **changes) | {button: "x"}
    return operator.post(f"/admin/pages/page/{page.pk}/change/", form, follow=True).content.decode()


@pytest.fixture
def page(make_page: MakePage) -> Page:
    page = make_page(slug="preise", title="Preise", body="<p>Von gestern.</p>")
    services.save_page(page=page, author=None)
    return page


def test_a_draft_is_seen_by_its_preview_and_its_editor_and_by_no_visitor(
    operator: Client, client: Client, page: Page
) -> None:
    seen_after = change(operator, page, "_draft", title="Neue Preise", body="<p>Von morgen.<script>x</script></p>")
    visitor, shown = client.get("/preise/").content.decode(), client.get(preview.link(page)).content.decode()
    assert "Neue Preise" in seen_after
    assert "Von morgen" in seen_after
    assert "Von gestern" in visitor
    assert "morgen" not in visitor
    assert "Neue Preise" not in client.get("/suche/?q=morgen").content.decode()
    assert "<p>Von morgen.</p>" in shown
    assert "Besucher sehen noch den veröffentlichten Text" in shown


def test_publishing_shows_the_draft_and_keeps_the_text_before_it(operator: Client, client: Client, page: Page) -> None:
    change(operator, page, "_draft", body="<p>Von morgen.</p>")
    change(operator, page, "_save", body="<p>Von morgen, geprüft.</p>")
    assert "Von morgen, geprüft." in client.get("/preise/").content.decode()
    assert [revision.content["body"] for revision in Revision.objects.of(page)] == [
        "<p>Von morgen, geprüft.</p>",
        "<p>Von gestern.</p>",
    ]
    assert Revision.objects.waiting_for(page) is None


def test_there_is_one_draft_and_it_says_what_was_written_last(operator: Client, page: Page) -> None:
    change(operator, page, "_draft", title="Erster")
    change(operator, page, "_draft", title="Zweiter")
    assert [revision.content["title"] for revision in Revision.objects.filter(is_waiting=True)] == ["Zweiter"]


NEW_YEAR = datetime(2099, 1, 1, tzinfo=ZoneInfo("Europe/Berlin"))
AT_NEW_YEAR = {"draft_from_0": "01.01.2099", "draft_from_1": "00:00"}


def _is_public(client: Client, words: str) -> bool:
    return words in client.get("/preise/").content.decode()


def test_a_draft_goes_live_at_its_time_and_not_before(operator: Client, client: Client, page: Page) -> None:
    seen_after = change(operator, page, "_draft", body="<p>Von morgen.</p>", **AT_NEW_YEAR)
    assert "Besucher sehen ihn ab 1. Januar 2099 00:00" in seen_after
    assert "Entwurf, sichtbar ab 01.01.2099 00:00" in operator.get("/admin/pages/page/").content.decode()
    assert services.publish_due(NEW_YEAR - timedelta(seconds=1)) == 0
    assert not _is_public(client, "Von morgen.")
    assert [services.publish_due(NEW_YEAR), services.publish_due(NEW_YEAR)] == [1, 0]
    assert _is_public(client, "Von morgen.")
    assert [revision.content["body"] for revision in Revision.objects.of(page)] == [
        "<p>Von morgen.</p>",
        "<p>Von gestern.</p>",
    ]
    assert client.get("/suche/?q=morgen").content.decode().count("/preise/") == 1


def test_a_draft_written_on_keeps_its_time_unless_the_operator_empties_it(
    operator: Client, client: Client, page: Page
) -> None:
    change(operator, page, "_draft", body="<p>Erst.</p>", **AT_NEW_YEAR)
    form = operator.get(f"/admin/pages/page/{page.pk}/change/").context["adminform"].form
    assert form["draft_from"].initial == NEW_YEAR
    change(operator, page, "_draft", body="<p>Dann.</p>", draft_from_0="", draft_from_1="")
    assert services.publish_due(NEW_YEAR) == 0
    assert not _is_public(client, "Dann.")


def test_neither_a_discarded_draft_nor_one_of_a_page_in_the_trash_goes_live(operator: Client, page: Page) -> None:
    change(operator, page, "_draft", body="<p>Von morgen.</p>", **AT_NEW_YEAR)
    services.move_to_trash(page=page)
    assert services.publish_due(NEW_YEAR) == 0
    page.refresh_from_db()
    assert page.body == "<p>Von gestern.</p>"
    services.discard_waiting_text(page=page)
    assert services.publish_due(NEW_YEAR) == 0


def test_a_time_that_is_over_is_refused_and_what_was_typed_is_kept(operator: Client, page: Page) -> None:
    times = {"draft_from_0": "01.01.2020", "draft_from_1": "00:00"}
    html = change(operator, page, "_draft", body="<p>Von morgen.</p>", **times)
    assert "Diese Zeit ist vorbei" in html
    assert "Von morgen." in html
    assert 'value="01.01.2020"' in html


def test_a_page_that_nobody_sees_yet_has_no_time_for_a_draft(operator: Client, make_page: MakePage) -> None:
    page = make_page(status=Page.Status.DRAFT)
    assert 'name="draft_from' not in operator.get(f"/admin/pages/page/{page.pk}/change/").content.decode()


def test_a_discarded_draft_is_gone_and_the_form_shows_the_published_text(operator: Client, page: Page) -> None:
    change(operator, page, "_draft", title="Verworfen")
    address = f"/admin/pages/page/{page.pk}"
    assert operator.get(f"{address}/versions/discard/").status_code == 405
    html = operator.post(f"{address}/versions/discard/", follow=True).content.decode()
    assert 'value="Preise"' in html
    assert "Verworfen" not in html


def test_address_and_menu_are_not_part_of_a_draft_and_the_operator_is_told(operator: Client, page: Page) -> None:
    html = change(operator, page, "_draft", slug="tarife", menu="main")
    page.refresh_from_db()
    assert (page.slug, page.menu) == ("preise", "")
    assert "Gehört nicht zu einem Entwurf und ist deshalb unverändert: Sichtbar ab, Name in der Adresse, Menü" in html


def test_topics_of_a_post_are_no_part_of_a_draft(operator: Client, starter_site: None) -> None:
    post, topic = Page.objects.posts().filter(language="de")[0], Category.objects.create(title="Neues", slug="neues")
    form = form_of(post, categories=str(topic.pk), title="Anders") | {"_draft": "x"}
    assert operator.post(f"/admin/pages/post/{post.pk}/change/", form).status_code == 302
    assert not post.categories.exists()
    assert Revision.objects.waiting_for(post) is not None


def test_what_the_draft_changes_is_told_word_by_word(operator: Client, page: Page) -> None:
    change(operator, page, "_draft", title="Neue Preise", body="<p>Von morgen.</p>")
    waiting = Revision.objects.get(is_waiting=True)
    html = operator.get(f"/admin/pages/page/{page.pk}/versions/", {"version": str(waiting.pk)}).content.decode()
    assert "<del>Preise</del> <ins>Neue Preise</ins>" in html
    assert "<del>gestern.</del><ins>morgen.</ins>" in html


def test_a_page_that_nobody_sees_yet_is_simply_saved(operator: Client, make_page: MakePage) -> None:
    page = make_page(status=Page.Status.DRAFT)
    change(operator, page, "_draft", title="Gespeichert")
    page.refresh_from_db()
    assert page.title == "Gespeichert"
    assert not Revision.objects.filter(is_waiting=True).exists()


def test_one_button_publishes_a_page_that_is_a_draft(operator: Client, client: Client, make_page: MakePage) -> None:
    page = make_page(slug="neu", status=Page.Status.DRAFT)
    change(operator, page, "_publish")
    assert client.get("/neu/").status_code == 200


def test_other_changes_of_the_page_leave_the_draft_waiting(operator: Client, page: Page) -> None:
    change(operator, page, "_draft", title="Wartet")
    services.restore_version(revision=Revision.objects.of(page)[0], author=None)
    services.forget_versions(page=page)
    waiting = Revision.objects.waiting_for(page)
    assert waiting is not None
    assert waiting.content["title"] == "Wartet"


def test_the_list_says_where_a_draft_waits(operator: Client, page: Page) -> None:
    assert "Entwurf wartet" not in operator.get("/admin/pages/page/").content.decode()
    change(operator, page, "_draft", title="Wartet")
    html = operator.get("/admin/pages/page/").content.decode()
    assert "veröffentlicht, Entwurf wartet" in html
    assert ">Preise</a>" in html
