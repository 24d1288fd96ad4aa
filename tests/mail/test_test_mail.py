"""The test mail: from the cockpit and the shell, the way of every mail, with the server's words."""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from sitebackend.cockpit.roles import Role, give_role
from sitebackend.mail import sender_domain, services
from sitebackend.mail.mail import TEST
from sitebackend.mail.models import NOTHING, OutgoingMail, State
from sitebackend.models import Operator
from tests.contact.mailserver import Handler, free_port, point_to
from tests.mail.nameserver import NameServer, name_server

PAGE = "/admin/mail/outgoingmail/test/"


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServer]:
    with name_server({("example.de", "TXT"): ['"v=spf1 -all"']}) as names:
        monkeypatch.setattr(sender_domain, "_resolver", names.resolver)
        yield names


def text(client: Client) -> str:
    return client.get(PAGE).content.decode()


def row() -> OutgoingMail:
    return OutgoingMail.objects.get(kind="mail.test", about=NOTHING)


# --- in the cockpit


@pytest.mark.django_db
def test_the_page_sends_by_the_outbox_and_shows_the_servers_words(
    admin_client: Client, mail_server: Handler, names: NameServer
) -> None:
    mail_server.answers_to_data = ["250 2.0.0 queued as 4ZbX"]
    admin_client.post(PAGE)
    assert mail_server.received == []  # a page waits for no mail server
    assert 'http-equiv="refresh"' in text(admin_client)
    services.deliver_due(timezone.now())
    page = text(admin_client)
    assert "250 2.0.0 queued as 4ZbX" in page
    assert 'http-equiv="refresh"' not in page
    [mail] = mail_server.mails()
    assert (mail["To"], mail["From"]) == ("operator@example.de", "site@example.de")
    assert names.asked == []


@pytest.mark.django_db
def test_a_no_is_shown_in_the_servers_words_and_what_to_do(admin_client: Client, mail_server: Handler) -> None:
    mail_server.answer_to_sender = "553 5.7.1 not yours"
    admin_client.post(PAGE)
    services.deliver_due(timezone.now())
    page = text(admin_client)
    assert "553 5.7.1 not yours" in page
    assert "MAIL_FROM" in page


@pytest.mark.django_db
def test_name_servers_are_asked_only_if_that_is_ticked(admin_client: Client, names: NameServer) -> None:
    admin_client.get(PAGE)
    admin_client.post(PAGE)
    assert names.asked == []
    page = admin_client.post(PAGE, {"check": "1"}, follow=True).content.decode()
    assert set(names.asked) == {"example.de", "_dmarc.example.de"}
    assert "gar keine Mail" in page


@pytest.mark.django_db
def test_pressed_again_it_is_another_mail_and_no_repeat(admin_client: Client, mail_server: Handler) -> None:
    for _ in range(2):
        admin_client.post(PAGE)
        services.deliver_due(timezone.now())
    first, second = mail_server.mails()
    assert first["Message-ID"] != second["Message-ID"]
    assert second["Subject"] == first["Subject"]


@pytest.mark.django_db
def test_refused_and_tried_again_it_keeps_its_message_id(admin_client: Client, mail_server: Handler) -> None:
    admin_client.post(PAGE)
    asked = row().queued_at
    first = TEST.compose(NOTHING, {})
    mail_server.answers_to_data = ["451 4.3.0 not now"]
    services.deliver_due(asked)
    with time_machine.travel(asked + timedelta(minutes=5)):
        services.deliver_due(asked + timedelta(minutes=5))
    [mail] = mail_server.mails()
    assert first
    assert mail["Message-ID"] == first.extra_headers["Message-ID"]


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.OFFICE, Role.EDITORIAL])
def test_whoever_does_not_run_the_site_sends_none(client: Client, role: Role) -> None:
    operator = Operator.objects.create_user("office")
    give_role(operator, role)
    client.force_login(operator)
    assert (client.get(PAGE).status_code, client.post(PAGE).status_code) == (403, 403)
    assert not OutgoingMail.objects.filter(kind="mail.test").exists()


@pytest.mark.django_db
def test_the_outbox_leads_there(admin_client: Client) -> None:
    assert PAGE in admin_client.get("/admin/mail/outgoingmail/").content.decode()


# --- from the shell; outside a transaction, as there


def command(*options: str) -> str:
    said = StringIO()
    call_command("send_test_mail", *options, stdout=said)
    return said.getvalue()


@pytest.mark.django_db(transaction=True)
def test_the_command_waits_for_the_answer_and_shows_it(
    mail_server: Handler, names: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "PATIENCE", 0.1)
    mail_server.answers_after, mail_server.answers_to_data = 0.5, ["250 2.0.0 queued as 4ZbX"]
    said = command("--without-dns")
    assert "250 2.0.0 queued as 4ZbX" in said
    assert "operator@example.de" in said
    assert row().state == State.SENT
    assert names.asked == []


@pytest.mark.django_db(transaction=True)
def test_the_command_ends_with_the_servers_no(settings: Settings) -> None:
    port = free_port()
    point_to(settings, port)
    with pytest.raises(CommandError, match=f"127.0.0.1:{port}"):
        command()
    assert row().state == State.RETRYING


@pytest.mark.django_db(transaction=True)
def test_the_command_names_what_speaks_against_the_domain(
    mail_server: Handler, names: NameServer, settings: Settings
) -> None:
    settings.SENDS_MAIL, said = True, StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("send_test_mail", stdout=said)
    assert ended.value.code == 1
    assert "gar keine Mail" in said.getvalue()
    assert len(mail_server.received) == 1
