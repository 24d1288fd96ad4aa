"""What matters is done with a fresh proof only, and told by mail; an open session alone does none of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
import time_machine
from django.core import mail
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from sitebackend import second_factor
from sitebackend.cockpit import notices
from sitebackend.mail.models import OutgoingMail
from sitebackend.mail.services import deliver_due
from sitebackend.models import Act, Event, Operator, SiteSettings
from sitebackend.vault.models import Vault
from tests.cockpit.conftest import PASSWORD, Desk, hidden, paper, proved
from tests.contact.mailserver import free_port, point_to, use_backend

pytestmark = pytest.mark.django_db

ADD_OPERATOR = "/admin/sitebackend/operator/add/"
SET_UP = "/admin/second-factor/"
NEW_PASSWORD = "quite another long password"


def asks(response: HttpResponse) -> bool:
    text = response.content.decode()
    return response.status_code in (403, 422, 429) and "sign-in-password" in text and "sign-in-username" not in text


def acts() -> list[str]:
    return sorted(
        Event.objects.exclude(act__in=[Act.LOGGED_IN, Act.LOGGED_OUT, Act.LOGIN_REFUSED]).values_list("act", flat=True)
    )


def told() -> list[tuple[str, str]]:
    """Send what waits: recipient and act's words, in order."""
    before = len(mail.outbox)
    deliver_due(datetime.now(UTC))
    return sorted((message.to[0], message.subject) for message in mail.outbox[before:])


@pytest.fixture
def later(desk: Desk, clock: time_machine.Traveller) -> time_machine.Traveller:
    """Ten minutes after the desk's last proof."""
    desk.sign_in()
    clock.shift(timedelta(minutes=10))
    return clock


@pytest.fixture
def settings_row(db: None) -> dict[str, str]:
    SiteSettings.objects.create(
        business_name="Netz", owner="Jule", street="Am Deich 3", postal_code="26721", city="Emden", email="h@example.de"
    )
    return {
        "business_name": "Netz & Gerät", "owner": "Jule", "street": "Am Deich 3", "postal_code": "26721",
        "city": "Emden", "country": "Deutschland", "email": "h@example.de", "brand_colour": "#0e5a60",
        "accent_colour": "#b3501b",
    }  # fmt: skip


# --- how long a proof lasts


def test_ten_minutes_after_the_login_a_deed_asks_for_the_password(desk: Desk, clock: time_machine.Traveller) -> None:
    desk.sign_in()
    form = {"csrfmiddlewaretoken": desk.token(ADD_OPERATOR)}
    clock.shift(timedelta(minutes=9, seconds=59))
    assert desk.post(ADD_OPERATOR, form).status_code == 200, "the form itself, with its errors"
    clock.shift(1)
    assert asks(desk.post(ADD_OPERATOR, form))


def test_a_clock_that_went_back_ends_the_proof(desk: Desk, clock: time_machine.Traveller) -> None:
    desk.sign_in()
    form = {"csrfmiddlewaretoken": desk.token(ADD_OPERATOR)}
    clock.shift(-timedelta(minutes=1))
    assert asks(desk.post(ADD_OPERATOR, form))


def test_a_session_from_before_this_rule_must_prove_it(desk: Desk) -> None:
    session = desk.session
    del session["proved_at"]
    session.save()
    assert asks(desk.post(ADD_OPERATOR, {"csrfmiddlewaretoken": desk.token(ADD_OPERATOR)}))


def test_one_proof_is_enough_for_the_next_ten_minutes(desk: Desk, later: time_machine.Traveller) -> None:
    form = {"csrfmiddlewaretoken": desk.token(ADD_OPERATOR)}
    page = desk.post(ADD_OPERATOR, form)
    assert desk.post(ADD_OPERATOR, proved(page, password=PASSWORD)).status_code == 200
    later.shift(timedelta(minutes=9))
    assert desk.post(ADD_OPERATOR, form).status_code == 200


def test_what_is_no_such_deed_asks_for_nothing(desk: Desk, later: time_machine.Traveller) -> None:
    where = "/admin/customers/customer/add/"
    assert desk.post(where, {"csrfmiddlewaretoken": desk.token(where)}).status_code == 422


def test_reading_asks_for_nothing(desk: Desk, later: time_machine.Traveller) -> None:
    assert desk.get(ADD_OPERATOR).status_code == 200


