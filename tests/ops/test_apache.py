"""deploy/apache.conf with a real Apache in front of a real site."""

import http.client
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import pytest

from tests.ops.conftest import Place
from tests.ops.test_serve import answers, free_address, serving, until
from tests.running_site import ROOT, Answer

APACHE = shutil.which("apache2", path="/usr/sbin:/usr/bin")
MODULES = Path("/usr/lib/apache2/modules")
NAMES = (
    "mpm_event",
    "authz_core",
    "ssl",
    "headers",
    "proxy",
    "proxy_http",
    "alias",
    "http2",
    "reqtimeout",
    "setenvif",
)
SPELLINGS = ["X-Forwarded-", "X_Forwarded-", "X-Forwarded_", "X_Forwarded_"]  # WSGI makes one name of all four
VISITOR = "127.0.0.2"  # the loopback network has many addresses; only 127.0.0.1 is trusted
LOOK = """
from sitebackend.settings import *

ROOT_URLCONF = "look_urls"
"""
LOOK_URLS = """
from django.http import HttpResponse
from django.urls import path

from sitebackend.urls import urlpatterns as own

def look(request):
    return HttpResponse(f"{request.META['REMOTE_ADDR']} {request.scheme} {request.get_host()}")

urlpatterns = [path("look/", look), *own]
"""

pytestmark = pytest.mark.skipif(not APACHE, reason="needs Apache")


@dataclass
class Front:
    """Where Apache listens, and what it wrote."""

    https: str
    http: str
    log: Path
    access_log: Path

    def get(self, path: str, *headers: tuple[str, str], name: str = "www.example.de") -> Answer:
        """Ask as the visitor; headers may come twice, in this order."""
        host, port = self.https.split(":")
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(host, int(port), source_address=(VISITOR, 0), context=context)
        return asked(connection, path, ("Host", name), *headers)


def asked(connection: http.client.HTTPConnection, path: str, *headers: tuple[str, str]) -> Answer:
    with closing(connection):
        connection.putrequest("GET", path, skip_host=True)
        for header in headers:
            connection.putheader(*header)
        connection.endheaders()
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read().decode())


