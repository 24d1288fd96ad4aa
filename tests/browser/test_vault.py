"""The vault in a real browser: without scripts all of it works; with them, the screen empties when it locks."""

import pytest

from tests.browser.conftest import Visit, Visitors
from tests.running_site import RunningSite


def log_in(visit: Visit, running_site: RunningSite) -> None:
    visit.page.goto("/admin/")
    visit.page.fill("[name=username]", running_site.secrets["admin_username"])
    visit.page.fill("[name=password]", running_site.secrets["admin_password"])
    visit.page.keyboard.press("Enter")


def unlock(visit: Visit, running_site: RunningSite) -> None:
    visit.page.locator(".vault-chip").get_by_role("link", name="Öffnen").click()
    visit.page.wait_for_selector("input[type=password]:focus")
    visit.page.keyboard.type(running_site.secrets["vault_passphrase"])
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector(".vault-chip.is-open")


@pytest.mark.parametrize("scripts", [True, False])
def test_the_vault_opens_and_locks_with_and_without_scripts(
    visitor: Visitors, running_site: RunningSite, scripts: bool
) -> None:
    visit = visitor(scripts=scripts)
    log_in(visit, running_site)
    unlock(visit, running_site)
    assert visit.page.url.endswith("/admin/"), "back where the operator came from"
    assert "vault" in visit.cookies
    visit.page.get_by_role("button", name="Schließen").click()
    visit.page.wait_for_selector(".vault-chip:not(.is-open)")
    assert visit.complaints == []
    assert visit.elsewhere == []


def test_when_the_time_is_up_what_was_opened_leaves_the_screen(visitor: Visitors, running_site: RunningSite) -> None:
    visit = visitor()
    visit.page.clock.install()
    log_in(visit, running_site)
    unlock(visit, running_site)
    visit.page.evaluate("document.querySelector('#content h1').dataset.sealed = ''")
    visit.page.clock.run_for("08:00")
    assert visit.page.locator(".vault-chip.is-open").is_visible()
    visit.page.clock.run_for("02:10")
    assert visit.page.locator(".vault-chip").inner_text().strip() == "Tresor geschlossen"
    assert visit.page.locator("#content h1").inner_text() == "•••"
