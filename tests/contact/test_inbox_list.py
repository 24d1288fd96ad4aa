"""The list of the inbox with messages open, and the page of a message: what one does with it is one press away."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from contact import previews, reading
from contact.models import Preview, ReadingKey, Submission
from sitebackend.cockpit.roles import Role, give_role
from sitebackend.models import Operator
from sitebackend.privacy.restriction import services as restriction
from sitebackend.vault import messages_lock
from sitebackend.vault import services as vault
from sitebackend.vault.models import Lock, Vault, VaultEvent
from sitebackend.vault.opened import OpenMessages
from tests.conftest import PASSPHRASE
from tests.contact.conftest import NOON

pytestmark = pytest.mark.django_db
Received = Callable[..., Submission]
LIST = "/admin/contact/submission/"
NAME, WORDS = "Jürgen Weiß-O&#x27;Brien", "Grüße 🙂 ein &quot;Zitat&quot;"


def page_of(submission: Submission, name: str = "page") -> str:
    return reverse(f"admin:contact_submission_{name}", args=[submission.pk])


def shown(browser: Client, address: str = LIST, **query: str) -> str:
    answer = browser.get(address, query)
    assert answer.status_code == 200
    return answer.content.decode()


def cells() -> str:
    """Every preview, as the database has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed FROM contact_preview")
        return repr([bytes(cell) for (cell,) in cursor])


# --- previews


def test_the_list_shows_sender_and_first_words_while_messages_are_open(
    unlocked: Client, allowed: None, received: Received
) -> None:
    submission = received()
    page = shown(unlocked)
    assert NAME in page
    assert WORDS in page
    assert "ä" * 81 not in page
    assert "Königstraße" not in page
    assert "no-store" in unlocked.get(LIST)["Cache-Control"]
    assert submission.reference in page


def test_each_showing_is_logged_once_and_shows_in_the_trail(
    unlocked: Client, allowed: None, received: Received
) -> None:
    received(), received(message="zwei")
    shown(unlocked)
    assert list(VaultEvent.objects.values_list("kind", "holding")) == [("opened", "contact.preview|")]
    assert "Vorschau im Posteingang" in shown(unlocked, reverse("admin:sitebackend_event_changelist"))


def test_locked_or_with_nothing_to_show_the_list_opens_nothing_and_logs_nothing(
    locked: Client, allowed: None, received: Received
) -> None:
    received()
    page = shown(locked)
    assert NAME not in page
    assert "Grüße" not in page
    assert not VaultEvent.objects.exists()


def test_a_preview_is_sealed_and_made_only_while_messages_are_read_here(received: Received, vault_key: bytes) -> None:
    before = received()
    ReadingKey.objects.create(sealed_passphrase=b"x")
    after = received(message="zwei")
    assert [row.pk for row in Preview.objects.all()] == [after.pk] != [before.pk]
    assert "Weiß" not in cells()
    assert "zwei" not in cells()
    reading.forbid()
    assert not Preview.objects.exists()


def test_the_newest_open_messages_get_theirs_when_reading_is_set_up_and_others_when_opened(
    unlocked: Client, received: Received, secret_key: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "FIRST_PREVIEWS", 1)
    old, new = received(name="Alt"), received(name="Neu", now=NOON + timedelta(minutes=1))
    done = received(name="Fertig", now=NOON + timedelta(minutes=2))
    Submission.objects.filter(pk=done.pk).mark_done(NOON)
    reading.allow(passphrase=PASSPHRASE)
    assert [row.pk for row in Preview.objects.all()] == [new.pk]
    unlocked.get(page_of(old))
    assert {row.pk for row in Preview.objects.all()} == {old.pk, new.pk}
    assert "Alt" in shown(unlocked)


def test_a_vault_that_was_swapped_keeps_no_message_out(
    received: Received, vault_key: bytes, settings: Settings
) -> None:
    ReadingKey.objects.create(sealed_passphrase=b"x")
    settings.VAULT_FINGERPRINT = "0" * 64
    assert received().pk
    Vault.objects.all().delete()
    assert received(message="zwei").pk
    assert not Preview.objects.exists()


