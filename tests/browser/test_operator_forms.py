"""The operator's forms in a real browser: what was typed stays, is understood, and is saved once."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, Visitors
from tests.browser.test_vault import log_in
from tests.formats import files
from tests.running_site import RunningSite

SEED = """
from datetime import timedelta
from django.utils import timezone
from customers.models.consent import LegalBasis, Purpose
from customers.services.consents import Statement
from customers.services.register import register_customer
before = timezone.now() - timedelta(hours=1)
said = lambda purpose: Statement(purpose=purpose, given_at=before, legal_basis=LegalBasis.CONTRACT)
print(register_customer(
    master_data={"company": "Gärtnerei Laub", "email": "laub@example.de", "phone": "0341 778899"}, recorded_by=None,
    statements=[said(purpose) for purpose in (Purpose.CONTRACT, Purpose.INVOICING)],
).pk)
"""
BUSINESS = "/admin/sitebackend/sitesettings/1/change/"
AGREED = {"contract": "contract", "invoicing": "contract", "retention": "refused"}


@pytest.fixture(scope="module")
def customer(running_site: RunningSite) -> str:
    """The address of a customer's page."""
    return f"/admin/customers/customer/{running_site.shell(SEED).split()[-1]}/"


def come_in(visit: Visit, running_site: RunningSite) -> None:
    log_in(visit, running_site)
    visit.page.wait_for_selector("#logout-form")


@pytest.fixture
def visit(visitor: Visitors, running_site: RunningSite) -> Iterator[Visit]:
    visit = visitor()
    come_in(visit, running_site)
    yield visit
    assert visit.elsewhere == []


@pytest.fixture
def page(visit: Visit) -> Page:
    return visit.page


def save(page: Page) -> None:
    with page.expect_navigation():
        page.locator("#content input.default[type=submit]").click()


def register(page: Page, **typed: str) -> None:
    page.goto("/admin/customers/customer/add/")
    for name, value in typed.items():
        page.fill(f"[name={name}]", value)
    for name, answer in AGREED.items():
        page.check(f"[name={name}][value={answer}]")
    save(page)


@pytest.mark.parametrize("typed", ["1e5", "٣", "1,234", "-5"])
def test_an_amount_that_is_none_stays_as_it_was_typed(page: Page, customer: str, tmp_path: Path, typed: str) -> None:
    file_a_document(page, customer, tmp_path, "R-0", typed)
    expect(page.locator(".has-error [name=amount]")).to_have_value(typed)


def test_an_amount_is_typed_as_germans_write_it_and_said_back(page: Page, customer: str, tmp_path: Path) -> None:
    for number, typed, said in (("R-1", "1.234,56", "1.234,56 €"), ("R-2", "1.234", "1.234,00 €")):
        file_a_document(page, customer, tmp_path, number, typed)
        expect(page.locator(".messagelist .success")).to_contain_text(f"{number}, {said}")


def file_a_document(page: Page, customer: str, folder: Path, number: str, amount: str) -> None:
    (folder / "r.pdf").write_bytes(files.pdf())
    page.goto(f"{customer}documents/add/")
    page.fill("[name=number]", number)
    page.fill("[name=amount]", amount)
    page.set_input_files("[type=file]", folder / "r.pdf")
    save(page)


def test_a_text_file_does_not_pass_as_signed_evidence_and_a_photo_does(
    page: Page, customer: str, tmp_path: Path
) -> None:
    (tmp_path / "unterschrieben.pdf").write_bytes(b"Hallo!")
    (tmp_path / "foto.pdf").write_bytes(files.picture("JPEG"))
    for name in ("unterschrieben.pdf", "foto.pdf"):
        page.goto(f"{customer}consent/technical/")
        page.check("[name=decision]")
        page.select_option("[name=channel]", "letter")
        page.set_input_files("[name=evidence]", tmp_path / name)
        save(page)
        if name == "unterschrieben.pdf":
            expect(page.locator(".has-error .errorlist")).to_contain_text("Das ist eine Textdatei")
    assert page.url.endswith(customer)


