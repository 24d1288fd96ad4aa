"""A sign-in from a browser that is not known is mailed; what makes a browser known says nothing of anybody."""

import time
from datetime import UTC, date, datetime, timedelta
from http.cookies import Morsel

import pyotp
import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from sitebackend import second_factor
from sitebackend.cockpit import browsers
from sitebackend.mail.models import OutgoingMail
from sitebackend.mail.services import deliver_due
from sitebackend.models import Act, Event, KnownBrowser, Operator
from sitebackend.privacy import registry
from sitebackend.privacy.registry import DataSubject
from tests.cockpit.conftest import PASSWORD, Desk

pytestmark = pytest.mark.django_db

SET_UP = "/admin/second-factor/"
NEW_PASSWORD = "quite another long password"


def cookie(desk: Desk) -> "Morsel[str] | None":
    return desk.cookies.get(settings.DEVICE_COOKIE_NAME)


def told() -> list[str]:
    """To whom a sign-in from an unknown browser is told, since last asked."""
    waiting = [row for row in OutgoingMail.objects.unsent() if row.facts.get("act") == Act.NEW_BROWSER]
    OutgoingMail.objects.filter(pk__in=[row.pk for row in waiting]).delete()
    return sorted(row.facts["recipient"] for row in waiting)


def test_the_very_first_sign_in_of_the_site_is_no_news(desk: Desk) -> None:
    assert told() == []
    assert KnownBrowser.objects.count() == 1


def test_the_same_browser_is_known_from_then_on(desk: Desk) -> None:
    desk.end_session()
    desk.sign_in()
    assert told() == []
    assert KnownBrowser.objects.count() == 1


def test_another_browser_is_told_once(desk: Desk) -> None:
    elsewhere = Desk()
    elsewhere.sign_in()
    assert told() == ["chef@example.de", "operator@example.de"]
    assert Event.objects.filter(act=Act.NEW_BROWSER).count() == 1
    elsewhere.end_session()
    elsewhere.sign_in()
    assert told() == []


def test_deleted_cookies_are_told_again(desk: Desk) -> None:
    desk.cookies.clear()
    desk.sign_in()
    assert len(told()) == 2


def test_another_account_at_a_known_browser_is_told_and_the_first_stays_known(desk: Desk, other: Operator) -> None:
    desk.end_session()
    desk.sign_in("other")
    assert told() == ["operator@example.de", "other@example.de"]
    for name in ("chef", "other"):
        desk.end_session()
        desk.sign_in(name)
    assert told() == []


def test_a_value_that_was_not_given_here_is_not_taken(desk: Desk) -> None:
    for value in ("planted", "", "x" * 4000, "ü"):
        elsewhere = Desk()
        elsewhere.cookies[settings.DEVICE_COOKIE_NAME] = value
        elsewhere.sign_in()
        assert cookie(elsewhere).value not in ("planted", "", "x" * 4000, "ü")
        assert len(told()) == 2


def test_a_wrong_password_makes_no_browser_known(chef: Operator) -> None:
    desk = Desk()
    desk.sign_in(password="guessed")
    assert cookie(desk) is None
    assert not KnownBrowser.objects.exists()


def test_the_password_without_the_factor_makes_no_browser_known(chef: Operator, settings: Settings) -> None:
    settings.ADMIN_SECOND_FACTOR = "required"
    desk = Desk()
    desk.sign_in()
    assert cookie(desk) is None
    assert not KnownBrowser.objects.exists()
    token = desk.token(SET_UP)
    device = TOTPDevice.objects.get()
    code = pyotp.TOTP(second_factor.secret_of(device).replace(" ", "")).at(int(time.time()))
    assert desk.post(SET_UP, {"code": code, "csrfmiddlewaretoken": token}).status_code == 200
    assert cookie(desk)
    assert told() == [], "it completes the site's first sign-in"


def test_the_cookie_is_closed_to_scripts_and_other_sites_and_lives_half_a_year(desk: Desk) -> None:
    morsel = cookie(desk)
    assert morsel
    assert (morsel["httponly"], morsel["secure"], morsel["samesite"], morsel["path"]) == (True, True, "Strict", "/")
    assert morsel["max-age"] == 180 * 24 * 60 * 60
    assert morsel.key == "__Host-admin-device"


def test_only_a_sign_in_gives_the_cookie(desk: Desk) -> None:
    del desk.cookies[settings.DEVICE_COOKIE_NAME]
    desk.get("/admin/")
    assert cookie(desk) is None


def test_the_row_holds_no_address_no_agent_and_not_the_value(desk: Desk) -> None:
    elsewhere = Desk()
    fields = {"username": "chef", "password": PASSWORD, "csrfmiddlewaretoken": elsewhere.token("/admin/login/")}
    elsewhere.post("/admin/login/", fields, headers={"user-agent": "Mosaic/0.9"}, REMOTE_ADDR="192.0.2.7")
    deliver_due(datetime.now(UTC))
    value = cookie(elsewhere).value
    with connection.cursor() as cursor:
        kept = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - names come from the schema
            kept.extend(cursor.fetchall())
    said = [message.subject + message.body for message in mail.outbox]
    assert said
    for trace in ("192.0.2", "Mosaic", value):
        assert trace not in repr(kept) + repr(said)


def test_a_browser_is_forgotten_half_a_year_after_the_last_sign_in(desk: Desk, clock: time_machine.Traveller) -> None:
    KnownBrowser.objects.update(last_seen_on=date(2025, 9, 3))
    assert browsers.sweep(datetime.now(UTC)) == 0
    cache.clear()
    clock.shift(timedelta(days=1))
    assert browsers.sweep(datetime.now(UTC)) == 1


def test_a_site_that_nobody_used_for_long_tells_of_the_next_sign_in(desk: Desk) -> None:
    desk.end_session()
    desk.sign_in()
    KnownBrowser.objects.all().delete()
    Desk().sign_in()
    assert len(told()) == 2


def test_a_new_password_forgets_all_browsers_but_the_one_at_which_it_was_set(desk: Desk) -> None:
    elsewhere = Desk()
    elsewhere.sign_in()
    told()
    form = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    form["csrfmiddlewaretoken"] = desk.token("/admin/password_change/")
    assert desk.post("/admin/password_change/", form).status_code == 302
    for one, tells in ((desk, 0), (elsewhere, 2)):
        one.end_session()
        assert one.sign_in(password=NEW_PASSWORD).status_code == 302
        assert len(told()) == tells


def test_browsers_go_with_their_account_and_stand_in_its_copy(desk: Desk, chef: Operator) -> None:
    (copy,) = registry.export(DataSubject(email="chef@example.de"))
    browser = KnownBrowser.objects.get()
    assert [f"{browser.first_seen_on} – {browser.last_seen_on}"] in copy.values.values()
    assert browser.digest not in str(copy.values)
    chef.delete()
    assert not KnownBrowser.objects.exists()


@pytest.mark.parametrize("path", ["/cookies/", "/en/cookies/"])
def test_the_list_of_cookies_names_it_with_its_lifetime(path: str, desk: Desk) -> None:
    text = Desk().get(path).content.decode()
    assert "__Host-admin-device" in text
    assert "180" in text
