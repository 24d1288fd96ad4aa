"""Secrets in settings: none is shown, none is silently another one, and there is a way in which nothing is escaped."""

import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitebackend.server_url import read
from sitebackend.setting_parsers import cache_url, database_url, default_sender, email_url, mailer, sender
from tests.ops.test_settings import SOUND
from tests.running_site import ROOT

CANARY = "Kanarienvogel"
AS_TYPED = st.characters(min_codepoint=33, max_codepoint=0x17F, exclude_categories=["Cc"], exclude_characters="%")
LOGINS = {
    "EMAIL_URL": "smtp+tls://site:{}@mail.example.de:587",
    "DATABASE_URL": "postgres://site:{}@db.example.de:5432/site",
    "CACHE_URL": "rediss://site:{}@cache.example.de:6379/1",
}
PARSERS = {"EMAIL_URL": email_url, "DATABASE_URL": database_url, "CACHE_URL": cache_url}


def start(given: dict[str, str], *code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *(code or (str(ROOT / "manage.py"), "check"))]
    return subprocess.run(command, env=given, capture_output=True, text=True, check=False, cwd=ROOT)


def refused(**changes: str) -> str:
    """The line that a start with these settings ends with."""
    ended = start({name: value for name, value in (SOUND | changes).items() if value})
    assert ended.returncode == 1, ended.stderr
    (line,) = ended.stderr.strip().splitlines()
    assert CANARY not in ended.stdout + ended.stderr
    return line


@pytest.mark.parametrize("name", LOGINS)
@pytest.mark.parametrize("sign", ["#", "/", "?", "%", "%41", "%zz", "%de", "\t"])
def test_a_password_that_ends_too_early_is_refused_and_the_escaping_is_told(name: str, sign: str) -> None:
    with pytest.raises(ValueError, match=r"%23|control character") as refusal:
        PARSERS[name](LOGINS[name].format(f"{CANARY}{sign}{CANARY}"))
    assert CANARY not in str(refusal.value)


@pytest.mark.parametrize("name", LOGINS)
def test_no_part_of_it_is_printed(name: str) -> None:
    for value in (f"{CANARY}#{CANARY}", f"{CANARY}/{CANARY}", f"{CANARY}:{CANARY}?", f"[{CANARY}", f"{CANARY}℀"):
        ended = start(SOUND | {name: LOGINS[name].format(value)})
        assert CANARY not in ended.stdout + ended.stderr


@pytest.mark.parametrize(
    "name",
    ["SITE_URL", "SECRET_KEY", "OPERATOR_EMAIL", "MAIL_FROM", "EMAIL_URL", "EMAIL_HOST", "DATABASE_URL", "CACHE_URL",
     "TRUSTED_PROXIES", "LOG_LEVEL", "BACKUP_MAX_AGE_DAYS", "CONTACT_RETENTION_DAYS", "CONTACT_REQUIRED_FIELDS",
     "VAULT_FINGERPRINT", "TIME_SOURCE", "BACKUP_UPLOAD_COMMAND", "ALARM_COMMAND", "EMAIL_PORT", "EMAIL_SECURITY"],
)  # fmt: skip
def test_whatever_stands_in_the_wrong_line_is_not_printed(name: str) -> None:
    without = {"EMAIL_URL": ""} if name.startswith("EMAIL_") and name != "EMAIL_URL" else {}
    assert refused(**without, **{name: f"{CANARY} '{CANARY}"}).startswith(name)


def test_a_secret_in_place_of_its_file_is_not_printed() -> None:
    assert "No such file" in refused(SECRET_KEY="", SECRET_KEY_FILE=CANARY)


def test_no_traceback_holds_it() -> None:
    ended = start(
        SOUND | {"DATABASE_URL": LOGINS["DATABASE_URL"].format(f"{CANARY}#")}, "-c", "import sitebackend.settings"
    )
    assert "Traceback" in ended.stderr
    assert CANARY not in ended.stderr