@pytest.mark.parametrize(("field", "typed"), [("phone", "kein telefon"), ("postal_code", "ABC")])
def test_what_nobody_can_dial_or_post_to_does_not_go_public(
    page: Page, visitor: Visitors, field: str, typed: str
) -> None:
    page.goto(BUSINESS)
    page.fill(f"[name={field}]", typed)
    page.click("[name=_save]")
    expect(page.locator(f".errors [name={field}]")).to_have_value(typed)
    other = visitor().page
    other.goto("/impressum/")
    assert typed not in other.inner_text("body")


def test_a_second_customer_with_the_same_mail_is_noticed_and_taken_on_purpose(page: Page, customer: str) -> None:
    register(page, last_name="Laub-Grün", email="LAUB@example.de")
    question = page.locator(".errornote")
    expect(question.get_by_role("link")).to_contain_text("Gärtnerei Laub")
    assert page.input_value("[name=last_name]") == "Laub-Grün"
    question.get_by_role("checkbox").check()
    save(page)
    expect(page.locator("#content h1")).to_contain_text("Laub-Grün")


def test_a_double_click_registers_one_customer(page: Page, running_site: RunningSite) -> None:
    page.goto("/admin/customers/customer/add/")
    page.fill("[name=last_name]", "Doppelklick")
    page.fill("[name=email]", "doppel@example.de")
    for name, answer in AGREED.items():
        page.check(f"[name={name}][value={answer}]")
    page.locator("#content input.default[type=submit]").dblclick()
    expect(page.locator("#content h1")).to_contain_text("Doppelklick")
    code = "from customers.models import Customer; print(Customer.objects.filter(last_name='Doppelklick').count())"
    assert running_site.shell(code).split()[-1] == "1"


@pytest.mark.parametrize("scripts", [True, False])
def test_a_double_click_makes_one_page_and_shows_no_error(
    visitor: Visitors, running_site: RunningSite, scripts: bool
) -> None:
    visit = visitor(scripts=scripts)
    come_in(visit, running_site)
    page, title = visit.page, f"Doppelt {scripts}"
    page.goto("/admin/pages/page/add/")
    page.fill("[name=title]", title)
    if not scripts:
        page.fill("[name=body]", "<p>Text</p>")
    else:
        page.locator(".tiptap").click()
        page.keyboard.type("Text")
    page.locator("[name=_continue]").dblclick()
    expect(page).to_have_url(re.compile(r"/change/$"))  # the first of two answers is given up on its way
    expect(page.locator(".errornote:visible")).to_have_count(0)
    page.goto(f"/admin/pages/page/?q=Doppelt {scripts}")
    expect(page.locator("#result_list tbody tr")).to_have_count(1)


def test_two_tabs_are_told_of_each_other_and_shown_both(visit: Visit) -> None:
    first, second = visit.page, visit.context.new_page()
    for page in (first, second):
        page.goto(BUSINESS)
    first.fill("[name=claim]", "Wir sind die Ersten.")
    first.click("[name=_continue]")
    first.wait_for_selector(".messagelist .success")
    second.fill("[name=claim]", "Wir sind die Zweiten.")
    second.click("[name=_continue]")
    told = second.locator(".edit-conflict")
    expect(told).to_contain_text("Wir sind die Ersten.")
    expect(told).to_contain_text("Wir sind die Zweiten.")
    expect(told).to_contain_text("Geändert von")
    expect(second.locator("[name=claim]")).to_have_value("Wir sind die Zweiten.")
    second.get_by_role("button", name="Meine Fassung trotzdem speichern").click()
    second.wait_for_selector(".messagelist .success")
    expect(second.locator("[name=claim]")).to_have_value("Wir sind die Zweiten.")
