"""gpg's traps, one by one: each ends in "not sent", is known to the operator, and leaves no clear text anywhere."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.db import connection
from pytest_django import Settings

from contact.models import EncryptedMessage, Submission
from sitebackend import findings
from sitebackend.crypto import openpgp
from sitebackend.mail.services import deliver_due
from sitebackend.models import SiteSettings
from sitebackend.operator_key import usable_certificates
from tests.conftest import PASSPHRASE
from tests.contact.conftest import FIELDS
from tests.contact.mailserver import Handler
from tests.test_openpgp import expired_public_key

Send = Callable[..., Any]


@pytest.fixture(autouse=True)
def _business(db: None) -> None:
    SiteSettings.objects.update_or_create(
        id=1, defaults={"business_name": "Netz & Co", "email": "post@example.de", "phone": "0711 99 88 77"}
    )


@pytest.fixture
def traces(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[[], list[str]]:
    """The files below DATA_DIR and the temp folders, and the log, that hold a typed word in the clear."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def traces() -> list[str]:
        folders = [Path(site.DATA_DIR), tmp_path, *Path("/tmp").glob("gpg-*")]
        found = [str(path) for folder in folders for path in _files(folder) if _tells(_content(path))]
        return found + (["log"] if _tells("".join(capfd.readouterr()).encode()) else [])

    return traces


def _files(folder: Path) -> Iterator[Path]:
    for parent, _folders, names in os.walk(folder):  # passes over what goes meanwhile: other tests' homes
        yield from (Path(parent) / name for name in names)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:  # a socket, or gone
        return b""


def _tells(content: bytes) -> bool:
    return any(word in content for word in (b"juergen.weiss", "Jürgen".encode(), "Königstraße".encode(), b"Zitat"))


def expect_refusal(send: Send, code: str, traces: Callable[[], list[str]]) -> None:
    answer = send()
    page = answer.content.decode()
    assert answer.status_code == 503
    assert "juergen.weiss@example.org" in page
    assert "mailto:post@example.de" in page
    assert "tel:0711998877" in page
    assert not Submission.objects.exists()
    assert not EncryptedMessage.objects.exists()
    assert code in {finding.code for finding in findings.collect(datetime.now(UTC)) if finding.stops_intake}
    assert traces() == []


def test_a_removed_key(send: Send, operator_key: Path, traces: Any) -> None:
    operator_key.unlink()
    expect_refusal(send, "operator_key.unusable", traces)


def test_an_expired_key(send: Send, operator_key: Path, traces: Any) -> None:
    operator_key.write_bytes(expired_public_key())
    expect_refusal(send, "operator_key.unusable", traces)


def test_a_revoked_key(send: Send, operator_key: Path, traces: Any) -> None:
    operator_key.write_bytes(_revoked())
    expect_refusal(send, "operator_key.unusable", traces)


def test_an_expired_encryption_subkey(send: Send, operator_key: Path, traces: Any) -> None:
    operator_key.write_bytes(_with_subkey_of_2020())
    expect_refusal(send, "operator_key.unusable", traces)


def test_no_encryption_subkey(send: Send, operator_key: Path, traces: Any) -> None:
    operator_key.write_bytes(_signing_only())
    expect_refusal(send, "operator_key.unusable", traces)


def test_two_certificates_in_the_file(
    send: Send, operator_key: Path, key_pair: tuple[bytes, bytes], traces: Any
) -> None:
    operator_key.write_bytes(openpgp.inspect(key_pair[0]).binary + _signing_only())
    expect_refusal(send, "operator_key.unusable", traces)


def test_a_secret_key_where_none_belongs(
    send: Send, operator_key: Path, key_pair: tuple[bytes, bytes], traces: Any
) -> None:
    operator_key.write_bytes(key_pair[1])
    expect_refusal(send, "operator_key.unusable", traces)


def test_a_file_that_is_no_key(send: Send, operator_key: Path, traces: Any) -> None:
    operator_key.write_bytes(b"Sehr geehrte Damen und Herren")
    expect_refusal(send, "operator_key.unusable", traces)


