"""A request for deletion, from its arrival to its answer, in a real browser against the real server and worker."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, PHONE, Visitors
from tests.browser.test_vault import log_in
from tests.running_site import RunningSite

SENDER = {
    "name": "Roswitha Löschmann",
    "street": "Kehrwieder 2",
    "postal_code": "20457",
    "city": "Hamburg",
    "phone": "040 5550171",
    "email": "roswitha@example.org",
    "message": "Was kostet ein Netz?",
}
MOST_CLICKS = 8


class Clicks:
    """Counts what the operator presses."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def on(self, role: str, name: str) -> None:
        self.page.get_by_role(role, name=name).first.click()  # type: ignore[arg-type]
        self.count += 1


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_letter_that_asks_for_deletion_is_answered_in_eight_clicks(
    visitor: Visitors, running_site: RunningSite, scripts: bool
) -> None:
    sender = SENDER | {"email": f"roswitha.{scripts}@example.org".lower()}
    assert running_site.send(sender).status == 200
    visit = visitor(scripts=scripts)
    page, clicks = visit.page, Clicks(visit.page)
    log_in(visit, running_site)
    page.wait_for_selector("#user-tools")
    _take_down(page, sender)
    page.goto("/admin/")

    clicks.on("link", "Betroffenenanfragen")
    clicks.page.locator("#result_list tbody th a").first.click()
    clicks.count += 1
    clicks.on("button", "Es passt: Die Person ist es")
    assert "Nachrichten über das Kontaktformular" in page.inner_text(".request")
    clicks.on("button", "Genau das löschen")
    running_site.wait_for(lambda: _is_proved(page))
    clicks.on("button", "Antwort senden und Anfrage abschließen")

    assert "Beantwortet" in page.inner_text(".request")
    assert clicks.count <= MOST_CLICKS
    assert visit.complaints == []
    assert visit.elsewhere == []
    mails = [mail.read_text() for mail in running_site.mails if f"To: {sender['email']}" in mail.read_text()]
    assert any("<outcome." in mail for mail in mails)


@pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_public_form_is_accessible_and_fits_every_screen(
    visitor: Visitors, screen: dict[str, int], scheme: str
) -> None:
    visit = visitor(screen=screen, scheme=scheme)  # type: ignore[arg-type]
    visit.page.goto("/datenschutz/anfrage/")
    found = Axe().run(visit.page)
    assert found.violations_count == 0, found.generate_report()
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert visit.elsewhere == []
    assert visit.cookies == []


def _take_down(page: Page, sender: dict[str, str]) -> None:
    page.goto("/admin/privacy/datasubjectrequest/add/")
    page.select_option("[name=kind]", "erasure")
    page.fill("[name=received_on]", f"{timezone.localdate():%d.%m.%Y}")
    page.fill("[name=name]", sender["name"])
    page.fill("[name=email]", sender["email"])
    page.locator("[name=_save]").click()
    page.wait_for_selector(".request")


def _is_proved(page: Page) -> bool:
    """The worker wiped the database's files and mailed the journal."""
    page.reload()
    text = page.inner_text(".request")
    return "Physisch gelöscht" in text and "laden Sie diese Seite" not in text
