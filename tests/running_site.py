"""A real site in processes of its own: what `quickstart` makes and `serve` runs, in a folder of its own.

Nothing of this process's settings reaches it: it has its own `.env`, database, keys and mail folder.
"""

import copy
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPMessage
from pathlib import Path
from typing import Any, TypeVar

from tests.mail_files import mails_in

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 120  # seconds, for a machine that is busy with other tests
Found = TypeVar("Found")


@dataclass(frozen=True)
class Answer:
    """What the site said, after redirects."""

    status: int
    headers: HTTPMessage
    body: str


class RunningSite:
    """Made by `site()`; `secrets` are what quickstart printed once; `settings` count from then on."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.settings: dict[str, str] = {}
        self.address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.address}"
        self.secrets: dict[str, str] = json.loads(self.manage("quickstart", "--no-serve", "--json", *self._bind).stdout)
        self.settings.update(settings)
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.folder / "var"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def mails(self) -> list[bytes]:
        return mails_in(self.data / "mail")

    def manage(self, *arguments: str, code: int = 0, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run `manage.py` with these arguments; it must end with this exit code."""
        command = [sys.executable, ROOT / "manage.py", *arguments]
        done = subprocess.run(
            command, env=self._environment, capture_output=True, text=True, timeout=PATIENCE, check=False, **options
        )
        assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def start(self, *options: str) -> None:
        with self.log.open("ab") as log:
            command = [sys.executable, ROOT / "manage.py", "serve", *self._bind, *options]
            self._server = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)
        self.wait_for(self._is_ready)

    def second_node(self, folder: Path) -> "RunningSite":
        """The same settings and keys at another address: for a database that both share. It is not started."""
        node = copy.copy(self)
        node.folder = Path(shutil.copytree(self.folder, folder))
        node.address = f"127.0.0.1:{free_port()}"
        node.url = f"http://{node.address}"
        node._server = None
        return node

    def stop(self, kind: signal.Signals = signal.SIGTERM) -> None:
        if self._server:
            self._server.send_signal(kind)
            self._server.wait(PATIENCE)
            self._server = None

    def wait_for(self, condition: Callable[[], Found]) -> Found:
        """The first answer that is not empty; what happens in other processes can only be asked for."""
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            if answer := condition():
                return answer
            assert self._server is None or self._server.poll() is None, self.log.read_text()
            time.sleep(0.05)
        raise AssertionError(f"not within {PATIENCE} s\n{self.log.read_text()}")

    def send(self, fields: Mapping[str, str]) -> Answer:
        """Fill in the contact form and send it, as a visitor does; redirects are followed."""
        form = self.get("/kontakt/").body
        hidden = re.findall(r'<input[^>]*type="hidden"[^>]*name="(\w+)"[^>]*value="([^"]*)"', form)
        body = urllib.parse.urlencode({**dict(hidden), **fields}).encode()
        return self.get("/kontakt/", body, {"Origin": self.url})

    def get(self, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        request = urllib.request.Request(f"{self.url}{path}", body, dict(headers or {}))
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return Answer(answer.status, answer.headers, answer.read().decode())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read().decode())

    def shell(self, program: str) -> str:
        """What a Python program prints inside the site's settings, as `manage.py shell` runs it."""
        return self.manage("shell", "--no-imports", "--command", program).stdout

    def _is_ready(self) -> bool:
        try:
            return self.get("/readyz").status == 200
        except (urllib.error.URLError, ConnectionError):
            return False

    @property
    def _bind(self) -> tuple[str, str]:
        return "--bind", self.address

    @property
    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "VIRTUAL_ENV", "LANG")}
        own = {"HOME": self.folder, "ENV_FILE": self.folder / ".env", "DATA_DIR": self.data}
        return kept | {name: str(value) for name, value in own.items()} | self.settings


@contextmanager
def site(**settings: str) -> Iterator[RunningSite]:
    """A site that serves until the block ends; then nothing of it is left."""
    with tempfile.TemporaryDirectory(prefix="site-", ignore_cleanup_errors=True) as folder:
        running = RunningSite(Path(folder), settings)
        try:
            running.start()
            yield running
        finally:
            running.stop()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
