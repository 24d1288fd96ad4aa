"""Two persons at one address, on the page of a request: seen, told apart, chosen; on a phone and on a desktop."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from tests.browser.conftest import DESKTOP, PHONE, Visitors
from tests.browser.test_vault import log_in
from tests.running_site import RunningSite

SHARE = """
from customers.models import Customer
for customer in Customer.objects.order_by("-created_at")[:2]:
    customer.email = "{address}"
    customer.save()
"""


@pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_of_two_at_one_address_the_operator_chooses_one(
    visitor: Visitors, running_site: RunningSite, screen: dict[str, int]
) -> None:
    running_site.manage("demo_data", "--customers", "2", "--submissions", "0", "--pages", "0")
    shared = f"info{screen['width']}@familie.example.org"
    running_site.shell(SHARE.format(address=shared))
    visit = visitor(screen=screen)
    page = visit.page
    log_in(visit, running_site)
    page.wait_for_selector("#user-tools")
    page.goto("/admin/privacy/datasubjectrequest/add/")
    page.select_option("[name=kind]", "erasure")
    page.fill("[name=received_on]", f"{timezone.localdate():%d.%m.%Y}")
    page.fill("[name=email]", shared)
    page.locator("[name=_save]").click()
    page.wait_for_selector(".request .persons")

    boxes = page.locator(".persons [name=person]")
    assert boxes.count() == 2
    assert page.locator(".persons [name=person]:checked").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = Axe().run(page, ".request")
    assert found.violations_count == 0, found.generate_report()
    if folder := os.environ.get("PERSONS_PICTURES"):
        page.screenshot(path=Path(folder) / f"persons-{screen['width']}.png", full_page=True)

    chosen = page.locator(".persons .person legend").first.inner_text()
    boxes.first.check()
    page.get_by_role("button", name="Es passt: Die angekreuzte Person").click()
    page.wait_for_selector("text=2. Was die Löschung bewirkt")
    assert page.locator(".persons .person", has_text=chosen.strip()).locator(":checked").count() == 1
    assert page.locator(".persons [name=person]:checked").count() == 1
    if folder:
        page.screenshot(path=Path(folder) / f"chosen-{screen['width']}.png", full_page=True)
    assert visit.complaints == []
