"""Home, imprint and privacy notice do not leave the site unasked, and are missed as soon as they have."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.forms import model_to_dict
from django.test import Client
from django.utils import timezone

from sitebackend import findings
from sitebackend.findings import Level
from sitebackend.pages import services
from sitebackend.pages.models import Page, Revision

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("starter_site")]
LIST = "/admin/pages/page/"
NEEDED = ["", "impressum", "datenschutz", "kontakt"]
ASKED = ["/", "/impressum/", "/datenschutz/", "/en/", "/en/impressum/", "/en/datenschutz/"]
LEAVING: dict[str, Callable[[], dict[str, Any]]] = {
    "a draft": lambda: {"status": "draft"},
    "later": lambda: {
        "published_at_0": f"{timezone.localdate() + timedelta(days=3):%d.%m.%Y}",
        "published_at_1": "8:00",
    },
    "another address": lambda: {"slug": "anderswo"},
    "another language": lambda: {"language": "en", "slug": "anderswo", "translation_of": ""},
    "below another page": lambda: {"parent": str(Page.objects.get(language="de", path="leistungen").pk)},
}


def page_at(path: str, language: str = "de") -> Page:
    return Page.objects.get(path=path, language=language)


def typed(page: Page, **changed: Any) -> dict[str, Any]:
    """What the form of `page` sends if nothing was touched but this."""
    values = {name: value for name, value in model_to_dict(page).items() if value is not None}
    at = timezone.localtime(page.published_at)
    values |= {"published_at_0": f"{at:%d.%m.%Y}", "published_at_1": f"{at:%H:%M:%S}"}
    values.pop("categories", None)
    return values | changed


def levels() -> list[Level]:
    return [finding.level for finding in findings.collect(datetime.now(UTC)) if finding.code == "pages.essential"]


def all_answer(client: Client) -> bool:
    return all(client.get(address).status_code == 200 for address in ASKED)


def test_a_fresh_site_misses_nothing(client: Client) -> None:
    assert all_answer(client)
    assert levels() == []


@pytest.mark.parametrize("language", ["de", "en"])
def test_no_bulk_action_takes_them(operator: Client, client: Client, language: str) -> None:
    everything = [str(key) for key in Page.objects.filter(language=language).values_list("pk", flat=True)]
    shown = operator.post(LIST, {"action": "move_to_trash", "_selected_action": everything}, follow=True)
    assert "§ 5 DDG" in shown.content.decode()
    kept = set(Page.objects.kept().filter(language=language).values_list("path", flat=True))
    assert set(NEEDED) <= kept
    assert all_answer(client)
    operator.post(LIST, {"action": "delete_selected", "_selected_action": everything, "post": "yes"}, follow=True)
    assert all_answer(client)


@pytest.mark.parametrize("path", NEEDED)
def test_the_service_itself_keeps_them(path: str) -> None:
    with pytest.raises(ValidationError):
        services.move_to_trash(page=page_at(path))
    assert page_at(path).is_visible


@pytest.mark.parametrize("how", LEAVING)
@pytest.mark.parametrize("path", ["impressum", "datenschutz"])
def test_the_form_asks_once_and_says_what_is_lost(operator: Client, client: Client, path: str, how: str) -> None:
    page = page_at(path)
    address, values = f"{LIST}{page.pk}/change/", typed(page, **LEAVING[how]())
    asked = operator.post(address, values)
    assert asked.status_code == 200
    words = asked.content.decode()
    assert ("§ 5 DDG" if path == "impressum" else "Art. 13") in words
    assert 'name="_lose"' in words
    assert client.get(f"/{path}/").status_code == 200
    assert operator.post(address, values | {"_lose": "on"}).status_code == 302
    assert levels() == [Level.ALARM]


def test_the_home_page_is_asked_about_too(operator: Client) -> None:
    page = page_at("")
    asked = operator.post(f"{LIST}{page.pk}/change/", typed(page, status="draft"))
    assert asked.status_code == 200
    assert page_at("").is_visible
    operator.post(f"{LIST}{page.pk}/change/", typed(page, status="draft", _lose="on"))
    assert levels() == [Level.WARNING]


@pytest.mark.parametrize("path", ["impressum", "datenschutz"])
def test_another_layout_loses_what_the_program_says_there(operator: Client, path: str) -> None:
    page = page_at(path)
    assert operator.post(f"{LIST}{page.pk}/change/", typed(page, template="standard")).status_code == 200
    assert page_at(path).template != "standard"
    Page.objects.filter(pk=page.pk).update(template="standard")
    assert levels() == [Level.ALARM]


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Anderer Titel"},
        {"body": "<p>Neu</p>"},
        {"status": "draft", "_publish": "1"},
        {"status": "draft", "_draft": "1"},
    ],
    ids=["title", "text", "published again", "a draft beside it"],
)
def test_an_ordinary_change_asks_nothing(operator: Client, client: Client, change: dict[str, str]) -> None:
    page = page_at("impressum")
    assert operator.post(f"{LIST}{page.pk}/change/", typed(page, **change)).status_code == 302
    assert client.get("/impressum/").status_code == 200


def test_other_pages_come_and_go_unasked(operator: Client) -> None:
    page = page_at("leistungen/netzwerke")
    assert operator.post(f"{LIST}{page.pk}/change/", typed(page, status="draft")).status_code == 302
    assert levels() == []


def test_an_earlier_version_and_a_draft_that_goes_live_keep_the_page_where_it_is(client: Client) -> None:
    page = page_at("impressum")
    version = Revision.objects.of(page).first()
    assert version
    page.title = "Impressum neu"
    services.keep_waiting(page=page, author=None, publish_at=timezone.now() - timedelta(minutes=1))
    services.publish_due(timezone.now())
    services.restore_version(revision=version, author=None)
    assert all_answer(client)


@pytest.mark.parametrize("address", ASKED)
@pytest.mark.parametrize(
    "fields",
    [{"status": "draft"}, {"trashed_at": timezone.now()}, {"published_at": timezone.now() + timedelta(days=3)}],
    ids=["draft", "trash", "later"],
)
def test_whatever_took_it_off_the_site_is_told(client: Client, address: str, fields: dict[str, Any]) -> None:
    language, path = ("en", address.removeprefix("/en")) if address.startswith("/en") else ("de", address)
    Page.objects.filter(language=language, path=path.strip("/")).update(**fields)
    assert client.get(address).status_code == 404
    (level,) = levels()
    assert level == (Level.ALARM if path.strip("/") else Level.WARNING)


def test_a_site_without_english_pages_misses_none_of_them() -> None:
    Page.objects.filter(language="en").update(status="draft")
    assert levels() == []


def test_status_says_it_too(capsys: pytest.CaptureFixture[str]) -> None:
    Page.objects.filter(path="impressum", language="de").update(status="draft")
    with pytest.raises(SystemExit):
        call_command("status")
    assert "/impressum/" in capsys.readouterr().out
