"""The vault in the admin: header, set-up, opening, locking, looking after."""

import re

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from sitebackend.cockpit import pages
from sitebackend.crypto import sealing
from sitebackend.models import Operator
from sitebackend.vault.errors import VaultKeyChanged
from sitebackend.vault.middleware import VaultRefusalMiddleware
from sitebackend.vault.models import KeySlot, UnlockSession, Vault, VaultEvent
from tests.vault.conftest import PASSPHRASE

pytestmark = pytest.mark.django_db

NEW = "sechs andere wörter an einer wand"
COOKIE = "__Host-vault"


@pytest.fixture
def admin_client(operator: Operator) -> Client:
    client = Client()
    client.force_login(operator)
    return client


@pytest.fixture
def open_client(admin_client: Client, recovery_key: str) -> Client:
    unlock(admin_client)
    return admin_client


def unlock(client: Client, passphrase: str = PASSPHRASE, following: str = "/admin/") -> object:
    return client.post(reverse("admin:vault_unlock"), {"passphrase": passphrase, "next": following})


def header(client: Client) -> str:
    page = client.get("/admin/").content.decode()
    return re.search(r'<div class="vault-chip.*?</div>', page, re.DOTALL)[0]


def is_open(client: Client) -> bool:
    return "is-open" in header(client)


def shown_key(page: str) -> str:
    return "-".join(re.findall(r"<li><code>([0-9A-Z]{5})</code></li>", page))


# --- the door


def test_no_page_of_the_vault_is_reached_without_logging_in(recovery_key: str, client: Client) -> None:
    names = [name for _route, _page, name in pages.hung() if name.startswith("vault_")]
    assert len(names) > 8
    for name in names:
        answer = client.get(reverse(f"admin:{name}"))
        assert answer.status_code == 302, name
        assert answer.headers["Location"].startswith("/admin/login/"), name
        answer = client.post(reverse(f"admin:{name}"))
        assert answer.status_code == 403, name
        assert "sign-in-password" in answer.content.decode(), name


def test_the_right_passphrase_without_the_second_factor_does_not_open(
    admin_client: Client, operator: Operator, recovery_key: str
) -> None:
    TOTPDevice.objects.create(user=operator, confirmed=True)
    assert unlock(admin_client).status_code == 403
    assert not UnlockSession.objects.exists()


def test_an_open_vault_closes_when_a_second_factor_is_set_up_elsewhere(open_client: Client, operator: Operator) -> None:
    TOTPDevice.objects.create(user=operator, confirmed=True)
    assert open_client.get("/admin/").status_code == 302


# --- set-up


def test_the_set_up_shows_the_recovery_key_once_and_asks_it_back(admin_client: Client) -> None:
    assert admin_client.get(reverse("admin:vault_overview")).headers["Location"] == reverse("admin:vault_set_up")
    assert reverse("admin:vault_set_up") in header(admin_client)
    page = admin_client.post(
        reverse("admin:vault_set_up"), {"new": PASSPHRASE, "repeated": PASSPHRASE}
    ).content.decode()
    key = shown_key(page)
    assert len(key) == 71
    assert KeySlot.objects.pending().exists()
    overview = admin_client.get(reverse("admin:vault_overview")).content.decode()
    assert reverse("admin:vault_confirm_recovery_key") in overview
    assert key not in overview
    done = admin_client.post(reverse("admin:vault_confirm_recovery_key"), {"recovery_key": key.lower()})
    assert done.status_code == 302
    assert not KeySlot.objects.pending().exists()


def test_a_passphrase_typed_differently_the_second_time_makes_no_vault(admin_client: Client) -> None:
    answer = admin_client.post(reverse("admin:vault_set_up"), {"new": PASSPHRASE, "repeated": PASSPHRASE + "x"})
    assert answer.status_code == 422
    assert PASSPHRASE not in answer.content.decode()
    assert not Vault.objects.exists()


def test_a_short_passphrase_is_refused_with_the_least_length(admin_client: Client) -> None:
    answer = admin_client.post(reverse("admin:vault_set_up"), {"new": "kurz", "repeated": "kurz"})
    assert answer.status_code == 422
    assert "12" in answer.content.decode()


def test_a_second_set_up_is_refused(admin_client: Client, recovery_key: str) -> None:
    answer = admin_client.post(reverse("admin:vault_set_up"), {"new": NEW, "repeated": NEW})
    assert answer.status_code == 422
    assert Vault.objects.count() == 1


def test_one_mistyped_sign_of_the_recovery_key_is_named_by_its_place(admin_client: Client, recovery_key: str) -> None:
    wrong = ("0" if recovery_key[8] != "0" else "1").join([recovery_key[:8], recovery_key[9:]])
    answer = admin_client.post(reverse("admin:vault_confirm_recovery_key"), {"recovery_key": wrong})
    assert answer.status_code == 422
    assert "Gruppe 2, Zeichen 3" in answer.content.decode()
    assert KeySlot.objects.pending().exists()


# --- open and lock


def test_the_header_says_locked_and_leads_to_the_passphrase_and_back(admin_client: Client, recovery_key: str) -> None:
    assert f"{reverse('admin:vault_unlock')}?next=/admin/" in header(admin_client)
    assert unlock(admin_client, following="/admin/vault/vaultevent/").headers["Location"] == "/admin/vault/vaultevent/"
    assert is_open(admin_client)


