"""Places that no link leads to: refusals, outages, previews. And every page with the wider spacing that some need."""

import re
from collections.abc import Iterator
from typing import Literal

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import Browser, Page, Route

from tests.browser.conftest import NARROWEST, Visitors
from tests.browser.test_editing import log_in
from tests.browser.test_main_trip import assert_is_open, public_paths
from tests.running_site import RunningSite, site

FORMS = ("/kontakt/", "/datenschutz/anfrage/")
#: The spacing that a reader may set, which must hide nothing (WCAG 2.2, 1.4.12).
SPACING = """* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
p { margin-block-end: 2em !important }"""
CUT_OFF = """() => [...document.querySelectorAll("main *, header *, footer *")].filter((one) => {
  const { overflowX, clipPath } = getComputedStyle(one);
  const isShown = clipPath === "none" && !one.closest("[aria-hidden=true]");
  return isShown && overflowX === "hidden" && one.scrollWidth > one.clientWidth;
}).map((one) => one.outerHTML.slice(0, 80))"""


def test_wider_spacing_hides_nothing(visitor: Visitors) -> None:
    page = visitor(screen=NARROWEST).page
    for path in public_paths(page):
        page.goto(path)
        page.evaluate(
            """async (rules) => {
              const sheet = await new CSSStyleSheet().replace(rules);
              document.adoptedStyleSheets.push(sheet);
            }""",
            SPACING,
        )
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert page.evaluate(CUT_OFF) == [], path


@pytest.fixture(scope="module")
def troubled_site() -> Iterator[RunningSite]:
    """One whose limits may be used up and whose gate may be shut."""
    with site() as running:
        yield running


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_goes_wrong_is_said_to_everybody(
    chromium: Browser, troubled_site: RunningSite, scheme: Literal["light", "dark"]
) -> None:
    visitors = Visitors(chromium, troubled_site.url)
    page = visitors(screen=NARROWEST, scheme=scheme).page
    home = page.request.get("/").text()
    for place, html in refusals(troubled_site).items():
        show(page, html)
        assert_is_open(page, place)
    for template in ("400.html", "500.html", "503.html"):
        show(page, with_the_styles_of(home, render_to_string(template)))
        assert_is_open(page, template)
    gate = troubled_site.data / "restore" / "ready.json"
    gate.parent.mkdir(exist_ok=True)
    gate.write_text("{}")
    try:
        answer = page.goto("/kontakt/")  # the fast path may take half a second to see it
        assert answer is not None
        assert answer.status == 503
        assert_is_open(page, "gate")
    finally:
        gate.unlink()
        visitors.leave()


def test_the_preview_of_a_draft_is_open_to_everybody(chromium: Browser, troubled_site: RunningSite) -> None:
    visitors = Visitors(chromium, troubled_site.url)
    page = visitors(screen=NARROWEST).page
    log_in(page, troubled_site)
    page.goto("/admin/pages/page/add/")
    page.fill("[name=title]", "Ein Entwurf")
    with page.expect_navigation():
        page.click("[name=_continue]")
    page.goto(f"{page.get_by_role('link', name='Vorschau-Link').get_attribute('href')}")
    assert page.get_by_role("heading", level=1).inner_text() == "Ein Entwurf"
    assert_is_open(page, "preview")
    visitors.leave()


def refusals(running: RunningSite) -> dict[str, str]:
    """What the site answers to a form from elsewhere, and to somebody who sends too many."""
    foreign = running.get("/cookies/accept/", b"", {"Origin": "https://boese.example"})
    assert foreign.status == 403
    return {"403": foreign.body} | {form: sent_too_often(running, form) for form in FORMS}


def sent_too_often(running: RunningSite, form: str) -> str:
    answers = (running.get(form, b"name=Anna", {"Origin": running.url}) for _ in range(200))
    return next(answer.body for answer in answers if answer.status == 429)


def show(page: Page, html: str) -> None:
    """As the site's own: its styles load, its address is in the bar."""

    def answer(route: Route) -> None:
        route.fulfill(body=html, content_type="text/html")

    page.route("**/gezeigt/", answer)
    page.goto("/gezeigt/")
    page.unroute("**/gezeigt/")


def with_the_styles_of(home: str, html: str) -> str:
    sheet = re.search(r"/static/css/site\.\w+\.css", home)
    assert sheet
    return re.sub(r'href="[^"]*site[^"]*\.css"', f'href="{sheet[0]}"', html)
