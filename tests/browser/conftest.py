"""Debian's Chromium against a real site. No page may call another machine: the browser knows of none."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.running_site import RunningSite

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}
ARGUMENTS = [
    "--no-sandbox",  # tests run as root in CI
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(__file__.removesuffix("/conftest.py")):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if not program:
        pytest.skip("needs Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Visit:
    """One visitor: the page, and all that it asked for and complained about."""

    context: BrowserContext
    page: Page
    address: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def elsewhere(self) -> list[str]:
        """Requests to another place than the site."""
        own = (f"{self.address}/", "data:", "blob:")
        return [url for url in self.requests if not url.startswith(own)]

    @property
    def cookies(self) -> list[str]:
        return [cookie["name"] for cookie in self.context.cookies()]

    def note_complaint(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{self.page.url}: {message.text}")


class Visitors:
    """Opens visits, each with a fresh browser profile."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser, self._address = browser, address
        self._contexts: list[BrowserContext] = []

    def __call__(
        self,
        *,
        screen: dict[str, int] = DESKTOP,
        scheme: Literal["light", "dark"] = "light",
        scripts: bool = True,
        language: str = "de-DE",
    ) -> Visit:
        context = self._browser.new_context(
            base_url=self._address,
            viewport={"width": screen["width"], "height": screen["height"]},
            color_scheme=scheme,
            java_script_enabled=scripts,
            locale=language,
            reduced_motion="reduce",
        )
        self._contexts.append(context)
        visit = Visit(context, context.new_page(), self._address)
        context.on("request", lambda request: visit.requests.append(request.url))
        visit.page.on("console", visit.note_complaint)
        visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        return visit

    def leave(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def visitor(chromium: Browser, running_site: RunningSite) -> Iterator[Visitors]:
    """`visitor()` opens the site's browser window anew: `visitor(screen=PHONE, scheme="dark", scripts=False)`."""
    visitors = Visitors(chromium, running_site.url)
    yield visitors
    visitors.leave()
