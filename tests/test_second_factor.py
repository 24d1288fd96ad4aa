"""The door of the admin: password, code, lockout, set-up of the second factor."""

import io
import logging
import re

import pyotp
import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from sitebackend import second_factor
from sitebackend.log import PrivateFormatter
from sitebackend.models import Operator

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough password"
LOGIN = "/admin/login/"
SET_UP = "/admin/second-factor/"


@pytest.fixture
def operator() -> Operator:
    return Operator.objects.create_superuser("chef", "chef@example.de", PASSWORD)


@pytest.fixture
def device(operator: Operator) -> TOTPDevice:
    return TOTPDevice.objects.create(user=operator, name="TOTP", confirmed=True)


def code_of(device: TOTPDevice) -> str:
    return pyotp.TOTP(second_factor.secret_of(device).replace(" ", "")).now()


def log_in(client: Client, *, code: str = "", password: str = PASSWORD, address: str = "192.0.2.7") -> int:
    form = {"username": "chef", "password": password, "code": code, "next": "/admin/"}
    return client.post(LOGIN, form, REMOTE_ADDR=address, headers={"user-agent": "Mosaic/0.9"}).status_code


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


# --- optional


def test_without_a_device_the_password_is_enough_where_the_factor_is_optional(
    client: Client, operator: Operator
) -> None:
    assert log_in(client) == 302
    assert is_in(client)


def test_a_device_once_set_up_is_asked_for(client: Client, device: TOTPDevice) -> None:
    assert log_in(client) == 200
    assert not is_in(client)


def test_the_telephones_code_opens(client: Client, device: TOTPDevice) -> None:
    code = code_of(device)
    assert log_in(client, code=f"{code[:3]} {code[3:]}") == 302
    assert is_in(client)


def test_a_code_opens_once_only(client: Client, device: TOTPDevice) -> None:
    code = code_of(device)
    log_in(client, code=code)
    assert log_in(Client(), code=code) == 200


def test_a_recovery_code_opens_once_only(client: Client, device: TOTPDevice) -> None:
    codes = second_factor.renew_recovery_codes(operator=device.user)
    assert log_in(client, code=codes[3].upper()) == 302
    assert is_in(client)
    assert not StaticToken.objects.filter(token=codes[3]).exists()
    assert StaticToken.objects.count() == 9


def test_an_unconfirmed_device_opens_nothing(client: Client, device: TOTPDevice) -> None:
    pending = second_factor.pending_device(device.user)
    assert log_in(client, code=code_of(pending)) == 200


def test_every_failure_gets_the_same_answer(device: TOTPDevice) -> None:
    answers = set()
    for password, code in ((PASSWORD, ""), (PASSWORD, "000000"), ("wrong", ""), ("wrong", code_of(device))):
        form = {"username": "chef", "password": password, "code": code}
        page = Client().post(LOGIN, form).content.decode()
        answers.add(re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page))
        cache.clear()
    assert len(answers) == 1
    assert PASSWORD not in answers.pop()


def test_a_session_from_before_the_device_must_show_the_code(client: Client, operator: Operator) -> None:
    log_in(client)
    TOTPDevice.objects.create(user=operator, confirmed=True)
    assert not is_in(client)
    assert client.get(SET_UP).status_code == 302, "nor may it set up another device"
    assert client.get(SET_UP + "qr.svg").status_code == 302
    assert client.post(SET_UP + "codes/").status_code == 403
    assert TOTPDevice.objects.count() == 1


# --- required


def test_without_a_device_only_the_set_up_is_reached_where_the_factor_is_required(
    client: Client, operator: Operator, settings: Settings
) -> None:
    settings.ADMIN_SECOND_FACTOR = "required"
    log_in(client)
    for url in ("/admin/", reverse("admin:password_change"), reverse("admin:vault_overview"), "/admin/no-such-page/"):
        response = client.get(url, follow=True)
        assert response.redirect_chain[-1][0] == SET_UP, url
    assert client.get(SET_UP).status_code == 200


def test_the_set_up_is_closed_to_strangers(client: Client, operator: Operator, settings: Settings) -> None:
    for mode in ("required", "optional"):
        settings.ADMIN_SECOND_FACTOR = mode
        assert client.get(SET_UP).headers["Location"].startswith(LOGIN)
        assert client.get(SET_UP + "qr.svg").status_code == 302


def test_the_whole_set_up(client: Client, operator: Operator, settings: Settings) -> None:
    settings.ADMIN_SECOND_FACTOR = "required"
    log_in(client)
    page = client.get(SET_UP).content.decode()
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    picture = client.get(SET_UP + "qr.svg")
    assert picture.headers["Content-Type"] == "image/svg+xml"
    assert b"<svg" in picture.content
    shown = client.post(SET_UP, {"code": pyotp.TOTP(secret).now()}).content.decode()
    codes = re.findall(r"<code>([a-z2-7]{8})</code>", shown)
    assert len(codes) == 10
    assert is_in(client), "this session has shown the code"
    again = client.get(SET_UP).content.decode()
    assert secret not in again.replace(" ", "")
    assert not any(code in again for code in codes)
    assert log_in(Client(), code=codes[0]) == 302