def test_a_preview_moved_to_another_message_is_not_shown(unlocked: Client, allowed: None, received: Received) -> None:
    first, second = received(name="Anna Eins"), received(name="Berta Zwei", message="zwei")
    Preview.objects.filter(pk=second.pk).update(sealed=Preview.objects.get(pk=first.pk).sealed)
    page = shown(unlocked)
    assert page.count("Anna Eins") == 1
    assert "Berta Zwei" not in page


def test_what_is_restricted_shows_no_preview(unlocked: Client, allowed: None, received: Received) -> None:
    hers, other = received(name="Anna Eins"), received(name="Berta Zwei", message="zwei")
    restriction.restrict("contact.submissions", [hers.pk], now=NOON)
    page = shown(unlocked)
    assert "Anna Eins" not in page
    assert "Eingeschränkt" in page
    assert "Berta Zwei" in page
    assert other.reference in page


@pytest.mark.parametrize("typed", ["<script>alert(1)</script>", "{{ 7*7 }}", "", "\u202eabc", "x" * 300])
def test_whatever_is_typed_is_text_in_the_list(unlocked: Client, allowed: None, received: Received, typed: str) -> None:
    received(name=typed, message=typed or "…")
    page = shown(unlocked)
    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert "x" * 81 not in page


def test_previews_go_with_the_lock_for_messages(received: Received, secret_key: object) -> None:
    vault.set_up(passphrase=PASSPHRASE)
    reading.allow(passphrase=PASSPHRASE)
    submission = received()
    messages_lock.set_up(operator=None, passphrase=PASSPHRASE, new="vier rote wörter im büro")
    office = Operator.objects.create_user("büro")
    give_role(office, Role.OFFICE)
    browser = Client()
    browser.force_login(Operator.objects.get())
    assert NAME not in shown(browser)
    browser.post(reverse("admin:vault_unlock_messages"), {"passphrase": "vier rote wörter im büro", "next": "/admin/"})
    assert NAME in shown(browser)
    assert submission.reference in shown(browser)