@pytest.fixture
def gpg(operator_key: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Puts another program in gpg's place, after the key was read with the real one."""
    usable_certificates()

    def replaced(script: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        if script:
            (folder / "gpg").write_text(f"#!/bin/sh\n{script}\n")
            (folder / "gpg").chmod(0o755)
        monkeypatch.setitem(openpgp._ENVIRONMENT, "PATH", f"{folder}" + (":/usr/bin:/bin" if script else ""))
        monkeypatch.setenv("PATH", f"{folder}" + (":/usr/bin:/bin" if script else ""))

    return replaced


def test_gpg_is_missing(send: Send, gpg: Callable[[str], None], traces: Any) -> None:
    gpg("")
    expect_refusal(send, "operator_key.unusable", traces)


def test_gpg_hangs(send: Send, gpg: Callable[[str], None], traces: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    gpg("exec tail -f /dev/null")
    monkeypatch.setattr(openpgp, "QUICK_SECONDS", 0.5)
    expect_refusal(send, "operator_key.unusable", traces)


def test_gpg_says_ok_and_gives_nothing(send: Send, gpg: Callable[[str], None], traces: Any) -> None:
    gpg('cat > /dev/null; echo "[GNUPG:] END_ENCRYPTION" >&2; exit 0')
    expect_refusal(send, "operator_key.unusable", traces)


def test_gpg_gives_clear_text_back(send: Send, gpg: Callable[[str], None], traces: Any) -> None:
    gpg('echo "[GNUPG:] END_ENCRYPTION" >&2; exec cat')
    expect_refusal(send, "operator_key.unusable", traces)


def test_gpg_fails_after_all_the_output(send: Send, gpg: Callable[[str], None], traces: Any) -> None:
    gpg('/usr/bin/gpg "$@"; exit 2')
    expect_refusal(send, "operator_key.unusable", traces)


def test_signs_beyond_latin_1_are_no_failure(send: Send, settings: Settings) -> None:
    assert send(message="€ 🙂 李").status_code == 303


def test_a_key_with_a_similar_address_beside_it_is_not_taken(send: Send, key_pair: tuple[bytes, bytes]) -> None:
    send()
    fingerprints = EncryptedMessage.objects.get().fingerprints
    assert fingerprints == [openpgp.inspect(key_pair[0]).fingerprint]


def test_while_the_key_is_changed_both_keys_open_the_message(
    send: Send, operator_key: Path, key_pair: tuple[bytes, bytes], settings: Settings, tmp_path: Path
) -> None:
    public, secret = openpgp.generate("Newer key <new@example.de>", passphrase=PASSPHRASE)
    (tmp_path / "new.asc").write_bytes(public)
    settings.OPERATOR_KEY_FILE = [operator_key, tmp_path / "new.asc"]
    send()
    sealed = EncryptedMessage.objects.get().armoured.encode()
    for key in (key_pair[1], secret):
        assert FIELDS["email"].encode() in openpgp.decrypt(sealed, secret_key=key, passphrase=PASSPHRASE)


def test_with_one_of_two_keys_expired_the_other_is_used(
    send: Send, operator_key: Path, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "old.asc").write_bytes(expired_public_key())
    settings.OPERATOR_KEY_FILE = [tmp_path / "old.asc", operator_key]
    assert send().status_code == 303


def test_a_long_way_to_the_data_folder_is_no_failure(send: Send, settings: Settings, tmp_path: Path) -> None:
    """An agent's socket has no room for it; encrypting asks no agent."""
    far = tmp_path / ("a" * 80) / ("b" * 80)
    shutil.copytree(Path(site.DATA_DIR) / "keys", far / "keys")
    settings.DATA_DIR = far
    assert send().status_code == 303


def test_a_missing_server_key(send: Send, settings: Settings, tmp_path: Path, traces: Any) -> None:
    settings.DATA_DIR = tmp_path / "empty"
    settings.DATA_DIR.mkdir()
    expect_refusal(send, "server_key.missing", traces)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_cannot_take_another_row(send: Send, operator_key: Path, traces: Any) -> None:
    """SQLite's own limit stands for the full disk; a read-only transaction for PostgreSQL's."""
    usable_certificates()
    with _no_room():
        answer = send()
    assert answer.status_code == 503
    assert "juergen.weiss@example.org" in answer.content.decode()
    assert not EncryptedMessage.objects.exists()
    assert traces() == []
    assert send().status_code == 303


#: How a database is kept from taking more, and how it is let again.
ROOM = {
    "sqlite": ("PRAGMA max_page_count = 1", "PRAGMA max_page_count = 1073741823"),
    "postgresql": ("SET default_transaction_read_only = on", "RESET default_transaction_read_only"),
}


@contextmanager
def _no_room() -> Iterator[None]:
    end, begin = ROOM[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # else deleted rows have left room
        cursor.execute(end)
        try:
            yield
        finally:
            cursor.execute(begin)


def test_after_delivery_nothing_typed_is_left_in_any_file(send: Send, mail_server: Handler, traces: Any) -> None:
    send()
    deliver_due(datetime.now(UTC))
    assert len(mail_server.received) == 1
    assert traces() == []


def _gpg(home: Path, *arguments: str, at: str = "") -> bytes:
    clock = ["--faked-system-time", at] if at else []
    command = ["gpg", "--homedir", str(home), "--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase", ""]
    return subprocess.run([*command, *clock, *arguments], check=True, capture_output=True).stdout


def _fingerprint(home: Path) -> str:
    listed = _gpg(home, "--with-colons", "--list-keys").decode()
    return next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr"))


def _signing_only() -> bytes:
    with openpgp.temporary_home() as home:
        _gpg(home, "--quick-gen-key", "Signs <signs@example.de>", "ed25519", "sign", "0")
        return _gpg(home, "--export")


def _with_subkey_of_2020() -> bytes:
    with openpgp.temporary_home() as home:
        _gpg(home, "--quick-gen-key", "Half <half@example.de>", "ed25519", "sign", "0", at="20200101T000000")
        _gpg(home, "--quick-add-key", _fingerprint(home), "cv25519", "encr", "1d", at="20200101T000000")
        return _gpg(home, "--export")


def _revoked() -> bytes:
    with openpgp.temporary_home() as home:
        _gpg(home, "--quick-gen-key", "Gone <gone@example.de>", "ed25519", "cert,sign", "0")
        _gpg(home, "--quick-add-key", _fingerprint(home), "cv25519", "encr", "0")
        certificate = home / "openpgp-revocs.d" / f"{_fingerprint(home)}.rev"
        (home / "revoke.asc").write_text(certificate.read_text().replace(":-----BEGIN", "-----BEGIN"))
        _gpg(home, "--import", str(home / "revoke.asc"))
        return _gpg(home, "--export")
