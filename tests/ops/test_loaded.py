"""No process pays for what it does not do: what a start loads, asked of a real process."""

import os
import subprocess
import sys

HEAVY = ("fpdf", "fontTools", "pypdf", "segno", "stdnum", "vobject", "defusedxml", "playwright")
PROGRAM = """
import sys, django
django.setup()
import sitebackend.wsgi, sitebackend.management.commands.worker
from django.core.management import call_command
from django.urls import get_resolver
call_command("check")
assert get_resolver().url_patterns
print(*[name for name in sys.argv[1:] if name in sys.modules])
"""


def test_server_and_worker_load_nothing_that_only_makes_files() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *HEAVY],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split("\n")[-2] == ""
