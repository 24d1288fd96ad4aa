"""What was typed outlives its session: signed in at its place, with and without scripts, and done once."""

from email import message_from_bytes, policy
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import PHONE, Visit, Visitors
from tests.browser.test_vault import log_in
from tests.running_site import RunningSite

NEW = "/admin/customers/customer/add/"
END_SESSIONS = "from django.contrib.sessions.models import Session; print(Session.objects.all().delete())"
COUNT = "from customers.models import Customer; print(Customer.objects.filter(last_name={name!r}).count())"
AN_OLD_PROOF = """
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
for row in Session.objects.all():
    session = SessionStore(row.session_key)
    session["proved_at"] = session["proved_at"] - 601
    session.save()
print("aged")
"""


@pytest.fixture
def visit(visitor: Visitors, running_site: RunningSite) -> Visit:
    return _inside(visitor(), running_site)


def _inside(visit: Visit, running_site: RunningSite) -> Visit:
    log_in(visit, running_site)
    visit.page.wait_for_selector("#user-tools")
    return visit


def fill_in(visit: Visit, name: str) -> None:
    page = visit.page
    page.goto(NEW)
    page.fill("[name=first_name]", "Erika")
    page.fill("[name=last_name]", name)
    page.fill("[name=street]", "Am Deich 3")
    page.fill("[name=notes]", "erste Zeile\n  zweite „Zeile“ & <mehr>")
    page.fill("[name=notes_purpose]", "Vertrag")
    for group, answer in (("contract", "contract"), ("invoicing", "contract"), ("retention", "refused")):
        page.check(f"[name={group}][value={answer}]")


def sign_in(visit: Visit, running_site: RunningSite) -> None:
    if visit.page.locator("[name=sign-in-username]").count():
        visit.page.fill("[name=sign-in-username]", running_site.secrets["admin_username"])
    visit.page.fill("[name=sign-in-password]", running_site.secrets["admin_password"])
    visit.page.keyboard.press("Enter")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("end", ["session", "cookies"])
def test_a_new_customer_outlives_the_session(
    visitor: Visitors, running_site: RunningSite, scripts: bool, end: str
) -> None:
    visit, name = _inside(visitor(scripts=scripts), running_site), f"Müller-{end}-{scripts}"
    fill_in(visit, name)
    if end == "session":
        running_site.shell(END_SESSIONS)
    else:
        visit.context.clear_cookies()
    visit.page.get_by_role("button", name="Kunde und Einwilligungen speichern").click()
    visit.page.wait_for_selector("[name=sign-in-password]")
    assert running_site.shell(COUNT.format(name=name)).split()[-1] == "0"
    sign_in(visit, running_site)
    visit.page.wait_for_url("**/customer/*-*/")
    assert name in visit.page.inner_text("#content")
    assert "zweite „Zeile“ & <mehr>" in visit.page.inner_text("#content")
    assert running_site.shell(COUNT.format(name=name)).split()[-1] == "1"
    if scripts:
        assert visit.page.evaluate("localStorage.length + sessionStorage.length") <= 1, "Django's own: the colour theme"
        assert name not in visit.page.evaluate("JSON.stringify(localStorage) + JSON.stringify(sessionStorage)")
    assert visit.elsewhere == []


def test_a_chosen_file_stays_chosen_while_a_dialog_asks(
    visit: Visit, running_site: RunningSite, tmp_path: Path
) -> None:
    (tmp_path / "kunden.csv").write_text("Nachname;PLZ Ort\nNeumann;04109 Leipzig\n")
    page = visit.page
    page.goto("/admin/customers/customer/import/")
    page.set_input_files("[type=file]", tmp_path / "kunden.csv")
    running_site.shell(END_SESSIONS)
    page.get_by_role("button", name="Datei lesen").click()
    page.wait_for_selector("dialog[open] [name=sign-in-username]")
    assert Axe().run(page).response["violations"] == []
    page.fill("[name=sign-in-username]", running_site.secrets["admin_username"])
    page.fill("[name=sign-in-password]", "falsch")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open] .errornote, dialog[open] .errorlist")
    sign_in(visit, running_site)
    page.wait_for_selector(".mapping")
    assert visit.elsewhere == []


def test_without_scripts_the_file_is_chosen_again(visitor: Visitors, running_site: RunningSite, tmp_path: Path) -> None:
    visit = _inside(visitor(scripts=False, screen=PHONE), running_site)
    (tmp_path / "kunden.csv").write_text("Nachname;PLZ Ort\nNeumann;04109 Leipzig\n")
    page = visit.page
    page.goto("/admin/customers/customer/import/")
    page.set_input_files("[type=file]", tmp_path / "kunden.csv")
    running_site.shell(END_SESSIONS)
    page.get_by_role("button", name="Datei lesen").click()
    page.wait_for_selector("[name=sign-in-username]")
    page.set_input_files("[type=file]", tmp_path / "kunden.csv")
    sign_in(visit, running_site)
    page.wait_for_selector(".mapping")


def test_a_page_that_was_open_for_long_asks_in_a_dialog(visit: Visit, running_site: RunningSite) -> None:
    page = visit.page
    page.clock.install()
    fill_in(visit, "Langsam")
    page.clock.run_for("06:00")
    running_site.shell(END_SESSIONS)
    page.get_by_role("button", name="Kunde und Einwilligungen speichern").click()
    page.wait_for_selector("dialog[open] [name=sign-in-username]")
    assert page.input_value("[name=last_name]") == "Langsam"
    sign_in(visit, running_site)
    page.wait_for_url("**/customer/*-*/")
    assert running_site.shell(COUNT.format(name="Langsam")).split()[-1] == "1"


def test_business_data_are_changed_after_a_proof_and_the_mail_is_there(visit: Visit, running_site: RunningSite) -> None:
    page = visit.page
    page.goto("/admin/sitebackend/sitesettings/1/change/")
    page.fill("[name=claim]", "Netze, die halten")
    running_site.shell(AN_OLD_PROOF)
    page.click("[name=_save]")
    page.wait_for_selector("[name=sign-in-password]")
    assert page.locator("[name=sign-in-username]").count() == 0
    assert Axe().run(page).response["violations"] == []
    sign_in(visit, running_site)
    page.wait_for_selector(".messagelist .success")
    running_site.wait_for(lambda: any("Geschäftsdaten geändert" in subject for subject in _subjects(running_site)))


def _subjects(running_site: RunningSite) -> list[str]:
    mails = (message_from_bytes(mail, policy=policy.default) for mail in running_site.mails)
    return [str(mail["Subject"]) for mail in mails]
