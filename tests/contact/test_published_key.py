"""What strangers are given as the operator's key: usable public certificates, and nothing else of any file."""

import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core import checks
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from contact.key_directory import digest_of
from sitebackend import findings
from sitebackend import operator_key as keys
from sitebackend.checks import SITE
from sitebackend.crypto import openpgp
from sitebackend.management import first_run
from sitebackend.models import Operator
from tests.conftest import PASSPHRASE
from tests.test_openpgp import expired_public_key

pytestmark = pytest.mark.django_db
ARMOURED, DIRECTORY = "/kontakt/schluessel.asc", f"/.well-known/openpgpkey/hu/{digest_of('operator')}"
NOTE = b"Passphrase: tulpenzwiebel"

Ring = dict[str, bytes]


@pytest.fixture(scope="session")
def ring() -> Ring:
    """One key as gpg itself gives it away, in all the ways there are; in clear: the worst case."""
    with openpgp.temporary_home() as home:
        gpg = ["gpg", "--homedir", str(home), "--batch", "--passphrase", "", "--pinentry-mode", "loopback"]

        def run(*words: str) -> bytes:
            return subprocess.run([*gpg, *words], check=True, capture_output=True).stdout

        run("--quick-gen-key", "Second <operator@example.de>", "ed25519", "sign", "0")
        listed = run("--with-colons", "--list-keys").decode()
        fingerprint = listed.partition("\nfpr:")[2].split("\n")[0].strip(":")
        run("--quick-add-key", fingerprint, "cv25519", "encr", "0")
        ring = {
            "public": run("--armor", "--export"),
            "public binary": run("--export"),
            "secret": run("--armor", "--export-secret-keys"),
            "secret binary": run("--export-secret-keys"),
            "subkeys alone": run("--armor", "--export-secret-subkeys"),
            "subkeys alone, binary": run("--export-secret-subkeys"),
        }
        revocation = next((home / "openpgp-revocs.d").iterdir()).read_bytes().replace(b":-----", b"-----")
        run("--import", _file(home / "revocation", revocation))
        ring["revoked"] = run("--armor", "--export")
        return ring


