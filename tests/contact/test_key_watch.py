"""The operator key: looked at, replaced, and watched."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from contact.key_watch import LOOK_EVERY, watch_keys
from contact.models import KeyTrial, KnownKey
from sitebackend import findings, operator_key
from sitebackend.crypto import openpgp
from sitebackend.mail.services import deliver_due
from tests.conftest import PASSPHRASE
from tests.contact.conftest import word_of
from tests.contact.mailserver import Handler
from tests.test_openpgp import expired_public_key

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="session")
def ending_key() -> bytes:
    """Ends in a hundred days."""
    return openpgp.generate("Ending soon <ending@example.de>", passphrase=PASSPHRASE, days=100)[0]


@pytest.fixture
def in_use(settings: Settings, tmp_path: Path) -> Callable[[bytes], Path]:
    def in_use(key: bytes) -> Path:
        path = tmp_path / "in-use.asc"
        path.write_bytes(key)
        settings.OPERATOR_KEY_FILE = [path]
        return path

    return in_use


def test_warnings_go_out_once_at_each_mark(ending_key: bytes, in_use: Any, mail_server: Handler) -> None:
    in_use(ending_key)
    end = operator_key.certificates()[0].expires
    assert end is not None
    for days in range(90, -3, -1):
        for hours in (0, 6):
            now = end - timedelta(days=days) + timedelta(hours=hours)
            watch_keys(now)
            deliver_due(now)
    subjects = [mail["Subject"].strip() for mail in mail_server.mails()]
    assert subjects == [
        *(f"Der Betreiberschlüssel endet in höchstens {days} Tagen" for days in (60, 30, 14, 7, 1)),
        "Der Betreiberschlüssel ist abgelaufen",
    ]


def test_another_key_is_told_and_the_first_one_is_not(
    ending_key: bytes, key_pair: tuple[bytes, bytes], in_use: Any, mail_server: Handler
) -> None:
    now = datetime.now(UTC)
    in_use(key_pair[0])
    assert watch_keys(now) == 0
    in_use(ending_key)
    assert watch_keys(now) == 2
    assert watch_keys(now + LOOK_EVERY) == 0
    assert deliver_due(now) == 2
    trial, mail = sorted(mail_server.mails(), key=lambda mail: mail.get_content_type())
    assert trial.get_content_type() == "multipart/encrypted"
    assert operator_key.certificates()[0].fingerprint in mail.get_content()
    assert KnownKey.objects.count() == 1


def test_a_warning_that_was_not_taken_is_not_made_twice(ending_key: bytes, in_use: Any, mail_server: Handler) -> None:
    in_use(ending_key)
    end = operator_key.certificates()[0].expires
    assert end is not None
    now = end - timedelta(days=20)
    mail_server.answers_to_data = ["451 later"]
    assert watch_keys(now) == 1
    assert deliver_due(now) == 0
    assert watch_keys(now + LOOK_EVERY) == 0
    assert deliver_due(now + LOOK_EVERY) == 1


def test_an_unreadable_key_is_an_alarm_and_one_mail_until_it_is_back(
    key_pair: tuple[bytes, bytes], in_use: Any, mail_server: Handler
) -> None:
    now = datetime.now(UTC)
    in_use(key_pair[0])
    watch_keys(now)
    for broken in (b"no key", key_pair[0], b"no key again"):
        in_use(broken)
        for hours in range(3):
            watch_keys(now + timedelta(hours=hours))
            deliver_due(now + timedelta(hours=hours))
    subjects = [mail["Subject"].strip() for mail in mail_server.mails()]
    assert subjects == ["Der Betreiberschlüssel ist nicht lesbar"] * 2
    assert "operator_key.unusable" in {finding.code for finding in findings.collect(datetime.now(UTC))}


def test_one_broken_key_of_two_is_a_warning_that_stops_nothing(
    settings: Settings, operator_key: Path, tmp_path: Path
) -> None:
    settings.OPERATOR_KEY_FILE = [tmp_path / "gone.asc", operator_key]
    found = {finding.code: finding for finding in findings.collect(datetime.now(UTC))}
    assert found["operator_key.out_of_use"].level == findings.Level.WARNING
    assert "operator_key.unusable" not in found


def test_show_names_fingerprint_owner_and_end(
    operator_key: Path, key_pair: tuple[bytes, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("operator_key", "show")
    told = capsys.readouterr().out
    assert openpgp.inspect(key_pair[0]).fingerprint in told
    assert "Operator (test) <operator@example.de>" in told


def test_show_of_an_expired_key_says_so(in_use: Any) -> None:
    in_use(expired_public_key())
    with pytest.raises(CommandError, match=r"abgelaufen|expired"):
        call_command("operator_key", "show")


def test_export_gives_the_public_file(operator_key: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    call_command("operator_key", "export")
    assert capsysbinary.readouterr().out == operator_key.read_bytes()


def test_import_puts_the_key_into_place_and_keeps_the_one_before(
    key_pair: tuple[bytes, bytes], in_use: Any, tmp_path: Path
) -> None:
    path = in_use(key_pair[0])
    public, secret = openpgp.generate("Fresh <fresh@example.de>", passphrase=PASSPHRASE)
    (tmp_path / "fresh.asc").write_bytes(public)
    call_command("operator_key", "import", str(tmp_path / "fresh.asc"))
    call_command("operator_key", "prove", word_of(KeyTrial.objects.get(), secret))
    assert operator_key.certificates()[0].fingerprint == openpgp.inspect(public).fingerprint
    assert [found.read_bytes() for found in path.parent.glob("in-use-*.asc")] == [key_pair[0]]


@pytest.mark.parametrize("what", ["expired", "secret", "nothing"])
def test_import_refuses_what_cannot_be_encrypted_to_and_changes_nothing(
    key_pair: tuple[bytes, bytes], in_use: Any, tmp_path: Path, what: str
) -> None:
    path = in_use(key_pair[0])
    contents = {"expired": expired_public_key, "secret": lambda: key_pair[1], "nothing": lambda: b""}
    (tmp_path / "fresh.asc").write_bytes(contents[what]())
    with pytest.raises(CommandError):
        call_command("operator_key", "import", str(tmp_path / "fresh.asc"))
    assert path.read_bytes() == key_pair[0]
