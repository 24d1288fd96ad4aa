"""`serve`: one instance, children that die with it, an end that lets requests finish, a log without data."""

import http.client
import os
import re
import select
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.ops.conftest import Place
from tests.running_site import PATIENCE

LEAKY = """
from sitebackend.settings import *

ROOT_URLCONF = "leaky_urls"
"""
LEAKY_URLS = """
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path

from sitebackend.urls import urlpatterns as own

def fail(request, name):
    raise ValueError(f"Key (email)=({name}@example.de) already exists")

def fail_while_streaming(request, name):
    def parts():
        yield b"begun"
        raise ValueError(f"{name}@example.de\\n{name}")
    return StreamingHttpResponse(parts())

def slow(request):
    import time
    time.sleep(1.5)  # the work that SIGTERM must not cut off
    return HttpResponse("finished")

def environment(request):
    return HttpResponse("\\n".join(sorted(map(str, request.META.values()))))

urlpatterns = [
    path("fail/<name>/", fail),
    path("stream/<name>/", fail_while_streaming),
    path("slow/", slow),
    path("environment/", environment),
    *own,
]
"""


class Server:
    """A running `serve`."""

    def __init__(self, place: Place, process: subprocess.Popen[str], address: str) -> None:
        self.place, self.process, self.address = place, process, address

    def get(self, path: str, **headers: str) -> str:
        request = urllib.request.Request(f"http://{self.address}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return str(answer.read().decode())

    def status_of(self, path: str) -> int:
        try:
            self.get(path)
        except urllib.error.HTTPError as error:
            return error.code
        return 200

    def children(self) -> list[int]:
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True)
        return [int(pid) for pid in listed.stdout.split()]

    def worker(self) -> int:
        return next(pid for pid in self.children() if "--supervised-by" in command_of(pid))

    def log(self) -> str:
        """End it and give all that it wrote."""
        self.process.terminate()
        out, err = self.process.communicate(timeout=PATIENCE)
        return out + err


def command_of(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""


def until(condition: Callable[[], object]) -> None:
    """Other processes can only be asked."""
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def answers(address: str) -> bool:
    host, port = address.split(":")
    with suppress(OSError), socket.create_connection((host, int(port)), timeout=5):
        return True
    return False


def free_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def serving(place: Place, *arguments: str) -> Iterator[Server]:
    address = free_address()
    process = place.start("serve", "--bind", address, *arguments)
    try:
        until(lambda: process.poll() is not None or answers(address))
        assert process.poll() is None, process.communicate()
        yield Server(place, process, address)
    finally:
        process.kill()
        process.communicate()
        until(lambda: not answers(address))


@pytest.fixture
def leaky(made: Place) -> Place:
    """The site with a few more addresses, of which some fail with data in the exception."""
    (made.folder / "leaky.py").write_text(LEAKY)
    (made.folder / "leaky_urls.py").write_text(LEAKY_URLS)
    made.extra = {"PYTHONPATH": str(made.folder), "DJANGO_SETTINGS_MODULE": "leaky", "CANARY": "not for views"}
    return made


def test_after_kill_9_nobody_listens_and_nobody_works(made: Place) -> None:
    with serving(made) as server:
        until(lambda: len(server.children()) == 2)
        watches = [os.pidfd_open(child) for child in server.children()]
        server.process.kill()
        for watch in watches:
            assert select.select([watch], [], [], 10)[0]
        assert not answers(server.address)


def test_a_second_instance_on_the_same_address_says_so_and_ends(made: Place, made_once: tuple[Place, object]) -> None:
    with serving(made, "--no-worker") as server:
        done = made_once[0].run("serve", "--bind", server.address)
        assert done.returncode == 1
        assert re.fullmatch(rf"CommandError: {server.address} ist belegt: .*\n", done.stderr)


def test_a_second_instance_on_the_same_data_says_so_and_ends(made: Place) -> None:
    with serving(made, "--no-worker"):
        done = made.run("serve", "--bind", free_address())
        assert done.returncode == 1
        assert done.stderr == f"CommandError: Eine andere Instanz arbeitet schon mit {made.data}.\n"


def test_a_killed_web_process_and_a_killed_worker_are_replaced(made: Place) -> None:
    with serving(made) as server:
        until(lambda: len(server.children()) == 2)
        before = set(server.children())
        for child in before:
            os.kill(child, signal.SIGKILL)
        until(lambda: len(server.children()) == 2 and not before & set(server.children()))
        until(lambda: answers(server.address))
        assert server.status_of("/healthz") == 200
        assert "Traceback" not in server.log()


def test_sigterm_lets_a_running_request_finish(leaky: Place) -> None:
    with serving(leaky, "--no-worker") as server:
        host, port = server.address.split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=PATIENCE)
        connection.request("GET", "/slow/")
        until(lambda: server.status_of("/healthz") == 200)  # the slow one was accepted before this one
        server.process.terminate()
        assert connection.getresponse().read() == b"finished"
        assert server.process.wait(PATIENCE) == 0
        connection.close()


