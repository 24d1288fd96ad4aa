"""With the consent banner open: the keyboard's focus is never hidden behind it, and no Tab throws the page about.

WCAG 2.2, 2.4.11 (focus not obscured), measured at each stop of the Tab key.
"""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, NARROWEST, PHONE, SecureSite, Visitors
from tests.browser.test_consent import MAP_PAGE

MOST_STOPS = 120
SLACK = 2  # pixels: browsers round
OUTLINE = 6  # pixels: what the focus draws around an element is to be seen as well
LINES = 100  # pixels: no link, button or one-line field is higher
FOCUS = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => {
  const element = document.activeElement, box = element.getBoundingClientRect();
  const banner = document.querySelector(".banner"), edge = banner.getBoundingClientRect();
  const at = (x, y) => document.elementFromPoint(x, y);
  const seen = at(box.x + box.width / 2, box.y + Math.min(box.height / 2, 12));
  done({
    name: element.outerHTML.slice(0, 90),
    isPage: element === document.body || element === document.documentElement,
    inBanner: banner.contains(element),
    top: box.top, bottom: box.bottom, height: box.height,
    isHidden: !banner.contains(element) && banner.contains(seen),
    scroll: scrollY, visibleFrom: 0,
    visibleTo: getComputedStyle(banner).position === "sticky" ? Math.min(edge.top, innerHeight) : innerHeight,
  });
})))"""


@pytest.fixture(scope="module", autouse=True)
def _page_with_a_map(secure_site: SecureSite) -> None:
    secure_site.shell(MAP_PAGE)
    secure_site.wait_for(lambda: "Karten AG" in secure_site.get("/cookies/").body)


def stops(page: Page) -> list[dict[str, Any]]:
    """Where the focus goes with each Tab, until it leaves the page."""
    found: list[dict[str, Any]] = []
    for _number in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop["isPage"]:
            break
        found.append(stop)
    assert len(found) > 10
    return found


@pytest.mark.parametrize("path", ["/", "/kontakt/", "/datenschutz/anfrage/"])
@pytest.mark.parametrize(
    "size", [NARROWEST, PHONE, DESKTOP, {"width": 320, "height": 480}], ids=["320", "390", "desktop", "low"]
)
def test_each_tab_shows_the_focus_and_moves_the_page_no_further_than_that(
    secure_visitor: Visitors, size: dict[str, int], path: str
) -> None:
    page = secure_visitor(screen=size).page
    page.goto(path)
    page.locator(".banner").wait_for()
    assert_each_tab_shows_the_focus(page, is_low=size["height"] < 512)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["390", "desktop"])
def test_a_banner_of_many_words_hides_no_focus_either(secure_visitor: Visitors, size: dict[str, int]) -> None:
    page = secure_visitor(screen=size).page
    page.goto("/datenschutz/anfrage/")
    page.locator(".banner p").evaluate("text => text.prepend('Was der Betreiber hier schreibt, ist lang. '.repeat(8))")
    assert_each_tab_shows_the_focus(page)


def assert_each_tab_shows_the_focus(page: Page, *, is_low: bool = False) -> None:
    """Or `is_low`: the banner stands in the page's flow, on top."""
    scroll = page.evaluate("scrollY")
    for stop in stops(page):
        moved = stop["scroll"] - scroll
        was_visible = stop["inBanner"] and not is_low
        was_whole = stop["top"] + moved >= 0 and stop["bottom"] + moved + OUTLINE <= stop["visibleTo"]
        was_visible |= was_whole and not stop["inBanner"]
        assert not (was_visible and abs(moved) > SLACK), f"thrown by {moved} px: {stop['name']}"
        assert not stop["isHidden"], f"hidden behind the banner: {stop['name']}"
        if not stop["inBanner"] and stop["height"] < LINES:  # a text field shows its caret's line, and may go on below
            assert stop["top"] >= -SLACK, stop["name"]
            assert stop["bottom"] <= stop["visibleTo"] + SLACK, stop["name"]
        scroll = stop["scroll"]
