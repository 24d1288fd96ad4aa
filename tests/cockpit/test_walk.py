"""The walk: every page, verb and action below /admin/, by everybody who may stand before its door.

What must never happen: somebody sees or does what the table (roles.py) does not give them. Refused means 403 or the
page to sign in, and nothing changed: no row, no file, no mail. That the same request of somebody who may is not
refused, and acts, is asked for as well: a refusal that could not be anything else proves nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.messages import get_messages
from django.core import mail
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from consent import offer
from sitebackend.privacy.admin_steps import STEPS
from sitebackend.vault.models import UnlockSession, VaultEvent
from tests.cockpit.deeds import Deed, act_on, deeds
from tests.cockpit.roles import ADMINS, NO_ROLE, PAGES, ROLES, may_do, may_open
from tests.cockpit.walkers import OUTSIDE, SUPERUSER, WALKS, Walker
from tests.cockpit.walkers import chief as chief
from tests.cockpit.walkers import other_key as other_key
from tests.cockpit.walkers import walker as walker
from tests.cockpit.walkers import world as world
from tests.cockpit.world import World, addresses, files, put_files_back, rows_of, state, writes

Make = Callable[[str], Walker]
SIGN_IN = "/admin/login/"
NONE = ("987654321", "0", "x", "5f0c7d1e-1111-4222-8333-944455566677", "%00", "a" * 3000)


@contextmanager
def undone(before: dict[str, bytes]) -> Iterator[None]:
    """What is done here is taken back: in the database, in the files, in what processes remember."""
    block: Any = transaction.atomic()
    block._from_testcase = True  # verbs that must not run inside a transaction may run inside this one
    with block:
        yield
        transaction.set_rollback(True)
    put_files_back(before)
    mail.outbox.clear()
    cache.clear()
    offer.forget()


def is_refused(response: Any) -> bool:
    return response.status_code == 403 or (
        response.status_code == 302 and response.headers["Location"].startswith(SIGN_IN)
    )


def opened(client: Client, url: str) -> Any:
    """Where a link leads in the end, as far as it leads below /admin/."""
    response: Any = client.get(url)
    for _step in range(5):
        to = response.headers.get("Location", "")
        if not to.startswith("/admin/") or to.startswith(SIGN_IN):
            break
        response = client.get(to)
    return response


# --- the table is complete


def patterns(resolver: Any = None, start: str = "", space: str = "") -> Iterator[tuple[str, str, URLPattern]]:
    """Every route with its name, and the pattern itself."""
    for part in (resolver or get_resolver()).url_patterns:
        route = start + str(part.pattern)
        if isinstance(part, URLResolver):
            yield from patterns(part, route, f"{part.namespace}:" if part.namespace else space)
        else:
            yield route, f"{space}{part.name or ''}", part


def below_admin() -> Iterator[tuple[str, str, URLPattern]]:
    return (found for found in patterns() if found[0].startswith("admin/"))


def test_every_page_below_admin_stands_in_the_table_and_nothing_else_does() -> None:
    there = {name for _route, name, _pattern in below_admin() if not name.endswith(":")}
    listed = {name.partition(" ")[0] for name in may_open()}
    assert len(there) > 150
    assert there - listed == set(), "pages that nobody listed"
    assert listed - there == set(), "listed, and no page any more"


def test_a_page_without_a_name_leads_to_a_listed_one_or_nowhere() -> None:
    nameless = [route for route, name, _pattern in below_admin() if name.endswith(":")]
    rows = [
        f"admin/{model._meta.app_label}/{model._meta.model_name}/<path:object_id>/" for model in admin.site._registry
    ]
    assert sorted(nameless) == sorted([*rows, "admin/(?P<url>.*)$"])


def test_every_admin_action_and_step_stands_in_the_table() -> None:
    assert {f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry} == {*ADMINS}
    steps = {name.split()[1] for name in may_do() if name.startswith("admin:privacy_request_step ")}
    assert steps == {*STEPS}
    listed = {name for name in may_do() if "_changelist " in name}
    assert listed == {*actions()}


def actions() -> Iterator[str]:
    for model, one in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        own = [action if isinstance(action, str) else action.__name__ for action in one.actions or ()]
        may_delete = ADMINS[name.removeprefix("admin:")].delete and "delete_selected" not in own
        if may_delete and name != "admin:consent_group":  # deleting many at once is switched off there
            own.append("delete_selected")
        yield from (f"{name}_changelist {action}" for action in own)


def test_every_line_of_the_table_has_its_address_and_its_deed(world: World, chief: Client) -> None:
    assert {*addresses(world)} == {*may_open()}
    assert {*deeds(world, chief)} == {*may_do()}


def test_every_page_that_takes_a_key_is_opened_for_an_object(world: World) -> None:
    places = addresses(world)
    assert all(places[name] for name in may_open())
    assert all(name in PAGES or name.startswith("admin:") for name in places)


# --- who may open what


@pytest.mark.slow
@pytest.mark.parametrize("names", WALKS, ids=" ".join)
def test_pages_open_for_those_who_may_and_for_nobody_else(names: tuple[str, ...], world: World, walker: Make) -> None:
    walkers, places = [walker(name) for name in names], addresses(world)
    before, wrong = state(), []
    for who, (page, roles) in product(walkers, may_open().items()):
        for url in places[page]:
            with undone(before["files"]), writes() as written:
                response = opened(who.browser(), url)
                wrong += _judged(f"{who.name}: GET {page}", response, allowed=who.right in roles)
                if who.right not in roles:
                    wrong += _changed(f"{who.name}: GET {page}", before, written, who)
    assert not wrong, report(wrong)


def _judged(what: str, response: Any, *, allowed: bool) -> list[str]:
    status = response.status_code
    if allowed and (is_refused(response) or status == 404 or status >= 500):
        return [f"{what}: {status}, and it is theirs"]
    if not allowed and not is_refused(response):
        return [f"{what}: {status}, and it is not theirs"]
    return []


def _changed(what: str, before: dict[str, Any], written: set[str], who: Walker) -> list[str]:
    """What a refusal changed. `written`: tables; without any only files and mails can be other ones."""
    after = state() if written else {"files": files(), "mails": len(mail.outbox)}
    changed = [name for name in after if after[name] != before[name]]
    if who.name == "switched off" and _only_locked(who, before, after):
        changed = [name for name in changed if name not in ("vault.UnlockSession", "vault.VaultEvent")]
    return [f"{what}: not theirs, and it changed {name}" for name in changed]


def _only_locked(who: Walker, before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether what the account had open was locked, and the log tells just that: what a session's end does."""
    held, told = ((before.get(name), after.get(name)) for name in ("vault.UnlockSession", "vault.VaultEvent"))
    locked = VaultEvent.objects.filter(kind=VaultEvent.Kind.LOCKED, operator=who.operator).count()
    if UnlockSession.objects.filter(operator=who.operator).exists() or held[1] is None:
        return False
    kept = all(row in held[0] for row in held[1]) and all(row in told[1] for row in told[0])
    ended = len(held[0]) - len(held[1])  # the vault that was open, and messages if the deed opened them before
    return kept and 1 <= ended <= 2 and len(told[1]) - len(told[0]) == locked == ended


