"""What every page of the cockpit has from its floor: a permission, a way to be hung, a refusal in words."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse

from sitebackend.cockpit import pages
from sitebackend.cockpit.pages import OperatorPage, hang
from sitebackend.cockpit.roles import Role, give_role
from sitebackend.models import Operator

pytestmark = pytest.mark.django_db


def logged_in(client: Client, role: Role | None) -> Client:
    operator = Operator.objects.create_user("jule", is_staff=True)
    if role:
        give_role(operator, role)
    client.force_login(operator)
    return client


def test_a_page_without_a_permission_cannot_be_hung() -> None:
    class Nameless(OperatorPage):
        pass

    before = list(pages.hung())
    with pytest.raises(ImproperlyConfigured, match="Nameless"):
        hang("nowhere/", [("", Nameless, "nowhere")])
    assert list(pages.hung()) == before


def test_every_page_names_a_permission_that_there_is() -> None:
    from sitebackend.cockpit.roles import permissions_of

    every = permissions_of(Role.OPERATIONS)
    assert len(pages.hung()) > 40
    assert {page.permission for _route, page, _name in pages.hung()} <= every


def test_a_refusal_says_so_in_the_admins_own_frame(client: Client) -> None:
    answer = logged_in(client, Role.EDITORIAL).get(reverse("admin:contact_submission_find"))
    assert answer.status_code == 403
    assert "Ihr Konto darf das nicht." in answer.content.decode()


def test_a_stranger_is_asked_to_sign_in_not_refused(client: Client) -> None:
    answer = client.get(reverse("admin:contact_submission_find"))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/admin/login/")


def test_what_a_page_has_no_verb_for_is_refused_after_the_right_was_asked(client: Client) -> None:
    address = reverse("admin:vault_lock")
    assert logged_in(client, Role.OFFICE).get(address).status_code == 403


@pytest.mark.parametrize("key", ["1", "0", "x", "%00", "6f0b1c1e-6a37-4d1c-9b55-000000000000"])
def test_an_address_that_names_nothing_is_not_found(client: Client, key: str) -> None:
    inside = logged_in(client, Role.OPERATIONS)
    for app in ("privacy/datasubjectrequest", "contact/submission", "sitebackend/operator", "pages/page"):
        for page in ("change", "history", "delete"):
            answer = inside.get(f"/admin/{app}/{key}/{page}/")
            assert answer.status_code in (403, 404), (app, page, key)  # 403: nobody deletes these
