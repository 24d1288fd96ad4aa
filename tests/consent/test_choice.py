"""Reading the cookie: only what this site set for the present edition counts."""

import time
from datetime import UTC, datetime, timedelta
from math import inf

import pytest
import time_machine
from cookie_consent.models import CookieGroup
from hypothesis import given
from hypothesis import strategies as st

from consent import offer, providers
from consent.choice import Choice, read
from tests.consent.conftest import Visitor, sealed_cookie

NAME = "__Host-einwilligung"
YEAR = 365 * 24 * 60 * 60  # seconds
UNDECIDED = Choice(frozenset(), frozenset(), frozenset({"external"}))


@pytest.fixture
def edition(external: CookieGroup) -> str:
    return offer.current().edition


def read_now(cookie: str, *, is_signalled: bool = False) -> Choice:
    return read(cookie, is_signalled=is_signalled, offer=offer.current())


def test_an_acceptance_and_a_refusal_are_told_apart(edition: str) -> None:
    accepted, refused = read_now(sealed_cookie(external=True)), read_now(sealed_cookie(external=False))
    assert (accepted.accepted, accepted.asks) == ({"external"}, False)
    assert (refused.refused, refused.accepted, refused.asks) == ({"external"}, frozenset(), False)


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "external=2026-11-23T12:00:00+00:00",
        "v=000000000000|external=1",
        "v={edition}|external=1",
        "v={edition}|external=2026-11-23T12:00:00+00:00",
        "v={edition}|t={now}|external={now}",
        "v={edition}|t={now}|external={now}|s=",
        "v={edition}|t={now}|external={now}|s={seal}",
        "{sealed}|external={now}",
        "external={now}|{sealed}",
        "{sealed}|s={seal}",
        "{sealed} ",
        "v={edition}|external",
        "v={edition}|ext\u00e9rnal=1|s=\u00e9",
        "\x00\xff|||===",
        '"v={edition}|external=1',
        "|s=",
        "%00" * 100,
        "v={edition}|external=1|" + "x=1|" * 2048,
        "äöü€😀",
    ],
)
def test_a_garbled_foreign_old_or_altered_cookie_is_no_decision(edition: str, cookie: str) -> None:
    sealed = sealed_cookie(youtube=True)
    made_up = cookie.format(edition=edition, now=int(time.time()), sealed=sealed, seal=sealed.rpartition("=")[2])
    assert read_now(made_up) == UNDECIDED


@given(cookie=st.text(max_size=300))
def test_no_text_whatever_is_taken_for_an_agreement(cookie: str) -> None:
    groups = [{"varname": "external", "is_required": False, "hosts": []}]
    present = offer.Offer("0123456789ab", {"de": {"groups": groups}})
    assert read(cookie, is_signalled=False, offer=present).accepted == frozenset()


class TestOneDay:
    """Decided at T: it holds until T + 24 hours, whatever browser, forger or clock say."""

    T = datetime(2026, 11, 23, 12, tzinfo=UTC)

    @pytest.fixture
    def cookie(self, edition: str) -> str:
        with time_machine.travel(self.T, tick=False):
            return sealed_cookie(external=True)

    @pytest.mark.parametrize(
        ("seconds", "holds"),
        [(0, True), (86399, True), (86400, False), (90000, False), (-1, False), (-3 * YEAR, False)],
    )
    def test_the_server_forgets_what_the_browser_keeps(self, cookie: str, seconds: int, holds: bool) -> None:
        with time_machine.travel(self.T + timedelta(seconds=seconds), tick=False):
            assert (read_now(cookie).accepted == {"external"}) is holds
            assert read_now(cookie).asks is not holds

    def test_a_forged_later_time_is_no_decision_at_all(self, cookie: str) -> None:
        at = int(self.T.timestamp())
        for later in (at + 1, at + 80000, at + 10 * YEAR):
            with time_machine.travel(self.T + timedelta(hours=23), tick=False):
                assert read_now(cookie.replace(str(at), str(later))) == UNDECIDED

    def test_what_a_clock_in_the_future_sealed_holds_no_longer_than_a_day_once_its_time_has_come(
        self, edition: str
    ) -> None:
        with time_machine.travel(self.T + timedelta(days=400), tick=False):
            cookie = sealed_cookie(external=True)
        with time_machine.travel(self.T, tick=False):
            assert read_now(cookie) == UNDECIDED

    def test_a_second_decision_gives_the_first_no_second_day(self, visitor: Visitor) -> None:
        providers.add(provider=providers.OPENSTREETMAP)
        offer.forget()
        with time_machine.travel(self.T, tick=False):
            visitor.post("/cookies/accept/", {"cookie_groups": "external"})
        with time_machine.travel(self.T + timedelta(hours=20), tick=False):
            visitor.post("/cookies/accept/", {"cookie_groups": "openstreetmap"})
            value = visitor.cookies[NAME].value
            assert read_now(value).accepted == {"external", "openstreetmap"}
        with time_machine.travel(self.T + timedelta(hours=25), tick=False):
            assert read_now(value).accepted == {"openstreetmap"}
            assert read_now(value).undecided == {"external"}


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
    assert read_now(decided.cookies[NAME].value).refused == {"external"}


class TestGlobalPrivacyControl:
    def test_counts_as_a_refusal_without_asking(self, visitor: Visitor) -> None:
        response = visitor.get("/kontakt/", headers={"Sec-GPC": "1"})
        assert "data-cookie-banner" not in response.text
        assert not response.cookies
        assert "Global Privacy Control" in visitor.get("/cookies/", headers={"Sec-GPC": "1"}).text

    def test_does_not_overrule_what_the_visitor_chose_here(self, edition: str) -> None:
        chosen = read_now(sealed_cookie(external=True), is_signalled=True)
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
            visitor.get(
                "/cookies/", headers={"Cookie": f'{NAME}="{sealed_cookie(hours_ago=hours, external=True)}"'}
            ).content
            for hours in (0, 7)
        }
        assert len(accepted) == 1
        assert not accepted & asked

    @given(cookie=st.text(alphabet="v=|-10external", max_size=40), gpc=st.sampled_from(["", "0", "1"]))
    def test_keep_few_variants_whatever_is_sent(self, cookie: str, gpc: str) -> None:
        groups = [{"varname": "external", "is_required": False, "hosts": []}]
        choice = read(cookie, is_signalled=gpc == "1", offer=offer.Offer("0123456789ab", {"de": {"groups": groups}}))
        assert (choice.asks, choice.accepted, choice.until) == (gpc != "1", frozenset(), inf)

    def test_do_not_keep_the_answer_to_a_decision(self, visitor: Visitor) -> None:
        assert visitor.refuse_all()["Cache-Control"] == "no-store"
