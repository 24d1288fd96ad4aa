"""What a first view costs: two or three small files from this site, no cookie, nothing that jumps; and the keyboard."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Response

from tests.browser.conftest import DESKTOP, NARROWEST, PHONE, Visitors

MOST_BYTES = 12 * 1024  #: of all files together, as they come over the wire, without their headers
SHIFTS = """() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => { for (const entry of list.getEntries()) sum += entry.value; })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 300);
})"""
FOCUS = """() => {
  const here = document.activeElement, style = getComputedStyle(here), box = here.getBoundingClientRect();
  const banner = document.querySelector(".banner"), over = banner && banner.getBoundingClientRect();
  return {
    name: here.outerHTML.slice(0, 120),
    isSeen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && box.width > 0
      && box.left >= 0 && box.top >= 0 && box.right <= innerWidth + 1 && box.bottom <= innerHeight + 1
      && (!banner || banner.contains(here) || box.top + Math.min(box.height, 24) <= over.top),
  };
}"""
SCREENS = pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])


@SCREENS
@pytest.mark.parametrize(("path", "scripts"), [("/", 1), ("/kontakt/", 2)], ids=["page", "form"])
def test_it_is_small_and_still(secure_visitor: Visitors, path: str, scripts: int, screen: dict[str, int]) -> None:
    """The form has a script of its own, the counter of signs."""
    visit = secure_visitor(screen=screen)
    answers: list[Response] = []
    visit.page.on("response", lambda answer: answers.append(answer))
    visit.page.goto(path, wait_until="networkidle")
    kinds = [answer.request.resource_type for answer in answers if "icon" not in answer.url]
    sizes = {answer.url: int(answer.headers["content-length"]) for answer in answers}
    assert sorted(kinds) == ["document", *["script"] * scripts, "stylesheet"]
    assert {answer.headers.get("content-encoding") for answer in answers if "icon" not in answer.url} <= {"br", "gzip"}
    assert all("immutable" in answer.headers["cache-control"] for answer in answers if "/static/" in answer.url)
    assert sum(sizes.values()) <= MOST_BYTES, sizes
    assert visit.page.evaluate(SHIFTS) == 0
    assert visit.elsewhere == []
    assert visit.cookies == []
    assert visit.complaints == []


@pytest.mark.parametrize("screen", [NARROWEST, DESKTOP], ids=["narrowest", "desktop"])
@pytest.mark.parametrize("path", ["/", "/kontakt/"])
def test_the_keyboard_leads_through_it_and_is_seen_everywhere(
    visitor: Visitors, path: str, screen: dict[str, int]
) -> None:
    page = visitor(screen=screen).page
    page.goto(path)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    steps = list(all_steps(page))
    assert [step["name"] for step in steps if not step["isSeen"]] == []
    assert len(steps) > 10


def all_steps(page: Page) -> Iterator[dict[str, Any]]:
    """What the keyboard comes to, up to the end of the page."""
    while True:
        page.keyboard.press("Tab")
        step: dict[str, Any] = page.evaluate(FOCUS)
        if step["name"].startswith("<body"):
            return
        yield step


def test_the_first_link_skips_to_the_text(visitor: Visitors) -> None:
    page = visitor().page
    page.goto("/leistungen/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
