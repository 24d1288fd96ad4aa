"""What the two buttons do, over django-cookie-consent's own addresses and fields."""

from collections.abc import Iterator
from http.cookies import Morsel

import pytest
import time_machine
from cookie_consent.models import Cookie, CookieGroup
from django.test import Client

from consent import offer
from consent.models import ExternalHost, GroupWording
from tests.consent.conftest import HOST, Visitor

NAME = "__Host-einwilligung"
NOW = "1795176000"  # epoch seconds


def cookie_of(client: Client) -> "Morsel[str]":
    assert list(client.cookies) == [NAME]
    return client.cookies[NAME]


def value_of(client: Client) -> dict[str, str]:
    """Without the seal."""
    pairs = dict(pair.split("=") for pair in cookie_of(client).value.split("|"))
    assert pairs.pop("s")
    return pairs


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(int(NOW), tick=False):
        yield


@pytest.fixture
def statistics(external: CookieGroup) -> CookieGroup:
    group = CookieGroup.objects.create(varname="statistics", name="Statistik", ordering=3)
    Cookie.objects.create(cookiegroup=group, name="zaehler")
    return group


@pytest.mark.parametrize("path", ["/cookies/", "/en/cookies/"])
def test_who_has_decided_nothing_gets_no_cookie(visitor: Visitor, path: str) -> None:
    response = visitor.get(path)
    assert response.status_code == 200
    assert not response.cookies


@pytest.mark.parametrize("button", ["accept", "decline"])
def test_a_decision_sets_exactly_one_cookie_for_one_day(visitor: Visitor, button: str) -> None:
    response = visitor.post(f"/cookies/{button}/", {"all_groups": "true"})
    assert response.status_code == 303
    cookie = cookie_of(visitor)
    assert len(response.cookies) == 1
    assert {key: cookie[key] for key in ("max-age", "secure", "httponly", "samesite", "path", "domain")} == {
        "max-age": 86400,
        "secure": True,
        "httponly": True,
        "samesite": "Lax",
        "path": "/",
        "domain": "",
    }


def test_the_cookie_says_which_edition_was_answered_and_how(visitor: Visitor) -> None:
    visitor.accept_all()
    assert value_of(visitor) == {"v": offer.current().edition, "t": NOW, "external": NOW}
    visitor.refuse_all()
    assert value_of(visitor) == {"v": offer.current().edition, "t": NOW, "external": f"-{NOW}"}


def test_single_groups_are_decided_one_after_the_other(visitor: Visitor, statistics: CookieGroup) -> None:
    visitor.post("/cookies/accept/", {"cookie_groups": ["statistics"]})
    assert value_of(visitor).keys() == {"v", "t", "statistics"}
    assert "data-cookie-banner" in visitor.get("/kontakt/").text
    visitor.post("/cookies/decline/", {"cookie_groups": ["external"]})
    assert (value_of(visitor)["external"], value_of(visitor)["statistics"]) == (f"-{NOW}", NOW)
    assert "data-cookie-banner" not in visitor.get("/kontakt/").text


def test_a_selection_accepts_and_refuses_in_one_request(visitor: Visitor, statistics: CookieGroup) -> None:
    response = visitor.post("/cookies/", {"cookie_groups": ["statistics"]})
    assert response.status_code == 303
    assert value_of(visitor) == {
        "v": offer.current().edition,
        "t": NOW,
        "external": f"-{NOW}",
        "statistics": NOW,
    }


def test_a_group_without_a_cookie_row_can_be_accepted(visitor: Visitor) -> None:
    Cookie.objects.filter(cookiegroup__varname="external").delete()
    visitor.accept_all()
    assert value_of(visitor)["external"] == NOW
    assert "checked" in visitor.get("/cookies/").text


def test_an_empty_form_decides_nothing(visitor: Visitor) -> None:
    for button in ("accept", "decline"):
        response = visitor.post(f"/cookies/{button}/", {})
        assert response.status_code == 303
        assert not response.cookies


@pytest.mark.parametrize("path", ["/cookies/", "/cookies/accept/", "/cookies/decline/", "/en/cookies/accept/"])
@pytest.mark.parametrize("groups", [["essential"], ["nobody-knows"], ["external", "v"], ["x" * 5000], ["\x00"]])
def test_an_unknown_group_is_an_error_and_changes_nothing(visitor: Visitor, path: str, groups: list[str]) -> None:
    response = visitor.post(path, {"cookie_groups": groups})
    assert response.status_code == 422
    assert "<h1>" in response.text
    assert not response.cookies


def test_refusing_deletes_what_an_accepted_group_had_set(visitor: Visitor, statistics: CookieGroup) -> None:
    visitor.accept_all()
    visitor.cookies["zaehler"] = "7"
    response = visitor.refuse_all()
    assert response.cookies["zaehler"]["max-age"] == 0
    assert visitor.refuse_all().cookies.keys() == {"zaehler", NAME}


def test_the_address_of_the_buttons_is_no_page(visitor: Visitor) -> None:
    assert visitor.get("/cookies/accept/").status_code == 405
    assert visitor.get("/cookies/decline/").status_code == 405
    assert visitor.get("/cookies/status/").status_code == 404


