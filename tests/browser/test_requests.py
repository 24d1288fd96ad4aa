"""A request for deletion, from its arrival to its answer, in a real browser against the real server and worker."""

import re
import zipfile
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, Route

from tests.browser.conftest import DESKTOP, PHONE, Visitors
from tests.browser.test_vault import log_in, unlock
from tests.running_site import PATIENCE, ROOT, RunningSite

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
MOST_CLICKS_FOR_A_LINK = 5
MOST_CLICKS_FROM_THE_FORM = 4  #: from the mail, or the start page, that leads to the request


class Clicks:
    """Counts what the operator presses."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def on(self, role: str, name: str) -> None:
        with self.page.expect_navigation(
            timeout=1000 * PATIENCE
        ):  # a slow server's answer is not there when the click is done
            self.page.get_by_role(role, name=name).first.click()  # type: ignore[arg-type]
        self.count += 1

    def open(self, key: str) -> None:
        """The request, from the list."""
        self.page.locator(f"#result_list a[href*='{key}']").first.click()
        self.page.wait_for_selector(".request")
        self.count += 1


NEWEST_CUSTOMER = "from customers.models import Customer; print(Customer.objects.latest('created_at').email)"


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
    key = _take_down(page, sender)
    page.goto("/admin/")

    clicks.on("link", "Betroffenenanfragen")
    clicks.open(key)
    clicks.on("button", "Es passt: Die Person ist es")
    assert "Nachrichten über das Kontaktformular" in page.inner_text(".request")
    clicks.on("button", "Genau das löschen")
    _wait_until_proved(page)
    clicks.on("button", "Antwort senden und Anfrage abschließen")

    assert "Beantwortet" in page.inner_text(".request")
    assert clicks.count <= MOST_CLICKS
    assert visit.complaints == []
    assert visit.elsewhere == []
    assert _sent(page, running_site, sender["email"], "outcome")


def test_a_deletion_by_letter_leads_to_both_letters_in_eight_clicks(
    visitor: Visitors, running_site: RunningSite
) -> None:
    """Nobody gave a mail address: acknowledgement and answer are printed and posted."""
    sender = SENDER | {"phone": "040 5550199", "email": "nur.per.brief@example.org"}
    assert running_site.send(sender).status == 200
    visit = visitor()
    page, clicks = visit.page, Clicks(visit.page)
    log_in(visit, running_site)
    page.wait_for_selector("#user-tools")
    key = _take_down(page, {"name": sender["name"], "phone": sender["phone"], "address": "Kehrwieder 2\n20457 Hamburg"})
    page.goto("/admin/")

    clicks.on("link", "Betroffenenanfragen")
    clicks.open(key)
    page.wait_for_selector(".request")
    assert _letter(clicks, "acknowledged").startswith(b"%PDF-")
    clicks.on("button", "Ich habe den Eingang bestätigt")
    clicks.on("button", "Es passt: Die Person ist es")
    clicks.on("button", "Genau das löschen")
    _wait_until_proved(page, button="Anfrage abschließen und Schreiben anzeigen")
    clicks.on("button", "Anfrage abschließen und Schreiben anzeigen")
    assert _letter(clicks, "outcome").startswith(b"%PDF-")
    assert clicks.count <= MOST_CLICKS
    assert "benachrichtigt" not in page.inner_text(".request")
    assert visit.complaints == []


def _letter(clicks: Clicks, name: str) -> bytes:
    """Press the link to a letter: it opens beside the page, and what it opens is read."""
    link = clicks.page.locator(f"a[href*='/letter/{name}/']").first
    clicks.count += 1
    return clicks.page.request.get(str(link.get_attribute("href"))).body()


@pytest.mark.parametrize(
    ("kind", "presses"),
    [
        ("erasure", ["Es passt: Die Person ist es", "Genau das löschen", "Antwort senden und Anfrage abschließen"]),
        ("access", ["Es passt: Die Person ist es", "Link senden und Anfrage abschließen"]),
    ],
)
def test_a_request_of_the_public_form_is_answered_in_four_clicks(
    visitor: Visitors, running_site: RunningSite, kind: str, presses: list[str]
) -> None:
    running_site.manage("demo_data", "--customers", "1", "--submissions", "0", "--pages", "0")
    email = running_site.shell(NEWEST_CUSTOMER).strip()
    person = visitor().page
    person.goto("/datenschutz/anfrage/")
    person.locator(f"[name=kind][value={kind}], [name=kind] option[value={kind}]").first.evaluate(
        "option => option.tagName == 'OPTION' ? option.parentElement.value = option.value : option.click()"
    )
    person.fill("[name=name]", "Änne")
    person.locator("[name=email]").press_sequentially(email, delay=200)  # faster than any person: "once more"
    with person.expect_navigation():
        person.locator("main form button").first.click()
    assert person.locator("main form").count() == 0

    visit = visitor()
    page, clicks = visit.page, Clicks(visit.page)
    log_in(visit, running_site)
    page.wait_for_selector("#user-tools")
    newest = "from sitebackend.privacy.models import DataSubjectRequest as R; print(R.objects.latest('recorded_at').pk)"
    key = running_site.shell(newest).strip()
    acknowledged = f"from sitebackend.privacy.models import DataSubjectRequest as R; print(R.objects.get(pk='{key}')"
    running_site.wait_for(lambda: "None" not in running_site.shell(f"{acknowledged}.acknowledged_at)"))
    page.goto(f"/admin/privacy/datasubjectrequest/{key}/change/")
    clicks.count += 1
    for name in presses:
        if name.startswith("Antwort"):
            _wait_until_proved(page)
        clicks.on("button", name)
    assert "Beantwortet" in page.inner_text(".request")
    assert clicks.count <= MOST_CLICKS_FROM_THE_FORM


def test_a_request_for_access_is_answered_in_five_clicks_and_the_person_can_read_the_copy(
    visitor: Visitors, running_site: RunningSite, tmp_path: Path
) -> None:
    running_site.manage("demo_data", "--customers", "1", "--submissions", "0", "--pages", "0")
    email = running_site.shell(NEWEST_CUSTOMER).strip()  # other tests' customers have sealed records
    visit = visitor()
    page, clicks = visit.page, Clicks(visit.page)
    log_in(visit, running_site)
    page.wait_for_selector("#user-tools")
    key = _take_down(page, {"name": "Änne", "email": email}, kind="access")
    page.goto("/admin/")

    clicks.on("link", "Betroffenenanfragen")
    clicks.open(key)
    clicks.on("button", "Es passt: Die Person ist es")
    clicks.on("button", "Link senden und Anfrage abschließen")
    assert "Beantwortet" in page.inner_text(".request")
    assert clicks.count <= MOST_CLICKS_FOR_A_LINK
    assert visit.complaints == []

    [link] = re.findall(r"https?://\S+/abholen/\S+", _sent(page, running_site, email, "access").replace("=\n", ""))
    person = visitor(screen=PHONE).page
    person.goto(link)
    with person.expect_download() as download:
        person.get_by_role("button", name="Meine Daten jetzt abholen").click()
    with zipfile.ZipFile(download.value.path()) as file:
        name = next(name for name in file.namelist() if name.endswith(".html"))
        file.extract(name, tmp_path)
    for screen in (PHONE, DESKTOP):
        copy = visitor(screen=screen).page
        copy.goto((tmp_path / name).as_uri())
        assert email in copy.inner_text("main")
        assert Axe().run(copy).violations_count == 0
        assert copy.evaluate("document.documentElement.scrollWidth <= innerWidth")


LOOKING = f"""<!doctype html><title>Anfrage</title>
<script type="module">{(ROOT / "static/js/request.js").read_text()}</script>
"""


def test_a_page_that_shows_a_step_of_the_proof_goes_on_looking(visitor: Visitors) -> None:
    """Between the wiped files and the answer lies the journal's mail, which only a slow server lets a page see."""
    page = visitor().page
    asked: list[str] = []
    steps = ["files", "journal", "journal", "proved"]

    def answer(route: Route) -> None:
        asked.append(steps[min(len(asked), 3)])
        watched = "" if asked[-1] == "proved" else "data-watched"
        shown = f'<div data-live="answer" {watched}><p>{asked[-1]}</p></div>'
        route.fulfill(body=LOOKING + shown, content_type="text/html")

    page.route("**/gezeigt/", answer)
    page.goto("/gezeigt/")
    page.wait_for_selector("text=journal")
    page.wait_for_selector("text=proved")
    page.wait_for_timeout(1500)
    assert asked == steps, "not asked again once it was proved"


