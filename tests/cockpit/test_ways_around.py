"""Ways around the table of roles: what a page, a step, a lookup or an old session gives beside the addresses."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from customers.models import Grant, TechnicalRecord
from sitebackend.models import Operator
from sitebackend.privacy.models import Kind
from sitebackend.privacy.services import rights
from sitebackend.vault.models import UnlockSession, VaultEvent
from tests.cockpit.deeds import form_in
from tests.cockpit.roles import BETRIEB, BUERO, NO_ROLE, REDAKTION, ROLES
from tests.cockpit.walkers import Walker, open_vault, signed_in
from tests.cockpit.walkers import chief as chief
from tests.cockpit.walkers import other_key as other_key
from tests.cockpit.walkers import walker as walker
from tests.cockpit.walkers import world as world
from tests.cockpit.world import World, new_request

Make = Callable[[str], Walker]
RECORD = "Backstube"  # stands in a technical record and nowhere else


def page(client: Client, url: str) -> str:
    response: Any = client.get(url)
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())


def customer_page(world: World) -> str:
    return reverse("admin:customers_customer_page", args=[world["customer"].pk])


# --- technical records


def test_an_open_vault_shows_technical_records_to_betrieb(world: World, walker: Make) -> None:
    assert RECORD in page(walker(BETRIEB).browser(), customer_page(world))


def test_an_open_vault_shows_no_technical_record_to_the_office(world: World, walker: Make) -> None:
    """Somebody of Betrieb opened it, and has another role since, or only looks as Büro."""
    who = walker(BUERO)
    assert who.operator
    browser = replace(who, cookies=who.cookies | open_vault(who.operator)).browser()
    openings = VaultEvent.objects.filter(kind="opened").count()
    assert RECORD not in page(browser, customer_page(world))
    assert VaultEvent.objects.filter(kind="opened").count() == openings


def objection_to_technical_data(world: World) -> tuple[str, dict[str, str]]:
    """The step that closes the technical purpose, for the customer whose records hang on it."""
    asked = new_request(Kind.OBJECTION, world["customer"].email)
    offered = [one for one in rights.closable(asked.subject()) if one.purpose == "technical"]
    assert len(offered) == 1
    return reverse("admin:privacy_request_step", args=[asked.pk, "close"]), {"purpose": offered[0].key}


def test_an_objection_carried_out_by_betrieb_erases_the_technical_records(world: World, walker: Make) -> None:
    walker(BETRIEB).browser().post(*objection_to_technical_data(world))
    assert not TechnicalRecord.objects.exists()


def test_an_objection_carried_out_by_the_office_erases_no_technical_record(world: World, walker: Make) -> None:
    """What withdrawing on the customer's page is refused for, the step of a request must not do either."""
    response: Any = walker(BUERO).browser().post(*objection_to_technical_data(world))
    assert response.status_code == 403
    assert TechnicalRecord.objects.filter(pk=world["record"].pk).exists()
    assert Grant.objects.filter(customer=world["customer"]).exists()


# --- rights lie in the code


@pytest.mark.parametrize("given", ["to the account", "by a group"])
def test_permissions_in_the_database_open_nothing(given: str, world: World, walker: Make) -> None:
    who = walker(NO_ROLE)
    assert who.operator
    if given == "to the account":
        who.operator.user_permissions.set(Permission.objects.all())
    else:
        group = Group.objects.create(name="betrieb ")
        group.permissions.set(Permission.objects.all())
        who.operator.groups.add(group)  # which ends the session
        who = replace(who, cookies=signed_in(who.operator))
    for url in (customer_page(world), reverse("admin:pages_page_changelist"), reverse("admin:vault_overview")):
        assert who.browser().get(url).status_code == 403


def test_a_role_does_not_make_staff(world: World, walker: Make) -> None:
    assert walker("not staff").browser().get(customer_page(world)).status_code == 302


