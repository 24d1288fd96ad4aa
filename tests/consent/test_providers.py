"""Consent is per provider: what a box or the banner names is what is agreed to, and nothing else."""

import importlib
import re
from typing import Any

import pytest
from cookie_consent.models import Cookie, CookieGroup
from django.apps import apps
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from consent import choice, offer, providers
from consent.external import External
from consent.health import unused_providers
from consent.models import DailyCount, ExternalHost, GroupWording
from sitebackend.management import first_run
from sitebackend.pages.models import Page
from tests.consent.conftest import Visitor, sealed_cookie

NAME = "__Host-einwilligung"
FRAMES = {
    "openstreetmap": "https://www.openstreetmap.org/export/embed.html?bbox=1",
    "youtube": "https://www.youtube-nocookie.com/embed/abcdefgh",
    "vimeo": "https://player.vimeo.com/video/123456",
}


@pytest.fixture
def three(db: None) -> Visitor:
    """A visitor of a page with a map by OpenStreetMap, a video of YouTube and one of Vimeo."""
    for name in FRAMES:
        provider = providers.by_name(name)
        assert provider
        providers.add(provider=provider)
    offer.forget()
    body = "".join(f'<p><a href="{url}">{name}</a></p>' for name, url in FRAMES.items())
    Page.objects.create(title="Alles", slug="alles", body=body, status=Page.Status.PUBLISHED)
    return Visitor()


def loaded(visitor: Visitor, path: str = "/alles/") -> tuple[set[str], set[str]]:
    """Whose content the page loads by itself, and whom its policy allows."""
    response = visitor.get(path)
    frames = set(re.findall(r'<iframe src="([^"?]+)', response.text))
    policy = set(re.findall(r"https://[^\s;]+", response["Content-Security-Policy"]))
    return (
        {name for name, url in FRAMES.items() if url.partition("?")[0] in frames},
        {name for name, url in FRAMES.items() if "/".join(url.split("/")[:3]) in policy},
    )


class TestABoxThatNamesOne:
    def test_agrees_to_that_one_alone(self, three: Visitor) -> None:
        box = re.search(
            r'<section class="external placeholder" aria-label="openstreetmap".*?</section>', page(three), re.DOTALL
        )
        assert box
        assert "Heute immer laden: OpenStreetMap" in box[0]
        (group,) = re.findall(r'name="cookie_groups" value="([^"]+)"', box[0])
        three.post("/cookies/accept/", {"cookie_groups": group})
        assert loaded(three) == ({"openstreetmap"}, {"openstreetmap"})
        made = choice.read(three.cookies[NAME].value, is_signalled=False, offer=offer.current())
        assert (made.accepted, made.undecided) == ({"openstreetmap"}, {"youtube", "vimeo"})
        assert counted() == {("openstreetmap", "accepted", 1)}

    def test_is_asked_about_the_others_still(self, three: Visitor) -> None:
        three.post("/cookies/accept/", {"cookie_groups": "youtube"})
        assert "data-cookie-banner" in page(three)
        assert "Sie haben noch nicht über jeden Anbieter entschieden" in three.get("/cookies/").text


def page(visitor: Visitor) -> str:
    return visitor.get("/alles/").text


def counted() -> set[tuple[str, str, int]]:
    return set(DailyCount.objects.values_list("group", "decision", "count"))


@pytest.mark.parametrize(("path", "say"), [("/kontakt/", "Es geht um"), ("/en/kontakt/", "It is about")])
def test_the_banner_names_everybody_whom_accepting_agrees_to(three: Visitor, path: str, say: str) -> None:
    banner = three.get(path).text.partition("data-cookie-banner")[2].partition("</section>")[0]
    assert say in banner
    named = re.search(rf"{say}\s+<strong>.*?</span>", banner, re.DOTALL)
    assert named
    assert re.findall(r"<strong>([^<]+)</strong>", named[0]) == ["OpenStreetMap", "YouTube", "Vimeo"]
    three.accept_all()
    assert loaded(three) == (set(FRAMES), set(FRAMES))
    assert counted() == {(name, "accepted", 1) for name in FRAMES}


def test_a_single_one_is_withdrawn_on_the_page_of_choices(three: Visitor) -> None:
    three.accept_all()
    assert three.get("/cookies/").text.count(" checked>") == 3
    three.post("/cookies/", {"cookie_groups": ["openstreetmap", "vimeo"]})
    assert loaded(three) == ({"openstreetmap", "vimeo"}, {"openstreetmap", "vimeo"})


def test_the_page_of_choices_and_the_notice_name_the_same_ones(three: Visitor) -> None:
    choices = three.get("/cookies/").text
    Page.objects.create(title="D", slug="datenschutz", template=Page.Template.NOTICE, status=Page.Status.PUBLISHED)
    notice = three.get("/datenschutz/").text
    for provider in offer.current().providers("de"):
        for text in (choices, notice):
            assert provider["name"] in text
            assert provider["provider"] in text
            assert all(host["host"] in text and host["privacy_url"] in text for host in provider["hosts"])