def test_while_a_proof_is_waited_for_the_vaults_time_goes_on(visitor: Visitors, running_site: RunningSite) -> None:
    """Two scripts on one page, each with a function of the same name."""
    sender = SENDER | {"email": "roswitha.vault@example.org"}
    assert running_site.send(sender).status == 200
    visit = visitor()
    page, clicks = visit.page, Clicks(visit.page)
    log_in(visit, running_site)
    page.wait_for_selector("#user-tools")
    page.goto("/admin/")
    unlock(visit, running_site)
    _take_down(page, sender)
    clicks.on("button", "Es passt: Die Person ist es")
    page.route("**/*", lambda route: route.abort() if route.request.resource_type == "fetch" else route.continue_())
    clicks.on("button", "Genau das löschen")
    assert page.locator("[data-watched]").count() == 1
    left = page.inner_text("[data-vault-left]")
    page.wait_for_function("left => document.querySelector('[data-vault-left]').innerText !== left", arg=left)


@pytest.mark.parametrize("kind", ["rectification", "objection"])
def test_the_page_of_a_request_is_accessible_and_fits_a_phone(
    visitor: Visitors, running_site: RunningSite, kind: str
) -> None:
    running_site.manage("demo_data", "--customers", "1", "--submissions", "0", "--pages", "0")
    email = running_site.shell(NEWEST_CUSTOMER).strip()  # other tests' customers have sealed records
    visit = visitor(screen=PHONE)
    log_in(visit, running_site)
    visit.page.wait_for_selector("#user-tools")
    _take_down(visit.page, {"name": "Änne", "email": email}, kind=kind)
    visit.page.get_by_role("button", name="Es passt: Die Person ist es").click()
    visit.page.wait_for_selector("text=3. Die Antwort")
    found = Axe().run(visit.page, ".request")
    assert found.violations_count == 0, found.generate_report()
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert visit.complaints == []


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


