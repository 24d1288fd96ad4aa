"""The contact form in a real browser: what is typed is counted as the server counts it, and comes back."""

import pytest
from playwright.sync_api import Page, expect

from contact.forms import LONGEST_MESSAGE
from tests.browser.conftest import NARROWEST, Visitors
from tests.browser.test_main_trip import SENDER, assert_is_open, decide

COUNTER = "[data-counter-of=id_message]"


def fill(page: Page, **changes: str) -> None:
    for field, value in (SENDER | changes).items():
        page.locator(f"[name={field}]").fill(value)


def typed(page: Page) -> dict[str, str]:
    return {field: page.locator(f"[name={field}]").input_value() for field in SENDER}


@pytest.mark.parametrize("path", ["/kontakt/", "/datenschutz/anfrage/"])
def test_a_paste_is_taken_whole(visitor: Visitors, path: str) -> None:
    page = visitor().page
    page.goto(path)
    text = "Dies ist eine Zeile eines Protokolls mit Umlaut ü 🙂\n" * 700
    assert len(text) > 30_000
    page.locator("[name=message]").focus()
    page.keyboard.insert_text(text)
    assert page.locator("[name=message]").input_value() == text


@pytest.mark.parametrize("unit", ["x", "🙂", "ä" * 99 + "\n"], ids=["x", "emoji", "lines"])
def test_page_and_server_count_alike(visitor: Visitors, unit: str) -> None:
    page = visitor().page
    page.goto("/kontakt/")
    message = (unit * LONGEST_MESSAGE)[:LONGEST_MESSAGE]
    fill(page, message=message[:-7])
    expect(page.locator(COUNTER)).to_contain_text("Noch 7 Zeichen")
    fill(page, message=message + "x" * 1234)
    expect(page.locator(COUNTER)).to_contain_text("1.234 Zeichen zu lang")
    page.get_by_role("button", name="Nachricht senden").click()
    expect(page.locator("[role=alert]")).to_contain_text("um 1.234 Zeichen zu lang")
    assert page.locator("[name=message]").input_value() == message + "x" * 1234
    expect(page.locator(COUNTER)).to_be_hidden()  # once is enough
    fill(page, message=message[:-7] + "🙂🙂")
    expect(page.locator(COUNTER)).to_contain_text("Noch 5 Zeichen")
    expect(page.locator(".field .errorlist")).to_be_hidden()
    fill(page, message=message)
    page.get_by_role("button", name="Nachricht senden").click()
    page.wait_for_url("**/kontakt/danke/**")


def test_far_from_the_end_nobody_is_counted_at(visitor: Visitors) -> None:
    page = visitor().page
    page.goto("/kontakt/")
    fill(page, message="🙂" * 60_000)  # 120,000 of the browser's units
    expect(page.locator(COUNTER)).to_be_hidden()


def test_without_scripts_the_server_says_how_much_is_too_much(visitor: Visitors) -> None:
    page = visitor(scripts=False).page
    page.goto("/kontakt/")
    message = "x" * (LONGEST_MESSAGE + 50)
    fill(page, message=message)
    page.get_by_role("button", name="Nachricht senden").click()
    expect(page.locator("[role=alert]")).to_contain_text("um 50 Zeichen zu lang")
    assert page.locator("[name=message]").input_value() == message


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_the_browser_brings_back_what_was_typed(visitor: Visitors, scripts: bool) -> None:
    """A discarded tab comes back the same way: by the entry in the tab's history. A reload clears forms in Chromium."""
    page = visitor(scripts=scripts).page
    page.goto("/kontakt/")
    fill(page)
    page.goto("/impressum/")
    page.go_back()
    assert typed(page) == SENDER


def test_the_request_form_comes_back_as_well(visitor: Visitors) -> None:
    page = visitor().page
    page.goto("/datenschutz/anfrage/")
    page.locator("[name=message]").fill("Bitte alles")
    page.goto("/impressum/")
    page.go_back()
    assert page.locator("[name=message]").input_value() == "Bitte alles"


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_message_is_taken_back_from_the_thanks_page(visitor: Visitors, scripts: bool) -> None:
    visit = visitor(scripts=scripts, screen=NARROWEST)
    page = visit.page
    page.goto("/kontakt/")
    decide(page, "Ablehnen")
    fill(page)
    page.get_by_role("button", name="Nachricht senden").click()
    page.wait_for_url("**/kontakt/danke/**")
    page.get_by_text("Nachricht zurücknehmen").click()
    if scripts:
        assert_is_open(page, "thanks, opened")
    page.get_by_role("button", name="Nachricht jetzt löschen").click()
    expect(page.locator("h1")).to_have_text("Nachricht gelöscht")
    if scripts:
        assert_is_open(page, "taken back")
    page.go_back()
    expect(page.locator("h1")).to_have_text("Diese Nachricht ist hier nicht mehr gespeichert")
    assert visit.cookies == ["einwilligung"]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_form_within_another_page_keeps_what_was_typed(visitor: Visitors, scripts: bool) -> None:
    """What a translation service or a saved copy is to us: another origin, `null` in this case."""
    visit = visitor(scripts=scripts)
    page = visit.page
    page.goto("/kontakt/")
    copy = page.content().replace('action="/kontakt/"', f'action="{visit.address}/kontakt/"')
    page.goto("about:blank")
    page.set_content(copy)
    fill(page)
    page.get_by_role("button", name="Nachricht senden").click()
    expect(page.locator("[role=alert]")).to_contain_text("Übersetzungsdienst")
    assert typed(page) == SENDER
    page.get_by_role("button", name="Nachricht senden").click()
    page.wait_for_url("**/kontakt/danke/**")
