"""OpenPGP as it is used here: real gpg, real keys."""

import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sitebackend.crypto import openpgp
from tests.conftest import PASSPHRASE


def test_a_message_comes_back_byte_for_byte(key_pair: tuple[bytes, bytes], tmp_path: Path) -> None:
    certificate = openpgp.inspect(key_pair[0])
    keyring = openpgp.write_keyring([certificate], tmp_path)
    message = "Grüße € 🙂\r\n„Anführung“ -----BEGIN\n".encode() * 400
    sealed = openpgp.encrypt(message, keyring=keyring, fingerprints=[certificate.fingerprint])
    assert sealed.startswith(openpgp.ARMOUR)
    assert openpgp.decrypt(sealed, secret_key=key_pair[1], passphrase=PASSPHRASE) == message


def test_several_messages_open_one_after_the_other_and_no_key_stays_behind(
    key_pair: tuple[bytes, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = openpgp.inspect(key_pair[0])
    keyring = openpgp.write_keyring([certificate], tmp_path)
    memory = Path(tempfile.mkdtemp(prefix="sb-", dir="/dev/shm"))
    monkeypatch.setattr(openpgp, "_MEMORY", memory)
    with openpgp.opener(secret_key=key_pair[1], passphrase=PASSPHRASE) as opened:
        (home,) = memory.iterdir()
        for number in range(3):
            sealed = openpgp.encrypt(b"%d" % number, keyring=keyring, fingerprints=[certificate.fingerprint])
            assert opened(sealed) == b"%d" % number
        with pytest.raises(openpgp.OpenPGPError, match="does not open"):
            opened(sealed.replace(b"\n\n", b"\n\nAAAA", 1))
        assert opened(sealed) == b"2"
        assert home.stat().st_mode & 0o777 == 0o700
    memory.rmdir()


def test_a_wrong_passphrase_opens_nothing(key_pair: tuple[bytes, bytes], tmp_path: Path) -> None:
    certificate = openpgp.inspect(key_pair[0])
    keyring = openpgp.write_keyring([certificate], tmp_path)
    sealed = openpgp.encrypt(b"secret", keyring=keyring, fingerprints=[certificate.fingerprint])
    with pytest.raises(openpgp.OpenPGPError, match="does not open"):
        openpgp.decrypt(sealed, secret_key=key_pair[1], passphrase="wrong")


def test_a_file_with_a_secret_key_is_refused(key_pair: tuple[bytes, bytes]) -> None:
    with pytest.raises(openpgp.OpenPGPError, match="geheimen Schlüssel"):
        openpgp.inspect(key_pair[1])


def test_a_file_with_two_certificates_is_refused(key_pair: tuple[bytes, bytes]) -> None:
    other, _ = openpgp.generate("Other <other@example.de>", passphrase=PASSPHRASE)
    with pytest.raises(openpgp.OpenPGPError, match="2 öffentliche Schlüssel"):
        openpgp.inspect(key_pair[0] + b"\n" + other)


def test_a_mail_address_is_no_recipient(key_pair: tuple[bytes, bytes], tmp_path: Path) -> None:
    keyring = openpgp.write_keyring([openpgp.inspect(key_pair[0])], tmp_path)
    with pytest.raises(openpgp.OpenPGPError, match="fingerprints"):
        openpgp.encrypt(b"x", keyring=keyring, fingerprints=["operator@example.de"])


def test_an_expired_certificate_is_seen_and_encrypts_nothing(tmp_path: Path) -> None:
    certificate = openpgp.inspect(expired_public_key())
    assert certificate.problem(datetime.now(UTC)) == "expired"
    keyring = openpgp.write_keyring([certificate], tmp_path)
    with pytest.raises(openpgp.OpenPGPError, match="did not encrypt"):
        openpgp.encrypt(b"x", keyring=keyring, fingerprints=[certificate.fingerprint])


def expired_public_key() -> bytes:
    """A certificate made by gpg itself in 2020 (its clock is told so), for one day."""
    with openpgp.temporary_home() as home:
        gpg = ["gpg", "--homedir", str(home), "--batch", "--faked-system-time", "20200101T000000"]
        make = [*gpg, "--passphrase", "", "--quick-gen-key", "Old <old@example.de>", "rsa2048", "default", "1d"]
        subprocess.run(make, check=True, capture_output=True)
        return subprocess.run([*gpg, "--export"], check=True, capture_output=True).stdout
