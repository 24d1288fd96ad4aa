"""Erasing does what was previewed, all of it, or nothing."""

from collections.abc import Collection
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from sitebackend.models import Operator
from sitebackend.privacy import erasure, journal
from sitebackend.privacy.registry import Action, DataSubject
from tests.privacy.conftest import NOON, Accounts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journal_folder")]

ANNA = DataSubject(email="anna@example.org")


def _account(username: str, email: str = ANNA.email, **values: object) -> Operator:
    return Operator.objects.create_user(username=username, email=email, date_joined=NOON, **values)


def test_the_plan_goes_and_everybody_else_stays(accounts: Accounts) -> None:
    gone, kept, other = _account("a"), _account("b", is_staff=True), _account("c", "ben@example.org")
    plan = erasure.plan(ANNA)
    receipt = erasure.erase(ANNA, plan_hash=plan.hash, now=NOON)
    assert set(Operator.objects.all()) == {kept, other}
    assert receipt.done == (("test.accounts", "delete", 1),)
    assert [entry.rows for entry in journal.entries()] == [(gone.pk,)]


def test_afterwards_nothing_is_left_to_do_and_what_stays_has_its_reason_and_date(accounts: Accounts) -> None:
    _account("a")
    kept = _account("b", is_staff=True)
    erasure.erase(ANNA, plan_hash=erasure.plan(ANNA).hash, now=NOON)
    assert erasure.verify(ANNA) == ()
    [step] = erasure.plan(ANNA).retained
    assert (step.rows, step.reason, step.until) == ((kept.pk,), "staff", date(2026, 12, 31))


@pytest.mark.parametrize("change", ["a row is changed", "a row is added", "a row goes", "a kept row is changed"])
def test_a_change_between_preview_and_execution_is_refused(accounts: Accounts, change: str) -> None:
    row, kept = _account("a"), _account("b", is_staff=True)
    plan = erasure.plan(ANNA)
    match change:
        case "a row is changed":
            Operator.objects.filter(pk=row.pk).update(last_name="Änderung")
        case "a row is added":
            _account("c")
        case "a row goes":
            row.delete()
        case "a kept row is changed":
            Operator.objects.filter(pk=kept.pk).update(last_name="Änderung")
    before = list(Operator.objects.order_by("pk").values())
    with pytest.raises(erasure.PlanOutdated):
        erasure.erase(ANNA, plan_hash=plan.hash, now=NOON)
    assert list(Operator.objects.order_by("pk").values()) == before
    assert journal.position() == 0


def test_a_change_to_somebody_else_does_not_disturb(accounts: Accounts) -> None:
    _account("a")
    plan = erasure.plan(ANNA)
    _account("c", "ben@example.org")
    erasure.erase(ANNA, plan_hash=plan.hash, now=NOON)
    assert [account.email for account in Operator.objects.all()] == ["ben@example.org"]


def test_a_holding_that_does_less_than_planned_rolls_everything_back(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    _account("a"), _account("b")
    plan = erasure.plan(ANNA)

    def half(action: Action, rows: Collection[UUID]) -> int:
        return Operator.objects.filter(pk=min(rows)).delete()[0]

    monkeypatch.setattr(accounts, "erase", half)
    with pytest.raises(erasure.ErasureIncomplete, match=r"test\.accounts: 1 of 2"):
        erasure.erase(ANNA, plan_hash=plan.hash, now=NOON)
    assert Operator.objects.count() == 2


def test_without_a_journal_nothing_is_destroyed(accounts: Accounts) -> None:
    _account("a")
    journal.path().parent.mkdir()
    journal.path().mkdir()  # a folder where the file belongs: it cannot be opened
    with pytest.raises(OSError):  # noqa: PT011 - whichever the system gives
        erasure.erase(ANNA, plan_hash=erasure.plan(ANNA).hash, now=NOON)
    assert Operator.objects.count() == 1


def test_the_journal_is_written_before_the_first_row_goes(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    account = _account("a")

    def killed(action: Action, rows: Collection[UUID]) -> int:
        assert [entry.rows for entry in journal.entries()] == [(account.pk,)]
        raise SystemExit

    monkeypatch.setattr(accounts, "erase", killed)
    with pytest.raises(SystemExit):
        erasure.erase(ANNA, plan_hash=erasure.plan(ANNA).hash, now=NOON)
    monkeypatch.undo()
    assert Operator.objects.count() == 1


def test_repeating_a_finished_erasure_erases_nothing_and_writes_nothing(accounts: Accounts) -> None:
    _account("a")
    erasure.erase(ANNA, plan_hash=erasure.plan(ANNA).hash, now=NOON)
    receipt = erasure.erase(ANNA, plan_hash=erasure.plan(ANNA).hash, now=NOON)
    assert (receipt.done, receipt.journal_number) == ((), 1)


def test_a_scope_leaves_other_holdings_alone(accounts: Accounts) -> None:
    _account("a")
    assert erasure.plan(ANNA, {"test.elsewhere"}).steps == ()
    assert erasure.plan(ANNA, {"test.accounts"}) == erasure.plan(ANNA)


def test_retention_goes_the_same_way(accounts: Accounts) -> None:
    old, young = _account("a"), _account("b")
    Operator.objects.filter(pk=old.pk).update(date_joined=datetime(2025, 12, 31, 12, tzinfo=UTC))
    plan = erasure.due(date(2026, 1, 1))
    erasure.erase_due(date(2026, 1, 1), plan_hash=plan.hash, now=NOON)
    assert list(Operator.objects.all()) == [young]
    assert [entry.rows for entry in journal.entries()] == [(old.pk,)]


def test_what_a_restore_brought_back_goes_again_by_the_journal(accounts: Accounts) -> None:
    back, other = _account("a"), _account("b", "ben@example.org")
    gone_already = UUID(int=7)
    line = journal.Entry(1, NOON, "test.accounts", "delete", (back.pk, gone_already))
    assert erasure.replay([line]).erased == 1
    assert erasure.replay([line]).erased == 0
    assert list(Operator.objects.all()) == [other]
