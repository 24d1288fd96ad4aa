"""What a test run leaves out: said in one line at its end, and never left out silently in CI.

A developer without Chromium, Apache or PostgreSQL still gets a green run that says what it did not try.
With the environment variable CI set, a skipped test is a failed one, unless its reason stands in EXPECTED.
"""

import os
from collections import Counter
from collections.abc import Generator
from typing import TypeVar

import pytest

#: Reasons for which CI leaves a test out of one of its runs, because another of its runs tries it.
EXPECTED = {
    "only on SQLite": "tried by the run on SQLite",
    "only on PostgreSQL": "tried by the run on PostgreSQL",
}
_IN_CI = "CI" in os.environ
_Report = TypeVar("_Report", pytest.TestReport, pytest.CollectReport)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _failed_if_unexpected((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _failed_if_unexpected((yield))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = Counter(_reason(report) for report in terminalreporter.stats.get("skipped", []))
    if reasons:
        said = ", ".join(f"{reason} ({count})" for reason, count in sorted(reasons.items()))
        terminalreporter.write_line(f"Not tried here: {said}", yellow=True)


def _failed_if_unexpected(report: _Report) -> _Report:
    if _IN_CI and report.skipped and not hasattr(report, "wasxfail") and _reason(report) not in EXPECTED:
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {_reason(report)}"
    return report


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """The words given to `skip`; pytest keeps them as (file, line, "Skipped: words")."""
    _file, _line, words = report.longrepr  # type: ignore[misc]
    return words.removeprefix("Skipped: ")
