"""A mail that the server does not take: it waits, and the log learns no word of it."""

import logging
from datetime import UTC, datetime

import pytest
import time_machine
from pytest_django import Settings

from sitebackend import mail
from tests.contact.mailserver import free_port, point_to

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


def send() -> None:
    mail.send(mail.EmailMessage("Frau Jürgens' Anfrage", "Geheim", to=["juergen.weiss@example.org"]))


def test_what_was_taken_does_not_wait() -> None:
    assert mail.try_to_send("reminder", send)
    assert not mail.is_waiting("reminder")


def test_what_was_not_taken_waits_and_holds_up_nothing_else(settings: Settings) -> None:
    point_to(settings, free_port())
    with time_machine.travel(NOW, tick=False):
        assert not mail.try_to_send("reminder", send)
        assert mail.is_waiting("reminder")
        assert not mail.is_waiting("journal")
    with time_machine.travel(NOW + mail.AGAIN_AFTER, tick=False):
        assert not mail.is_waiting("reminder")


def test_the_log_names_the_kind_of_mail_and_of_failure_only(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    point_to(settings, free_port())
    with caplog.at_level(logging.DEBUG):
        mail.try_to_send("reminder", send)
    assert [record.getMessage() for record in caplog.records] == ["a mail waits (reminder): ConnectionRefusedError"]


def test_a_mistake_of_ours_is_not_taken_for_the_mail_servers() -> None:
    with pytest.raises(KeyError):
        mail.try_to_send("reminder", lambda: {}["missing"])
