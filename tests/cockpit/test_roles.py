"""Roles: one field of an account, rights that are code, and a look through another role's eyes."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice

from sitebackend.cockpit.roles import RIGHTS, Role, give_role, in_charge, permissions_of, roles_of
from sitebackend.models import Operator

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough password"


def account(name: str, role: Role | None, **more: Any) -> Operator:
    operator = Operator.objects.create_user(name, f"{name}@example.de", PASSWORD, is_staff=True, **more)
    if role:
        give_role(operator, role)
    return Operator.objects.get(pk=operator.pk)


@pytest.fixture
def chef() -> Operator:
    return account("chef", Role.OPERATIONS)


@pytest.fixture
def inside(client: Client, chef: Operator) -> Client:
    client.force_login(chef)
    return client


def form(operator: Operator, chosen: Role, **changes: str) -> dict[str, str]:
    return {"username": operator.username, "email": operator.email, "role": chosen, "is_active": "on"} | changes


def test_the_migration_made_the_three_groups() -> None:
    assert set(Role.values) <= set(Group.objects.values_list("name", flat=True))


def test_every_right_that_a_role_lists_is_one_of_a_model() -> None:
    for role, rights in RIGHTS.items():
        for right in rights:
            assert any(right.partition("*")[0] in name for name in permissions_of(role)), right


def test_operations_may_everything_and_nobody_else_does(chef: Operator) -> None:
    assert chef.has_perm("vault.change_vault")
    office, editor = account("buero", Role.OFFICE), account("redaktion", Role.EDITORIAL)
    assert office.has_perm("contact.view_submission")
    assert not office.has_perm("pages.change_page")
    assert not office.has_perm("vault.change_vault")
    assert editor.has_perm("pages.change_page")
    assert not editor.has_perm("sitebackend.change_sitesettings")


def test_an_account_without_a_role_may_nothing() -> None:
    operator = account("neu", None)
    assert operator.get_all_permissions() == set()


@pytest.mark.parametrize("gone", ["is_active", "is_staff"])
def test_a_role_gives_nothing_to_an_account_that_may_not_come_in(gone: str) -> None:
    operator = account("weg", Role.OPERATIONS)
    Operator.objects.filter(pk=operator.pk).update(**{gone: False})
    assert not Operator.objects.get(pk=operator.pk).has_perm("contact.view_submission")


def test_permissions_that_lie_in_the_database_count_for_nothing() -> None:
    operator, permission = account("neu", None), Permission.objects.get(codename="change_vault")
    operator.user_permissions.add(permission)
    group = Group.objects.create(name="Aushilfe")
    group.permissions.add(permission)
    operator.groups.add(group)
    assert not Operator.objects.get(pk=operator.pk).has_perm("vault.change_vault")


def test_a_role_replaces_whatever_was_there_before() -> None:
    operator = account("neu", None, is_superuser=True)
    operator.groups.add(Group.objects.get(name="Redaktion"))
    give_role(operator, Role.OFFICE)
    again = Operator.objects.get(pk=operator.pk)
    assert (roles_of(again), again.is_superuser) == ([Role.OFFICE], False)


def test_the_form_gives_the_role(inside: Client) -> None:
    answer = inside.post(
        reverse("admin:sitebackend_operator_add"),
        {
            "username": "erika",
            "role": Role.OFFICE,
            "usable_password": "true",
            "password1": PASSWORD,
            "password2": PASSWORD,
        },
    )
    assert answer.status_code == 302
    made = Operator.objects.get(username="erika")
    assert (roles_of(made), made.is_staff) == ([Role.OFFICE], True)
    inside.post(reverse("admin:sitebackend_operator_change", args=[made.pk]), form(made, Role.EDITORIAL))
    assert roles_of(Operator.objects.get(pk=made.pk)) == [Role.EDITORIAL]


@pytest.mark.parametrize("change", [{"role": Role.OFFICE}, {"is_active": ""}])
def test_the_last_account_in_charge_stays_in_charge(inside: Client, chef: Operator, change: dict[str, str]) -> None:
    answer = inside.post(
        reverse("admin:sitebackend_operator_change", args=[chef.pk]), form(chef, Role.OPERATIONS, **change)
    )
    assert "letzte Konto mit der Rolle" in answer.content.decode()
    assert in_charge() == [chef]


def test_with_another_one_in_charge_it_may_step_down(inside: Client, chef: Operator) -> None:
    account("zweite", Role.OPERATIONS)
    inside.post(reverse("admin:sitebackend_operator_change", args=[chef.pk]), form(chef, Role.OFFICE))
    assert roles_of(Operator.objects.get(pk=chef.pk)) == [Role.OFFICE]


# --- seen as another role


def test_seen_as_another_role_its_pages_show_and_others_do_not(inside: Client) -> None:
    inside.post(reverse("admin:see_as"), {"role": Role.EDITORIAL})
    start = inside.get(reverse("admin:index")).content.decode()
    assert "Ansicht der Rolle Redaktion" in start
    assert reverse("admin:customers_customer_changelist") not in start
    assert inside.get(reverse("admin:pages_page_changelist")).status_code == 200
    assert inside.get(reverse("admin:customers_customer_changelist")).status_code == 403


def test_meanwhile_nothing_is_changed(inside: Client) -> None:
    other = account("erika", Role.OFFICE)
    inside.post(reverse("admin:see_as"), {"role": Role.OFFICE})
    for address in (
        reverse("admin:sitebackend_operator_change", args=[other.pk]),
        reverse("admin:contact_submission_record"),
        reverse("admin:password_change"),
        reverse("admin:second_factor"),
    ):
        answer = inside.post(address, {"new": PASSWORD})
        assert answer.status_code == 403, address
        assert "Solange wird nichts geändert" in answer.content.decode()


def test_meanwhile_no_second_factor_is_begun(inside: Client) -> None:
    inside.post(reverse("admin:see_as"), {"role": Role.OFFICE})
    assert inside.get(reverse("admin:second_factor")).status_code == 403
    assert not TOTPDevice.objects.exists()


@pytest.mark.parametrize(("role", "words"), [(None, "noch keine Rolle"), (Role.EDITORIAL, "was Ihre Rolle betrifft")])
def test_only_who_sees_everything_is_told_that_all_is_well(client: Client, role: Role | None, words: str) -> None:
    client.force_login(account("erika", role))
    page = client.get(reverse("admin:index")).content.decode()
    assert "Alles ist in Ordnung" not in page
    assert words in page or 'class="finding is-' in page


def test_it_ends_by_a_button_and_with_the_session(inside: Client, chef: Operator) -> None:
    inside.post(reverse("admin:see_as"), {"role": Role.EDITORIAL})
    assert inside.post(reverse("admin:see_as"), {"role": ""}).status_code == 302
    assert inside.get(reverse("admin:customers_customer_changelist")).status_code == 200
    inside.post(reverse("admin:see_as"), {"role": Role.EDITORIAL})
    inside.post(reverse("admin:logout"))
    inside.force_login(chef)
    assert inside.get(reverse("admin:customers_customer_changelist")).status_code == 200


def test_the_account_keeps_its_own_role(inside: Client, chef: Operator) -> None:
    inside.post(reverse("admin:see_as"), {"role": Role.EDITORIAL})
    inside.get(reverse("admin:index"))
    assert roles_of(Operator.objects.get(pk=chef.pk)) == [Role.OPERATIONS]


@pytest.mark.parametrize("role", [Role.OFFICE, Role.EDITORIAL, None])
def test_nobody_else_looks_through_other_eyes(client: Client, role: Role | None) -> None:
    client.force_login(account("erika", role))
    assert client.post(reverse("admin:see_as"), {"role": Role.OPERATIONS}).status_code == 403
    session = client.session
    session["seen_as"] = str(Role.OPERATIONS)
    session.save()
    assert client.get(reverse("admin:vault_overview")).status_code == 403


def test_a_role_that_does_not_exist_is_refused(inside: Client) -> None:
    assert inside.post(reverse("admin:see_as"), {"role": "Chef"}).status_code == 403
    assert inside.get(reverse("admin:index")).status_code == 200
