"""Two server processes on one database: what is saved anywhere is new in both within a second.

On SQLite these are two processes of one server, on PostgreSQL two nodes with folders of their own.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.db import connection

from tests.databases import new_database
from tests.running_site import Answer, RunningSite

WITHIN = 1.0  # seconds
ROUNDS = 20  # new connections, so that each of two processes behind one address is asked
SAVE = """
import time
from sitebackend.pages.models import Page
page = Page.objects.get(path="leistungen", language="de")
page.title = "Ganz neu"
page.save()
print(time.time(), flush=True)
"""


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[list[RunningSite]]:
    first = RunningSite(tmp_path / "first", {})
    with ExitStack() as stack:
        stack.callback(first.stop)
        if connection.vendor == "sqlite":
            first.start("--workers", "2", "--no-worker")
            yield [first]
            return
        first.settings["DATABASE_URL"] = stack.enter_context(new_database("nodes"))
        first.manage("quickstart", "--no-serve")
        second = first.second_node(tmp_path / "second")
        stack.callback(second.stop)
        for node in (first, second):
            node.start("--no-worker")
        yield [first, second]


def test_a_saved_page_is_new_everywhere_within_a_second(nodes: list[RunningSite]) -> None:
    for node in nodes:
        node.wait_for(lambda node=node: all(is_kept(answer) for answer in many(node)))
    saved_at = float(nodes[0].shell(SAVE))
    for node in nodes:
        node.wait_for(lambda: time.time() > saved_at + WITHIN)
        assert ["Ganz neu" in answer.body for answer in many(node)] == [True] * ROUNDS


def many(node: RunningSite) -> list[Answer]:
    return [node.get("/leistungen/") for _ in range(ROUNDS)]


def is_kept(answer: Answer) -> bool:
    """Only what is kept in memory has a tag."""
    return answer.status == 200 and "etag" in answer.headers