@given(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"]), min_size=1))
def test_an_escaped_password_is_the_one_that_was_meant(password: str) -> None:
    written = quote(password, safe="")
    assert read(f"smtp+tls://site%40example.de:{written}@mail.example.de:587")[1:4] == (
        "site@example.de", password, "mail.example.de:587",
    )  # fmt: skip


@given(st.text(AS_TYPED, min_size=1))
def test_a_password_as_it_is_is_taken_as_it_is_or_refused(password: str) -> None:
    url = f"smtp+tls://site:{password}@mail.example.de:587"
    if set(password) & set("#/?"):
        with pytest.raises(ValueError, match="%23"):
            email_url(url)
        return
    config = email_url(url)
    assert (config["EMAIL_HOST"], config["EMAIL_HOST_PASSWORD"]) == ("mail.example.de", password)


# --- the plain way

PLAIN = {"EMAIL_URL": "", "EMAIL_HOST": "mail.example.de", "EMAIL_USER": "site", "EMAIL_PASSWORD": "pa#ss/%41?ß$ @"}
SHOW = "import sitebackend.settings as s; print(ascii((s._MAIL, s.MAIL_FROM)))"


def shown(**changes: str) -> str:
    ended = start({name: value for name, value in (SOUND | PLAIN | changes).items() if value}, "-c", SHOW)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_beside_the_url_a_password_needs_no_escaping() -> None:
    config, mail_from = eval(shown())  # noqa: S307 - our own output
    assert config == {
        "EMAIL_BACKEND": "sitebackend.mail.smtp.EmailBackend",
        "EMAIL_HOST": "mail.example.de",
        "EMAIL_PORT": 587,
        "EMAIL_HOST_USER": "site",
        "EMAIL_HOST_PASSWORD": PLAIN["EMAIL_PASSWORD"],
        "EMAIL_USE_TLS": True,
        "EMAIL_USE_SSL": False,
    }
    assert mail_from == "website@example.de"


@pytest.mark.parametrize("password", ["$geheim", "${geheim}", "'geheim", '"geheim', "geheim\\n"])
def test_a_password_with_any_beginning_is_itself(tmp_path: Path, password: str) -> None:
    file = tmp_path / "password"
    file.write_text(password + "\n")
    config, _mail_from = eval(shown(EMAIL_PASSWORD="", EMAIL_PASSWORD_FILE=str(file)))  # noqa: S307 - our own output
    assert config["EMAIL_HOST_PASSWORD"] == password


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("ssl", 465)])
def test_the_usual_port_goes_with_the_security(security: str, port: int) -> None:
    assert f"'EMAIL_PORT': {port}" in shown(EMAIL_SECURITY=security)
    assert "'EMAIL_PORT': 2525" in shown(EMAIL_SECURITY=security, EMAIL_PORT="2525")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"EMAIL_PASSWORD": ""}, "EMAIL_HOST: user and password belong together"),
        ({"EMAIL_SECURITY": "none"}, "EMAIL_HOST: mail to another machine needs TLS"),
        ({"EMAIL_SECURITY": "tls"}, "EMAIL_SECURITY: it is not among starttls, ssl, none"),
        ({"EMAIL_PORT": "0"}, "EMAIL_PORT: it is not between 1"),
        ({"EMAIL_HOST": "mail.example.de:587"}, "EMAIL_HOST: it is not the name of one server alone"),
        ({"EMAIL_HOST": "mail..example.de"}, "EMAIL_HOST: host and port cannot be read"),
        ({"EMAIL_HOST": "mä il.example.de"}, "EMAIL_HOST: it names no domain"),
        ({"EMAIL_HOST": ""}, "EMAIL_HOST: it is not set, nor is EMAIL_URL"),
        ({"EMAIL_URL": "memorymail://"}, "EMAIL_URL: EMAIL_HOST is set beside it"),
        ({"EMAIL_PASSWORD": "a\tb"}, "EMAIL_PASSWORD: it holds a control character"),
    ],
)
def test_what_does_not_fit_together_stops_the_start(changes: dict[str, str], said: str) -> None:
    assert refused(**PLAIN | changes).startswith(said)


def test_both_ways_give_the_same() -> None:
    by_url = mailer(email_url("smtp+ssl://site:pa%23ss@mail.example.de"), timeout=20)
    by_name = eval(shown(EMAIL_SECURITY="ssl", EMAIL_PASSWORD="pa#ss"))[0]  # noqa: S307 - our own output
    assert mailer(by_name, timeout=20) == by_url


# --- the sender


@pytest.mark.parametrize(
    ("operator", "login", "site", "expected"),
    [
        ("chefin@gmx.de", "", "https://www.example.de", "website@example.de"),
        ("chefin@example.de", "Chefin@example.de", "https://example.de", "website@example.de"),
        ("website@example.de", "", "https://www.example.de", "noreply@example.de"),
        ("chefin@example.de", "post@example.de", "https://www.example.de", "post@example.de"),
        ("operator@example.de", "", "http://127.0.0.1:8000", "website@example.de"),
    ],
)
def test_nobody_gets_mail_from_himself_by_default(operator: str, login: str, site: str, expected: str) -> None:
    assert default_sender(operator=operator, login=login, site=site) == expected


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("site@example.de", "site@example.de"),
        ("Netz & Gerät <site@example.de>", "Netz & Gerät <site@example.de>"),
        ('"Gerät, Netz" <site@example.de>', '"Gerät, Netz" <site@example.de>'),
        ("Gerät, Netz <site@example.de>", '"Gerät, Netz" <site@example.de>'),
    ],
)
def test_a_sender_may_have_a_name(written: str, meant: str) -> None:
    assert sender(written) == meant


@pytest.mark.parametrize("wrong", ["<site@example.de>", 'a "b" c <site@example.de>', "a <b> <site@example.de>", "Netz"])
def test_a_sender_that_cannot_be_read_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"cannot be read|no e-mail address|not one plain"):
        sender(wrong)
