"""The privacy notice is true by construction, and every change of it is kept with its date."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from cookie_consent.models import CookieGroup
from django.core.management import call_command
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import Settings

from consent import offer
from consent.models import ExternalHost
from sitebackend.findings import Level
from sitebackend.privacy.notice.health import notice_is_complete
from sitebackend.privacy.notice.models import NoticeVersion
from sitebackend.privacy.notice.services import named, present_version, sections
from sitebackend.privacy.registry import sources
from tests.notice_guard import NoticeGuardMiddleware

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_offer() -> None:
    offer.forget()


def words(language: str = "de") -> str:
    """Everything that the facts say, as one text."""

    def flat(value: Any) -> list[str]:
        if isinstance(value, str):
            return [value]
        return [text for part in (value.values() if isinstance(value, dict) else value) for text in flat(part)]

    return "\n".join(flat(sections(language)))


@pytest.fixture
def visitor() -> Client:
    return Client(headers={"Host": "www.example.de"})


def get(visitor: Client, path: str) -> HttpResponse:
    return visitor.get(path, secure=True)  # type: ignore[return-value]


class TestFollowsTheSettings:
    @pytest.mark.parametrize(
        ("log", "said"),
        [
            ("none", "kein Zugriffsprotokoll"),
            ("provider", "keinen Zugriff"),
            ("own", "Unser eigener vorgeschalteter Webserver"),
        ],
    )
    def test_who_keeps_an_access_log(self, settings: Settings, log: str, said: str) -> None:
        settings.ACCESS_LOG = log
        assert said in words()

    def test_how_old_backups_get(self, settings: Settings) -> None:
        settings.BACKUP_TARGETS, settings.BACKUP_MAX_AGE_DAYS = [Path("/media/usb")], 41
        assert "41 Tage" in words()
        assert "41 days" in words("en")

    def test_whether_senders_are_written_to(self, settings: Settings) -> None:
        assert "kurze Eingangsbestätigung" not in words()
        settings.CONTACT_ACKNOWLEDGE = "yes"
        assert "kurze Eingangsbestätigung" in words()

    def test_how_long_messages_are_kept(self, settings: Settings) -> None:
        settings.CONTACT_RETENTION_DAYS = {"done": 730, "open": 730, "suspect": 730}
        assert "730 Tage" in words()
        settings.CONTACT_RETENTION_DAYS = {"done": 365, "suspect": 30}
        assert "erledigte Nachrichten: 365 Tage)" in words()
        assert "30 Tage danach gelöscht" in words()
        assert "bis Ihr Anliegen erledigt ist" in words()
        settings.CONTACT_RETENTION_DAYS = {}
        assert "730" not in words()

    @pytest.mark.parametrize(
        ("mail", "said"),
        [
            ("plain", "unverschlüsselte E-Mail"),
            ("pgp", "verschlüsselte E-Mail (OpenPGP)"),
            ("notice", "eine Nachricht wartet"),
        ],
    )
    def test_how_the_mail_travels(self, settings: Settings, mail: str, said: str) -> None:
        settings.CONTACT_MAIL = mail
        assert said in words()

    def test_which_fields_are_needed(self, settings: Settings) -> None:
        settings.CONTACT_REQUIRED_FIELDS = ["name", "message"]
        (form,) = [section for section in sections("de") if section["name"] == "form"]
        needed = {row[0] for row in form["tables"][0]["rows"] if row[1] != "freiwillig"}
        assert needed == {"Name", "Nachricht"}
        assert len(form["tables"][0]["rows"]) == len(settings.CONTACT_FIELDS)

    def test_what_the_cookies_are_called(self, settings: Settings) -> None:
        settings.COOKIE_CONSENT_NAME, settings.COOKIE_CONSENT_MAX_AGE = "keks", 7200
        assert "keks" in words()
        assert "2 Stunden" in words()
        assert "keks" in named().cookies

    def test_how_long_a_network_can_be_recognised(self) -> None:
        assert "24 Stunden" in words()


def test_every_holding_of_the_registry_is_told(settings: Settings) -> None:
    told = words()
    for source in sources():
        description = source.describe()
        assert str(description.retention) or str(description.title)
    (holdings,) = [section for section in sections("en") if section["name"] == "holdings"]
    assert len(holdings["tables"]) == len([source for source in sources() if source.concerns_the_public])
    assert told


def test_an_external_host_is_named_as_soon_as_it_is_agreed() -> None:
    assert named().hosts == frozenset()
    group = CookieGroup.objects.create(varname="external", name="Extern")
    ExternalHost.objects.create(group=group, host="maps.example.org", provider="Karten AG, Irland")
    offer.forget()
    assert named().hosts == {"maps.example.org"}
    assert "maps.example.org" in words()
    assert "Karten AG, Irland" in words()


class TestVersions:
    def test_the_same_notice_is_kept_once(self) -> None:
        first = present_version(language="de", own="<p>Unser Wort</p>")
        assert present_version(language="de", own="<p>Unser Wort</p>") == first
        assert NoticeVersion.objects.count() == 1

    def test_a_change_makes_a_new_one_with_its_date(self, settings: Settings) -> None:
        with time_machine.travel(datetime(2026, 3, 1, 12, tzinfo=UTC), tick=False):
            first = present_version(language="de", own="<p>alt</p>")
        with time_machine.travel(datetime(2026, 6, 1, 12, tzinfo=UTC), tick=False):
            second = present_version(language="de", own="<p>neu</p>")
            settings.CONTACT_ACKNOWLEDGE = "yes"
            third = present_version(language="de", own="<p>neu</p>")
        assert [first.number, second.number, third.number] == [1, 2, 3]
        assert first.valid_until == second.valid_from == datetime(2026, 6, 1, 12, tzinfo=UTC)
        assert third.valid_until is None

    def test_each_language_counts_for_itself(self) -> None:
        german, english = present_version(language="de"), present_version(language="en")
        assert (german.number, english.number) == (1, 1)
        assert german.content != english.content

    def test_it_can_be_read_even_when_it_cannot_be_kept(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def full_disk(*args: Any, **kwargs: Any) -> None:
            raise DatabaseError("database or disk is full")

        monkeypatch.setattr(NoticeVersion, "save", full_disk)
        assert present_version(language="de").content["sections"]
        assert NoticeVersion.objects.count() == 0

    def test_old_ones_stay_readable(self, visitor: Client) -> None:
        with time_machine.travel(datetime(2026, 3, 1, 12, tzinfo=UTC), tick=False):
            present_version(language="de", own="<p>Das galt im <em>März</em>.</p>")
        present_version(language="de", own="<p>Das gilt jetzt.</p>")
        overview = get(visitor, "/datenschutz/fassungen/").content.decode()
        assert 'href="/datenschutz/fassungen/1/"' in overview
        old = get(visitor, "/datenschutz/fassungen/1/").content.decode()
        assert "Das galt im <em>März</em>." in old
        assert "1. März 2026" in old
        assert "gilt nicht mehr" in old
        assert "Das gilt jetzt." not in old
        assert get(visitor, "/datenschutz/fassungen/3/").status_code == 404
        assert get(visitor, "/en/datenschutz/fassungen/1/").status_code == 404

    def test_what_was_typed_cannot_run_when_an_old_one_is_read(self, visitor: Client) -> None:
        present_version(language="de", own="<p onclick=x()>a</p><script>b()</script>")
        page = get(visitor, "/datenschutz/fassungen/1/").content.decode()
        assert "onclick" not in page
        assert "b()" not in page


def test_the_facts_are_complete_in_both_languages() -> None:
    german, english = sections("de"), sections("en")
    assert [section["name"] for section in german] == [section["name"] for section in english]
    for one, other in zip(german, english, strict=True):
        assert one["title"] != other["title"], one["name"]
        assert len(one["paragraphs"]) == len(other["paragraphs"])


def test_migrations_are_complete() -> None:
    call_command("makemigrations", "notice", check=True, dry_run=True, verbosity=0)


class TestTheCheck:
    def test_finds_nothing_in_the_site_as_it_is(self) -> None:
        assert list(notice_is_complete(timezone.now())) == []

    def test_fails_if_a_cookie_is_not_named(self, settings: Settings) -> None:
        settings.STATISTICS_COOKIE_NAME = "zaehler"
        (finding,) = notice_is_complete(timezone.now())
        assert finding.level == Level.ALARM
        assert "zaehler" in str(finding.text)

    def test_fails_if_a_host_is_not_named(self, settings: Settings) -> None:
        policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
        settings.CONTENT_SECURITY_POLICY = {
            "DIRECTIVES": policy | {"font-src": ["'self'", "https://fonts.example.org"]}
        }
        (finding,) = notice_is_complete(timezone.now())
        assert "fonts.example.org" in str(finding.text)
        group = CookieGroup.objects.create(varname="external", name="Extern")
        ExternalHost.objects.create(group=group, host="fonts.example.org", provider="Schriften AG, Irland")
        offer.forget()
        assert list(notice_is_complete(timezone.now())) == []

    @pytest.mark.parametrize(
        ("header", "value"),
        [("Set-Cookie", "zaehler=1"), ("Content-Security-Policy", "img-src https://tracker.example.org")],
    )
    def test_stops_every_test_in_which_something_else_goes_out(self, header: str, value: str) -> None:
        def view(request: HttpRequest) -> HttpResponse:
            response = HttpResponse()
            if header == "Set-Cookie":
                response.set_cookie("zaehler", "1")
            else:
                response[header] = value
            return response

        with pytest.raises(AssertionError, match="the notice does not name"):
            NoticeGuardMiddleware(view)(RequestFactory().get("/"))
