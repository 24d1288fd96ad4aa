"""Two server processes on one database: what is saved anywhere is new in both within a second.

Two processes of one server; a second server with a folder of its own is refused.
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
def node(tmp_path: Path) -> Iterator[RunningSite]:
    node = RunningSite(tmp_path / "first", {})
    with ExitStack() as stack:
        stack.callback(node.stop)
        if connection.vendor == "postgresql":
            node.settings["DATABASE_URL"] = stack.enter_context(new_database("nodes"))
            node.manage("quickstart", "--no-serve")
        node.start("--workers", "2", "--no-worker")
        yield node


def test_a_saved_page_is_new_everywhere_within_a_second(node: RunningSite) -> None:
    node.wait_for(lambda: all(is_kept(answer) for answer in many(node)))
    saved_at = float(node.shell(SAVE))
    node.wait_for(lambda: time.time() > saved_at + WITHIN)
    assert ["Ganz neu" in answer.body for answer in many(node)] == [True] * ROUNDS


@pytest.mark.skipif(connection.vendor == "sqlite", reason="only on PostgreSQL")
def test_a_copy_of_the_folder_is_no_second_node(node: RunningSite, tmp_path: Path) -> None:
    second = node.second_node(tmp_path / "second")
    for typed in (["serve", "--bind", second.address], ["worker", "--once"], ["quickstart", "--no-serve"]):
        assert "node take_over" in second.manage(*typed, code=1).stderr
    node.stop()
    try:
        second.start("--no-worker")
        assert "node take_over" in node.manage("worker", "--once", code=1).stderr
    finally:
        second.stop()


def many(node: RunningSite) -> list[Answer]:
    return [node.get("/leistungen/") for _ in range(ROUNDS)]


def is_kept(answer: Answer) -> bool:
    """Only what is kept in memory has a tag."""
    return answer.status == 200 and "etag" in answer.headers
