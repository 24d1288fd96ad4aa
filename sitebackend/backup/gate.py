"""The gate: a site whose restore is not complete answers 503 and does nothing else.

It is a file, not a row: the database may be the old one, the new one, or none at that moment.
"""

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

from sitebackend import whole_file
from sitebackend.proxy import Application, Environ, StartResponse

PAGE = b"""<!doctype html>
<html lang="de"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Gleich wieder da</title></head>
<body><main><h1>Gleich wieder da</h1>
<p>Diese Website wird gerade wiederhergestellt. Bitte versuchen Sie es in einigen Minuten noch einmal.</p>
<p lang="en">This website is being restored. Please try again in a few minutes.</p></main></body></html>
"""


def folder() -> Path:
    """Where a restore keeps what is not in its place yet."""
    return Path(settings.DATA_DIR) / "restore"


def is_shut() -> bool:
    return _ready().exists()


def shut(facts: Mapping[str, Any]) -> None:
    """From now on the restore is completed or taken back; everything staged is on the disk before."""
    os.sync()
    whole_file.write(_ready(), json.dumps(facts).encode())


def facts() -> dict[str, Any]:
    """What was written down when the gate was shut."""
    return dict(json.loads(_ready().read_bytes()))


def open_again() -> None:
    os.sync()
    _ready().unlink()
    shutil.rmtree(folder(), ignore_errors=True)


def _ready() -> Path:
    return folder() / "ready.json"


class Gate:
    """WSGI middleware: while the gate is shut, a calm page and nothing behind it."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not is_shut():
            return self.application(environ, start_response)
        headers = [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(PAGE))),
            ("Content-Security-Policy", "default-src 'none'"),
            ("Cache-Control", "no-store"),
            ("Retry-After", "300"),
        ]
        start_response("503 Service Unavailable", headers)
        return [PAGE]