# --- what counts as one


def test_the_password_of_another_account_is_no_proof(
    desk: Desk, later: time_machine.Traveller, other: Operator
) -> None:
    Operator.objects.filter(username="other").update(password=_hash(NEW_PASSWORD))
    page = desk.post(ADD_OPERATOR, {"csrfmiddlewaretoken": desk.token(ADD_OPERATOR)})
    assert asks(desk.post(ADD_OPERATOR, proved(page, username="other", password=NEW_PASSWORD)))


def test_with_a_second_factor_the_password_alone_is_no_proof(desk: Desk, later: time_machine.Traveller) -> None:
    desk, device = _with_factor()
    later.shift(timedelta(minutes=10))
    page = desk.post(ADD_OPERATOR, {"csrfmiddlewaretoken": desk.token(ADD_OPERATOR)})
    assert "sign-in-code" in page.content.decode()
    for code in ("", "000000"):
        page = desk.post(ADD_OPERATOR, proved(page, password=PASSWORD, code=code))
        assert asks(page)
        later.shift(timedelta(minutes=1))  # the device's own pause after a wrong code
    assert desk.post(ADD_OPERATOR, proved(page, password=PASSWORD, code=_code(device))).status_code == 200


def test_the_vaults_passphrase_is_no_proof(desk: Desk, later: time_machine.Traveller, vault: str) -> None:
    unlock = reverse("admin:vault_unlock")
    assert desk.post(unlock, {"passphrase": vault, "csrfmiddlewaretoken": desk.token(unlock)}).status_code == 302
    assert asks(desk.post(ADD_OPERATOR, {"csrfmiddlewaretoken": desk.token(ADD_OPERATOR)}))


def test_guessing_at_the_proof_locks_out_like_the_login(desk: Desk, later: time_machine.Traveller) -> None:
    page = desk.post(ADD_OPERATOR, {"csrfmiddlewaretoken": desk.token(ADD_OPERATOR), "username": "erika"})
    for _guess in range(5):
        page = desk.post(ADD_OPERATOR, proved(page, password="guessed"))
    assert page.status_code == 429
    assert hidden(page)["username"] == "erika"
    assert desk.post(ADD_OPERATOR, proved(page, password=PASSWORD)).status_code == 429
    assert Client().post("/admin/login/", {"username": "chef", "password": PASSWORD}).status_code == 429


# --- the deeds, each without a fresh proof


DEEDS = [
    ADD_OPERATOR,
    "/admin/sitebackend/operator/{pk}/change/",
    "/admin/sitebackend/operator/{pk}/password/",
    "/admin/sitebackend/operator/{pk}/delete/",
    "/admin/sitebackend/operator/",
    "/admin/sitebackend/sitesettings/1/change/",
    "/admin/password_change/",
    SET_UP,
    SET_UP + "codes/",
    "/admin/contact/submission/key/",
    "/admin/contact/submission/reading/",
    "/admin/contact/submission/{pk}/delete-by-hand/",
    "/admin/privacy/datasubjectrequest/{pk}/step/erase/",
    "/admin/customers/customer/{pk}/withdraw/technical/",
    "/admin/vault/passphrase/",
    "/admin/vault/recovery-key/",
    "/admin/vault/recover/",
    "/admin/vault/rotate/",
    "/admin/vault/messages/set-up/",
    "/admin/vault/messages/passphrase/",
    "/admin/vault/messages/rotate/",
    "/admin/vault/messages/take-away/",
]


@pytest.mark.parametrize("where", DEEDS)
def test_it_asks_first_and_changes_nothing(
    where: str, desk: Desk, later: time_machine.Traveller, chef: Operator, other: Operator, vault: str
) -> None:
    before = (list(Operator.objects.order_by("pk").values()), list(Vault.objects.values()), acts())
    form = {"csrfmiddlewaretoken": desk.token("/admin/vault/unlock/"), "code": "123456", "passphrase": vault}
    assert asks(desk.post(where.format(pk=other.pk), form)), where
    assert (list(Operator.objects.order_by("pk").values()), list(Vault.objects.values()), acts()) == before


def test_the_other_steps_of_a_request_ask_for_nothing(desk: Desk, later: time_machine.Traveller) -> None:
    where = "/admin/privacy/datasubjectrequest/00000000-0000-4000-8000-000000000000/step/pause/"
    assert desk.post(where, {"csrfmiddlewaretoken": desk.token(ADD_OPERATOR)}).status_code == 404


