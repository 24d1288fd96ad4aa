"""The trip that the whole site is for, in a real browser against the real server.

Home → banner → refuse → contact → send → thanks with the reference, on a telephone and on a desk, with and
without scripts: nothing is asked of another machine, no cookie before the decision, exactly one after.
"""

import email
import email.policy
import re
import xml.etree.ElementTree as ElementTree
from email.message import EmailMessage

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, NARROWEST, PHONE, Visitors
from tests.running_site import RunningSite

MESSAGE = "Guten Tag,\n\nunser „Netz“ stockt – seit 3 Tagen 😟\nKönnen Sie helfen?"
SENDER = {
    "name": "Mechthild Überschär",
    "street": "Große Gasse 7",
    "postal_code": "97070",
    "city": "Würzburg",
    "phone": "0931 5550142",
    "email": "mechthild@example.org",
    "message": MESSAGE,
}
BESIDE_THE_SITEMAP = {"/cookies/", "/suche/", "/suche/?q=netz", "/datenschutz/anfrage/", "/datenschutz/fassungen/"}
SCREENS = pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])


@SCREENS
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_from_the_home_page_to_the_reference(
    visitor: Visitors, running_site: RunningSite, screen: dict[str, int], scripts: bool
) -> None:
    visit = visitor(screen=screen, scripts=scripts)
    page = visit.page

    page.goto("/")
    assert visit.cookies == []

    decide(page, "Ablehnen")
    assert visit.cookies == ["einwilligung"]

    page.get_by_role("link", name="Kontakt").first.click()
    for field, value in SENDER.items():
        page.locator(f"[name={field}]").fill(value)
    page.get_by_role("button", name="Nachricht senden").click()

    page.wait_for_url("**/kontakt/danke/**")
    reference = page.locator(".reference").inner_text()
    assert re.fullmatch(r"[0-9A-Z-]{6,}", reference)
    assert "Mechthild" not in page.url
    assert visit.cookies == ["einwilligung"]
    assert visit.elsewhere == []
    assert visit.complaints == []

    mail = running_site.wait_for(lambda: _mail_of(running_site, reference))
    assert MESSAGE.splitlines() == _lines_within(mail, MESSAGE)


def decide(page: Page, answer: str) -> None:
    page.get_by_role("button", name=answer).click()
    expect(page.get_by_role("button", name=answer)).to_have_count(0)


def _mail_of(site: RunningSite, reference: str) -> EmailMessage | None:
    for content in site.mails:
        mail = email.message_from_bytes(content, EmailMessage, policy=email.policy.default)
        if mail["X-Reference"] == reference:
            return mail
    return None


def _lines_within(mail: EmailMessage, message: str) -> list[str]:
    lines = mail.get_body().get_content().splitlines()  # type: ignore[union-attr]
    first, *_rest = message.splitlines()
    begin = next(number for number, line in enumerate(lines) if line.endswith(first))
    found = [lines[begin][lines[begin].index(first) :], *lines[begin + 1 :]]
    return found[: len(message.splitlines())]


def test_a_form_with_a_mistake_keeps_what_was_typed(visitor: Visitors) -> None:
    page = visitor().page
    page.goto("/kontakt/")
    for field, value in (SENDER | {"email": "mechthild"}).items():
        page.locator(f"[name={field}]").fill(value)
    with page.expect_response(lambda response: response.request.method == "POST") as caught:
        page.get_by_role("button", name="Nachricht senden").click()
    assert caught.value.status == 422
    kept = {field: page.locator(f"[name={field}]").input_value() for field in SENDER}
    assert kept == SENDER | {"email": "mechthild"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_forms_answer_is_open_to_everybody(visitor: Visitors, scheme: str) -> None:
    """The forms with all their errors, the thanks page, and a link that is used up, on the narrowest screen."""
    page = visitor(screen=NARROWEST, scheme=scheme).page  # type: ignore[arg-type]
    for path in ("/kontakt/", "/datenschutz/anfrage/", "/en/kontakt/"):
        page.goto(path)
        page.locator("main form.form").evaluate("form => form.submit()")
        page.wait_for_selector("[aria-invalid=true]")
        assert_is_open(page, f"errors of {path}")
    page.goto("/kontakt/")
    for field, value in SENDER.items():
        page.locator(f"[name={field}]").fill(value)
    page.get_by_role("button", name="Nachricht senden").click()
    page.wait_for_url("**/kontakt/danke/**")
    assert_is_open(page, "thanks")
    page.goto("/datenschutz/anfrage/bestaetigen/verbraucht/")
    assert_is_open(page, "a used link")


def assert_is_open(page: Page, place: str) -> None:
    assert _violations(page) == [], place
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), place


@pytest.mark.parametrize("screen", [NARROWEST, DESKTOP], ids=["narrowest", "desktop"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_public_page_is_open_to_everybody(visitor: Visitors, screen: dict[str, int], scheme: str) -> None:
    """Accessibility rules (axe-core), no sideways scrolling, nothing from elsewhere, no cookie."""
    visit = visitor(screen=screen, scheme=scheme)  # type: ignore[arg-type]
    for path in [*public_paths(visit.page), "/gibt-es-nicht/"]:
        visit.page.goto(path)
        assert_is_open(visit.page, path)
    assert visit.elsewhere == []
    assert visit.cookies == []


def public_paths(page: Page) -> list[str]:
    sitemap = page.request.get("/sitemap.xml").text()
    urls = [node.text or "" for node in ElementTree.fromstring(sitemap).findall(".//{*}loc")]
    paths = [re.sub(r"^https?://[^/]+", "", url) for url in urls]
    assert {"/", "/kontakt/", "/impressum/", "/datenschutz/"} <= set(paths)
    return sorted({*paths, *BESIDE_THE_SITEMAP})


def _violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['target']}" for rule in found for node in rule["nodes"]]