class TestAnOrdinaryLink:
    @pytest.mark.parametrize(
        "url",
        [
            "https://www.openstreetmap.org/copyright",
            "https://www.openstreetmap.org/#map=17/52.5/13.3",
            "https://www.openstreetmap.org/",
            "https://www.google.com/search?q=x",
            "https://www.google.com/maps/place/Berlin",
            "https://www.youtube-nocookie.com/",
            "https://vimeo.com/123456",
        ],
    )
    def test_to_an_agreed_provider_stays_one(self, three: Visitor, url: str) -> None:
        providers.add(provider=next(known for known in providers.PROVIDERS if known.varname == "googlemaps"))
        offer.forget()
        Page.objects.create(
            title="Link", slug="link", body=f'<p><a href="{url}">Dorthin</a></p>', status=Page.Status.PUBLISHED
        )
        for decide in (three.refuse_all, three.accept_all):
            decide()
            text = three.get("/link/").text
            assert f'<p><a href="{url}">Dorthin</a></p>' in text
            assert "data-external" not in text
            assert "<iframe" not in text

    def test_cannot_be_shown_for_one_look_either(self, three: Visitor) -> None:
        token = External("https://www.openstreetmap.org/copyright", "x").token
        assert three.get(f"/cookies/inhalt/{token}/").status_code == 404


class TestTheBanner:
    @pytest.mark.parametrize("path", ["/kontakt/", "/cookies/"])
    def test_about_nothing_asks_nobody(self, db: None, path: str) -> None:
        visitor = Visitor()
        assert "data-cookie-banner" not in visitor.get(path).text
        assert not visitor.cookies

    def test_stands_on_every_page_as_soon_as_there_is_one_provider(self, three: Visitor) -> None:
        for path in ("/kontakt/", "/en/kontakt/", "/suche/", "/gibt-es-nicht/", "/alles/"):
            assert "data-cookie-banner" in three.get(path).text

    def test_goes_with_the_last_provider(self, three: Visitor) -> None:
        CookieGroup.objects.filter(is_required=False).delete()
        offer.forget()
        assert "data-cookie-banner" not in three.get("/alles/").text
        assert "Es gibt nichts zu entscheiden" in three.get("/cookies/").text

    def test_can_be_shown_always(self, db: None, settings: Settings) -> None:
        settings.COOKIE_BANNER = "always"
        visitor = Visitor()
        assert "Zurzeit bindet diese Website keinen Anbieter ein" in visitor.get("/kontakt/").text
        assert "data-cookie-banner" not in visitor.get("/kontakt/", headers={"Sec-GPC": "1"}).text
        visitor.refuse_all()
        assert "data-cookie-banner" not in visitor.get("/kontakt/").text


class TestWithoutAnyProvider:
    @pytest.mark.parametrize("button", ["accept", "decline"])
    @pytest.mark.parametrize("fields", [{"all_groups": "true"}, {}])
    def test_a_decision_sets_the_one_cookie_all_the_same(self, db: None, button: str, fields: dict[str, str]) -> None:
        visitor = Visitor()
        response = visitor.post(f"/cookies/{button}/", fields)
        assert response.status_code == 303
        assert list(response.cookies) == [NAME]
        assert response.cookies[NAME]["max-age"] == 86400
        assert counted() == set()

    def test_a_provider_that_comes_later_was_not_agreed_to(self, db: None) -> None:
        visitor = Visitor()
        visitor.accept_all()
        providers.add(provider=providers.OPENSTREETMAP)
        offer.forget()
        assert "data-cookie-banner" in visitor.get("/kontakt/").text
        assert "checked" not in visitor.get("/cookies/").text


class TestTheStarterSite:
    @pytest.fixture(autouse=True)
    def _starter(self, db: None) -> None:
        first_run._make_pages()
        offer.forget()

    @pytest.mark.parametrize("path", ["/kontakt/", "/en/kontakt/"])
    def test_has_one_map_on_the_contact_page(self, path: str) -> None:
        visitor = Visitor()
        text = visitor.get(path).text
        assert text.count("data-external=") == 1
        assert "OpenStreetMap Foundation" in text
        assert loaded(visitor, path) == (set(), set())
        assert text.index('name="message"') < text.index("data-external=")
        visitor.post("/cookies/accept/", {"cookie_groups": "openstreetmap"})
        assert loaded(visitor, path) == ({"openstreetmap"}, {"openstreetmap"})

    def test_asks_from_the_first_page_on(self) -> None:
        assert "<strong>OpenStreetMap</strong>" in Client(headers={"Host": "www.example.de"}).get("/", secure=True).text

    def test_a_second_run_brings_nothing_back(self) -> None:
        CookieGroup.objects.filter(is_required=False).delete()
        first_run._make_pages()
        assert not ExternalHost.objects.exists()


