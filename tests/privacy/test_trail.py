"""The trail says who did what on which row and when, from all its places in one order, and nothing of contents."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from uuid import uuid4

import pytest
import time_machine
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.core.management import call_command
from django.db import models
from django.test import Client
from django.utils import translation

from sitebackend import audit
from sitebackend.models import Act, Actor, Event, Operator, SiteSettings
from sitebackend.privacy import trail
from sitebackend.privacy.trail import Wanted
from sitebackend.vault.models import VaultEvent

pytestmark = pytest.mark.django_db
PAGE = "/admin/sitebackend/event/"
NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)


@pytest.fixture
def jule() -> Operator:
    return Operator.objects.create_superuser("jule", email="jule@example.org", password="a long enough password")


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def history(who: Operator, *, at: datetime = NOON, key: object = "", flag: int = CHANGE, message: str = "") -> None:
    LogEntry.objects.create(
        user=who, action_time=at, object_id=str(key), action_flag=flag, change_message=message,
        content_type=ContentType.objects.get_for_model(SiteSettings), object_repr="Site settings",
    )  # fmt: skip


def opening(who: Operator | None, *, at: datetime = NOON, key: object) -> None:
    holding = f"customers.customer|{key}"
    VaultEvent.objects.create(kind=VaultEvent.Kind.OPENED, at=at, operator=who, holding=holding)


def event(act: Act, *, at: datetime = NOON, actor: Actor = Actor.SHELL, kind: str = "", key: object = "") -> None:
    Event.objects.create(act=act, at=at, actor=actor, kind=kind, key=str(key))


def shown(wanted: Wanted | None = None, *, start: int = 0, number: int = 50) -> list[tuple[str, str, str]]:
    return [(line.who, line.what, line.key) for line in trail.lines(wanted or Wanted(), start=start, number=number)]


def test_all_its_places_stand_in_one_order_the_newest_first(jule: Operator) -> None:
    history(jule, at=NOON, key="1")
    opening(jule, at=NOON + timedelta(minutes=2), key="2")
    event(Act.EXPORTED, at=NOON + timedelta(minutes=1), key="3")
    assert shown() == [
        ("jule", "Vault: contents opened", "2"),
        ("command line", "copy made", "3"),
        ("jule", "changed", "1"),
    ]


def test_pages_follow_each_other_without_gap_or_repeat(jule: Operator) -> None:
    for number in range(30):
        at = NOON + timedelta(minutes=number // 3)  # three at once
        [history, opening][number % 2](jule, at=at, key=number)
    pages = [key for start in (0, 7, 14, 21, 28) for _who, _what, key in shown(start=start, number=7)]
    assert sorted(pages, key=int) == [str(number) for number in range(30)]


@pytest.mark.parametrize(
    ("wanted", "keys"),
    [
        ({}, ["a", "b", "c"]),
        ({"kind": "customers.customer"}, ["b"]),
        ({"kind": "sitebackend.sitesettings"}, ["a"]),
        ({"kind": "contact.submission"}, ["c"]),
        ({"key": "c"}, ["c"]),
        ({"key": "customers"}, []),
        ({"since": date(2026, 11, 24)}, ["c"]),
        ({"until": date(2026, 11, 23)}, ["a", "b"]),
        ({"since": date(2026, 11, 23), "until": date(2026, 11, 23)}, ["a", "b"]),
    ],
)
def test_it_can_be_asked_for_part_of_it(jule: Operator, wanted: dict[str, object], keys: list[str]) -> None:
    history(jule, key="a")
    opening(None, at=NOON, key="b")
    event(Act.OPENED, at=NOON + timedelta(days=1), kind="contact.submission", key="c")
    assert sorted(key for _who, _what, key in shown(Wanted(**wanted))) == keys  # type: ignore[arg-type]


def test_the_kinds_to_ask_for_are_those_that_occur_in_the_operators_words(jule: Operator) -> None:
    history(jule)
    for key in range(3):
        opening(jule, key=key)
    VaultEvent.objects.create(kind=VaultEvent.Kind.UNLOCKED, at=NOON, operator=jule)
    event(Act.EXPORTED, kind="sitebackend.operators", key="1")
    assert trail.kinds() == {
        "customers.customer": "Customer",
        "sitebackend.operators": "Operators' accounts",
        "sitebackend.sitesettings": "Site settings",
    }


def test_one_operators_doings_are_theirs_alone(jule: Operator) -> None:
    other = Operator.objects.create_user("other")
    for who, key in ((jule, "1"), (other, "2")):
        history(who, key=key)
        opening(who, key=key)
    assert {key for _who, _what, key in shown(Wanted(operator=jule.pk))} == {"1"}


def test_a_change_is_told_by_its_fields_in_words(jule: Operator) -> None:
    history(jule, message='[{"changed": {"fields": ["Telephone"]}}]')
    history(jule, at=NOON + timedelta(minutes=1), flag=DELETION)
    found = [(line.what, line.detail) for line in trail.lines(Wanted(), start=0, number=2)]
    assert found == [("deleted", ""), ("changed", "Changed Telephone.")]


def test_a_step_of_a_request_is_told_in_words(jule: Operator) -> None:
    history(jule, message="erase")
    assert [line.detail for line in trail.lines(Wanted(), start=0, number=1)] == ["erased as previewed"]


def test_an_account_stays_as_long_as_the_trail_knows_of_it(client: Client, jule: Operator) -> None:
    gone, known = Operator.objects.create_user("gone"), Operator.objects.create_user("known")
    history(known)
    client.force_login(jule)
    for account in (gone, known):
        client.post(f"/admin/sitebackend/operator/{account.pk}/delete/", {"post": "yes"})
    everybody = {"action": "delete_selected", "_selected_action": [str(known.pk), str(jule.pk)], "post": "yes"}
    client.post("/admin/sitebackend/operator/", everybody)
    assert set(Operator.objects.values_list("username", flat=True)) == {"jule", "known"}
    assert LogEntry.objects.filter(user=known).exists()


def test_a_login_its_end_and_a_refusal_are_noted_without_the_name_that_was_tried(
    client: Client, jule: Operator
) -> None:
    client.post("/admin/login/", {"username": "julchen", "password": "guessed"})
    client.post("/admin/login/", {"username": "jule", "password": "a long enough password"})
    client.post("/admin/logout/")
    noted = [(event.act, event.actor, event.operator) for event in Event.objects.order_by("at")]
    assert noted == [
        (Act.LOGIN_REFUSED, Actor.UNKNOWN, None),
        (Act.LOGGED_IN, Actor.OPERATOR, jule),
        (Act.LOGGED_OUT, Actor.OPERATOR, jule),
    ]


def test_guessing_fills_one_line_a_minute(client: Client) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        for _guess in range(3):
            client.post("/admin/login/", {"username": f"n{_guess}", "password": "guessed"})
        clock.shift(61)
        client.post("/admin/login/", {"username": "n9", "password": "guessed"})
    assert Event.objects.filter(act=Act.LOGIN_REFUSED).count() == 2


def test_a_copy_made_by_command_is_noted_row_by_row(jule: Operator) -> None:
    call_command("subject", "export", "--email", "jule@example.org", stdout=StringIO())
    assert [(event.act, event.actor, event.kind, event.key) for event in Event.objects.all()] == [
        (Act.EXPORTED, Actor.SHELL, "sitebackend.operators", str(jule.pk))
    ]


def test_there_is_no_place_in_it_for_a_word_of_content() -> None:
    texts = {field.name for field in Event._meta.fields if isinstance(field, models.CharField | models.TextField)} - {
        field.name for field in Event._meta.fields if field.choices
    }
    assert texts == {"kind", "key"}


def test_it_ends_with_the_year_after(jule: Operator) -> None:
    event(Act.EXPORTED, at=datetime(2024, 12, 31, 22, 59, tzinfo=UTC))
    event(Act.EXPORTED, at=datetime(2024, 12, 31, 23, 1, tzinfo=UTC))  # 2025 here
    cache.clear()
    assert trail.sweep(datetime(2026, 1, 1, tzinfo=UTC)) == 1
    assert Event.objects.count() == 1


def test_the_page_filters_pages_and_survives_nonsense(client: Client, jule: Operator) -> None:
    client.force_login(jule)
    keys = [uuid4() for _number in range(60)]
    audit.note_each(Act.EXPORTED, [("customers.master_data", key) for key in keys], actor=Actor.SHELL)
    first, second = (client.get(f"{PAGE}?kind=customers.master_data&page={page}").content.decode() for page in (1, 2))
    assert [sum(f">{key}<" in text for key in keys) for text in (first, second)] == [50, 10]
    assert "page=2" in first
    assert f">{keys[0]}<" in client.get(f"{PAGE}?key={keys[0]}").content.decode()
    nonsense = client.get(f"{PAGE}?operator=x&kind=no.such&since=yesterday&until=&page=-1&key=%00")
    assert nonsense.status_code == 200


def test_nobody_changes_it(client: Client, jule: Operator) -> None:
    client.force_login(jule)
    line = Event.objects.get()
    assert client.get(f"{PAGE}add/").status_code == 403
    assert client.post(f"{PAGE}{line.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(f"{PAGE}{line.pk}/change/", {"act": "exported"})
    assert Event.objects.get().act == Act.LOGGED_IN
