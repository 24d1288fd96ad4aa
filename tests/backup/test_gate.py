"""While a restore is unfinished, nobody is served and the worker rests."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pytest_django import Settings

from sitebackend.backup import gate
from sitebackend.management.rounds import Rounds


def ask(status: list[str]) -> bytes:
    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        return [b"the site"]

    def start_response(line: str, headers: list[tuple[str, str]]) -> None:
        status.append(line)

    return b"".join(gate.Gate(application)({}, start_response))


def test_a_shut_gate_answers_503_with_a_calm_page(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    gate.folder().mkdir()
    gate.shut({"journal_number": 3})
    status: list[str] = []
    assert "wiederhergestellt" in ask(status).decode()
    assert status == ["503 Service Unavailable"]
    assert gate.facts() == {"journal_number": 3}


def test_an_open_gate_lets_everybody_through(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    gate.folder().mkdir()
    gate.shut({})
    gate.open_again()
    status: list[str] = []
    assert ask(status) == b"the site"
    assert not gate.folder().exists()


def test_behind_a_shut_gate_the_worker_rests(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    gate.folder().mkdir()
    gate.shut({})
    done: list[object] = []
    assert Rounds([lambda now: done.append(now) or 1]).run_once() == 0
    assert done == []
