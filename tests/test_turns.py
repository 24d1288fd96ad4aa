"""Writers to SQLite queue: nobody overtakes, nobody waits for a lock that its own transaction holds up."""

import fcntl
from pathlib import Path
from threading import Event, Thread

import pytest
from django.conf import settings as site
from django.db import connection

from sitebackend.turns import transaction_in_turn

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="only on SQLite")


@pytest.fixture
def lock(db: None) -> Path:
    return Path(site.DATA_DIR) / "write.lock"


@pytest.mark.django_db(transaction=True)
def test_a_writer_waits_until_the_one_before_has_ended(lock: Path) -> None:
    entered = Event()

    def write() -> None:
        with transaction_in_turn():
            entered.set()
        connection.close()

    with lock.open("w") as before:
        fcntl.flock(before, fcntl.LOCK_EX)
        writer = Thread(target=write)
        writer.start()
        assert not entered.wait(0.2)
    assert entered.wait(10)
    writer.join()


def test_whoever_is_in_a_transaction_already_does_not_queue_again(lock: Path) -> None:
    with lock.open("w") as before:
        fcntl.flock(before, fcntl.LOCK_EX)
        with transaction_in_turn():  # this test's own transaction is around it
            assert connection.in_atomic_block


@pytest.mark.django_db(transaction=True)
def test_the_turn_ends_with_a_failure_too(lock: Path) -> None:
    with pytest.raises(ZeroDivisionError), transaction_in_turn():
        raise ZeroDivisionError
    with lock.open("w") as next_one:
        fcntl.flock(next_one, fcntl.LOCK_EX | fcntl.LOCK_NB)
