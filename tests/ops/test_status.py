"""`status`: one page, one exit code."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from sitebackend.findings import Finding, Level
from sitebackend.management.commands.status import as_json, as_page, is_well
from tests.ops.conftest import Place

FINE = Finding("Disk", Level.FINE, "80 GB free", next_step="nothing to do", code="disk.free", figure=80.0)
WARNING = Finding("Backup", Level.WARNING, "none since May", next_step="make one", code="backup.old", figure=170)
ALARM = Finding("Key", Level.ALARM, "has expired", next_step="import one", code="key.expired", stops_intake=True)


def status(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("status", *arguments, stdout=out)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue()
    return 0, out.getvalue()


@pytest.mark.parametrize(
    ("found", "well"), [([], True), ([FINE], True), ([FINE, WARNING], False), ([ALARM, FINE], False)]
)
def test_it_is_well_only_if_nothing_is_above_fine(found: list[Finding], well: bool) -> None:
    assert is_well(found) is well


def test_the_page_lines_up_and_tells_next_steps_only_where_one_is_needed() -> None:
    page = as_page([ALARM, WARNING, FINE]).splitlines()
    assert page[2:7] == [
        "  ✗ Key     has expired",
        "            → import one",
        "  ! Backup  none since May",
        "            → make one",
        "  ✓ Disk    80 GB free",
    ]
    assert page[-1] == "2 Punkte brauchen Sie."


def test_a_page_without_open_points_says_so() -> None:
    assert as_page([FINE]).endswith("\n\nAlles in Ordnung.")


def test_machines_get_every_field() -> None:
    told = json.loads(as_json([ALARM, FINE]))
    assert told["ok"] is False
    assert told["findings"][0] == {
        "code": "key.expired",
        "area": "Key",
        "level": "alarm",
        "text": "has expired",
        "next_step": "import one",
        "url": "",
        "figure": None,
        "stops_intake": True,
    }
    assert told["findings"][1]["figure"] == 80.0


@pytest.mark.django_db
def test_a_missing_key_is_named_and_ends_with_1(operator_key: Path) -> None:
    operator_key.unlink()
    code, page = status()
    assert code == 1
    assert "Betreiberschlüssel" in page


@pytest.mark.django_db
@pytest.mark.usefixtures("operator_key")
def test_it_tells_also_what_is_well_with_figures() -> None:
    _code, told = status("--json")
    findings: list[dict[str, Any]] = json.loads(told)["findings"]
    fine = {finding["code"]: finding for finding in findings if finding["level"] == "fine"}
    assert {"database.answers", "disk.free"} <= fine.keys()
    assert fine["disk.free"]["figure"] > 0


def test_after_a_set_up_and_one_round_the_worker_is_known_to_run(made: Place) -> None:
    before = {finding["code"] for finding in json.loads(made.run("status", "--json").stdout)["findings"]}
    assert "worker.silent" in before
    made.run("worker", "--once")
    after = {finding["code"] for finding in json.loads(made.run("status", "--json").stdout)["findings"]}
    assert "worker.runs" in after
