"""A customer in a real browser: a password is copied unseen, the import leads through its steps, nothing is cut off."""

from pathlib import Path

import pytest

from tests.browser.conftest import DESKTOP, PHONE, Visit, Visitors
from tests.browser.test_vault import log_in, unlock
from tests.running_site import RunningSite

SEED = """
from datetime import timedelta
from django.utils import timezone
from customers.clear_file import ClearFile
from customers.models import Customer
from customers.models.consent import Form, LegalBasis, Purpose
from customers.services.consents import Statement, record_consent
from customers.services.register import register_customer
from customers.services.technical import add_technical_record
before = timezone.now() - timedelta(hours=1)
said = lambda purpose, **more: Statement(purpose=purpose, given_at=before, **more)
customer = register_customer(
    master_data={"company": "Tischlerei Hobel", "email": "hobel@example.de"}, recorded_by=None,
    statements=[said(purpose, legal_basis=LegalBasis.CONTRACT) for purpose in (Purpose.CONTRACT, Purpose.INVOICING)],
)
record_consent(customer=customer, recorded_by=None, statement=said(Purpose.TECHNICAL, form=Form.WRITTEN),
               evidence=ClearFile("e.pdf", "application/pdf", b"%PDF-1.7"))
content = {"name": "Werkstatt-WLAN", "ssid": "Spaene", "wlan_password": "hobeln 4711 ü€"}
add_technical_record(customer=Customer.objects.get(pk=customer.pk), kind="network", content=content)
print(customer.pk)
"""
LIST = "Nachname;PLZ Ort;Telefon;Mobil\nNeumann;04109 Leipzig;0341 5;0171 9\n=cmd;04109 Leipzig;0341 6;\n"


@pytest.fixture(scope="module")
def page(running_site: RunningSite) -> str:
    """The address of a customer with a record."""
    return f"/admin/customers/customer/{running_site.shell(SEED).split()[-1]}/"


def fits(visit: Visit) -> bool:
    return bool(visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_password_is_copied_without_being_shown(visitor: Visitors, running_site: RunningSite, page: str) -> None:
    visit = visitor()
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
    log_in(visit, running_site)
    unlock(visit, running_site)
    visit.page.goto(page)
    visit.page.get_by_role("button", name="Kopieren").first.focus()
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector("button[data-copy].is-done")
    assert visit.page.evaluate("navigator.clipboard.readText()") == "hobeln 4711 ü€"
    assert visit.page.locator(".secret input").first.get_attribute("type") == "password"
    assert visit.complaints == []
    assert visit.elsewhere == []


@pytest.mark.parametrize(("screen", "scheme"), [(PHONE, "dark"), (DESKTOP, "light")])
def test_page_emergency_sheet_search_and_import_fit_the_screen(
    visitor: Visitors, running_site: RunningSite, page: str, screen: dict[str, int], scheme: str, tmp_path: Path
) -> None:
    visit = visitor(screen=screen, scheme=scheme)
    log_in(visit, running_site)
    unlock(visit, running_site)
    for path in (page, f"{page}emergency-sheet/", "/admin/customers/customer/"):
        visit.page.goto(path)
        assert fits(visit), path
    visit.page.fill("#find-words", "hobel")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector("table.found")
    assert visit.page.url.endswith("/customer/search/")
    assert fits(visit)
    _import(visit, tmp_path)
    assert visit.complaints == []
    assert visit.elsewhere == []


def _import(visit: Visit, folder: Path) -> None:
    """Up to the preview: one is taken, the formula is left out with its reason."""
    (folder / "kunden.csv").write_text(LIST)
    visit.page.goto("/admin/customers/customer/import/")
    visit.page.set_input_files("[type=file]", folder / "kunden.csv")
    visit.page.get_by_role("button", name="Datei lesen").click()
    visit.page.wait_for_selector(".mapping")
    assert fits(visit)
    for name, answer in (("contract", "contract"), ("invoicing", "contract"), ("retention", "refused")):
        visit.page.check(f"[name={name}][value={answer}]")
    visit.page.get_by_role("button", name="Vorschau").click()
    visit.page.wait_for_selector("section.preview")
    assert "1 Kunde wird übernommen" in visit.page.inner_text("section.preview")
    assert "Formel" in visit.page.inner_text(".sheet table >> nth=0")
    assert fits(visit)
