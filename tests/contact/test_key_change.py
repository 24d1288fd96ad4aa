"""Another operator key: the one before rules until the new one is proved, and nobody changes it unnoticed."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from contact import key_change
from contact.key_watch import LOOK_EVERY, watch_keys
from contact.models import KeyTrial, KnownKey, Submission
from sitebackend import findings
from sitebackend import operator_key as keys
from sitebackend.crypto import openpgp
from sitebackend.findings import Level
from sitebackend.mail.services import deliver_due
from sitebackend.models import Act, Event, Operator
from tests.conftest import PASSPHRASE
from tests.contact.conftest import NOON, word_of
from tests.contact.mailserver import Handler

pytestmark = pytest.mark.django_db
PAGE = "/admin/contact/submission/key/"
Pair = tuple[bytes, bytes]


@pytest.fixture(scope="session")
def next_key() -> Pair:
    return openpgp.generate("Next <next@example.de>", passphrase=PASSPHRASE, days=100)


@pytest.fixture
def operator(db: None) -> Client:
    client = Client()
    client.force_login(Operator.objects.create_superuser("chefin"))
    return client


def in_use() -> list[str]:
    return [certificate.fingerprint for certificate in keys.usable_certificates()]


def of(pair: Pair) -> str:
    return openpgp.inspect(pair[0]).fingerprint


def upload(operator: Client, pair: Pair) -> Any:
    return operator.post(PAGE, {"file": SimpleUploadedFile("key.asc", pair[0])})


def told() -> dict[str, Level]:
    """The findings of the operator key, but for its end."""
    return {
        finding.code.removeprefix("operator_key."): finding.level
        for finding in findings.collect(datetime.now(UTC))
        if finding.code.startswith("operator_key.") and finding.code != "operator_key.expires"
    }


def type_word(operator: Client, word: str) -> Any:
    return operator.post(f"{PAGE}word/", {"word": word})


def test_the_key_before_rules_until_the_word_is_typed(
    operator: Client,
    operator_key: Path,
    key_pair: Pair,
    next_key: Pair,
    received: Callable[..., Submission],
    opened: Callable[[Submission], dict[str, str]],
) -> None:
    watch_keys(NOON)
    assert upload(operator, next_key).headers["Location"] == f"{PAGE}word/"
    assert opened(received())["name"]
    assert told() == {"waits": Level.WARNING}
    (trial,) = KeyTrial.objects.all()
    assert trial.message in operator.get(f"{PAGE}word/").content.decode()
    assert type_word(operator, word_of(trial, next_key[1]).lower().replace("-", " ")).status_code == 302
    assert in_use() == [of(next_key)]
    assert told() == {"changed": Level.WARNING}
    assert not KeyTrial.objects.exists()


def test_another_word_changes_nothing_and_says_so(operator: Client, operator_key: Path, next_key: Pair) -> None:
    upload(operator, next_key)
    before, page = in_use(), type_word(operator, "AAA-BBB-CCC")
    assert page.status_code == 422
    assert "Probenachricht" in page.content.decode()
    assert in_use() == before
    assert KeyTrial.objects.waiting().count() == 1


def test_the_trial_is_mailed_as_messages_are_and_opens_with_gpg(
    operator: Client, operator_key: Path, next_key: Pair, mail_server: Handler, tmp_path: Path
) -> None:
    upload(operator, next_key)
    deliver_due(datetime.now(UTC))
    (mail,) = [mail for mail in mail_server.mails() if mail.get_content_type() == "multipart/encrypted"]
    sealed = mail.get_payload()[1].get_payload(decode=True)
    plain = openpgp.decrypt(sealed, secret_key=next_key[1], passphrase=PASSPHRASE)
    assert message_from_bytes(plain)["Subject"]
    assert word_of(KeyTrial.objects.get(), next_key[1]) in plain.decode()
    listed = subprocess.run(["gpg", "--list-packets"], input=sealed, capture_output=True, check=False).stdout
    assert listed.count(b":pubkey enc packet:") == 1, "to the new key alone"


def test_a_key_that_comes_while_none_is_usable_counts_at_once_and_is_red_until_proved(
    operator: Client, settings: Settings, tmp_path: Path, next_key: Pair, received: Callable[..., Submission]
) -> None:
    settings.OPERATOR_KEY_FILE = [tmp_path / "none-yet.asc"]
    upload(operator, next_key)
    received()
    assert in_use() == [of(next_key)]
    assert told() == {"unproved": Level.ALARM}
    type_word(operator, word_of(KeyTrial.objects.get(), next_key[1]))
    assert told() == {}, "there was no key yesterday that this one could be another than"


def test_beside_a_broken_file_a_new_key_counts_at_once_and_is_another_one(
    operator: Client, settings: Settings, tmp_path: Path, next_key: Pair, key_pair: Pair
) -> None:
    settings.OPERATOR_KEY_FILE = [tmp_path / "operator.asc"]
    settings.OPERATOR_KEY_FILE[0].write_bytes(key_pair[0])
    watch_keys(NOON)
    settings.OPERATOR_KEY_FILE[0].write_bytes(b"broken by hand")
    upload(operator, next_key)
    assert in_use() == [of(next_key)]
    assert told() == {"unproved": Level.ALARM, "changed": Level.WARNING}


def test_an_extended_key_is_the_same_key_and_needs_no_proof(
    operator: Client, operator_key: Path, key_pair: Pair
) -> None:
    watch_keys(NOON)
    assert upload(operator, key_pair).headers["Location"] == PAGE
    assert not KeyTrial.objects.exists()
    assert told() == {}


def test_a_file_changed_by_hand_is_told_with_when_and_by_whom_and_mailed_a_trial(
    operator: Client, operator_key: Path, next_key: Pair, mail_server: Handler
) -> None:
    watch_keys(NOON)
    operator_key.write_bytes(next_key[0])
    assert told() == {"changed": Level.WARNING}, "before the worker has looked"
    watch_keys(NOON + LOOK_EVERY)
    deliver_due(datetime.now(UTC))
    assert told() == {"changed": Level.WARNING, "unproved": Level.ALARM}
    page = operator.get(PAGE).content.decode()
    assert "an diesem Programm vorbei" in page
    assert sorted(mail.get_content_type() for mail in mail_server.mails()) == ["multipart/encrypted", "text/plain"]
    type_word(operator, word_of(KeyTrial.objects.get(), next_key[1]))
    assert told() == {"changed": Level.WARNING}, "whoever put it there can open it, too"
    assert "an diesem Programm vorbei" in operator.get(PAGE).content.decode()


def test_a_second_file_added_by_hand_beside_a_proved_one_is_a_warning(
    operator_key: Path, next_key: Pair, settings: Settings, tmp_path: Path
) -> None:
    watch_keys(NOON)
    (tmp_path / "second.asc").write_bytes(next_key[0])
    settings.OPERATOR_KEY_FILE = [operator_key, tmp_path / "second.asc"]
    watch_keys(NOON + LOOK_EVERY)
    assert told() == {"changed": Level.WARNING, "unproved": Level.WARNING}


def test_who_brought_it_and_when_stand_in_status_until_it_is_confirmed(
    operator: Client, operator_key: Path, next_key: Pair, capsys: pytest.CaptureFixture[str]
) -> None:
    watch_keys(NOON)
    upload(operator, next_key)
    type_word(operator, word_of(KeyTrial.objects.get(), next_key[1]))
    (text,) = [str(found.text) for found in findings.collect(datetime.now(UTC)) if found.code == "operator_key.changed"]
    assert "chefin" in text
    assert of(next_key) in text
    watch_keys(datetime.now(UTC) + LOOK_EVERY)
    assert told() == {"changed": Level.WARNING}
    assert operator.post(PAGE, {"confirm": "1"}).status_code == 302
    assert told() == {}
    assert list(Event.objects.filter(act=Act.KEY_CONFIRMED).values_list("key", flat=True)) == [of(next_key)]


def test_before_the_worker_has_ever_looked_the_change_is_told_and_the_key_before_is_not(
    operator: Client, operator_key: Path, next_key: Pair, settings: Settings, tmp_path: Path
) -> None:
    settings.OPERATOR_KEY_FILE = [operator_key, tmp_path / "before.asc"]
    upload(operator, next_key)
    type_word(operator, word_of(KeyTrial.objects.get(), next_key[1]))
    watch_keys(datetime.now(UTC))
    assert [key.fingerprint for key in key_change.in_use() if key.is_unconfirmed] == [of(next_key)]


def test_the_key_that_comes_back_is_another_one_again(operator_key: Path, key_pair: Pair, next_key: Pair) -> None:
    watch_keys(NOON)
    for days, key in enumerate((next_key, key_pair), start=1):
        operator_key.write_bytes(key[0])
        watch_keys(NOON + days * 24 * LOOK_EVERY)
        assert KnownKey.objects.unconfirmed().get().fingerprint == of(key)
        key_change.confirm(now=NOON)
        assert "changed" not in told()


def test_a_key_that_waits_can_be_turned_away(operator: Client, operator_key: Path, next_key: Pair) -> None:
    before = in_use()
    upload(operator, next_key)
    word = word_of(KeyTrial.objects.get(), next_key[1])
    assert operator.post(PAGE, {"discard": "1"}).status_code == 302
    assert type_word(operator, word).status_code == 422
    assert in_use() == before
    assert told() == {}


def test_the_newest_that_waits_takes_the_place_of_the_one_before(
    operator: Client, operator_key: Path, next_key: Pair
) -> None:
    third = openpgp.generate("Third <third@example.de>", passphrase=PASSPHRASE)
    upload(operator, next_key)
    old_word = word_of(KeyTrial.objects.get(), next_key[1])
    upload(operator, third)
    assert KeyTrial.objects.get().fingerprint == of(third)
    assert type_word(operator, old_word).status_code == 422


def test_a_file_that_may_not_be_written_leaves_the_trial_waiting(
    operator: Client, operator_key: Path, next_key: Pair, settings: Settings
) -> None:
    upload(operator, next_key)
    word = word_of(KeyTrial.objects.get(), next_key[1])
    settings.OPERATOR_KEY_FILE = [Path("/proc/self/operator.asc")]
    assert type_word(operator, word).status_code == 422
    assert KeyTrial.objects.waiting().exists()
    assert not Event.objects.filter(act=Act.KEY_REPLACED).exists()


def test_the_command_line_shows_the_trial_takes_the_word_and_confirms(
    operator_key: Path, next_key: Pair, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    watch_keys(NOON)
    (tmp_path / "next.asc").write_bytes(next_key[0])
    call_command("operator_key", "import", str(tmp_path / "next.asc"))
    shown = capsys.readouterr().out
    trial = KeyTrial.objects.get()
    assert trial.message in shown
    assert in_use() != [of(next_key)]
    with pytest.raises(CommandError, match="Probenachricht"):
        call_command("operator_key", "prove", "AAA-BBB-CCC")
    call_command("operator_key", "prove", word_of(trial, next_key[1]))
    assert in_use() == [of(next_key)]
    (text,) = [str(found.text) for found in findings.collect(datetime.now(UTC)) if found.code == "operator_key.changed"]
    assert "Befehlszeile" in text
    call_command("operator_key", "confirm")
    assert told() == {}


def test_thirty_megabytes_are_called_too_large_on_the_page_and_on_the_command_line(
    operator: Client, operator_key: Path, tmp_path: Path
) -> None:
    large = b"\x99" + b"k" * 30 * 2**20
    page = operator.post(PAGE, {"file": SimpleUploadedFile("key.asc", large)})
    assert page.status_code == 422
    assert "größer als 10 MB" in page.content.decode()
    (tmp_path / "large.asc").write_bytes(large)
    with pytest.raises(CommandError, match="31 MB"):
        call_command("operator_key", "import", str(tmp_path / "large.asc"))
