"""What stands in the way, in words: which of it is a setting, what the operator can do, and that nothing is lost."""

import smtplib
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from pytest_django import Settings

from sitebackend import findings
from sitebackend.findings import Level
from sitebackend.mail import services
from sitebackend.mail.failures import explain
from sitebackend.mail.models import OutgoingMail, State
from tests.contact.mailserver import Handler, free_port, point_to
from tests.mail.certificates import Authority
from tests.mail.conftest import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("told")]
LOGIN = ("site@example.de", "Schlüssel-ß✓")


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    return authority


@contextmanager
def running(handler: Handler, **options: Any) -> Iterator[int]:
    controller = Controller(handler, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def attempt() -> OutgoingMail:
    """One mail, tried once."""
    about = uuid4()
    services.queue("test.letter", about=about, facts={"words": "Kanarienvogel"}, now=NOON)
    services.deliver_due(NOON)
    return OutgoingMail.objects.get(about=about)


def alarm() -> findings.Finding | None:
    found = (found for found in findings.collect(NOON) if found.code == "mail.queue" and found.level == Level.ALARM)
    return next(found, None)


def no_to_sender(words: str) -> Callable[[Handler], None]:
    return lambda handler: setattr(handler, "answer_to_sender", words)


def no_to_recipient(words: str) -> Callable[[Handler], None]:
    return lambda handler: setattr(handler, "answer_to_recipient", words)


def no_to_data(words: str) -> Callable[[Handler], None]:
    return lambda handler: setattr(handler, "answers_to_data", [words])


# --- settings: retried, and an alarm at once


@pytest.mark.parametrize(
    ("refuse", "said"),
    [
        (no_to_sender("530 5.7.0 Authentication required"), "EMAIL_USER und EMAIL_PASSWORD"),
        (no_to_sender("553 5.7.1 not your address"), "MAIL_FROM"),
        (no_to_sender("550 5.1.8 domain does not exist"), "MAIL_FROM"),
        (no_to_recipient("530 5.7.0 Must issue a STARTTLS command first"), "EMAIL_USER und EMAIL_PASSWORD"),
        (no_to_recipient("553 5.7.1 <site@example.de>: Sender address rejected: not owned by user x"), "MAIL_FROM"),
        (no_to_recipient("554 5.7.1 <operator@example.de>: Relay access denied"), "MAIL_FROM"),
        (no_to_data("554 5.2.252 SendAsDenied"), "MAIL_FROM"),
    ],
)
def test_a_no_to_the_sender_is_a_setting(mail_server: Handler, refuse: Callable[[Handler], None], said: str) -> None:
    refuse(mail_server)
    mail = attempt()
    assert (mail.state, mail.is_setting_wrong, mail.copies) == (State.RETRYING, True, 0)
    assert said in mail.last_reply
    assert mail.next_attempt_at == pytest.approx(NOON + timedelta(minutes=1), abs=timedelta(seconds=10))
    found = alarm()
    assert found
    assert said in str(found.text)
    mail_server.answer_to_sender = mail_server.answer_to_recipient = ""
    assert services.deliver_due(NOON + timedelta(minutes=2)) == 1
    assert alarm() is None


@pytest.mark.parametrize(
    "refuse",
    [
        no_to_sender("552 5.3.4 too large"),
        no_to_recipient("550 5.1.1 no such mailbox"),
        no_to_recipient("550 5.1.1 <sender@example.de> is unknown"),
        no_to_data("554 5.6.0 not with us"),
    ],
)
def test_a_no_to_this_mail_is_final(mail_server: Handler, refuse: Callable[[Handler], None]) -> None:
    refuse(mail_server)
    mail = attempt()
    assert (mail.state, mail.is_setting_wrong) == (State.UNDELIVERABLE, False)


# --- login


@pytest.mark.parametrize("methods", [["PLAIN"], ["LOGIN"]])
def test_a_password_that_is_not_ascii_logs_in(settings: Settings, methods: list[str]) -> None:
    seen = []

    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        seen.append((mechanism, data.login.decode(), data.password.decode()))
        return AuthResult(success=True)

    others = {"PLAIN", "LOGIN"} - set(methods)
    options = {"authenticator": check, "auth_require_tls": False, "auth_exclude_mechanism": others}
    with running(Handler(), **options) as port:
        point_to(settings, port, login=LOGIN)
        assert attempt().state == State.SENT
    assert seen == [(methods[0], *LOGIN)]


def test_a_login_that_is_refused_is_a_setting(settings: Settings) -> None:
    def refuse(*_: Any) -> AuthResult:
        return AuthResult(success=False, handled=False)

    with running(Handler(), authenticator=refuse, auth_require_tls=False) as port:
        point_to(settings, port, login=LOGIN)
        mail = attempt()
    assert (mail.state, mail.is_setting_wrong) == (State.RETRYING, True)
    assert "535" in mail.last_reply
    assert "EMAIL_PASSWORD" in mail.last_reply
    assert "Schlüssel" not in mail.last_reply


def test_a_server_without_login_is_a_setting(settings: Settings) -> None:
    with running(Handler(), auth_exclude_mechanism={"PLAIN", "LOGIN"}) as port:
        point_to(settings, port, login=LOGIN)
        mail = attempt()
    assert (mail.is_setting_wrong, "EMAIL_USER" in mail.last_reply) == (True, True)


# --- TLS


@pytest.mark.parametrize("way", ["starttls", "ssl"])
@pytest.mark.parametrize(
    ("certificate", "said"),
    [
        ({"host": "mail.example.de"}, "anderen Namen"),
        ({"days": -1}, "abgelaufen"),
        ({"is_known": False}, "wer das Zertifikat von"),
    ],
)
def test_a_bad_certificate_is_told_and_nothing_is_sent(
    settings: Settings, authority: Authority, way: str, certificate: dict[str, Any], said: str
) -> None:
    handler, context = Handler(), authority.context(**certificate)
    options = {"tls_context": context} if way == "starttls" else {"ssl_context": context}
    with running(handler, **options) as port:
        point_to(settings, port, use_tls=way == "starttls", use_ssl=way == "ssl")
        mail = attempt()
    assert (mail.state, mail.is_setting_wrong, handler.received) == (State.RETRYING, True, [])
    assert said in mail.last_reply


@pytest.mark.parametrize("way", ["starttls", "ssl"])
def test_a_good_certificate_is_taken(settings: Settings, authority: Authority, way: str) -> None:
    context = authority.context()
    options = {"tls_context": context} if way == "starttls" else {"ssl_context": context}
    with running(Handler(), **options) as port:
        point_to(settings, port, use_tls=way == "starttls", use_ssl=way == "ssl")
        assert attempt().state == State.SENT


def test_tls_from_the_first_byte_where_there_is_none_is_a_setting(settings: Settings) -> None:
    with running(Handler()) as port:
        point_to(settings, port, use_ssl=True)
        mail = attempt()
    assert (mail.is_setting_wrong, "EMAIL_SECURITY" in mail.last_reply) == (True, True)


def test_a_server_without_starttls_is_a_setting(settings: Settings) -> None:
    with running(Handler()) as port:
        point_to(settings, port, use_tls=True)
        mail = attempt()
    assert (mail.is_setting_wrong, "STARTTLS" in mail.last_reply) == (True, True)


# --- the way there


def test_a_refused_connection_is_told_and_waits(settings: Settings) -> None:
    port = free_port()
    point_to(settings, port)
    mail = attempt()
    assert (mail.state, mail.is_setting_wrong) == (State.RETRYING, False)
    assert f"127.0.0.1:{port}" in mail.last_reply


def test_an_unknown_name_is_told(settings: Settings) -> None:
    point_to(settings, 587, host="mail.example.invalid")
    reply = attempt().last_reply
    assert "mail.example.invalid:587" in reply
    assert "EMAIL_HOST" in reply or "Nameserver" in reply  # a machine without a name server cannot know


class _Web(socketserver.StreamRequestHandler):
    """Talks at once, and is no mail server."""

    def handle(self) -> None:
        self.wfile.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")


class _HangsUp(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        """Nothing is said."""


@pytest.mark.parametrize(("handler", "is_setting", "said"), [(_Web, True, "kein Mailserver"), (_HangsUp, False, "465")])
def test_a_wrong_host_is_told(settings: Settings, handler: Any, is_setting: bool, said: str) -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        point_to(settings, server.server_address[1])
        mail = attempt()
        server.shutdown()
    assert (mail.is_setting_wrong, mail.state) == (is_setting, State.RETRYING)
    assert said in mail.last_reply


def test_words_are_never_longer_than_their_place() -> None:
    failure = explain(smtplib.SMTPSenderRefused(553, b"x" * 900, "a@example.de"), server="h" * 250 + ":587")
    assert len(failure.reply) <= 300


def test_what_the_server_says_of_the_envelope_is_the_bare_address(mail_server: Handler, settings: Settings) -> None:
    settings.MAIL_FROM = settings.DEFAULT_FROM_EMAIL = "Netz & Gerät <site@example.de>"
    attempt()
    [mail] = mail_server.mails()
    assert mail["From"].addresses[0].display_name == "Netz & Gerät"
    assert mail["From"].addresses[0].addr_spec == "site@example.de"
    assert mail_server.senders == ["site@example.de"]
