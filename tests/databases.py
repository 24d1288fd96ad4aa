"""Databases on this run's PostgreSQL server, for processes that a test starts."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg


@contextmanager
def new_database(purpose: str, *, copy_of: str = "") -> Iterator[str]:
    """Its address, empty or a copy of the one made for another purpose; it goes at the end, whoever is connected.

    Named after the process that runs the test: with one name for all, one would drop what another just made.
    """
    server, name = os.environ["TEST_DATABASE_URL"], _named(purpose)
    source = _named(copy_of) if copy_of else "template1"
    with psycopg.connect(server, autocommit=True) as administrator:
        administrator.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        administrator.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
        yield f"{server.rpartition('/')[0]}/{name}"
        administrator.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _named(purpose: str) -> str:
    database = os.environ["TEST_DATABASE_URL"].rpartition("/")[2]
    return "_".join([database, os.environ.get("PYTEST_XDIST_WORKER", "alone"), purpose])
