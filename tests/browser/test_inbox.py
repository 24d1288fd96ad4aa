"""The inbox in a real browser: read, answered and done by thumb, by mouse, by keyboard, and without scripts."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Visit, Visitors
from tests.browser.test_vault import log_in, unlock
from tests.running_site import RunningSite, site

INBOX = "/admin/contact/submission/"
MESSAGES = [
    ("Hanna Nord", "Der Drucker im Flur streikt seit heute früh.\n\nEr zeigt Fehler 49.\nKönnen Sie morgen kommen?"),
    (
        "Ole Süd",
        "Wir hätten gern ein Angebot für drei Arbeitsplätze mit Bildschirm, Tastatur und Maus, bis Mai.",
    ),
    ("Dr. Marie-Antoinette Freifrau von Außergewöhnlich-Langenhagen", "Rückruf bitte"),
]
THUMB = 44  # CSS pixels


@pytest.fixture(scope="module")
def inbox(chromium: Browser) -> Iterator[RunningSite]:
    """A site whose messages are read there, and three of them."""
    with site() as running:
        visitors = Visitors(chromium, running.url)
        visit = visitors(screen=PHONE)
        log_in(visit, running)
        unlock(visit, running)
        _read_here(visit.page, running)
        for name, text in MESSAGES:
            _write(visit.page, name, text)
        visitors.leave()
        yield running


def _read_here(page: Page, running: RunningSite) -> None:
    page.goto(f"{INBOX}reading/")  # the key for trying out lies where it is looked for
    page.fill("[name=passphrase]", running.secrets["operator_key_passphrase"])
    page.get_by_role("button", name="erlauben").click()


def _write(page: Page, name: str, text: str) -> None:
    page.goto("/kontakt/")
    typed = {"name": name, "street": "Weg 1", "postal_code": "26721", "city": "Emden", "phone": "04921 55501"}
    for field, value in (typed | {"email": "hanna@example.org", "message": text}).items():
        page.fill(f"[name={field}]", value)
    page.get_by_role("button", name="Nachricht senden").click()
    page.wait_for_selector(".reference")


def has_keys(page: Page) -> None:
    """Its script has run: before that no key does anything."""
    page.wait_for_selector("[data-keys]:not([hidden])", state="attached")


@pytest.fixture
def visitor(chromium: Browser, inbox: RunningSite) -> Iterator[Visitors]:
    visitors = Visitors(chromium, inbox.url)
    yield visitors
    visitors.leave()


def opened(visitor: Visitors, inbox: RunningSite, **options: object) -> Visit:
    """The list, with messages open."""
    visit = visitor(**options)  # type: ignore[arg-type]
    log_in(visit, inbox)
    unlock(visit, inbox)
    visit.page.goto(INBOX)
    return visit


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("screen", [PHONE, DESKTOP])
def test_a_message_is_found_answered_and_done_with_and_without_scripts(
    visitor: Visitors, inbox: RunningSite, screen: dict[str, int], scripts: bool
) -> None:
    visit = opened(visitor, inbox, screen=screen, scripts=scripts, touch=screen is PHONE)
    page = visit.page
    page.get_by_role("link", name="Hanna Nord").click()
    reply = page.get_by_role("link", name="Antworten").get_attribute("href") or ""
    assert re.match(r"mailto:hanna@example\.org\?subject=Ihre%20Nachricht%20.*Drucker", reply)
    assert page.get_by_role("link", name="Anrufen").get_attribute("href") == "tel:0492155501"
    page.get_by_role("button", name="Erledigt").click()
    expect(page.locator(".messagelist")).to_contain_text("Erledigt:")
    hers = page.locator("#result_list tbody tr", has_text="Hanna Nord")
    hers.get_by_role("button", name="Wieder öffnen").click()
    expect(hers.get_by_role("button", name="Erledigt")).to_be_visible()
    assert visit.complaints == []
    assert visit.elsewhere == []


def test_next_and_previous_lead_through_all_and_back(visitor: Visitors, inbox: RunningSite) -> None:
    page = opened(visitor, inbox).page
    page.locator(".inbox-link").first.click()
    seen = [page.locator("#content h1").inner_text()]
    while page.get_by_role("link", name="Nächste").count():
        page.get_by_role("link", name="Nächste").click()
        seen.append(page.locator("#content h1").inner_text())
    assert len(set(seen)) == len(seen) == len(MESSAGES)
    page.get_by_role("link", name="Vorige").click()
    assert page.locator("#content h1").inner_text() == seen[-2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_by_thumb_nothing_is_small_hidden_or_beside_the_screen(
    visitor: Visitors, inbox: RunningSite, scheme: str
) -> None:
    page = opened(visitor, inbox, screen=PHONE, scheme=scheme, touch=True).page
    sizes = page.locator(".field-done button, .inbox-link").evaluate_all("all => all.map(each => each.offsetHeight)")
    assert min(sizes) >= THUMB
    page.locator(".inbox-link").first.click()
    for button in page.locator(".message-bar .button").all():
        box = button.bounding_box()
        assert box
        assert box["height"] >= THUMB
        assert box["y"] > PHONE["height"] * 2 / 3
        assert box["x"] + box["width"] <= PHONE["width"]
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.get_by_role("button", name="Notiz").focus()
    bar, focused = page.locator(".message-bar").bounding_box(), page.locator(":focus").bounding_box()
    assert bar
    assert focused
    assert focused["y"] + focused["height"] <= bar["y"]


def test_list_and_message_are_open_to_everybody(visitor: Visitors, inbox: RunningSite) -> None:
    page = opened(visitor, inbox, screen=PHONE).page
    page.locator("[data-keys] summary").click()
    assert axe(page) == []
    page.locator(".inbox-link").first.click()
    page.locator("[data-keys] summary").click()
    assert axe(page) == []


def axe(page: Page) -> list[str]:
    found: list[str] = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found += [
            f"{rule['id']}: {node['target']}"
            for rule in Axe().run(page).response["violations"]
            for node in rule["nodes"]
        ]
    return found


def test_keys_lead_through_the_list_and_the_page(visitor: Visitors, inbox: RunningSite) -> None:
    page = opened(visitor, inbox).page
    page.keyboard.press("e")
    assert page.url.endswith(INBOX), "no row has the focus"
    page.keyboard.press("n")
    page.keyboard.press("n")
    second = page.locator(".inbox-link").nth(1)
    expect(second).to_be_focused()
    page.keyboard.press("v")
    expect(page.locator(".inbox-link").first).to_be_focused()
    page.keyboard.press("e")
    expect(page.locator(".messagelist")).to_contain_text("Erledigt:")
    has_keys(page)
    page.keyboard.press("n")
    page.keyboard.press("e")
    expect(page.locator(".messagelist")).to_contain_text("Nicht mehr erledigt:")
    has_keys(page)
    page.keyboard.press("n")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Antworten")).to_be_visible()
    assert page.get_by_role("link", name="Antworten").get_attribute("aria-keyshortcuts") == "a"
    first = page.locator("#content h1").inner_text()
    has_keys(page)
    page.keyboard.press("n")
    page.wait_for_function("before => document.querySelector('#content h1').innerText !== before", arg=first)
    has_keys(page)
    page.keyboard.press("l")
    page.wait_for_url(f"**{INBOX}")


def test_keys_rest_while_something_is_typed_with_other_keys_held_and_when_switched_off(
    visitor: Visitors, inbox: RunningSite
) -> None:
    page = opened(visitor, inbox).page
    page.locator(".inbox-link").first.click()
    here = page.url
    page.locator("[name=text]").focus()
    page.keyboard.type("enlvat")
    assert page.locator("[name=text]").input_value() == "enlvat"
    page.locator("[data-keys] summary").click()
    page.keyboard.press("Control+e")
    page.keyboard.press("Shift+N")
    page.get_by_label("Diese Tasten benutzen").uncheck()
    page.locator("[data-keys] summary").focus()
    page.keyboard.press("n")
    page.keyboard.press("l")
    assert page.url == here
    assert page.get_by_role("link", name="Antworten").get_attribute("aria-keyshortcuts") is None
    page.reload()
    page.keyboard.press("l")
    assert page.url == here
    page.locator("[data-keys] summary").click()
    page.get_by_label("Diese Tasten benutzen").check()
    page.locator("[data-keys] summary").focus()
    page.keyboard.press("l")
    page.wait_for_url(f"**{INBOX}")


def test_when_the_time_is_up_previews_and_links_leave_the_screen(visitor: Visitors, inbox: RunningSite) -> None:
    visit = visitor()
    visit.page.clock.install()
    log_in(visit, inbox)
    unlock(visit, inbox)
    visit.page.goto(INBOX)
    assert "Hanna Nord" in visit.page.content()
    visit.page.clock.run_for("10:10")
    assert "Hanna Nord" not in visit.page.content()
