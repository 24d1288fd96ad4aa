"""Content of other hosts: nothing is asked of them before the visitor agreed to exactly them."""

import re
from html.parser import HTMLParser

import pytest
from cookie_consent.models import CookieGroup
from django.core.exceptions import ValidationError
from django.core.signing import Signer
from django.http import HttpResponse
from django.template import engines
from django.test import RequestFactory

from consent import offer
from consent.external import External, pieces
from consent.middleware import CookieChoiceMiddleware
from consent.models import ExternalHost
from tests.consent.conftest import Visitor, sealed_cookie

NAME = "__Host-einwilligung"
MAP = "https://maps.example.org/embed?q=Gro%C3%9Fe+Gasse&zoom=3"


@pytest.fixture
def agreed_host(external: CookieGroup) -> ExternalHost:
    return ExternalHost.objects.get(group=external)


def answer(template: str, *, cookie: str = "", **context: str) -> HttpResponse:
    """A page made of `template`, through our middleware."""
    text = "{% load consent %}" + template
    headers = {"Cookie": f"{NAME}={cookie}"} if cookie else {}
    request = RequestFactory(headers=headers).get("/anfahrt/")
    page = CookieChoiceMiddleware(
        lambda asked: HttpResponse(engines["django"].from_string(text).render(context, asked))
    )
    return page(request)  # type: ignore[return-value]


