"""Makes docs/screenshots/ anew: `uv run python -m tests.browser.screenshots`. Needs Chromium."""

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import ARGUMENTS, DESKTOP
from tests.running_site import ROOT, RunningSite, site

FOLDER = ROOT / "docs" / "screenshots"
PUBLIC = {  # file → path, screen, colour scheme
    "home": ("/", DESKTOP, "light"),
    "contact": ("/kontakt/", DESKTOP, "light"),
}
ADMIN = {"cockpit": "/admin/", "inbox": "/admin/contact/submission/"}


def take_all(running: RunningSite, browser: Browser) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, (path, screen, scheme) in PUBLIC.items():
        page = browser.new_page(base_url=running.url, viewport=screen, color_scheme=scheme, locale="de-DE")
        page.goto(path)
        page.screenshot(path=FOLDER / f"{name}.png")
    page = browser.new_page(base_url=running.url, viewport=DESKTOP, locale="de-DE")
    log_in(page, running)
    for name, path in ADMIN.items():
        page.goto(path)
        page.screenshot(path=FOLDER / f"{name}.png")


def log_in(page: Page, running: RunningSite) -> None:
    page.goto("/admin/")
    page.locator("[name=username]").fill(running.secrets["admin_username"])
    page.locator("[name=password]").fill(running.secrets["admin_password"])
    page.locator("[type=submit]").first.click()
    page.wait_for_load_state()


def main() -> None:
    with site() as running, sync_playwright() as playwright:
        running.manage("demo_data", "--customers", "12", "--submissions", "9", "--pages", "2")
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        take_all(running, browser)


if __name__ == "__main__":
    main()