def test_fifty_are_shown_with_as_many_queries_as_one(
    unlocked: Client, allowed: None, received: Received, time_machine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock stands still: now and then a page notes that the vault is still in use, or reads the banner's texts."""
    time_machine.move_to(timezone.now(), tick=False)
    monkeypatch.setattr("consent.offer.FRESH_FOR", float("inf"))

    def asked() -> list[str]:
        """Which tables, as often as they were."""
        with CaptureQueriesContext(connection) as queries:
            shown(unlocked)
        return sorted(re.findall(r'FROM "(\w+)"', " ".join(query["sql"] for query in queries)))

    received()
    asked()
    of_one = asked()
    for number in range(5):
        received(message=f"Nummer {number}")
    assert asked() == of_one


def test_posted_to_without_an_action_the_list_is_shown_and_opens_nothing(
    unlocked: Client, allowed: None, received: Received
) -> None:
    received()
    answer = unlocked.post(LIST, {})
    assert answer.status_code == 200
    assert NAME not in answer.content.decode()
    assert not VaultEvent.objects.exists()


# --- done


def button(page: str, submission: Submission) -> tuple[str, str]:
    """Address and value of the button in the row."""
    found = re.search(rf'value="(\w+)" formaction="([^"]*{submission.pk}[^"]*)"', page)
    assert found
    return unescape(found[2]), found[1]


def test_done_and_reopened_by_one_press_and_back_to_the_same_list(locked: Client, received: Received) -> None:
    submission = received()
    page = locked.get(LIST, {"done": "no", "verdict__exact": "clean"}).content.decode()
    address, value = button(page, submission)
    answer = locked.post(address, {"is_done": value})
    assert answer["Location"] == f"{LIST}?done=no&verdict__exact=clean"
    submission.refresh_from_db()
    assert submission.done_at
    page = locked.get(LIST).content.decode()
    assert f'Erledigt: <a href="{page_of(submission)}">' in page
    address, value = button(page, submission)
    assert locked.post(address, {"is_done": value})["Location"] == LIST
    submission.refresh_from_db()
    assert submission.done_at is None


@pytest.mark.parametrize("query", ["https://evil.example/", "//evil.example", "\r\nX: y", "next=https://evil.example"])
def test_the_way_back_leads_to_the_list_and_nowhere_else(locked: Client, received: Received, query: str) -> None:
    address = page_of(received(), "done")
    answer = locked.post(f"{address}?_changelist_filters={quote(query)}", {"is_done": "yes"})
    assert answer["Location"].startswith(LIST)


def test_asked_for_by_its_address_it_changes_nothing(locked: Client, received: Received) -> None:
    submission = received()
    assert locked.get(page_of(submission, "done"))["Location"] == page_of(submission)
    submission.refresh_from_db()
    assert submission.done_at is None
    assert locked.post(page_of(Submission(), "done")).status_code == 404


# --- the page of a message


def links(page: str) -> dict[str, str]:
    """Key → address of what has one."""
    found = re.findall(r'<a [^>]*href="([^"]*)"[^>]*data-key="(\w)"', page)
    return {key: unescape(address) for address, key in found}


def test_a_message_is_answered_called_and_done_from_its_page(
    unlocked: Client, allowed: None, received: Received
) -> None:
    submission = received()
    page = shown(unlocked, page_of(submission))
    ways = links(page)
    assert ways["a"].startswith(f"mailto:juergen.weiss@example.org?subject=Ihre%20Nachricht%20{submission.reference}&")
    assert "Gr%C3%BC%C3%9Fe" in ways["a"]
    assert ways["t"] == "tel:+49711123456"
    assert ways["l"] == LIST
    assert f'action="{page_of(submission, "done")}"' in page


def test_locked_the_page_names_nobody_to_answer(locked: Client, allowed: None, received: Received) -> None:
    assert set(links(shown(locked, page_of(received())))) == {"l"}


def test_next_and_previous_go_through_the_same_pile_in_the_order_of_the_list(
    locked: Client, received: Received
) -> None:
    oldest, middle, newest, done, suspect = [
        received(now=NOON + timedelta(minutes=minute), message=str(minute), honeypot="x" if minute == 4 else "")
        for minute in range(5)
    ]
    Submission.objects.filter(pk=done.pk).mark_done(NOON)
    assert links(shown(locked, page_of(newest))) == {"n": page_of(middle), "l": LIST}
    assert links(shown(locked, page_of(middle))) == {"n": page_of(oldest), "v": page_of(newest), "l": LIST}
    assert links(shown(locked, page_of(oldest))) == {"v": page_of(middle), "l": LIST}
    assert links(shown(locked, page_of(done))) == links(shown(locked, page_of(suspect))) == {"l": LIST}


def test_those_of_one_moment_are_all_passed(locked: Client, received: Received) -> None:
    made = {received(message=str(number)).pk for number in range(4)}
    page = locked.get(LIST).content.decode()
    (first,) = re.findall(r'class="inbox-link" href="([^"]+)"', page)[:1]
    seen, address = [], first
    while address:
        seen.append(address)
        address = links(shown(locked, address)).get("n", "")
    assert seen == re.findall(r'class="inbox-link" href="([^"]+)"', page)
    assert len(seen) == len(made)


def test_the_lists_filters_come_along(locked: Client, received: Received) -> None:
    old, new = received(), received(message="zwei", now=NOON + timedelta(minutes=1))
    page = locked.get(LIST, {"done": "no"}).content.decode()
    found = re.search(rf'class="inbox-link" href="([^"]*{new.pk}[^"]*)"', page)
    assert found
    ways = links(locked.get(unescape(found[1])).content.decode())
    assert ways["l"] == f"{LIST}?done=no"
    assert ways["n"].startswith(page_of(old))
    assert "done%3Dno" in ways["n"]


def test_an_unusable_address_and_several_numbers_give_no_link(
    unlocked: Client, allowed: None, received: Received
) -> None:
    submission = received(email="anna", phone="0711 1234 oder 0170 9876543")
    assert set(links(shown(unlocked, page_of(submission)))) == {"l"}


def test_what_is_shown_of_a_message_is_at_most_80_signs_each(received: Received, vault_key: bytes) -> None:
    ReadingKey.objects.create(sealed_passphrase=b"x")
    submission = received(name="n" * 200, message="wort " * 100)
    opened = OpenMessages(vault_key, lock=Lock.VAULT, locks_at=timezone.now())
    (found,) = previews.shown(open_messages=opened, submissions=[submission.pk]).values()
    assert (len(found.name), len(found.text) <= previews.SIGNS) == (80, True)
