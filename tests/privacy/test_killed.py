"""Killed at any point, an erasure has happened wholly or not at all, and repeating it finishes it."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from sitebackend.models import Operator, SiteSettings
from sitebackend.privacy import erasure, journal, registry, traces
from sitebackend.privacy.models import DataSubjectRequest, Identity, Outcome
from sitebackend.privacy.refusals import Refused
from sitebackend.privacy.registry import DataSubject, Step
from sitebackend.privacy.services import answer, execution, identity, intake
from tests.privacy import people
from tests.privacy.conftest import NOON, Accounts
from tests.privacy.people import Person, happen

ANNA = DataSubject(email="anna@example.org")
#: Where the process dies: (whose attribute, which), once what it names was done.
DEATHS: dict[str, Callable[[Accounts], tuple[Any, str]]] = {
    "after the journal's line": lambda _accounts: (journal, "append"),
    "after the rows, before the commit": lambda accounts: (accounts, "erase"),
    "before the commit, all done": lambda _accounts: (erasure, "_carry_out"),
}


def _erase_and_die(accounts: Accounts, death: str) -> None:
    connections["default"] = connections["default"].copy()  # a process never shares another one's connection
    place, name = DEATHS[death](accounts)
    original = getattr(place, name)

    def deadly(*args: Any, **kwargs: Any) -> None:
        original(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(place, name, deadly)
    erasure.erase(ANNA, plan_hash=erasure.plan(ANNA).hash, now=NOON)


@pytest.mark.parametrize("death", DEATHS)
def test_nothing_is_half_erased_and_repeating_finishes(
    on_disk: Path, journal_folder: Path, accounts: Accounts, death: str
) -> None:
    for number in range(3):
        Operator.objects.create_user(username=f"anna{number}", email=ANNA.email)
    other = Operator.objects.create_user(username="ben", email="ben@example.org")
    process = multiprocessing.get_context("fork").Process(target=_erase_and_die, args=(accounts, death))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert Operator.objects.filter(email=ANNA.email).count() == 3
    assert journal.position() == 1

    receipt = erasure.erase(ANNA, plan_hash=erasure.plan(ANNA).hash, now=NOON)
    assert receipt.done == (("test.accounts", "delete", 3),)
    assert erasure.verify(ANNA) == ()
    assert list(Operator.objects.all()) == [other]


#: Where the process dies while a whole person is erased and shown to be gone.
HOLDINGS = {"before the first holding": 0, "before the second": 1, "before the third": 2}
LATER_DEATHS = [*HOLDINGS, "after the vacuum, before the log is cut", "wiped, before it is noted"]


def _carry_out_and_die(request_id: UUID, operator_id: UUID, death: str) -> None:
    connections["default"] = connections["default"].copy()
    request = DataSubjectRequest.objects.get(pk=request_id)
    _deadly(death)
    by = Operator.objects.get(pk=operator_id)
    execution.erase(request, plan_hash=execution.preview(request).hash, by=by, now=NOON)
    execution.verify_due(NOON)


def _deadly(death: str) -> None:
    """Put a kill -9 into the program at one place."""
    if death in HOLDINGS:
        original, calls = erasure._carry_out_step, count()

        def step(planned: Step) -> int:
            if next(calls) == HOLDINGS[death]:
                os.kill(os.getpid(), signal.SIGKILL)
            return original(planned)

        erasure._carry_out_step = step
    else:
        wipe = traces.wipe if death.startswith("wiped") else partial(_run, "VACUUM")

        def wiped() -> None:
            wipe()
            os.kill(os.getpid(), signal.SIGKILL)

        traces.wipe = wiped


def _run(statement: str) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("death", LATER_DEATHS)
def test_a_whole_person_is_never_half_gone_and_never_reported_gone_too_early(
    on_disk: Path, journal_folder: Path, operator_key: Path, vault_key: bytes, death: str
) -> None:
    SiteSettings.objects.create(business_name="B", owner="O", email="k@example.de", federal_state="NW")
    her, other = Person(0, "Birnbaum"), Person(1, "Kirschen")
    for person in (her, other):
        for event in ("message", "records", "invoice", "note"):
            happen(person, event)
    asked = people.request(her)
    by = Operator.objects.create_user(username="otto")
    people.is_one(asked)
    identity.settle(asked, identity=Identity.MATCHED, now=NOON)
    intake.mark_acknowledged(asked, at=NOON)
    planned = erasure.plan(her.subject).destructive
    others = registry.find(other.subject)

    process = multiprocessing.get_context("fork").Process(target=_carry_out_and_die, args=(asked.pk, by.pk, death))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL

    asked.refresh_from_db()
    assert asked.verified_at is None
    left = erasure.plan(her.subject).destructive
    assert left in ((), planned), "all of it is there, or nothing"
    assert bool(asked.erased_at) is (left == ())
    with pytest.raises(Refused):
        answer.finish(asked, outcome=Outcome.GRANTED, by=by, now=NOON)

    if left:
        execution.erase(asked, plan_hash=execution.preview(asked).hash, by=by, now=NOON)
    assert execution.verify_due(NOON) == 1
    assert erasure.verify(her.subject) == ()
    assert registry.find(other.subject) == others