class TestAProviderOfWhomNoPageShowsAnything:
    def test_is_named_to_the_operator(self, three: Visitor) -> None:
        assert list(unused_providers(timezone.now())) == []
        Page.objects.filter(slug="alles").update(body=f'<p><a href="{FRAMES["youtube"]}">x</a></p>')
        (finding,) = unused_providers(timezone.now())
        assert "OpenStreetMap, Vimeo" in str(finding.text)
        Page.objects.filter(slug="alles").update(status=Page.Status.DRAFT)
        (finding,) = unused_providers(timezone.now())
        assert finding.figure == 3

    def test_an_ordinary_link_to_it_shows_nothing(self, three: Visitor) -> None:
        Page.objects.filter(slug="alles").update(body='<p><a href="https://www.openstreetmap.org/copyright">x</a></p>')
        assert [finding.figure for finding in unused_providers(timezone.now())] == [3]

    def test_is_not_on_the_starter_site(self, db: None) -> None:
        first_run._make_pages()
        offer.forget()
        assert list(unused_providers(timezone.now())) == []


class TestTheGroupOfEverything:
    """What the migration makes of the group that held every provider before."""

    @pytest.fixture
    def before(self, db: None) -> CookieGroup:
        group: CookieGroup = CookieGroup.objects.create(varname="external", name="Externe Inhalte", ordering=2)
        Cookie.objects.create(cookiegroup=group, name="*")
        for language, purpose in (("de", "Zeigt Karten, Videos und Ähnliches …"), ("en", "Shows maps, videos …")):
            GroupWording.objects.create(
                group=group, language=language, name="x", purpose=purpose, provider="x", lifetime="x"
            )
        return group

    @staticmethod
    def migrate() -> None:
        importlib.import_module("consent.migrations.0004_one_group_per_provider").split(apps, None)
        offer.forget()

    @staticmethod
    def add(group: CookieGroup, **hosts: Any) -> None:
        for host, provider in hosts.items():
            ExternalHost.objects.create(group=group, host=host.replace("_", "."), provider=provider)

    def test_ends_where_it_held_nothing(self, before: CookieGroup) -> None:
        self.migrate()
        assert offer.current().optional_groups() == frozenset()

    def test_becomes_one_group_for_each_provider(self, before: CookieGroup) -> None:
        self.add(
            before, player_vimeo_com="Vimeo", maps_example_org="Karten AG, Irland", a_example_org="Karten AG, Irland"
        )
        cookie = sealed_cookie(external=True)
        self.migrate()
        found = {row["varname"]: [host["host"] for host in row["hosts"]] for row in offer.current().providers("de")}
        assert found == {"vimeo": ["player.vimeo.com"], "karten-ag": ["a.example.org", "maps.example.org"]}
        (ours,) = (row for row in offer.current().providers("en") if row["varname"] == "karten-ag")
        assert (ours["name"], ours["provider"]) == ("Karten AG", "Karten AG, Irland")
        assert choice.read(cookie, is_signalled=False, offer=offer.current()).accepted == frozenset()

    def test_leaves_the_operators_own_words_and_cookies(self, before: CookieGroup) -> None:
        self.add(before, www_youtube_nocookie_com="Google", maps_example_org="Karten AG, Irland")
        ExternalHost.objects.filter(provider="Google").update(host="www.youtube-nocookie.com")
        GroupWording.objects.filter(language="de").update(purpose="Unser Zweck", lifetime="Kurz")
        Cookie.objects.create(cookiegroup=before, name="ortung")
        self.migrate()
        for row in offer.current().providers("de"):
            assert (row["purpose"], row["lifetime"]) == ("Unser Zweck", "Kurz")
            assert [cookie["name"] for cookie in row["cookies"]] == ["ortung"]
        assert ExternalHost.objects.get(host="www.youtube-nocookie.com").path == "/embed/"

    def test_a_group_of_one_provider_stays_as_it_was(self, db: None) -> None:
        group: CookieGroup = CookieGroup.objects.create(varname="karten", name="Karten")
        self.add(group, maps_example_org="Karten AG, Irland")
        self.migrate()
        assert offer.current().optional_groups() == {"karten"}

    def test_a_group_of_the_operators_with_two_is_split_as_well(self, db: None) -> None:
        group: CookieGroup = CookieGroup.objects.create(varname="filme", name="Filme")
        self.add(group, maps_example_org="Karten AG, Irland", player_vimeo_com="Vimeo")
        self.migrate()
        assert offer.current().optional_groups() == {"karten-ag", "vimeo"}
