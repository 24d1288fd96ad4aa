"""Debian's Chromium against a real site. No page may call another machine: the browser knows of none."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.running_site import Answer, RunningSite
from tests.secure_front import HOST, SecureFront, secure_front

NARROWEST = {"width": 320, "height": 640}
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
    with pytest.MonkeyPatch.context() as environment, sync_playwright() as playwright:
        # Playwright's event loop counts as running in this thread from now on, and Django would refuse its database
        # to whichever test comes next on this worker. Nothing here is asynchronous.
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
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
        touch: bool = False,
    ) -> Visit:
        context = self._browser.new_context(
            base_url=self._address,
            viewport={"width": screen["width"], "height": screen["height"]},
            color_scheme=scheme,
            java_script_enabled=scripts,
            locale=language,
            reduced_motion="reduce",
            has_touch=touch,
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


class SecureSite(RunningSite):
    """Reached through a web server with TLS in front; `get` asks behind it, as that server does."""

    front: SecureFront

    def get(self, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        return super().get(path, body, {"Host": HOST, "X-Forwarded-Proto": "https"} | dict(headers or {}))


@pytest.fixture(scope="session")
def secure_site(chromium: Browser) -> Iterator[SecureSite]:
    """https://www.example.de with a test CA, for what only https has: `__Host-` cookies, Secure, real origins."""
    settings = {"SITE_URL": f"https://{HOST}", "TRUSTED_PROXIES": "127.0.0.1/32"}
    with tempfile.TemporaryDirectory(prefix="site-", ignore_cleanup_errors=True) as folder:
        running = SecureSite(Path(folder), settings)
        with secure_front(running.address) as running.front:
            running.start()
            yield running
            running.stop()


@pytest.fixture(scope="session")
def secure_chromium(chromium: Browser, secure_site: SecureSite) -> Iterator[Browser]:
    """A browser that trusts the test CA and finds www.example.de, and one other host, on this machine."""
    plain = [argument for argument in ARGUMENTS if "host-resolver" not in argument]
    browser = chromium.browser_type.launch(
        executable_path=shutil.which("chromium"), args=plain + secure_site.front.browser_arguments
    )
    yield browser
    browser.close()


@pytest.fixture
def secure_visitor(secure_chromium: Browser, secure_site: SecureSite) -> Iterator[Visitors]:
    """As `visitor`, over https. What other hosts were asked for stands in `secure_site.front.elsewhere`."""
    secure_site.front.elsewhere.clear()
    visitors = Visitors(secure_chromium, f"https://{HOST}")
    yield visitors
    visitors.leave()
