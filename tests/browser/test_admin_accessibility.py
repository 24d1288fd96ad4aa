"""Every page of the admin, as a crawler finds them, is open to everybody and fits a telephone, light and dark."""

import re
from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page

from tests.browser.conftest import PHONE, Visitors
from tests.browser.test_vault import log_in, unlock
from tests.running_site import RunningSite, site

LEFT_ALONE = re.compile(r"/(logout|jsi18n)")
#: What any page of the admin must show by itself: the crawler has to have been there.
FOUND = {"/admin/", "/admin/vault/", "/admin/pages/page/", "/admin/pages/page/add/", "/admin/pages/page/…/change/"}


@pytest.fixture(scope="module")
def full_site() -> Iterator[RunningSite]:
    """With one of everything, and nobody else's tests in it."""
    with site() as running:
        running.manage("demo_data", "--customers", "1", "--submissions", "1", "--pages", "0")
        yield running


def test_every_page_of_the_admin_is_open_to_everybody(chromium: Browser, full_site: RunningSite) -> None:
    visitors = Visitors(chromium, full_site.url)
    visit = visitors(screen=PHONE)
    log_in(visit, full_site)
    unlock(visit, full_site)
    complaints = {shape: looks(visit.page) + in_both_schemes(visit.page) for shape in crawl(visit.page)}
    visitors.leave()
    assert complaints.keys() >= FOUND
    assert {shape: found for shape, found in complaints.items() if found} == {}


def crawl(page: Page) -> Iterator[str]:
    """Opens one page of each shape that links lead to; ids and numbers in an address make no shape of their own."""
    waiting, known = ["/admin/"], {"/admin/"}
    while waiting:
        path = waiting.pop(0)
        page.emulate_media(color_scheme="light")
        if not opens(page, path):
            continue
        yield shape_of(path)
        for link in page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)"):
            found = re.sub(r"^https?://[^/]+|[?#].*", "", link)
            if found.startswith("/admin/") and not LEFT_ALONE.search(found) and shape_of(found) not in known:
                known.add(shape_of(found))
                waiting.append(found)


def opens(page: Page, path: str) -> bool:
    """Whether `path` is a page, and not a file to be saved."""
    try:
        page.goto(path)
    except Error as error:
        if "Download is starting" not in error.message:
            raise
        return False
    return True


def shape_of(path: str) -> str:
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/)\d+(?=/)|(?<=/)[A-Z0-9-]{6,}(?=/)", "…", path)


def looks(page: Page) -> list[str]:
    """A table may scroll in its own box, the page may not; and what is hidden is not to be seen."""
    sideways = ["scrolls sideways"] * page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return sideways + ["shows what is hidden"] * page.locator("[hidden]:visible").count()


def in_both_schemes(page: Page) -> list[str]:
    return violations(page, "light") + violations(page, "dark")


def violations(page: Page, scheme: Literal["light", "dark"]) -> list[str]:
    page.emulate_media(color_scheme=scheme)
    options = {} if scheme == "light" else {"runOnly": ["color-contrast"]}  # nothing else depends on colours
    found = Axe().run(page, options=options).response["violations"]
    return [f"{scheme}: {rule['id']}: {node['target']}" for rule in found for node in rule["nodes"]]