def report(wrong: list[str]) -> str:
    return f"{len(wrong)} wrong\n" + "\n".join(wrong)


# --- who may do what


@pytest.mark.slow
@pytest.mark.parametrize("names", WALKS, ids=" ".join)
def test_deeds_are_done_by_those_who_may_and_by_nobody_else(
    names: tuple[str, ...], world: World, walker: Make, chief: Client
) -> None:
    walkers, todo = [walker(name) for name in names], deeds(world, chief)
    before, wrong = state(), []
    for who, (what, roles) in product(walkers, may_do().items()):
        with undone(before["files"]):
            wrong += _tried(what, todo[what], who, before, allowed=who.right in roles)
    assert not wrong, report(wrong)


def _tried(what: str, deed: Deed, who: Walker, before: dict[str, Any], *, allowed: bool) -> list[str]:
    more = deed.first(who.operator) if deed.first and who.operator else {}
    if deed.first:
        before = {"files": files()} if allowed else state()
    with writes() as written:
        response: Any = who.browser().post(deed.url, {**deed.data, **(more or {})})
        wrong = _judged(f"{who.name}: POST {what}", response, allowed=allowed)
        if not allowed:
            return wrong + _changed(f"{who.name}: POST {what}", before, written, who)
    if not wrong and not deed.reads and not written and files() == before["files"]:
        wrong.append(f"{who.name}: POST {what}: {response.status_code}, and nothing happened{_why(response)}")
    return wrong