def _file(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return str(path)


def _stub(binary: bytes) -> bytes:
    """The first packet alone with the user id: what a smart card leaves behind, a secret key without its secret."""
    return b"".join(_packets(binary)[:3])


def _packets(binary: bytes) -> list[bytes]:
    packets, at = [], 0
    while at < len(binary):
        length_bytes = (1, 2, 4)[binary[at] & 3]
        end = at + 1 + length_bytes + int.from_bytes(binary[at + 1 : at + 1 + length_bytes])
        packets.append(binary[at:end])
        at = end
    return packets


SECRET: dict[str, Callable[[Ring], bytes]] = {
    "armoured": lambda ring: ring["secret"],
    "binary": lambda ring: ring["secret binary"],
    "subkeys alone": lambda ring: ring["subkeys alone"],
    "subkeys alone, binary": lambda ring: ring["subkeys alone, binary"],
    "a smart card's stub": lambda ring: _stub(ring["subkeys alone, binary"]),
    "public, then secret": lambda ring: ring["public"] + ring["secret"],
    "secret, then public": lambda ring: ring["secret"] + ring["public"],
    "public, then secret, binary": lambda ring: ring["public binary"] + ring["secret binary"],
    "binary public, armoured secret": lambda ring: ring["public binary"] + b"\n" + ring["secret"],
    "a secret subkey below the public key": lambda ring: b"".join(
        [*_packets(ring["public binary"])[:3], *_packets(ring["secret binary"])[3:]]
    ),
    "a secret subkey behind the public key": lambda ring: ring["public binary"] + _packets(ring["secret binary"])[3],
    "armoured as if it were public": lambda ring: ring["secret"].replace(b"PRIVATE", b"PUBLIC"),
    "as Notepad saves it": lambda ring: ring["secret"].decode().encode("utf-16"),
    "a key for ssh": lambda _ring: b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
}
OUT_OF_USE: dict[str, Callable[[Ring], bytes]] = {
    "expired": lambda _ring: expired_public_key(),
    "revoked": lambda ring: ring["revoked"],
    "no key": lambda _ring: NOTE,
    "empty": lambda _ring: b"",
    "two certificates": lambda ring: (
        ring["public"] + openpgp.generate("Third <operator@example.de>", passphrase=PASSPHRASE)[0]
    ),
}


@pytest.fixture
def second(settings: Settings, operator_key: Path, tmp_path: Path, ring: Ring) -> Callable[[bytes], Path]:
    """Put this beside the key in use, second in OPERATOR_KEY_FILE."""

    def second(content: bytes) -> Path:
        path = Path(_file(tmp_path / "second.asc", content))
        settings.OPERATOR_KEY_FILE = [operator_key, path]
        return path

    return second


def handed_out(client: Client, key_pair: tuple[bytes, bytes]) -> set[str]:
    """The fingerprints at both public addresses, after a look at every packet: only the key in use."""
    for address in (ARMOURED, DIRECTORY):
        answer = client.get(address)
        assert answer.status_code == 200
        packets = subprocess.run(["gpg", "--list-packets"], input=answer.content, capture_output=True, check=True)
        assert b":public key packet:" in packets.stdout
        assert b"secret" not in packets.stdout
        assert NOTE not in answer.content
    return {openpgp.inspect(client.get(address).content).fingerprint for address in (ARMOURED, DIRECTORY)}


@pytest.mark.parametrize("kind", SECRET)
def test_a_secret_key_second_in_the_settings_reaches_nobody_and_is_an_alarm(
    client: Client, key_pair: tuple[bytes, bytes], second: Callable[[bytes], Path], ring: Ring, kind: str
) -> None:
    path = second(SECRET[kind](ring))
    assert handed_out(client, key_pair) == {openpgp.inspect(key_pair[0]).fingerprint}
    alarms = {finding.code: finding for finding in findings.collect(datetime.now(UTC)) if finding.level == 2}
    assert str(path) in str(alarms["operator_key.secret"].text)
    assert not alarms["operator_key.secret"].stops_intake
    assert len(keys.encrypt(b"x")[1]) == 1


@pytest.mark.parametrize("kind", SECRET)
def test_a_secret_key_alone_reaches_nobody_and_closes_the_form(
    client: Client, settings: Settings, tmp_path: Path, ring: Ring, kind: str
) -> None:
    settings.OPERATOR_KEY_FILE = [Path(_file(tmp_path / "alone.asc", SECRET[kind](ring)))]
    assert [client.get(address).status_code for address in (ARMOURED, DIRECTORY)] == [404, 404]
    assert {"operator_key.secret", "operator_key.unusable"} <= {
        finding.code for finding in findings.collect(datetime.now(UTC))
    }


@pytest.mark.parametrize("kind", SECRET)
def test_a_secret_key_stops_the_start(second: Callable[[bytes], Path], ring: Ring, kind: str) -> None:
    path = second(SECRET[kind](ring))
    messages = checks.run_checks(tags=[SITE], include_deployment_checks=True, databases=[])
    (message,) = [message for message in messages if message.id == "sitebackend.E010"]
    assert message.is_serious()
    assert str(path) in message.msg
    with pytest.raises(openpgp.SecretKeyError, match=path.name):
        first_run._make_operator_key(first_run.Secrets(path.with_name("none")))


@pytest.mark.parametrize("kind", OUT_OF_USE)
def test_what_cannot_be_encrypted_to_is_not_handed_out(
    client: Client, key_pair: tuple[bytes, bytes], second: Callable[[bytes], Path], ring: Ring, kind: str
) -> None:
    second(OUT_OF_USE[kind](ring))
    assert handed_out(client, key_pair) == {openpgp.inspect(key_pair[0]).fingerprint}


def test_two_usable_keys_are_both_handed_out(client: Client, second: Callable[[bytes], Path], ring: Ring) -> None:
    second(ring["public binary"])
    assert client.get(ARMOURED).content.count(b"-----BEGIN PGP PUBLIC KEY BLOCK-----") == 2


def test_a_second_file_that_is_missing_takes_nothing_from_the_first(
    client: Client, key_pair: tuple[bytes, bytes], second: Callable[[bytes], Path]
) -> None:
    second(b"").unlink()
    assert handed_out(client, key_pair) == {openpgp.inspect(key_pair[0]).fingerprint}


@pytest.mark.parametrize("place", ["above", "below", "inside"])
def test_text_around_the_armour_stays_with_the_operator(
    client: Client, key_pair: tuple[bytes, bytes], operator_key: Path, place: str
) -> None:
    armour = key_pair[0]
    noted = {
        "above": NOTE + b"\n" + armour,
        "below": armour + b"\n" + NOTE,
        "inside": armour.replace(b"BLOCK-----\n", b"BLOCK-----\nComment: " + NOTE + b"\n", 1),
    }
    operator_key.write_bytes(noted[place])
    assert handed_out(client, key_pair) == {openpgp.inspect(armour).fingerprint}


def test_a_file_that_becomes_a_secret_key_under_the_running_site_is_noticed(
    client: Client, key_pair: tuple[bytes, bytes], operator_key: Path
) -> None:
    """Even if it is written in place, as long as before, and dated back."""
    assert client.get(ARMOURED).status_code == 200
    length, state = len(key_pair[1]), operator_key.stat()
    operator_key.write_bytes(key_pair[0] + b"\n" * (length - len(key_pair[0])))
    os.utime(operator_key, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert client.get(ARMOURED).status_code == 200
    operator_key.write_bytes(key_pair[1])
    os.utime(operator_key, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert client.get(ARMOURED).status_code == 404


@pytest.mark.parametrize("kind", SECRET)
def test_an_upload_of_a_secret_key_is_refused_with_the_reason(operator_key: Path, ring: Ring, kind: str) -> None:
    before, client = operator_key.read_bytes(), Client()
    client.force_login(Operator.objects.create_superuser("chefin"))
    page = client.post("/admin/contact/submission/key/", {"file": SimpleUploadedFile("key.asc", SECRET[kind](ring))})
    assert page.status_code == 422
    assert "geheimen Schlüssel" in page.content.decode()
    assert operator_key.read_bytes() == before


def test_what_is_uploaded_is_stored_as_gpg_exports_it(operator_key: Path, ring: Ring) -> None:
    keys.put_into_place(keys.usable_certificate_in(NOTE + b"\n" + ring["public"]))
    assert NOTE not in operator_key.read_bytes()
    assert keys.certificates()[0].user_ids == ("Second <operator@example.de>",)


def test_the_secret_key_that_lay_there_is_kept_for_its_owner_alone(
    settings: Settings, tmp_path: Path, ring: Ring
) -> None:
    """It may be the only copy there is."""
    path = Path(_file(tmp_path / "mistake.asc", ring["secret"]))
    settings.OPERATOR_KEY_FILE = [path]
    keys.put_into_place(keys.usable_certificate_in(ring["public"]))
    (kept,) = path.parent.glob("mistake-*.asc")
    assert kept.read_bytes() == ring["secret"]
    assert kept.stat().st_mode & 0o777 == 0o600


def test_the_command_line_gives_away_the_usable_ones_and_complains(
    second: Callable[[bytes], Path], ring: Ring, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    second(ring["secret"])
    for verb in ("export", "show"):
        with pytest.raises(CommandError, match="geheimen Schlüssel"):
            call_command("operator_key", verb)
        told = capsysbinary.readouterr().out
        assert b"PRIVATE" not in told
        assert (b"PUBLIC KEY BLOCK" if verb == "export" else b"operator@example.de") in told


def test_the_message_to_a_new_key_opens(ring: Ring, settings: Settings, tmp_path: Path) -> None:
    """The slimmed certificate is as good a recipient as the whole one."""
    settings.OPERATOR_KEY_FILE = [Path(_file(tmp_path / "new.asc", ring["public"]))]
    sealed, _fingerprints = keys.encrypt(b"hello")
    assert openpgp.decrypt(sealed, secret_key=ring["secret"], passphrase="") == b"hello"
