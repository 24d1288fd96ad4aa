"""Counting costs nobody a choice, and what is counted leads to nobody."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Barrier, Event, Thread
from time import monotonic
from typing import Any

import pytest
import time_machine
from cookie_consent.models import CookieGroup
from django.db import DatabaseError, connection, connections, transaction

from consent import counts, offer
from consent.models import DailyCount, Edition, GroupWording
from tests.consent.conftest import Visitor

NAME = "__Host-einwilligung"


def table() -> list[tuple[Any, ...]]:
    return sorted(DailyCount.objects.values_list("day", "digest", "group", "decision", "count"))


@pytest.mark.usefixtures("external")
def test_each_decision_counts_once_for_its_day_group_and_edition() -> None:
    edition = offer.current().edition
    with time_machine.travel(datetime(2026, 7, 1, 10, tzinfo=UTC), tick=False):
        for _ in range(3):
            Visitor().accept_all()
        Visitor().refuse_all()
    with time_machine.travel(datetime(2026, 7, 1, 22, 30, tzinfo=UTC), tick=False):  # past midnight in Berlin
        Visitor().refuse_all()
    assert table() == [
        (date(2026, 7, 1), edition, "external", "accepted", 3),
        (date(2026, 7, 1), edition, "external", "refused", 1),
        (date(2026, 7, 2), edition, "external", "refused", 1),
    ]


def test_looking_counts_nothing(visitor: Visitor) -> None:
    visitor.get("/cookies/")
    visitor.get("/kontakt/", headers={"Sec-GPC": "1"})
    visitor.post("/cookies/accept/", {})
    visitor.post("/cookies/accept/", {"cookie_groups": "unknown"})
    assert table() == []


def test_a_row_holds_a_number_and_nothing_of_the_visitor() -> None:
    assert {field.name for field in DailyCount._meta.get_fields()} == {
        "id",
        "day",
        "digest",
        "group",
        "decision",
        "count",
    }


def test_a_broken_table_costs_nobody_the_choice(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any) -> None:
        raise DatabaseError("Key (external)=(…) is broken")

    monkeypatch.setattr(counts, "_add_one", broken)
    response = visitor.accept_all()
    assert response.status_code == 303
    assert NAME in response.cookies


class TestSideBySide:
    @pytest.mark.django_db(transaction=True)
    def test_a_locked_database_delays_the_choice_by_a_moment_only(self, external: CookieGroup) -> None:
        visitor, locked, done = Visitor(), Event(), Event()
        edition = offer.current().edition
        counts.count(edition=edition, accepted=["external"], refused=[])

        def hold() -> None:
            with transaction.atomic():
                DailyCount.objects.update(count=7)
                locked.set()
                done.wait(20)
            connections.close_all()

        other = Thread(target=hold)
        other.start()
        locked.wait(20)
        began = monotonic()
        response = visitor.accept_all()
        took = monotonic() - began
        done.set()
        other.join()
        assert response.status_code == 303
        assert NAME in response.cookies
        assert took < 5
        assert DailyCount.objects.get().count == 7

    def test_the_databases_own_patience_is_given_back(self, db: None) -> None:
        question = "PRAGMA busy_timeout" if connection.vendor == "sqlite" else "SHOW lock_timeout"
        with connection.cursor() as cursor:
            before = cursor.execute(question).fetchone() if connection.vendor == "sqlite" else None
            counts.count(edition="0", accepted=["external"], refused=[])
            cursor.execute(question)
            assert before is None or cursor.fetchone() == before


class TestEditions:
    def test_are_kept_with_the_time_from_which_they_were_shown(self, external: CookieGroup) -> None:
        first = offer.current()
        GroupWording.objects.filter(language="en").update(purpose="something else")
        offer.forget()
        second = offer.current()
        newest, oldest = Edition.objects.all()
        assert (oldest.digest, newest.digest) == (first.edition, second.edition)
        assert oldest.content == first.content
        assert oldest.shown_until == newest.shown_from
        assert newest.shown_until is None

    def test_that_come_back_are_kept_a_second_time(self, external: CookieGroup) -> None:
        first = offer.current()
        GroupWording.objects.filter(language="en", group__varname="external").update(lifetime="for ever")
        offer.forget()
        offer.current()
        GroupWording.objects.filter(language="en", group__varname="external").update(
            lifetime=next(
                group["lifetime"] for group in first.content["en"]["groups"] if group["varname"] == "external"
            )
        )
        offer.forget()
        assert offer.current().edition == first.edition
        assert [edition.digest for edition in Edition.objects.all()].count(first.edition) == 2

    def test_another_process_sees_a_change_within_a_second(self, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
        now = 1000.0
        monkeypatch.setattr(offer, "monotonic", lambda: now)
        before = offer.current()
        GroupWording.objects.filter(language="de").update(purpose="etwas anderes")  # no signal, as from elsewhere
        assert offer.current() is before
        now += 1.01
        assert offer.current().edition != before.edition

    def test_are_read_without_a_query_in_between(self, db: None, django_assert_num_queries: Any) -> None:
        offer.current()
        with django_assert_num_queries(0):
            offer.current()

    def test_are_read_once_for_all_who_wait(self, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
        everybody, reads, present = Barrier(8), [], offer.current()
        offer.forget()

        def read() -> offer.Offer:
            reads.append("once")
            return present

        def ask(_number: int) -> offer.Offer:
            everybody.wait()
            return offer.current()

        monkeypatch.setattr(offer, "read", read)
        monkeypatch.setattr(offer, "_keep", lambda offer: None)
        with ThreadPoolExecutor(8) as visitors:
            answers = list(visitors.map(ask, range(8)))
        assert (answers, reads) == ([present] * 8, ["once"])

    def test_visitors_can_choose_even_when_one_cannot_be_kept(
        self, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full_disk(*args: Any, **kwargs: Any) -> None:
            raise DatabaseError("database or disk is full")

        monkeypatch.setattr(Edition.objects, "create", full_disk)
        assert visitor.accept_all().status_code == 303
        assert Edition.objects.count() == 0