@pytest.mark.parametrize(
    ("name", "model"),
    [
        (NO_ROLE, "pages&model_name=redirect&field_name=page"),
        (BUERO, "pages&model_name=redirect&field_name=page"),
        (NO_ROLE, "pages&model_name=revision&field_name=author"),
        (REDAKTION, "pages&model_name=revision&field_name=author"),
        (BUERO, "privacy&model_name=datasubjectrequest&field_name=answered_by"),
        (REDAKTION, "customers&model_name=billingdocument&field_name=customer"),
    ],
)
def test_autocomplete_offers_nobody_what_their_lists_do_not(name: str, model: str, world: World, walker: Make) -> None:
    response = walker(name).browser().get(f"{reverse('admin:autocomplete')}?app_label={model}&term=")
    assert response.status_code in (403, 404)


def test_autocomplete_offers_accounts_to_betrieb(world: World, walker: Make) -> None:
    query = "app_label=pages&model_name=revision&field_name=author&term=chefin"
    response: Any = walker(BETRIEB).browser().get(f"{reverse('admin:autocomplete')}?{query}")
    assert "chefin" in response.content.decode()


@pytest.mark.parametrize(
    ("name", "url"),
    [
        (REDAKTION, "/admin/pages/page/?revisions__author__password__startswith=md5"),
        (REDAKTION, "/admin/pages/page/?revisions__author__email__startswith=c"),
        (REDAKTION, "/admin/pages/page/?_to_field=search_text"),
        (BUERO, "/admin/contact/submission/?message__armoured__contains=A"),
        (BUERO, "/admin/contact/submission/?notes__sealed__startswith=A"),
        (BUERO, "/admin/customers/customer/?grant__records__sealed__startswith=A"),
        (BUERO, "/admin/customers/customer/?entries__recorded_by__password__startswith=md5"),
        (BUERO, "/admin/privacy/datasubjectrequest/?answered_by__password__startswith=md5"),
        (BUERO, "/admin/customers/billingdocument/?_to_field=sealed_file"),
        (BETRIEB, "/admin/sitebackend/operator/?password__startswith=md5"),
        (BETRIEB, "/admin/vault/vaultevent/?operator__password__startswith=md5"),
    ],
)
def test_no_lookup_reaches_through_a_list_to_what_it_does_not_show(
    name: str, url: str, world: World, walker: Make
) -> None:
    response = walker(name).browser().get(url)
    assert response.status_code in (302, 400, 403)


# --- what the frame around every page tells


def test_the_start_page_of_an_account_without_a_role_tells_nothing_of_the_site(world: World, walker: Make) -> None:
    shown = page(walker(NO_ROLE).browser(), "/admin/")
    assert "/admin/customers/" not in shown
    assert "/admin/contact/" not in shown
    assert "/admin/pages/" not in shown
    assert re.findall(r'class="finding [^"]*"', shown) == ['class="finding is-fine"']
    assert "noch keine Rolle" in shown
    assert "<dt>" not in shown


@pytest.mark.parametrize("name", [NO_ROLE, REDAKTION])
def test_the_vaults_state_is_shown_to_those_who_may_open_it(name: str, world: World, walker: Make) -> None:
    assert "vault-chip" in page(walker(BETRIEB).browser(), "/admin/")
    assert "vault-chip" not in page(walker(name).browser(), "/admin/")


def test_the_start_page_lists_what_the_role_works_on(world: World, walker: Make) -> None:
    editor, office = (page(walker(name).browser(), "/admin/") for name in (REDAKTION, BUERO))
    assert "/admin/pages/page/" in editor
    assert "/admin/customers/customer/" not in editor
    assert "/admin/customers/customer/" in office
    assert "/admin/pages/page/" not in office
    assert "/admin/backup/" not in editor + office


# --- sessions that outlive a right


def change_account(by: Client, operator: Operator, **changes: str | None) -> None:
    url = reverse("admin:sitebackend_operator_change", args=[operator.pk])
    sent = form_in(by, url) | changes
    response: Any = by.post(url, {name: value for name, value in sent.items() if value is not None})
    assert response.status_code == 302, response.context["adminform"].form.errors


def test_switching_an_account_off_ends_its_sessions_for_good(world: World, walker: Make, chief: Client) -> None:
    who = walker(BETRIEB)
    assert who.operator
    change_account(chief, who.operator, is_active=None)
    assert not UnlockSession.objects.filter(operator=who.operator).exists()
    change_account(chief, who.operator, is_active="on")
    assert who.browser().get("/admin/").status_code == 302