def made_of_the_example(folder: Path, front: Front, site: str) -> Path:
    """Apache's whole configuration: modules and places for the test, then the example with its names replaced."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=www.example.de"]
    subprocess.run(
        [*command, "-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"], check=True, capture_output=True
    )
    example = (ROOT / "deploy" / "apache.conf").read_text()
    for theirs, ours in {
        "<VirtualHost *:443>": f"<VirtualHost {front.https}>",
        "<VirtualHost *:80>": f"<VirtualHost {front.http}>",
        "/etc/letsencrypt/live/www.example.de": str(folder),
        "${APACHE_LOG_DIR}/site-error.log": str(front.log),
        "CustomLog /dev/null common env": f"CustomLog {front.access_log} common env",
        "127.0.0.1:8000": site,
    }.items():
        assert theirs in example
        example = example.replace(theirs, ours)
    lines = [
        *(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in NAMES),
        f"ServerRoot {folder}",
        f"PidFile {folder}/pid",
        f"ErrorLog {folder}/own.log",
        f"Listen {front.https}",
        f"Listen {front.http}",
        "ServerName localhost",
        'LogFormat "%r" common',  # no visitor: another test looks for addresses in everything that Apache writes
        "User nobody",
        "Group nogroup",
    ]
    path = folder / "apache.conf"
    path.write_text("\n".join([*lines, example]))
    return path


@pytest.fixture(scope="module")
def front(made_once: tuple[Place, object], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    place = Place(Path(shutil.copytree(made_once[0].folder, tmp_path_factory.mktemp("apache") / "site")))
    (place.folder / "look.py").write_text(LOOK)
    (place.folder / "look_urls.py").write_text(LOOK_URLS)
    place.extra = {
        "SITE_URL": "https://www.example.de",
        "TRUSTED_PROXIES": "127.0.0.1/32",
        "PYTHONPATH": str(place.folder),
        "DJANGO_SETTINGS_MODULE": "look",
    }
    folder = place.folder.parent
    found = Front(free_address(), free_address(), folder / "error.log", folder / "access.log")
    with serving(place, "--no-worker") as server:
        configuration = made_of_the_example(folder, found, server.address)
        apache = subprocess.Popen([str(APACHE), "-f", configuration, "-DFOREGROUND"])
        until(lambda: apache.poll() is not None or answers(found.https))
        assert apache.poll() is None, "its own words stand on standard error"
        yield found
        apache.terminate()
        apache.wait()


@pytest.mark.parametrize("path", ["/kontakt/danke/", "/en/kontakt/danke/", "/datenschutz/anfrage/abholen/"])
def test_an_address_that_is_a_key_stands_in_no_access_log(front: Front, path: str) -> None:
    front.get(f"{path}key/")
    front.get("/kontakt/?after")
    until(lambda: "/kontakt/?after" in front.access_log.read_text())
    assert "key" not in front.access_log.read_text()


def test_the_site_sees_the_visitor_his_scheme_and_its_own_name(front: Front) -> None:
    assert front.get("/look/").body == f"{VISITOR} https www.example.de"


def test_pages_come_through_with_their_protection(front: Front) -> None:
    answer = front.get("/")
    assert answer.status == 200
    assert "max-age=31536000" in (answer.headers["Strict-Transport-Security"] or "")
    assert "default-src 'none'" in (answer.headers["Content-Security-Policy"] or "")
    assert answer.headers["Set-Cookie"] is None


@pytest.mark.parametrize("name", ["-".join, "_".join])
def test_what_the_visitor_claims_does_not_count(front: Front, name: object) -> None:
    claims = (("For", "192.0.2.66"), ("Proto", "http"), ("Host", "evil.example.org"))
    headers = [(name(["X", "Forwarded", what]), value) for what, value in claims]  # type: ignore[operator]
    assert front.get("/look/", *headers).body == f"{VISITOR} https www.example.de"


@pytest.mark.parametrize("claimed", list(permutations(SPELLINGS, 2)))
def test_no_spelling_before_or_after_the_true_one_overrides_it(front: Front, claimed: tuple[str, str]) -> None:
    headers = [(f"{spelling}For", "192.0.2.66") for spelling in claimed]
    headers += [(f"{spelling}Proto", "http") for spelling in claimed]
    assert front.get("/look/", *headers).body == f"{VISITOR} https www.example.de"


def test_another_host_name_is_refused(front: Front) -> None:
    assert front.get("/", name="evil.example.org").status == 400


def test_plain_http_is_sent_to_https(front: Front) -> None:
    host, port = front.http.split(":")
    answer = asked(http.client.HTTPConnection(host, int(port)), "/kontakt/", ("Host", "www.example.de"))
    assert (answer.status, answer.headers["Location"]) == (301, "https://www.example.de/kontakt/")


def test_apache_keeps_no_address(front: Front) -> None:
    front.get("/look/")
    with socket.create_connection(("127.0.0.1", int(front.https.split(":")[1])), source_address=(VISITOR, 0)) as rude:
        rude.sendall(b"nonsense\r\n\r\n")
        rude.recv(100)
    written = "".join(path.read_text() for path in front.log.parent.glob("*.log"))
    assert VISITOR not in written


def test_the_systemd_unit_is_understood(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("needs systemd")
    unit = (ROOT / "deploy" / "sitebackend.service").read_text()
    known = unit.replace("/opt/sitebackend/.venv/bin/python", "/bin/true")
    (tmp_path / "sitebackend.service").write_text(known)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / "sitebackend.service"], capture_output=True, text=True
    )
    assert "sitebackend.service" not in done.stderr, done.stderr
