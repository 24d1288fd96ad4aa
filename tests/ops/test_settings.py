"""A setting that is missing or wrong stops the start with one line: which, what is expected, an example."""

import os
import subprocess
import sys

import pytest

from tests.running_site import ROOT

SOUND = {
    "ENV_FILE": os.devnull,
    "PATH": os.environ["PATH"],
    "SITE_URL": "https://www.example.de",
    "SECRET_KEY": "x" * 50,
    "OPERATOR_EMAIL": "operator@example.de",
    "EMAIL_URL": "memorymail://",
}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"SITE_URL": "http://www.example.de"}, "plain http"),
        ({"SECRET_KEY": ""}, "not set"),
        ({"EMAIL_URL": "smtp://mail.example.de"}, "needs TLS"),
        ({"CONTACT_RETENTION_DAYS": "read=10"}, "done, open, suspect"),
        ({"CONTACT_RETENTION_DAYS": "done=soon"}, "whole number"),
    ],
)
def test_the_start_ends_with_one_line(wrong: dict[str, str], said: str) -> None:
    (name,) = wrong
    command = [sys.executable, str(ROOT / "manage.py"), "check"]
    ended = subprocess.run(command, env=SOUND | wrong, capture_output=True, text=True, check=False)
    (line,) = ended.stderr.strip().splitlines()
    assert ended.returncode == 1
    assert name in line
    assert said in line
    assert f"for example {name}=" in line
    assert "Traceback" not in ended.stdout
