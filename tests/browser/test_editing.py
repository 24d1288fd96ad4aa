"""The editor in a real browser, under the real policy: an edited page is there for visitors at once."""

import pytest
from playwright.sync_api import Dialog, Page

from tests.browser.conftest import Visit, Visitors
from tests.running_site import RunningSite


@pytest.fixture
def logged_in(visitor: Visitors, running_site: RunningSite) -> Visit:
    visit = visitor()
    visit.page.goto("/admin/")
    visit.page.fill("[name=username]", running_site.secrets["admin_username"])
    visit.page.fill("[name=password]", running_site.secrets["admin_password"])
    visit.page.click("[type=submit]")
    return visit


@pytest.fixture
def operator(logged_in: Visit) -> Visit:
    """In front of the text of a page."""
    visit = logged_in
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


def places(page: Page, menu: str) -> list[tuple[str, str]]:
    """Title and number of each page in that menu, as they stand there."""
    rows = page.locator(f"[data-language=Deutsch][data-menu={menu}] .menu-row").all()
    return [
        (row.locator(".menu-title").inner_text().split("\n")[0], row.locator("input[type=number]").input_value())
        for row in rows
    ]


def test_a_menu_is_arranged_by_dragging_and_by_arrow_keys(logged_in: Visit) -> None:
    page = logged_in.page
    page.goto("/admin/pages/page/menus/")
    rows = page.locator("[data-language=Deutsch][data-menu=main] .menu-row")
    first, second, *_others = [name for name, _place in places(page, "main")]
    rows.nth(0).locator(".menu-handle").hover()
    page.mouse.down()
    box = rows.nth(1).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] - 4, steps=4)
    page.mouse.up()
    assert places(page, "main")[:2] == [(second, "10"), (first, "20")]
    rows.nth(0).locator(".menu-handle").press("ArrowDown")
    assert places(page, "main")[:2] == [(first, "10"), (second, "20")]
    rows.nth(0).locator("select").select_option("footer")
    assert places(page, "footer") == [(first, "10")]
    assert places(page, "main")[0] == (second, "10")
    assert logged_in.complaints == []