class LoadsByItself(HTMLParser):
    """Collects every address that a browser asks for without being told to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if name in ("src", "srcset", "data", "poster", "style", "background") or (tag, name) == ("link", "href"):
                self.addresses.append(value or "")


EXTERNAL = "{% external url title='Anfahrt' kind=kind %}"


@pytest.mark.parametrize("kind", ["frame", "image", "style"])
class TestBeforeConsent:
    def test_nothing_loads_by_itself(self, agreed_host: ExternalHost, kind: str) -> None:
        response = answer(EXTERNAL, url=MAP, kind=kind)
        assert LoadsByItself(response.text).addresses == []
        assert response._csp_update == {"frame-src": ["'self'"]}  # type: ignore[attr-defined]

    def test_the_placeholder_names_the_host_and_what_it_learns(self, agreed_host: ExternalHost, kind: str) -> None:
        text = answer(EXTERNAL, url=MAP, kind=kind).text
        for word in ("maps.example.org", "Karten AG, Irland", "https://maps.example.org/p", "IP"):
            assert word in text


@pytest.mark.parametrize(
    ("kind", "directives"),
    [("frame", ["frame-src"]), ("image", ["img-src"]), ("style", ["style-src", "font-src"])],
)
def test_after_consent_the_policy_names_exactly_that_host(
    agreed_host: ExternalHost, kind: str, directives: list[str]
) -> None:
    cookie = sealed_cookie(external=True)
    response = answer(EXTERNAL, url=MAP, kind=kind, cookie=cookie)
    assert LoadsByItself(response.text).addresses == [MAP]
    assert response._csp_update == {name: ["https://maps.example.org"] for name in directives}  # type: ignore[attr-defined]


def test_a_page_without_external_content_allows_nothing(agreed_host: ExternalHost) -> None:
    response = answer("hello", cookie=sealed_cookie(external=True))
    assert not hasattr(response, "_csp_update")


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example.org/",
        "http://maps.example.org/",
        "https://maps.example.org:8443/",
        "https://maps.example.org@evil.example/",
        "https://evil.example/#maps.example.org",
        "//maps.example.org/",
        "javascript:alert(1)",
        "https://maps.example.org.evil.example/",
        "https://MAPS.example.org/",
        "https://",
    ],
)
def test_a_host_that_was_not_agreed_is_never_loaded(agreed_host: ExternalHost, url: str) -> None:
    response = answer(EXTERNAL, url=url, kind="frame", cookie=sealed_cookie(external=True))
    assert LoadsByItself(response.text).addresses == []
    assert not hasattr(response, "_csp_update")


def test_an_unknown_kind_is_never_loaded(agreed_host: ExternalHost) -> None:
    response = answer(EXTERNAL, url=MAP, kind="script", cookie=sealed_cookie(external=True))
    assert LoadsByItself(response.text).addresses == []


def test_a_host_of_a_required_group_is_never_loaded(agreed_host: ExternalHost) -> None:
    ExternalHost.objects.update(group=CookieGroup.objects.get(varname="essential"))
    offer.forget()
    assert LoadsByItself(answer(EXTERNAL, url=MAP, kind="frame").text).addresses == []


class TestInRichText:
    def test_a_link_alone_to_an_agreed_host_becomes_a_placeholder(self, agreed_host: ExternalHost) -> None:
        address = MAP.replace("&", "&amp;")
        markup = f'<h2>Anfahrt</h2><p><a href="{address}">So &amp; so</a></p><p>Bis bald.</p>'
        response = answer("{% with_external markup %}", markup=markup)
        assert response.text.startswith("<h2>Anfahrt</h2>")
        assert response.text.endswith("<p>Bis bald.</p>")
        assert 'aria-label="So &amp; so"' in response.text
        assert LoadsByItself(response.text).addresses == []
        cookie = sealed_cookie(external=True)
        assert LoadsByItself(answer("{% with_external markup %}", markup=markup, cookie=cookie).text).addresses == [MAP]

    @pytest.mark.parametrize(
        "markup",
        [
            '<p>Siehe <a href="https://maps.example.org/x">Karte</a></p>',
            '<p><a href="https://maps.example.org/x"><strong>Karte</strong></a></p>',
            '<p><a href="https://other.example.org/x">Anderswo</a></p>',
            '<p><a href="/kontakt/">Kontakt</a></p>',
            '<p><a href="http://maps.example.org/">unverschlüsselt</a></p>',
            "<p>ohne Links</p>",
            "",
        ],
    )
    def test_any_other_text_stays_as_it_is(self, agreed_host: ExternalHost, markup: str) -> None:
        assert answer("{% with_external markup %}", markup=markup).text.strip() == markup

    def test_every_piece_is_given_once_and_in_order(self) -> None:
        link = '<p><a href="https://a.example/{}">{}</a></p>'
        parts = list(pieces("x" + link.format(1, "eins") + link.format(2, "zwei") + "y"))
        assert parts == [
            "x",
            External("https://a.example/1", "eins"),
            "",
            External("https://a.example/2", "zwei"),
            "y",
        ]


class TestOneLook:
    @pytest.fixture
    def address(self, agreed_host: ExternalHost) -> str:
        found = re.search(r'href="(/cookies/inhalt/[^"]+)"', answer(EXTERNAL, url=MAP, kind="frame").text)
        assert found
        return found[1]

    def test_shows_the_content_without_remembering_anything(self, visitor: Visitor, address: str) -> None:
        response = visitor.get(address)
        assert response.status_code == 200
        assert MAP in LoadsByItself(response.text).addresses
        assert "frame-src https://maps.example.org;" in response["Content-Security-Policy"] + ";"
        assert not response.cookies

    def test_frames_only_into_our_own_pages(self, visitor: Visitor, address: str) -> None:
        response = visitor.get(f"{address}rahmen/")
        assert response["X-Frame-Options"] == "SAMEORIGIN"
        assert "frame-ancestors 'self';" in response["Content-Security-Policy"] + ";"
        assert visitor.get(address)["X-Frame-Options"] == "DENY"

    def test_is_the_same_for_everybody(self, visitor: Visitor, address: str) -> None:
        assert visitor.get(address).content == Visitor().get(address, headers={"Sec-GPC": "1"}).content

    def test_ends_with_the_agreement_to_the_host(self, visitor: Visitor, address: str) -> None:
        ExternalHost.objects.all().delete()
        offer.forget()
        assert visitor.get(address).status_code == 404

    def test_cannot_be_made_up(self, visitor: Visitor, address: str) -> None:
        token = address.split("/")[3]
        for wrong in (token[:-1], f"x{token}", token.replace(":", "."), "eyJ1cmwiOiJodHRwcyJ9:abc", "%00", "ü"):
            assert visitor.get(f"/cookies/inhalt/{wrong}/").status_code == 404

    def test_a_token_of_another_purpose_opens_nothing(self, visitor: Visitor, agreed_host: ExternalHost) -> None:
        for value in ({"url": MAP}, {"url": MAP, "title": "x", "kind": "frame", "more": 1}, [MAP], "text"):
            token = Signer(salt="consent.external").sign_object(value)
            assert visitor.get(f"/cookies/inhalt/{token}/").status_code == 404
        foreign = Signer(salt="other").sign_object({"url": MAP, "title": "x", "kind": "frame"})
        assert visitor.get(f"/cookies/inhalt/{foreign}/").status_code == 404


def test_agreeing_from_the_placeholder_returns_to_its_page(visitor: Visitor, agreed_host: ExternalHost) -> None:
    text = answer(EXTERNAL, url=MAP, kind="frame").text
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', text))
    response = visitor.post("/cookies/accept/", fields | {"cookie_groups": "external"})
    assert (response.status_code, response["Location"]) == (303, "/anfahrt/")
    cookie = response.cookies[NAME].value
    assert LoadsByItself(answer(EXTERNAL, url=MAP, kind="frame", cookie=cookie).text).addresses == [MAP]


@pytest.mark.parametrize("host", ["https://x.example", "x.example/a", "x", "X.example", "*.example", "a b.example", ""])
def test_only_a_plain_host_name_can_be_agreed(agreed_host: ExternalHost, host: str) -> None:
    with pytest.raises(ValidationError):
        ExternalHost(group=agreed_host.group, host=host, provider="x").full_clean()