def test_a_wrong_code_does_not_confirm(client: Client, operator: Operator, settings: Settings) -> None:
    settings.ADMIN_SECOND_FACTOR = "required"
    log_in(client)
    client.get(SET_UP)
    assert client.post(SET_UP, {"code": "000000"}).status_code == 422
    assert not TOTPDevice.objects.filter(confirmed=True).exists()
    assert not is_in(client)


def test_a_new_device_replaces_the_old_one_and_its_recovery_codes(client: Client, device: TOTPDevice) -> None:
    old_codes = second_factor.renew_recovery_codes(operator=device.user)
    log_in(client, code=code_of(device))
    client.get(SET_UP)
    pending = TOTPDevice.objects.get(confirmed=False)
    client.post(SET_UP, {"code": code_of(pending)})
    assert TOTPDevice.objects.get() == pending
    assert not StaticToken.objects.filter(token__in=old_codes).exists()
    assert is_in(client)


def test_new_recovery_codes_need_the_factor_and_void_the_old(client: Client, device: TOTPDevice) -> None:
    old = second_factor.renew_recovery_codes(operator=device.user)
    log_in(client, code=code_of(device))
    shown = client.post(SET_UP + "codes/").content.decode()
    assert len(re.findall(r"<code>([a-z2-7]{8})</code>", shown)) == 10
    assert not StaticToken.objects.filter(token__in=old).exists()


def test_somebody_without_the_factor_can_leave(client: Client, operator: Operator, settings: Settings) -> None:
    settings.ADMIN_SECOND_FACTOR = "required"
    log_in(client)
    client.post(reverse("admin:logout"))
    assert client.get(SET_UP).status_code == 302


def test_somebody_without_staff_status_stays_outside(client: Client, operator: Operator) -> None:
    operator.is_staff = False
    operator.save()
    client.force_login(operator)
    assert not is_in(client)
    assert client.get(SET_UP).status_code == 302


# --- lockout


def test_five_failures_lock_this_network_out_for_this_name(client: Client, operator: Operator) -> None:
    assert [log_in(client, password="wrong") for _ in range(5)] == [200, 200, 200, 200, 429]
    assert log_in(client) == 429


def test_wrong_codes_count_as_failures(client: Client, device: TOTPDevice) -> None:
    assert [log_in(client, code="000000") for _ in range(5)][-1] == 429


def test_the_operator_gets_in_from_another_network_during_the_lockout(client: Client, operator: Operator) -> None:
    for _ in range(8):
        log_in(client, password="wrong", address="198.51.100.9")
    assert log_in(Client(), address="198.51.100.77") == 429, "the attacker's own network"
    assert log_in(Client(), address="192.0.2.7") == 302


def test_the_lockout_ends_after_a_quarter_of_an_hour(client: Client, operator: Operator) -> None:
    with time_machine.travel("2026-03-02T08:00:00Z", tick=False) as clock:
        for _ in range(5):
            log_in(client, password="wrong")
        clock.shift(14 * 60)
        assert log_in(client) == 429
        clock.shift(16 * 60)
        assert log_in(client) == 302


def test_a_success_clears_the_count_of_failures(client: Client, operator: Operator) -> None:
    for _ in range(3):
        assert [log_in(client, password="wrong") for _ in range(4)] == [200] * 4
        assert log_in(client) == 302


def test_no_address_agent_or_code_is_stored_or_logged(client: Client, device: TOTPDevice) -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(PrivateFormatter())
    logging.getLogger().addHandler(handler)
    try:
        for _ in range(6):
            log_in(client, code="123987", password="geheimes wort")
        cache.clear()
        log_in(client, code=code_of(device))
    finally:
        logging.getLogger().removeHandler(handler)
    kept = written.getvalue() + dump_of_database() + repr(getattr(cache, "_cache", {}))
    for trace in ("192.0.2", "Mosaic", "123987", "geheimes wort"):
        assert trace not in kept, trace


def dump_of_database() -> str:
    rows = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - names come from the schema
            rows.extend(cursor.fetchall())
    return repr(rows)


# --- the page


def test_the_form_is_one_plain_german_step(client: Client, operator: Operator) -> None:
    page = client.get(LOGIN).content.decode()
    assert 'name="code"' in page
    assert 'autocomplete="one-time-code"' in page
    assert "<select" not in page
    assert "otp_device" not in page


def test_nothing_in_the_admin_may_be_stored_by_a_browser(client: Client, operator: Operator) -> None:
    anonymous = [client.get(LOGIN), client.get("/admin/")]
    log_in(client)
    urls = ["/admin/", SET_UP, SET_UP + "qr.svg", reverse("admin:password_change"), reverse("admin:vault_overview")]
    for response in [*anonymous, *(client.get(url) for url in urls)]:
        assert "no-store" in response.headers["Cache-Control"], response.request["PATH_INFO"]


def test_admin_cookies_are_closed_to_scripts_and_other_sites(client: Client, operator: Operator) -> None:
    log_in(client)
    client.get(LOGIN)
    assert set(client.cookies) == {"__Host-admin-session", "__Host-admin-csrf", "__Host-admin-device"}
    for cookie in client.cookies.values():
        assert (cookie["secure"], cookie["httponly"], cookie["path"]) == (True, True, "/")
