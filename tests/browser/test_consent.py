"""The cookie choice in a real browser, over https with a test CA of our own."""

import re
import time
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import DESKTOP, NARROWEST, PHONE, SecureSite, Visit, Visitors
from tests.secure_front import ELSEWHERE, HOST

NAME = "__Host-einwilligung"
DAY = 24 * 60 * 60
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
MAP_PAGE = f"""
from django.utils import timezone
from cookie_consent.models import CookieGroup
from consent.models import ExternalHost
from sitebackend.pages.models import Page
group, _ = CookieGroup.objects.get_or_create(varname="karten", defaults=dict(name="Karten AG", ordering=9))
ExternalHost.objects.get_or_create(host="{ELSEWHERE}", defaults=dict(group=group, provider="Karten AG, Irland"))
Page.objects.get_or_create(
    language="de", slug="anfahrt", parent=None,
    defaults=dict(
        title="Anfahrt", status="published", published_at=timezone.now(),
        body='<p>So finden Sie uns.</p><p><a href="https://{ELSEWHERE}/embed?zoom=3">Karte</a></p>',
    ),
)
"""


@pytest.fixture(scope="module", autouse=True)
def _page_with_a_map(secure_site: SecureSite) -> None:
    secure_site.shell(MAP_PAGE)
    secure_site.wait_for(lambda: ELSEWHERE in secure_site.get("/cookies/").body)


@pytest.fixture
def visit(secure_visitor: Visitors) -> Visit:
    return secure_visitor()


def refuse(page: Page) -> None:
    page.get_by_role("button", name="Ablehnen").click()
    page.locator(".banner").wait_for(state="detached")


def accept(page: Page) -> None:
    page.get_by_role("button", name="Annehmen").click()
    page.locator(".banner").wait_for(state="detached")


def cookie_of(context: BrowserContext) -> dict[str, Any]:
    (cookie,) = context.cookies(f"https://{HOST}")
    return dict(cookie)


class TestTheCookie:
    def test_is_for_this_host_alone_secure_unreadable_and_gone_after_a_day(self, visit: Visit) -> None:
        visit.page.goto("/")
        assert visit.context.cookies() == []
        refuse(visit.page)
        cookie = cookie_of(visit.context)
        assert cookie.pop("expires") == pytest.approx(time.time() + DAY, abs=60)
        pattern = r'"v=[0-9a-f]{12}\|t=[0-9]{10}(\|(karten|openstreetmap)=-[0-9]{10}){2}\|s=[\w-]{43}"'
        assert re.fullmatch(pattern, cookie.pop("value"))
        assert cookie == {
            "name": NAME,
            "domain": HOST,
            "path": "/",
            "httpOnly": True,
            "secure": True,
            "sameSite": "Lax",
        }

    def test_is_the_only_one_that_public_pages_ever_set(self, visit: Visit, secure_site: SecureSite) -> None:
        visit.page.goto("/")
        accept(visit.page)
        for path in public_paths(secure_site):
            visit.page.goto(path)
        assert [cookie["name"] for cookie in visit.context.cookies(f"https://{HOST}")] == [NAME]

    def test_asks_again_after_twenty_five_hours(self, visit: Visit) -> None:
        visit.page.goto("/")
        refuse(visit.page)
        visit.page.goto("/")
        assert visit.page.locator(".banner").count() == 0
        let_time_pass(visit.context, hours=23)
        visit.page.goto("/")
        assert visit.page.locator(".banner").count() == 0
        let_time_pass(visit.context, hours=2)
        visit.page.goto("/")
        assert visit.page.locator(".banner").is_visible()

    @SCRIPTS
    def test_can_be_deleted_at_any_point(self, secure_visitor: Visitors, scripts: bool) -> None:
        visit = secure_visitor(scripts=scripts)
        visit.page.goto("/kontakt/")
        accept(visit.page)
        visit.context.clear_cookies()
        visit.page.goto("/cookies/")
        visit.page.get_by_role("button", name="Auswahl speichern").click()
        assert agreed(visit.context) == set()
        visit.context.clear_cookies()
        answer = visit.page.goto("/kontakt/")
        assert answer is not None
        assert answer.status == 200
        assert visit.page.locator(".banner").is_visible()


def agreed(context: BrowserContext) -> set[str]:
    """The providers that the cookie agrees to. It says something of both."""
    pairs = dict(pair.split("=") for pair in cookie_of(context)["value"].strip('"').split("|"))
    assert {"karten", "openstreetmap"} <= pairs.keys()
    return {name for name in ("karten", "openstreetmap") if not pairs[name].startswith("-")}


def let_time_pass(context: BrowserContext, *, hours: int) -> None:
    """Move every expiry by so much, which to the browser's cookie store is the same as moving its clock."""
    cookies = context.cookies()
    context.clear_cookies()
    context.add_cookies([{**cookie, "expires": cookie["expires"] - hours * 3600} for cookie in cookies])  # type: ignore[typeddict-item]