def _why(response: Any) -> str:
    context = response.context or {}
    form = context.get("form") or (context.get("adminform") and context["adminform"].form)
    told = [str(message) for message in get_messages(response.wsgi_request)]
    return f" {dict(form.errors) if form is not None else ''} {told}"


@pytest.mark.parametrize("name", [*ROLES, NO_ROLE, SUPERUSER])
def test_deleting_from_a_list_is_for_those_who_may_delete(name: str, world: World, walker: Make) -> None:
    """Also where the list does not offer it: whoever posts the action all the same changes nothing."""
    who, wrong, before = walker(name), [], state()
    for admin_name, rights in ADMINS.items():
        if who.right in rights.delete and admin_name != "consent_group":
            continue
        with undone(before["files"]), writes() as written:
            deed = act_on(admin_name, "delete_selected", rows_of(world, admin_name)[-1])
            who.browser().post(deed.url, deed.data)
            wrong += _changed(admin_name, before, written, who)
    assert not wrong, report(wrong)


def test_no_other_method_is_a_way_around(world: World, walker: Make) -> None:
    who, places, before, wrong = walker(NO_ROLE), addresses(world), state(), []
    for page in (page for page, roles in may_open().items() if NO_ROLE not in roles):
        for method in ("head", "options", "put", "patch", "delete"):
            with undone(before["files"]), writes() as written:
                response = _followed(who.browser(), method, places[page][0])
                if not _is_no_verb_here(method, response):
                    wrong += _judged(f"{method.upper()} {page}", response, allowed=False)
                wrong += _changed(f"{method.upper()} {page}", before, written, who)
    assert not wrong, report(wrong)


def _is_no_verb_here(method: str, response: Any) -> bool:
    """Told by Django itself, whoever asks: that there is no such verb, or which there are. Nothing else is in it."""
    tells_verbs = method == "options" and response.status_code == 200 and "Allow" in response.headers
    return (tells_verbs or response.status_code == 405) and not response.content


def _followed(client: Client, method: str, url: str) -> HttpResponse:
    response: HttpResponse = getattr(client, method)(url)
    to = response.headers.get("Location", "")
    return opened(client, to) if to.startswith("/admin/") and not to.startswith(SIGN_IN) else response


# --- keys that are none


def test_a_key_that_is_none_is_not_found(world: World, walker: Make) -> None:
    browser, wrong = walker(SUPERUSER).browser(), []
    for route, name, _pattern in below_admin():
        for url in _with_wrong_keys(route):
            for method in ("get", "post") if name in PAGES else ("get",):
                status = _with_slash(browser, getattr(browser, method)(url)).status_code
                if status not in (302, 403, 404, 405):
                    wrong.append(f"{method.upper()} {name} {url[:70]}: {status}")
    assert not wrong, report(wrong)


def _with_slash(browser: Client, response: Any) -> Any:
    """What stands where the admin looks last for an address that it does not know."""
    return browser.get(response.headers["Location"]) if response.status_code == 301 else response


def _with_wrong_keys(route: str) -> Iterator[str]:
    if "<" not in route or "?P<" in route:
        return
    for wrong in NONE:
        url = route
        while "<" in url:
            before, _opening, rest = url.partition("<")
            url = before + wrong + rest.partition(">")[2]
        yield f"/{url}"


# --- the roles themselves


def test_the_roles_are_there_after_the_migrations(db: None) -> None:
    assert {*Group.objects.values_list("name", flat=True)} >= {*ROLES}


def test_who_stands_outside_is_led_to_the_door(world: World, walker: Make) -> None:
    for name in OUTSIDE:
        response = walker(name).browser().get("/admin/contact/submission/")
        assert (response.status_code, response.headers["Location"].startswith(SIGN_IN)) == (302, True), name
