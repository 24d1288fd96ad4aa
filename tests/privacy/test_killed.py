"""Killed at any point, an erasure has happened wholly or not at all, and repeating it finishes it."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from sitebackend.models import Operator
from sitebackend.privacy import erasure, journal
from sitebackend.privacy.registry import DataSubject
from tests.privacy.conftest import NOON, Accounts

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
