"""Who may do what: three roles, each a list of permissions that is read here and nowhere else.

What must never happen: an account does more than its role says, or a new model or page is open to everybody until
somebody thinks of it. So rights are code, not rows: membership in a group that a migration made gives a role, the
role's rights are the list below, permissions that lie in the database count for nothing, and what no list names only
*Betrieb* may. An account without a role has its start page, its own password and second factor, and nothing else.
"""

from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from django.apps import apps
from django.contrib.auth import get_permission_codename
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from sitebackend.cockpit.sessions import OperatorBackend
from sitebackend.models import Operator


class Role(TextChoices):
    """The groups' names; from the widest to the narrowest."""

    OPERATIONS = "Betrieb", _("Betrieb: everything")
    OFFICE = "Büro", _("Büro: inbox, customers, invoices, requests")
    EDITORIAL = "Redaktion", _("Redaktion: pages, posts, pictures, menus")


#: Names of permissions; `*` stands for any letters.
RIGHTS: dict[Role, tuple[str, ...]] = {
    Role.OPERATIONS: ("*",),
    Role.EDITORIAL: ("pages.*",),
    Role.OFFICE: (
        "contact.view_submission",
        "contact.add_submission",
        "contact.change_submission",
        "contact.add_note",
        "vault.unlock_messages",
        "customers.view_customer",
        "customers.add_customer",
        "customers.change_customer",
        "customers.*_contactpoint",
        "customers.add_consententry",
        "customers.add_confirmation",
        "customers.view_billingdocument",
        "customers.add_billingdocument",
        "customers.change_billingdocument",
        "privacy.view_datasubjectrequest",
        "privacy.add_datasubjectrequest",
        "privacy.change_datasubjectrequest",
        "restriction.view_restriction",
    ),
}


def roles_of(operator: Operator) -> list[Role]:
    """Return the account's roles, the widest first: one, as the cockpit gives them, or none."""
    if operator.seen_as:
        return [Role(operator.seen_as)]
    if operator.is_superuser:
        return [Role.OPERATIONS]
    names = set(operator.groups.values_list("name", flat=True))
    return [role for role in Role if role in names]


@transaction.atomic
def give_role(operator: Operator, role: Role) -> None:
    """Let the account have this role and no other right."""
    operator.groups.set([Group.objects.get(name=role)])  # first: a superuser who stays what they are stays in
    operator.is_staff, operator.is_superuser = True, False
    operator.save(update_fields=["is_staff", "is_superuser"])
    operator.user_permissions.clear()


def in_charge() -> list[Operator]:
    """Return the accounts that may do everything: one must be left, or nobody can give a role any more."""
    staff = Operator.objects.filter(is_active=True, is_staff=True).prefetch_related("groups")
    return [operator for operator in staff if Role.OPERATIONS in roles_of(operator)]


class RoleBackend(OperatorBackend):
    """Logs in by name and password, as Django's own; what an account may do, its roles say."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not isinstance(user_obj, Operator) or not user_obj.is_active or not user_obj.is_staff or obj is not None:
            return set()
        if user_obj.permissions is None:
            user_obj.permissions = set().union(*map(permissions_of, roles_of(user_obj)))
        return user_obj.permissions


@cache
def permissions_of(role: Role) -> frozenset[str]:
    """Return the names of all permissions that a role has."""
    return frozenset(name for name in _every_permission() if any(fnmatchcase(name, right) for right in RIGHTS[role]))


def _every_permission() -> list[str]:
    names = []
    for options in (model._meta for model in apps.get_models()):
        own = [codename for codename, _words in options.permissions]
        usual = [get_permission_codename(action, options) for action in options.default_permissions]
        names += [f"{options.app_label}.{codename}" for codename in (*usual, *own)]
    return names
