"""Reading the cookie: only what this site set for the present edition counts."""

import pytest
from cookie_consent.models import CookieGroup
from hypothesis import given
from hypothesis import strategies as st

from consent import offer
from consent.choice import Choice, read, variant
from tests.consent.conftest import Visitor

NAME = "__Host-einwilligung"
UNDECIDED = Choice(frozenset(), frozenset(), frozenset({"external"}))


@pytest.fixture
def edition(db: None) -> str:
    return offer.current().edition


def test_an_acceptance_and_a_refusal_are_told_apart(edition: str) -> None:
    present = offer.current()
    accepted = read(f"v={edition}|external=2026-11-23T12:00:00+00:00", is_signalled=False, offer=present)
    assert (accepted.accepted, accepted.asks) == ({"external"}, False)
    refused = read(f"v={edition}|external=-1", is_signalled=False, offer=present)
    assert (refused.refused, refused.accepted, refused.asks) == ({"external"}, frozenset(), False)


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "external=2026-11-23T12:00:00+00:00",
        "v=000000000000|external=1",
        "v=|external=1",
        "v={edition}",
        "v={edition}|",
        "v={edition}|essential=1",
        "v={edition}|external",
        "v={edition}|external=1=2",
        "v={edition}|ext\u00e9rnal=1",
        "\x00\xff|||===",
        '"v={edition}|external=1',
        "%00" * 100,
        "v={edition}|external=1|" + "x=1|" * 2048,
        "äöü€😀",
    ],
)
def test_a_garbled_foreign_or_huge_cookie_is_no_decision(edition: str, cookie: str) -> None:
    assert read(cookie.format(edition=edition), is_signalled=False, offer=offer.current()) == UNDECIDED


@given(cookie=st.text(max_size=300))
def test_no_text_whatever_is_taken_for_an_agreement(cookie: str) -> None:
    groups = [{"varname": "external", "is_required": False, "hosts": []}]
    present = offer.Offer("0123456789ab", {"de": {"groups": groups}})
    assert read(cookie, is_signalled=False, offer=present).accepted == frozenset()


@pytest.mark.parametrize(
    "value", ["\x80\xff", "a" * 8192, "v=1|" * 2000, '"', "\\", "={}", "🍪".encode().decode("latin-1")]
)
def test_such_a_cookie_is_asked_again_and_breaks_nothing(visitor: Visitor, value: str) -> None:
    for path in ("/cookies/", "/kontakt/"):
        response = visitor.get(path, headers={"Cookie": f"{NAME}={value}; other=1"})
        assert response.status_code == 200
        assert not response.cookies
    assert "data-cookie-banner" in response.text
    decided = visitor.post("/cookies/decline/", {"all_groups": "1"}, headers={"Cookie": f"{NAME}={value}"})
    assert decided.status_code == 303
    assert decided.cookies[NAME].value == f"v={offer.current().edition}|external=-1"


class TestGlobalPrivacyControl:
    def test_counts_as_a_refusal_without_asking(self, visitor: Visitor) -> None:
        response = visitor.get("/kontakt/", headers={"Sec-GPC": "1"})
        assert "data-cookie-banner" not in response.text
        assert not response.cookies
        assert "Global Privacy Control" in visitor.get("/cookies/", headers={"Sec-GPC": "1"}).text

    def test_does_not_overrule_what_the_visitor_chose_here(self, edition: str) -> None:
        chosen = read(f"v={edition}|external=1", is_signalled=True, offer=offer.current())
        assert chosen.accepted == {"external"}

    @pytest.mark.parametrize("value", ["0", "", "true", "11"])
    def test_is_on_with_the_value_1_only(self, visitor: Visitor, value: str) -> None:
        assert "data-cookie-banner" in visitor.get("/kontakt/", headers={"Sec-GPC": value}).text


def test_without_an_optional_group_nobody_is_asked(visitor: Visitor) -> None:
    CookieGroup.objects.filter(is_required=False).delete()
    offer.forget()
    assert "data-cookie-banner" not in visitor.get("/kontakt/").text
    assert visitor.get("/cookies/").status_code == 200


class TestCaches:
    def test_are_told_what_the_page_depends_on(self, visitor: Visitor) -> None:
        vary = visitor.get("/kontakt/")["Vary"]
        assert {"Cookie", "Sec-GPC"} <= {word.strip() for word in vary.split(",")}

    def test_get_the_same_bytes_for_everybody_in_the_same_state(self, visitor: Visitor, edition: str) -> None:
        asked = {visitor.get("/cookies/").content for _ in range(2)}
        asked.add(visitor.get("/cookies/", headers={"Cookie": f"{NAME}=rubbish; {NAME}=x; foreign=1"}).content)
        asked.add(visitor.get("/cookies/?utm_source=elsewhere").content)
        assert len(asked) == 1
        accepted = {
            visitor.get("/cookies/", headers={"Cookie": f'{NAME}="v={edition}|external={value}"'}).content
            for value in ("1", "2026-11-23T12:00:00+00:00")
        }
        assert len(accepted) == 1
        assert not accepted & asked

    @given(cookie=st.text(alphabet="v=|-10external", max_size=40), gpc=st.sampled_from(["", "0", "1"]))
    def test_keep_few_variants_whatever_is_sent(self, cookie: str, gpc: str) -> None:
        groups = [{"varname": "external", "is_required": False, "hosts": []}]
        present = offer.Offer("0123456789ab", {"de": {"groups": groups}})
        asked, silent = "0123456789ab|asks||external", "0123456789ab|quiet||external"
        assert variant(cookie, gpc, present) == (silent if gpc == "1" else asked)

    def test_tell_every_decision_apart(self, edition: str) -> None:
        cookies = ["", f"v={edition}|external=1", f"v={edition}|external=-1", f"v={edition}|external=2"]
        first, accepted, refused, later = (variant(cookie, "", offer.current()) for cookie in cookies)
        assert len({first, accepted, refused}) == 3
        assert accepted == later
        assert variant(cookies[1], "1", offer.current()) == accepted

    def test_do_not_keep_the_answer_to_a_decision(self, visitor: Visitor) -> None:
        assert visitor.refuse_all()["Cache-Control"] == "no-store"