@pytest.mark.parametrize("role", [BUERO, REDAKTION])
def test_another_role_locks_the_vault_that_the_account_had_open(
    role: str, world: World, walker: Make, chief: Client
) -> None:
    who = walker(BETRIEB)
    assert who.operator
    change_account(chief, who.operator, role=role)
    assert not UnlockSession.objects.filter(operator=who.operator).exists()


# --- looking as another role sees it


@pytest.fixture
def looking(world: World, walker: Make) -> Callable[[str], Client]:
    def look(role: str) -> Client:
        browser = walker(BETRIEB).browser()
        assert browser.post(reverse("admin:see_as"), {"role": role}).status_code == 302
        return browser

    return look


def test_looking_as_the_office_shows_no_technical_record(world: World, looking: Callable[[str], Client]) -> None:
    assert RECORD not in page(looking(BUERO), customer_page(world))


def test_looking_as_another_role_opens_what_it_may_and_changes_nothing(
    world: World, looking: Callable[[str], Client]
) -> None:
    browser = looking(REDAKTION)
    assert browser.get(customer_page(world)).status_code == 403
    assert browser.get(reverse("admin:vault_overview")).status_code == 403
    assert browser.get(reverse("admin:pages_page_changelist")).status_code == 200
    for url in (reverse("admin:password_change"), reverse("admin:pages_category_add"), reverse("admin:second_factor")):
        assert browser.post(url, {"title": "Neu", "language": "de"}).status_code == 403


@pytest.mark.parametrize("name", [NO_ROLE, REDAKTION, BUERO])
def test_only_betrieb_can_put_on_another_role(name: str, world: World, walker: Make) -> None:
    browser = walker(name).browser()
    for role in (*ROLES, "", "anything"):
        assert browser.post(reverse("admin:see_as"), {"role": role}).status_code == 403
        assert browser.get(reverse("admin:vault_overview")).status_code == 403


def test_a_role_put_on_is_not_kept_by_an_account_that_lost_betrieb(
    world: World, looking: Callable[[str], Client]
) -> None:
    browser = looking(BUERO)
    account = Operator.objects.get(username=BETRIEB)
    account.groups.set([Group.objects.get(name=REDAKTION)])
    assert browser.get(customer_page(world)).headers["Location"].startswith("/admin/login/")
    for name, value in signed_in(account).items():
        browser.cookies[name] = value
    assert browser.get(customer_page(world)).status_code == 403


# --- outside /admin/


@pytest.mark.parametrize("name", [NO_ROLE, BUERO, BETRIEB])
def test_being_signed_in_shows_no_draft_outside_the_cockpit(name: str, world: World, walker: Make) -> None:
    browser = walker(name).browser()
    assert browser.get("/entwurf/").status_code == 404
    assert browser.get("/weg-page/").status_code == 404
    assert browser.get(f"/vorschau/{world['draft'].pk.hex}/").status_code == 404
    for url in ("/suche/?q=Entwurf", "/suche/?q=Wartet", "/sitemap.xml", "/feed/", "/preise/"):
        response: Any = browser.get(url)
        content = (b"".join(response) if response.streaming else response.content).decode()
        assert "/entwurf/" not in content, url
        assert "Wartet</h1>" not in content, url


def test_the_pixels_of_an_upload_are_not_given_out(world: World, walker: Make) -> None:
    source = world["image"].source
    assert source.exists()
    assert walker(BETRIEB).browser().get(f"/media/images/{source.name}").status_code == 404


# --- buttons


@pytest.mark.parametrize("kind", [Kind.ACCESS, Kind.ERASURE, Kind.OBJECTION])
def test_a_request_offers_the_office_no_button_that_would_be_refused(kind: Kind, world: World, walker: Make) -> None:
    asked = new_request(kind, world["customer"].email)
    url = reverse("admin:privacy_datasubjectrequest_change", args=[asked.pk])
    closed = [f"/step/{verb}/" for verb in ("erase", "close", "access", "handed-over")] + ["/copy/"]
    full, office = (page(walker(name).browser(), url) for name in (BETRIEB, BUERO))
    assert any(address in full for address in closed)
    assert not any(address in office for address in closed)
