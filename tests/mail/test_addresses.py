"""On the wire stands the address that was meant; one that the server cannot take is refused, before and after."""

import socket
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from pytest_django import Settings

from sitebackend.mail import kinds, services, smtputf8
from sitebackend.mail.kinds import Facts, Kind
from sitebackend.mail.message import message_id, render
from sitebackend.mail.models import MailServer, OutgoingMail, State
from sitebackend.models import SiteSettings
from tests.contact.mailserver import Handler, free_port, point_to
from tests.mail.conftest import NOON

pytestmark = pytest.mark.django_db
JUERGEN = "jürgen@faß.de"


class Noting(Handler):
    """Knows whom the mails were for, and what was asked for with them."""

    def __init__(self) -> None:
        super().__init__()
        self.recipients: list[str] = []
        self.options: list[str] = []

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        self.recipients.append(address)
        self.options += envelope.mail_options
        return await super().handle_RCPT(server, session, envelope, address, options)


def _serving(settings: Settings, *, offers: bool) -> Iterator[Noting]:
    handler, port = Noting(), free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port, enable_SMTPUTF8=offers)
    controller.start()
    point_to(settings, port)
    yield handler
    controller.stop()


@pytest.fixture
def plain_server(settings: Settings) -> Iterator[Noting]:
    """A mail server without SMTPUTF8."""
    yield from _serving(settings, offers=False)


@pytest.fixture
def utf8_server(settings: Settings) -> Iterator[Noting]:
    """A mail server that offers SMTPUTF8."""
    yield from _serving(settings, offers=True)


@pytest.fixture(autouse=True)
def _letters() -> Iterator[None]:
    """A kind of mail made as all are, with the addresses that its facts name."""

    def letter(about: Any, facts: Facts) -> EmailMessage:
        return render(
            "contact/email/acknowledgement",
            {"reference": "AAA-AAA-AAA", "site": SiteSettings.current()},
            to=facts["to"],
            identity=message_id("letter", about.hex),
            reply_to=facts.get("reply_to", ""),
        )

    kinds.register(Kind("test.address", label="letter", compose=letter))
    yield
    del kinds._kinds["test.address"]


def sent(to: str, **facts: str) -> OutgoingMail:
    about = uuid4()
    services.queue("test.address", about=about, to=to, facts={"to": to, **facts}, now=NOON)
    services.deliver_due(NOON)
    return OutgoingMail.objects.get(about=about)


@pytest.mark.parametrize(
    ("stored", "wire"),
    [
        ("anna@faß.de", "anna@xn--fa-hia.de"),
        ("anna@fass.de", "anna@fass.de"),
        ("anna@faß.de\u200b", "anna@xn--fa-hia.de"),
        ("anna@xn--fa-hia.de", "anna@xn--fa-hia.de"),
    ],
)
def test_a_mail_goes_to_the_domain_that_was_meant_and_to_no_stranger(
    stored: str, wire: str, plain_server: Noting
) -> None:
    assert sent(stored, reply_to="post@weiß.de").state == State.SENT
    assert plain_server.recipients == [wire]
    [mail] = plain_server.mails()
    assert (mail["To"], mail["Reply-To"]) == (wire, "post@xn--wei-7ka.de")


def test_where_the_server_offers_it_letters_before_the_at_go_as_they_are(utf8_server: Noting) -> None:
    assert sent(JUERGEN, reply_to="größe@example.org").state == State.SENT
    assert utf8_server.recipients == ["jürgen@xn--fa-hia.de"]
    assert "SMTPUTF8" in utf8_server.options
    assert "To: jürgen@xn--fa-hia.de\r\n".encode() in utf8_server.received[0]
    assert "Reply-To: größe@example.org\r\n".encode() in utf8_server.received[0]
    assert "AAA-AAA-AAA" in utf8_server.mails()[0].get_content()


def test_where_it_does_not_the_mail_says_why_and_others_go(plain_server: Noting) -> None:
    refused = sent(JUERGEN)
    assert refused.state == State.UNDELIVERABLE
    assert "SMTPUTF8" in refused.last_reply
    assert "jürgen" not in refused.last_reply
    assert sent("anna@example.org").state == State.SENT
    assert plain_server.recipients == ["anna@example.org"]


def test_a_mail_to_the_operator_is_not_lost_for_a_reply_to_that_cannot_be_written(plain_server: Noting) -> None:
    assert sent("operator@example.de", reply_to=JUERGEN).state == State.SENT
    [mail] = plain_server.mails()
    assert mail["Reply-To"] is None


def test_what_has_only_ascii_before_the_at_asks_for_no_extension(utf8_server: Noting) -> None:
    sent("anna@faß.de")
    assert "SMTPUTF8" not in utf8_server.options


# --- what forms are told


def test_while_the_server_was_never_talked_to_such_an_address_is_refused() -> None:
    with pytest.raises(ValidationError, match="Mailserver"):
        smtputf8.check_offered(JUERGEN)
    smtputf8.check_offered("anna@faß.de")
    smtputf8.check_offered("")


def test_the_worker_hears_what_the_server_offers_before_any_mail(utf8_server: Noting) -> None:
    assert services.ask_server(NOON) == 1
    smtputf8.check_offered(JUERGEN)
    assert services.ask_server(NOON) == 0
    assert utf8_server.received == []


def test_every_conversation_tells_what_the_server_offers_now(settings: Settings) -> None:
    MailServer.objects.create(offers_smtputf8=True, asked_at=NOON)
    for _server in _serving(settings, offers=False):
        sent("anna@example.org")
    with pytest.raises(ValidationError):
        smtputf8.check_offered(JUERGEN)
    for _server in _serving(settings, offers=True):
        sent("anna@example.org")
    smtputf8.check_offered(JUERGEN)


def test_a_server_that_is_away_is_asked_again_in_an_hour_and_stops_no_job(settings: Settings) -> None:
    point_to(settings, free_port())
    assert services.ask_server(NOON) == 1
    assert services.ask_server(NOON) == 0
    assert not smtputf8.is_offered()
    with socket.socket() as silent:  # takes a connection and says nothing
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        point_to(settings, silent.getsockname()[1], timeout=0.2)
        assert services.ask_server(NOON + smtputf8.ASK_EVERY) == 1