def public_paths(site: SecureSite) -> list[str]:
    locations = re.findall(r"<loc>https://[^/<]+([^<]*)</loc>", site.get("/sitemap.xml").body)
    assert "/anfahrt/" in locations
    return [*locations, "/cookies/", "/en/cookies/", "/kontakt/", "/datenschutz/fassungen/", "/gibt-es-nicht/"]


class TestExternalContent:
    def test_before_consent_no_page_asks_for_anything_elsewhere(self, visit: Visit, secure_site: SecureSite) -> None:
        for path in public_paths(secure_site):
            visit.page.goto(path, wait_until="networkidle")
        assert visit.elsewhere == []
        assert secure_site.front.elsewhere == []
        assert visit.context.cookies() == []

    def test_after_consent_only_the_agreed_host_is_asked(self, visit: Visit, secure_site: SecureSite) -> None:
        visit.page.goto("/")
        accept(visit.page)
        for path in public_paths(secure_site):
            visit.page.goto(path, wait_until="networkidle")
        asked = {re.sub(r"^https://([^/]+).*", r"\1", url) for url in visit.elsewhere}
        assert asked == {ELSEWHERE, "www.openstreetmap.org"}
        assert set(secure_site.front.elsewhere) == {(ELSEWHERE, "/embed?zoom=3")}  # the other one cannot be reached
        assert [line for line in visit.complaints if "/gibt-es-nicht/" not in line and "net::" not in line] == []

    @SCRIPTS
    def test_loads_once_without_remembering(
        self, secure_visitor: Visitors, secure_site: SecureSite, scripts: bool
    ) -> None:
        visit = secure_visitor(scripts=scripts)
        visit.page.goto("/anfahrt/")
        refuse(visit.page)
        visit.page.get_by_role("link", name="Einmal laden").click()
        secure_site.wait_for(lambda: secure_site.front.elsewhere)
        visit.page.goto("/anfahrt/", wait_until="networkidle")
        assert visit.page.get_by_role("link", name="Einmal laden").is_visible()
        assert len(secure_site.front.elsewhere) == 1
        assert agreed(visit.context) == set()

    @SCRIPTS
    def test_loads_always_today(self, secure_visitor: Visitors, secure_site: SecureSite, scripts: bool) -> None:
        visit = secure_visitor(scripts=scripts)
        visit.page.goto("/anfahrt/")
        refuse(visit.page)
        visit.page.get_by_role("button", name="Immer laden").click()
        secure_site.wait_for(lambda: secure_site.front.elsewhere)
        assert visit.page.url.endswith("/anfahrt/")
        visit.page.goto("/anfahrt/")
        assert visit.page.frame_locator("iframe").locator("body").inner_text() == "map"
        assert agreed(visit.context) == {"karten"}
        visit.page.goto("/kontakt/", wait_until="networkidle")
        assert visit.page.get_by_role("button", name="Heute immer laden: OpenStreetMap").is_visible()
        assert {url for url in visit.elsewhere if "openstreetmap" in url} == set()

    def test_appears_in_place_when_the_banner_is_accepted(self, visit: Visit, secure_site: SecureSite) -> None:
        visit.page.goto("/anfahrt/")
        accept(visit.page)
        inner = visit.page.frame_locator("iframe").frame_locator("iframe")
        assert inner.locator("body").inner_text() == "map"
        assert visit.complaints == []


class TestWithoutScripts:
    @pytest.fixture
    def plain(self, secure_visitor: Visitors) -> Visit:
        return secure_visitor(scripts=False)

    def test_every_choice_can_be_made_changed_and_withdrawn(self, plain: Visit) -> None:
        page = plain.page
        page.goto("/kontakt/")
        page.get_by_role("button", name="Annehmen").click()
        assert page.url.endswith("/kontakt/")
        assert agreed(plain.context) == {"karten", "openstreetmap"}
        page.get_by_role("contentinfo").get_by_role("link", name="Cookies").click()
        assert [box.is_checked() for box in page.get_by_role("checkbox").all()] == [True, True]
        page.get_by_role("button", name="Alles widerrufen").click()
        assert agreed(plain.context) == set()
        assert [box.is_checked() for box in page.get_by_role("checkbox").all()] == [False, False]
        page.get_by_role("checkbox", name="OpenStreetMap").check()
        page.get_by_role("button", name="Auswahl speichern").click()
        assert agreed(plain.context) == {"openstreetmap"}

    def test_the_visitor_comes_back_to_the_very_page(self, plain: Visit) -> None:
        plain.page.goto("/en/cookies/")
        plain.page.get_by_role("button", name="Refuse").click()
        assert plain.page.url == f"https://{HOST}/en/cookies/"