def _take_down(page: Page, sender: dict[str, str], kind: str = "erasure") -> str:
    """Record a request; gives the key in its page's address, since other tests' requests may stand in the list."""
    page.goto("/admin/privacy/datasubjectrequest/add/")
    page.select_option("[name=kind]", kind)
    page.fill("[name=received_on]", f"{timezone.localdate():%d.%m.%Y}")
    page.fill("[name=name]", sender["name"])
    for name in ("email", "phone", "address"):
        page.fill(f"[name={name}]", sender.get(name, "") if name != "phone" or "email" not in sender else "")
    page.locator("[name=_save]").click()
    page.wait_for_selector(".request")
    return page.url.split("/")[-3]


def _wait_until_proved(page: Page, *, button: str = "Antwort senden und Anfrage abschließen") -> None:
    """The worker wipes the database's files and mails the journal; the page shows it by itself."""
    try:
        page.get_by_role("button", name=button).wait_for(timeout=1000 * PATIENCE)
    except Exception as error:
        raise AssertionError(page.inner_text("body")) from error  # why it is not there
    assert "noch nicht nachgewiesen" not in page.inner_text(".request .facts")


def _sent(page: Page, running_site: RunningSite, email: str, message: str) -> str:
    """The answer that the person was mailed, as soon as the request's page says so: the worker sends it."""

    def is_told() -> bool:
        page.reload()
        return "Antwort abgeschickt" in page.inner_text(".request .facts")

    running_site.wait_for(is_told)
    mails = map(bytes.decode, running_site.mails)
    [mail] = [mail for mail in mails if f"To: {email}" in mail and f"<{message}." in mail]
    return mail
