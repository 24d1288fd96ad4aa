"""A whole site of its own for the load scripts: set up in a temporary folder, served, with a real mail server."""

import asyncio
import http.client
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

ROOT = Path(__file__).resolve().parent.parent.parent
FIELDS = {
    "name": "Erika Beispiel",
    "street": "Beispielweg 1",
    "postal_code": "70173",
    "city": "Stuttgart",
    "phone": "0711 123456",
    "email": "erika@example.org",
}


class Mailbox:
    """Counts the mails of each submission; can be told to take its time, or to stop answering."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        self.is_silent = False
        self.answers_after = 0.0  #: seconds
        self.begun = threading.Event()  #: a mail is being handed over, or was

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.begun.set()
        await asyncio.sleep(self.answers_after)
        if self.is_silent:
            await asyncio.Event().wait()
        found = re.search(rb"^X-Reference: (\S+)", bytes(envelope.content or b""), re.MULTILINE)
        if found:  # other mails to the operator have none
            self.taken[found[1].decode()] += 1
        return "250 OK"


class Site:
    """Processes are killed by their process group: web, its forks and the worker at once."""

    def __init__(self, folder: Path, port: int, smtp_port: int, options: tuple[str, ...]) -> None:
        self.folder, self.port, self.options = folder, port, options
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.environment = kept | {
            "ENV_FILE": str(folder / ".env"),
            "DATA_DIR": str(folder / "var"),
            "EMAIL_URL": f"smtp://127.0.0.1:{smtp_port}",
            "TRUSTED_PROXIES": "127.0.0.1/32",  # each sender names a network of its own: limits stay on
            "LOG_LEVEL": "ERROR",
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.secrets: dict[str, str] = {}  #: what quickstart printed

    def set_up(self) -> None:
        self.secrets = json.loads(self.manage("quickstart", "--no-serve", "--json"))

    def manage(self, *arguments: str, typed: str = "") -> bytes:
        """Run a command; gives what it printed."""
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        done = subprocess.run(command, env=self.environment, input=typed.encode(), check=True, stdout=subprocess.PIPE)
        return done.stdout

    def start(self) -> None:
        command = [sys.executable, str(ROOT / "manage.py"), "serve", "--bind", f"127.0.0.1:{self.port}"]
        self.process = subprocess.Popen([*command, *self.options], env=self.environment, start_new_session=True)
        self.wait_until_it_answers()

    def wait_until_it_answers(self) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                if request(self.port, "GET", "/healthz")[0] == 200:
                    return
            except OSError:
                time.sleep(0.05)
        raise TimeoutError("the site does not answer")

    def kill(self) -> None:
        """kill -9 of everything at once, as a power cut would end it."""
        assert self.process
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait()

    def rows(self, question: str) -> list[tuple[object, ...]]:
        with sqlite3.connect(self.folder / "var" / "site.sqlite3", timeout=20) as database:
            return database.execute(question).fetchall()


@contextmanager
def running_site(*options: str, port: int) -> Iterator[tuple[Site, Mailbox]]:
    """`options` are those of `serve`; the mail server listens on `port` + 1000."""
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port + 1000)
    controller.start()
    folder = Path(tempfile.mkdtemp(prefix="load-"))
    site = Site(folder, port, port + 1000, options)
    try:
        site.set_up()
        site.start()
        yield site, mailbox
    finally:
        site.stop()
        controller.stop()
        shutil.rmtree(folder, ignore_errors=True)


def request(port: int, method: str, path: str, body: str = "", network: int = 0) -> tuple[int, dict[str, str], str]:
    """One request on a connection of its own; gives status, headers and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        headers = {"X-Forwarded-For": f"10.{network >> 8 & 255}.{network & 255}.1"}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()
    finally:
        connection.close()


def new_form(port: int, text: str) -> str:
    """Open the form and fill it in; gives the body to post."""
    page = request(port, "GET", "/kontakt/")[2]
    found = re.search(r'name="nonce" value="([^"]+)"', page)
    assert found, "no form"
    return urlencode(FIELDS | {"message": text, "nonce": unescape(found[1]), "extra": ""})
