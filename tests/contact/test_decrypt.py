"""`manage.py decrypt REFERENCE`."""

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from contact.message import fields_of
from contact.models import Submission
from sitebackend.crypto import openpgp
from tests.conftest import PASSPHRASE
from tests.contact.conftest import FIELDS


@pytest.fixture
def secret_key(key_pair: tuple[bytes, bytes], data_dir: Path) -> Any:
    path = data_dir / "keys" / "operator-secret.asc"
    path.write_bytes(key_pair[1])
    yield path
    path.unlink()


def test_the_message_goes_to_standard_output_byte_for_byte(
    send: Callable[..., Any],
    secret_key: Path,
    capsysbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send()
    monkeypatch.setenv("OPERATOR_KEY_PASSPHRASE", PASSPHRASE)
    call_command("decrypt", Submission.objects.get().reference)
    sealed = Submission.objects.get().message.armoured.encode()
    written = capsysbinary.readouterr().out
    assert written == openpgp.decrypt(sealed, secret_key=secret_key.read_bytes(), passphrase=PASSPHRASE)
    assert fields_of(written) == FIELDS


def test_the_passphrase_may_come_by_standard_input_and_the_reference_in_any_spelling(
    send: Callable[..., Any],
    secret_key: Path,
    capsysbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send()
    monkeypatch.delenv("OPERATOR_KEY_PASSPHRASE", raising=False)
    monkeypatch.setattr(sys, "stdin", io.StringIO(PASSPHRASE + "\n"))
    call_command("decrypt", Submission.objects.get().reference.replace("-", " ").lower())
    assert fields_of(capsysbinary.readouterr().out) == FIELDS


def test_a_wrong_passphrase_and_an_unknown_reference_say_so(
    send: Callable[..., Any], secret_key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send()
    monkeypatch.setenv("OPERATOR_KEY_PASSPHRASE", "wrong")
    with pytest.raises(CommandError, match="does not open"):
        call_command("decrypt", Submission.objects.get().reference)
    with pytest.raises(CommandError, match="Eine Anfrage mit dieser Kennung"):
        call_command("decrypt", "AAA-AAA-AAA")


def test_plain_gpg_opens_the_stored_text(send: Callable[..., Any], key_pair: tuple[bytes, bytes]) -> None:
    send()
    with openpgp.temporary_home() as home:
        gpg = ["gpg", "--homedir", str(home), "--batch", "--pinentry-mode", "loopback", "--passphrase", PASSPHRASE]
        subprocess.run([*gpg, "--import"], input=key_pair[1], check=True, capture_output=True)
        sealed = Submission.objects.get().message.armoured.encode()
        clear = subprocess.run([*gpg, "-d"], input=sealed, check=True, capture_output=True).stdout
    assert fields_of(clear) == FIELDS
