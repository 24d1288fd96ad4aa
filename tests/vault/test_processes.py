"""Several processes, one of them killed in the middle: real ones, on one database."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from tests.databases import new_database

Run = Callable[..., Any]
CUSTOMERS = 3
SSIDS = {"ssids": [f"netz-{number}" for number in range(CUSTOMERS)]}


@pytest.fixture(scope="module")
def empty_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a migrated database that other processes can reach, to be copied for each test."""
    with ExitStack() as stack:
        url = f"sqlite:///{tmp_path_factory.mktemp('empty')}/site.sqlite3"
        if connection.vendor == "postgresql":
            url = stack.enter_context(new_database("empty"))
        environment = {**os.environ, "TEST_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        command = [sys.executable, "-W", "ignore", "manage.py", "migrate", "-v0"]
        subprocess.run(command, env=environment, cwd=settings.BASE_DIR, check=True)
        yield url


@pytest.fixture
def database_url(empty_site: str, tmp_path: Path) -> Iterator[str]:
    if connection.vendor == "postgresql":
        with new_database("processes", copy_of="empty") as url:
            yield url
        return
    shutil.copy(empty_site.removeprefix("sqlite:///"), tmp_path / "site.sqlite3")
    yield f"sqlite:///{tmp_path}/site.sqlite3"


@pytest.fixture
def start(database_url: str) -> Run:
    """Start a process of its own."""
    environment = {**os.environ, "TEST_DATABASE_URL": database_url}

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-W", "ignore", "-m", "tests.vault.processes", *arguments]
        return subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR, stdout=subprocess.PIPE)

    return start


@pytest.fixture
def run(start: Run) -> Run:
    """Start a process and wait; gives what it answered, or its exit code if it was killed."""
    return lambda *arguments: answer_of(start(*arguments))


def answer_of(process: subprocess.Popen[bytes]) -> Any:
    output, _ = process.communicate(timeout=120)
    return process.returncode if process.returncode else json.loads(output)


def test_what_one_process_unlocked_another_reads(run: Run) -> None:
    made = run("make", str(CUSTOMERS))
    assert run("read", made["token"]) == SSIDS


def test_processes_that_guess_together_have_five_tries_together(run: Run, start: Run) -> None:
    run("make", "0")
    guessing = [start("guess", "3") for _ in range(3)]
    answers = [answer for process in guessing for answer in answer_of(process)["answers"]]
    assert sorted(answers) == ["TooManyTries"] * 4 + ["WrongPassphrase"] * 5


@pytest.mark.parametrize("when", ["amid", "before commit"])
def test_a_rotation_killed_before_its_end_leaves_everything_as_it_was(run: Run, when: str) -> None:
    made = run("make", str(CUSTOMERS))
    assert run("rotate_and_die", when) == -9
    found = run("look", made["token"], made["recovery_key"])
    assert found == {"session": SSIDS, "recovery": "opens", "passphrase": SSIDS}


def test_a_rotation_killed_after_its_end_is_whole(run: Run) -> None:
    made = run("make", str(CUSTOMERS))
    assert run("rotate_and_die", "after") == -9
    found = run("look", made["token"], made["recovery_key"])
    assert found == {"session": {"locked": True}, "recovery": "WrongRecoveryKey", "passphrase": SSIDS}


NOTES = ["notiz-0", "notiz-1", "notiz-2"]


@pytest.mark.parametrize("when", ["amid", "before commit"])
def test_a_lock_for_messages_killed_while_it_is_set_up_leaves_all_notes_to_the_vault(run: Run, when: str) -> None:
    run("make_notes", "3")
    assert run("set_up_messages_and_die", when) == -9
    assert run("read_notes") == {"vault": NOTES, "messages": ["NoMessagesLock"]}


def test_a_lock_for_messages_killed_after_its_end_opens_all_notes(run: Run) -> None:
    run("make_notes", "3")
    assert run("set_up_messages_and_die", "after") == -9
    assert run("read_notes") == {"vault": NOTES, "messages": NOTES}