def test_data_in_an_exception_reaches_no_log(leaky: Place) -> None:
    with serving(leaky, "--no-worker") as server:
        assert server.status_of("/fail/erika.mustermann/") == 500
        with suppress(http.client.IncompleteRead, ConnectionError):
            server.get("/stream/erika.mustermann/")
        log = server.log()
    assert "builtins.ValueError\n" in log
    assert "leaky_urls.py" in log
    assert "erika" not in log
    assert "127.0.0.1 " not in log


def test_ordinary_requests_are_not_logged_at_all(made: Place) -> None:
    with serving(made, "--no-worker") as server:
        for path in ("/", "/healthz", "/nicht-da/", "/kontakt/"):
            server.status_of(path)
        assert server.log() == f"Die Website läuft auf http://{server.address}/ – beenden mit Strg+C.\n"


def test_no_view_sees_the_process_environment(leaky: Place) -> None:
    with serving(leaky, "--no-worker") as server:
        seen = server.get("/environment/")
    assert "not for views" not in seen
    assert str(leaky.env_file) not in seen


def test_two_web_processes_without_a_shared_cache_are_warned_about(made: Place) -> None:
    with serving(made, "--no-worker", "--workers", "2") as server:
        assert server.status_of("/healthz") == 200
        assert "CACHE_URL" in server.log()


def test_it_serves_https_itself(made: Place) -> None:
    certificate, key = made.folder / "cert.pem", made.folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    with serving(made, "--no-worker", "--certificate", str(certificate), "--key", str(key)) as server:
        context = ssl.create_default_context(cafile=str(certificate))
        context.check_hostname = False
        with urllib.request.urlopen(f"https://{server.address}/healthz", context=context) as answer:
            assert answer.read() == b"ok\n"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--workers", "0"), 2, "--workers"),
        (("--certificate", "/nowhere.pem"), 2, "--key"),
        (("--certificate", "/nowhere.pem", "--key", "/nowhere.pem"), 1, "Zertifikat"),
        (("--bind", "8000"), 2, "127.0.0.1:8000"),
    ],
)
def test_wrong_use_is_told(made: Place, arguments: tuple[str, ...], code: int, says: str) -> None:
    done = made.run("serve", *(arguments if "--bind" in arguments else ("--bind", free_address(), *arguments)))
    assert done.returncode == code
    assert says in done.stderr.splitlines()[-1]


def test_without_its_tables_it_does_not_start(made: Place) -> None:
    (made.data / "site.sqlite3").unlink()
    done = made.run("serve", "--bind", free_address())
    assert done.returncode == 1
    assert "manage.py migrate" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_without_static_files_it_does_not_start(made: Place) -> None:
    (made.data / "static" / "staticfiles.json").unlink()
    done = made.run("serve", "--bind", free_address())
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("manage.py collectstatic --no-input")


def test_a_retention_below_the_law_stops_the_start(made: Place) -> None:
    done = made.run("serve", "--bind", free_address(), BILLING_RETENTION_YEARS="7")
    assert done.returncode == 1
    assert "sitebackend.E001" in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SITE_URL", "http://www.example.de"),
        ("SITE_URL", "www.example.de"),
        ("SECRET_KEY", "short"),
        ("EMAIL_URL", "smtp://mail.example.de:25"),
        ("OPERATOR_EMAIL", "not an address"),
        ("CONTACT_MAIL", "fax"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line_that_names_it(made: Place, name: str, value: str) -> None:
    done = made.run("serve", "--bind", free_address(), **{name: value})
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(f"{name}: ")
    assert f"for example {name}=" in done.stderr


def test_slow_senders_do_not_keep_others_waiting(made: Place) -> None:
    with serving(made, "--no-worker") as server:
        host, port = server.address.split(":")
        head = b"POST /kontakt/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n"
        slow = [socket.create_connection((host, int(port))) for _ in range(50)]
        for sender in slow[:40]:
            sender.sendall(head + b"Content-Type: application/x-www-form-urlencoded\r\n\r\nname=")
        for sender in slow[40:]:
            sender.sendall(head)
        begun = time.monotonic()
        assert server.status_of("/healthz") == 200
        assert time.monotonic() - begun < 5
        for sender in slow:
            sender.close()
