"""Makes docs/screenshots/ anew: `uv run python -m tests.browser.screenshots`. Needs Chromium.

Visitors' pages on a phone and on a desktop, light and dark; the cockpit on a desktop. Files are palettes of 64
colours: half of the bytes, and nothing that one would miss.
"""

from io import BytesIO
from itertools import product

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import ARGUMENTS, DESKTOP, PHONE
from tests.running_site import ROOT, RunningSite, site

FOLDER = ROOT / "docs" / "screenshots"
PUBLIC = {"home": "/", "service": "/leistungen/netzwerke/", "contact": "/kontakt/", "notice": "/datenschutz/"}
ADMIN = {"cockpit": "/admin/", "inbox": "/admin/contact/submission/"}
SCREENS = {"phone": PHONE, "desktop": DESKTOP}
COLOURS = 64


def take_all(running: RunningSite, browser: Browser) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for (name, path), (kind, screen), scheme in product(PUBLIC.items(), SCREENS.items(), ("light", "dark")):
        page = browser.new_page(base_url=running.url, viewport=screen, color_scheme=scheme, locale="de-DE")
        page.goto(path)
        take(page, f"{name}-{kind}-{scheme}")
        page.close()
    side_by_side("phones", ["home-phone-light", "home-phone-dark", "contact-phone-light", "contact-phone-dark"])
    page = browser.new_page(base_url=running.url, viewport=DESKTOP, locale="de-DE")
    log_in(page, running)
    for name, path in ADMIN.items():
        page.goto(path)
        take(page, name)


def take(page: Page, name: str) -> None:
    keep(Image.open(BytesIO(page.screenshot())), name)


def side_by_side(name: str, parts: list[str]) -> None:
    """Several phones in one picture, with white between them."""
    pictures = [Image.open(FOLDER / f"{part}.png") for part in parts]
    step = PHONE["width"] + 20
    sheet = Image.new("RGB", (step * len(pictures) - 20, PHONE["height"]), "white")
    for place, picture in enumerate(pictures):
        sheet.paste(picture.convert("RGB"), (place * step, 0))
    keep(sheet, name)


def keep(picture: Image.Image, name: str) -> None:
    picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(FOLDER / f"{name}.png", optimize=True)


def log_in(page: Page, running: RunningSite) -> None:
    page.goto("/admin/")
    page.locator("[name=username]").fill(running.secrets["admin_username"])
    page.locator("[name=password]").fill(running.secrets["admin_password"])
    page.locator("[type=submit]").first.click()
    page.wait_for_load_state()


def main() -> None:
    with site() as running, sync_playwright() as playwright:
        running.manage("demo_data", "--customers", "12", "--submissions", "9", "--pages", "0")
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        take_all(running, browser)


if __name__ == "__main__":
    main()
