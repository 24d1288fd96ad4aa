"""A run says what it left out, and CI does not allow it to leave out anything silently."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ONE_TEST = """
import pytest

def test_that_needs_something():
    pytest.skip({reason!r})
"""
ONE_MODULE = """
import pytest

pytest.skip("no Chromium here", allow_module_level=True)
"""


def run(folder: Path, source: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text("from tests.skips import *\n")
    (folder / "test_one.py").write_text(source)
    clean = {name: value for name, value in os.environ.items() if name != "CI" and not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "--rootdir", folder, "-c", os.devnull, "-p", "no:cacheprovider", folder],
        env={**clean, "PYTHONPATH": os.getcwd(), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_developers_run_stays_green_and_names_what_it_left_out(tmp_path: Path) -> None:
    result = run(tmp_path, ONE_TEST.format(reason="no Chromium here"))
    assert result.returncode == 0
    assert "Not tried here: no Chromium here (1)" in result.stdout


@pytest.mark.parametrize("source", [ONE_TEST.format(reason="no Chromium here"), ONE_MODULE])
def test_in_ci_a_skipped_test_is_a_failed_one(tmp_path: Path, source: str) -> None:
    result = run(tmp_path, source, CI="true")
    assert result.returncode != 0
    assert "skipped, which CI does not allow: no Chromium here" in result.stdout


def test_in_ci_a_reason_on_the_list_is_accepted(tmp_path: Path) -> None:
    assert run(tmp_path, ONE_TEST.format(reason="only on PostgreSQL"), CI="true").returncode == 0


def test_an_expected_failure_is_no_skip(tmp_path: Path) -> None:
    source = "import pytest\n\n@pytest.mark.xfail\ndef test_wish():\n    assert False\n"
    assert run(tmp_path, source, CI="true").returncode == 0
