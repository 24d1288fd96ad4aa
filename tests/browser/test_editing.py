"""The editor in a real browser, under the real policy: an edited page is there for visitors at once."""

import pytest
from playwright.sync_api import Dialog, Page

from tests.browser.conftest import Visit, Visitors
from tests.running_site import RunningSite


@pytest.fixture
def operator(visitor: Visitors, running_site: RunningSite) -> Visit:
    visit = visitor()
    visit.page.goto("/admin/")
    visit.page.fill("[name=username]", running_site.secrets["admin_username"])
    visit.page.fill("[name=password]", running_site.secrets["admin_password"])
    visit.page.click("[type=submit]")
    visit.page.goto("/admin/pages/page/?q=leistungen/netzwerke")
    visit.page.get_by_role("link", name="Netzwerke").click()
    visit.page.wait_for_selector(".tiptap")
    return visit


def type_at_the_end(page: Page, text: str) -> None:
    page.locator(".tiptap").click()
    page.keyboard.press("Control+End")
    page.keyboard.type(text)


def test_what_is_typed_in_the_editor_stands_on_the_site(operator: Visit, visitor: Visitors) -> None:
    type_at_the_end(operator.page, " Ein Nachtrag mit „Anführung“ & <Klammer>.")
    operator.page.click("[name=_continue]")
    operator.page.wait_for_selector(".tiptap")
    other = visitor().page
    other.goto("/leistungen/netzwerke/")
    assert "Ein Nachtrag mit „Anführung“ & <Klammer>." in other.inner_text("main")
    assert operator.complaints == []
    assert operator.elsewhere == []


def test_leaving_with_unsaved_text_asks_first(operator: Visit) -> None:
    asked: list[str] = []

    def note(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    operator.page.on("dialog", note)
    operator.page.goto("/admin/")
    assert asked == []
    operator.page.go_back()
    operator.page.wait_for_selector(".tiptap")
    type_at_the_end(operator.page, " Noch nicht gesichert.")
    operator.page.goto("/admin/")
    assert asked == ["beforeunload"]
