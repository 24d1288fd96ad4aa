"""A setting that is missing or wrong stops the start with one line: which, what is expected, an example."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sitebackend.setting_parsers import email_address, email_url, site_url, web_address
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
        ({"CONTACT_RETENTION_DAYS": "0"}, "between 1 and"),
        ({"CONTACT_RETENTION_DAYS": "suspect=0"}, "between 1 and"),
        ({"BACKUP_MAX_AGE_DAYS": "0"}, "between 1 and"),
        ({"BILLING_RETENTION_YEARS": "100000"}, "between 1 and 100"),
        ({"SITE_URL": "https://chefin:geheim@www.example.de"}, "not the address"),
        ({"SITE_URL": "https://*"}, "not the address"),
        ({"SITE_URL": "https://.example.de"}, "not the address"),
        ({"SITE_URL": "https://www.example.de:80000"}, "Port out of range"),
        ({"DATABASE_URL": "nonsense"}, "only SQLite and PostgreSQL"),
        ({"DATABASE_URL": "sqlite://"}, "names no database"),
        ({"CACHE_URL": "nonsense"}, "no shared cache"),
        ({"EMAIL_URL": "mail.example.de"}, "no way to send mail"),
        ({"EMAIL_URL": "consolemail://"}, "no way to send mail"),
        ({"EMAIL_URL": "smtp+tls://"}, "no mail server"),
        ({"OPERATOR_EMAIL": "@example.de"}, "no e-mail address"),
        ({"TRUSTED_PROXIES": "0.0.0.0/0"}, "everybody"),
        ({"VAULT_FINGERPRINT": "3f2a"}, "64 hexadecimal"),
        ({"SECRET_KEY_FILE": "/nowhere/key"}, "No such file"),
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


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://WWW.Example.de/", "https://www.example.de"),
        ("https://www.example.de:443", "https://www.example.de"),
        ("https://www.example.de:8443", "https://www.example.de:8443"),
        ("https://müller.example", "https://xn--mller-kva.example"),
        ("https://faß.de", "https://xn--fa-hia.de"),
        ("https://FASS.de", "https://fass.de"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_the_sites_address_is_kept_as_browsers_send_it(written: str, meant: str) -> None:
    assert site_url(written) == meant


@pytest.mark.parametrize(
    ("written", "wire"),
    [
        ("chefin@faß.de", "chefin@xn--fa-hia.de"),
        ("chefin@fass.de", "chefin@fass.de"),
        ("chefin@faß.de\u200b", "chefin@xn--fa-hia.de"),
        ("chefin@kunde.test", "chefin@kunde.test"),
    ],
)
def test_the_operators_address_is_nobody_elses(written: str, wire: str) -> None:
    assert email_address(written) == wire


@pytest.mark.parametrize(
    "written",
    [
        "chefin@localhost", "chefin@[127.0.0.1]", "=?utf-8?q?chefin?=@example.de", "größe@example.de", "a@b.de,c@d.de",
        "Chefin <chefin@example.de>", "chefin", "@example.de",
    ],
)  # fmt: skip
def test_an_address_that_no_mail_reaches_everywhere_stops_the_start(written: str) -> None:
    with pytest.raises(ValueError, match=r"^[a-z]"):
        email_address(written)


def test_mail_and_time_are_asked_of_the_host_that_was_meant() -> None:
    """Python's own codec looks up `fass.de` for `faß.de`, whose certificate a stranger has."""
    assert email_url("smtp+tls://site:p@mail.faß.de:587")["EMAIL_HOST"] == "mail.xn--fa-hia.de"
    with pytest.raises(ValueError, match="xn--"):
        web_address("https://faß.de/")
    with pytest.raises(ValueError, match="no domain"):
        site_url("https://i❤.ws")


@pytest.mark.parametrize(("url", "port"), [("smtp+tls://mail.example.de", 587), ("smtp+ssl://mail.example.de", 465)])
def test_a_mail_server_without_port_is_asked_at_the_usual_one(url: str, port: int) -> None:
    assert email_url(url)["EMAIL_PORT"] == port


def with_file(path: Path, content: bytes) -> subprocess.CompletedProcess[str]:
    path.write_bytes(content)
    command = [sys.executable, str(ROOT / "manage.py"), "check"]
    environment = {"PATH": os.environ["PATH"], "ENV_FILE": str(path)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_line_that_cannot_be_read_is_not_told_with_its_secret(tmp_path: Path) -> None:
    lines = b"SITE_URL=https://www.example.de\nSECRET_KEY = never-to-be-shown-never-to-be-shown-never-to-be\n"
    ended = with_file(tmp_path / "env", lines)
    assert "SECRET_KEY: it is not set" in ended.stderr
    assert "never" not in ended.stderr + ended.stdout


def test_a_mark_of_byte_order_does_not_hide_the_first_line(tmp_path: Path) -> None:
    ended = with_file(tmp_path / "env", b"\xef\xbb\xbfSITE_URL=https://www.example.de\n")
    assert ended.stderr.startswith("SECRET_KEY: it is not set")


def test_a_file_that_is_no_text_stops_the_start_with_one_line(tmp_path: Path) -> None:
    (line,) = with_file(tmp_path / "env", b"SITE_URL=\xff\n").stderr.strip().splitlines()
    assert line.startswith(str(tmp_path / "env"))


def test_a_reader_that_has_had_enough_leaves_no_traceback() -> None:
    command = [sys.executable, str(ROOT / "manage.py"), "help"]
    with subprocess.Popen(command, env=SOUND, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout
        assert running.stderr
        running.stdout.close()
        assert running.stderr.read() == b""


def test_a_terminal_that_does_not_know_a_sign_gets_another(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "manage.py"), "retention", "plan"]
    environment = SOUND | {"PYTHONIOENCODING": "ascii", "DATA_DIR": str(tmp_path)}
    ended = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert b"UnicodeEncodeError" not in ended.stderr
    assert b"L?schung" in ended.stdout


def test_a_misspelt_name_in_the_file_is_told_with_the_one_that_is_meant(tmp_path: Path) -> None:
    file, key = tmp_path / ".env", tmp_path / "key"
    key.write_text("x" * 50)
    lines = {**SOUND, "CONTACT_RETENTON_DAYS": "30", "SECRET_KEY_FILE": key, "OPERATOR_KEY_FILE": tmp_path / "key.asc"}
    lines["DATA_DIR"] = tmp_path
    file.write_text("\n".join(f"{name}={value}" for name, value in lines.items() if name.isupper()))
    environment = {"ENV_FILE": str(file), "PATH": os.environ["PATH"], "LANGUAGE": "de"}
    command = [sys.executable, str(ROOT / "manage.py"), "check"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    told = [line for line in ended.stderr.splitlines() if "sitebackend.W010" in line]
    assert len(told) == 1
    assert "CONTACT_RETENTON_DAYS" in told[0]
    assert "CONTACT_RETENTION_DAYS" in ended.stderr