# --- what is told


def done(desk: Desk, where: str, fields: dict[str, Any]) -> HttpResponse:
    """Do it, with the proof that it asks for."""
    page = desk.post(where, fields | {"csrfmiddlewaretoken": desk.token(ADD_OPERATOR)})
    assert asks(page)
    return desk.post(where, proved(page, password=PASSWORD))


def account_form(account: Operator, **changed: Any) -> dict[str, Any]:
    fields = {"username": account.username, "email": account.email, "first_name": "", "last_name": ""}
    wanted = fields | {"role": "Betrieb", "is_active": "on"} | changed
    return {name: value for name, value in wanted.items() if value is not None}


def test_a_new_account_is_told(desk: Desk, later: time_machine.Traveller) -> None:
    form = {"username": "erika", "email": "erika@example.de", "role": "Büro", "usable_password": "true"}
    form |= {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert done(desk, ADD_OPERATOR, form).status_code == 302
    assert acts() == [Act.ACCOUNT_MADE]
    recipients = [recipient for recipient, _subject in told()]
    assert recipients == ["chef@example.de", "erika@example.de", "operator@example.de"]
    assert all("erika" in message.body and "chef" in message.body for message in mail.outbox)
    assert NEW_PASSWORD not in str([message.body for message in mail.outbox])


def test_a_new_address_is_told_at_the_old_and_the_new(
    desk: Desk, later: time_machine.Traveller, other: Operator
) -> None:
    where = f"/admin/sitebackend/operator/{other.pk}/change/"
    assert done(desk, where, account_form(other, email="new@example.de")).status_code == 302
    assert acts() == [Act.ADDRESS_SET]
    recipients = [recipient for recipient, _subject in told()]
    assert recipients == ["chef@example.de", "new@example.de", "operator@example.de", "other@example.de"]


@pytest.mark.parametrize(
    ("changed", "act"),
    [
        ({"is_active": None}, Act.SWITCHED_OFF),
        ({"role": "Büro"}, Act.RIGHTS_SET),
    ],
)
def test_rights_and_switches_are_told(
    desk: Desk, later: time_machine.Traveller, other: Operator, changed: dict[str, Any], act: Act
) -> None:
    where = f"/admin/sitebackend/operator/{other.pk}/change/"
    assert done(desk, where, account_form(other, **changed)).status_code == 302
    assert acts() == [act]
    assert "other@example.de" in [recipient for recipient, _subject in told()]


def test_ones_own_role_given_away_is_told(
    desk: Desk, later: time_machine.Traveller, chef: Operator, other: Operator
) -> None:
    form = account_form(chef, role="Büro")
    assert done(desk, f"/admin/sitebackend/operator/{chef.pk}/change/", form).status_code == 302
    assert acts() == [Act.RIGHTS_SET]
    assert desk.get(ADD_OPERATOR).status_code == 302, "logged out by it"


def test_switching_on_is_told(desk: Desk, later: time_machine.Traveller, other: Operator) -> None:
    Operator.objects.filter(pk=other.pk).update(is_active=False)
    where = f"/admin/sitebackend/operator/{other.pk}/change/"
    assert done(desk, where, account_form(other)).status_code == 302
    assert acts() == [Act.SWITCHED_ON]


def test_a_saved_account_without_a_change_is_no_news(
    desk: Desk, later: time_machine.Traveller, other: Operator
) -> None:
    where = f"/admin/sitebackend/operator/{other.pk}/change/"
    assert done(desk, where, account_form(other, first_name="Erika")).status_code == 302
    assert (acts(), told()) == ([], [])


def test_another_accounts_new_password_is_told(desk: Desk, later: time_machine.Traveller, other: Operator) -> None:
    where = f"/admin/sitebackend/operator/{other.pk}/password/"
    form = {"usable_password": "true", "set-password": "1", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert done(desk, where, form).status_code == 302
    assert acts() == [Act.PASSWORD_SET]
    assert "other@example.de" in [recipient for recipient, _subject in told()]


def test_ones_own_new_password_is_told_and_refused_ones_are_not(desk: Desk, later: time_machine.Traveller) -> None:
    where = "/admin/password_change/"
    form = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": "x"}
    assert done(desk, where, form).status_code == 200
    assert acts() == []
    form |= {"new_password2": NEW_PASSWORD, "csrfmiddlewaretoken": desk.token(ADD_OPERATOR)}
    assert desk.post(where, form).status_code == 302
    assert acts() == [Act.PASSWORD_SET]
    assert [recipient for recipient, _subject in told()] == ["chef@example.de", "operator@example.de"]
    assert desk.get(ADD_OPERATOR).status_code == 200


def test_the_second_factor_and_new_codes_are_told(desk: Desk, later: time_machine.Traveller, chef: Operator) -> None:
    page = desk.get(SET_UP)
    device = TOTPDevice.objects.get(user=chef)
    answer = done(desk, SET_UP, {"code": _code(device)})
    assert (page.status_code, answer.status_code) == (200, 200)
    assert acts() == [Act.FACTOR_SET]
    secret = second_factor.secret_of(device).replace(" ", "")
    desk.post(SET_UP + "codes/", {"csrfmiddlewaretoken": desk.token(ADD_OPERATOR)})
    assert acts() == [Act.CODES_RENEWED, Act.FACTOR_SET]
    told()
    bodies = " ".join(message.body for message in mail.outbox)
    codes = [token.token for one in chef.staticdevice_set.all() for token in one.token_set.all()]
    assert len(codes) == 10
    assert not any(word in bodies for word in [secret, PASSWORD, *codes])


def test_settings_written_in_the_browser_are_told(
    desk: Desk, later: time_machine.Traveller, settings_row: dict[str, str]
) -> None:
    assert done(desk, "/admin/sitebackend/sitesettings/1/change/", settings_row).status_code == 302
    assert SiteSettings.current().business_name == "Netz & Gerät"
    assert acts() == [Act.SETTINGS_SET]


def test_a_new_operator_key_is_told(
    desk: Desk, later: time_machine.Traveller, operator_key: Path, key_pair: tuple[bytes, bytes]
) -> None:
    where = "/admin/contact/submission/key/"
    file = {"file": paper(key_pair[0], "key.asc")}
    page = desk.post(where, file | {"csrfmiddlewaretoken": desk.token(ADD_OPERATOR)})
    assert asks(page)
    file = {"file": paper(key_pair[0], "key.asc")}
    assert desk.post(where, proved(page, password=PASSWORD) | file).status_code == 302
    assert acts() == [Act.KEY_REPLACED]
    assert len(told()) == 2


# --- how it is told


def test_a_mail_waits_for_the_server_and_is_sent_once(
    chef: Operator, settings: Settings, clock: time_machine.Traveller
) -> None:
    notices.tell(Act.ERASED, by=chef)
    point_to(settings, free_port())
    assert deliver_due(datetime.now(UTC)) == 0, "nobody listens there"
    use_backend(settings, "django.core.mail.backends.locmem.EmailBackend")
    clock.shift(timedelta(minutes=5))
    assert deliver_due(datetime.now(UTC)) == 2
    assert deliver_due(datetime.now(UTC)) == 0
    assert not OutgoingMail.objects.sealed().exists()


def test_one_address_gets_one_mail_however_it_is_spelt(chef: Operator) -> None:
    notices.tell(Act.ERASED, by=chef, account=chef, addresses=["Chef@Example.de", "OPERATOR@example.de", ""])
    assert sorted(row.facts["recipient"] for row in OutgoingMail.objects.all()) == [
        "chef@example.de", "operator@example.de",
    ]  # fmt: skip


def test_what_is_undone_is_not_told(desk: Desk, later: time_machine.Traveller, other: Operator) -> None:
    where = f"/admin/sitebackend/operator/{other.pk}/change/"
    assert done(desk, where, account_form(other, email="no address")).status_code == 200
    assert (acts(), told()) == ([], [])


def _hash(password: str) -> str:
    account = Operator()
    account.set_password(password)
    return account.password


def _code(device: TOTPDevice) -> str:
    totp = pyotp.TOTP(second_factor.secret_of(device).replace(" ", ""))
    return totp.at(datetime.now(UTC))


def _with_factor() -> tuple[Desk, TOTPDevice]:
    """Signed in with password and code."""
    device = TOTPDevice.objects.create(user=Operator.objects.get(username="chef"), confirmed=True)
    desk = Desk()
    assert desk.sign_in(code=_code(device)).status_code == 302
    return desk, device
