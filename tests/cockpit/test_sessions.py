"""An account that is switched off, or may do less or other, is out at once, in every browser."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from sitebackend.cockpit.roles import Role, give_role
from sitebackend.models import Operator
from sitebackend.vault import services
from sitebackend.vault.models import UnlockSession

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough password"
PASSPHRASE = "fünf würfel wörter über allem"
OUT = "/admin/login/"


@pytest.fixture
def chief(db: None) -> Operator:
    return Operator.objects.create_superuser("chefin", "chefin@example.de", PASSWORD)


@pytest.fixture
def colleague(db: None) -> Operator:
    account = Operator.objects.create_user("kollege", "kollege@example.de", PASSWORD)
    give_role(account, Role.OPERATIONS)
    return Operator.objects.get(pk=account.pk)


@pytest.fixture
def two_browsers(colleague: Operator, chief: Operator) -> list[Client]:
    """Of the colleague, each logged in with the vault open."""
    services.set_up(passphrase=PASSPHRASE)
    browsers = [Client(), Client()]
    for browser in browsers:
        browser.force_login(colleague)
        assert browser.post(reverse("admin:vault_unlock"), {"passphrase": PASSPHRASE}).status_code == 302
    assert Session.objects.count() == UnlockSession.objects.count() == 2
    return browsers


def is_in(browser: Client) -> bool:
    return browser.get("/admin/").status_code == 200


def of(name: str = "kollege") -> Operator:
    return Operator.objects.get(username=name)


def save(**changes: Any) -> None:
    account = of()
    for name, value in changes.items():
        setattr(account, name, value)
    account.save()


def one_field(**changes: Any) -> None:
    account = of()
    for name, value in changes.items():
        setattr(account, name, value)
    account.save(update_fields=list(changes))


def new_password() -> None:
    account = of()
    account.set_password("quite another password")
    account.save()


WAYS: dict[str, Callable[[], object]] = {
    "switched off": lambda: save(is_active=False),
    "switched off, one field saved": lambda: one_field(is_active=False),
    "staff taken": lambda: save(is_staff=False),
    "password": new_password,
    "role taken": lambda: of().groups.clear(),
    "role removed": lambda: of().groups.remove(Group.objects.get(name="Betrieb")),
    "role changed": lambda: give_role(of(), Role.OFFICE),
    "another role beside it": lambda: of().groups.add(Group.objects.get(name="Büro")),
    "role taken from its own side": lambda: Group.objects.get(name="Betrieb").user_set.clear(),
    "member removed from the role": lambda: Group.objects.get(name="Betrieb").user_set.remove(of()),
    "deleted": lambda: of().delete(),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_session_is_gone_and_with_it_what_was_open(two_browsers: list[Client], way: str) -> None:
    WAYS[way]()
    assert Session.objects.count() == 0
    assert UnlockSession.objects.count() == 0
    assert not any(is_in(browser) for browser in two_browsers)


BY_PASSING_THE_MODELS: dict[str, Callable[[], object]] = {
    "switched off": lambda: Operator.objects.filter(username="kollege").update(is_active=False),
    "staff taken": lambda: Operator.objects.filter(username="kollege").update(is_staff=False),
    "password": lambda: Operator.objects.filter(username="kollege").update(password="!x"),
    "role deleted": lambda: Group.objects.get(name="Betrieb").delete(),
    "rows of the role": lambda: Operator.groups.through.objects.all().delete(),
}


@pytest.mark.parametrize("way", BY_PASSING_THE_MODELS)
def test_what_passes_by_the_models_is_found_at_the_next_use(two_browsers: list[Client], way: str) -> None:
    BY_PASSING_THE_MODELS[way]()
    assert not any(is_in(browser) for browser in two_browsers)
    assert Session.objects.count() == 0


def test_switched_on_again_nobody_is_back_in_the_old_session(two_browsers: list[Client]) -> None:
    Operator.objects.filter(username="kollege").update(is_active=False)
    assert not is_in(two_browsers[0])
    Operator.objects.filter(username="kollege").update(is_active=True)
    assert not any(is_in(browser) for browser in two_browsers)
    assert not UnlockSession.objects.exists()


def test_others_stay_in(two_browsers: list[Client], chief: Operator) -> None:
    others = Client()
    others.force_login(chief)
    save(is_active=False)
    assert is_in(others)


@pytest.mark.parametrize(
    "change",
    [
        lambda: save(first_name="Jürgen"),
        lambda: of().save(update_fields=["last_login"]),
        lambda: of().groups.add(Group.objects.get(name="Betrieb")),
        lambda: give_role(of(), Role.OPERATIONS),
        lambda: save(is_superuser=True),
    ],
)
def test_what_changes_no_right_ends_nothing(two_browsers: list[Client], change: Callable[[], object]) -> None:
    change()
    assert all(is_in(browser) for browser in two_browsers)
    assert UnlockSession.objects.count() == 2


def test_in_the_admins_form_one_tick_less_throws_out_both_browsers(two_browsers: list[Client], chief: Operator) -> None:
    office = Client()
    office.force_login(chief)
    page = reverse("admin:sitebackend_operator_change", args=[of().pk])
    form = {"username": "kollege", "email": "kollege@example.de", "role": "Betrieb"}
    assert office.post(page, form).status_code == 302
    assert not of().is_active
    assert not any(is_in(browser) for browser in two_browsers)
    assert Session.objects.count() == 1
    assert is_in(office)


def test_the_own_password_is_changed_and_only_this_browser_stays_in(two_browsers: list[Client]) -> None:
    here, elsewhere = two_browsers
    new = "quite another password"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert here.post(reverse("admin:password_change"), form).status_code == 302
    assert is_in(here)
    assert not is_in(elsewhere)
    assert not UnlockSession.objects.exists()


def test_who_takes_a_right_from_the_own_account_is_sent_to_the_login(chief: Operator) -> None:
    browser = Client()
    browser.force_login(chief)
    page = reverse("admin:sitebackend_operator_change", args=[chief.pk])
    form = {"username": "chefin", "email": "chefin@example.de", "is_active": "on", "role": "Redaktion"}
    give_role(Operator.objects.create_user("vertretung"), Role.OPERATIONS)
    answer = browser.post(page, form)
    assert answer.status_code == 302
    assert browser.get(answer.headers["Location"]).headers["Location"].startswith(OUT)


def test_a_superuser_who_gets_the_same_role_stays_in(chief: Operator) -> None:
    browser = Client()
    browser.force_login(chief)
    page = reverse("admin:sitebackend_operator_change", args=[chief.pk])
    form = {"username": "chefin", "email": "neu@example.de", "is_active": "on", "role": "Betrieb"}
    assert browser.post(page, form).status_code == 302
    assert of("chefin").email == "neu@example.de"
    assert is_in(browser)