def test_the_cookie_is_closed_to_scripts_other_sites_and_plain_http(open_client: Client) -> None:
    cookie = open_client.cookies[COOKIE]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Strict")
    assert (cookie["path"], cookie["domain"]) == ("/", "")


def test_the_next_page_is_never_another_site(admin_client: Client, recovery_key: str) -> None:
    for foreign in ("https://evil.example/admin/", "//evil.example/admin/", "/kontakt/", "javascript:alert(1)", ""):
        assert unlock(admin_client, following=foreign).headers["Location"] == reverse("admin:vault_overview")


def test_a_wrong_passphrase_is_not_sent_back(admin_client: Client, recovery_key: str) -> None:
    answer = unlock(admin_client, "a wrong passphrase")
    assert answer.status_code == 422
    assert "a wrong passphrase" not in answer.content.decode()
    assert COOKIE not in admin_client.cookies


def test_after_five_tries_the_time_of_the_next_is_told(admin_client: Client, recovery_key: str) -> None:
    for _ in range(5):
        unlock(admin_client, "wrong")
    answer = unlock(admin_client)
    assert answer.status_code == 422
    assert "Zu viele Versuche" in answer.content.decode()


def test_locking_takes_one_click_and_needs_no_passphrase(open_client: Client) -> None:
    token = open_client.cookies[COOKIE].value
    answer = open_client.post(reverse("admin:vault_lock"), {"next": "/admin/"})
    assert answer.headers["Location"] == "/admin/"
    assert answer.cookies[COOKIE]["max-age"] == 0
    open_client.cookies[COOKIE] = token
    assert not is_open(open_client)


def test_locking_by_following_a_link_is_impossible(open_client: Client) -> None:
    assert open_client.get(reverse("admin:vault_lock")).status_code == 405
    assert is_open(open_client)


def test_logging_out_locks(open_client: Client) -> None:
    open_client.post(reverse("admin:logout"))
    assert not UnlockSession.objects.exists()


def test_changing_the_password_locks(open_client: Client) -> None:
    form = {"old_password": "a long enough password", "new_password1": NEW, "new_password2": NEW}
    assert open_client.post(reverse("admin:password_change"), form).status_code == 302
    assert not is_open(open_client)


def test_a_swapped_public_key_is_told_in_the_header(open_client: Client) -> None:
    Vault.objects.update(public_key=sealing.new_key_pair()[0])
    assert "is-changed" in header(open_client)


def test_a_page_that_needs_the_vault_says_why_it_cannot_have_it(open_client: Client) -> None:
    search = reverse("admin:customers_customer_record_search")
    assert open_client.get(search).status_code == 200
    Vault.objects.update(public_key=sealing.new_key_pair()[0])
    answer = open_client.get(search)
    assert answer.status_code == 409
    assert "VAULT_FINGERPRINT" in answer.content.decode()
    assert open_client.get(reverse("admin:customers_customer_changelist")).status_code == 200


def test_other_failures_and_visitors_pages_are_left_to_django(open_client: Client) -> None:
    middleware = VaultRefusalMiddleware(lambda request: HttpResponse())
    assert middleware.process_exception(RequestFactory().get("/admin/"), ValueError()) is None
    assert middleware.process_exception(RequestFactory().get("/kontakt/"), VaultKeyChanged()) is None


# --- looking after


def test_the_overview_tells_whether_the_fingerprint_is_pinned(open_client: Client, settings: Settings) -> None:
    fingerprint = sealing.fingerprint(bytes(Vault.objects.get().public_key))
    page = open_client.get(reverse("admin:vault_overview")).content.decode()
    assert fingerprint in page
    settings.VAULT_FINGERPRINT = fingerprint
    assert open_client.get(reverse("admin:vault_overview")).content.decode() != page


def test_a_changed_passphrase_opens_and_the_old_one_does_not(open_client: Client) -> None:
    form = {"passphrase": PASSPHRASE, "new": NEW, "repeated": NEW}
    assert open_client.post(reverse("admin:vault_passphrase"), form).status_code == 302
    assert not is_open(open_client)
    assert unlock(open_client).status_code == 422
    assert unlock(open_client, NEW).status_code == 302


def test_the_recovery_key_sets_a_new_passphrase(admin_client: Client, recovery_key: str) -> None:
    form = {"recovery_key": recovery_key, "new": NEW, "repeated": NEW}
    assert admin_client.post(reverse("admin:vault_recover"), form).status_code == 302
    assert unlock(admin_client, NEW).status_code == 302


def test_with_both_lost_it_is_told_plainly(admin_client: Client, recovery_key: str) -> None:
    assert "niemand" in admin_client.get(reverse("admin:vault_recover")).content.decode()


def test_rotating_shows_a_new_recovery_key_and_keeps_the_passphrase(open_client: Client, recovery_key: str) -> None:
    page = open_client.post(reverse("admin:vault_rotate"), {"passphrase": PASSPHRASE}).content.decode()
    assert len(shown_key(page)) == 71
    assert shown_key(page) != recovery_key
    assert not is_open(open_client)
    assert unlock(open_client).status_code == 302


def test_the_log_is_read_only(open_client: Client) -> None:
    event = VaultEvent.objects.first()
    assert open_client.get(reverse("admin:vault_vaultevent_changelist")).status_code == 200
    assert open_client.get(reverse("admin:vault_vaultevent_add")).status_code == 403
    assert (
        open_client.post(reverse("admin:vault_vaultevent_delete", args=[event.pk]), {"post": "yes"}).status_code == 403
    )
    assert VaultEvent.objects.filter(pk=event.pk).exists()