def test_a_script_gets_an_answer_without_a_page(visitor: Visitor) -> None:
    for header in ("X-Cookie-Consent-Fetch", "X-Requested-With"):
        response = visitor.post("/cookies/accept/", {"all_groups": "1"}, headers={header: "XMLHttpRequest"})
        assert (response.status_code, response.content) == (204, b"")
        assert NAME in response.cookies


class TestBackToWhereTheVisitorWas:
    @pytest.mark.parametrize(
        ("given", "referer", "target"),
        [
            ("/kontakt/", "", "/kontakt/"),
            ("/suche/", f"https://{HOST}/suche/?q=Netzwerk+%C3%BC", "/suche/?q=Netzwerk+%C3%BC"),
            ("", f"https://{HOST}/leistungen/", "/leistungen/"),
            ("/kontakt/", f"https://{HOST}/leistungen/", "/kontakt/"),
            ("/kontakt/", "https://evil.example/kontakt/", "/kontakt/"),
            ("", "", "/cookies/"),
            ("", "https://evil.example/", "/cookies/"),
            ("", f"http://{HOST}/kontakt/", "/cookies/"),
            ("//evil.example/", "", "/cookies/"),
            (r"/\evil.example/", "", "/cookies/"),
            ("https:/evil.example", "", "/cookies/"),
            (f"https://{HOST}//evil.example/", "", "/cookies/"),
            ("https://evil.example/", "", "/cookies/"),
            ("javascript:alert(1)", "", "/cookies/"),
            ("///evil.example", "", "/cookies/"),
            ("/\t/evil.example", "", "/cookies/"),
            ("/a\r\nSet-Cookie: x=1", "", "/aSet-Cookie:%20x=1"),
        ],
    )
    def test_and_never_to_another_site(self, visitor: Visitor, given: str, referer: str, target: str) -> None:
        response = visitor.post(
            "/cookies/decline/", {"all_groups": "true", "next": given}, headers={"Referer": referer} if referer else {}
        )
        assert (response.status_code, response["Location"]) == (303, target)

    def test_in_the_language_that_the_visitor_reads(self, visitor: Visitor) -> None:
        assert visitor.post("/en/cookies/decline/", {"all_groups": "true"})["Location"] == "/en/cookies/"


class TestANewEditionAsksAgain:
    def test_after_a_changed_wording(self, visitor: Visitor) -> None:
        visitor.accept_all()
        wording = GroupWording.objects.get(group__varname="external", language="en")
        wording.purpose += " And one more thing."
        wording.save()
        offer.forget()
        assert "data-cookie-banner" in visitor.get("/kontakt/").text
        assert "checked" not in visitor.get("/cookies/").text

    def test_after_a_new_group(self, visitor: Visitor) -> None:
        visitor.accept_all()
        Cookie.objects.create(cookiegroup=CookieGroup.objects.create(varname="new", name="Neu"), name="neu")
        offer.forget()
        assert "data-cookie-banner" in visitor.get("/kontakt/").text

    def test_after_a_new_host(self, visitor: Visitor) -> None:
        visitor.accept_all()
        group = CookieGroup.objects.get(varname="external")
        ExternalHost.objects.create(group=group, host="tiles.example.org", provider="Karten AG, Irland")
        offer.forget()
        assert "data-cookie-banner" in visitor.get("/kontakt/").text

    def test_but_not_the_same_words_put_back(self, visitor: Visitor) -> None:
        visitor.accept_all()
        wording = GroupWording.objects.get(group__varname="external", language="de")
        GroupWording.objects.filter(pk=wording.pk).update(purpose="etwas anderes")
        offer.forget()
        assert "data-cookie-banner" in visitor.get("/kontakt/").text
        GroupWording.objects.filter(pk=wording.pk).update(purpose=wording.purpose)
        offer.forget()
        assert "data-cookie-banner" not in visitor.get("/kontakt/").text

    @pytest.mark.parametrize("path", ["/cookies/accept/", "/cookies/"])
    def test_and_nobody_agrees_to_words_that_have_changed_since(self, visitor: Visitor, path: str) -> None:
        shown = offer.current().edition
        GroupWording.objects.filter(language="de").update(purpose="etwas anderes")
        response = visitor.post(path, {"cookie_groups": ["external"], "v": shown, "next": "/kontakt/"})
        assert (response.status_code, response["Location"]) == (303, "/cookies/")
        assert not response.cookies
        response = visitor.post(
            path, {"cookie_groups": ["external"], "v": shown}, headers={"X-Cookie-Consent-Fetch": "1"}
        )
        assert response.status_code == 409
        assert not response.cookies

    def test_while_a_refusal_always_counts(self, visitor: Visitor) -> None:
        shown = offer.current().edition
        GroupWording.objects.filter(language="de").update(purpose="etwas anderes")
        visitor.refuse_all(v=shown)
        assert value_of(visitor) == {"v": offer.current().edition, "t": NOW, "external": f"-{NOW}"}