class TestWithScripts:
    def test_deciding_neither_reloads_the_page_nor_loses_what_was_typed(self, visit: Visit) -> None:
        page = visit.page
        page.goto("/kontakt/")
        page.get_by_label("Name").first.fill("Mechthild Überschär")
        refuse(page)
        assert page.get_by_label("Name").first.input_value() == "Mechthild Überschär"
        assert page.evaluate("document.activeElement.name") == "name"
        assert page.get_by_role("status").filter(has_text="gespeichert").count() == 1

    def test_the_focus_goes_to_the_content_if_it_was_nowhere(self, visit: Visit) -> None:
        visit.page.goto("/")
        refuse(visit.page)
        assert visit.page.evaluate("document.activeElement.id") == "content"


class TestAnotherSite:
    FORGERY = f"""
        const form = document.createElement("form");
        form.method = "post";
        form.action = "https://{HOST}/cookies/accept/";
        form.innerHTML = "<input name=all_groups value=true>";
        document.body.append(form);
        form.submit();
    """

    def test_cannot_decide_in_the_visitors_name(self, visit: Visit) -> None:
        visit.page.goto("/")
        refuse(visit.page)
        before = cookie_of(visit.context)["value"]
        visit.page.goto(f"https://{ELSEWHERE}/evil")
        with visit.page.expect_navigation():
            visit.page.evaluate(self.FORGERY)
        assert "anderen Website" in visit.page.inner_text("main")
        assert cookie_of(visit.context)["value"] == before

    def test_cannot_show_our_pages_in_a_frame(self, visit: Visit) -> None:
        visit.page.goto(f"https://{ELSEWHERE}/evil")
        visit.page.evaluate(
            f"const f = document.createElement('iframe'); f.src = 'https://{HOST}/cookies/'; document.body.append(f);"
        )
        visit.page.wait_for_function("frames.length === 1")
        assert visit.page.frame_locator("iframe").get_by_role("heading", name="Cookies").count() == 0


SCREENS = pytest.mark.parametrize("screen", [NARROWEST, PHONE, DESKTOP], ids=["narrowest", "phone", "desktop"])


@SCREENS
@pytest.mark.parametrize("path", ["/", "/cookies/"])
def test_refusing_looks_and_costs_the_same_as_accepting(
    secure_visitor: Visitors, screen: dict[str, int], path: str
) -> None:
    page = secure_visitor(screen=screen).page
    page.goto(path)
    look = """button => {
        const style = getComputedStyle(button), box = button.getBoundingClientRect();
        const own = /^(width|inline-size|perspective-origin|transform-origin)$/;
        const names = [...style].filter(name => !own.test(name));
        return {style: names.map(name => name + ":" + style[name]), width: Math.round(box.width), height: box.height};
    }"""
    refuse_look, accept_look = (
        page.get_by_role("button", name=name, exact=True).evaluate(look) for name in ("Ablehnen", "Annehmen")
    )
    assert refuse_look == accept_look


class TestReachedByKeyboard:
    def test_the_banner_comes_first_and_refusing_before_accepting(self, visit: Visit) -> None:
        visit.page.goto("/")
        order = []
        for _ in range(6):
            visit.page.keyboard.press("Tab")
            order.append(visit.page.evaluate("document.activeElement.innerText"))
        assert order == [
            "Zum Inhalt",
            "Einzeln auswählen",
            "Datenschutzhinweise",
            "Impressum",
            "Ablehnen",
            "Annehmen",
        ]

    def test_a_choice_takes_one_key(self, visit: Visit) -> None:
        visit.page.goto("/")
        visit.page.get_by_role("button", name="Ablehnen").focus()
        visit.page.keyboard.press("Enter")
        visit.page.locator(".banner").wait_for(state="detached")
        assert agreed(visit.context) == set()

    def test_the_banner_does_not_hold_the_page_back(self, visit: Visit) -> None:
        visit.page.goto("/kontakt/")
        assert visit.page.locator("[aria-modal], dialog, [inert]").count() == 0
        visit.page.get_by_label("Name").first.fill("geht")


@SCREENS
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "path", ["/anfahrt/", "/kontakt/", "/cookies/", "/en/cookies/", "/datenschutz/", "/datenschutz/fassungen/"]
)
def test_is_open_to_everybody(secure_visitor: Visitors, screen: dict[str, int], scheme: Any, path: str) -> None:
    """Accessibility rules (axe-core), before the choice and after it, and no sideways scrolling."""
    page = secure_visitor(screen=screen, scheme=scheme).page
    page.goto(path)
    assert violations(page) == []
    if page.locator(".banner").count():
        refuse(page)
        assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['target']}" for rule in found for node in rule["nodes"]]
